/*
 * source.h - where readings come from: one source a file.
 *
 * A source reads one origin of one target. Blocking sources (statm, smaps,
 * cgroup) are opened, read and closed on the thread of their lane; net
 * sources say which path of an endpoint they want and turn its answer into a
 * reading on the fetcher's thread. Lanes (sampler/) decide when.
 *
 * To add one: src/source/NAME.c defines `const struct source source_NAME` and
 * src/source/module.mk lists it in SOURCES.
 */
#ifndef RESIDUE_SOURCE_SOURCE_H
#define RESIDUE_SOURCE_SOURCE_H

#include <residue/fetch/fetch.h>
#include <residue/model/reading.h>
#include <residue/proc/procfs.h>

#include <stdatomic.h>

enum lane {
	LANE_FAST,   /* every tick; must never block */
	LANE_MEMORY, /* every tick; may block in the kernel */
	LANE_SLOW,   /* by its own period; may block and cost */
	LANE_NET,    /* HTTP */
};

/* What a blocking source is opened on; all of it outlives the source. */
struct source_subject {
	struct procfs *fs;
	struct proc_id id;
	const atomic_bool *opened; /* the target is shown in full: figures that
				    * cost more may be read */
	int64_t interval_ns;	   /* of the ticks */
	int64_t profile_every_ns;  /* least time between heap profiles */
};

/* Bytes of RES whose coming or going between two reads means something. */
#define RSS_MOVED (1 << 20)

struct source {
	const char *name; /* for messages: "smaps_rollup" */
	enum origin origin;
	enum lane lane;

	/* --- LANE_FAST, LANE_MEMORY, LANE_SLOW --- */
	size_t state_size; /* zeroed before open */
	/* ERR_UNSUPPORTED: never for this target; others are tried again. Of a
	 * read with a period it means not now: that too is tried again. */
	int (*open)(void *state, const struct source_subject *s,
		    struct err *err);
	/* Fill values, docs, life, begin_ns and end_ns of *out, which is
	 * zeroed but for origin, by, between and wall_offset_ns. */
	int (*read)(void *state, struct reading *out, struct err *err);
	void (*close)(void *state);
	/* LANE_SLOW: ns from the last read to the next for a target of `rss`
	 * bytes (-1: not known yet); INT64_MAX: only when asked, or not before
	 * the size is known. Before it is open, of a state of zeros: whether it
	 * may be read unasked. */
	int64_t (*period)(const void *state, int64_t rss);
	/* LANE_FAST, between rows, and LANE_SLOW: whether a read that is due
	 * would find anything new. Cheap; NULL: always. A read that was asked
	 * for is done in any case. */
	bool (*changed)(void *state);

	/* What a user may want to know of how an open source reads; "" or a
	 * line, asked for after the first reading. NULL: nothing. */
	void (*note)(const void *state, char *out, size_t size);

	/* --- LANE_NET --- */
	enum read_by by;   /* what a good answer makes the target's "read" */
	const char *path;  /* below the endpoint's base */
	size_t body_max;   /* bytes of an answer; more is ERR_LIMIT */
	size_t tail;	   /* keep only the last so many bytes; 0: all */
	int64_t period_ns; /* between polls; 0: once is enough */
	/* Values and docs of *out from a complete answer; `res->body` may be
	 * moved out. ERR_UNSUPPORTED: the answer is sound but not what we
	 * look for, try the next source of this origin. */
	int (*decode)(struct fetch_result *res, struct reading *out,
		      struct err *err);
};

/* In the order of module.mk; sources of one origin stand best first. */
extern const struct source *const source_registry[];
extern const unsigned source_count;

#endif
