/*
 * verdict.c - which part of RES matters, and whether it grows.
 *
 * The thresholds were set on the journals of tests/workload, where every phase
 * says which verdicts are right for it; its report.py is the first version of
 * these rules.
 */
#include "verdict_text.h"

#include <residue/base/sat.h>
#include <residue/judge/verdict.h>
#include <residue/model/state.h>

#include <string.h>

#define MIB    (INT64_C(1) << 20)
#define SECOND INT64_C(1000000000)

/* A process below this needs no explanation. */
#define SMALL (48 * MIB)
/* A part of RES that large explains it; the one said before is kept while it
 * is nearly as large, so that two equal parts do not take turns. */
#define PART_SHARE 0.25
#define KEEP	   1.15
/* Seconds of history for rates and short trends, and rows kept at least. */
#define WINDOW	    (6 * SECOND)
#define WINDOW_ROWS 4
#define WINDOW_MOST (300 * SECOND)
#define PAST_STEP   (SECOND / 4)
#define GREW	    (8 * MIB) /* growth within WINDOW that is a trend */
/* Collections looked back on for a leak; those within a second count as one. */
#define LEAK_SPAN  (30 * SECOND)
#define LEAK_GCS   3
#define LEAK_APART (SECOND * 9 / 10)
/* It goes on when it allocates no slower than it grew, by this; looked at over
 * so long once that was said. */
#define LEAK_SLOWER 8
#define LEAK_LOOK   (2 * SECOND)
/* A long trend: quarters of the buckets, each above the one before. */
#define LONG_BUCKETS 12
#define LONG_SPAN    (60 * SECOND)
/* Under a tight limit: collections a second, and the goal near the live heap.
 * A GOGC of 100 puts the goal at twice the live heap. */
#define THRASH_RATE 5.0
/* Once it does, fewer will do: the runtime holds GC to half of the CPU then
 * (Go source, runtime/mgclimit.go), and a busy machine slows it further. */
#define THRASH_STAY 1.0
#define THRASH_ROOM 0.30
#define THRASH_SPAN (4 * SECOND)
#define RATE_SPAN   (3 * SECOND)
/* Change of what smaps_rollup might explain that calls for a new one; and a
 * tenth of RES. */
#define SMAPS_LEAST (16 * MIB)
/* Goals this near are of the same live heap. */
#define GOAL_SAME 0.05
/* A profile with less than this of the live heap was switched off. */
#define PROFILE_SHARE 0.05
/* Collections until a profile shows what was allocated: it lags by one cycle
 * (Go source, runtime/mprof.go). */
#define PROFILE_LAG 2
/* A program that was large when first seen and has collected less often than
 * this may have become so just before its last GC (gopls' ballast). */
#define PROFILE_GCS 4
/* One of which it is not known which GC it is of may be some GCs older than it
 * looks: at the start of a program each doubles the heap. */
#define PROFILE_GCS_UNDATED 8

void judge_init(struct judge *j)
{
	*j = (struct judge){.num_gc = -1,
			    .floor = -1,
			    .profile = -1,
			    .bucket_ns = SECOND,
			    .kind = VERDICT_UNKNOWN};
}

static bool same_goal(int64_t a, int64_t b)
{
	double diff = (double)a - (double)b;

	return a > 0 && b > 0 && diff < GOAL_SAME * (double)b &&
	       -diff < GOAL_SAME * (double)b;
}

/* The least HeapAlloc seen since the last GC is not below what that one left.
 * Polled rarely it is far above it; but collections that set the same goal
 * left the same, so the least of them all is nearer. */
static int64_t floor_of_peers(const struct judge *j, int64_t goal)
{
	int64_t floor = j->floor;

	for (unsigned i = 0; i < j->live_count; i++)
		if (same_goal(j->lives[i].goal, goal) &&
		    j->lives[i].bytes < floor)
			floor = j->lives[i].bytes;
	return floor;
}

/* The live heap as the last GC left it: what the runtime marked, else what is
 * known to be not below it. -1: not known. */
