/*
 * figures.c - the runtime's two books, decoded and compared.
 *
 * Sources: runtime/mstats.go (readmemstats_m), mgcpacer.go (heapGoalInternal,
 * memoryLimitHeapGoal, trigger, setGCPercent), mgcscavenge.go
 * (gcPaceScavenger), Go 1.19 to 1.27. Sums wrap around as Go's do.
 */
#include "figures.h"

#include <string.h>
#include <unistd.h>

#define GENERATIONS	 3 /* memstats.heapStats is a ring of three */
#define HEAP_MINIMUM	 (4ull << 20)
#define MIN_RUNWAY	 (64u << 10)
#define HEADROOM	 (1u << 20)
#define HEADROOM_PERCENT 3 /* since Go 1.21 */
#define NO_GOAL		 UINT64_MAX
#define GO_PAGE		 8192
#define OS_PAGE		 4096
#define MOST		 (1ull << 47) /* bytes of user address space */
#define SLACK		 (16u << 20) /* between figures of slightly different times */

static uint64_t u64(const uint8_t *base, int32_t off)
{
	uint64_t v;

	memcpy(&v, base + off, sizeof(v));
	return v;
}

static uint32_t u32(const uint8_t *base, int32_t off)
{
	uint32_t v;

	memcpy(&v, base + off, sizeof(v));
	return v;
}

size_t figures_mstats_len(const struct layout *l)
{
	return (size_t)l->mstats_last_heap_inuse + 8;
}

size_t figures_gc_len(const struct layout *l)
{
	return (size_t)l->gc_mapped_ready + 8;
}

static void add_delta(const struct layout *l, const uint8_t *d,
		      struct figures *f)
{
	f->committed += u64(d, l->delta_committed);
	f->released += u64(d, l->delta_released);
	f->in_heap += u64(d, l->delta_in_heap);
	f->in_stacks += u64(d, l->delta_in_stacks);
	f->in_work += u64(d, l->delta_in_workbufs);
	if (l->delta_in_ptrscalar >= 0)
		f->in_work += u64(d, l->delta_in_ptrscalar);
	f->tiny += u64(d, l->delta_tiny_count);
	f->alloc_bytes += u64(d, l->delta_large_alloc);
	f->free_bytes += u64(d, l->delta_large_free);
	f->mallocs += u64(d, l->delta_large_alloc_count);
	f->frees += u64(d, l->delta_large_free_count);
	for (int k = 0; k < GOMEM_CLASSES; k++) {
		uint64_t a = u64(d, l->delta_small_alloc_count + 8 * k);
		uint64_t r = u64(d, l->delta_small_free_count + 8 * k);

		f->alloc_bytes += a * layout_class_size[k];
		f->free_bytes += r * layout_class_size[k];
		f->mallocs += a;
		f->frees += r;
		f->class_mallocs[k] += a;
		f->class_frees[k] += r;
	}
}

static void decode_mstats(const struct layout *l, const uint8_t *m,
			  struct figures *f)
{
	for (int i = 0; i < GENERATIONS; i++)
		add_delta(l, m + l->mstats_heap_stats + i * l->delta_size, f);
	/* Tiny allocations count as allocated and as freed. */
	f->mallocs += f->tiny;
	f->frees += f->tiny;
	f->stacks_sys = u64(m, l->mstats_stacks_sys);
	f->mspan_sys = u64(m, l->mstats_mspan_sys);
	f->mcache_sys = u64(m, l->mstats_mcache_sys);
	f->buckhash_sys = u64(m, l->mstats_buckhash_sys);
	f->gc_misc_sys = u64(m, l->mstats_gc_misc_sys);
	f->other_sys = u64(m, l->mstats_other_sys);
	f->last_gc = u64(m, l->mstats_last_gc_unix);
	f->pause_total_ns = u64(m, l->mstats_pause_total_ns);
	f->last_heap_inuse = u64(m, l->mstats_last_heap_inuse);
	f->numgc = u32(m, l->mstats_numgc);
	f->numforcedgc = u32(m, l->mstats_numforcedgc);
	memcpy(&f->gc_cpu_fraction, m + l->mstats_gc_cpu_fraction,
	       sizeof(f->gc_cpu_fraction));
}

