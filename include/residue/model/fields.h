/*
 * fields.h - every figure that residue knows, in one table.
 *
 * A field is a number about a target: its JSON name (residue(1)), its unit, the
 * origin that delivers it, and the words that help and the manual use. The
 * table below is the only list: readings, history, batch output, screens and
 * help all come from it. Adding a field is one line here and a source that
 * sets it.
 *
 * Runtime figures have the names and meanings of runtime.MemStats (Go source,
 * runtime/mstats.go); kernel figures those of proc(5), statm and status, and
 * of smaps_rollup (Documentation/filesystems/proc.rst).
 */
#ifndef RESIDUE_MODEL_FIELDS_H
#define RESIDUE_MODEL_FIELDS_H

#include <stdbool.h>
#include <stdint.h>

/* Where a figure comes from. Each origin has an age of its own. */
enum origin {
	ORIGIN_PROC,	/* statm and status, every tick */
	ORIGIN_SMAPS,	/* smaps_rollup, slow lane */
	ORIGIN_CGROUP,	/* memory controller, v1 or v2 */
	ORIGIN_RUNTIME, /* MemStats, however they were read */
	ORIGIN_PPROF,	/* the heap profile: a sample of the last GC */
	ORIGIN_BUDGET,	/* what fetching heap profiles costs the target */
	ORIGIN_DERIVED, /* computed from the others */
	ORIGIN_COUNT
};

enum unit {
	UNIT_BYTES,
	UNIT_COUNT,
	UNIT_PERCENT,
	UNIT_NS,   /* a duration in nanoseconds */
	UNIT_WALL, /* a moment: CLOCK_REALTIME nanoseconds */
};

