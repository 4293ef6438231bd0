/*
 * gomem.h - what runtime.ReadMemStats would say, read from outside.
 *
 * A Go runtime keeps its accounts in a few global variables. gomem_open finds
 * them in a running process (Go 1.19 and newer, linux/amd64 and arm64,
 * stripped or not, position-independent or not, with cgo, in a shared library
 * of a C program); gomem_read copies them with one process_vm_readv(2) of
 * about 10 us: no stop, no garbage, no code in the target.
 *
 * Nothing is believed by its address alone. The runtime keeps the same bytes
 * in two books (per-P deltas and global counters); a reading is exact when
 * the books agree (runtime/mstats.go, readmemstats_m). When only the global
 * counters make sense it says which figures agree (exact_parts; the others are
 * approximate, and shown nowhere), and it is refused otherwise.
 * docs/agentless.md has the method and what it was tested on.
 *
 * All sizes are bytes. A handle is used by one thread at a time. Every call
 * can block while the target's memory does (swap, userfaultfd).
 */
#ifndef RESIDUE_GOMEM_GOMEM_H
#define RESIDUE_GOMEM_GOMEM_H

#include <residue/base/err.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct gomem;

enum gomem_how {
	GOMEM_BY_SYMBOL, /* the symbol table named the variables */
	GOMEM_BY_CODE,	 /* found in the code of runtime functions */
	GOMEM_BY_SCAN,	 /* found by what is in the data */
};

struct gomem_info {
	char version[64]; /* "go1.26.8"; "" when it is hidden */
	const char *row;  /* release whose layout is used; static */
	bool row_exact;	  /* the row is of the target's own minor */
	enum gomem_how how;
	bool known;	  /* where another process of the same file has it */
	bool in_library;  /* the runtime is in a shared object */
	bool has_spans;	  /* MSpanInuse, MCacheInuse, scavenger */
	bool has_objects; /* gomem_objects works */
	bool has_goroutines;
	bool has_sites;	   /* gomem_sites works */
	int64_t locate_ns; /* what gomem_open took */
};

/*
 * Find the runtime of process `pid`.
 * proc_dir: NULL for a process of our own pid namespace; else the directory
 *   of a proc file system or a fixture (--proc DIR): memory then comes from
 *   DIR/PID/mem, never from the pid.
 * NULL with *err:
 *   ERR_GONE         no such process, or it ended meanwhile
 *   ERR_DENIED       not permitted; the message says what would permit it
 *   ERR_UNSUPPORTED  not Go, or a version or machine we cannot read
 *   ERR_FORMAT       Go, but nothing in it adds up (says what was tried)
 */
struct gomem *gomem_open(pid_t pid, const char *proc_dir,
			 struct err *err) RESIDUE_CHECK;
void gomem_close(struct gomem *g);
const struct gomem_info *gomem_info(const struct gomem *g);

enum gomem_exact {
	GOMEM_EXACT_HEAP = 1,  /* heap_*, stack_*, gc_sys, committed */
	GOMEM_EXACT_ALLOC = 2, /* total_*, mallocs, frees, heap_objects */
	GOMEM_EXACT_SYS = 4,   /* sys: it equals mapped_ready + released */
};

#define GOMEM_RING 256

struct gomem_stats {
	int64_t begin_ns, end_ns; /* CLOCK_BOOTTIME around the read */
	bool exact; /* both books agree on all that gomem_read fills */
	unsigned exact_parts; /* enum gomem_exact: those that do agree */
	unsigned tries;	      /* system calls it took, 1 as a rule */

