/*
 * agentless.c - the runtime's figures read from the target's memory: about
 * 10 us a read, no stop, no garbage, no endpoint (gomem/gomem.h).
 */
#include <residue/source/source.h>

#include <residue/base/clock.h>
#include <residue/base/mem.h>
#include <residue/goelf/exe.h>
#include <residue/model/by_size.h>
#include <residue/model/pauses.h>

#include "memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* GODEBUG and go versions aside, a goal of this size is none (GOGC=off). */
#define NO_GOAL (UINT64_C(1) << 62)
/* A target that is only in the list and has run is read whole so often though
 * its books are as they were: goroutines are in neither. */
#define WHOLE_NS (15 * NS_PER_SEC)

/* What the scavenger will do is read in less than this part of the time, and
 * not more often than: the page bitmaps of 1 GiB take some 0.1 ms. */
#define DUE_SHARE 500
#define DUE_NS	  (2 * NS_PER_SEC)
/* The same of the program's variables; of what is only in the list: */
#define GLOBALS_LISTED_NS (120 * NS_PER_SEC)

/* Counters of objects; those that were shown last. */
struct counted {
	uint64_t total_alloc, total_free, mallocs, frees;
};

struct agentless {
	/* What tells that nothing has changed. */
	const struct procfs *fs;
	pid_t pid;
	int64_t cpu_ns; /* CPU time before the last read; -1: not known */
	struct gomem *gomem;
	struct gomem_stats stats;
	const atomic_bool *opened;
	struct counted shown;
	bool walk_caches;  /* the interval is long enough for gomem_objects */
	bool counts_eager; /* this Go counts what the allocator releases */
	struct gomem_return due; /* of the last prediction, */
	bool due_known;
	int64_t due_ns;	 /* which lasts until then, CLOCK_BOOTTIME */
	int64_t globals; /* as last counted, */
	int64_t globals_ns, globals_took_ns; /* ... then; 0: never */
	int64_t whole_ns;  /* read whole again by then, CLOCK_BOOTTIME */
	int64_t spread_ns; /* not all targets in the same tick */
};

static int64_t cpu_of(const struct agentless *st)
{
	return procfs_cpu_ns(st->fs, st->pid);
}

static int agentless_open(void *state, const struct source_subject *s,
			  struct err *err)
{
	struct agentless *st = state;

	st->opened = s->opened;
	st->fs = s->fs;
	st->pid = s->id.pid;
	st->spread_ns = s->id.pid % 16 * (NS_PER_SEC / 4);
	st->walk_caches = s->interval_ns >= NS_PER_SEC;
	st->gomem = memory_open(s, err);
	if (!st->gomem)
		return -1;
	/* mgcscavenge.go: the allocator's share is counted since 1.21. */
	st->counts_eager = goexe_minor(gomem_info(st->gomem)->row) >= 21;
	return 0;
}

static void agentless_close(void *state)
{
	struct agentless *st = state;

	gomem_close(st->gomem);
}

static void set(struct values *v, enum field f, uint64_t n)
{
	if (n <= INT64_MAX)
		values_set(v, f, (int64_t)n);
}

static void set_heap(struct values *v, const struct gomem_stats *s)
{
	set(v, FIELD_HEAP_INUSE, s->heap_inuse);
	set(v, FIELD_HEAP_IDLE, s->heap_idle);
	set(v, FIELD_HEAP_RELEASED, s->heap_released);
	set(v, FIELD_HEAP_SYS, s->heap_sys);
	set(v, FIELD_STACK_INUSE, s->stack_inuse);
	set(v, FIELD_STACK_SYS, s->stack_sys);
	set(v, FIELD_GC_SYS, s->gc_sys);
}

static void raise(uint64_t *n, uint64_t least)
{
	*n = *n > least ? *n : least;
}

/* Counters that were shown with what the caches held do not fall when they come
 * without; and what is allocated is in spans that are in use. */
static void set_alloc(struct agentless *st, struct values *v, struct counted n)
{
	bool heap = st->stats.exact_parts & GOMEM_EXACT_HEAP;
	uint64_t alloc;

	raise(&n.total_alloc, st->shown.total_alloc);
	raise(&n.mallocs, st->shown.mallocs);
	raise(&n.frees, st->shown.frees);
	st->shown = n;
	alloc = n.total_alloc - n.total_free;
	if (heap && alloc > st->stats.heap_inuse)
		alloc = st->stats.heap_inuse;
	set(v, FIELD_HEAP_ALLOC, alloc);
	set(v, FIELD_HEAP_OBJECTS, n.mallocs - n.frees);
	set(v, FIELD_TOTAL_ALLOC, n.total_alloc);
	set(v, FIELD_MALLOCS, n.mallocs);
	set(v, FIELD_FREES, n.frees);
}

