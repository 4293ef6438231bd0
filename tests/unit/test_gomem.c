/* test_gomem.c - figures and walks on made-up, and on hostile, memory. */
#include <residue/base/mem.h>

#include "gomem/buckets.h"
#include "gomem/propose.h"

#include <elf.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define BASE 0x10000
#define TEXT 0x400000

/* The target's memory: one block, at BASE. */
static uint8_t memory[1 << 16];

static int read_memory(const struct remote *r, const struct remote_piece *piece,
		       unsigned n)
{
	(void)r;
	for (unsigned i = 0; i < n; i++) {
		if (piece[i].addr < BASE ||
		    piece[i].addr - BASE > sizeof(memory) ||
		    piece[i].len > sizeof(memory) - (piece[i].addr - BASE))
			return EFAULT;
		memcpy(piece[i].to, memory + (piece[i].addr - BASE),
		       piece[i].len);
	}
	return 0;
}

static struct gomem *target(const char *version)
{
	struct gomem *g = mem_zalloc(1, sizeof(*g));
	const struct layout *row[LAYOUTS];
	bool exact;

	memset(memory, 0, sizeof(memory));
	assert_int_equal(layout_choose(version, EM_X86_64, row, &exact), 1);
	g->layout = row[0];
	g->exe_fd = g->pidfd = -1;
	g->remote = (struct remote){
		.read = read_memory, .mem_fd = -1, .pagemap_fd = -1};
	g->module = (struct module){.text = TEXT, .etext = TEXT + 0x1000};
	return g;
}

static void put(uint64_t addr, const void *p, size_t n)
{
	assert_true(addr >= BASE && addr - BASE + n <= sizeof(memory));
	memcpy(memory + (addr - BASE), p, n);
}

static void put64(uint64_t addr, int32_t off, uint64_t v)
{
	put(addr + (uint64_t)off, &v, sizeof(v));
}

static void put32(uint64_t addr, int32_t off, uint32_t v)
{
	put(addr + (uint64_t)off, &v, sizeof(v));
}

#define MSTATS BASE
#define GC     (BASE + 0x4000)
#define MIB    (1ull << 20)

/* Two books that agree: 8 MiB in use, 2 free, 4 released, 1 of stacks; one
 * large object of 3 MiB, and 100 of 16 bytes of which 40 were freed. */
static void put_books(const struct layout *l)
{
	const uint64_t d = MSTATS + (uint64_t)l->delta_size; /* the second */

	put64(d, l->delta_committed, 11 * MIB);
	put64(d, l->delta_released, 4 * MIB);
	put64(d, l->delta_in_heap, 8 * MIB);
	put64(d, l->delta_in_stacks, MIB);
	put64(d, l->delta_large_alloc, 3 * MIB);
	put64(d, l->delta_large_alloc_count, 1);
	put64(MSTATS, l->delta_small_alloc_count + 8 * 2, 100);
	put64(d, l->delta_small_free_count + 8 * 2, 40);
	put64(d, l->delta_tiny_count, 7);
	put64(MSTATS, l->mstats_mspan_sys, 4096);
	put64(MSTATS, l->mstats_mcache_sys, 4096);
	put64(MSTATS, l->mstats_gc_misc_sys, 4096);
	put64(MSTATS, l->mstats_other_sys, 4096);
	put32(GC, l->gc_percent, 100);
	put64(GC, l->gc_memory_limit, INT64_MAX);
	put64(GC, l->gc_heap_minimum, 4 * MIB);
	put64(GC, l->gc_percent_goal, 20 * MIB);
	put64(GC, l->gc_triggered, UINT64_MAX);
	put64(GC, l->gc_heap_live, 6 * MIB);
	put64(GC, l->gc_heap_marked, 5 * MIB);
	put64(GC, l->gc_heap_inuse, 8 * MIB);
	put64(GC, l->gc_heap_released, 4 * MIB);
	put64(GC, l->gc_heap_free, 2 * MIB);
	put64(GC, l->gc_total_alloc, 3 * MIB + 1600);
	put64(GC, l->gc_total_free, 640);
	put64(GC, l->gc_mapped_ready, 11 * MIB + 4 * 4096);
}