	/* As in runtime.MemStats. Objects that a P has taken from its own
	 * cache since the cache was filled are not in the alloc figures yet:
	 * gomem_objects counts them. */
	uint64_t heap_alloc, total_alloc, total_free, mallocs, frees,
		heap_objects;
	uint64_t sys, heap_sys, heap_idle, heap_inuse, heap_released;
	uint64_t stack_inuse, stack_sys, mspan_sys, mcache_sys, buckhash_sys,
		gc_sys, other_sys;
	uint64_t mspan_inuse, mcache_inuse; /* if info.has_spans */
	uint64_t next_gc; /* heap goal of the current cycle, as MemStats */
	uint64_t last_gc; /* wall clock, ns since 1970; 0 before the first */
	uint64_t pause_total_ns, last_pause_ns;
	/* A forced GC counts in numforcedgc some us before it does in numgc. */
	uint32_t numgc, numforcedgc;
	double gc_cpu_fraction; /* since the program started */

	/* What MemStats lacks: runtime/mgcpacer.go. */
	uint64_t heap_live;    /* as the pacer sees it: marked + since then */
	uint64_t heap_marked;  /* reachable at the end of the last GC */
	uint64_t trigger;      /* heap_live at which the next GC starts */
	int32_t gc_percent;    /* GOGC; -1: off */
	int64_t memory_limit;  /* GOMEMLIMIT; INT64_MAX: none */
	bool gc_running;       /* a mark phase is on */
	uint64_t heap_free;    /* idle and not returned: HeapIdle - Released */
	uint64_t mapped_ready; /* mapped and not returned: what the limit
				* limits */
	uint64_t committed;    /* heap, stacks and work buffers, not returned */
	uint64_t goroutines;   /* if info.has_goroutines; as NumGoroutine */

	/* The scavenger, if info.has_spans: mgcscavenge.go. Counters grow by
	 * every byte returned and are reset at each GC under
	 * GODEBUG=scavtrace=1. Before Go 1.21 released_bg has all but
	 * FreeOSMemory's, and released_eager is 0. */
	uint64_t released_bg;	 /* by the background scavenger */
	uint64_t released_eager; /* by allocation: memory limit, heap growth */
	uint64_t scav_goal;	 /* heap_inuse + heap_free down to which the
				  * background scavenger returns; UINT64_MAX: none */
	uint32_t scav_gen;	 /* 0 before Go 1.21 */
	/* Go 1.21: a forced scavenge has run dry and no page was freed since;
	 * pages were freed since the last GC's mark phase. */
	bool scav_force_dry, scav_freed;
	int32_t scavtrace; /* of GODEBUG; -1: not found */

	/* Ends of the last 256 GCs (wall clock ns) and their pauses, entry
	 * (n - 1) % 256 for GC number n. Copied only when numgc is another
	 * than at this handle's last read; left as they were otherwise. */
	bool ring_new;
	uint64_t pause_end[GOMEM_RING], pause_ns[GOMEM_RING];
};

/* One reading. ERR_GONE, ERR_DENIED; ERR_FORMAT: the figures make no sense,
 * nothing of *out may be shown (the next reading may work). */
int gomem_read(struct gomem *g, struct gomem_stats *out,
	       struct err *err) RESIDUE_CHECK;

/* Whether gomem_read would find other sizes or counts of GCs than the last one
 * did, by the pacer's book alone (2 us): every span that is taken or freed
 * changes it. Goroutines that come or go need not. True after a reading that
 * failed or was not exact. */
bool gomem_changed(struct gomem *g);

#define GOMEM_CLASSES 68 /* size classes of the allocator */

struct gomem_objects {
	int64_t begin_ns, end_ns; /* CLOCK_BOOTTIME */
	/* Nothing was counted during the walk. Otherwise what was is missing:
	 * the figures are more than the counters of begin_ns, and no more than
	 * there was at end_ns. */
	bool exact;
	/* As runtime.ReadMemStats gives them at this instant. */
	uint64_t heap_alloc, total_alloc, mallocs, frees, heap_objects;
	/* Of which are in the caches of the Ps, not in gomem_read's. */
	uint64_t cached_bytes, cached_objects;
	/* As MemStats.BySize, by size class: objects of gomem_class_size(k)
	 * bytes. Class 0 is empty; larger objects than the last are in none. */
	uint64_t by_size_mallocs[GOMEM_CLASSES], by_size_frees[GOMEM_CLASSES];
};

