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
#include <time.h>

#define TRIES	    20
#define TRIES_LEAST 3
#define TRIES_NS    (5 * NS_PER_MS) /* no more then, where one may be used */
#define SPAN_ROOM   512		    /* bytes of one mspan, at most */

struct cached {
	uint64_t bytes, objects, tiny;
	uint64_t of_class[GOMEM_CLASSES]; /* objects */
	bool changing; /* something was, while it was looked at */
};

static uint16_t u16(const uint8_t *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

/*
 * mheap.go, mspan.sweepgen: 1 more than mheap_'s, or 3, while a P has the span
 * in its cache (5: a sweep has begun since). One that the P has just counted
 * and not yet replaced (mcache.go, refill) would be counted twice.
 */
static bool is_cached(uint32_t span, uint32_t heap)
{
	return span - heap == 1 || span - heap == 3 || span - heap == 5;
}

static void add_span(const struct layout *l, const uint8_t *span,
		     unsigned class, const uint32_t *heap_gen,
		     struct cached *sum)
{
	uint16_t count = u16(span + l->mspan_alloc_count);
	uint16_t before = u16(span + l->mspan_alloc_before);
	uint64_t elemsize;
	uint32_t gen;

	memcpy(&elemsize, span + l->mspan_elemsize, 8);
	memcpy(&gen, span + l->mspan_sweepgen, 4);
	if (elemsize == 0 && count == before) /* emptymspan */
		return;
	if (count < before || elemsize != layout_class_size[class] ||
	    (heap_gen && !is_cached(gen, *heap_gen))) {
		sum->changing = true; /* or not a span */
		return;
	}
	sum->objects += (uint64_t)(count - before);
	sum->of_class[class] += (uint64_t)(count - before);
	sum->bytes += (uint64_t)(count - before) * elemsize;
}

static bool add_spans(struct gomem *g, const uint64_t span[SPAN_CLASSES],
		      const uint32_t *heap_gen, struct cached *sum)
{
	const struct layout *l = g->layout;
	size_t size = (size_t)l->mspan_size;
	uint8_t bytes[SPAN_CLASSES][SPAN_ROOM];
	struct remote_piece piece[SPAN_CLASSES];
	unsigned n = 0, class[SPAN_CLASSES];

	/* Classes without a span all point to runtime.emptymspan: once. */
	for (unsigned k = 0; k < SPAN_CLASSES; k++) {
		bool seen = false;

		for (unsigned i = 0; i < n && !seen; i++)
			seen = piece[i].addr == span[k];
		if (!seen) {
			piece[n] =
				(struct remote_piece){span[k], bytes[n], size};
			class[n++] = k / 2; /* runtime.spanClass */
		}
	}
	if (remote_readv(&g->remote, piece, n))
		return false;
	for (unsigned i = 0; i < n; i++)
		add_span(l, bytes[i], class[i], heap_gen, sum);
	return true;
}

static bool add_p(struct gomem *g, uint64_t mcache, const uint32_t *heap_gen,
		  struct cached *sum)
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
	return add_spans(g, span, heap_gen, sum);
}

static bool walk(struct gomem *g, struct cached *sum)
{
	const struct layout *l = g->layout;
	uint64_t *mcache;
	uint32_t gen;
	bool known, ok;

	*sum = (struct cached){0};
	if (!ps_load(g))
		return false;
	mcache = mem_alloc(g->nps * sizeof(*mcache));
	ok = ps_field(g, l->p_mcache, mcache, 8, 8) == 0;
	known = ok && g->at.mheap &&
		remote_read(&g->remote,
			    g->at.mheap + (uint64_t)l->mheap_sweepgen, &gen,
			    sizeof(gen));
	for (unsigned i = 0; ok && i < g->nps; i++)
		ok = !mcache[i] ||
		     add_p(g, mcache[i], known ? &gen : NULL, sum);
	free(mcache);
	return ok;
}

static bool books_agree(const struct figures *f)
{
	const unsigned both = FIGURES_ALLOC | FIGURES_FREE;

	return (figures_identities(f) & both) == both;
}

static bool same(const struct figures *a, const struct figures *b)
{
	return a->total_alloc == b->total_alloc &&
	       a->total_free == b->total_free && a->mallocs == b->mallocs &&
	       a->frees == b->frees && books_agree(b);
}

static int try_books(struct gomem *g, struct figures *out)
{
	int sysno;

	return locate_try(g, g->layout, g->at.memstats, g->at.gc, out, &sysno) <
			       0
		       ? sysno
		       : 0;
}

/* Counters on which the books agree. 0, or an errno; EAGAIN: they do not. */
static int settled_books(struct gomem *g, struct figures *out)
{
	int64_t start = clock_boot_ns();

	for (unsigned i = 0;; i++) {
		const struct timespec ts = {0, 50000};
		int sysno = try_books(g, out);

		if (sysno || books_agree(out))
			return sysno;
		if (clock_boot_ns() - start > TRIES_NS)
			return EAGAIN;
		if (i > 3)
			nanosleep(&ts, NULL);
	}
}

static void fill(const struct figures *f, const struct cached *sum,
		 struct gomem_objects *out)
{
	out->cached_bytes = sum->bytes;
	out->cached_objects = sum->objects + sum->tiny;
	out->total_alloc = f->total_alloc + sum->bytes;
	out->heap_alloc = out->total_alloc - f->total_free;
	out->mallocs = f->mallocs + sum->objects + sum->tiny;
	out->frees = f->frees + sum->tiny;
	out->heap_objects = out->mallocs - out->frees;
	for (unsigned k = 0; k < GOMEM_CLASSES; k++) {
		out->by_size_mallocs[k] =
			f->class_mallocs[k] + sum->of_class[k];
		out->by_size_frees[k] = f->class_frees[k];
	}
}

unsigned gomem_class_size(unsigned k)
{
	return layout_class_size[k];
}

/*
 * The counters first, then the caches: what a P counts meanwhile is missing
 * from the sum, and nothing is in it twice. So it is never more than there is,
 * and never less than was counted when it began.
 */
int gomem_objects(struct gomem *g, struct gomem_objects *out, struct err *err)
{
	int64_t start = clock_boot_ns(), begin = start;
	struct figures before, after;
	struct cached sum;
	bool any = false;
	int sysno = 0;

	out->exact = false;
	if (!g->info.has_objects)
		return err_set(err, ERR_UNSUPPORTED,
			       "the caches of the Ps were not found");
	for (unsigned i = 0; i < TRIES && !out->exact; i++) {
		if (any && i >= TRIES_LEAST && begin - start > TRIES_NS)
			break;
		begin = clock_boot_ns();
		sysno = settled_books(g, &before);
		if (sysno)
			break;
		if (!walk(g, &sum))
			continue;
		any = true;
		out->exact = !sum.changing && !try_books(g, &after) &&
			     same(&before, &after);
		out->begin_ns = begin;
		out->end_ns = clock_boot_ns();
		fill(&before, &sum, out);
	}
	if (attach_alive(g, err))
		return -1;
	if (any)
		return 0;
	if (sysno && sysno != EAGAIN)
		return remote_explain(&g->remote, sysno, err);
	return err_set(err, ERR_TIMEOUT,
		       "the program allocates too fast to be counted");
}
