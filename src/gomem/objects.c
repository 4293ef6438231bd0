/*
 * objects.c - the objects of this very instant.
 *
 * A P allocates small objects from spans in its cache, and counts them only
 * when it gives a span back: runtime/mcache.go (refill, releaseAll), which
 * ReadMemStats forces. What is not counted yet is, for each cached span,
 * (allocCount - allocCountBeforeCache) objects.
 */
#include "target.h"

#include <residue/base/clock.h>
#include <residue/base/mem.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TRIES	  20
#define SPAN_ROOM 512 /* bytes of one mspan, at most */

struct cached {
	uint64_t bytes, objects, tiny;
};

static uint16_t u16(const uint8_t *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static bool add_spans(struct gomem *g, const uint64_t span[SPAN_CLASSES],
		      struct cached *sum)
{
	const struct layout *l = g->layout;
	size_t size = (size_t)l->mspan_size;
	uint8_t bytes[SPAN_CLASSES][SPAN_ROOM];
	struct remote_piece piece[SPAN_CLASSES];
	unsigned n = 0;

	/* Classes without a span all point to runtime.emptymspan: once. */
	for (unsigned k = 0; k < SPAN_CLASSES; k++) {
		bool seen = false;

		for (unsigned i = 0; i < n && !seen; i++)
			seen = piece[i].addr == span[k];
		if (!seen) {
			piece[n] =
				(struct remote_piece){span[k], bytes[n], size};
			n++;
		}
	}
	if (remote_readv(&g->remote, piece, n))
		return false;
	for (unsigned i = 0; i < n; i++) {
		uint16_t count = u16(bytes[i] + l->mspan_alloc_count);
		uint16_t before = u16(bytes[i] + l->mspan_alloc_before);
		uint64_t elemsize;

		memcpy(&elemsize, bytes[i] + l->mspan_elemsize, 8);
		if (count < before || elemsize > 32768)
			return false; /* being changed, or not a span */
		sum->objects += (uint64_t)(count - before);
		sum->bytes += (uint64_t)(count - before) * elemsize;
	}
	return true;
}

static bool add_p(struct gomem *g, uint64_t mcache, struct cached *sum)
{
	const struct layout *l = g->layout;
	uint64_t span[SPAN_CLASSES], tiny;
	struct remote_piece piece[] = {
		{mcache + (uint64_t)l->mcache_alloc, span, sizeof(span)},
		{mcache + (uint64_t)l->mcache_tiny_allocs, &tiny, 8},
	};

	if (remote_readv(&g->remote, piece, 2) || tiny > 1ull << 40)
		return false;
	sum->tiny += tiny;
	return add_spans(g, span, sum);
}

static bool walk(struct gomem *g, struct cached *sum)
{
	const struct layout *l = g->layout;
	struct remote_piece piece[PS_MAX];
	uint64_t mcache[PS_MAX];

	*sum = (struct cached){0};
	if (!ps_load(g))
		return false;
	for (unsigned i = 0; i < g->nps; i++)
		piece[i] = (struct remote_piece){
			g->ps[i] + (uint64_t)l->p_mcache, &mcache[i], 8};
	if (remote_readv(&g->remote, piece, g->nps))
		return false;
	for (unsigned i = 0; i < g->nps; i++)
		if (mcache[i] && !add_p(g, mcache[i], sum))
			return false;
	return true;
}

static bool agree(const struct figures *a, const struct figures *b)
{
	const unsigned both = FIGURES_ALLOC | FIGURES_FREE;

	return a->total_alloc == b->total_alloc &&
	       a->total_free == b->total_free && a->mallocs == b->mallocs &&
	       a->frees == b->frees && (figures_identities(b) & both) == both;
}

int gomem_objects(struct gomem *g, struct gomem_objects *out, struct err *err)
{
	struct figures before, after;
	struct cached sum;
	int sysno;

	if (!g->info.has_objects)
		return err_set(err, ERR_UNSUPPORTED,
			       "the caches of the Ps were not found");
	for (unsigned i = 0; i < TRIES; i++) {
		out->begin_ns = clock_boot_ns();
		if (locate_try(g, g->layout, g->at.memstats, g->at.gc, &before,
			       &sysno) < 0)
			return attach_alive(g, err)
				       ? -1
				       : remote_explain(&g->remote, sysno, err);
		if (!walk(g, &sum) ||
		    locate_try(g, g->layout, g->at.memstats, g->at.gc, &after,
			       &sysno) < 0 ||
		    !agree(&before, &after))
			continue;
		out->end_ns = clock_boot_ns();
		out->cached_bytes = sum.bytes;
		out->cached_objects = sum.objects + sum.tiny;
		out->total_alloc = after.total_alloc + sum.bytes;
		out->heap_alloc = out->total_alloc - after.total_free;
		out->mallocs = after.mallocs + sum.objects + sum.tiny;
		out->frees = after.frees + sum.tiny;
		out->heap_objects = out->mallocs - out->frees;
		return attach_alive(g, err);
	}
	if (attach_alive(g, err))
		return -1;
	return err_set(err, ERR_TIMEOUT,
		       "the program allocates too fast for an instant count");
}