static int identities(struct gomem *g, struct figures *f)
{
	int sysno;

	return locate_try(g, g->layout, MSTATS, GC, f, &sysno);
}

static void test_identities(void **state)
{
	static const char *const version[] = {"go1.19", "go1.21", "go1.27"};
	struct figures f;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct gomem *g = target(version[i]);
		const struct layout *l = g->layout;

		put_books(l);
		assert_int_equal(identities(g, &f),
				 FIGURES_ALL | FIGURES_MAPPED);
		assert_int_equal(f.mallocs, 108);
		assert_int_equal(f.frees, 47);
		assert_int_equal(f.sys, 15 * MIB + 4 * 4096);
		assert_true(figures_plausible(&f));
		assert_true(figures_gc_like(l, g->raw.gc));
		assert_true(figures_mstats_like(l, g->raw.mstats));
		/* Each book wrong in one place. */
		put64(GC, l->gc_heap_inuse, 9 * MIB);
		assert_int_equal(identities(g, &f) & FIGURES_ALL,
				 FIGURES_ALL &
					 ~(FIGURES_INUSE | FIGURES_RETAINED));
		put_books(l);
		put64(GC, l->gc_total_alloc, 3 * MIB + 1616);
		assert_int_equal(identities(g, &f) & FIGURES_ALL,
				 FIGURES_ALL & ~FIGURES_ALLOC);
		put_books(l);
		put32(GC, l->gc_percent, 200);
		assert_int_equal(identities(g, &f) & FIGURES_ALL,
				 FIGURES_ALL & ~FIGURES_SETTINGS);
		gomem_close(g);
	}
}

/* Zeros agree with zeros; that is no heap. */
static void test_zeros_are_nothing(void **state)
{
	struct gomem *g = target("go1.26");
	struct figures f;

	(void)state;
	assert_int_equal(identities(g, &f), 0);
	assert_false(figures_plausible(&f));
	assert_false(figures_gc_like(g->layout, g->raw.gc));
	assert_false(figures_mstats_like(g->layout, g->raw.mstats));
	gomem_close(g);
}

/* Before anything was counted (no GC, no large object) the counts prove
 * nothing: the books of what is mapped must agree too. */
static void test_nothing_counted(void **state)
{
	struct gomem *g = target("go1.19");
	const struct layout *l = g->layout;
	const uint64_t d = MSTATS + (uint64_t)l->delta_size;
	struct gomem_stats *s = mem_zalloc(1, sizeof(*s));
	struct err err = ERR_INIT;
	struct figures f;

	(void)state;
	put_books(l);
	put64(d, l->delta_large_alloc, 0);
	put64(d, l->delta_large_alloc_count, 0);
	put64(MSTATS, l->delta_small_alloc_count + 8 * 2, 0);
	put64(d, l->delta_small_free_count + 8 * 2, 0);
	put64(GC, l->gc_total_alloc, 0);
	put64(GC, l->gc_total_free, 0);
	assert_int_equal(identities(g, &f), FIGURES_ALL | FIGURES_MAPPED);
	g->at.memstats = MSTATS;
	g->at.gc = GC;
	assert_int_equal(gomem_read(g, s, &err), 0);
	assert_true(s->exact);
	assert_int_equal(s->exact_parts & GOMEM_EXACT_ALLOC, 0);
	/* A search through data takes no such thing for the pacer. */
	assert_false(figures_gc_like(l, g->raw.gc));
	put64(GC, l->gc_mapped_ready, 11 * MIB);
	assert_int_equal(identities(g, &f) & FIGURES_ALLOC, 0);
	put64(GC, l->gc_mapped_ready, 11 * MIB + 4 * 4096);
	put32(MSTATS, l->mstats_numgc, 1);
	assert_int_equal(identities(g, &f) & FIGURES_ALLOC, 0);
	put32(MSTATS, l->mstats_numgc, 0);
	put64(d, l->delta_large_alloc_count, 1);
	assert_int_equal(identities(g, &f) & FIGURES_ALLOC, 0);
	gomem_close(g);
	free(s);
}

