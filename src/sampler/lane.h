/*
 * lane.h - threads that read targets: fast, memory and slow.
 *
 *   fast    tick -- look -- look -- look -- tick -----       absolute times
 *           |statm of all     |
 *           |wakes memory,net |RES of opened targets; moved: wakes memory
 *           '----- grace ---->| makes the rows of this tick
 *
 * The fast lane never blocks: it reads procfs by kept descriptors only, and
 * gives the others a part of the interval (grace) to deliver what belongs to
 * the same tick before rows are made. Late deliveries are in the next row.
 * Between rows it looks at RES of opened targets, for the detectors: a swing
 * of half a second is an event too. What has moved is read, and its memory
 * too; what rests costs a look. How often: grid.h.
 * A lane keeps its own list of targets with the state of its sources; it
 * brings the list up to date when the store's generation has changed.
 *
 * The memory lane and the slow one are read by hands: threads that may be held
 * by what they read, which another then goes on without (watchdog.h).
 */
#ifndef RESIDUE_SAMPLER_LANE_H
#define RESIDUE_SAMPLER_LANE_H

#include "stall.h"
#include "store.h"

#include <residue/source/source.h>

struct lane_target; /* one target, with the sources of one lane: lane_read.h */
struct lane_slot;   /* its place in a lane's list */
struct lane_run;

/* A thread that reads for the memory lane or the slow one. */
struct lane_hand {
	struct lane_run *lane;
	pthread_t thread;
	atomic_int tid; /* of that thread; 0: it has not begun */
	/* What it reads and since when, for the watchdog. */
	atomic_llong busy_ns; /* CLOCK_BOOTTIME; 0: nothing that may hold it */
	atomic_int origin;    /* enum origin */
	atomic_bool opening;  /* it is being opened */
	/* ---- under the lane's lock ------------------------------------- */
	struct lane_target *target; /* it has that; NULL: none */
	struct stall stall;
	bool said;		/* that it is held */
	struct lane_hand *next; /* of those left behind */
};

struct lane_run {
	enum lane lane;
	struct store *store;
	struct procfs *fs;
	pthread_t thread; /* of the fast lane and the finder */
	bool started;
	atomic_bool stop;
	/* What wakes a lane that sleeps: a tick or a request. */
	pthread_mutex_t wake_lock;
	pthread_cond_t wake;
	unsigned wakes;
	/* Only what is read between rows: opened targets, nothing costly. */
	bool between;
	bool moved; /* fast lane: RES of an opened target did, since the last
		     * read */
	int64_t moved_ns; /* ... by much, the last time; CLOCK_BOOTTIME */
	bool warm; /* fast lane, set before it starts: all there is has been
		    * waited for, the first row needs no grace */
	atomic_bool whole; /* memory lane: the next reads are a row's */
	/* Fast lane: called after each tick's reads. Memory lane: called when a
	 * target turns out to be readable, or not. */
	void (*ticked)(void *ctx, bool between);
	/* Fast lane: called when it wakes; looks after the lanes that may be
	 * held. When it wants to be called again, CLOCK_BOOTTIME. */
	int64_t (*look)(void *ctx);
	void *ctx;
	/* The finder: all it does, called once a turn, with the time. Returns
	 * how long the next one can wait. */
	int64_t (*turn)(void *ctx, int64_t now_ns);
	/* Memory and slow lane: whose lane it is, and who was left behind. */
	pthread_mutex_t lock;
	struct lane_hand *hand; /* NULL: none */
	struct lane_hand *left;
	unsigned left_count;
	bool ended;	 /* the last that comes back frees it */
	bool passed;	 /* all targets have had their turn once */
	char noted[160]; /* the last note that was made */
	/* ---- the thread's own, or the hand's whose lane it is ---------- */
	struct lane_slot *slots; /* lane_read.h */
	unsigned slot_count;
	uint64_t generation;
	unsigned at;  /* the next target of a pass that has begun, */
	bool untried; /* ... in which those that never answered have their
		       * turn */
};

void lane_init(struct lane_run *l, enum lane lane, struct store *store,
	       struct procfs *fs);
int lane_start(struct lane_run *l, struct err *err) RESIDUE_CHECK;
/* Ask it to end; then lane_join or lane_end (watchdog.h). */
void lane_stop(struct lane_run *l);
/* The fast lane and the finder. False: it is caught and was left behind;
 * neither it nor what it uses may be freed (lanes_lost). */
bool lane_join(struct lane_run *l);
void lane_wake(struct lane_run *l);
/* Whether the slow lane reads the target's heap profile from its memory. */
bool sites_wanted(const struct store *s, const struct target *t);
void lane_release(struct lane_run *l);

/* What is known of reading the target's memory; the other lanes are told. */
void memory_is(struct lane_run *l, struct target *t, enum memory_state state);

/* A hand's work: a pass over all targets, and the wait for the next. False: the
 * lane is another's by now, or it ends. */
bool lane_turn(struct lane_hand *h);

#endif
