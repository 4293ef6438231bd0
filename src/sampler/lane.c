/* lane.c - the threads of blocking sources. */
#include "lane_read.h"

#include "grid.h"
#include "thread.h"
#include "watchdog.h"

#include <residue/base/clock.h>
#include <residue/base/mem.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* After RES has moved by much at once (lane_read.c) it is looked at closely for
 * so long. */
#define LIVELY_NS (5 * NS_PER_SEC)
/* The slow lane looks what is due so often, and when it is asked. */
#define SLOW_TURN_NS (2 * NS_PER_SEC)
/* From the first tick to its row where all there is has been waited for. */
#define WARM_GRACE_NS (60 * NS_PER_MS)
/* What a lane that does not block gets to end in. */
#define JOIN_NS (2 * NS_PER_SEC)

/* Wait until a moment, or to be stopped, or (`wakes`) to be woken. */
static void wait_until(struct lane_run *l, int64_t boot_ns, bool wakes)
{
	int64_t rest = boot_ns - clock_boot_ns();
	struct timespec ts;

	if (rest <= 0)
		return;
	ts = thread_moment(rest);
	pthread_mutex_lock(&l->wake_lock);
	while (!(wakes && l->wakes) && !atomic_load(&l->stop))
		if (pthread_cond_timedwait(&l->wake, &l->wake_lock, &ts))
			break;
	l->wakes = 0;
	pthread_mutex_unlock(&l->wake_lock);
}

/* Samples that could not be taken, for this machine or we were stopped or
 * starved, are said and not hidden. */
static void say_lost(struct lane_run *l, int64_t lost)
{
	pthread_mutex_lock(&l->store->lock);
	l->store->lost_ticks += (uint64_t)lost;
	pthread_mutex_unlock(&l->store->lock);
	store_toast(
		l->store, true,
		"%lld sample%s lost: we were stopped, or this machine is too "
		"busy",
		(long long)lost, lost == 1 ? " was" : "s were");
}

/* Memory alone tells what a target does now. */
static bool is_unseen(const struct lane_run *l)
{
	int64_t last = atomic_load(&l->store->unseen_ns);

	return last && clock_boot_ns() - last < LIVELY_NS;
}

/* Does any target that is shown in full keep from us what it gave back and
 * took again since the last look? Or is it at it? */
static bool must_look_close(const struct lane_run *l)
{
	if (clock_boot_ns() - l->moved_ns < LIVELY_NS || is_unseen(l))
		return true;
	for (unsigned i = 0; i < l->slot_count; i++) {
		const struct target *t;

		if (!l->slots[i].opened)
			continue;
		t = l->slots[i].of->target;
		if (!(atomic_load(&t->counted) &&
		      atomic_load(&t->memory) == MEMORY_WORKS))
			return true;
	}
	return false;
}

/* The same, looking after lanes that may be held. */
static void watch_until(struct lane_run *l, int64_t boot_ns)
{
	for (;;) {
		int64_t again = l->look(l->ctx);

		if (again >= boot_ns || atomic_load(&l->stop))
			break;
		wait_until(l, again, false);
	}
	wait_until(l, boot_ns, false);
}

/* Where all there is was waited for, an endpoint that hangs perhaps, nobody has
 * to wait for the first row as well. Returns when the next is due. */
static int64_t row_at_once(struct lane_run *l)
{
	int64_t now = clock_boot_ns();

	lane_list_update(l);
	lane_read_fast(l);
	l->ticked(l->ctx, false);
	watch_until(l, now + WARM_GRACE_NS);
	store_compose(l->store, now);
	return now + l->store->interval_ns;
}

static void *fast_main(void *arg)
{
	struct lane_run *l = arg;
	int64_t row_ns = l->warm ? row_at_once(l) : clock_boot_ns();
	struct grid grid = grid_make(l->store->interval_ns, row_ns);

	watch_until(l, row_ns);
	while (!atomic_load(&l->stop)) {
		int64_t lost;

		if (grid_makes_row(&grid))
			store_compose(l->store, row_ns);
		l->between = !grid_has_row(&grid);
		row_ns = l->between ? row_ns : grid.next_ns;
		lane_list_update(l);
		lane_read_fast(l);
		if (!l->between || l->moved || is_unseen(l))
			l->ticked(l->ctx, l->between);
		l->moved = false;
		if (!l->between && !grid.make_at) {
			wait_until(l, row_ns + grid.grace_ns, false);
			store_compose(l->store, row_ns);
		}
		lost = grid_advance(&grid, must_look_close(l), clock_boot_ns());
		if (lost)
			say_lost(l, lost);
		watch_until(l, grid.next_ns);
	}
	return NULL;
}

bool lane_turn(struct lane_hand *h)
{
	struct lane_run *l = h->lane;

	if (!lane_read_pass(h))
		return false;
	pthread_mutex_lock(&l->lock);
	l->passed = true;
	pthread_mutex_unlock(&l->lock);
	if (l->lane == LANE_MEMORY) {
		wait_until(l, lane_retry_ns(l, clock_boot_ns() + NS_PER_SEC),
			   true);
		l->between = !atomic_exchange(&l->whole, false);
	} else {
		store_seal(l->store);
		wait_until(l, clock_boot_ns() + SLOW_TURN_NS, true);
	}
	return !atomic_load(&l->stop);
}

static void *finder_main(void *arg)
{
	struct lane_run *l = arg;
	int64_t pause;

	while (!atomic_load(&l->stop)) {
		pause = l->turn(l->ctx, clock_boot_ns());
		wait_until(l, clock_boot_ns() + pause, true);
	}
	return NULL;
}

void lane_init(struct lane_run *l, enum lane lane, struct store *store,
	       struct procfs *fs)
{
	memset(l, 0, sizeof(*l));
	l->lane = lane;
	l->store = store;
	l->fs = fs;
	l->generation = UINT64_MAX;
	pthread_mutex_init(&l->lock, NULL);
	pthread_mutex_init(&l->wake_lock, NULL);
	thread_cond_init(&l->wake);
}

int lane_start(struct lane_run *l, struct err *err)
{
	int rc;

	if (!l->turn && l->lane != LANE_FAST)
		return lane_give_hand(l, err);
	rc = thread_start(&l->thread, l->turn ? finder_main : fast_main, l);
	if (rc)
		return err_sys(err, rc, "cannot start a thread");
	l->started = true;
	return 0;
}

void lane_wake(struct lane_run *l)
{
	pthread_mutex_lock(&l->wake_lock);
	l->wakes++;
	pthread_cond_signal(&l->wake);
	pthread_mutex_unlock(&l->wake_lock);
}

void lane_stop(struct lane_run *l)
{
	atomic_store(&l->stop, true);
	lane_wake(l);
}

/* A thread that is caught in the kernel must not keep the program from ending. */
static bool joined(struct lane_run *l)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += JOIN_NS / NS_PER_SEC;
	if (pthread_timedjoin_np(l->thread, NULL, &until) == 0)
		return true;
	pthread_detach(l->thread);
	atomic_fetch_add(&l->store->lost_lanes, 1);
	return false;
}

bool lane_join(struct lane_run *l)
{
	if (l->started && !joined(l))
		return false;
	l->started = false;
	lane_list_release(l);
	return true;
}

void lane_release(struct lane_run *l)
{
	pthread_cond_destroy(&l->wake);
	pthread_mutex_destroy(&l->wake_lock);
	pthread_mutex_destroy(&l->lock);
}