static bool among(const struct candidate *c, unsigned n, uint64_t addr)
{
	for (unsigned i = 0; i < n; i++)
		if (c[i].addr == addr)
			return true;
	return false;
}

/* All rows in one pass, which finds the same for those that look the same; and
 * nothing once it has cost what it may. */
static void test_scan(void **state)
{
	struct gomem *g = target("go1.22");
	struct pairs *found = mem_zalloc(LAYOUTS, sizeof(*found));
	const struct layout *row[LAYOUTS];
	bool exact;
	size_t n = layout_choose("go1.99", EM_X86_64, row, &exact);

	(void)state;
	assert_true(n > 1 && !exact);
	put_books(g->layout);
	g->elf.nseg = 1;
	g->elf.seg[0] = (struct elf_segment){.flags = PF_W,
					     .vaddr = BASE,
					     .memsz = sizeof(memory),
					     .filesz = sizeof(memory)};
	propose_by_scan(g, row, n, found);
	for (size_t i = 0; i < n; i++) {
		bool gc = row[i]->minor >= 21, m = row[i]->minor <= 24;

		assert_int_equal(among(found[i].gc, found[i].ngc, GC), gc);
		assert_int_equal(
			among(found[i].memstats, found[i].nmemstats, MSTATS),
			m);
	}
	assert_true(g->searched > 0);
	g->search_ends_ns = 1;
	propose_by_scan(g, row, n, found);
	assert_int_equal(found[0].ngc, 0);
	assert_true(locate_spent(g));
	gomem_close(g);
	free(found);
}

static void test_gogc_off(void **state)
{
	struct gomem *g = target("go1.26");
	struct figures f;

	(void)state;
	put_books(g->layout);
	put32(GC, g->layout->gc_percent, UINT32_MAX);
	/* setGCPercent(-1): (4 << 20) * 2^64-1, wrapped, / 100 */
	put64(GC, g->layout->gc_heap_minimum, (0 - 4 * MIB) / 100);
	assert_int_equal(identities(g, &f), FIGURES_ALL | FIGURES_MAPPED);
	gomem_close(g);
}

static void test_goals(void **state)
{
	struct gomem *g = target("go1.26");
	const struct layout *l = g->layout;
	struct figures f;

	(void)state;
	put_books(l);
	identities(g, &f);
	assert_int_equal(figures_goal(&f), 20 * MIB);
	/* Without a runway: 61/64 of the way from marked to goal. */
	assert_int_equal(figures_trigger(&f), 5 * MIB + 15 * MIB / 64 * 61);
	f.runway = 2 * MIB;
	assert_int_equal(figures_trigger(&f), 18 * MIB);
	f.runway = 19 * MIB; /* at least 45/64 of the way */
	assert_int_equal(figures_trigger(&f), 5 * MIB + 15 * MIB / 64 * 45);
	f.triggered = 30 * MIB;
	assert_int_equal(figures_goal(&f), 30 * MIB + (64 << 10));
	f.triggered = UINT64_MAX;
	/* A limit of 16 MiB: what is not heap, and 1 MiB, are taken off;
	 * not below what is marked. */
	f.memory_limit = 16 * MIB;
	assert_int_equal(figures_goal(&f), 9 * MIB - 16384 + 960);
	f.memory_limit = 12 * MIB;
	assert_int_equal(figures_goal(&f), 5 * MIB);
	f.memory_limit = 0;
	assert_int_equal(figures_goal(&f), f.heap_marked);
	assert_int_equal(figures_scav_goal(&f), UINT64_MAX);
	f.last_heap_goal = 10 * MIB;
	f.last_heap_inuse = 4 * MIB;
	/* 4 MiB x 20 / 10 + 10%, in pages */
	assert_int_equal(figures_scav_goal(&f), 9228288);
	gomem_close(g);
}

