/*
 * level.h - how large a change must be to be an event.
 *
 * A tenth of the highest RES of the last minutes, and 16 MiB at least: the
 * definition by which tests/truth/score.py finds true events in a journal
 * (it knows the whole run's peak; we forget one after five to ten minutes, so
 * that a process which once was large is still watched).
 */
#ifndef RESIDUE_DETECT_LEVEL_H
#define RESIDUE_DETECT_LEVEL_H

#include <stdbool.h>
#include <stdint.h>

#define LEVEL_LEAST  (INT64_C(16) << 20)
#define LEVEL_HALF   INT64_C(300000000000)
#define LEVEL_SPARSE INT64_C(500000000)

struct level {
	int64_t peak, before; /* of this half and of the one before, bytes */
	int64_t since_ns, last_ns;
};

/* The figure is `v` bytes at t_ns; what counts as a change of it. */
static inline int64_t level_step(struct level *l, int64_t t_ns, int64_t v)
{
	if (t_ns - l->since_ns >= LEVEL_HALF) {
		l->before = l->peak;
		l->peak = v;
		l->since_ns = t_ns;
	}
	if (v > l->peak)
		l->peak = v;
	int64_t peak = l->peak > l->before ? l->peak : l->before;
	int64_t least = peak / 10 > LEVEL_LEAST ? peak / 10 : LEVEL_LEAST;
	bool sparse = t_ns - l->last_ns > LEVEL_SPARSE;

	l->last_ns = t_ns;
	return sparse ? least / 7 * 6 : least;
}

#endif
