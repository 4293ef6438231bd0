/*
 * detect.h - detectors: events found in one target's readings.
 *
 * A detector is one kind of annotation in one file: a pure function of the
 * sequence of readings, with a small state of its own. It sees readings in
 * order of arrival; lanes deliver late, so times may interleave (docs/architecture.md).
 * Detectors run under the store's lock: they must not allocate, block or do
 * I/O, and cost microseconds.
 *
 * To add one: src/detect/NAME.c defines `const struct detector detector_NAME`
 * and src/detect/module.mk lists it in DETECTORS.
 */
#ifndef RESIDUE_DETECT_DETECT_H
#define RESIDUE_DETECT_DETECT_H

#include <residue/model/event.h>
#include <residue/model/pauses.h>
#include <residue/model/reading.h>
#include <residue/model/state.h>

/* What a detector sees each time a reading arrives. */
struct observation {
	/* The reading that arrived; the last of a process (reading_ends()) has
	 * no values: what is under way is told then. */
	const struct reading *now;
	const struct state *state; /* of the target, with `now` merged in */
	const struct pause_ring *pauses; /* with `now`, or NULL */
	bool first;	       /* first good reading of this origin since attach
			     * or exec: there is nothing to compare with */
	struct values before;  /* the origin's values before `now` */
	int64_t before_end_ns; /* when that was read */
};

struct detector {
	const char *name;
	size_t state_size; /* zeroed at attach and at exec */
	void (*observe)(void *state, const struct observation *o,
			event_sink *sink, void *sink_ctx);
};

extern const struct detector *const detector_registry[];
extern const unsigned detector_count;

/* States of all detectors for one target; free() frees it. */
void *detectors_new(void);
void detectors_reset(void *states);
void detectors_observe(void *states, const struct observation *o,
		       event_sink *sink, void *sink_ctx);

#endif