static int64_t judge_live(struct judge *j, const struct values *v, bool *fresh)
{
	int64_t alloc = values_get(v, FIELD_HEAP_ALLOC, -1);
	int64_t num = values_get(v, FIELD_NUM_GC, -1);

	*fresh = false;
	if (alloc < 0 || num < 0)
		return values_get(v, FIELD_HEAP_LIVE,
				  values_get(v, FIELD_PPROF_INUSE, -1));
	*fresh = num != j->num_gc && num > 0;
	j->floor = num != j->num_gc || alloc < j->floor ? alloc : j->floor;
	j->num_gc = num;
	if (num == 0)
		return -1; /* nothing was marked yet */
	int64_t goal = values_get(v, FIELD_NEXT_GC, -1);
	int64_t live = values_get(v, FIELD_HEAP_LIVE, floor_of_peers(j, goal));

	return live < alloc ? live : alloc;
}

static bool profile_is_off(struct judge *j, const struct values *v,
			   int64_t live)
{
	int64_t total = values_get(v, FIELD_PPROF_INUSE, -1);

	if (live < SMALL)
		j->big_gc = j->num_gc;
	/* Another one: told by its GC too, as its total may be the same. */
	if (total >= 0 && (total != j->profile ||
			   values_get(v, FIELD_PPROF_NUM_GC, j->profile_gc) !=
				   j->profile_gc)) {
		j->profile = total;
		j->profile_gc = j->num_gc;
		j->profile_live = live;
	}
	/* It came a while after it was taken. */
	if (total >= 0)
		j->profile_gc =
			values_get(v, FIELD_PPROF_NUM_GC, j->profile_gc);
	int64_t least = values_has(v, FIELD_PPROF_NUM_GC) ? PROFILE_GCS
							  : PROFILE_GCS_UNDATED;

	return total >= 0 && live >= SMALL && j->profile_live >= SMALL &&
	       (double)total < PROFILE_SHARE * (double)j->profile_live &&
	       sat_sub(j->profile_gc, PROFILE_LAG) >= j->big_gc &&
	       (total == 0 || j->profile_gc >= least);
}

/* The live heap by which objects are split. A profile of the same GC is nearer
 * to it than the floor, which holds what was allocated since. */
static int64_t live_to_show(const struct judge *j, const struct values *v,
			    int64_t live, unsigned *origins)
{
	*origins = 0;
	if (live > 0 && !values_has(v, FIELD_HEAP_LIVE) &&
	    values_has(v, FIELD_PPROF_INUSE) && j->profile_gc == j->num_gc &&
	    j->profile >= live / 2 && j->profile < live) {
		*origins = 1u << ORIGIN_PPROF;
		return j->profile;
	}
	return live;
}

static void remember_live(struct judge *j, int64_t now, int64_t live,
			  int64_t goal, bool fresh)
{
	unsigned kept = 0;

	if (live < 0)
		return;
	if (!fresh) {
		if (j->live_count)
			j->lives[j->live_count - 1].bytes = live;
		return;
	}
	for (unsigned i = 0; i < j->live_count; i++)
		if (now - j->lives[i].t_ns < LEAK_SPAN)
			j->lives[kept++] = j->lives[i];
	if (kept && now - j->lives[kept - 1].t_ns < LEAK_APART) {
		/* One with that, which keeps its time. */
		j->lives[kept - 1].bytes = live;
		j->lives[kept - 1].goal = goal;
		j->live_count = kept;
		return;
	}
	if (kept == JUDGE_LIVES)
		memmove(j->lives, j->lives + 1, --kept * sizeof(*j->lives));
	j->lives[kept] = (struct judge_live){now, live, goal};
	j->live_count = kept + 1;
}

static void remember_past(struct judge *j, const struct judge_past *p)
{
	struct judge_past *past = j->past;

	if (j->past_count &&
	    p->t_ns - past[j->past_count - 1].t_ns < PAST_STEP) {
		/* Too near: the newest stands for its quarter second. */
		int64_t t = past[j->past_count - 1].t_ns;
		past[j->past_count - 1] = *p;
		past[j->past_count - 1].t_ns = t;
		return;
	}
	while (j->past_count == JUDGE_PAST ||
	       (j->past_count && p->t_ns - past->t_ns > WINDOW_MOST) ||
	       (j->past_count > WINDOW_ROWS && p->t_ns - past->t_ns > WINDOW))
		memmove(past, past + 1, --j->past_count * sizeof(*past));
	past[j->past_count++] = *p;
}

