/*
 * watchdog.h - lanes that the kernel holds on to.
 *
 * The memory lane can be caught by a target's page that is on a dead disk, in
 * a frozen filesystem or behind userfaultfd; the slow lane by the same page, by
 * a smaps_rollup that waits for the target's mmap_lock, or by a cgroup that
 * does not answer. When a lane stands still in one target (stall.h), that is
 * marked stuck, the lane is left to its fate and another takes the rest. A lane
 * that comes back finds itself abandoned, lets everything go and frees itself.
 *
 * The finder's searches have threads of their own, which are left in the same
 * way (guard.h).
 */
#ifndef RESIDUE_SAMPLER_WATCHDOG_H
#define RESIDUE_SAMPLER_WATCHDOG_H

#include "lane.h"

/* A lane that can be replaced; `lane` is LANE_MEMORY or LANE_SLOW. */
struct lane_run *lane_new(enum lane lane, struct store *store,
			  struct procfs *fs,
			  void (*ticked)(void *ctx, bool between), void *ctx);
/* Called at each tick, by the fast lane: the lane itself, or the new one that
 * stands in for it. Starts it, when that failed before. */
struct lane_run *lane_watch(struct lane_run *l);
/* The last that a lane's thread does: gone is what was abandoned. */
void lane_come_back(struct lane_run *l);
/* Lanes that have not come back: what they use must not be freed. */
unsigned lanes_lost(const struct store *store);
/* lane_stop, lane_join and free; one that is caught is abandoned. NULL is
 * nothing. */
void lane_end(struct lane_run *l);

#endif
