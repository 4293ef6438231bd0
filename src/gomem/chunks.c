/*
 * chunks.c - what was returned, chunk by chunk, though it is in use again.
 *
 * HeapReleased falls when released pages are used, so that what comes and goes
 * between two readings leaves no trace in it. The scavenger's index does: for
 * each chunk of 4 MiB it has the pages in use and whether there may be free
 * pages that were not returned. A chunk that lost pages in use and has nothing
 * left to return was emptied and returned, whatever happened elsewhere.
 *
 * Source: runtime/mgcscavenge.go, scavengeIndex and scavChunkData, Go 1.21 to
 * 1.27.
 */
#include "target.h"

#include <residue/base/mem.h>

#include <stdlib.h>
#include <string.h>

#define GO_PAGE	   8192
#define CHUNKS_MAX 8192u /* 32 GiB between the lowest and the highest */
#define HAS_FREE   (UINT64_C(1) << 26)

/* The index as it was at the last look. */
struct chunks {
	uint64_t base;	 /* address of the entries */
	uint64_t lo, hi; /* chunk numbers */
	uint64_t *word;	 /* of lo to hi; packed scavChunkData */
	int64_t returned;
};

static unsigned in_use(uint64_t word)
{
	return (unsigned)(word & 0xffff);
}

/* The index's place and range; with `word`, its entries by the range known. */
static bool look(struct gomem *g, const struct chunks *known, uint64_t *word,
		 struct chunks *out)
{
	const struct layout *l = g->layout;
	const struct remote_piece piece[] = {
		{g->at.mheap + (uint64_t)l->mheap_scav_chunks, &out->base, 8},
		{g->at.mheap + (uint64_t)l->mheap_scav_min_heap, &out->lo, 8},
		{g->at.mheap + (uint64_t)l->mheap_scav_max, &out->hi, 8},
		{known->base + known->lo * 8, word,
		 (known->hi - known->lo) * 8},
	};

	return remote_readv(&g->remote, piece, word ? 4 : 3) == 0;
}

static bool same_range(const struct chunks *a, const struct chunks *b)
{
	return a->base == b->base && a->lo == b->lo && a->hi == b->hi;
}

static void compare(struct chunks *c, uint64_t *now)
{
	for (uint64_t i = 0; i < c->hi - c->lo; i++)
		if (!(now[i] & HAS_FREE) && in_use(now[i]) < in_use(c->word[i]))
			c->returned +=
				(int64_t)(in_use(c->word[i]) - in_use(now[i])) *
				GO_PAGE;
	free(c->word);
	c->word = now;
}

/* Entries that both ranges have stay; the others were empty. */
static void move_to(struct chunks *c, const struct chunks *range)
{
	uint64_t n = range->hi - range->lo;
	uint64_t *word = mem_zalloc(n ? n : 1, sizeof(*word));

	for (uint64_t i = 0; c->word && i < n; i++)
		if (range->lo + i >= c->lo && range->lo + i < c->hi)
			word[i] = c->word[range->lo + i - c->lo];
	free(c->word);
	c->word = word;
	c->base = range->base;
	c->lo = range->lo;
	c->hi = range->hi;
}

static bool take(struct gomem *g, struct chunks *c)
{
	struct chunks range = {0};
	uint64_t *now;

	/* As a rule the range is what it was: one system call. */
	for (int tries = 0; tries < 3; tries++) {
		uint64_t n = c->hi - c->lo;

		now = n ? mem_alloc(n * sizeof(*now)) : NULL;
		if (!look(g, c, now, &range) || range.lo > range.hi ||
		    range.hi - range.lo > CHUNKS_MAX) {
			free(now);
			return false;
		}
		if (n && same_range(&range, c)) {
			compare(c, now);
			return true;
		}
		free(now);
		move_to(c, &range);
	}
	return false;
}

int64_t gomem_returned(struct gomem *g)
{
	if (!g->info.has_spans || g->layout->mheap_scav_search_bg < 0)
		return -1;
	if (!g->chunks)
		g->chunks = mem_zalloc(1, sizeof(*g->chunks));
	return take(g, g->chunks) ? g->chunks->returned : -1;
}

void chunks_free(struct chunks *c)
{
	if (!c)
		return;
	free(c->word);
	free(c);
}
