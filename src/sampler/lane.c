/* lane.c - the threads of blocking sources. */
#include "lane.h"
#include "thread.h"

#include <residue/base/clock.h>
#include <residue/base/mem.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* A source whose open or read fails is tried again after this. */
#define RETRY_NS (5 * NS_PER_SEC)
/* RES that comes or goes between two reads and means something. */
#define MOVE_BYTES (1 << 20)
/* The slow lane looks what is due so often, and when it is asked. */
#define SLOW_TURN_NS (2 * NS_PER_SEC)
/* What a lane gets to end in. */
#define JOIN_SECONDS 2
/* Readings in a row that may make no sense before it is opened anew. */
#define PASSING_FAILURES 10
/* The part of a step that the other lanes have to deliver what belongs to the
 * same row, and its most. Less than a step: what is read between comes later. */
#define GRACE_PERCENT 75
#define GRACE_MOST_NS (200 * NS_PER_MS)

struct chair { /* one source at one target */
	const struct source *source;
	void *state;
	bool open;
	unsigned failures; /* in a row, while open */
	bool never;	/* the target cannot be read this way */
	int64_t due_ns; /* CLOCK_BOOTTIME */
};

struct seat {
	struct target *target;
	struct chair *chairs;
	unsigned count;
	unsigned execs; /* target->execs that the sources are of */
	int64_t rss;	/* fast lane: newest */
};

/* ---- the list of targets -------------------------------------------------- */

static bool wanted(const struct lane_run *l, const struct target *t)
{
	if (t->kind != TARGET_PROCESS)
		return false;
	if (l->lane == LANE_MEMORY && atomic_load(&t->stuck))
		return false;
	/* The list shows RES and the runtime's figures of every process; what
	 * costs more is read for opened targets only. */
	return l->lane != LANE_SLOW || atomic_load(&t->opened);
}

static void sit_down(struct lane_run *l, struct seat *seat, struct target *t)
{
	unsigned n = 0;

	seat->target = t;
	seat->chairs = mem_zalloc(source_count, sizeof(*seat->chairs));
	for (unsigned i = 0; i < source_count; i++) {
		const struct source *src = source_registry[i];

		if (src->lane != l->lane)
			continue;
		seat->chairs[n].source = src;
		seat->chairs[n++].state = mem_zalloc(1, src->state_size);
	}
	seat->count = n;
}

static void close_chair(struct chair *c)
{
	if (c->open && c->source->close)
		c->source->close(c->state);
	c->open = false;
}

/* The process is another program now: nothing found in the old one holds. The
 * fast lane's handle knows by itself; it is who told us. */
static void start_over(struct seat *seat)
{
	for (unsigned i = 0; i < seat->count; i++) {
		close_chair(&seat->chairs[i]);
		seat->chairs[i].never = false;
		seat->chairs[i].due_ns = 0;
	}
}

static void stand_up(struct seat *seat)
{
	for (unsigned i = 0; i < seat->count; i++) {
		close_chair(&seat->chairs[i]);
		free(seat->chairs[i].state);
	}
	free(seat->chairs);
	target_unref(seat->target);
}

/* References to all targets this lane reads, in the store's order. */
static unsigned snapshot_targets(struct lane_run *l, struct target ***out)
{
	struct store *s = l->store;
	struct target **list = mem_alloc(STORE_TARGETS * sizeof(*list));
	unsigned n = 0;

	pthread_mutex_lock(&s->lock);
	l->generation = s->generation;
	for (unsigned i = 0; i < s->count; i++)
		if (wanted(l, s->targets[i]))
			list[n++] = target_ref(s->targets[i]);
	pthread_mutex_unlock(&s->lock);
	*out = list;
	return n;
}

static struct seat *seat_of(struct lane_run *l, const struct target *t)
{
	for (unsigned i = 0; i < l->seat_count; i++)
		if (l->seats[i].target == t)
			return &l->seats[i];
	return NULL;
}

static void bring_up_to_date(struct lane_run *l)
{
	struct target **list;
	struct seat *seats;
	uint64_t generation;
	unsigned n;

	pthread_mutex_lock(&l->store->lock);
	generation = l->store->generation;
	pthread_mutex_unlock(&l->store->lock);
	if (generation == l->generation)
		return;
	n = snapshot_targets(l, &list);
	seats = mem_zalloc(n, sizeof(*seats));
	for (unsigned i = 0; i < n; i++) {
		struct seat *old = seat_of(l, list[i]);

		if (old && old->chairs) {
			seats[i] = *old;
			old->chairs = NULL; /* moved */
			target_unref(list[i]);
		} else
			sit_down(l, &seats[i], list[i]);
	}
	for (unsigned i = 0; i < l->seat_count; i++)
		if (l->seats[i].chairs)
			stand_up(&l->seats[i]);
	free(l->seats);
	free(list);
	l->seats = seats;
	l->seat_count = n;
}

