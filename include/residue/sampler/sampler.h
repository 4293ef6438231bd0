/*
 * sampler.h - the running machine: lanes that read, the store that keeps, and
 * what the program asks of both.
 *
 *   lanes (threads)                      the one lock
 *     fast    statm, status  --------+   +-------+
 *     memory  agentless      --------+-> | store | --> frames (TUI)
 *     slow    smaps, cgroup, Go list -+  |       | --> items  (batch)
 *     net     HTTP, decoding --------+   +-------+
 *     jobs    snapshots  <-- requests -------'
 *
 * Every function may be called from any thread, except where noted, and none
 * waits for a target: what is asked is answered by an event, a toast or the
 * next frame.
 */
#ifndef RESIDUE_SAMPLER_SAMPLER_H
#define RESIDUE_SAMPLER_SAMPLER_H

#include <residue/fetch/fetch.h>
#include <residue/judge/crosscheck.h>
#include <residue/model/frame.h>
#include <residue/model/reading.h>
#include <residue/proc/procfs.h>
#include <residue/record/script.h>
#include <residue/source/listeners.h>

struct sampler_options {
	int64_t interval_ns;	  /* of the fast lane; 100 ms and up */
	int64_t profile_every_ns; /* least time between profiles of a target */
	bool profile_budget; /* and so rarely that fetching them costs it 1 %
				    * of what it uses itself (sampler/budget.h) */
	enum read_by read;   /* only this way; READ_COUNT: the best there is */
	bool discover;	     /* keep the list of all Go processes */
	bool items;	     /* keep an item stream for sampler_next */
	/* One profile is wanted: the endpoint's where one is given, and
	 * memory's only by sampler_stand_in. */
	bool once;
	const char *proc_root;	    /* NULL: /proc */
	const char *snapshot_dir;   /* NULL: the default of record/snapshot.h */
	struct fetch_options fetch; /* turn and turn_ctx are the sampler's */
};

struct sampler;

/* ERR_* of procfs_open and fetcher_start. Nothing is read before
 * sampler_run. `opt` is copied, the strings in it are borrowed. */
struct sampler *sampler_new(const struct sampler_options *opt,
			    struct err *err) RESIDUE_CHECK;
/* Start the lanes. With `warm_ns` > 0 the first tick waits, at most that long,
 * until every endpoint has answered once, so that a first sample is whole. */
int sampler_run(struct sampler *s, int64_t warm_ns,
		struct err *err) RESIDUE_CHECK;
/* End all threads, promptly; then free. Before sampler_run too. */
void sampler_free(struct sampler *s);

/* Watch a process (url NULL, or its endpoint) or an endpoint alone (pid 0).
 * ERR_GONE: no such process; ERR_USAGE: the URL. `id_out` gets the target's
 * id. A process that is not Go is watched too: RES needs no runtime. */
int sampler_add(struct sampler *s, pid_t pid, const char *url, bool opened,
		char id_out[TARGET_ID_MAX], struct err *err) RESIDUE_CHECK;

/* A process that goes by a name: texts are visible. */
struct candidate {
	pid_t pid;
	char user[33];
	char cmdline[100]; /* cut; comm where it has none */
};

#define CANDIDATES_MAX 64

/* The Go processes that match (comm, program, module's path or that path's last
 * element): how many, of which `out` has the first. 0 is never returned:
 * ERR_GONE with words. */
int sampler_find(struct sampler *s, const char *name,
		 struct candidate out[CANDIDATES_MAX],
		 struct err *err) RESIDUE_CHECK;
/* Look for Go processes now, on this thread; for `list` and `-b`. */
int sampler_discover(struct sampler *s, bool opened,
		     struct err *err) RESIDUE_CHECK;

/* Read what every target listens on, on this thread, before sampler_run. */
void sampler_find_listeners(struct sampler *s);
/* Ask the target's own sockets, once each, whether they are Go's pprof; the
 * first that is becomes its endpoint. Each try becomes a mark in its events.
 * Returns the tries, on this thread; -1 as probe_run, or ERR_LIMIT when it has
 * an endpoint already. */
int sampler_probe(struct sampler *s, const char *target,
		  struct probe_try out[PROBE_MOST],
		  struct err *err) RESIDUE_CHECK;

/* Wait until there is something new, `ms` milliseconds at most. */
void sampler_wait(struct sampler *s, int ms);
/* Readable when there is something new to draw or to print. */
int sampler_wake_fd(const struct sampler *s);
void sampler_frame(struct sampler *s, const struct frame_want *want,
		   struct frame *out);
int sampler_post(struct sampler *s, const struct request *req,
		 struct err *err) RESIDUE_CHECK;

/* Show a line of words on the screen, as the answer to a request is. */
void sampler_say(struct sampler *s, const char *text);

/* ---- the item stream: what batch mode prints, in order ----------------- */

enum item_kind {
	ITEM_TARGET,
	ITEM_SAMPLE,
	ITEM_EVENT,
	ITEM_VERDICT,
	ITEM_WARNING, /* two origins disagree, or do no longer */
};

struct item {
	enum item_kind kind;
	char target[TARGET_ID_MAX];
	pid_t pid;
	int64_t wall_ns;
	union {
		struct target_info info;
		struct {
			struct row row;
			int64_t live; /* as in struct list_row, both */
			unsigned live_origins;
		};
		struct event event;
		struct verdict verdict;
		char warning[CROSS_TEXT_MAX]; /* "": no longer */
	};
};

/* The oldest item not yet taken; false when there is none now. */
bool sampler_next(struct sampler *s, struct item *out);
/* Items dropped because nobody took them in time. */
uint64_t sampler_lost_items(const struct sampler *s);
/* Rows that could not be taken in time: the machine was too busy. */
uint64_t sampler_lost_ticks(struct sampler *s);
/* Targets still alive (URL targets count while they are watched). */
unsigned sampler_live(struct sampler *s);

/* ---- scripts: the stream without sources (docs/script-format.md) -------- */

/* A sampler that is fed by sampler_feed only; sampler_run is not called. */
struct sampler *sampler_new_scripted(bool items);
void sampler_feed(struct sampler *s, struct script_item *item);

/* ---- snapshots ------------------------------------------------------------ */

/* Where the endpoint of a process has failed: wait until the heap profile has
 * been read from its memory instead, or cannot be, `wait_ns` at most. True:
 * there is one. */
bool sampler_stand_in(struct sampler *s, const char *target, int64_t wait_ns);

/* Write one now, on this thread: a fresh profile is fetched first where there
 * is an endpoint, or read from memory where that fails. path_out gets the
 * directory. */
int sampler_snapshot(struct sampler *s, const char *target, char *path_out,
		     size_t path_size, struct err *err) RESIDUE_CHECK;

#endif
