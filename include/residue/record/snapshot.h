/*
 * snapshot.h - all that is known of one target now, as a directory of files.
 *
 *   orders-4121-20251123-124140/
 *     summary.txt     for people: verdict, breakdown, events, what is missing
 *     meta.json       version, who, when, environment, what is missing and why
 *     heap.pb.gz      the heap profile, exactly as received from the endpoint,
 *                     or as read from memory where there is none or it fails
 *     memstats.json   the runtime's figures: the endpoint's "memstats" object,
 *                     else the figures that residue has, from memory with
 *                     the objects by size class
 *     smaps  status  limits    of /proc/PID, with control characters visible
 *     samples.jsonl   the last hour's rows as output.h prints them
 *     events.jsonl    the last hour's events
 *
 * It appears whole or not at all: written under a temporary name beside it,
 * every file and the directory synced, then renamed. A full disk leaves
 * nothing. Files are 0600 in a directory 0700. No command line, password,
 * token or environment beyond the Go runtime's three variables gets in, and of
 * an expvar reply only its "memstats".
 */
#ifndef RESIDUE_RECORD_SNAPSHOT_H
#define RESIDUE_RECORD_SNAPSHOT_H

#include <residue/base/err.h>
#include <residue/model/by_size.h>
#include <residue/model/event.h>
#include <residue/model/history.h>
#include <residue/model/state.h>
#include <residue/model/target.h>
#include <residue/model/verdict.h>

#include <stddef.h>
#include <stdint.h>

/* What is put in as it came. */
enum snapshot_file {
	SNAPSHOT_HEAP,	   /* bytes of DOC_RAW */
	SNAPSHOT_MEMSTATS, /* bytes of DOC_MEMSTATS; JSON or not */
	SNAPSHOT_SMAPS,
	SNAPSHOT_STATUS,
	SNAPSHOT_LIMITS,
	SNAPSHOT_FILES
};

struct snapshot_bytes {
	const void *data; /* NULL: there is none */
	size_t size;
	int64_t t_ns;	 /* CLOCK_BOOTTIME when it was true */
	const char *why; /* without data: why, or NULL to go by the origin's
			  * last failure */
};

/* All borrowed for the length of the call. */
struct snapshot_input {
	const struct target_info *info;
	int64_t now_ns;	 /* CLOCK_BOOTTIME of the snapshot */
	int64_t wall_ns; /* CLOCK_REALTIME of the same moment */
	const struct values *values;
	const struct origin_state *origins; /* ORIGIN_COUNT */
	/* Why the endpoint gave no profile, though memory may have; code
	 * ERR_NONE: it did, or there is none. NULL: the same. */
	const struct err *endpoint_fail;
	const struct verdict *verdict; /* NULL: none yet */
	int64_t live;	       /* live heap as the judge knows it; -1: it does
				* not */
	unsigned live_origins; /* bits 1 << ORIGIN_x that `live` rests on */
	const struct by_size *by_size; /* NULL: not known */
	int64_t by_size_ns;	       /* CLOCK_BOOTTIME when it was true */
	struct snapshot_bytes files[SNAPSHOT_FILES];
	/* As set for the target; NULL where not known, "" where not set. */
	const char *godebug, *gogc, *gomemlimit;
	const struct event *events; /* oldest first; the last hour is taken */
	unsigned event_count;
	/* Call `row` for each row of the last hour, oldest first; NULL where
	 * there is no history. */
	void (*each_row)(void *rows,
			 void (*row)(void *ctx, const struct row *row),
			 void *ctx);
	void *rows;
};

#define SNAPSHOT_PAST_NS (3600LL * 1000000000LL)

/*
 * Write COMM-PID-YYYYMMDD-HHMMSS (local time) in `parent`, which is made
 * (0700) when it does not exist; NULL: $XDG_DATA_HOME/residue, else
 * ~/.local/share/residue, else the current directory. A name that is taken
 * gets "-2", "-3", ... Blocks on the disk. path_out gets the directory's path.
 */
int snapshot_write(const struct snapshot_input *in, const char *parent,
		   char *path_out, size_t path_size,
		   struct err *err) RESIDUE_CHECK;

#endif