/* ---- reading ------------------------------------------------------------ */

static int64_t rss_of(struct store *s, const struct target *t)
{
	int64_t rss;

	pthread_mutex_lock(&s->lock);
	rss = values_get(&t->state.values, FIELD_RSS, -1);
	pthread_mutex_unlock(&s->lock);
	return rss;
}

/* The net lane waits for this word before it asks an endpoint. */
static void memory_is(struct lane_run *l, struct target *t,
		      enum memory_state state)
{
	if (atomic_exchange(&t->memory, (int)state) != (int)state)
		l->ticked(l->ctx, false);
}

/* From memory: not before it is known that reading it does not block, nor
 * before the endpoint's first profile where one was given. */
bool sites_wanted(const struct store *s, const struct target *t)
{
	return s->memory_lane && t->kind == TARGET_PROCESS &&
	       atomic_load(&t->opened) &&
	       atomic_load(&t->memory) != MEMORY_UNTRIED &&
	       !atomic_load(&t->stuck) &&
	       (!atomic_load(&t->url) || atomic_load(&t->warm_profile));
}

static bool is_sites(const struct lane_run *l, const struct chair *c)
{
	return l->lane == LANE_SLOW && c->source->origin == ORIGIN_PPROF;
}

/* The endpoint gives the runtime's figures: its word on them stands. */
static bool net_delivers(struct store *s, const struct target *t)
{
	const struct origin_state *o = &t->state.origins[ORIGIN_RUNTIME];
	bool does;

	pthread_mutex_lock(&s->lock);
	does = o->ever && o->by != READ_AGENTLESS && o->fail.code == ERR_NONE;
	pthread_mutex_unlock(&s->lock);
	return does;
}

static void store_failure(struct lane_run *l, struct seat *seat,
			  struct chair *c, struct reading *r)
{
	if (is_sites(l, c)) {
		atomic_store(&seat->target->sites, MEMORY_REFUSED);
		/* What the endpoint said of its profile stands. */
		if (atomic_load(&seat->target->url))
			return;
	}
	if (l->lane == LANE_MEMORY && net_delivers(l->store, seat->target))
		return;
	store_reading(l->store, seat->target, r);
}

static void failed(struct lane_run *l, struct seat *seat, struct chair *c,
		   struct reading *r)
{
	r->end_ns = r->end_ns ? r->end_ns : clock_boot_ns();
	if (r->fail.code == ERR_UNSUPPORTED)
		c->never = true;
	if (r->fail.code == ERR_GONE && c->source->origin == ORIGIN_PROC) {
		/* It went before it could be opened. */
		r->fail = (struct err)ERR_INIT;
		r->life = LIFE_EXITED;
	}
	c->due_ns = r->end_ns + RETRY_NS;
	if (c->source->origin == ORIGIN_RUNTIME)
		memory_is(l, seat->target, MEMORY_REFUSED);
	store_failure(l, seat, c, r);
}

/* A reading that makes no sense may do so the next time: a target that
 * allocates without pause outruns some. Anything else begins anew. */
static void read_failed(struct lane_run *l, struct seat *seat, struct chair *c,
			struct reading *r)
{
	bool passing = r->fail.code == ERR_FORMAT ||
		       r->fail.code == ERR_TIMEOUT;

	if ((passing && ++c->failures < PASSING_FAILURES) ||
	    (r->fail.code == ERR_UNSUPPORTED && c->source->period)) {
		r->end_ns = clock_boot_ns();
		c->due_ns = c->source->period ? r->end_ns : 0;
		store_failure(l, seat, c, r);
		return;
	}
	close_chair(c);
	failed(l, seat, c, r);
}

static void drop_docs(struct reading *r)
{
	for (unsigned i = 0; i < READING_DOCS; i++)
		doc_unref(r->docs[i]);
}

/* Between rows the runtime is read only while RES moves: a process at rest is
 * not worth the wake. */
static void watch_move(struct lane_run *l, struct seat *seat,
		       const struct reading *r)
{
	int64_t rss = values_get(&r->values, FIELD_RSS, seat->rss);

	l->moved |= rss - seat->rss >= MOVE_BYTES ||
		    seat->rss - rss >= MOVE_BYTES;
	seat->rss = rss;
}