static void decode_gc(const struct layout *l, const uint8_t *c,
		      struct figures *f)
{
	f->gc_percent = (int32_t)u32(c, l->gc_percent);
	f->memory_limit = (int64_t)u64(c, l->gc_memory_limit);
	f->heap_minimum = u64(c, l->gc_heap_minimum);
	f->runway = u64(c, l->gc_runway);
	f->percent_goal = u64(c, l->gc_percent_goal);
	f->sweep_min_trigger = u64(c, l->gc_sweep_min_trigger);
	f->triggered = u64(c, l->gc_triggered);
	f->last_heap_goal = u64(c, l->gc_last_heap_goal);
	f->heap_live = u64(c, l->gc_heap_live);
	f->heap_marked = u64(c, l->gc_heap_marked);
	f->heap_inuse = u64(c, l->gc_heap_inuse);
	f->heap_released = u64(c, l->gc_heap_released);
	f->heap_free = u64(c, l->gc_heap_free);
	f->total_alloc = u64(c, l->gc_total_alloc);
	f->total_free = u64(c, l->gc_total_free);
	f->mapped_ready = u64(c, l->gc_mapped_ready);
}

void figures_decode(const struct layout *l, const struct figures_raw *raw,
		    struct figures *out)
{
	*out = (struct figures){.minor = l->minor};
	decode_mstats(l, raw->mstats, out);
	decode_gc(l, raw->gc, out);
	out->sys = out->heap_inuse + out->heap_free + out->heap_released +
		   out->stacks_sys + out->mspan_sys + out->mcache_sys +
		   out->buckhash_sys + out->gc_misc_sys + out->other_sys +
		   out->in_stacks + out->in_work;
}

/*
 * A program that has hardly allocated: no GC, no object of 32 KiB, no cache of
 * a P filled twice. All its objects are in spans that the Ps hold and have not
 * counted yet: the counts are zero, and prove nothing. The two books of what is
 * mapped do, and they do not move in such a program.
 */
static bool nothing_counted(const struct figures *f, unsigned id)
{
	return (id & FIGURES_HEAP) == FIGURES_HEAP && (id & FIGURES_MAPPED) &&
	       f->numgc == 0 && f->mallocs == f->tiny && f->total_free == 0;
}

unsigned figures_identities(const struct figures *f)
{
	/* As setGCPercent computes it: GOGC=off (-1) wraps around. */
	uint64_t percent = (uint64_t)(int64_t)f->gc_percent;
	uint64_t minimum = HEAP_MINIMUM * percent / 100;
	unsigned id = 0;

	if (f->heap_inuse == 0)
		return 0; /* zeros agree with zeros */
	if (f->in_heap == f->heap_inuse)
		id |= FIGURES_INUSE;
	if (f->released == f->heap_released)
		id |= FIGURES_RELEASED;
	if (f->committed - f->in_stacks - f->in_work ==
	    f->heap_inuse + f->heap_free)
		id |= FIGURES_RETAINED;
	if (f->mapped_ready == f->sys - f->heap_released)
		id |= FIGURES_MAPPED;
	if (f->alloc_bytes == f->total_alloc &&
	    (f->total_alloc > 0 || nothing_counted(f, id)))
		id |= FIGURES_ALLOC;
	if (f->free_bytes == f->total_free)
		id |= FIGURES_FREE;
	if (f->heap_minimum == minimum && f->gc_percent >= -1 &&
	    f->memory_limit >= 0)
		id |= FIGURES_SETTINGS;
	return id;
}

static bool gc_plausible(const struct figures *f)
{
	return f->gc_percent >= -1 && f->memory_limit >= 0 &&
	       f->heap_inuse > 0 && f->heap_inuse % GO_PAGE == 0 &&
	       f->heap_inuse < MOST && f->heap_free < MOST &&
	       f->heap_free % OS_PAGE == 0 && f->heap_released % OS_PAGE == 0 &&
	       f->heap_released < MOST && f->mapped_ready < MOST &&
	       f->mapped_ready >= f->heap_inuse &&
	       f->total_alloc >= f->total_free &&
	       f->total_alloc - f->total_free <= f->heap_inuse + SLACK;
}

bool figures_plausible(const struct figures *f)
{
	return gc_plausible(f) && f->sys < 2 * MOST;
}

bool figures_gc_like(const struct layout *l, const uint8_t *gc)
{
	uint64_t inuse = u64(gc, l->gc_heap_inuse);
	struct figures f;

	if (!figures_inuse_like(inuse))
		return false;
	decode_gc(l, gc, &f);
	return gc_plausible(&f) && f.total_alloc > 0;
}

/* A size of something that every program has. */
static bool sized(uint64_t n, unsigned unit)
{
	return n > 0 && n < MOST && n % unit == 0;
}