/* When the buckets are used up, each two become one of twice the length. */
static void halve_buckets(struct judge *j)
{
	for (unsigned i = 0; i < JUDGE_BUCKETS / 2; i++) {
		struct judge_bucket a = j->buckets[2 * i];
		const struct judge_bucket *b = &j->buckets[2 * i + 1];

		for (unsigned k = 0; k < TREND_COUNT; k++)
			if (b->least[k] < a.least[k])
				a.least[k] = b->least[k];
		j->buckets[i] = a;
	}
	j->bucket_count /= 2;
	j->bucket_ns *= 2;
}

/* All that was ever seen, in at most JUDGE_BUCKETS stretches of time. */
static void remember_long(struct judge *j, const struct judge_past *p)
{
	struct judge_bucket *b = j->buckets;

	if (!j->bucket_count ||
	    p->t_ns - b[j->bucket_count - 1].t_ns >= j->bucket_ns) {
		if (j->bucket_count == JUDGE_BUCKETS)
			halve_buckets(j);
		b[j->bucket_count].t_ns = p->t_ns;
		for (unsigned k = 0; k < TREND_COUNT; k++)
			b[j->bucket_count].least[k] = INT64_MAX;
		j->bucket_count++;
	}
	b += j->bucket_count - 1;
	for (unsigned k = 0; k < TREND_COUNT; k++)
		if (p->figure[k] >= 0 && p->figure[k] < b->least[k])
			b->least[k] = p->figure[k];
}

/* The least of a figure in the buckets of a quarter; INT64_MAX: none. */
static int64_t quarter(const struct judge *j, enum trend k, unsigned q)
{
	int64_t least = INT64_MAX;

	for (unsigned i = j->bucket_count * q / 4;
	     i < j->bucket_count * (q + 1) / 4; i++)
		if (j->buckets[i].least[k] < least)
			least = j->buckets[i].least[k];
	return least;
}

/* It rose through every quarter of what was seen, and still does. */
static bool rises_long(const struct judge *j, enum trend k, struct finding *f)
{
	int64_t q[4], span;

	if (j->bucket_count < LONG_BUCKETS)
		return false;
	span = j->last_ns - j->buckets[0].t_ns;
	for (unsigned i = 0; i < 4; i++)
		if ((q[i] = quarter(j, k, i)) == INT64_MAX)
			return false;
	int64_t grew = q[3] - q[0];
	int64_t least = q[0] / 20 > GREW ? q[0] / 20 : GREW;

	if (span < LONG_SPAN || grew < least)
		return false;
	for (unsigned i = 1; i < 4; i++)
		if (q[i] - q[i - 1] < grew / 10)
			return false;
	f->grew_bytes = grew;
	f->grew_ns = span * 3 / 4;
	return true;
}

/* It rose in either half of the window: no single step. */
static bool rises_now(const struct judge *j, enum trend k, struct finding *f)
{
	const struct judge_past *p = j->past;
	unsigned n = j->past_count;

	if (n < WINDOW_ROWS || p[n - 1].t_ns - p[0].t_ns < WINDOW / 2)
		return false;
	int64_t first = p[0].figure[k], last = p[n - 1].figure[k];
	int64_t middle = p[n / 2].figure[k];

	int64_t least =
		(last - first) / 8 > GREW / 2 ? (last - first) / 8 : GREW / 2;

	if (first < 0 || middle < 0 || last < 0 || middle - first < least ||
	    last - middle < least || last - first < first / 20)
		return false;
	f->grew_bytes = last - first;
	f->grew_ns = p[n - 1].t_ns - p[0].t_ns;
	return true;
}

static bool rises(const struct judge *j, enum trend k, struct finding *f)
{
	return rises_now(j, k, f) || rises_long(j, k, f);
}

/* What leaks goes on to allocate. A burst may end between three collections a
 * second apart, and each left more than the one before: with no more than that
 * it is waited for. */
