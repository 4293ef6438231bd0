/*
 * lane_read.h - a lane's list of targets, and reading it.
 *
 * What has answered is read first, in every pass; what never has comes after
 * it, one by one, as long as nobody waits for the next pass.
 */
#ifndef RESIDUE_SAMPLER_LANE_READ_H
#define RESIDUE_SAMPLER_LANE_READ_H

#include "lane.h"

struct lane_source { /* one source at one target */
	const struct source *source;
	void *state;
	bool open;
	unsigned failures; /* in a row, while open */
	unsigned refusals; /* in a row, of opening it: nothing made sense */
	int64_t cost_ns;   /* CPU time of the last open */
	bool never;	   /* the target cannot be read this way */
	int64_t due_ns;	   /* CLOCK_BOOTTIME */
	/* Fast and memory lane: the last reading of the living process, and of
	 * what is only in the list: */
	struct values last;
	unsigned still;	 /* looks in a row with nothing new */
	int64_t rest_ns; /* not looked at before; CLOCK_BOOTTIME */
};

struct lane_target {
	struct target *target;
	unsigned count;
	unsigned execs; /* target->execs that the sources are of */
	/* Fast lane: the last look since its reading at which there was nothing
	 * new; 0: none. */
	int64_t rested_ns;
	/* Under the lane's lock: a hand has it, and nobody else touches it; it
	 * is no longer listed, and goes when the hand lets go of it. */
	bool taken, dropped;
	struct lane_source sources[];
};

/* What tells that a target has no turn, of all targets side by side: most of
 * what a long list at rest costs is memory that is in no cache. */
struct lane_slot {
	struct lane_target *of; /* NULL: taken out */
	int64_t quiet_ns;	/* no turn before; CLOCK_BOOTTIME */
	bool opened;		/* target->opened, as of the list's update */
};

/* As the store's list is now. */
void lane_list_update(struct lane_run *l);
void lane_list_release(struct lane_run *l);
void lane_target_free(struct lane_target *lt);

/* The fast lane: all that is due. */
void lane_read_fast(struct lane_run *l);
/* A hand: one pass, or the rest of one. False: the lane is another's by now, or
 * it ends. */
bool lane_read_pass(struct lane_hand *h);
/* When what could not be opened is to be tried again, if it is before `ns`. */
int64_t lane_retry_ns(struct lane_run *l, int64_t ns);

#endif
