/*
 * store.h - all targets and the one lock over what is known of them.
 *
 * Lanes put readings in; the UI copies frames out; batch mode takes items.
 * Under the lock there is no I/O and no allocation: what needs memory (a new
 * target, a history, a sealed block) is prepared before or finished after.
 *
 * A target is shared by reference: the store has one while it is listed, each
 * lane one while it reads it. What stands above the line in struct target is
 * never changed and needs no lock; the rest is the lock's.
 */
#ifndef RESIDUE_SAMPLER_STORE_H
#define RESIDUE_SAMPLER_STORE_H

#include <residue/detect/detect.h>
#include <residue/judge/crosscheck.h>
#include <residue/judge/verdict.h>
#include <residue/model/log.h>
#include <residue/model/state.h>
#include <residue/sampler/sampler.h>

#include <pthread.h>
#include <stdatomic.h>

#define STORE_TARGETS 4096
#define STORE_ITEMS   4096
#define RATE_SLOTS    13 /* a minute at one slot in five seconds */

/* Number of GCs at moments of the last minute. */
struct gc_rate {
	struct {
		int64_t t_ns, num_gc;
	} slot[RATE_SLOTS];
	unsigned end, count;
};

/* Whether the memory lane reads the target: the net lane asks an endpoint for
 * the runtime's figures only where it does not. */
enum memory_state { MEMORY_UNTRIED, MEMORY_WORKS, MEMORY_REFUSED };

struct target {
	atomic_int refs;
	char id[TARGET_ID_MAX];
	enum target_kind kind;
	struct proc_id proc; /* pid 0 of TARGET_URL */
	/* As the user gave it, with credentials, or as a probe found it: for
	 * the net lane alone. NULL until there is one; set once. */
	_Atomic(char *) url;
	atomic_bool url_found; /* by a probe of the target's own sockets */
	atomic_bool opened;
	atomic_bool listed; /* false: lanes drop it */
	atomic_bool ask_profile, ask_smaps;
	atomic_bool
		want_smaps; /* the judge does: judge/verdict.h, wants_smaps */
	atomic_uint ask_gc; /* GCs to force, one after the other */
	atomic_uint execs;  /* seen by the fast lane */
	atomic_bool stuck;  /* a read of its memory does not return */
	atomic_bool slow_stuck; /* a read of something else of it does not */
	atomic_int memory;	/* enum memory_state */
	atomic_bool lazy;      /* what it gives back stays in RES (MADV_FREE) */
	atomic_bool counted;   /* what the runtime gave back is, and is read */
	atomic_int sites;      /* the same of the heap profile, slow lane */
	atomic_bool stands_in; /* that is wanted: the endpoint has failed */
	/* First answers of the endpoint, good or bad: what a warm start
	 * waits for. */
	atomic_bool warm_runtime, warm_profile;
	/* ---- under the store's lock ---------------------------------- */
	struct state state;
	void *detectors;
	struct judge judge;
	struct verdict verdict;
	bool news;    /* there were readings since the verdict */
	int64_t live; /* live heap by the judge; -1: not known */
	unsigned live_origins;
	struct gc_rate rate;
	struct crosscheck cross; /* memory and endpoint */
	enum verdict_kind said;	 /* the verdict last put out as an item */
	bool said_any;
	int64_t exec_ns;    /* CLOCK_BOOTTIME of the last exec seen; 0: none */
	unsigned facts_gen; /* info.exec_gen that the facts are of */
	enum read_by said_read;
	int64_t said_target_ns; /* facts last put out as an item; 0: never */
};