static void set_sys(struct values *v, const struct gomem_stats *s)
{
	set(v, FIELD_SYS, s->sys);
	set(v, FIELD_MSPAN_SYS, s->mspan_sys);
	set(v, FIELD_MCACHE_SYS, s->mcache_sys);
	set(v, FIELD_BUCKHASH_SYS, s->buckhash_sys);
	set(v, FIELD_OTHER_SYS, s->other_sys);
}

/* What no identity covers: single words, each written at once. */
static void set_pacer(struct values *v, const struct agentless *st)
{
	const struct gomem_info *info = gomem_info(st->gomem);
	const struct gomem_stats *s = &st->stats;

	set(v, FIELD_NUM_GC, s->numgc);
	set(v, FIELD_NUM_FORCED_GC, s->numforcedgc);
	set(v, FIELD_PAUSE_TOTAL, s->pause_total_ns);
	if (s->last_gc)
		set(v, FIELD_LAST_GC, s->last_gc);
	/* Before the first GC nothing was marked: there is no figure. */
	if (s->numgc)
		set(v, FIELD_HEAP_LIVE, s->heap_marked);
	if (s->next_gc < NO_GOAL)
		set(v, FIELD_NEXT_GC, s->next_gc);
	if (s->trigger < NO_GOAL)
		set(v, FIELD_GC_TRIGGER, s->trigger);
	set(v, FIELD_PACER_LIVE, s->heap_live);
	values_set(v, FIELD_GC_RUNNING, s->gc_running);
	if (s->gc_cpu_fraction >= 0 && s->gc_cpu_fraction <= 1)
		values_set(v, FIELD_GC_CPU,
			   (int64_t)(s->gc_cpu_fraction * 1e6 + 0.5));
	set(v, FIELD_MAPPED_READY, s->mapped_ready);
	values_set(v, FIELD_GOGC, s->gc_percent);
	if (s->memory_limit < INT64_MAX)
		values_set(v, FIELD_MEMORY_LIMIT, s->memory_limit);
	if (info->has_goroutines)
		set(v, FIELD_GOROUTINES, s->goroutines);
	if (info->has_spans) {
		set(v, FIELD_MSPAN_INUSE, s->mspan_inuse);
		set(v, FIELD_MCACHE_INUSE, s->mcache_inuse);
		if (s->scav_goal < NO_GOAL)
			set(v, FIELD_SCAV_GOAL, s->scav_goal);
		set(v, FIELD_RELEASED_BG, s->released_bg);
		if (st->counts_eager)
			set(v, FIELD_RELEASED_EAGER, s->released_eager);
	}
}

static struct doc *by_size_doc(const struct gomem_objects *o)
{
	struct by_size *b = mem_alloc(sizeof(*b));

	b->n = GOMEM_CLASSES - 1;
	for (unsigned k = 0; k < b->n; k++)
		b->of[k] = (struct by_size_class){gomem_class_size(k + 1),
						  o->by_size_mallocs[k + 1],
						  o->by_size_frees[k + 1]};
	return doc_new(DOC_BY_SIZE, o->end_ns, b, sizeof(*b), free);
}

/*
 * Objects that the Ps took from their caches are not in the counters yet.
 * Walking the caches takes 0.1 to 5 ms: for opened targets, with their rows,
 * and the figures stand until the next walk. Elsewhere, and where the walk
 * fails, the counters alone are shown: low by what the caches hold.
 */
static void add_alloc(struct agentless *st, struct reading *out)
{
	const struct gomem_stats *s = &st->stats;
	bool walk = st->walk_caches && atomic_load(st->opened);
	struct gomem_objects o;

	if (walk && out->between)
		return;
	if (walk && gomem_objects(st->gomem, &o, NULL) == 0) {
		set_alloc(st, &out->values,
			  (struct counted){o.total_alloc,
					   o.total_alloc - o.heap_alloc,
					   o.mallocs, o.frees});
		out->docs[1] = by_size_doc(&o);
	} else if (s->exact_parts & GOMEM_EXACT_ALLOC) {
		set_alloc(st, &out->values,
			  (struct counted){s->total_alloc, s->total_free,
					   s->mallocs, s->frees});
	}
}

/* Until what took so long is done again: DUE_SHARE, and `least` at least. */
static int64_t spaced(int64_t took_ns, int64_t least_ns)
{
	return took_ns * DUE_SHARE > least_ns ? took_ns * DUE_SHARE : least_ns;
}

/* How much the scavenger will return by itself: for opened targets, with their
 * rows. What it was stands until the next time. */
static void add_due(struct agentless *st, struct reading *out)
{
	int64_t begin = out->end_ns;

	if (out->between || !atomic_load(st->opened) ||
	    !(st->stats.exact_parts & GOMEM_EXACT_HEAP))
		return;
	if (begin >= st->due_ns) {
		st->due_known = gomem_predict(st->gomem, &st->stats, &st->due,
					      NULL) == 0;
		st->due_ns = begin + spaced(clock_boot_ns() - begin, DUE_NS);
	}
	if (!st->due_known)
		return;
	set(&out->values, FIELD_DUE_NOW, st->due.now);
	set(&out->values, FIELD_DUE_NEXT_GC, st->due.next);
}