static void read_chair(struct lane_run *l, struct seat *seat, struct chair *c)
{
	struct source_subject subject = {l->fs, seat->target->proc,
					 &seat->target->opened,
					 l->store->interval_ns,
					 l->store->profile_every_ns};
	struct reading r = {.origin = c->source->origin,
			    .by = c->source->by,
			    .between = l->between,
			    .wall_offset_ns = clock_wall_offset_ns()};

	if (!c->open) {
		int failed_to_open;

		memset(c->state, 0, c->source->state_size);
		r.begin_ns = clock_boot_ns();
		atomic_store(&l->opening, true);
		failed_to_open = c->source->open(c->state, &subject, &r.fail);
		atomic_store(&l->opening, false);
		if (failed_to_open) {
			if (atomic_load(&l->abandoned))
				return;
			failed(l, seat, c, &r);
			return;
		}
		c->open = true;
		r.begin_ns = 0;
	}
	if (c->source->read(c->state, &r, &r.fail)) {
		r.values.known = 0;
		if (atomic_load(&l->abandoned))
			return;
		if (r.fail.code == ERR_NONE)
			err_set(&r.fail, ERR_FORMAT, "%s could not be read",
				c->source->name);
		read_failed(l, seat, c, &r);
		return;
	}
	c->failures = 0;
	if (atomic_load(&l->abandoned)) {
		drop_docs(&r);
		return;
	}
	r.fail = (struct err)ERR_INIT;
	/* A zombie is read on: it is to be seen going. */
	if (r.life == LIFE_EXITED || r.life == LIFE_REUSED)
		c->never = true;
	c->due_ns = c->source->period ? r.end_ns : 0;
	if (l->lane == LANE_FAST)
		watch_move(l, seat, &r);
	if (c->source->origin == ORIGIN_RUNTIME)
		memory_is(l, seat->target, MEMORY_WORKS);
	if (is_sites(l, c))
		atomic_store(&seat->target->sites, MEMORY_WORKS);
	store_reading(l->store, seat->target, &r);
}

/* When this chair is to be read next: a period after the last read. */
static int64_t due(struct lane_run *l, const struct seat *seat,
		   const struct chair *c)
{
	int64_t period;

	if (c->never)
		return INT64_MAX;
	if (!c->open || !c->source->period)
		return c->due_ns;
	period = c->source->period(c->state, rss_of(l->store, seat->target));
	return period == INT64_MAX ? INT64_MAX : c->due_ns + period;
}

/* Take what was asked of this source, if anything. */
static bool asked_for(const struct lane_run *l, struct target *t,
		      const struct chair *c)
{
	if (l->lane != LANE_SLOW)
		return false;
	if (c->source->origin == ORIGIN_SMAPS)
		return atomic_exchange(&t->ask_smaps, false);
	/* An endpoint's profile is what is asked for where there is one. */
	return is_sites(l, c) && !atomic_load(&t->url) &&
	       atomic_exchange(&t->ask_profile, false);
}

/* A due read that would find nothing new is put off by a period. */
static bool nothing_new(struct chair *c, int64_t now_ns)
{
	if (!c->open || !c->source->changed || c->source->changed(c->state))
		return false;
	c->due_ns = now_ns;
	return true;
}

static bool to_be_read(struct lane_run *l, struct seat *seat, struct chair *c,
		       int64_t now_ns)
{
	if (is_sites(l, c) && !sites_wanted(l->store, seat->target))
		return false;
	if (asked_for(l, seat->target, c) && !c->never)
		return true;
	return due(l, seat, c) <= now_ns && !nothing_new(c, now_ns);
}

static void read_all(struct lane_run *l, int64_t now_ns)
{
	for (unsigned i = 0; i < l->seat_count; i++) {
		struct seat *seat = &l->seats[i];
		unsigned execs = atomic_load(&seat->target->execs);

		if (l->between && !atomic_load(&seat->target->opened))
			continue;
		if (execs != seat->execs && l->lane != LANE_FAST)
			start_over(seat);
		seat->execs = execs;
		for (unsigned k = 0; k < seat->count; k++) {
			struct chair *c = &seat->chairs[k];

			if (atomic_load(&l->stop))
				return;
			if (!to_be_read(l, seat, c, now_ns))
				continue;
			atomic_store(&l->busy_ns, clock_boot_ns());
			atomic_store(&l->busy, seat->target);
			read_chair(l, seat, c);
			atomic_store(&l->busy, NULL);
		}
	}
}

