/*
 * breakdown.h - what RES is made of, computed from one set of figures.
 *
 *   RES = live_heap + gc_headroom + cache + fragmentation + stacks + runtime
 *       + file_backed + lazy_free + huge_pages + non_go + untouched
 *       + unexplained                                     (exact, in bytes)
 *
 *   anonymous   live_heap      HeapAlloc, as far as the last GC marked it
 *   pages of    gc_headroom    HeapAlloc beyond that, and the idle spans that
 *   Go                         are used again before the next GC
 *               cache          the other idle spans that are still resident
 *               fragmentation  HeapInuse - HeapAlloc
 *               stacks         StackSys
 *               runtime        MSpanSys + MCacheSys + BuckHashSys + GCSys +
 *                              OtherSys, and the program's variables (.data,
 *                              .bss) where they are counted
 *   anonymous   lazy_free      given back with MADV_FREE, not yet taken
 *   pages that  huge_pages     released heap that a huge page made resident
 *   Go does     non_go         beyond Sys - HeapReleased: C, mmap (low by what
 *   not count                  is untouched)
 *   other       file_backed    RssFile + RssShmem
 *   negative    untouched      counted by Go but not resident: never written,
 *                              or in swap
 *
 * Identities: HeapSys = HeapInuse + HeapIdle and Sys = HeapSys + StackSys +
 * runtime (Go source, runtime/mstats.go); HeapIdle - HeapReleased is what
 * debug.FreeOSMemory would return. The pages of variables are in no figure of
 * the runtime's; where memory is not read, they are taken for non_go.
 *
 * Without the runtime's figures the anonymous pages are `unexplained` and the
 * Go parts are absent (not known), never 0.
 */
#ifndef RESIDUE_JUDGE_BREAKDOWN_H
#define RESIDUE_JUDGE_BREAKDOWN_H

#include <residue/model/fields.h>

#include <stdbool.h>
#include <stdint.h>

/* clang-format off */
/* X(ID, name of residue(1), title for legends, meaning) */
#define PARTS(X) \
X(LIVE_HEAP,     "live_heap",     "live",        "heap objects that the last GC found reachable") \
X(GC_HEADROOM,   "gc_headroom",   "headroom",    "objects allocated since the last GC, and idle spans that are used again before the next") \
X(CACHE,         "cache",         "cache",       "idle heap that the Go runtime keeps for reuse; FreeOSMemory returns it") \
X(FRAGMENTATION, "fragmentation", "frag",        "free slots inside spans that hold an object") \
X(STACKS,        "stacks",        "stacks",      "stacks of goroutines and of the runtime's threads") \
X(RUNTIME,       "runtime",       "runtime",     "the Go runtime's own structures, and the program's variables") \
X(FILE_BACKED,   "file_backed",   "file",        "resident pages of files (the executable, mapped files) and shared memory") \
X(LAZY_FREE,     "lazy_free",     "lazy free",   "given back with MADV_FREE; the kernel takes it when it needs memory") \
X(HUGE_PAGES,    "huge_pages",    "huge",        "released heap that huge pages made resident again") \
X(NON_GO,        "non_go",        "non-Go",      "anonymous memory that the Go runtime does not know: C libraries, mmap") \
X(UNTOUCHED,     "untouched",     "untouched",   "counted by Go but not resident: never written, or in swap (negative)") \
X(UNEXPLAINED,   "unexplained",   "unexplained", "what the known figures do not tell")
/* clang-format on */

enum part {
#define X(id, ...) PART_##id,
	PARTS(X)
#undef X
		PART_COUNT
};

struct part_info {
	const char *name;    /* in JSON */
	const char *title;   /* in legends: short */
	const char *meaning; /* one line for help */
};
extern const struct part_info part_info[PART_COUNT];

struct breakdown_part {
	bool known;
	int64_t bytes;	  /* negative only of UNTOUCHED and UNEXPLAINED; less
			   * than 2^59: figures that no memory has are not
			   * broken down */
	unsigned origins; /* bits 1 << ORIGIN_x that it rests on: the source to
			   * name and, the oldest of them, its age */
};

struct breakdown {
	bool known;	    /* RES is known; nothing else is set otherwise */
	bool runtime_known; /* the Go parts are known */
	/* Nothing tells live objects from dead ones (no pprof total, no
	 * /gc/heap/live, or no GC has ended yet): live_heap is all of
	 * HeapAlloc. */
	bool unsplit;
	int64_t rss;
	int64_t releasable; /* what FreeOSMemory would return; -1: not known */
	int64_t swapped;    /* of `untouched`, bytes in swap (positive) */
	struct breakdown_part parts[PART_COUNT];
};

/* True when `v` has what splitting Go's part takes. A reading may lack some of
 * it: /metrics of old clients, an agentless one that caught the runtime in the
 * middle of a change. */
bool breakdown_can_split(const struct values *v);

/* The parts of RES by the figures in `v`; the bytes of the known parts sum to
 * b->rss exactly. Live heap: FIELD_HEAP_LIVE, else FIELD_PPROF_INUSE; before
 * the first GC neither tells it. */
void breakdown_make(struct breakdown *b, const struct values *v);

/* The same with a live heap that the caller knows better (struct judge does):
 * bytes, resting on `origins`; -1: not known. */
void breakdown_make_live(struct breakdown *b, const struct values *v,
			 int64_t live, unsigned origins);

/* As screens, samples and snapshots show it: with the live heap of the judge
 * that goes with the figures, -1 where it has none to say. */
void breakdown_make_judged(struct breakdown *b, const struct values *v,
			   int64_t live, unsigned origins);

/* "proc+runtime": what a part rests on, from its `origins`. */
#define PART_SOURCE_MAX 48
char *part_source(char out[PART_SOURCE_MAX], unsigned origins);

/* The largest part other than untouched and unexplained; PART_COUNT when none
 * is known or all are 0. */
enum part breakdown_largest(const struct breakdown *b);

#endif
