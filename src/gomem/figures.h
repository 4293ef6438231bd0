/*
 * figures.h - the runtime's accounts, decoded and checked. Pure: bytes in,
 * numbers out; the bytes are the target's and may say anything.
 */
#ifndef GOMEM_FIGURES_H
#define GOMEM_FIGURES_H

#include "layout.h"

/* runtime.mstats up to the parts we use, and runtime.gcControllerState. */
struct figures_raw {
	uint8_t mstats[LAYOUT_MSTATS_MAX];
	uint8_t gc[LAYOUT_GC_MAX];
};

struct figures {
	/* First book: the sum of memstats.heapStats' three generations. */
	uint64_t committed, released, in_heap, in_stacks, in_work;
	uint64_t tiny, alloc_bytes, free_bytes, mallocs, frees;
	uint64_t class_mallocs[GOMEM_CLASSES], class_frees[GOMEM_CLASSES];
	/* memstats */
	uint64_t stacks_sys, mspan_sys, mcache_sys, buckhash_sys, gc_misc_sys,
		other_sys;
	uint64_t last_gc, pause_total_ns, last_heap_inuse;
	uint32_t numgc, numforcedgc;
	double gc_cpu_fraction;
	/* Second book: gcController. */
	int32_t gc_percent;
	int64_t memory_limit;
	uint64_t heap_minimum, runway, percent_goal, sweep_min_trigger,
		triggered, last_heap_goal, heap_live, heap_marked;
	uint64_t heap_inuse, heap_released, heap_free, total_alloc, total_free,
		mapped_ready;
	uint64_t sys; /* as readmemstats_m adds it up */
	int minor;    /* whose rules apply */
};

/* How many bytes of mstats and gcControllerState a row needs. */
size_t figures_mstats_len(const struct layout *l);
size_t figures_gc_len(const struct layout *l);

void figures_decode(const struct layout *l, const struct figures_raw *raw,
		    struct figures *out);

/* The identities of runtime/mstats.go: readmemstats_m, and one of ours. */
enum figures_identity {
	FIGURES_INUSE = 1,     /* inHeap = heapInUse */
	FIGURES_RELEASED = 2,  /* released = heapReleased */
	FIGURES_RETAINED = 4,  /* committed - stacks - work = inUse + free */
	FIGURES_ALLOC = 8,     /* count x size class + large = totalAlloc */
	FIGURES_FREE = 16,     /* the same of frees */
	FIGURES_SETTINGS = 32, /* heapMinimum = 4 MiB x GOGC / 100 */
	FIGURES_HEAP = 7,
	FIGURES_ALL = 63,    /* these accept a reading */
	FIGURES_MAPPED = 64, /* mappedReady = Sys - released: may lag */
};

unsigned figures_identities(const struct figures *f);

/* Could these be the counters of a Go heap at all, even if the two books do
 * not agree at the moment? */
bool figures_plausible(const struct figures *f);

/* As heapInUse is: a number of pages, and not none. Most words are not. */
static inline bool figures_inuse_like(uint64_t word)
{
	return word != 0 && (word & 8191) == 0 && word >> 47 == 0;
}

/* The same of either structure alone, for a search through data: are these
 * bytes (figures_gc_len, figures_mstats_len of them) possibly it? */
bool figures_gc_like(const struct layout *l, const uint8_t *gc);
bool figures_mstats_like(const struct layout *l, const uint8_t *mstats);

/* gcController.heapGoal() and trigger(): mgcpacer.go. */
uint64_t figures_goal(const struct figures *f);
uint64_t figures_trigger(const struct figures *f);
/* scavenge.gcPercentGoal: mgcscavenge.go, gcPaceScavenger. */
uint64_t figures_scav_goal(const struct figures *f);

#endif