static bool goes_on(const struct judge *j, unsigned gcs,
		    const struct finding *f)
{
	const struct judge_past *now = j->past + j->past_count - 1, *then = now;
	int64_t apart = j->kind == VERDICT_LEAK ? LEAK_LOOK : LEAK_APART;

	/* Between collections HeapAlloc only rises. */
	while (then > j->past && now->t_ns - then->t_ns < apart &&
	       then[-1].num_gc == now->num_gc && then[-1].heap_alloc >= 0)
		then--;
	int64_t took = now->t_ns - then->t_ns;

	if (now->heap_alloc < 0)
		return true;
	if (took < LEAK_APART)
		return gcs > LEAK_GCS || j->kind == VERDICT_LEAK;
	return (double)(now->heap_alloc - then->heap_alloc) / (double)took >=
	       (double)f->grew_bytes / (double)f->grew_ns / LEAK_SLOWER;
}

/* Each of the last collections left more live than the one before. */
static bool leaks(const struct judge *j, int64_t now, struct finding *f)
{
	const struct judge_live *l = j->lives;
	unsigned n = j->live_count, first;

	if (rises_long(j, TREND_LIVE, f))
		return true;
	if (n < LEAK_GCS || now - l[n - 1].t_ns >= 2 * WINDOW)
		return false;
	for (first = n - 1; first > 0; first--)
		if (l[first - 1].bytes > l[first].bytes)
			break;
	if (n - first < LEAK_GCS)
		return false;
	unsigned from = n - LEAK_GCS;

	while (from > first && l[n - 1].t_ns - l[from].t_ns < WINDOW / 2)
		from--;
	int64_t grew = l[n - 1].bytes - l[from].bytes;

	if (l[n - 1].t_ns - l[from].t_ns < WINDOW / 2 || grew < GREW ||
	    grew < l[from].bytes / 20)
		return false;
	/* A step and then as good as nothing is a program that has started. */
	for (unsigned i = from + 1; i < n; i++)
		if (l[i].bytes - l[i - 1].bytes < grew / (5 * (n - 1 - from)))
			return false;
	f->grew_bytes = l[n - 1].bytes - l[first].bytes;
	f->grew_ns = l[n - 1].t_ns - l[first].t_ns;
	return goes_on(j, n - first, f);
}

static double gc_rate(const struct judge *j)
{
	const struct judge_past *z = j->past + j->past_count - 1;
	unsigned i = j->past_count;

	while (i > 0 && z->t_ns - j->past[i - 1].t_ns < RATE_SPAN)
		i--;
	const struct judge_past *a = j->past + (i ? i - 1 : 0);

	if (!j->past_count || a->num_gc < 0 || z->num_gc < a->num_gc ||
	    z->t_ns - a->t_ns < RATE_SPAN / 2)
		return -1;
	return (double)(z->num_gc - a->num_gc) * 1e9 /
	       (double)(z->t_ns - a->t_ns);
}

/* Many collections, because the goal leaves no room above what is live. */
static bool thrashes(const struct judge *j, const struct values *v, double rate)
{
	int64_t goal = values_get(v, FIELD_NEXT_GC, -1), least = INT64_MAX;

	if (goal <= 0 || rate < (j->kind == VERDICT_LIMIT_THRASH ? THRASH_STAY
								 : THRASH_RATE))
		return false;
	/* Where GOGC is known a limit that there is would be, too: a low GOGC
	 * collects as often, and is meant to. */
	if (values_has(v, FIELD_GOGC) && !values_has(v, FIELD_MEMORY_LIMIT))
		return false;
	for (unsigned i = 0; i < j->past_count; i++)
		if (j->past[i].heap_alloc >= 0 &&
		    j->past[i].heap_alloc < least &&
		    j->last_ns - j->past[i].t_ns < THRASH_SPAN)
			least = j->past[i].heap_alloc;
	least = values_get(v, FIELD_HEAP_LIVE, least);
	return (double)(goal - least) < THRASH_ROOM * (double)goal;
}

/* The verdict that stands for a part being the largest. */
static enum verdict_kind part_verdict(enum part p)
{
	switch (p) {
	case PART_GC_HEADROOM:
		return VERDICT_GC_HEADROOM;
	case PART_CACHE:
		return VERDICT_CACHE;
	case PART_FRAGMENTATION:
		return VERDICT_FRAGMENTATION;
	case PART_STACKS:
		return VERDICT_STACKS;
	case PART_FILE_BACKED:
		return VERDICT_FILE_BACKED;
	case PART_LAZY_FREE:
		return VERDICT_LAZY_FREE;
	case PART_HUGE_PAGES:
		return VERDICT_HUGE_PAGES;
	case PART_NON_GO:
		return VERDICT_NON_GO;
	default:
		return VERDICT_IN_USE;
	}
}