struct store {
	pthread_mutex_t lock;
	int wake_fd; /* eventfd */
	atomic_uint live;
	atomic_uint urls;	/* targets that had an endpoint, ever */
	atomic_bool tls;	/* one of them is https */
	atomic_uint lost_lanes; /* threads that are caught in the kernel */
	/* When an opened target last gave back much, and RES did not show it:
	 * only its memory does. CLOCK_BOOTTIME. */
	atomic_llong unseen_ns;
	/* ---- under the lock ------------------------------------------- */
	struct target *targets[STORE_TARGETS];
	unsigned count;
	unsigned next_id;
	uint64_t generation; /* of the list of targets: lanes compare it */
	uint64_t event_seq;
	struct item *items; /* ring, or NULL */
	unsigned item_first, item_count;
	atomic_ullong items_lost;
	uint64_t lost_ticks;
	unsigned processes;
	int64_t mem_total, mem_available;
	int64_t interval_ns;
	int64_t profile_every_ns; /* least time between heap profiles */
	bool memory_lane; /* there is one: set before targets are added */
	bool once;	  /* as in struct sampler_options */
	bool scripted;	  /* fed by a script: time is what it says */
	int64_t now_ns;	  /* of a script, CLOCK_BOOTTIME */
	struct list_note notes[FRAME_NOTES];
	unsigned note_count;
	struct log log;
	char toast[160];
	int64_t toast_ns;
	bool toast_is_error;
};

void store_init(struct store *s, int64_t interval_ns, bool items);
void store_release(struct store *s);
/* CLOCK_BOOTTIME ns, or the script's. Needs the lock only with scripts. */
int64_t store_now(const struct store *s);

/* A new target with the next id (or `info->id`, when it has one); one
 * reference, the caller's. NULL when STORE_TARGETS are there already. */
struct target *store_add(struct store *s, const struct target_info *info,
			 const char *url, bool opened);
struct target *target_ref(struct target *t);
void target_unref(struct target *t);
/* Give it full history and the attention of all lanes. */
void store_open_target(struct store *s, struct target *t);
/* Take it off the list; lanes let it go by themselves. */
void store_drop(struct store *s, struct target *t);
/* A reference to the target of that id, or NULL. */
struct target *store_find(struct store *s, const char *id);
struct target *store_find_pid(struct store *s, const struct proc_id *id);
/* Facts changed (after exec, or an endpoint's choice of path). */
void store_update_info(struct store *s, struct target *t,
		       const struct target_info *info);
/* What it listens on now; true when that is known for the first time and
 * nothing is known of an endpoint. */
bool store_set_listens(struct store *s, struct target *t, const char *listens);
/* An endpoint that a probe found, `url` for the net lane, `shown` for people.
 * ERR_LIMIT when the target has one already. */
int store_set_url(struct store *s, struct target *t, const char *url,
		  const char *shown, struct err *err) RESIDUE_CHECK;

/* Consumes r->docs. Runs the detectors; exec and exit become events. */
void store_reading(struct store *s, struct target *t, struct reading *r);
/* The figures of an origin were looked at and are as they were. */
void store_still(struct store *s, struct target *t, enum origin origin);
void store_event(struct store *s, struct target *t, struct event *ev);
/* A request that forces a GC is sent: `end_ns` is 0; and when it is answered, or
 * given up: then. CLOCK_BOOTTIME. GCs that end in between are told as residue's
 * and are not taken for the program's FreeOSMemory. Of two in a row begin_ns is
 * the first's. To be called before the request goes out: readings are faster. */
void store_own_gc(struct store *s, struct target *t, int64_t begin_ns,
		  int64_t end_ns);
/* Compose the row of this tick for every live target, judge it. */
void store_compose(struct store *s, int64_t now_ns);
void store_toast(struct store *s, bool is_error, const char *fmt, ...)
	RESIDUE_PRINTF(3, 4);
void store_note(struct store *s, pid_t pid, const char *text);
void store_wake(struct store *s);
/* Seal full tails; call now and then from a thread that may take a while. */
void store_seal(struct store *s);

/* Two cuts a panel: its graphs, its cursor. Without them a frame allocates (frame_fill.c). */
void store_frame(struct store *s, const struct frame_want *want,
		 struct frame *out, struct history_cut *cuts[2 * FRAME_PANELS]);

#endif