static void test_votes(void **state)
{
	struct coderefs r = {.lo = 0x1000, .hi = 0x9000};
	const int32_t off[] = {0, 16, 48, -1, 48};
	struct candidate c[4];

	(void)state;
	r.addr[r.n++] = 0x2010; /* two fields of 0x2000 */
	r.addr[r.n++] = 0x2030;
	r.addr[r.n++] = 0x7003; /* not aligned: no field of anything */
	r.addr[r.n++] = 0x1008; /* too low to be a field */
	assert_true(votes_rank(&r, off, 5, c, 4) >= 3);
	assert_int_equal(c[0].addr, 0x2000);
	assert_int_equal(c[0].score, 4);
	r.n = 0;
	assert_int_equal(votes_rank(&r, off, 5, c, 4), 0);
}

#define BUCKETS (BASE + 0x8000)

/* A bucket of two frames; where it ends. */
static uint64_t put_bucket(const struct layout *l, uint64_t at, uint64_t next,
			   uint64_t depth, uint64_t allocs)
{
	const uint64_t record =
		at + (uint64_t)l->bucket_size + 8 * (depth < 64 ? depth : 2);
	const uint64_t active = record + (uint64_t)l->record_active;
	const uint64_t future = record + (uint64_t)l->record_future;

	put64(at, l->bucket_allnext, next);
	put64(at, l->bucket_typ, 1);
	put64(at, l->bucket_objsize, 64);
	put64(at, l->bucket_nstk, depth);
	for (uint64_t i = 0; i < 2; i++)
		put64(at + (uint64_t)l->bucket_size, (int32_t)i * 8,
		      TEXT + 0x10 * i);
	put64(active, l->cycle_allocs, allocs);
	put64(future + (uint64_t)l->cycle_size, l->cycle_allocs, 5);
	if (l->cycle_alloc_bytes >= 0) {
		put64(active, l->cycle_alloc_bytes, allocs * 64);
		put64(future + (uint64_t)l->cycle_size, l->cycle_alloc_bytes,
		      5 * 64);
	}
	return record + (uint64_t)l->record_size;
}

static void test_buckets(void **state)
{
	static const char *const version[] = {"go1.22", "go1.27"};
	struct err err = ERR_INIT;
	struct buckets b;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct gomem *g = target(version[i]);
		uint64_t next;

		next = put_bucket(g->layout, BUCKETS, 0, 2, 10);
		put_bucket(g->layout, next, BUCKETS, 2, 20);
		put64(BASE, 8, next);
		/* Found among words that code uses, by what it leads to. */
		g->nhints = 2;
		g->hints[0] = BASE;
		g->hints[1] = BASE + 8;
		assert_true(buckets_find(g));
		assert_int_equal(g->at.mbuckets, BASE + 8);
		assert_int_equal(buckets_read(g, 4, &b, &err), 0);
		assert_int_equal(b.n, 2);
		assert_int_equal(b.npc, 4);
		/* Cycle 4 % 3 is finished, but not flushed yet. */
		assert_int_equal(b.bucket[0].active.allocs, 25);
		assert_int_equal(b.bucket[0].active.alloc_bytes, 25 * 64);
		assert_int_equal(b.bucket[1].active.allocs, 15);
		assert_int_equal(b.pc[1], TEXT + 0x10);
		buckets_release(&b);
		assert_int_equal(buckets_read(g, 3, &b, &err), 0);
		assert_int_equal(b.bucket[0].active.allocs, 20);
		assert_int_equal(b.bucket[0].pending.allocs, 25);
		buckets_release(&b);
		gomem_close(g);
	}
}

/* A chain that bites its tail, a depth of 2^60, a pointer to nowhere, one
 * across the end of memory: limits and errors. */