/* clang-format off */
/* X(ID, json name, unit, origin, in the pyramids, title, meaning) */
#define FIELDS(X) \
X(RSS,           "rss",           BYTES,   PROC,    1, "RES",        "resident pages of the process") \
X(RSS_ANON,      "rss_anon",      BYTES,   PROC,    1, "anon",       "resident anonymous pages") \
X(RSS_FILE,      "rss_file",      BYTES,   PROC,    1, "file",       "resident file pages") \
X(RSS_SHMEM,     "rss_shmem",     BYTES,   PROC,    0, "shmem",      "resident shared-memory pages") \
X(SWAP,          "swap",          BYTES,   PROC,    0, "swap",       "anonymous pages in swap") \
X(VSIZE,         "vsize",         BYTES,   PROC,    0, "virtual",    "mapped address space") \
X(THREADS,       "threads",       COUNT,   PROC,    0, "threads",    "kernel threads of the process") \
X(PSS,           "pss",           BYTES,   SMAPS,   0, "PSS",        "resident pages, shared ones divided by their users") \
X(LAZY_FREE,     "lazy_free",     BYTES,   SMAPS,   1, "lazy free",  "given back with MADV_FREE, still resident") \
X(ANON_HUGE,     "anon_huge",     BYTES,   SMAPS,   0, "huge pages", "anonymous memory in transparent huge pages") \
X(CGROUP_CURRENT,"cgroup_current",BYTES,   CGROUP,  0, "cgroup",     "memory charged to the target's cgroup") \
X(CGROUP_MAX,    "cgroup_max",    BYTES,   CGROUP,  0, "limit",      "smallest memory limit of the cgroup and those above it") \
X(HEAP_ALLOC,    "heap_alloc",    BYTES,   RUNTIME, 1, "alloc",      "heap objects, live and dead but not yet swept") \
X(HEAP_LIVE,     "heap_live",     BYTES,   RUNTIME, 1, "live",       "what the last GC marked (/gc/heap/live)") \
X(HEAP_INUSE,    "heap_inuse",    BYTES,   RUNTIME, 1, "in use",     "spans with at least one object") \
X(HEAP_IDLE,     "heap_idle",     BYTES,   RUNTIME, 1, "idle",       "spans without objects, resident or released") \
X(HEAP_RELEASED, "heap_released", BYTES,   RUNTIME, 1, "released",   "idle memory given back to the kernel (a gauge)") \
X(HEAP_SYS,      "heap_sys",      BYTES,   RUNTIME, 0, "heap sys",   "address space of the heap: in use + idle") \
X(HEAP_OBJECTS,  "heap_objects",  COUNT,   RUNTIME, 0, "objects",    "heap objects allocated and not freed") \
X(STACK_INUSE,   "stack_inuse",   BYTES,   RUNTIME, 1, "stacks",     "goroutine stack spans") \
X(STACK_SYS,     "stack_sys",     BYTES,   RUNTIME, 1, "stack sys",  "stack spans and thread stacks the runtime made") \
X(MSPAN_SYS,     "mspan_sys",     BYTES,   RUNTIME, 0, "mspan",      "runtime metadata: span structures") \
X(MSPAN_INUSE,   "mspan_inuse",   BYTES,   RUNTIME, 0, "mspan used", "of mspan_sys, what holds span structures now") \
X(MCACHE_SYS,    "mcache_sys",    BYTES,   RUNTIME, 0, "mcache",     "runtime metadata: per-P caches") \
X(MCACHE_INUSE,  "mcache_inuse",  BYTES,   RUNTIME, 0, "mcache used", "of mcache_sys, what holds caches now") \
X(BUCKHASH_SYS,  "buckhash_sys",  BYTES,   RUNTIME, 0, "buckets",    "runtime metadata: profiling buckets") \
X(GC_SYS,        "gc_sys",        BYTES,   RUNTIME, 0, "gc",         "runtime metadata: garbage collector") \
X(OTHER_SYS,     "other_sys",     BYTES,   RUNTIME, 0, "other",      "runtime metadata: the rest") \
X(SYS,           "sys",           BYTES,   RUNTIME, 1, "sys",        "all memory the runtime obtained from the kernel") \
X(NEXT_GC,       "next_gc",       BYTES,   RUNTIME, 1, "goal",       "heap size at which the next GC ends; absent where there is no goal") \
X(GC_TRIGGER,    "gc_trigger",    BYTES,   RUNTIME, 0, "trigger",    "pacer_live at which the next GC starts (gcController.trigger); absent where there is none") \
X(PACER_LIVE,    "pacer_live",    BYTES,   RUNTIME, 0, "pacer live", "the heap as the pacer counts it: marked by the last GC or allocated since (gcController.heapLive)") \
X(GC_RUNNING,    "gc_running",    COUNT,   RUNTIME, 0, "GC runs",    "1 while a GC marks, else 0") \
X(GC_CPU,        "gc_cpu_ppm",    COUNT,   RUNTIME, 0, "GC CPU",     "share of the CPU time since the start that GCs took, millionths (GCCPUFraction)") \
X(NUM_GC,        "num_gc",        COUNT,   RUNTIME, 0, "GCs",        "completed GC cycles") \
X(NUM_FORCED_GC, "num_forced_gc", COUNT,   RUNTIME, 0, "forced",     "GC cycles the program forced") \
X(LAST_GC,       "last_gc",       WALL,    RUNTIME, 0, "last GC",    "end of the last GC cycle") \
X(PAUSE_TOTAL,   "pause_total_ns",NS,      RUNTIME, 0, "pauses",     "stop-the-world time of all GCs") \
X(TOTAL_ALLOC,   "total_alloc",   BYTES,   RUNTIME, 0, "allocated",  "bytes allocated since the start, freed ones too") \
X(MALLOCS,       "mallocs",       COUNT,   RUNTIME, 0, "mallocs",    "objects allocated since the start") \
X(FREES,         "frees",         COUNT,   RUNTIME, 0, "frees",      "objects freed since the start") \
X(GOGC,          "gogc",          PERCENT, RUNTIME, 0, "GOGC",       "GC percent; -1 is off") \
X(MEMORY_LIMIT,  "memory_limit",  BYTES,   RUNTIME, 1, "GOMEMLIMIT", "soft memory limit; absent where none is set") \
X(GOROUTINES,    "goroutines",    COUNT,   RUNTIME, 0, "goroutines", "goroutines that exist") \
X(RELEASED_BG,   "released_bg",   BYTES,   RUNTIME, 0, "scavenged",  "bytes the background scavenger released, a counter (Go 1.21)") \
X(RELEASED_EAGER,"released_eager",BYTES,   RUNTIME, 0, "eager",      "bytes the allocator released, a counter (Go 1.21)") \
X(SCAV_GOAL,     "scav_goal",     BYTES,   RUNTIME, 0, "scav goal",  "in use and idle heap down to which the background scavenger returns; absent where it has no goal") \
X(MAPPED_READY,  "mapped_ready",  BYTES,   RUNTIME, 0, "ready",      "mapped and not returned: what GOMEMLIMIT limits (gcController.mappedReady)") \
X(GLOBALS,       "globals",       BYTES,   RUNTIME, 0, "variables",  "pages of the program's own variables (.data, .bss) that are its alone") \
X(DUE_NOW,       "due_now",       BYTES,   RUNTIME, 0, "due now",    "bytes the background scavenger will return by itself, as things are") \
X(DUE_NEXT_GC,   "due_next_gc",   BYTES,   RUNTIME, 0, "due next",   "bytes it will have returned after the next GC, the heap staying as it is") \
X(PPROF_INUSE,   "pprof_inuse",   BYTES,   PPROF,   1, "pprof",      "heap profile, inuse_space: objects live at the last GC, sampled") \
X(PPROF_OBJECTS, "pprof_inuse_objects", COUNT, PPROF, 0, "pprof objects", "heap profile, inuse_objects") \
X(PPROF_ALLOC,   "pprof_alloc",   BYTES,   PPROF,   0, "pprof alloc","heap profile, alloc_space") \
X(PPROF_ALLOC_OBJECTS, "pprof_alloc_objects", COUNT, PPROF, 0, "pprof allocs", "heap profile, alloc_objects") \
X(PPROF_ERROR,   "pprof_error",   BYTES,   PPROF,   0, "pprof error","half width of the profile total's 95% band: sampling noise") \
X(PPROF_NUM_GC,  "pprof_num_gc",  COUNT,   PPROF,   0, "pprof GC",   "GC cycles completed when the heap profile was taken: what it shows is as of the last of them; absent where a GC ran meanwhile") \
X(PPROF_CPU,     "pprof_cpu_ns",  NS,      BUDGET,  0, "pprof CPU",  "CPU time that serving a heap profile costs the target, mean of our fetches") \
X(PPROF_GARBAGE, "pprof_garbage", BYTES,   BUDGET,  0, "pprof garbage", "bytes the target allocates to serve one, mean of our fetches; absent where its own drown them") \
X(PPROF_EVERY,   "pprof_every_ns",NS,      BUDGET,  0, "pprof every", "least time from one fetch of it to the next; absent where there is none by itself: the target uses next to nothing, or its memory is read") \
X(PPROF_CPU_SHARE, "pprof_cpu_ppm", COUNT, BUDGET,  0, "pprof CPU share", "what these fetches add to the CPU time that the target uses itself, millionths") \
X(PPROF_GARBAGE_SHARE, "pprof_garbage_ppm", COUNT, BUDGET, 0, "pprof garbage share", "what they add to the bytes that it allocates itself, millionths; with 6 MiB each where that was not measured") \
X(RESIDUE,       "residue",       BYTES,   DERIVED, 0, "residue",    "RES less the live heap (pprof's total, else what the last GC marked)")
/* clang-format on */

