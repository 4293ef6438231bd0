/* watchdog.c - lanes that the kernel holds on to. */
#include "watchdog.h"

#include <residue/base/clock.h>
#include <residue/base/mem.h>

#include <stdlib.h>
#include <time.h>

/* A read that stands still for so long is held (stall.h). Reading memory takes
 * microseconds; finding the runtime in a large program on a cold disk takes its
 * time, and smaps_rollup of a large process too. */
#define CAUGHT_NS	  NS_PER_SEC
#define CAUGHT_OPENING_NS (2 * NS_PER_SEC)
#define CAUGHT_SLOW_NS	  (5 * NS_PER_SEC)
/* What a lane that reads gets to end in. */
#define END_MS 500

struct lane_run *lane_new(enum lane lane, struct store *store,
			  struct procfs *fs,
			  void (*ticked)(void *ctx, bool between), void *ctx)
{
	struct lane_run *l = mem_alloc(sizeof(*l));

	lane_init(l, lane, store, fs);
	l->ticked = ticked;
	l->ctx = ctx;
	return l;
}

static atomic_bool *stuck_flag(const struct lane_run *l, struct target *t)
{
	return l->lane == LANE_MEMORY ? &t->stuck : &t->slow_stuck;
}

/* Alone in the world: nobody joins this thread or knows this lane. */
void lane_come_back(struct lane_run *l)
{
	struct target *was = l->caught;
	struct store *s = l->store;
	atomic_bool *stuck;

	if (!atomic_load(&l->abandoned))
		return;
	stuck = stuck_flag(l, was);
	if (lane_join(l)) /* not started any more: only its memory goes */
		lane_release(l);
	free(l);
	atomic_store(stuck, false);
	target_unref(was);
	pthread_mutex_lock(&s->lock);
	s->generation++;
	pthread_mutex_unlock(&s->lock);
	atomic_fetch_sub(&s->lost_lanes, 1);
}

static void say_stuck(struct store *s, struct target *t, enum origin origin)
{
	struct reading r = {.origin = origin,
			    .by = origin == ORIGIN_RUNTIME ? READ_AGENTLESS
							   : READ_NONE,
			    .end_ns = clock_boot_ns(),
			    .wall_offset_ns = clock_wall_offset_ns()};

	if (origin == ORIGIN_SMAPS || origin == ORIGIN_CGROUP)
		err_set(&r.fail, ERR_TIMEOUT,
			"reading its %s blocks in the kernel: set aside until "
			"it comes back",
			origin == ORIGIN_SMAPS ? "smaps_rollup" : "cgroup");
	else
		err_set(&r.fail, ERR_TIMEOUT,
			"reading its memory blocks in the kernel (a page on a "
			"slow disk, a frozen filesystem or userfaultfd): set "
			"aside until it comes back");
	store_reading(s, t, &r);
}

/* From here on the lane is its thread's own; takes the reference to `t`. */
static void abandon(struct lane_run *l, struct target *t)
{
	bool ending = atomic_load(&l->stop);

	atomic_fetch_add(&l->store->lost_lanes, 1);
	l->caught = t;
	atomic_store(stuck_flag(l, t), true);
	pthread_detach(l->thread);
	l->started = false;
	atomic_store(&l->abandoned, true);
	if (!ending) /* else the lane may be gone by now */
		atomic_store(&l->stop, true);
}

/* A reference to what the lane is caught by, or NULL. The pointer alone might
 * be of a target that has just been let go. */
static struct target *caught_by(struct lane_run *l)
{
	struct store *s = l->store;
	struct target *busy, *t = NULL;

	pthread_mutex_lock(&s->lock);
	busy = atomic_load(&l->busy);
	for (unsigned i = 0; busy && i < s->count && !t; i++)
		if (s->targets[i] == busy)
			t = target_ref(busy);
	pthread_mutex_unlock(&s->lock);
	return t;
}

static int64_t cpu_ns(const struct lane_run *l)
{
	struct timespec ts;
	clockid_t clock;

	if (pthread_getcpuclockid(l->thread, &clock) ||
	    clock_gettime(clock, &ts))
		return 0;
	return ts.tv_sec * NS_PER_SEC + ts.tv_nsec;
}

static bool is_caught(struct lane_run *l)
{
	int64_t most = l->lane == LANE_SLOW	  ? CAUGHT_SLOW_NS
		       : atomic_load(&l->opening) ? CAUGHT_OPENING_NS
						  : CAUGHT_NS;
	bool busy = atomic_load(&l->busy);

	return stall_look(&l->stall, clock_boot_ns(),
			  busy ? atomic_load(&l->busy_ns) : 0,
			  busy ? cpu_ns(l) : 0, most);
}

struct lane_run *lane_watch(struct lane_run *l)
{
	struct lane_run *next;
	struct store *s = l->store;
	struct target *t;

	if (!l->started && lane_start(l, NULL))
		return l; /* no thread to be had: at the next tick again */
	t = is_caught(l) ? caught_by(l) : NULL;
	if (!t)
		return l;
	next = lane_new(l->lane, s, l->fs, l->ticked, l->ctx);
	/* Stuck first: others take its memory up as soon as it is refused. */
	atomic_store(stuck_flag(l, t), true);
	if (l->lane == LANE_MEMORY)
		memory_is(l, t, MEMORY_REFUSED);
	say_stuck(s, t, (enum origin)atomic_load(&l->busy_origin));
	abandon(l, t);
	if (lane_start(next, NULL))
		store_toast(s, true, "no thread to read with");
	return next;
}

unsigned lanes_lost(const struct store *store)
{
	return atomic_load(&store->lost_lanes);
}

void lane_end(struct lane_run *l)
{
	const struct timespec pause = {0, NS_PER_MS};
	struct target *t;

	if (!l)
		return;
	lane_stop(l);
	for (unsigned ms = 0;
	     l->started && atomic_load(&l->busy) && ms < END_MS; ms++)
		nanosleep(&pause, NULL);
	t = l->started ? caught_by(l) : NULL;
	if (t) {
		abandon(l, t);
		return;
	}
	if (!lane_join(l))
		return;
	lane_release(l);
	free(l);
}