/* The largest part that would explain RES; its weight goes to *share. */
static enum verdict_kind heaviest(const struct judge *j,
				  const struct finding *f, double *share)
{
	const struct breakdown *b = f->b;
	enum verdict_kind best = VERDICT_IN_USE;
	double most = 0;

	for (unsigned p = 0; p < PART_UNTOUCHED; p++) {
		enum verdict_kind kind = part_verdict((enum part)p);

		/* Before the first GC whatever is there waits for it. */
		if (p == PART_LIVE_HEAP && f->no_gc)
			kind = VERDICT_GC_HEADROOM;
		double weight = (double)b->parts[p].bytes;

		if (kind == VERDICT_IN_USE)
			continue;
		if (kind == j->kind)
			weight *= KEEP;
		if (weight > most) {
			most = weight;
			best = kind;
		}
	}
	*share = b->rss ? most / (double)b->rss : 0;
	return best;
}

static enum verdict_kind
decide_growing(const struct judge *j, enum verdict_kind kind, struct finding *f)
{
	if (kind == VERDICT_STACKS && rises(j, TREND_STACKS, f))
		return VERDICT_STACK_LEAK;
	if (kind == VERDICT_NON_GO && rises(j, TREND_NON_GO, f))
		return VERDICT_NON_GO_LEAK;
	if (kind == VERDICT_FILE_BACKED && rises(j, TREND_FILE, f))
		return VERDICT_FILE_LEAK;
	return kind;
}

/* A floor of what HeapAlloc was is no more than HeapAlloc, as long as that has
 * not risen above it: then nothing tells the live heap. */
static bool live_is_known(const struct breakdown *b, const struct values *v)
{
	const struct breakdown_part *live = &b->parts[PART_LIVE_HEAP];
	int64_t alloc = values_get(v, FIELD_HEAP_ALLOC, 0);

	if (!live->known || b->unsplit)
		return false;
	return values_has(v, FIELD_HEAP_LIVE) ||
	       live->origins & 1u << ORIGIN_PPROF ||
	       live->bytes < alloc - alloc / 64;
}

/* Without the runtime's figures only the kernel's parts can be named. */
static enum verdict_kind decide_outside(const struct breakdown *b,
					const struct finding *f, double *share)
{
	int64_t file = b->parts[PART_FILE_BACKED].bytes;
	int64_t lazy = b->parts[PART_LAZY_FREE].bytes;
	int64_t most = file > lazy ? file : lazy;

	if (f->profile_stale)
		return VERDICT_STALE_PROFILE;
	*share = b->rss ? (double)most / (double)b->rss : 0;
	if (b->rss < SMALL || *share < 0.5)
		return VERDICT_UNKNOWN;
	return file > lazy ? VERDICT_FILE_BACKED : VERDICT_LAZY_FREE;
}

static enum verdict_kind decide(struct judge *j, struct finding *f,
				bool profile_off, double *share)
{
	const struct breakdown *b = f->b;
	int64_t backed = values_get(f->v, FIELD_SYS, 0) -
			 values_get(f->v, FIELD_HEAP_RELEASED, 0);
	int64_t untouched = -b->parts[PART_UNTOUCHED].bytes - b->swapped;

	/* A stack grows by doubling (Go source, runtime/stack.go, newstack):
	 * up to half of it is not written yet, and stacks are what it is. */
	untouched -= values_get(f->v, FIELD_STACK_SYS, 0) / 2;
	*share = 0;
	if (!b->known)
		return VERDICT_UNKNOWN;
	if (!b->runtime_known)
		return decide_outside(b, f, share);
	if (profile_off)
		return VERDICT_NO_PROFILE;
	if (untouched >= SMALL &&
	    (double)untouched >= PART_SHARE * (double)backed) {
		*share = (double)untouched / (double)backed;
		return VERDICT_UNTOUCHED;
	}
	if (b->rss < SMALL)
		return VERDICT_IN_USE;
	if (thrashes(j, f->v, f->gc_per_s))
		return VERDICT_LIMIT_THRASH;
	enum verdict_kind kind = heaviest(j, f, share);
	bool outside = kind == VERDICT_STACKS || kind == VERDICT_NON_GO ||
		       kind == VERDICT_FILE_BACKED;

	if (outside && *share >= PART_SHARE)
		return decide_growing(j, kind, f);
	if (leaks(j, j->last_ns, f))
		return VERDICT_LEAK;
	return *share >= PART_SHARE ? kind : VERDICT_IN_USE;
}

