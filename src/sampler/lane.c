/* lane.c - the threads of blocking sources. */
#include "lane.h"

#include "grid.h"
#include "thread.h"
#include "watchdog.h"

#include <residue/base/clock.h>
#include <residue/base/mem.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* After RES has moved by so much at once, half of the least event, it is looked
 * at closely for so long. One that grows slowly is not worth it. */
#define LIVELY_BYTES (8 << 20)
#define LIVELY_NS    (5 * NS_PER_SEC)
/* A source whose open or read fails is tried again after this. */
#define RETRY_NS (5 * NS_PER_SEC)
/* The slow lane looks what is due so often, and when it is asked. */
#define SLOW_TURN_NS (2 * NS_PER_SEC)
/* smaps_rollup, where its figures no longer explain what is there, and nothing
 * else would: this long after the last. */
#define SMAPS_WANTED_NS (2 * NS_PER_SEC)
/* What a lane gets to end in. One that may block has nothing to lose. */
#define JOIN_NS		 (2 * NS_PER_SEC)
#define JOIN_BLOCKING_NS (500 * NS_PER_MS)
/* Readings in a row that may make no sense before it is opened anew. */
#define PASSING_FAILURES 10
/* A process that is only in the list and has been still for so many rows is
 * looked at for every other row. */
#define STILL_ROWS 10

struct lane_source { /* one source at one target */
	const struct source *source;
	void *state;
	bool open;
	unsigned failures; /* in a row, while open */
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
	struct lane_source *sources;
	unsigned count;
	unsigned execs; /* target->execs that the sources are of */
	/* Fast lane: the last look since its reading at which there was nothing
	 * new; 0: none. */
	int64_t rested_ns;
};

/* ---- the list of targets -------------------------------------------------- */

static bool wanted(const struct lane_run *l, const struct target *t)
{
	if (t->kind != TARGET_PROCESS)
		return false;
	if (l->lane == LANE_MEMORY && atomic_load(&t->stuck))
		return false;
	if (l->lane == LANE_SLOW && atomic_load(&t->slow_stuck))
		return false;
	/* The list shows RES and the runtime's figures of every process; what
	 * costs more is read for opened targets only. */
	return l->lane != LANE_SLOW || atomic_load(&t->opened);
}

static void lane_target_init(struct lane_run *l, struct lane_target *lt,
			     struct target *t)
{
	unsigned n = 0;

	lt->target = t;
	lt->sources = mem_zalloc(source_count, sizeof(*lt->sources));
	for (unsigned i = 0; i < source_count; i++) {
		const struct source *src = source_registry[i];

		if (src->lane != l->lane)
			continue;
		lt->sources[n].source = src;
		lt->sources[n++].state = mem_zalloc(1, src->state_size);
	}
	lt->count = n;
}

static void close_source(struct lane_source *ls)
{
	if (ls->open && ls->source->close)
		ls->source->close(ls->state);
	ls->open = false;
}

/* The process is another program now: nothing found in the old one holds. The
 * fast lane's handle knows by itself; it is who told us. */
static void start_over(struct lane_target *lt)
{
	for (unsigned i = 0; i < lt->count; i++) {
		close_source(&lt->sources[i]);
		lt->sources[i].never = false;
		lt->sources[i].due_ns = lt->sources[i].rest_ns = 0;
	}
}

