/* guard.c - threads that may be held, and what holds them. */
#include "guard.h"

#include "stall.h"
#include "thread.h"

#include <residue/base/clock.h>
#include <residue/base/mem.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Looks at a thread that works: the first soon, for most work is short. */
#define LOOK_NS (100 * NS_PER_MS)
/* What it gets to end in when the program ends, which waits for half a second
 * (lane.c, JOIN_BLOCKING_NS). */
#define END_NS (200 * NS_PER_MS)
#define HALVED 3 /* times at most */

struct guard_work {
	struct guard *guard;
	void (*fn)(void *state, struct guard_work *w);
	void (*drop)(void *state);
	void *state;
	atomic_ullong place;   /* where it is; 0: nowhere that may hold it */
	atomic_llong since_ns; /* CLOCK_BOOTTIME */
	bool done, abandoned;  /* under guard->lock */
};

void guard_init(struct guard *g, int64_t patience_ns, atomic_uint *lost)
{
	*g = (struct guard){.patience_ns = patience_ns, .lost = lost};
	pthread_mutex_init(&g->lock, NULL);
	thread_cond_init(&g->ended);
}

void guard_release(struct guard *g)
{
	pthread_cond_destroy(&g->ended);
	pthread_mutex_destroy(&g->lock);
}

static bool is_aside(const struct guard *g, uint64_t place)
{
	for (unsigned i = 0; i < g->count; i++)
		if (g->aside[i] == place)
			return true;
	return false;
}

static void give_free(struct guard *g, uint64_t place)
{
	for (unsigned i = 0; i < g->count; i++)
		if (g->aside[i] == place) {
			g->aside[i] = g->aside[--g->count];
			return;
		}
}

bool guard_enter(struct guard_work *w, uint64_t place)
{
	bool free_of_it;

	pthread_mutex_lock(&w->guard->lock);
	free_of_it = !w->abandoned && !is_aside(w->guard, place);
	/* The place of one left behind stays: it is given free by that. */
	if (free_of_it) {
		atomic_store(&w->place, place);
		atomic_store(&w->since_ns, clock_boot_ns());
	}
	pthread_mutex_unlock(&w->guard->lock);
	return free_of_it;
}

unsigned guard_aside(struct guard *g, uint64_t *out, unsigned room)
{
	unsigned n;

	pthread_mutex_lock(&g->lock);
	n = g->count;
	memcpy(out, g->aside, (n < room ? n : room) * sizeof(*out));
	pthread_mutex_unlock(&g->lock);
	return n;
}

static void *work_main(void *arg)
{
	struct guard_work *w = arg;
	struct guard *g = w->guard;
	bool abandoned;

	w->fn(w->state, w);
	pthread_mutex_lock(&g->lock);
	abandoned = w->abandoned;
	w->done = true;
	pthread_cond_broadcast(&g->ended); /* others may wait for theirs */
	pthread_mutex_unlock(&g->lock);
	if (!abandoned)
		return NULL; /* the caller has the rest */
	w->drop(w->state);
	pthread_mutex_lock(&g->lock);
	give_free(g, atomic_load(&w->place));
	pthread_mutex_unlock(&g->lock);
	atomic_fetch_sub(g->lost, 1); /* the guard may be gone from here on */
	free(w);
	return NULL;
}

/* Under the lock, which is open meanwhile. */
static void wait_a_look(struct guard *g)
{
	struct timespec until = thread_moment(LOOK_NS);

	pthread_cond_timedwait(&g->ended, &g->lock, &until);
}

/* Under the lock: true when the work is done; else the thread is left. */
static bool wait_for(struct guard_work *w, pthread_t thread,
		     const atomic_bool *stop, uint64_t *held)
{
	struct guard *g = w->guard;
	int64_t stopping_ns = 0;
	int64_t patience_ns = g->patience_ns >> g->in_a_row;
	struct stall stall = {0};

	while (!w->done) {
		int64_t now = clock_boot_ns();
		uint64_t place = atomic_load(&w->place);

		if (place && g->count < GUARD_ASIDE &&
		    stall_look(&stall, now, atomic_load(&w->since_ns),
			       thread_cpu_ns(thread), patience_ns)) {
			*held = place;
			g->aside[g->count++] = place;
			g->in_a_row += g->in_a_row < HALVED;
			return false;
		}
		if (stop && atomic_load(stop)) {
			stopping_ns = stopping_ns ? stopping_ns : now;
			if (now - stopping_ns > END_NS)
				return false;
		}
		wait_a_look(g);
	}
	g->in_a_row = 0;
	return true;
}

bool guard_run(struct guard *g, void (*fn)(void *state, struct guard_work *w),
	       void (*drop)(void *state), void *state, const atomic_bool *stop,
	       uint64_t *held)
{
	struct guard_work *w = mem_zalloc(1, sizeof(*w));
	pthread_t thread;
	bool done;

	*held = 0;
	w->guard = g;
	w->fn = fn;
	w->drop = drop;
	w->state = state;
	if (thread_start(&thread, work_main, w)) {
		fn(state, w);
		free(w);
		return true;
	}
	pthread_mutex_lock(&g->lock);
	done = wait_for(w, thread, stop, held);
	if (!done) {
		w->abandoned = true;
		atomic_fetch_add(g->lost, 1);
	}
	pthread_mutex_unlock(&g->lock);
	if (!done) {
		pthread_detach(thread);
		return false;
	}
	pthread_join(thread, NULL);
	free(w);
	return true;
}