/* How sure: figures of the runtime are exact, so what lowers it is a part that
 * barely stands out, a split that no figure gives, and a short trend. */
static double confidence(const struct finding *f, double share)
{
	double c = 0.97;

	switch (f->kind) {
	case VERDICT_UNKNOWN:
		return 0;
	case VERDICT_LEAK:
	case VERDICT_STACK_LEAK:
	case VERDICT_NON_GO_LEAK:
	case VERDICT_FILE_LEAK:
		/* 0.5 after a few seconds, 0.95 after half an hour */
		c = 0.5 + 0.45 * (double)f->grew_ns / (1800.0 * 1e9);
		return c < 0.95 ? c : 0.95;
	case VERDICT_LIMIT_THRASH:
		return values_has(f->v, FIELD_MEMORY_LIMIT) ? 0.95 : 0.75;
	case VERDICT_NO_PROFILE:
		return 0.9;
	case VERDICT_HUGE_PAGES:
	case VERDICT_NON_GO:
		/* told by subtraction only */
		c = f->smaps_old ? 0.5 : 0.9;
		break;
	case VERDICT_IN_USE:
		return f->b->rss < SMALL ? c : f->b->unsplit ? 0.6 : 0.9;
	default:
		break;
	}
	if (share < 2 * PART_SHARE)
		c -= 0.4 * (2 * PART_SHARE - share);
	/* That no GC has ended is known, and all that the verdict says then. */
	if (f->b->unsplit && f->kind == VERDICT_GC_HEADROOM && !f->no_gc)
		c -= 0.2;
	return c;
}

static void remember(struct judge *j, const struct row *row,
		     const struct breakdown *b, const struct values *v,
		     int64_t live, bool fresh)
{
	struct judge_past now = {
		.t_ns = row->t_ns,
		.num_gc = values_get(v, FIELD_NUM_GC, -1),
		.heap_alloc = values_get(v, FIELD_HEAP_ALLOC, -1),
		.figure = {-1, -1, -1, -1},
	};
	static const enum part part_of[TREND_COUNT] = {
		[TREND_STACKS] = PART_STACKS,
		[TREND_NON_GO] = PART_NON_GO,
		[TREND_FILE] = PART_FILE_BACKED,
	};

	if (live > 0)
		now.figure[TREND_LIVE] = live;
	for (unsigned k = TREND_STACKS; k < TREND_COUNT; k++)
		if (b->parts[part_of[k]].known)
			now.figure[k] = b->parts[part_of[k]].bytes;
	remember_live(j, row->t_ns, live, values_get(v, FIELD_NEXT_GC, -1),
		      fresh);
	remember_past(j, &now);
	remember_long(j, &now);
	j->last_ns = row->t_ns;
	j->last = row->values;
}

static int64_t part_bytes(const struct breakdown *b, enum part p)
{
	return b->parts[p].known ? b->parts[p].bytes : 0;
}

/* Bytes that a newer smaps_rollup could explain: anonymous ones beyond what Go
 * counts, up to what it gave back; negative: lazily freed ones that are gone. */
static int64_t odd_bytes(const struct breakdown *b, const struct values *v)
{
	int64_t beyond =
		part_bytes(b, PART_NON_GO) + part_bytes(b, PART_HUGE_PAGES);
	int64_t released = values_get(v, FIELD_HEAP_RELEASED, 0);
	int64_t less = -part_bytes(b, PART_UNTOUCHED);
	int64_t lazy = part_bytes(b, PART_LAZY_FREE);

	if (beyond > 0)
		return beyond < released ? beyond : released;
	return -(less < lazy ? less : lazy);
}

