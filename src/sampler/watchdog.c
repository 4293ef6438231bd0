/* watchdog.c - lanes' hands, and those that the kernel holds on to. */
#include "watchdog.h"

#include "lane_read.h"
#include "thread.h"

#include <residue/base/clock.h>
#include <residue/base/mem.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* What a hand that reads gets to end in. */
#define END_MS 500

/*
 * Reading memory takes microseconds, smaps_rollup of a large process its time;
 * opening reads files, which may be on a slow disk. All of these are of a hand
 * that sleeps and makes no progress, but `slow`.
 */
struct patience {
	int64_t look;	 /* between two looks at a hand that reads */
	int64_t hand;	 /* then another has the lane */
	int64_t slow;	 /* also where it does make progress */
	int64_t say;	 /* then the target is said to be stuck, */
	int64_t opening; /* ... when it is being opened */
};

static const struct patience memory_lane = {
	.look = 5 * NS_PER_MS,
	.hand = 5 * NS_PER_MS,
	.slow = 500 * NS_PER_MS,
	.say = 250 * NS_PER_MS,
	.opening = NS_PER_SEC,
};

static const struct patience slow_lane = {
	.look = 500 * NS_PER_MS,
	.hand = NS_PER_SEC,
	.slow = 5 * NS_PER_SEC,
	.say = 5 * NS_PER_SEC,
	.opening = 5 * NS_PER_SEC,
};

static const struct patience *patience_of(const struct lane_run *l)
{
	return l->lane == LANE_MEMORY ? &memory_lane : &slow_lane;
}

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

static void lane_free(struct lane_run *l)
{
	lane_list_release(l);
	lane_release(l);
	free(l);
}

/* ---- a hand --------------------------------------------------------------- */

static atomic_bool *stuck_flag(const struct lane_run *l, struct target *t)
{
	return l->lane == LANE_MEMORY ? &t->stuck : &t->slow_stuck;
}

void hand_takes(struct lane_hand *h, struct lane_target *lt)
{
	h->target = lt;
	lt->taken = true;
}

bool hand_gives(struct lane_hand *h)
{
	struct lane_run *l = h->lane;
	struct lane_target *lt = h->target;
	bool ours, dropped;

	pthread_mutex_lock(&l->lock);
	if (h->said)
		atomic_store(stuck_flag(l, lt->target), false);
	h->said = false;
	h->target = NULL;
	lt->taken = false;
	dropped = lt->dropped;
	ours = l->hand == h;
	pthread_mutex_unlock(&l->lock);
	if (dropped)
		lane_target_free(lt);
	return ours;
}

/* The last that a hand does which was left behind: nobody joins it. */
static void end_left(struct lane_hand *h)
{
	struct lane_run *l = h->lane;
	struct store *s = l->store;
	struct lane_hand **at;
	bool last;

	pthread_mutex_lock(&l->lock);
	for (at = &l->left; *at != h; at = &(*at)->next)
		;
	*at = h->next;
	l->left_count--;
	last = l->ended && !l->left;
	pthread_mutex_unlock(&l->lock);
	if (last)
		lane_free(l);
	free(h);
	atomic_fetch_sub(&s->lost_lanes, 1);
}

static void *hand_main(void *arg)
{
	struct lane_hand *h = arg;
	struct lane_run *l = h->lane;
	bool ours;

	atomic_store(&h->tid, (int)gettid());
	while (lane_turn(h))
		;
	pthread_mutex_lock(&l->lock);
	ours = l->hand == h;
	pthread_mutex_unlock(&l->lock);
	if (!ours) /* else it is waited for */
		end_left(h);
	return NULL;
}

/* Under the lane's lock. 0, or an errno. */
static int new_hand(struct lane_run *l)
{
	struct lane_hand *h = mem_zalloc(1, sizeof(*h));
	int rc;

	h->lane = l;
	rc = thread_start(&h->thread, hand_main, h);
	if (rc)
		free(h);
	else
		l->hand = h;
	return rc;
}

int lane_give_hand(struct lane_run *l, struct err *err)
{
	int rc;

	pthread_mutex_lock(&l->lock);
	rc = new_hand(l);
	pthread_mutex_unlock(&l->lock);
	return rc ? err_sys(err, rc, "cannot start a thread") : 0;
}

/* Under the lock: it goes on with what it has, and ends by itself. */
static void leave(struct lane_run *l, struct lane_hand *h)
{
	pthread_detach(h->thread);
	h->next = l->left;
	l->left = h;
	l->left_count++;
	atomic_fetch_add(&l->store->lost_lanes, 1);
}

/* ---- looking at them ------------------------------------------------------ */

/* It waits in the kernel, not for a processor; or that is not to be seen. */
static bool sleeps(const struct lane_hand *h)
{
	char path[48], text[256];
	const char *state;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat",
		 atomic_load(&h->tid));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return true;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	/* "TID (NAME) STATE ..." */
	state = strrchr(text, ')');
	return !state || state[1] == '\0' || strchr("SD", state[2]);
}

static const char *thing_of(enum origin origin)
{
	switch (origin) {
	case ORIGIN_SMAPS:
		return "smaps_rollup";
	case ORIGIN_CGROUP:
		return "cgroup";
	default:
		return "memory";
	}
}