static void test_hostile_buckets(void **state)
{
	static const uint64_t depth[] = {1ull << 60, 1025, 1024};
	struct gomem *g = target("go1.26");
	struct err err = ERR_INIT;
	struct buckets b;

	(void)state;
	g->at.mbuckets = BASE;
	put64(BASE, 0, BUCKETS);
	put_bucket(g->layout, BUCKETS, BUCKETS, 2, 1);
	assert_int_equal(buckets_read(g, 0, &b, &err), 0);
	assert_true(b.truncated);
	assert_int_equal(b.n, BUCKETS_MAX);
	buckets_release(&b);
	for (size_t i = 0; i < 3; i++) {
		uint64_t at = BASE + sizeof(memory) - 1024;

		put64(BASE, 0, at);
		put_bucket(g->layout, at, 0, depth[i], 1);
		assert_int_equal(buckets_read(g, 0, &b, &err), -1);
		assert_int_equal(err.code, ERR_FORMAT);
	}
	put64(BASE, 0, UINT64_MAX - 7);
	assert_int_equal(buckets_read(g, 0, &b, &err), -1);
	put64(BASE, 0, BUCKETS + 4);
	assert_int_equal(buckets_read(g, 0, &b, &err), -1);
	gomem_close(g);
}

#define ALLP   (BASE + 0x9000)
#define P0     (BASE + 0xa000)
#define MCACHE (BASE + 0xd000)
#define SPAN   (BASE + 0xf000)
#define NONE   (BASE + 0xf800) /* runtime.emptymspan */
#define CLASS  6	       /* objects of 64 bytes */

/* One P with one span, of which 3 objects of 64 bytes are not counted. */
static void put_p(const struct layout *l)
{
	put64(ALLP, 0, ALLP + 64);
	put64(ALLP, 8, 1);
	put64(ALLP, 16, 2);
	put64(ALLP, 64, P0);
	put64(P0, l->p_mcache, MCACHE);
	for (int k = 0; k < SPAN_CLASSES; k++)
		put64(MCACHE, l->mcache_alloc + 8 * k,
		      k == 2 * CLASS ? SPAN : NONE);
	put64(MCACHE, l->mcache_tiny_allocs, 2);
	put32(SPAN, l->mspan_alloc_count, 10);
	put32(SPAN, l->mspan_alloc_before, 7);
	put64(SPAN, l->mspan_elemsize, 64);
}

/* What gomem_objects looks for is where put_books and put_p have put it. */
static void has_objects(struct gomem *g)
{
	g->at.memstats = MSTATS;
	g->at.gc = GC;
	g->at.allp = ALLP;
	g->info.has_objects = true;
}

static void test_objects(void **state)
{
	struct gomem *g = target("go1.26");
	const struct layout *l = g->layout;
	struct err err = ERR_INIT;
	struct gomem_objects o;

	(void)state;
	put_books(l);
	put_p(l);
	has_objects(g);
	assert_int_equal(gomem_objects(g, &o, &err), 0);
	assert_int_equal(o.cached_bytes, 3 * 64);
	assert_int_equal(o.cached_objects, 3 + 2);
	assert_int_equal(o.heap_alloc, 3 * MIB + 960 + 192);
	assert_int_equal(o.mallocs, 108 + 5);
	assert_int_equal(o.frees, 47 + 2);
	assert_true(o.exact);
	assert_int_equal(gomem_class_size(CLASS), 64);
	for (unsigned k = 0; k < GOMEM_CLASSES; k++) {
		assert_int_equal(o.by_size_mallocs[k], k == CLASS ? 3
						       : k == 2	  ? 100
								  : 0);
		assert_int_equal(o.by_size_frees[k], k == 2 ? 40 : 0);
	}
	/* More counted than there are, a size that its class has not: what cannot be is
	 * left out, and that is said. */
	put32(SPAN, l->mspan_alloc_before, 11);
	assert_int_equal(gomem_objects(g, &o, &err), 0);
	assert_false(o.exact);
	assert_int_equal(o.cached_bytes, 0);
	put_p(l);
	put64(SPAN, l->mspan_elemsize, 80);
	assert_int_equal(gomem_objects(g, &o, &err), 0);
	assert_false(o.exact);
	assert_int_equal(o.heap_alloc, 3 * MIB + 960);
	/* No P at all; books that do not agree. */
	put64(ALLP, 8, 1ull << 40);
	assert_int_equal(gomem_objects(g, &o, &err), -1);
	assert_int_equal(err.code, ERR_TIMEOUT);
	put_p(l);
	put64(GC, l->gc_total_alloc, 3 * MIB + 1616);
	assert_int_equal(gomem_objects(g, &o, &err), -1);
	assert_int_equal(err.code, ERR_TIMEOUT);
	gomem_close(g);
}