/* ---- the threads ---------------------------------------------------------- */

/* Wait until a moment, or to be stopped, or (`wakes`) to be woken. */
static void wait_until(struct lane_run *l, int64_t boot_ns, bool wakes)
{
	int64_t rest = boot_ns - clock_boot_ns();
	struct timespec ts;

	if (rest <= 0)
		return;
	/* Condition variables know no CLOCK_BOOTTIME. */
	clock_gettime(CLOCK_MONOTONIC, &ts);
	rest += ts.tv_nsec;
	ts.tv_sec += rest / NS_PER_SEC;
	ts.tv_nsec = rest % NS_PER_SEC;
	pthread_mutex_lock(&l->wake_lock);
	while (!(wakes && l->wakes) && !atomic_load(&l->stop))
		if (pthread_cond_timedwait(&l->wake, &l->wake_lock, &ts))
			break;
	l->wakes = 0;
	pthread_mutex_unlock(&l->wake_lock);
}

/* Readings a row, for detectors, and the least time between two. */
#define READS_A_ROW	 4
#define BETWEEN_LEAST_NS (100 * NS_PER_MS)

/* The fast lane's grid: steps, of which each `each`th is a tick with a row. */
struct grid {
	int64_t step_ns, next_ns;
	int64_t count; /* steps so far */
	int64_t each;
};

static struct grid grid_make(int64_t interval_ns)
{
	int64_t each = interval_ns / BETWEEN_LEAST_NS;

	each = each < 1 ? 1 : each > READS_A_ROW ? READS_A_ROW : each;
	return (struct grid){interval_ns / each, clock_boot_ns(), 0, each};
}

/* On to the next step that has not passed; returns how many rows were missed. */
static int64_t grid_advance(struct grid *g)
{
	int64_t now = clock_boot_ns(), skip, rows;

	g->count++;
	g->next_ns += g->step_ns;
	if (g->next_ns > now)
		return 0;
	skip = (now - g->next_ns) / g->step_ns + 1;
	/* Multiples of `each` in [count, count + skip). */
	rows = (g->count + skip + g->each - 1) / g->each -
	       (g->count + g->each - 1) / g->each;
	g->count += skip;
	g->next_ns += skip * g->step_ns;
	return rows;
}

static void *fast_main(void *arg)
{
	struct lane_run *l = arg;
	struct grid grid = grid_make(l->store->interval_ns);
	int64_t grace = grid.step_ns * GRACE_PERCENT / 100;

	grace = grace < GRACE_MOST_NS ? grace : GRACE_MOST_NS;
	while (!atomic_load(&l->stop)) {
		int64_t tick = grid.next_ns, lost;

		l->between = grid.count % grid.each != 0;
		bring_up_to_date(l);
		read_all(l, clock_boot_ns());
		if (!l->between || l->moved)
			l->ticked(l->ctx, l->between);
		l->moved = false;
		if (!l->between) {
			wait_until(l, tick + grace, false);
			store_compose(l->store, tick);
		}
		lost = grid_advance(&grid);
		if (lost) { /* stopped or starved: said, not hidden */
			pthread_mutex_lock(&l->store->lock);
			l->store->lost_ticks += (uint64_t)lost;
			pthread_mutex_unlock(&l->store->lock);
			store_toast(l->store, true,
				    "%lld samples were lost: this machine is "
				    "too busy",
				    (long long)lost);
		}
		wait_until(l, grid.next_ns, false);
	}
	return NULL;
}

static void *memory_main(void *arg)
{
	struct lane_run *l = arg;

	while (!atomic_load(&l->stop)) {
		bring_up_to_date(l);
		read_all(l, clock_boot_ns());
		wait_until(l, clock_boot_ns() + NS_PER_SEC, true);
		l->between = !atomic_exchange(&l->whole, false);
	}
	return NULL;
}

/* Alone in the world: nobody joins this thread or knows this lane. */
static void come_back(struct lane_run *l, struct target *was)
{
	struct store *s = l->store;

	if (lane_join(l)) /* not started any more: only its seats go */
		lane_release(l);
	free(l);
	atomic_store(&was->stuck, false);
	target_unref(was);
	pthread_mutex_lock(&s->lock);
	s->generation++;
	pthread_mutex_unlock(&s->lock);
	atomic_fetch_sub(&s->lost_lanes, 1);
}

static void *memory_lane_main(void *arg)
{
	struct lane_run *l = arg;

	memory_main(l);
	if (atomic_load(&l->abandoned))
		come_back(l, l->caught);
	return NULL;
}

