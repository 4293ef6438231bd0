/*
 * breakdown.c - the parts of RES: arithmetic on one set of figures.
 */
#include <residue/judge/breakdown.h>

#include <string.h>

const struct part_info part_info[PART_COUNT] = {
#define X(id, name, title, meaning) {name, title, meaning},
	PARTS(X)
#undef X
};

/* Above this no goal is meant: MemStats.NextGC with GOGC=off is near 2^64. */
#define GOAL_MAX (INT64_C(1) << 62)

#define BIT(origin) (1u << ORIGIN_##origin)

/* What must be known to split the Go side. Figures that a source may lack
 * (/metrics of old clients) are not among them. */
#define GO_FIELDS                                                              \
	(FIELD_BIT(HEAP_ALLOC) | FIELD_BIT(HEAP_INUSE) |                       \
	 FIELD_BIT(HEAP_IDLE) | FIELD_BIT(HEAP_RELEASED) | FIELD_BIT(SYS) |    \
	 FIELD_BIT(HEAP_SYS) | FIELD_BIT(STACK_SYS))

bool breakdown_can_split(const struct values *v)
{
	return values_have(v, GO_FIELDS);
}

static int64_t min64(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t max64(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static void part_set(struct breakdown *b, enum part p, int64_t bytes,
		     unsigned origins)
{
	b->parts[p] = (struct breakdown_part){true, bytes, origins};
}

/* Figures are a target's word: those that are added here must not overflow. */
static bool figures_sane(const struct values *v)
{
	const uint64_t added = GO_FIELDS | FIELD_BIT(RSS) |
			       FIELD_BIT(RSS_ANON) | FIELD_BIT(RSS_FILE) |
			       FIELD_BIT(RSS_SHMEM) | FIELD_BIT(SWAP) |
			       FIELD_BIT(LAZY_FREE) | FIELD_BIT(ANON_HUGE) |
			       FIELD_BIT(GLOBALS);

	for (unsigned f = 0; f < FIELD_COUNT; f++) {
		if (!(added & v->known & UINT64_C(1) << f))
			continue;
		if (v->v[f] < 0 || v->v[f] > INT64_C(1) << 56)
			return false;
	}
	return true;
}

/* Idle spans below the heap goal are used again before the next GC. */
static int64_t idle_to_refill(const struct values *v, int64_t idle)
{
	int64_t goal = values_get(v, FIELD_NEXT_GC, 0);

	if (goal <= 0 || goal >= GOAL_MAX ||
	    values_get(v, FIELD_NUM_GC, 0) == 0)
		return 0;
	return min64(idle, max64(0, goal - v->v[FIELD_HEAP_INUSE]));
}

/* Parts that the runtime's figures give; returns their sum, which the runtime
 * holds to be resident. */
static int64_t split_heap(struct breakdown *b, const struct values *v,
			  int64_t live, unsigned live_origins)
{
	int64_t alloc = v->v[FIELD_HEAP_ALLOC];
	int64_t idle =
		max64(0, v->v[FIELD_HEAP_IDLE] - v->v[FIELD_HEAP_RELEASED]);
	int64_t refill = idle_to_refill(v, idle);
	int64_t slack = max64(0, v->v[FIELD_HEAP_INUSE] - alloc);
	int64_t runtime = max64(0, v->v[FIELD_SYS] - v->v[FIELD_HEAP_SYS] -
					   v->v[FIELD_STACK_SYS]) +
			  values_get(v, FIELD_GLOBALS, 0);

	b->runtime_known = true;
	b->releasable = idle;
	b->unsplit = live < 0;
	live = live < 0 ? alloc : min64(live, alloc);
	part_set(b, PART_LIVE_HEAP, live, BIT(RUNTIME) | live_origins);
	part_set(b, PART_GC_HEADROOM, alloc - live + refill,
		 BIT(RUNTIME) | live_origins);
	part_set(b, PART_CACHE, idle - refill, BIT(RUNTIME));
	part_set(b, PART_FRAGMENTATION, slack, BIT(RUNTIME));
	part_set(b, PART_STACKS, v->v[FIELD_STACK_SYS], BIT(RUNTIME));
	part_set(b, PART_RUNTIME, runtime, BIT(RUNTIME));
	return alloc + refill + (idle - refill) + slack +
	       v->v[FIELD_STACK_SYS] + runtime;
}

/* Pages of files: what status says, else what anonymous pages leave of RES.
 * Returns the anonymous bytes, or -1 when they cannot be told. */
static int64_t split_kernel(struct breakdown *b, const struct values *v)
{
	int64_t shmem = values_get(v, FIELD_RSS_SHMEM, 0);
	int64_t anon, file;

	if (values_has(v, FIELD_RSS_ANON)) {
		anon = v->v[FIELD_RSS_ANON];
		file = values_get(v, FIELD_RSS_FILE,
				  max64(0, b->rss - anon - shmem));
	} else if (values_has(v, FIELD_RSS_FILE)) {
		file = v->v[FIELD_RSS_FILE];
		anon = max64(0, b->rss - file - shmem);
	} else {
		return -1;
	}
	part_set(b, PART_FILE_BACKED, file + shmem, BIT(PROC));
	return anon;
}

/* What is anonymous and not counted by Go, or the other way round. */
static void split_rest(struct breakdown *b, const struct values *v,
		       int64_t anon, int64_t lazy, int64_t backed)
{
	unsigned origins = BIT(PROC) | BIT(RUNTIME);
	int64_t swap = values_get(v, FIELD_SWAP, 0);
	/* Swapped pages are Go's, as far as Go counts more than is there. */
	int64_t outside = max64(0, anon + swap - lazy - backed);
	int64_t huge = min64(outside, values_get(v, FIELD_ANON_HUGE, 0));

	/* Released pages that are back inside a huge page look foreign. */
	huge = min64(huge, v->v[FIELD_HEAP_RELEASED]);
	outside -= huge;
	if (values_has(v, FIELD_ANON_HUGE))
		part_set(b, PART_HUGE_PAGES, huge, origins | BIT(SMAPS));
	if (values_has(v, FIELD_LAZY_FREE))
		origins |= BIT(SMAPS);
	part_set(b, PART_NON_GO, outside, origins);
	int64_t untouched = anon - lazy - backed - huge - outside;
	part_set(b, PART_UNTOUCHED, untouched, origins);
	b->swapped = min64(swap, -untouched);
}

void breakdown_make_live(struct breakdown *b, const struct values *v,
			 int64_t live, unsigned origins)
{
	*b = (struct breakdown){.releasable = -1};
	if (!values_has(v, FIELD_RSS) || !figures_sane(v))
		return;
	b->known = true;
	b->rss = v->v[FIELD_RSS];
	int64_t anon = split_kernel(b, v);
	int64_t lazy = 0, sum = 0;

	if (anon >= 0 && values_has(v, FIELD_LAZY_FREE)) {
		lazy = min64(v->v[FIELD_LAZY_FREE], anon);
		part_set(b, PART_LAZY_FREE, lazy, BIT(SMAPS));
	}
	if (breakdown_can_split(v)) {
		int64_t backed = split_heap(b, v, live, origins);
		if (anon >= 0)
			split_rest(b, v, anon, lazy, backed);
	}
	for (unsigned p = 0; p < PART_UNEXPLAINED; p++)
		sum += b->parts[p].bytes;
	part_set(b, PART_UNEXPLAINED, b->rss - sum, BIT(PROC));
}

void breakdown_make(struct breakdown *b, const struct values *v)
{
	int64_t live = -1;
	unsigned origins = 0;

	if (values_has(v, FIELD_NUM_GC) && v->v[FIELD_NUM_GC] == 0) {
		live = -1; /* no GC has marked anything yet */
	} else if (values_has(v, FIELD_HEAP_LIVE)) {
		live = v->v[FIELD_HEAP_LIVE];
	} else if (values_has(v, FIELD_PPROF_INUSE)) {
		live = v->v[FIELD_PPROF_INUSE];
		origins = BIT(PPROF);
	}
	breakdown_make_live(b, v, live, origins);
}

void breakdown_make_judged(struct breakdown *b, const struct values *v,
			   int64_t live, unsigned origins)
{
	if (live >= 0)
		breakdown_make_live(b, v, live, origins);
	else
		breakdown_make(b, v);
}

char *part_source(char out[PART_SOURCE_MAX], unsigned origins)
{
	char *p = out;

	*p = '\0';
	for (unsigned o = 0; o < ORIGIN_COUNT; o++) {
		if (!(origins >> o & 1))
			continue;
		if (p > out)
			*p++ = '+';
		p = stpcpy(p, origin_name[o]);
	}
	return out;
}

enum part breakdown_largest(const struct breakdown *b)
{
	enum part best = PART_COUNT;
	int64_t most = 0;

	for (unsigned p = 0; p < PART_UNTOUCHED; p++) {
		if (b->parts[p].known && b->parts[p].bytes > most) {
			most = b->parts[p].bytes;
			best = (enum part)p;
		}
	}
	return best;
}
