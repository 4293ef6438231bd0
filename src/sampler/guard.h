/*
 * guard.h - work that goes from process to process, any of which may hold it.
 *
 * An executable may be on a disk that no longer answers, and /proc/PID/cmdline
 * waits for the target's mmap_lock: who looks at all processes of a machine
 * meets such a one sooner or later. So that work is done by a thread of its
 * own, which says where it is. When it stands still there (stall.h) the place
 * is set aside, the thread is left to its fate with all that it uses, and the
 * caller begins anew, past it. A thread that comes back gives its place free.
 * One dead disk holds many processes: each that follows one held is given half
 * the patience, an eighth at least, until a run gets through.
 *
 *   caller  guard_run ------ held at c: false    guard_run ------------ true
 *   thread      '- a - b - c - - - - - - - -.        '- a - b - (c) - d -'
 *                                           '-> comes back: drops what it has,
 *                                               c is free again
 *
 * A place is any number; the kind of look and a PID make one.
 */
#ifndef RESIDUE_SAMPLER_GUARD_H
#define RESIDUE_SAMPLER_GUARD_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Places set aside at a time, each with a thread that waits there. When there
 * are as many, the next that holds is waited for. */
#define GUARD_ASIDE 128

struct guard {
	pthread_mutex_t lock;
	pthread_cond_t ended; /* a thread's work */
	int64_t patience_ns;
	unsigned in_a_row; /* runs that were held, since one was not */
	atomic_uint *lost; /* threads left behind: what they use stays */
	uint64_t aside[GUARD_ASIDE];
	unsigned count;
};

struct guard_work; /* one run of a function */

/* `patience_ns`: how long it may stand still. *lost is counted up for each
 * thread left behind and down when it comes back. */
void guard_init(struct guard *g, int64_t patience_ns, atomic_uint *lost);
/* Not while threads are left behind. */
void guard_release(struct guard *g);

/*
 * Have `fn` work on `state`, and wait until it has. True: it returned. False:
 * it is held, and *held says where; or it was told to stop (`stop` is set,
 * *held is 0). `state` is the thread's then, which calls `drop` on it after
 * `fn`. One caller at a time and state. Without a thread to be had `fn` runs
 * on this one.
 */
bool guard_run(struct guard *g, void (*fn)(void *state, struct guard_work *w),
	       void (*drop)(void *state), void *state, const atomic_bool *stop,
	       uint64_t *held);

/* For `fn`, before it looks at what may hold it. False: that is set aside, or
 * nobody waits for the work any more: pass it over. Place 0 is none. */
bool guard_enter(struct guard_work *w, uint64_t place);

/* Copy the places that are set aside, `room` at most; returns how many there
 * are. */
unsigned guard_aside(struct guard *g, uint64_t *out, unsigned room);

#endif
