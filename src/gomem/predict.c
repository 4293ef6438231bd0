/*
 * predict.c - what the background scavenger may return, and will.
 *
 * Source: runtime/mgcscavenge.go (scavengeIndex, scavChunkData,
 * shouldScavenge, gcPaceScavenger), mpagealloc.go (chunks: 4 MiB of 8 KiB
 * pages, a two-level table of bitmaps), Go 1.21 to 1.27. Before, the index
 * says only whether a chunk has something: all of the free heap counts.
 */
#include "target.h"

#include <residue/base/mem.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_SHIFT 22
#define GO_PAGE	    8192
#define WORDS	    8	/* of one bitmap: 512 pages a chunk */
#define L2_BITS	    13	/* chunks a second-level table */
#define DENSE	    496 /* pages in use: too dense to scavenge, 96.875% */
#define CHUNKS_MAX  (1u << 20) /* 4 TiB between the lowest and the highest */
#define BATCH	    512	       /* index entries, and bitmaps, read at once */
#define HAS_FREE    1

struct index {
	uint64_t chunks;    /* address of the entries */
	uint64_t lo, hi;    /* chunk numbers */
	uint64_t search_bg; /* the highest chunk the scavenger looks at */
	uint32_t gen;
};

struct entry {
	uint64_t chunk;
	uint64_t word; /* packed scavChunkData */
};

static bool field(struct gomem *g, int32_t off, uint64_t *out)
{
	return remote_word(&g->remote, g->at.mheap + (uint64_t)off, out);
}

static bool read_index(struct gomem *g, struct index *x)
{
	const struct layout *l = g->layout;
	uint64_t lo, search, gen;

	if (!field(g, l->mheap_scav_chunks, &x->chunks) ||
	    !field(g, l->mheap_scav_min, &lo) ||
	    !field(g, l->mheap_scav_max, &x->hi) ||
	    !field(g, l->mheap_scav_min_heap, &x->lo) ||
	    !field(g, l->mheap_scav_search_bg, &search) ||
	    !field(g, l->mheap_scav_gen, &gen))
		return false;
	/* atomicOffAddr: negative when marked. */
	if ((int64_t)search < 0)
		search = -search;
	x->search_bg = search >> CHUNK_SHIFT;
	x->gen = (uint32_t)gen;
	if (x->lo < lo)
		x->lo = lo;
	return x->lo <= x->hi && x->hi - x->lo <= CHUNKS_MAX;
}

/* Bytes of a chunk that are free and not returned. */
static uint64_t free_bytes(const struct layout *l, const uint8_t *bitmaps)
{
	uint64_t used[WORDS], gone[WORDS], pages = 0;

	memcpy(used, bitmaps, sizeof(used));
	memcpy(gone, bitmaps + l->palloc_scavenged, sizeof(gone));
	for (int i = 0; i < WORDS; i++)
		pages += (unsigned)__builtin_popcountll(~used[i] & ~gone[i]);
	return pages * GO_PAGE;
}

static void count(const struct index *x, const struct entry *e, uint64_t bytes,
		  struct gomem_return *out)
{
	uint32_t in_use = e->word & 0xffff, gen = (uint32_t)(e->word >> 32);
	uint32_t last = e->word >> 16 & 1023;

	out->free += bytes;
	if (in_use >= DENSE)
		return;
	out->eligible_next += bytes;
	if ((gen != x->gen || last < DENSE) && e->chunk <= x->search_bg)
		out->eligible += bytes;
}

/* The bitmaps of up to BATCH chunks that have something free. */
static bool add_chunks(struct gomem *g, const struct index *x,
		       const struct entry *e, unsigned n, uint8_t *bitmaps,
		       struct gomem_return *out)
{
	const struct layout *l = g->layout;
	struct remote_piece piece[BATCH];
	uint64_t l1 = UINT64_MAX, l2 = 0;
	size_t size = (size_t)l->palloc_size;

	for (unsigned i = 0; i < n; i++) {
		if (e[i].chunk >> L2_BITS != l1) {
			l1 = e[i].chunk >> L2_BITS;
			if (!field(g, l->mheap_chunks + (int32_t)l1 * 8, &l2) ||
			    l2 == 0)
				return false;
		}
		piece[i] = (struct remote_piece){
			l2 + (e[i].chunk & ((1u << L2_BITS) - 1)) * size,
			bitmaps + i * size, size};
	}
	if (remote_readv(&g->remote, piece, n))
		return false;
	for (unsigned i = 0; i < n; i++)
		count(x, &e[i], free_bytes(l, bitmaps + i * size), out);
	return true;
}

static bool add_all(struct gomem *g, const struct index *x,
		    struct gomem_return *out)
{
	uint8_t *bitmaps = mem_alloc(BATCH * (size_t)g->layout->palloc_size);
	struct entry e[BATCH];
	uint64_t word[BATCH];
	bool ok = true;

	for (uint64_t at = x->lo; ok && at < x->hi; at += BATCH) {
		uint64_t n = x->hi - at < BATCH ? x->hi - at : BATCH;
		unsigned full = 0;

		ok = remote_read(&g->remote, x->chunks + at * 8, word, n * 8);
		for (uint64_t i = 0; ok && i < n; i++)
			if (word[i] >> 26 & HAS_FREE)
				e[full++] = (struct entry){at + i, word[i]};
		if (ok && full)
			ok = add_chunks(g, x, e, full, bitmaps, out);
	}
	free(bitmaps);
	return ok;
}

static uint64_t above(uint64_t retained, uint64_t goal, uint64_t eligible)
{
	uint64_t surplus = retained > goal ? retained - goal : 0;

	return surplus < eligible ? surplus : eligible;
}

int gomem_predict(struct gomem *g, const struct gomem_stats *stats,
		  struct gomem_return *out, struct err *err)
{
	uint64_t retained = stats->heap_inuse + stats->heap_free;
	struct index x;

	*out = (struct gomem_return){0};
	if (!g->info.has_spans)
		return err_set(err, ERR_UNSUPPORTED,
			       "the heap's page tables were not found");
	if (g->layout->mheap_scav_search_bg < 0) {
		out->free = out->eligible = out->eligible_next =
			stats->heap_free;
	} else if (!read_index(g, &x) || !add_all(g, &x, out)) {
		if (attach_alive(g, err))
			return -1;
		return err_set(err, ERR_FORMAT,
			       "the heap's page tables cannot be read");
	}
	out->now = above(retained, stats->scav_goal, out->eligible);
	/* If nothing changes, the next goal is 110% of what is in use. */
	out->next = above(retained, stats->heap_inuse + stats->heap_inuse / 10,
			  out->eligible_next);
	return 0;
}