static void watch_smaps(struct judge *j, const struct row *row,
			const struct breakdown *b, const struct values *v)
{
	int64_t age_ns = (int64_t)row->age_ms[ORIGIN_SMAPS] * 1000000;
	int64_t least = b->rss / 10 > SMAPS_LEAST ? b->rss / 10 : SMAPS_LEAST;
	int64_t read_ns = row->t_ns - age_ns, before = j->odd;

	j->wants_smaps = false;
	if (age_ns < 0 || !b->runtime_known)
		return;
	j->odd = odd_bytes(b, v);
	/* Ages are rounded to a ms. What it was read before is as it was. */
	if (read_ns - j->smaps_ns > 10000000) {
		j->odd_smaps =
			j->smaps_ns && j->paired_ns > read_ns ? before : j->odd;
		j->smaps_ns = read_ns;
	}
	int64_t change = j->odd - j->odd_smaps;

	j->wants_smaps = change >= least || -change >= least;
}

static void drop_runtime(struct values *v)
{
	for (unsigned f = 0; f < FIELD_COUNT; f++)
		if (field_info[f].origin == ORIGIN_RUNTIME)
			values_unset(v, (enum field)f);
}

static bool of_moment(unsigned f)
{
	return field_info[f].origin == ORIGIN_PROC ||
	       field_info[f].origin == ORIGIN_RUNTIME;
}

static void copy(struct values *to, const struct values *from, unsigned f)
{
	values_unset(to, (enum field)f);
	if (values_has(from, (enum field)f))
		values_set(to, (enum field)f, from->v[f]);
}

/* Put into *v the figures of one moment: the newest complete ones of the
 * runtime, and those of /proc of the row that was nearest to them. Returns
 * their age in ms, -1 when there never were any. */
static int64_t pair(struct judge *j, const struct row *row, struct values *v)
{
	int64_t age_ns = (int64_t)row->age_ms[ORIGIN_RUNTIME] * 1000000;
	int64_t read_ns = row->t_ns - age_ns;

	/* Ages are rounded to a ms: less than ten is the same reading. */
	if (age_ns >= 0 && breakdown_can_split(v) &&
	    read_ns - j->paired_ns > 10000000) {
		bool former = j->last_ns && read_ns - j->last_ns < age_ns;

		j->paired = *v;
		for (unsigned f = 0; former && f < FIELD_COUNT; f++)
			if (field_info[f].origin == ORIGIN_PROC)
				copy(&j->paired, &j->last, f);
		j->paired_ns = read_ns;
	}
	if (!j->paired_ns)
		return -1;
	int64_t old_ns = row->t_ns - j->paired_ns;

	if (old_ns <= JUDGE_STALE_MS * INT64_C(1000000))
		for (unsigned f = 0; f < FIELD_COUNT; f++)
			if (of_moment(f))
				copy(v, &j->paired, f);
	return old_ns / 1000000;
}

void judge_step(struct judge *j, const struct row *row, struct verdict *out,
		struct breakdown *b)
{
	struct values v = row->values;
	struct breakdown own;
	struct finding f = {.b = b ? b : &own, .v = &v};
	unsigned origins;
	bool fresh;

	f.profile_stale = profile_is_stale(&v);
	struct judge before = *j;

	f.runtime_age_ms = pair(j, row, &v);
	f.runtime_stale = f.runtime_age_ms > JUDGE_STALE_MS;
	if (f.runtime_stale)
		drop_runtime(&v);
	int64_t live = judge_live(j, &v, &fresh);
	bool off = profile_is_off(j, &v, live);

	int64_t shown = live_to_show(j, &v, live, &origins);
	breakdown_make_live(b ? b : &own, &v, shown, origins);
	f.no_gc = values_get(&v, FIELD_NUM_GC, -1) == 0;
	f.live_known = live_is_known(f.b, &v);
	if (row->t_ns >= j->last_ns)
		remember(j, row, f.b, &v, live, fresh);
	watch_smaps(j, row, f.b, &v);
	f.smaps_old = j->wants_smaps;
	f.gc_per_s = gc_rate(j);
	double share;

	f.kind = decide(j, &f, off, &share);
	*out = (struct verdict){.kind = f.kind,
				.confidence = confidence(&f, share)};
	verdict_words(out, &f);
	if (row->t_ns < before.last_ns)
		*j = before;
	else
		j->kind = f.kind;
}
