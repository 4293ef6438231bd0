/* read.c - a handle, and one reading: one system call, checked. */
#include "target.h"

#include <residue/base/clock.h>
#include <residue/base/mem.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define TRIES_MAX 20
#define TRIES_NS  (5 * NS_PER_MS)
#define SCAV_MAX  256 /* bytes of mheap_.pages.scav that are read */

/* What is read besides memstats and gcController. */
struct extras {
	uint64_t span_inuse, cache_inuse;
	uint8_t scav[SCAV_MAX];
	uint64_t goroutines;
	int32_t ngsys, free_n, free_stack, free_nostack;
	uint64_t ps_header[3];
	int32_t scavtrace;
};

struct gomem *gomem_open(pid_t pid, const char *proc_dir, struct err *err)
{
	struct gomem *g = mem_zalloc(1, sizeof(*g));

	g->exe_fd = g->pidfd = -1;
	g->remote.mem_fd = g->remote.pagemap_fd = -1;
	if (attach(g, pid, proc_dir, err) || locate(g, err)) {
		gomem_close(g);
		return NULL;
	}
	free(g->known);
	g->known = NULL;
	pclntab_close(g->pclntab);
	g->pclntab = NULL;
	attach_close_file(g);
	remote_settle(&g->remote);
	return g;
}

void gomem_close(struct gomem *g)
{
	if (!g)
		return;
	pclntab_close(g->pclntab);
	remote_close(&g->remote);
	elf_close(&g->elf);
	attach_close_file(g);
	free(g->exe_path);
	free(g->known);
	free(g->ps);
	free(g->p_free);
	chunks_free(g->chunks);
	attach_close_pidfd(g);
	free(g);
}

const struct gomem_info *gomem_info(const struct gomem *g)
{
	return &g->info;
}

/* Up to so many Ps are read with the rest, in one call; more of them after it,
 * for they cost 1 us each and the books may need several tries. */
#define PS_AT_ONCE 64

struct request {
	struct remote_piece piece[16 + PS_AT_ONCE];
	unsigned n;
};

static bool ps_apart(const struct gomem *g)
{
	return g->info.has_goroutines && g->nps > PS_AT_ONCE;
}

static void want(struct request *r, uint64_t base, int32_t off, void *to,
		 size_t len)
{
	if (off >= 0)
		r->piece[r->n++] =
			(struct remote_piece){base + (uint64_t)off, to, len};
}

/* The stretch of mheap_ with the scavenger's fields. */
static void scav_range(const struct layout *l, int32_t *lo, size_t *len)
{
	const int32_t off[] = {
		l->mheap_scav_chunks,	     l->mheap_scav_min,
		l->mheap_scav_max,	     l->mheap_scav_min_heap,
		l->mheap_scav_search_bg,     l->mheap_scav_search_force,
		l->mheap_scav_free_hwm,	     l->mheap_scav_gen,
		l->mheap_scav_released,	     l->mheap_scav_released_bg,
		l->mheap_scav_released_eager};
	int32_t hi = 0;

	*lo = off[0];
	for (size_t i = 0; i < sizeof(off) / sizeof(off[0]); i++) {
		if (off[i] < 0)
			continue;
		if (off[i] < *lo)
			*lo = off[i];
		if (off[i] > hi)
			hi = off[i];
	}
	*len = (size_t)(hi - *lo) + 8;
}

static void build(struct gomem *g, struct request *r, struct extras *x)
{
	const struct layout *l = g->layout;
	int32_t lo;
	size_t len;

	r->n = 0;
	want(r, g->at.memstats, 0, g->raw.mstats, figures_mstats_len(l));
	want(r, g->at.gc, 0, g->raw.gc, figures_gc_len(l));
	if (g->info.has_spans) {
		want(r, g->at.mheap, l->mheap_span_inuse, &x->span_inuse, 8);
		want(r, g->at.mheap, l->mheap_cache_inuse, &x->cache_inuse, 8);
		scav_range(l, &lo, &len);
		want(r, g->at.mheap, lo, x->scav, len);
	}
	if (g->at.scavtrace)
		want(r, g->at.scavtrace, 0, &x->scavtrace, 4);
	if (!g->info.has_goroutines)
		return;
	want(r, g->at.allgs, 8, &x->goroutines, 8);
	want(r, g->at.sched, l->sched_ngsys, &x->ngsys, 4);
	want(r, g->at.sched, l->sched_gfree_n, &x->free_n, 4);
	want(r, g->at.sched, l->sched_gfree_stack, &x->free_stack, 4);
	want(r, g->at.sched, l->sched_gfree_nostack, &x->free_nostack, 4);
	want(r, g->at.allp, 0, x->ps_header, sizeof(x->ps_header));
	for (unsigned i = 0; i < g->nps && !ps_apart(g); i++)
		want(r, g->ps[i], l->p_gfree_n, &g->p_free[i], 4);
}