bool figures_mstats_like(const struct layout *l, const uint8_t *mstats)
{
	struct figures f = {.minor = l->minor};
	uint64_t inuse = 0;

	/* What is cheap to see comes first. */
	if (u32(mstats, l->mstats_heap_gen) >= GENERATIONS)
		return false;
	for (int i = 0; i < GENERATIONS; i++)
		inuse += u64(mstats, l->mstats_heap_stats + i * l->delta_size +
					     l->delta_in_heap);
	if (!figures_inuse_like(inuse))
		return false;
	decode_mstats(l, mstats, &f);
	return sized(f.committed, OS_PAGE) && sized(f.in_stacks, OS_PAGE) &&
	       f.released < MOST && f.released % OS_PAGE == 0 &&
	       f.in_work < MOST && f.in_work % OS_PAGE == 0 &&
	       f.committed + SLACK >= f.in_heap + f.in_stacks + f.in_work &&
	       f.alloc_bytes > 0 && f.alloc_bytes + SLACK >= f.free_bytes &&
	       f.mallocs > 0 && f.mallocs + SLACK >= f.frees &&
	       sized(f.mspan_sys, 1) && sized(f.mcache_sys, 1) &&
	       sized(f.gc_misc_sys, 1) && sized(f.other_sys, 1) &&
	       f.buckhash_sys < MOST && f.stacks_sys < MOST &&
	       f.numforcedgc <= f.numgc + 1 &&
	       (f.numgc == 0) == (f.last_gc == 0);
}

/* The goal that the memory limit sets. */
static uint64_t limit_goal(const struct figures *f)
{
	uint64_t alloc = f->total_alloc - f->total_free;
	uint64_t limit = (uint64_t)f->memory_limit, over, other, goal, room;

	if (f->heap_free + alloc > f->mapped_ready)
		return NO_GOAL; /* read in the middle of an update */
	other = f->mapped_ready - f->heap_free - alloc;
	over = f->mapped_ready > limit ? f->mapped_ready - limit : 0;
	if (other + over >= limit)
		return f->heap_marked;
	goal = limit - (other + over);
	room = f->minor >= 21 ? goal / 100 * HEADROOM_PERCENT : HEADROOM;
	if (room < HEADROOM)
		room = HEADROOM;
	goal = goal < room || goal - room < room ? room : goal - room;
	return goal < f->heap_marked ? f->heap_marked : goal;
}

/* heapGoalInternal: the goal, and the least trigger that goes with it. */
static uint64_t goal_of(const struct figures *f, uint64_t *min_trigger)
{
	uint64_t goal = f->percent_goal, limit = limit_goal(f);

	*min_trigger = 0;
	if (limit < goal)
		return limit;
	if (f->sweep_min_trigger > goal)
		goal = f->sweep_min_trigger;
	*min_trigger = f->sweep_min_trigger;
	if (f->triggered != UINT64_MAX && goal < f->triggered + MIN_RUNWAY)
		goal = f->triggered + MIN_RUNWAY;
	return goal;
}

uint64_t figures_goal(const struct figures *f)
{
	uint64_t min_trigger;

	return goal_of(f, &min_trigger);
}

uint64_t figures_trigger(const struct figures *f)
{
	uint64_t least, goal = goal_of(f, &least), part, most, trigger;

	if (f->heap_marked >= goal)
		return goal;
	if (least < f->heap_marked)
		least = f->heap_marked;
	part = (goal - f->heap_marked) / 64;
	if (least < part * 45 + f->heap_marked) /* 0.7 of the way */
		least = part * 45 + f->heap_marked;
	most = part * 61 + f->heap_marked; /* 0.95 of the way */
	if (goal > HEAP_MINIMUM && goal - HEAP_MINIMUM > most)
		most = goal - HEAP_MINIMUM;
	if (most < least)
		most = least;
	trigger = f->runway > goal ? least : goal - f->runway;
	if (trigger < least)
		trigger = least;
	return trigger > most ? most : trigger;
}

uint64_t figures_scav_goal(const struct figures *f)
{
	uint64_t goal, retained = f->heap_inuse + f->heap_free;
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE); /* physPageSize */
	double ratio;

	if (f->last_heap_goal == 0 || f->last_heap_inuse >= 1ull << 47)
		return NO_GOAL;
	ratio = (double)f->percent_goal / (double)f->last_heap_goal;
	if (!(ratio * (double)f->last_heap_inuse < 1e18))
		return NO_GOAL;
	goal = (uint64_t)((double)f->last_heap_inuse * ratio);
	goal += goal / 10;
	goal = (goal + page - 1) / page * page;
	return retained <= goal || retained - goal < page ? NO_GOAL : goal;
}