static const struct layout *layout_of_26(void)
{
	const struct layout *row[LAYOUTS];
	bool exact;

	assert_int_equal(layout_choose("go1.26", EM_X86_64, row, &exact), 1);
	return row[0];
}

/* Between any two looks one more object of 16 bytes is counted. */
static int read_busy(const struct remote *r, const struct remote_piece *piece,
		     unsigned n)
{
	const struct layout *l = layout_of_26();
	int rc = read_memory(r, piece, n);
	uint64_t count, total;

	memcpy(&count,
	       memory + (MSTATS - BASE) + l->delta_small_alloc_count + 16, 8);
	memcpy(&total, memory + (GC - BASE) + l->gc_total_alloc, 8);
	put64(MSTATS, l->delta_small_alloc_count + 16, count + 1);
	put64(GC, l->gc_total_alloc, total + 16);
	return rc;
}

/* A program that allocates through each try is told what is there for sure. */
static void test_objects_of_a_busy_program(void **state)
{
	struct gomem *g = target("go1.26");
	const struct layout *l = g->layout;
	struct err err = ERR_INIT;
	struct gomem_objects o;
	uint64_t total;

	(void)state;
	put_books(l);
	put_p(l);
	has_objects(g);
	g->remote.read = read_busy;
	assert_int_equal(gomem_objects(g, &o, &err), 0);
	assert_false(o.exact);
	assert_int_equal(o.cached_bytes, 3 * 64);
	memcpy(&total, memory + (GC - BASE) + l->gc_total_alloc, 8);
	assert_true(o.total_alloc > 3 * MIB + 1600 + 192);
	assert_true(o.total_alloc < total + 192);
	gomem_close(g);
}

/* A span that its P has counted and not yet replaced is not counted again. */
static void test_spans_that_are_not_cached(void **state)
{
	static const struct {
		uint32_t gen, objects;
	} span[] = {{8, 0}, {9, 3}, {10, 0}, {11, 3}, {13, 3}, {0, 0}};
	struct gomem *g = target("go1.26");
	const struct layout *l = g->layout;
	struct err err = ERR_INIT;
	struct gomem_objects o;

	(void)state;
	put_books(l);
	put_p(l);
	has_objects(g);
	g->at.mheap = BASE + 0x3000 - (uint64_t)l->mheap_sweepgen;
	put32(g->at.mheap, l->mheap_sweepgen, 8);
	for (size_t i = 0; i < sizeof(span) / sizeof(span[0]); i++) {
		put32(SPAN, l->mspan_sweepgen, span[i].gen);
		assert_int_equal(gomem_objects(g, &o, &err), 0);
		assert_int_equal(o.exact, span[i].objects != 0);
		assert_int_equal(o.cached_objects, span[i].objects + 2);
	}
	gomem_close(g);
}

#define MANY	 1500 /* Ps; more than one system call can name */
#define POINTERS (BASE + 0x4800)