/* One system call; again when GOMAXPROCS has changed since the last. */
static int read_once(struct gomem *g, struct extras *x)
{
	struct request r;
	int sysno;

	for (int again = 0;; again++) {
		build(g, &r, x);
		sysno = remote_readv(&g->remote, r.piece, r.n);
		if (sysno || !g->info.has_goroutines ||
		    memcmp(x->ps_header, g->ps_header, sizeof(g->ps_header)) ==
			    0)
			return sysno;
		if (again == 3 || !ps_load(g))
			return EFAULT;
	}
}

static uint64_t distance(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

/* The books do not agree, but they are about the same heap. */
static bool close_enough(const struct figures *f)
{
	uint64_t slack = f->heap_inuse / 8 + (64u << 20);

	return figures_plausible(f) &&
	       (figures_identities(f) & FIGURES_SETTINGS) &&
	       distance(f->in_heap, f->heap_inuse) <= slack &&
	       distance(f->released, f->heap_released) <= slack &&
	       distance(f->alloc_bytes, f->total_alloc) <= slack;
}

static void fill_memstats(const struct figures *f, struct gomem_stats *out)
{
	out->heap_alloc = f->total_alloc - f->total_free;
	out->total_alloc = f->total_alloc;
	out->total_free = f->total_free;
	out->mallocs = f->mallocs;
	out->frees = f->frees;
	out->heap_objects = f->mallocs - f->frees;
	out->sys = f->sys;
	out->heap_inuse = f->heap_inuse;
	out->heap_free = f->heap_free;
	out->heap_released = f->heap_released;
	out->heap_idle = f->heap_free + f->heap_released;
	out->heap_sys = out->heap_inuse + out->heap_idle;
	out->stack_inuse = f->in_stacks;
	out->stack_sys = f->in_stacks + f->stacks_sys;
	out->mspan_sys = f->mspan_sys;
	out->mcache_sys = f->mcache_sys;
	out->buckhash_sys = f->buckhash_sys;
	out->gc_sys = f->gc_misc_sys + f->in_work;
	out->other_sys = f->other_sys;
	out->next_gc = figures_goal(f);
	out->last_gc = f->last_gc;
	out->pause_total_ns = f->pause_total_ns;
	out->numgc = f->numgc;
	out->numforcedgc = f->numforcedgc;
	out->gc_cpu_fraction = f->gc_cpu_fraction;
}

static void fill_pacer(const struct figures *f, struct gomem_stats *out)
{
	out->heap_live = f->heap_live;
	out->heap_marked = f->heap_marked;
	out->trigger = figures_trigger(f);
	out->gc_percent = f->gc_percent;
	out->memory_limit = f->memory_limit;
	/* gcController.triggered is valid in the mark phase only. */
	out->gc_running = f->triggered != UINT64_MAX;
	out->mapped_ready = f->mapped_ready;
	out->committed = f->committed;
	out->scav_goal = figures_scav_goal(f);
}

static uint64_t scav_word(const struct extras *x, int32_t lo, int32_t off)
{
	uint64_t v;

	if (off < 0)
		return 0;
	memcpy(&v, x->scav + (off - lo), sizeof(v));
	return v;
}

/* Not minOffAddr, which on amd64 is the start of the other half of the address
 * space (mpagealloc.go: arenaBaseOffset), and 0 elsewhere. */
static bool is_address(uint64_t word)
{
	return word != 0 && word >> 47 == 0;
}

static void fill_spans(const struct gomem *g, const struct extras *x,
		       struct gomem_stats *out)
{
	const struct layout *l = g->layout;
	int32_t lo;
	size_t len;

	out->mspan_inuse = x->span_inuse;
	out->mcache_inuse = x->cache_inuse;
	scav_range(l, &lo, &len);
	out->released_bg = scav_word(x, lo, l->mheap_scav_released) +
			   scav_word(x, lo, l->mheap_scav_released_bg);
	out->released_eager = scav_word(x, lo, l->mheap_scav_released_eager);
	out->scav_gen = (uint32_t)scav_word(x, lo, l->mheap_scav_gen);
	out->scav_force_dry = l->mheap_scav_search_force >= 0 &&
			      scav_word(x, lo, l->mheap_scav_search_force) == 0;
	out->scav_freed = is_address(scav_word(x, lo, l->mheap_scav_free_hwm));
}

/* runtime/proc.go: gcount. */
static void fill_goroutines(const struct gomem *g, const struct extras *x,
			    struct gomem_stats *out)
{
	const struct layout *l = g->layout;
	int64_t n = (int64_t)x->goroutines - x->ngsys;

	if (l->sched_gfree_n >= 0)
		n -= x->free_n;
	if (l->sched_gfree_stack >= 0)
		n -= (int64_t)x->free_stack + x->free_nostack;
	for (unsigned i = 0; i < g->nps; i++)
		n -= g->p_free[i];
	out->goroutines = n < 1 ? 1 : (uint64_t)n;
}

static void fill_ring(struct gomem *g, struct gomem_stats *out)
{
	const struct layout *l = g->layout;
	uint32_t last = (out->numgc + GOMEM_RING - 1) % GOMEM_RING;

	memcpy(&out->last_pause_ns,
	       g->raw.mstats + l->mstats_pause_ns + 8 * last, 8);
	out->ring_new = !g->ring_read || g->ring_numgc != out->numgc;
	if (!out->ring_new)
		return;
	memcpy(out->pause_end, g->raw.mstats + l->mstats_pause_end,
	       sizeof(out->pause_end));
	memcpy(out->pause_ns, g->raw.mstats + l->mstats_pause_ns,
	       sizeof(out->pause_ns));
	g->ring_read = true;
	g->ring_numgc = out->numgc;
}

static void fill(struct gomem *g, const struct figures *f,
		 const struct extras *x, struct gomem_stats *out)
{
	unsigned id = figures_identities(f);

	out->exact = (id & FIGURES_ALL) == FIGURES_ALL;
	out->exact_parts = 0;
	if ((id & FIGURES_HEAP) == FIGURES_HEAP)
		out->exact_parts |= GOMEM_EXACT_HEAP;
	/* A program that has not counted yet has not allocated nothing. */
	if ((id & FIGURES_ALLOC) && (id & FIGURES_FREE) && f->total_alloc)
		out->exact_parts |= GOMEM_EXACT_ALLOC;
	if (id & FIGURES_MAPPED)
		out->exact_parts |= GOMEM_EXACT_SYS;
	fill_memstats(f, out);
	fill_pacer(f, out);
	out->mspan_inuse = out->mcache_inuse = out->goroutines = 0;
	out->released_bg = out->released_eager = out->scav_gen = 0;
	out->scav_force_dry = out->scav_freed = false;
	out->scavtrace = g->at.scavtrace ? x->scavtrace : -1;
	if (g->info.has_spans)
		fill_spans(g, x, out);
	if (g->info.has_goroutines)
		fill_goroutines(g, x, out);
	fill_ring(g, out);
}

/* Readings until one is exact. The ring must come from the same reading as
 * the figures, so the last one counts, exact or not. 0, or an errno. */
static int read_figures(struct gomem *g, struct figures *f, struct extras *x,
			struct gomem_stats *out)
{
	int64_t start = clock_boot_ns();

	for (unsigned i = 1;; i++) {
		int sysno;

		out->begin_ns = clock_boot_ns();
		sysno = read_once(g, x);
		out->end_ns = clock_boot_ns();
		out->tries = i;
		if (sysno)
			return sysno;
		figures_decode(g->layout, &g->raw, f);
		if ((figures_identities(f) & FIGURES_ALL) == FIGURES_ALL ||
		    i == TRIES_MAX || out->end_ns - start > TRIES_NS)
			return ps_apart(g) ? ps_field(g, g->layout->p_gfree_n,
						      g->p_free, 4, 4)
					   : 0;
		if (i > 3) {
			struct timespec ts = {0, 50000};

			nanosleep(&ts, NULL);
		}
	}
}

int gomem_read(struct gomem *g, struct gomem_stats *out, struct err *err)
{
	struct extras x = {.span_inuse = 0};
	struct figures f;
	int sysno;

	out->ring_new = g->settled = false;
	sysno = read_figures(g, &f, &x, out);
	if (attach_alive(g, err))
		return -1;
	if (sysno)
		return remote_explain(&g->remote, sysno, err);
	if ((figures_identities(&f) & FIGURES_ALL) != FIGURES_ALL &&
	    !close_enough(&f))
		return err_set(err, ERR_FORMAT,
			       "the runtime's figures do not add up: another "
			       "program, or one that is starting or ending");
	fill(g, &f, &x, out);
	g->settled = out->exact;
	return 0;
}

bool gomem_changed(struct gomem *g)
{
	uint8_t gc[sizeof(g->raw.gc)];
	size_t len = figures_gc_len(g->layout);

	return !g->settled || !remote_read(&g->remote, g->at.gc, gc, len) ||
	       memcmp(gc, g->raw.gc, len) != 0;
}
