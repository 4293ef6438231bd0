/*
 * grid.h - when the fast lane wakes: rows at absolute times, looks between.
 *
 * A row's interval is divided into steps. Close, the lane wakes at each of
 * them, for what it sees of RES is all there is to tell what came and went
 * between two rows (a heap given back and taken again takes 100 ms). Where the
 * runtime's own counters tell that, it wakes for rows, and once more when they
 * are made: after the other lanes have had their time to deliver, the grace.
 * But it looks closely for a while after RES has moved by much: what
 * FreeOSMemory gave back may be in use again 20 ms later, and leave no trace.
 */
#ifndef RESIDUE_SAMPLER_GRID_H
#define RESIDUE_SAMPLER_GRID_H

#include <stdbool.h>
#include <stdint.h>

struct grid {
	int64_t step_ns;
	int64_t next_ns;  /* when the step that is due is, CLOCK_BOOTTIME */
	int64_t count;	  /* its number; multiples of `each` have a row */
	int64_t each;	  /* steps a row */
	int64_t grace_ns; /* from a row's tick until it is made */
	int64_t make_at;  /* ... at this step after it; 0: none is near */
};

/* The first step, a row, is at `now_ns`. */
struct grid grid_make(int64_t interval_ns, int64_t now_ns);
/* The step that is due has a row; it is where the last row is made. */
bool grid_has_row(const struct grid *g);
bool grid_makes_row(const struct grid *g);
/* On to the next step that has not passed; returns how many rows were missed
 * on the way. */
int64_t grid_advance(struct grid *g, bool close, int64_t now_ns);

#endif
