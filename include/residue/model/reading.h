/*
 * reading.h - one read of one origin of one target: what sources deliver.
 *
 * Times are CLOCK_BOOTTIME ns; wall = boot + wall_offset. A failed read is a
 * reading too: `fail.code` is set, `values` is empty, and the figures of that
 * origin begin to age on the screen with the reason beside them.
 */
#ifndef RESIDUE_MODEL_READING_H
#define RESIDUE_MODEL_READING_H

#include <residue/base/err.h>
#include <residue/model/doc.h>
#include <residue/model/fields.h>

/* How the runtime's figures are read: the "read" of residue(1), best first. */
enum read_by {
	READ_NONE,
	READ_AGENTLESS,
	READ_EXPVAR,
	READ_METRICS,
	READ_PPROF, /* the footer of heap?debug=1, or just the profile */
	READ_COUNT
};
extern const char *const read_by_name[READ_COUNT];

/* What became of the process since the last reading of ORIGIN_PROC. */
enum process_life {
	LIFE_ALIVE,
	LIFE_EXECED, /* another program now; the figures are the new one's */
	LIFE_ZOMBIE,
	LIFE_EXITED,
	LIFE_REUSED, /* gone, and its PID is another process's */
};

#define READING_DOCS 3

/* What the runtime's own scavenger says of FreeOSMemory (Go 1.21 and newer,
 * mgcscavenge.go: scavengeIndex), read from memory; bits. */
enum scav_mark {
	SCAV_KNOWN = 1,
	SCAV_DRY = 2,	   /* a forced scavenge ran to the end, and no page was
			 * freed since: without a memory limit only
			 * FreeOSMemory forces one */
	SCAV_FREED = 4,	   /* pages were freed since the last GC's mark phase */
	SCAV_RETURNED = 8, /* `returned` is known */
	/* Of any Go version: what the scavenger and the allocator released is
	 * counted from 0 again at each GC (GODEBUG=scavtrace=1). */
	SCAV_RESETS = 16,
};

struct reading {
	enum origin origin;
	enum read_by by; /* of ORIGIN_RUNTIME and _PPROF; else READ_NONE */
	int64_t begin_ns, end_ns; /* CLOCK_BOOTTIME */
	int64_t wall_offset_ns;	  /* CLOCK_REALTIME - CLOCK_BOOTTIME */
	struct values values;
	struct doc *docs[READING_DOCS]; /* owned by the reading; may be NULL */
	enum process_life life; /* of ORIGIN_PROC; values only when alive */
	bool stopped;		/* of ORIGIN_PROC: state T or t of proc(5) */
	unsigned scav;		/* of ORIGIN_RUNTIME: enum scav_mark */
	/* Bytes seen to be returned, a counter: at least so many were, even
	 * where they are in use again. */
	int64_t returned;
	/* Taken between two rows, for the detectors: what costs more is left
	 * out, and the figures it lacks stay as they were. */
	bool between;
	/* Of ORIGIN_PPROF: the profile of a GC that its own fetch forced. */
	bool forced_gc;
	struct err fail; /* code != ERR_NONE: nothing was read */
};

/* The process is gone: the last reading that there is of it. */
static inline bool reading_ends(const struct reading *r)
{
	return r->origin == ORIGIN_PROC && r->life != LIFE_ALIVE &&
	       r->life != LIFE_EXECED;
}

#endif