static void lane_target_release(struct lane_target *lt)
{
	for (unsigned i = 0; i < lt->count; i++) {
		close_source(&lt->sources[i]);
		free(lt->sources[i].state);
	}
	free(lt->sources);
	target_unref(lt->target);
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

static struct lane_target *lane_target_of(struct lane_run *l,
					  const struct target *t)
{
	for (unsigned i = 0; i < l->target_count; i++)
		if (l->targets[i].target == t)
			return &l->targets[i];
	return NULL;
}

static void bring_up_to_date(struct lane_run *l)
{
	struct target **list;
	struct lane_target *targets;
	uint64_t generation;
	unsigned n;

	pthread_mutex_lock(&l->store->lock);
	generation = l->store->generation;
	pthread_mutex_unlock(&l->store->lock);
	if (generation == l->generation)
		return;
	n = snapshot_targets(l, &list);
	targets = mem_zalloc(n, sizeof(*targets));
	for (unsigned i = 0; i < n; i++) {
		struct lane_target *old = lane_target_of(l, list[i]);

		if (old && old->sources) {
			targets[i] = *old;
			old->sources = NULL; /* moved */
			target_unref(list[i]);
		} else
			lane_target_init(l, &targets[i], list[i]);
	}
	for (unsigned i = 0; i < l->target_count; i++)
		if (l->targets[i].sources)
			lane_target_release(&l->targets[i]);
	free(l->targets);
	free(list);
	l->targets = targets;
	l->target_count = n;
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
void memory_is(struct lane_run *l, struct target *t, enum memory_state state)
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

static bool is_sites(const struct lane_run *l, const struct lane_source *ls)
{
	return l->lane == LANE_SLOW && ls->source->origin == ORIGIN_PPROF;
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

static void store_failure(struct lane_run *l, struct lane_target *lt,
			  struct lane_source *ls, struct reading *r)
{
	if (is_sites(l, ls)) {
		atomic_store(&lt->target->sites, MEMORY_REFUSED);
		/* What the endpoint said of its profile stands. */
		if (atomic_load(&lt->target->url))
			return;
	}
	if (l->lane == LANE_MEMORY && net_delivers(l->store, lt->target))
		return;
	store_reading(l->store, lt->target, r);
}

static void failed(struct lane_run *l, struct lane_target *lt,
		   struct lane_source *ls, struct reading *r)
{
	r->end_ns = r->end_ns ? r->end_ns : clock_boot_ns();
	if (r->fail.code == ERR_UNSUPPORTED)
		ls->never = true;
	if (r->fail.code == ERR_GONE && ls->source->origin == ORIGIN_PROC) {
		/* It went before it could be opened. */
		r->fail = (struct err)ERR_INIT;
		r->life = LIFE_EXITED;
	}
	ls->due_ns = r->end_ns + RETRY_NS;
	if (ls->source->origin == ORIGIN_RUNTIME)
		memory_is(l, lt->target, MEMORY_REFUSED);
	store_failure(l, lt, ls, r);
}

/* A reading that makes no sense may do so the next time: a target that
 * allocates without pause outruns some. Anything else begins anew. */
static void read_failed(struct lane_run *l, struct lane_target *lt,
			struct lane_source *ls, struct reading *r)
{
	bool passing =
		r->fail.code == ERR_FORMAT || r->fail.code == ERR_TIMEOUT;

	if ((passing && ++ls->failures < PASSING_FAILURES) ||
	    (r->fail.code == ERR_UNSUPPORTED && ls->source->period)) {
		r->end_ns = clock_boot_ns();
		ls->due_ns = ls->source->period ? r->end_ns : 0;
		store_failure(l, lt, ls, r);
		return;
	}
	close_source(ls);
	failed(l, lt, ls, r);
}

static void drop_docs(struct reading *r)
{
	for (unsigned i = 0; i < READING_DOCS; i++)
		doc_unref(r->docs[i]);
}

/* RES at the last look, which found nothing new and stored nothing: before a
 * reading that differs from it, the detectors need to know how long it stood. */
static void store_rest(struct lane_run *l, struct lane_target *lt,
		       const struct lane_source *ls)
{
	struct reading rest = {.origin = ls->source->origin,
			       .by = ls->source->by,
			       .life = LIFE_ALIVE,
			       .begin_ns = lt->rested_ns,
			       .end_ns = lt->rested_ns,
			       .wall_offset_ns = clock_wall_offset_ns(),
			       .between = true,
			       .values = ls->last};

	if (!lt->rested_ns)
		return;
	store_reading(l->store, lt->target, &rest);
}

/* Between rows the runtime is read only while RES moves: a process at rest is
 * not worth the wake. */
static void watch_move(struct lane_run *l, struct lane_target *lt,
		       const struct lane_source *ls, const struct reading *r)
{
	int64_t moved = values_get(&r->values, FIELD_RSS, 0) -
			values_get(&ls->last, FIELD_RSS, 0);

	if (r->life == LIFE_ALIVE &&
	    (moved >= RSS_MOVED || -moved >= RSS_MOVED))
		store_rest(l, lt, ls);
	if (moved >= LIVELY_BYTES || -moved >= LIVELY_BYTES)
		l->moved_ns = r->end_ns;
	l->moved |= l->between;
	lt->rested_ns = 0;
}

/* Put off the next look at what has not moved for long. */
static void rest(const struct lane_run *l, const struct lane_target *lt,
		 struct lane_source *ls, int64_t now_ns)
{
	/* Not all in the same tick. */
	unsigned enough = STILL_ROWS + (unsigned)lt->target->proc.pid % 2;

	if (++ls->still >= enough)
		ls->rest_ns = now_ns + l->store->interval_ns * 3 / 2;
}

/* A whole reading, which may say the same as the last. */
static void note_rest(const struct lane_run *l, const struct lane_target *lt,
		      struct lane_source *ls, const struct reading *r)
{
	bool same = r->life == LIFE_ALIVE &&
		    !memcmp(&ls->last, &r->values, sizeof(ls->last));

	ls->last = r->values;
	if (r->life != LIFE_ALIVE) /* said once; nothing to go by */
		ls->last.known = 0;
	if (same && !l->between)
		rest(l, lt, ls, r->end_ns);
	else if (!same)
		ls->still = 0;
}

static void read_source(struct lane_run *l, struct lane_target *lt,
			struct lane_source *ls)
{
	struct source_subject subject = {
		l->fs, lt->target->proc, &lt->target->opened,
		l->store->interval_ns, l->store->profile_every_ns};
	struct reading r = {.origin = ls->source->origin,
			    .by = ls->source->by,
			    .between = l->between,
			    .wall_offset_ns = clock_wall_offset_ns()};

	if (!ls->open) {
		int failed_to_open;

		memset(ls->state, 0, ls->source->state_size);
		r.begin_ns = clock_boot_ns();
		atomic_store(&l->opening, true);
		failed_to_open = ls->source->open(ls->state, &subject, &r.fail);
		atomic_store(&l->opening, false);
		if (failed_to_open) {
			if (atomic_load(&l->abandoned))
				return;
			failed(l, lt, ls, &r);
			return;
		}
		ls->open = true;
		r.begin_ns = 0;
	}
	if (ls->source->read(ls->state, &r, &r.fail)) {
		r.values.known = 0;
		if (atomic_load(&l->abandoned))
			return;
		if (r.fail.code == ERR_NONE)
			err_set(&r.fail, ERR_FORMAT, "%s could not be read",
				ls->source->name);
		read_failed(l, lt, ls, &r);
		return;
	}
	ls->failures = 0;
	if (atomic_load(&l->abandoned)) {
		drop_docs(&r);
		return;
	}
	r.fail = (struct err)ERR_INIT;
	/* A zombie is read on: it is to be seen going. */
	if (r.life == LIFE_EXITED || r.life == LIFE_REUSED)
		ls->never = true;
	ls->due_ns = ls->source->period ? r.end_ns : 0;
	if (l->lane == LANE_FAST)
		watch_move(l, lt, ls, &r);
	if (l->lane != LANE_SLOW)
		note_rest(l, lt, ls, &r);
	if (ls->source->origin == ORIGIN_RUNTIME) {
		atomic_store(&lt->target->counted,
			     values_has(&r.values, FIELD_RELEASED_EAGER));
		memory_is(l, lt->target, MEMORY_WORKS);
	}
	if (is_sites(l, ls))
		atomic_store(&lt->target->sites, MEMORY_WORKS);
	store_reading(l->store, lt->target, &r);
}

/* When this source is to be read next: a period after the last read. */
static int64_t due(struct lane_run *l, const struct lane_target *lt,
		   const struct lane_source *ls)
{
	int64_t period;

	if (ls->never)
		return INT64_MAX;
	if (!ls->open || !ls->source->period)
		return ls->due_ns;
	period = ls->source->period(ls->state, rss_of(l->store, lt->target));
	/* What may be read unasked costs 10 ms at most: half a per cent. */
	if (ls->source->origin == ORIGIN_SMAPS && period > SMAPS_WANTED_NS &&
	    period != INT64_MAX && atomic_load(&lt->target->want_smaps))
		period = SMAPS_WANTED_NS;
	return period == INT64_MAX ? INT64_MAX : ls->due_ns + period;
}

/* Take what was asked of this source, if anything. */
static bool asked_for(const struct lane_run *l, struct target *t,
		      const struct lane_source *ls)
{
	if (l->lane != LANE_SLOW)
		return false;
	if (ls->source->origin == ORIGIN_SMAPS)
		return atomic_exchange(&t->ask_smaps, false);
	/* An endpoint's profile is what is asked for where there is one. */
	return is_sites(l, ls) && !atomic_load(&t->url) &&
	       atomic_exchange(&t->ask_profile, false);
}

/* A due read that would find nothing new is put off by a period; in the fast
 * lane the figures stand as they were. Rows of targets that are shown in full
 * have readings of their own in any case. */
static bool nothing_new(struct lane_run *l, struct lane_target *lt,
			struct lane_source *ls, int64_t now_ns)
{
	bool fast = l->lane == LANE_FAST;

	if (!ls->open || !ls->source->changed)
		return false;
	if (fast && (!ls->last.known ||
		     (!l->between && atomic_load(&lt->target->opened))))
		return false;
	if (ls->source->changed(ls->state))
		return false;
	ls->due_ns = now_ns;
	if (fast)
		lt->rested_ns = now_ns;
	if (l->lane != LANE_SLOW && !l->between) {
		store_still(l->store, lt->target, ls->source->origin);
		rest(l, lt, ls, now_ns);
	}
	return true;
}

static bool to_be_read(struct lane_run *l, struct lane_target *lt,
		       struct lane_source *ls, int64_t now_ns)
{
	if (is_sites(l, ls) && !sites_wanted(l->store, lt->target))
		return false;
	if (asked_for(l, lt->target, ls) && !ls->never)
		return true;
	if (now_ns < ls->rest_ns && !atomic_load(&lt->target->opened))
		return false;
	return due(l, lt, ls) <= now_ns && !nothing_new(l, lt, ls, now_ns);
}

static void read_all(struct lane_run *l, int64_t now_ns)
{
	for (unsigned i = 0; i < l->target_count; i++) {
		struct lane_target *lt = &l->targets[i];
		unsigned execs = atomic_load(&lt->target->execs);

		if (l->between && !atomic_load(&lt->target->opened))
			continue;
		if (execs != lt->execs && l->lane != LANE_FAST)
			start_over(lt);
		lt->execs = execs;
		for (unsigned k = 0; k < lt->count; k++) {
			struct lane_source *ls = &lt->sources[k];

			if (atomic_load(&l->stop))
				return;
			atomic_store(&l->busy_ns, clock_boot_ns());
			atomic_store(&l->busy_origin, ls->source->origin);
			atomic_store(&l->busy, lt->target);
			if (to_be_read(l, lt, ls, now_ns))
				read_source(l, lt, ls);
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

/* Does any target that is shown in full keep from us what it gave back and
 * took again since the last look? Or is it at it? */
static bool must_look_close(const struct lane_run *l)
{
	if (clock_boot_ns() - l->moved_ns < LIVELY_NS)
		return true;
	for (unsigned i = 0; i < l->target_count; i++) {
		struct target *t = l->targets[i].target;

		if (atomic_load(&t->opened) &&
		    !(atomic_load(&t->counted) &&
		      atomic_load(&t->memory) == MEMORY_WORKS))
			return true;
	}
	return false;
}

static void *fast_main(void *arg)
{
	struct lane_run *l = arg;
	struct grid grid = grid_make(l->store->interval_ns, clock_boot_ns());
	int64_t row_ns = grid.next_ns;

	while (!atomic_load(&l->stop)) {
		int64_t lost;

		if (grid_makes_row(&grid))
			store_compose(l->store, row_ns);
		l->between = !grid_has_row(&grid);
		row_ns = l->between ? row_ns : grid.next_ns;
		bring_up_to_date(l);
		read_all(l, clock_boot_ns());
		if (!l->between || l->moved)
			l->ticked(l->ctx, l->between);
		l->moved = false;
		if (!l->between && !grid.make_at) {
			wait_until(l, row_ns + grid.grace_ns, false);
			store_compose(l->store, row_ns);
		}
		lost = grid_advance(&grid, must_look_close(l), clock_boot_ns());
		if (lost)
			say_lost(l, lost);
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
	lane_come_back(l);
	return NULL;
}

static void *slow_main(void *arg)
{
	struct lane_run *l = arg;

	while (!atomic_load(&l->stop)) {
		bring_up_to_date(l);
		read_all(l, clock_boot_ns());
		store_seal(l->store);
		wait_until(l, clock_boot_ns() + SLOW_TURN_NS, true);
	}
	lane_come_back(l);
	return NULL;
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
	void *(*entry)(void *) = l->turn		  ? finder_main
				 : l->lane == LANE_FAST	  ? fast_main
				 : l->lane == LANE_MEMORY ? memory_main
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
	int64_t most = l->lane == LANE_FAST ? JOIN_NS : JOIN_BLOCKING_NS;
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += (until.tv_nsec + most) / NS_PER_SEC;
	until.tv_nsec = (until.tv_nsec + most) % NS_PER_SEC;
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
	for (unsigned i = 0; i < l->target_count; i++)
		lane_target_release(&l->targets[i]);
	free(l->targets);
	l->targets = NULL;
	l->target_count = 0;
	return true;
}

void lane_release(struct lane_run *l)
{
	pthread_cond_destroy(&l->wake);
	pthread_mutex_destroy(&l->wake_lock);
}