/* The program's own variables: what they take changes seldom. */
static void add_globals(struct agentless *st, struct reading *out)
{
	int64_t begin = out->end_ns, pause = GLOBALS_LISTED_NS;

	if (out->between)
		return;
	if (atomic_load(st->opened))
		pause = spaced(st->globals_took_ns, DUE_NS);
	if (!st->globals_ns || begin - st->globals_ns >= pause) {
		st->globals = gomem_globals(st->gomem);
		st->globals_ns = begin;
		st->globals_took_ns = clock_boot_ns() - begin;
	}
	if (st->globals >= 0)
		values_set(&out->values, FIELD_GLOBALS, st->globals);
}

static void add_ring(struct agentless *st, struct reading *out)
{
	struct pause_ring *copy;

	if (!st->stats.ring_new || !st->stats.numgc)
		return;
	copy = mem_alloc(sizeof(*copy));
	copy->num_gc = st->stats.numgc;
	memcpy(copy->end_ns, st->stats.pause_end, sizeof(copy->end_ns));
	memcpy(copy->pause_ns, st->stats.pause_ns, sizeof(copy->pause_ns));
	out->docs[0] =
		doc_new(DOC_PAUSES, out->end_ns, copy, sizeof(*copy), free);
}

static unsigned scav_marks(const struct agentless *st)
{
	const struct gomem_stats *s = &st->stats;
	unsigned resets = s->scavtrace > 0 ? SCAV_RESETS : 0;

	if (!st->counts_eager || !gomem_info(st->gomem)->has_spans)
		return resets;
	return SCAV_KNOWN | (s->scav_force_dry ? SCAV_DRY : 0) |
	       (s->scav_freed ? SCAV_FREED : 0) | resets;
}

/* What came and went between two readings: of opened targets. */
static void add_returned(struct agentless *st, struct reading *out)
{
	if (!(out->scav & SCAV_KNOWN) || !atomic_load(st->opened))
		return;
	out->returned = gomem_returned(st->gomem);
	if (out->returned >= 0)
		out->scav |= SCAV_RETURNED;
}

static int agentless_read(void *state, struct reading *out, struct err *err)
{
	struct agentless *st = state;

	st->whole_ns = 0;
	/* Before the read: what runs during it is seen to have run. */
	st->cpu_ns = atomic_load(st->opened) ? -1 : cpu_of(st);
	if (gomem_read(st->gomem, &st->stats, err))
		return -1;
	st->whole_ns = st->stats.end_ns + WHOLE_NS - st->spread_ns;
	out->begin_ns = st->stats.begin_ns;
	out->end_ns = st->stats.end_ns;
	out->scav = scav_marks(st);
	add_returned(st, out);
	set_pacer(&out->values, st);
	/* Sys is HeapSys, which the identities cover, and words that only grow.
	 * That it equals mappedReady + HeapReleased does not hold while memory
	 * is being released (GOMEM_EXACT_SYS is off then), but it is Sys all
	 * the same: mgcscavenge.go counts a piece after it is gone. */
	if (st->stats.exact_parts & GOMEM_EXACT_HEAP) {
		set_heap(&out->values, &st->stats);
		set_sys(&out->values, &st->stats);
	}
	add_alloc(st, out);
	add_due(st, out);
	add_globals(st, out);
	add_ring(st, out);
	return 0;
}

static bool agentless_changed(void *state)
{
	struct agentless *st = state;

	if (atomic_load(st->opened))
		return true;
	/* A process that has not run since writes no memory. */
	if (st->whole_ns && st->cpu_ns >= 0 && cpu_of(st) == st->cpu_ns)
		return false;
	return clock_boot_ns() >= st->whole_ns || gomem_changed(st->gomem);
}

/* A version that this program does not know is read as the newest that fits. */
static void agentless_note(const void *state, char *out, size_t size)
{
	const struct agentless *st = state;
	const struct gomem_info *info = gomem_info(st->gomem);

	if (!info->row_exact)
		snprintf(out, size,
			 "%s is not a version that is known here: read as %s, "
			 "for its books agree",
			 info->version[0] ? info->version
					  : "a hidden version of Go",
			 info->row);
}

const struct source source_agentless = {
	.name = "memory",
	.origin = ORIGIN_RUNTIME,
	.lane = LANE_MEMORY,
	.by = READ_AGENTLESS,
	.state_size = sizeof(struct agentless),
	.open = agentless_open,
	.read = agentless_read,
	.close = agentless_close,
	.changed = agentless_changed,
	.note = agentless_note,
};