/* Bytes of an object of class k, 1 to GOMEM_CLASSES - 1; runtime/sizeclasses.go,
 * the same in every version that is read. */
unsigned gomem_class_size(unsigned k);

/*
 * Objects at this instant: walks the cache of every P (0.1 to 5 ms). For a
 * lower rate than gomem_read. ERR_TIMEOUT: the books did not agree in any of
 * several tries; ERR_UNSUPPORTED: the Ps were not found.
 */
int gomem_objects(struct gomem *g, struct gomem_objects *out,
		  struct err *err) RESIDUE_CHECK;

struct gomem_return {
	uint64_t free;		/* free and not returned, by the page bitmaps */
	uint64_t eligible;	/* of which the scavenger may take now */
	uint64_t eligible_next; /* ... and after the next GC */
	uint64_t now, next;	/* how much of it will go: down to the goal */
};

/*
 * How many bytes the background scavenger will return (not when). Reads the
 * page bitmaps of the heap (0.1 ms and up), for a lower rate. `stats` is a
 * reading just taken. `next` supposes that the heap stays as it is. Before
 * Go 1.21 all free pages are eligible.
 */
int gomem_predict(struct gomem *g, const struct gomem_stats *stats,
		  struct gomem_return *out, struct err *err) RESIDUE_CHECK;

/*
 * Bytes that were returned to the kernel, by whoever, since this handle's first
 * call: a counter, and a lower bound. It sees what is in use again by the next
 * reading, where HeapReleased does not, as long as it was not the very same
 * chunks of 4 MiB. One system call, 8 bytes a chunk. -1: not known (Go 1.20 and
 * older, a heap that spans more than 32 GiB).
 */
int64_t gomem_returned(struct gomem *g);

/*
 * Bytes of the pages that hold the program's own variables (.data, .bss) and
 * are in memory and nobody else's. Two system calls, and one for each 2 MiB.
 * -1: not known (no right to see pagemap, more than 4 GiB of variables).
 */
int64_t gomem_globals(struct gomem *g);

struct gomem_frame {
	uint64_t address; /* of the call, as in profile.proto's Location */
	uint32_t function, file; /* offsets into gomem_sites.text */
	uint32_t line;		 /* 0: not known */
	uint32_t outer; /* 1 + index of the frame that this call was inlined
			 * into; 0: it was not */
};

struct gomem_site {
	/* As sampled: runtime.MemProfileRecord. */
	uint64_t allocs, frees, alloc_bytes, free_bytes;
	uint64_t object_size; /* of one object: the label "bytes" */
	/* Scaled to all allocations as runtime/pprof does. */
	int64_t inuse_objects, inuse_space, alloc_objects, alloc_space;
	uint32_t stack; /* index of its innermost frame in gomem_sites.stacks */
	uint32_t depth; /* frames; runtime functions that an allocation goes
			 * through are left out, as by runtime/pprof */
};

struct gomem_sites {
	int64_t rate;	/* runtime.MemProfileRate, bytes a sample */
	uint32_t numgc; /* the profile is as of the end of this GC */
	bool truncated; /* a limit was reached: there are more sites */
	size_t n, nframe;
	struct gomem_site *site;
	struct gomem_frame *frame; /* one a distinct address */
	uint32_t *stacks;	   /* indexes into frame, outermost last */
	char *text;		   /* NUL-terminated strings, made visible */
};

/*
 * The heap profile without an endpoint: runtime.mbuckets, names from
 * .gopclntab. Costs a read a page of buckets; for a key or every 15 s and up.
 * ERR_UNSUPPORTED: no heap profiler in the program (runtime.MemProfile is not
 * linked in, or MemProfileRate is 0), or not found. ERR_TIMEOUT: a GC ended
 * during each of several tries. Release *out, whatever the outcome.
 */
int gomem_sites(struct gomem *g, struct gomem_sites *out,
		struct err *err) RESIDUE_CHECK;
void gomem_sites_release(struct gomem_sites *s);

#endif