static void *slow_main(void *arg)
{
	struct lane_run *l = arg;

	while (!atomic_load(&l->stop)) {
		bring_up_to_date(l);
		read_all(l, clock_boot_ns());
		store_seal(l->store);
		if (l->turn)
			l->turn(l->ctx, clock_boot_ns());
		wait_until(l, clock_boot_ns() + SLOW_TURN_NS, true);
	}
	return NULL;
}

void lane_init(struct lane_run *l, enum lane lane, struct store *store,
	       struct procfs *fs)
{
	pthread_condattr_t attr;

	memset(l, 0, sizeof(*l));
	l->lane = lane;
	l->store = store;
	l->fs = fs;
	l->generation = UINT64_MAX;
	pthread_mutex_init(&l->wake_lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&l->wake, &attr);
	pthread_condattr_destroy(&attr);
}

int lane_start(struct lane_run *l, struct err *err)
{
	void *(*entry)(void *) = l->lane == LANE_FAST	  ? fast_main
				 : l->lane == LANE_MEMORY ? memory_lane_main
							  : slow_main;
	int rc = thread_start(&l->thread, entry, l);

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
	until.tv_sec += JOIN_SECONDS;
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
	for (unsigned i = 0; i < l->seat_count; i++)
		stand_up(&l->seats[i]);
	free(l->seats);
	l->seats = NULL;
	l->seat_count = 0;
	return true;
}

void lane_release(struct lane_run *l)
{
	pthread_cond_destroy(&l->wake);
	pthread_mutex_destroy(&l->wake_lock);
}

/* ---- the memory lane's watchdog ----------------------------------------- */

#define CAUGHT_NS NS_PER_SEC
/* Finding the runtime in a large program on a cold disk takes its time. */
#define CAUGHT_OPENING_NS (5 * NS_PER_SEC)

struct lane_run *memory_lane_new(struct store *store, struct procfs *fs,
				 void (*ticked)(void *ctx, bool between),
				 void *ctx)
{
	struct lane_run *l = mem_alloc(sizeof(*l));

	lane_init(l, LANE_MEMORY, store, fs);
	l->ticked = ticked;
	l->ctx = ctx;
	return l;
}

static void say_stuck(struct store *s, struct target *t)
{
	struct reading r = {.origin = ORIGIN_RUNTIME,
			    .by = READ_AGENTLESS,
			    .end_ns = clock_boot_ns(),
			    .wall_offset_ns = clock_wall_offset_ns()};

	err_set(&r.fail, ERR_TIMEOUT,
		"reading its memory blocks in the kernel (a page on a slow "
		"disk, a frozen filesystem or userfaultfd): set aside until "
		"it comes back");
	store_reading(s, t, &r);
}

/* From here on the lane is its thread's own; takes the reference to `t`. */
static void abandon(struct lane_run *l, struct target *t)
{
	bool ending = atomic_load(&l->stop);

	atomic_fetch_add(&l->store->lost_lanes, 1);
	l->caught = t;
	atomic_store(&t->stuck, true);
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

void memory_lane_watch(struct lane_run **lane)
{
	struct lane_run *l = *lane;
	struct lane_run *next;
	struct store *s = l->store;
	struct target *t;

	if (!l->started && lane_start(l, NULL))
		return; /* no thread to be had: at the next tick again */
	if (!atomic_load(&l->busy) ||
	    clock_boot_ns() - atomic_load(&l->busy_ns) <
		    (atomic_load(&l->opening) ? CAUGHT_OPENING_NS : CAUGHT_NS))
		return;
	t = caught_by(l);
	if (!t)
		return;
	next = memory_lane_new(s, l->fs, l->ticked, l->ctx);
	/* Stuck first: others take its memory up as soon as it is refused. */
	atomic_store(&t->stuck, true);
	memory_is(l, t, MEMORY_REFUSED);
	say_stuck(s, t);
	abandon(l, t);
	*lane = next;
	if (lane_start(next, NULL))
		store_toast(s, true, "no thread to read memory with");
}

unsigned memory_lanes_lost(const struct store *store)
{
	return atomic_load(&store->lost_lanes);
}

void memory_lane_end(struct lane_run *l)
{
	struct target *t;

	if (!l)
		return;
	lane_stop(l);
	for (unsigned ms = 0; l->started && atomic_load(&l->busy) && ms < 500;
	     ms++) {
		const struct timespec pause = {0, NS_PER_MS};

		nanosleep(&pause, NULL);
	}
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
