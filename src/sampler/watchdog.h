/*
 * watchdog.h - hands: threads that read for a lane and may be held.
 *
 * The memory lane can be held by a target's page that is on a dead disk, in a
 * frozen filesystem or behind userfaultfd; the slow lane by the same page, by a
 * smaps_rollup that waits for the target's mmap_lock, or by a cgroup that does
 * not answer. So a lane's list belongs to the lane, and the hand whose turn it
 * is has one target of it at a time:
 *
 *   hand 1   a - b - c - - - - - - - - - - - - -. c     comes back: delivers
 *   hand 2            '- d - e - - - - - - -. e         what it has, and ends
 *   hand 3                    '- f - g | a - b - d - f - g | ...
 *
 * One that sleeps in the kernel for some ms in what takes us goes on with that
 * target alone, and another has the lane. When it has not come back for longer
 * (stall.h), the target is said to be stuck until it does. Waiting for a
 * processor is not sleeping.
 *
 * The finder's searches have threads of their own, which are left in the same
 * way (guard.h).
 */
#ifndef RESIDUE_SAMPLER_WATCHDOG_H
#define RESIDUE_SAMPLER_WATCHDOG_H

#include "lane.h"

/* Most hands that are left behind at a time: the next is waited for. Of those
 * the last are for targets that have answered before. */
#define LEFT_MOST    256u
#define LEFT_UNTRIED 200u

/* A lane that is read by hands; `lane` is LANE_MEMORY or LANE_SLOW. */
struct lane_run *lane_new(enum lane lane, struct store *store,
			  struct procfs *fs,
			  void (*ticked)(void *ctx, bool between), void *ctx);
/* Called by the fast lane whenever it wakes. Gives the lane to another hand
 * where its own is held, or had not started. When it wants to be called again,
 * CLOCK_BOOTTIME; INT64_MAX: with the next tick. NULL is nothing. */
int64_t lane_watch(struct lane_run *l);
/* The first hand. */
int lane_give_hand(struct lane_run *l, struct err *err) RESIDUE_CHECK;
/* lane_stop, the end of its hand, and free; what is held is left behind. NULL
 * is nothing. */
void lane_end(struct lane_run *l);
/* Hands that have not come back: what they use must not be freed. */
unsigned lanes_lost(const struct store *store);

/* A hand takes a target, under the lane's lock; and lets go of what it has:
 * false when the lane is another's by now, and nothing of it may be touched. */
void hand_takes(struct lane_hand *h, struct lane_target *lt);
bool hand_gives(struct lane_hand *h);

#endif