static void test_many_ps(void **state)
{
	struct gomem *g = target("go1.26");
	const struct layout *l = g->layout;
	struct gomem_stats *s = mem_zalloc(1, sizeof(*s));
	struct err err = ERR_INIT;
	struct gomem_objects o;

	(void)state;
	put_books(l);
	put_p(l);
	put64(ALLP, 0, POINTERS);
	put64(ALLP, 8, MANY);
	put64(ALLP, 16, MANY);
	for (int i = 0; i < MANY; i++)
		put64(POINTERS, 8 * i, P0);
	has_objects(g);
	assert_int_equal(gomem_objects(g, &o, &err), 0);
	assert_true(o.exact);
	assert_int_equal(o.cached_objects, MANY * 5);
	/* Dead goroutines that each P keeps are no goroutines. */
	g->at.allgs = ALLP + 32;
	put64(ALLP, 40, 2 * MANY + 7);
	g->at.sched = BASE + 0x2800;
	put32(P0, l->p_gfree_n, 2);
	g->info.has_goroutines = true;
	assert_int_equal(gomem_read(g, s, &err), 0);
	assert_int_equal(s->goroutines, 7);
	gomem_close(g);
	free(s);
}

static void test_allp(void **state)
{
	struct gomem *g = target("go1.26");
	const struct layout *l = g->layout;

	(void)state;
	put_p(l);
	/* A span of class 5 where class 0's should be. */
	put64(MCACHE, l->mcache_alloc, SPAN);
	put32(SPAN, l->mspan_spanclass, 5);
	assert_false(ps_check(g, ALLP));
	assert_int_equal(g->at.allp, 0);
	/* runtime.emptymspan stands for "none": it has no size. */
	put_p(l);
	put64(MCACHE, l->mcache_alloc, SPAN);
	put64(SPAN, l->mspan_elemsize, 0);
	assert_true(ps_check(g, ALLP));
	put32(P0, l->p_id, 7);
	assert_false(ps_check(g, ALLP));
	assert_false(ps_check(g, 1));
	gomem_close(g);
}

static void test_reading(void **state)
{
	struct gomem *g = target("go1.26");
	const struct layout *l = g->layout;
	struct gomem_stats *s = mem_zalloc(1, sizeof(*s));
	struct err err = ERR_INIT;

	(void)state;
	put_books(l);
	put32(MSTATS, l->mstats_numgc, 3);
	put64(MSTATS, l->mstats_pause_end + 16, 1234);
	put64(MSTATS, l->mstats_pause_ns + 16, 99);
	g->at.memstats = MSTATS;
	g->at.gc = GC;
	assert_int_equal(gomem_read(g, s, &err), 0);
	assert_true(s->exact);
	assert_int_equal(s->exact_parts, GOMEM_EXACT_HEAP | GOMEM_EXACT_ALLOC |
						 GOMEM_EXACT_SYS);
	assert_int_equal(s->heap_idle, 6 * MIB);
	assert_int_equal(s->last_pause_ns, 99);
	assert_true(s->ring_new);
	assert_int_equal(s->pause_end[2], 1234);
	assert_false(s->gc_running);
	/* The ring comes again only when there was another collection. */
	assert_int_equal(gomem_read(g, s, &err), 0);
	assert_false(s->ring_new);
	/* In the middle of an allocation: approximate, and said so. */
	put64(GC, l->gc_heap_inuse, 8 * MIB + 8192);
	assert_int_equal(gomem_read(g, s, &err), 0);
	assert_false(s->exact);
	assert_int_equal(s->exact_parts & GOMEM_EXACT_HEAP, 0);
	assert_int_equal(s->exact_parts & GOMEM_EXACT_ALLOC, GOMEM_EXACT_ALLOC);
	/* Another heap altogether: nothing. */
	put64(GC, l->gc_heap_inuse, 800 * MIB);
	assert_int_equal(gomem_read(g, s, &err), -1);
	assert_int_equal(err.code, ERR_FORMAT);
	g->at.gc = 8;
	assert_int_equal(gomem_read(g, s, &err), -1);
	assert_int_equal(err.code, ERR_GONE);
	gomem_close(g);
	free(s);
}