enum field {
#define X(id, ...) FIELD_##id,
	FIELDS(X)
#undef X
		FIELD_COUNT
};
_Static_assert(FIELD_COUNT <= 64, "struct values keeps one bit a field");

struct field_info {
	const char *name; /* in JSON and CSV */
	enum unit unit;
	enum origin origin;
	bool plotted;	   /* kept in the pyramids of history.h */
	const char *title; /* on screens: short */
	const char *meaning;
};

extern const struct field_info field_info[FIELD_COUNT];
/* Key of an origin's age in "age_ms" ("runtime", "smaps", ...). */
extern const char *const origin_name[ORIGIN_COUNT];

/* The field with that JSON name, or FIELD_COUNT. */
enum field field_by_name(const char *name);

/* A set of figures; one that is not known is absent, never 0. */
struct values {
	uint64_t known; /* bit FIELD_x */
	int64_t v[FIELD_COUNT];
};

static inline bool values_has(const struct values *s, enum field f)
{
	return s->known >> f & 1;
}

static inline void values_set(struct values *s, enum field f, int64_t v)
{
	s->known |= UINT64_C(1) << f;
	s->v[f] = v;
}

static inline void values_unset(struct values *s, enum field f)
{
	s->known &= ~(UINT64_C(1) << f);
}

/* The figure, or `otherwise` where it is not known. */
static inline int64_t values_get(const struct values *s, enum field f,
				 int64_t otherwise)
{
	return values_has(s, f) ? s->v[f] : otherwise;
}

/* True when every bit of `mask` (FIELD_BIT ...) is known. */
static inline bool values_have(const struct values *s, uint64_t mask)
{
	return (s->known & mask) == mask;
}
#define FIELD_BIT(id) (UINT64_C(1) << FIELD_##id)

#endif