static void stuck_text(const struct lane_hand *h, bool held, struct err *out)
{
	enum origin origin = (enum origin)atomic_load(&h->origin);
	const char *thing = thing_of(origin);
	bool memory = origin != ORIGIN_SMAPS && origin != ORIGIN_CGROUP;
	int pid = (int)h->target->target->proc.pid;

	if (held)
		err_set(out, ERR_TIMEOUT,
			"process %d: reading its %s blocks in the kernel%s: "
			"set aside until it comes back",
			pid, thing,
			memory ? " (a page on a slow disk, a frozen filesystem "
				 "or userfaultfd)"
			       : "");
	else
		err_set(out, ERR_TIMEOUT,
			"process %d: reading its %s takes long (a slow disk, "
			"or a machine that is too busy): set aside until it "
			"comes back",
			pid, thing);
}

/* Under the lock, which keeps the hand from letting go of it meanwhile. */
static void say_stuck(struct lane_run *l, struct lane_hand *h, bool held)
{
	enum origin origin = (enum origin)atomic_load(&h->origin);
	struct target *t = h->target->target;
	struct reading r = {.origin = origin,
			    .by = origin == ORIGIN_RUNTIME ? READ_AGENTLESS
							   : READ_NONE,
			    .end_ns = clock_boot_ns(),
			    .wall_offset_ns = clock_wall_offset_ns()};

	h->said = true;
	stuck_text(h, held, &r.fail);
	/* Stuck first: others take its memory up as soon as it is refused. */
	atomic_store(stuck_flag(l, t), true);
	if (l->lane == LANE_MEMORY)
		memory_is(l, t, MEMORY_REFUSED);
	if (!atomic_load(&t->opened))
		store_note(l->store, t->proc.pid, r.fail.msg);
	store_reading(l->store, t, &r);
}

/* Under the lock. */
static void look_at(struct lane_run *l, struct lane_hand *h)
{
	const struct patience *p = patience_of(l);
	int64_t now = clock_boot_ns(), work = atomic_load(&h->busy_ns);
	int64_t most = atomic_load(&h->opening) ? p->opening : p->say;
	int64_t cpu = work ? thread_cpu_ns(h->thread) : 0;

	/* What waits for a processor gets on, as far as it is concerned. */
	if (work && work == h->stall.work_ns && cpu == h->stall.cpu_ns &&
	    !sleeps(h))
		cpu = now;
	if (stall_look(&h->stall, now, work, cpu, most) && work && h->target &&
	    !h->said)
		say_stuck(l, h, h->stall.held_ns >= most);
}

/* Those that are left behind: they keep nobody waiting. When the next look is
 * wanted. */
static int64_t look_at_left(struct lane_run *l)
{
	int64_t every = patience_of(l)->say / 5, next = INT64_MAX;

	for (struct lane_hand *h = l->left; h; h = h->next) {
		if (h->said)
			continue;
		if (clock_boot_ns() - h->stall.seen_ns >= every)
			look_at(l, h);
		if (!h->said && h->stall.seen_ns + every < next)
			next = h->stall.seen_ns + every;
	}
	return next;
}

/* Has the hand whose lane it is had enough time for what it reads? */
static bool keeps_others_waiting(const struct lane_run *l)
{
	const struct patience *p = patience_of(l);
	const struct lane_hand *h = l->hand;

	return h->target && h->stall.work_ns &&
	       (h->stall.held_ns >= p->hand || h->stall.took_ns >= p->slow);
}

int64_t lane_watch(struct lane_run *l)
{
	struct lane_hand *was;
	int64_t next;

	if (!l)
		return INT64_MAX;
	pthread_mutex_lock(&l->lock);
	next = look_at_left(l);
	was = l->hand;
	if (was)
		look_at(l, was);
	if (!was || (keeps_others_waiting(l) && l->left_count < LEFT_MOST)) {
		/* No thread to be had: with the next look again. */
		if (new_hand(l) == 0 && was)
			leave(l, was);
		was = NULL;
	}
	if (!was || !l->passed || atomic_load(&was->busy_ns))
		next = clock_boot_ns() + patience_of(l)->look;
	pthread_mutex_unlock(&l->lock);
	return next;
}

/* ---- the end -------------------------------------------------------------- */

unsigned lanes_lost(const struct store *store)
{
	return atomic_load(&store->lost_lanes);
}

void lane_end(struct lane_run *l)
{
	const struct timespec pause = {0, NS_PER_MS};
	struct lane_hand *h;
	bool held, last;

	if (!l)
		return;
	lane_stop(l);
	h = l->hand;
	for (unsigned ms = 0; h && atomic_load(&h->busy_ns) && ms < END_MS;
	     ms++)
		nanosleep(&pause, NULL);
	pthread_mutex_lock(&l->lock);
	held = h && h->target && atomic_load(&h->busy_ns);
	if (held) {
		l->hand = NULL;
		leave(l, h);
	}
	pthread_mutex_unlock(&l->lock);
	/* It takes nothing any more: it ends soon. */
	if (h && !held) {
		pthread_join(h->thread, NULL);
		free(h);
	}
	pthread_mutex_lock(&l->lock);
	l->ended = true;
	last = !l->left;
	pthread_mutex_unlock(&l->lock);
	if (last)
		lane_free(l);
}