#define NAMES (BASE + 0x100)
#define VARS  (BASE + 0x200) /* the entries; pointers to them are before */
#define VALUE (BASE + 0x800)

/* Three entries: the second has a name as long as the third's, scavtrace. */
static void put_debugvars(const struct gomem *g, uint64_t value)
{
	static const char names[] = "gctracescheddetascavtrace";
	static const uint64_t name[3][2] = {{0, 7}, {7, 9}, {16, 9}};
	bool pointers = g->layout->minor >= 21;

	put(NAMES, names, sizeof(names));
	put64(BASE, 0, pointers ? BASE + 0x40 : VARS);
	put64(BASE, 8, 3);
	put64(BASE, 16, 3);
	for (unsigned i = 0; i < 3; i++) {
		uint64_t at = VARS + i * (pointers ? 40 : 24);

		put64(BASE + 0x40, (int32_t)(8 * i), at);
		put64(at, 0, NAMES + name[i][0]);
		put64(at, 8, name[i][1]);
		put64(at, 16, i == 2 ? value : VALUE + 4 * i);
	}
}

static void test_debugvars(void **state)
{
	static const char *const version[] = {"go1.19", "go1.20", "go1.21",
					      "go1.27"};
	struct gomem *g;

	(void)state;
	for (size_t i = 0; i < sizeof(version) / sizeof(version[0]); i++) {
		g = target(version[i]);
		g->elf.nseg = 1;
		g->elf.seg[0] = (struct elf_segment){
			.vaddr = BASE, .memsz = 0x1000, .flags = PF_W};
		put_debugvars(g, VALUE + 0x40);
		assert_int_equal(debugvar_find(g, BASE, "scavtrace"),
				 VALUE + 0x40);
		assert_int_equal(debugvar_find(g, BASE, "inittrace"), 0);
		/* Nothing of it is believed that cannot be so. */
		put_debugvars(g, BASE + 0x1000 - 2);
		assert_int_equal(debugvar_find(g, BASE, "scavtrace"), 0);
		put_debugvars(g, UINT64_MAX - 3);
		assert_int_equal(debugvar_find(g, BASE, "scavtrace"), 0);
		put_debugvars(g, VALUE + 0x40);
		put64(BASE, 8, UINT64_MAX);
		assert_int_equal(debugvar_find(g, BASE, "scavtrace"), 0);
		put64(BASE, 0, UINT64_MAX - 100);
		put64(BASE, 8, 3);
		assert_int_equal(debugvar_find(g, BASE, "scavtrace"), 0);
		free(g);
	}
}

static void test_open_says_why(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	assert_null(gomem_open(getpid(), NULL, &err));
	assert_int_equal(err.code, ERR_UNSUPPORTED);
	assert_non_null(strstr(err.msg, "not a Go program"));
	assert_null(gomem_open(0x7ffffffe, NULL, &err));
	assert_int_equal(err.code, ERR_GONE);
	assert_null(gomem_open(1, "/nonexistent", &err));
	assert_int_equal(err.code, ERR_GONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_identities),
		cmocka_unit_test(test_zeros_are_nothing),
		cmocka_unit_test(test_nothing_counted),
		cmocka_unit_test(test_scan),
		cmocka_unit_test(test_gogc_off),
		cmocka_unit_test(test_goals),
		cmocka_unit_test(test_votes),
		cmocka_unit_test(test_buckets),
		cmocka_unit_test(test_hostile_buckets),
		cmocka_unit_test(test_objects),
		cmocka_unit_test(test_objects_of_a_busy_program),
		cmocka_unit_test(test_spans_that_are_not_cached),
		cmocka_unit_test(test_many_ps),
		cmocka_unit_test(test_allp),
		cmocka_unit_test(test_reading),
		cmocka_unit_test(test_debugvars),
		cmocka_unit_test(test_open_says_why),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
