/*
 * swing.h - one rise of a figure, from its least value to its highest.
 *
 *        high ........ * *          a swing ends when the figure falls back by
 *                    *      *       `least` or by half of what it gained, when
 *    half ......... *        *      it has been quiet for SWING_QUIET, or when
 *                 *                 it has lasted SWING_PIECE: then what comes
 *     low . * * *                   next is another piece
 *
 * Falls are rises of the negated figure. A swing below `least` is no swing.
 * This is how tests/truth/score.py defines its true events, made causal.
 */
#ifndef RESIDUE_DETECT_SWING_H
#define RESIDUE_DETECT_SWING_H

#include <stdbool.h>
#include <stdint.h>

#define SWING_QUIET INT64_C(900000000)
#define SWING_PIECE INT64_C(10000000000)
#define SWING_TRACE 40

/* What a step did; bits. */
enum {
	SWING_BASE = 1, /* the figure is at its least: a swing begins here */
	SWING_HIGH = 2, /* a new highest value */
	SWING_DONE = 4, /* a swing ended: struct swing_done is filled in */
};

struct swing {
	int64_t low, high;
	/* Where it last rose by more than the creeping that never ends. */
	int64_t rose_to, rose_ns;
	bool started;
	/* The way from low to high: times at which values were seen, thinned
	 * as it grows. The last entry is the newest. */
	struct swing_point {
		int64_t t_ns, v;
	} trace[SWING_TRACE];
	unsigned points;
	int64_t step_ns;
};

struct swing_done {
	int64_t gain;	  /* > 0 */
	int64_t to;	  /* the highest value */
	int64_t begin_ns; /* the middle nine tenths of it happened ... */
	int64_t end_ns;	  /* ... between these */
	int64_t half_ns;  /* when half of it had happened */
};

/* The figure was `v` at t_ns (CLOCK_BOOTTIME). `least` (> 0): what counts. */
unsigned swing_step(struct swing *s, int64_t t_ns, int64_t v, int64_t least,
		    struct swing_done *done);

/* Forget what was gained; the next swing begins at `v`. When that was at least
 * `least`, true and *done: the caller may tell it. */
bool swing_restart(struct swing *s, int64_t t_ns, int64_t v, int64_t least,
		   struct swing_done *done);

#endif
