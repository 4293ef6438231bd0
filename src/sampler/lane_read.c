/* lane_read.c - a lane's targets, and what is read of them when. */
#include "lane_read.h"

#include "watchdog.h"

#include <residue/base/clock.h>
#include <residue/base/mem.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* After RES has moved by so much at once, half of the least event, it is looked
 * at closely for so long: see lane.c. One that grows slowly is not worth it. */
#define LIVELY_BYTES (8 << 20)
/* A source whose open or read fails is tried again after this. What makes no
 * sense is tried after twice as long each time; but a process that is so young
 * may have been caught while it started. */
#define RETRY_NS       (5 * NS_PER_SEC)
#define RETRY_MOST_NS  (300 * NS_PER_SEC)
#define YOUNG_NS       (10 * NS_PER_SEC)
#define RETRY_YOUNG_NS (500 * NS_PER_MS)
/* One part of the time, at most, goes into tries that fail. */
#define RETRY_SHARE 20
/* smaps_rollup, where its figures no longer explain what is there, and nothing
 * else would: this long after the last. */
#define SMAPS_WANTED_NS (2 * NS_PER_SEC)
/* Readings in a row that may make no sense before it is opened anew. */
#define PASSING_FAILURES 10
/* A process that is only in the list and has been still for so many rows is
 * looked at for every other row. */
#define STILL_ROWS 10

/* One turn of a thread's reading. */
struct turn {
	struct lane_run *lane;
	struct lane_hand *hand; /* NULL: the fast lane, which is not held */
	bool between;		/* rows */
	int64_t now_ns;
};

/* ---- the list of targets -------------------------------------------------- */

static bool wanted(const struct lane_run *l, const struct target *t)
{
	if (t->kind != TARGET_PROCESS)
		return false;
	/* The list shows RES and the runtime's figures of every process; what
	 * costs more is read for opened targets only. */
	return l->lane != LANE_SLOW || atomic_load(&t->opened);
}

static struct lane_target *lane_target_new(struct lane_run *l, struct target *t)
{
	struct lane_target *lt = mem_zalloc(
		1, sizeof(*lt) + source_count * sizeof(lt->sources[0]));
	unsigned n = 0;

	lt->target = t;
	for (unsigned i = 0; i < source_count; i++) {
		const struct source *src = source_registry[i];

		if (src->lane != l->lane)
			continue;
		lt->sources[n].source = src;
		lt->sources[n++].state = mem_zalloc(1, src->state_size);
	}
	lt->count = n;
	return lt;
}

static void close_source(struct lane_source *ls)
{
	if (ls->open && ls->source->close)
		ls->source->close(ls->state);
	/* What was learnt of the one before is not true of the next. */
	memset(ls->state, 0, ls->source->state_size);
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
		lt->sources[i].refusals = lt->sources[i].failures = 0;
	}
}

void lane_target_free(struct lane_target *lt)
{
	for (unsigned i = 0; i < lt->count; i++) {
		close_source(&lt->sources[i]);
		free(lt->sources[i].state);
	}
	target_unref(lt->target);
	free(lt);
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

/* Out of the list, or NULL. */
static struct lane_target *take_out(struct lane_run *l, const struct target *t)
{
	for (unsigned i = 0; i < l->slot_count; i++) {
		struct lane_target *lt = l->slots[i].of;

		if (!lt || lt->target != t)
			continue;
		l->slots[i].of = NULL;
		return lt;
	}
	return NULL;
}

/* What a hand has goes when it lets go of it. */
static void let_go(struct lane_run *l, struct lane_target *lt)
{
	bool taken;

	pthread_mutex_lock(&l->lock);
	taken = lt->dropped = lt->taken;
	pthread_mutex_unlock(&l->lock);
	if (!taken)
		lane_target_free(lt);
}

void lane_list_release(struct lane_run *l)
{
	for (unsigned i = 0; i < l->slot_count; i++)
		if (l->slots[i].of)
			let_go(l, l->slots[i].of);
	free(l->slots);
	l->slots = NULL;
	l->slot_count = 0;
}

void lane_list_update(struct lane_run *l)
{
	struct lane_slot *slots;
	struct target **list;
	uint64_t generation;
	unsigned n;

	pthread_mutex_lock(&l->store->lock);
	generation = l->store->generation;
	pthread_mutex_unlock(&l->store->lock);
	if (generation == l->generation)
		return;
	n = snapshot_targets(l, &list);
	slots = mem_zalloc(n, sizeof(*slots));
	for (unsigned i = 0; i < n; i++) {
		slots[i].opened = atomic_load(&list[i]->opened);
		slots[i].of = take_out(l, list[i]);
		if (slots[i].of)
			target_unref(list[i]);
		else
			slots[i].of = lane_target_new(l, list[i]);
	}
	free(list);
	lane_list_release(l);
	l->slots = slots;
	l->slot_count = n;
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
 * before the endpoint's first profile where one was given; where that is the only
 * one wanted, not unless it fails. */
bool sites_wanted(const struct store *s, const struct target *t)
{
	return s->memory_lane && t->kind == TARGET_PROCESS &&
	       atomic_load(&t->opened) &&
	       atomic_load(&t->memory) != MEMORY_UNTRIED &&
	       !atomic_load(&t->stuck) &&
	       (!atomic_load(&t->url) ||
		(atomic_load(&t->warm_profile) &&
		 (!s->once || atomic_load(&t->stands_in))));
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

/* The process, or the program that it became. */
static bool is_young(const struct lane_run *l, const struct target *t,
		     int64_t now_ns)
{
	int64_t hz = sysconf(_SC_CLK_TCK);
	int64_t since = (int64_t)t->proc.starttime * NS_PER_SEC / hz;

	pthread_mutex_lock(&l->store->lock);
	if (t->exec_ns > since)
		since = t->exec_ns;
	pthread_mutex_unlock(&l->store->lock);
	return now_ns - since < YOUNG_NS;
}

static int64_t retry_after(const struct lane_source *ls, bool young)
{
	int64_t pause = RETRY_NS, least = ls->cost_ns * RETRY_SHARE;

	for (unsigned i = 1; i < ls->refusals && pause < RETRY_MOST_NS; i++)
		pause *= 2;
	if (pause > RETRY_MOST_NS)
		pause = RETRY_MOST_NS;
	if (young && ls->refusals)
		pause = RETRY_YOUNG_NS;
	return pause > least ? pause : least;
}

static void failed(const struct turn *t, struct lane_target *lt,
		   struct lane_source *ls, struct reading *r)
{
	int64_t pause;

	r->end_ns = r->end_ns ? r->end_ns : clock_boot_ns();
	if (r->fail.code == ERR_UNSUPPORTED)
		ls->never = true;
	if (r->fail.code == ERR_GONE && ls->source->origin == ORIGIN_PROC) {
		/* It went before it could be opened. */
		r->fail = (struct err)ERR_INIT;
		r->life = LIFE_EXITED;
	}
	ls->refusals = r->fail.code == ERR_FORMAT ? ls->refusals + 1 : 0;
	pause = retry_after(ls, is_young(t->lane, lt->target, r->end_ns));
	ls->due_ns = r->end_ns + pause;
	/* It may just be starting: it is told when that is no better soon. */
	if (ls->refusals == 1 && pause == RETRY_YOUNG_NS)
		return;
	if (ls->source->origin == ORIGIN_RUNTIME)
		memory_is(t->lane, lt->target, MEMORY_REFUSED);
	store_failure(t->lane, lt, ls, r);
}

/* A reading that makes no sense may do so the next time: a target that
 * allocates without pause outruns some. Anything else begins anew. */
static void read_failed(const struct turn *t, struct lane_target *lt,
			struct lane_source *ls, struct reading *r)
{
	bool passing =
		r->fail.code == ERR_FORMAT || r->fail.code == ERR_TIMEOUT;

	if ((passing && ++ls->failures < PASSING_FAILURES) ||
	    (r->fail.code == ERR_UNSUPPORTED && ls->source->period)) {
		r->end_ns = clock_boot_ns();
		ls->due_ns = ls->source->period ? r->end_ns : 0;
		store_failure(t->lane, lt, ls, r);
		return;
	}
	close_source(ls);
	failed(t, lt, ls, r);
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
static void watch_move(const struct turn *t, struct lane_target *lt,
		       const struct lane_source *ls, const struct reading *r)
{
	int64_t moved = values_get(&r->values, FIELD_RSS, 0) -
			values_get(&ls->last, FIELD_RSS, 0);

	if (r->life == LIFE_ALIVE &&
	    (moved >= RSS_MOVED || -moved >= RSS_MOVED))
		store_rest(t->lane, lt, ls);
	if (moved >= LIVELY_BYTES || -moved >= LIVELY_BYTES)
		t->lane->moved_ns = r->end_ns;
	t->lane->moved |= t->between;
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
static void note_rest(const struct turn *t, const struct lane_target *lt,
		      struct lane_source *ls, const struct reading *r)
{
	bool same = r->life == LIFE_ALIVE &&
		    !memcmp(&ls->last, &r->values, sizeof(ls->last));

	ls->last = r->values;
	if (r->life != LIFE_ALIVE) /* said once; nothing to go by */
		ls->last.known = 0;
	if (same && !t->between)
		rest(t->lane, lt, ls, r->end_ns);
	else if (!same)
		ls->still = 0;
}

/* What is worth knowing of how it is read: once, not for each process. */
static void note_how(struct lane_run *l, const struct lane_target *lt,
		     const struct lane_source *ls)
{
	char text[sizeof(l->noted)] = "";
	bool news;

	if (!ls->source->note)
		return;
	ls->source->note(ls->state, text, sizeof(text));
	pthread_mutex_lock(&l->lock);
	news = text[0] && strcmp(text, l->noted) != 0;
	if (news)
		memcpy(l->noted, text, sizeof(text));
	pthread_mutex_unlock(&l->lock);
	if (news)
		store_note(l->store, lt->target->proc.pid, text);
}

/* What a hand did has come back: nothing holds it. */
static void is_back(const struct turn *t)
{
	if (t->hand)
		atomic_store(&t->hand->busy_ns, 0);
}

static int open_source(const struct turn *t, const struct lane_target *lt,
		       struct lane_source *ls, struct err *err)
{
	const struct lane_run *l = t->lane;
	struct source_subject subject = {
		l->fs, lt->target->proc, &lt->target->opened,
		l->store->interval_ns, l->store->profile_every_ns};
	int64_t cpu = clock_cpu_ns();
	int rc;

	if (t->hand)
		atomic_store(&t->hand->opening, true);
	rc = ls->source->open(ls->state, &subject, err);
	if (t->hand)
		atomic_store(&t->hand->opening, false);
	ls->cost_ns = clock_cpu_ns() - cpu;
	ls->open = rc == 0;
	if (rc) /* as it is of what was never open */
		memset(ls->state, 0, ls->source->state_size);
	return rc;
}

/* A reading that was taken. */
static void deliver(const struct turn *t, struct lane_target *lt,
		    struct lane_source *ls, struct reading *r)
{
	struct lane_run *l = t->lane;

	ls->failures = ls->refusals = 0;
	r->fail = (struct err)ERR_INIT;
	/* A zombie is read on: it is to be seen going. */
	if (r->life == LIFE_EXITED || r->life == LIFE_REUSED)
		ls->never = true;
	ls->due_ns = ls->source->period ? r->end_ns : 0;
	if (l->lane == LANE_FAST)
		watch_move(t, lt, ls, r);
	if (l->lane != LANE_SLOW)
		note_rest(t, lt, ls, r);
	if (ls->source->origin == ORIGIN_RUNTIME) {
		atomic_store(&lt->target->counted,
			     values_has(&r->values, FIELD_RELEASED_EAGER));
		memory_is(l, lt->target, MEMORY_WORKS);
	}
	if (is_sites(l, ls))
		atomic_store(&lt->target->sites, MEMORY_WORKS);
	store_reading(l->store, lt->target, r);
}

static void read_source(const struct turn *t, struct lane_target *lt,
			struct lane_source *ls)
{
	struct lane_run *l = t->lane;
	struct reading r = {.origin = ls->source->origin,
			    .by = ls->source->by,
			    .between = t->between,
			    .wall_offset_ns = clock_wall_offset_ns()};
	bool opened = ls->open, ended;
	int rc;

	if (!opened) {
		r.begin_ns = clock_boot_ns();
		if (open_source(t, lt, ls, &r.fail)) {
			is_back(t);
			if (!t->hand || !atomic_load(&l->stop))
				failed(t, lt, ls, &r);
			return;
		}
		r.begin_ns = 0;
	}
	rc = ls->source->read(ls->state, &r, &r.fail);
	is_back(t);
	/* A hand may come back after the end of all. */
	ended = t->hand && atomic_load(&l->stop);
	if (rc || ended)
		r.values.known = 0;
	if (rc && r.fail.code == ERR_NONE)
		err_set(&r.fail, ERR_FORMAT, "%s could not be read",
			ls->source->name);
	if (ended) {
		drop_docs(&r);
	} else if (rc) {
		read_failed(t, lt, ls, &r);
	} else {
		if (!opened)
			note_how(l, lt, ls);
		deliver(t, lt, ls, &r);
	}
}

/* When this source is to be read next: a period after the last read. */
static int64_t due(struct lane_run *l, const struct lane_target *lt,
		   const struct lane_source *ls)
{
	int64_t period;

	if (ls->never)
		return INT64_MAX;
	if (!ls->source->period)
		return ls->due_ns;
	period = ls->source->period(ls->state, rss_of(l->store, lt->target));
	/* What may be read unasked costs 10 ms at most: half a per cent. */
	if (ls->source->origin == ORIGIN_SMAPS && period > SMAPS_WANTED_NS &&
	    period != INT64_MAX && atomic_load(&lt->target->want_smaps))
		period = SMAPS_WANTED_NS;
	if (period == INT64_MAX)
		return INT64_MAX;
	return ls->open ? ls->due_ns + period : ls->due_ns;
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
static bool nothing_new(const struct turn *t, struct lane_target *lt,
			struct lane_source *ls)
{
	struct lane_run *l = t->lane;
	bool fast = l->lane == LANE_FAST;

	if (!ls->open || !ls->source->changed)
		return false;
	if (fast && (!ls->last.known ||
		     (!t->between && atomic_load(&lt->target->opened))))
		return false;
	if (ls->source->changed(ls->state))
		return false;
	ls->due_ns = t->now_ns;
	if (fast)
		lt->rested_ns = t->now_ns;
	if (l->lane != LANE_SLOW && !t->between) {
		store_still(l->store, lt->target, ls->source->origin);
		rest(l, lt, ls, t->now_ns);
	}
	return true;
}

static bool to_be_read(const struct turn *t, struct lane_target *lt,
		       struct lane_source *ls)
{
	struct lane_run *l = t->lane;

	if (is_sites(l, ls) && !sites_wanted(l->store, lt->target))
		return false;
	if (asked_for(l, lt->target, ls) && !ls->never)
		return true;
	if (t->now_ns < ls->rest_ns && !atomic_load(&lt->target->opened))
		return false;
	return due(l, lt, ls) <= t->now_ns && !nothing_new(t, lt, ls);
}

static void read_target(const struct turn *t, struct lane_target *lt)
{
	unsigned execs = atomic_load(&lt->target->execs);

	if (execs != lt->execs && t->lane->lane != LANE_FAST)
		start_over(lt);
	lt->execs = execs;
	for (unsigned k = 0; k < lt->count; k++) {
		struct lane_source *ls = &lt->sources[k];

		if (atomic_load(&t->lane->stop))
			return;
		if (t->hand) {
			atomic_store(&t->hand->origin, (int)ls->source->origin);
			atomic_store(&t->hand->busy_ns, clock_boot_ns());
		}
		if (to_be_read(t, lt, ls))
			read_source(t, lt, ls);
		is_back(t);
	}
}

/* Until when all of a target that is only in the list rests; 0: it does not. */
static int64_t quiet_until(const struct lane_slot *s)
{
	int64_t until = INT64_MAX;

	if (s->opened || !s->of->count)
		return 0;
	for (unsigned k = 0; k < s->of->count; k++) {
		const struct lane_source *ls = &s->of->sources[k];
		int64_t rests = ls->open ? ls->rest_ns : 0;

		until = rests < until ? rests : until;
	}
	return until;
}

static bool is_quiet(const struct lane_slot *s, int64_t now_ns)
{
	return now_ns < s->quiet_ns;
}

void lane_read_fast(struct lane_run *l)
{
	const struct turn t = {
		.lane = l, .between = l->between, .now_ns = clock_boot_ns()};

	for (unsigned i = 0; i < l->slot_count; i++) {
		struct lane_slot *s = &l->slots[i];

		if (atomic_load(&l->stop))
			return;
		if (l->between ? !s->opened : is_quiet(s, t.now_ns))
			continue;
		read_target(&t, s->of);
		s->quiet_ns = quiet_until(s);
	}
}

/* ---- hands ---------------------------------------------------------------- */

/* One that has never answered, or not since it was opened anew. Those of the
 * slow lane have several sources, and no order. */
static bool is_untried(const struct lane_run *l, const struct lane_target *lt)
{
	return l->lane == LANE_MEMORY && lt->count && !lt->sources[0].open;
}

/* Under the lane's lock: has this target its turn? */
static bool has_turn(const struct turn *t, const struct lane_target *lt)
{
	const struct lane_run *l = t->lane;

	if (lt->taken || atomic_load(&l->stop) ||
	    is_untried(l, lt) != l->untried)
		return false;
	if (l->untried)
		return atomic_load(&lt->target->execs) != lt->execs ||
		       (!lt->sources[0].never &&
			lt->sources[0].due_ns <= t->now_ns);
	return !t->between || atomic_load(&lt->target->opened);
}

static bool is_woken(struct lane_run *l)
{
	bool woken;

	pthread_mutex_lock(&l->wake_lock);
	woken = l->wakes > 0;
	pthread_mutex_unlock(&l->wake_lock);
	return woken;
}

/* What was never read has to wait until some of those that are left behind have
 * come back. */
static void refuse(const struct turn *t, struct lane_target *lt)
{
	struct lane_source *ls = &lt->sources[0];
	struct reading r = {.origin = ls->source->origin,
			    .by = ls->source->by,
			    .wall_offset_ns = clock_wall_offset_ns()};

	err_set(&r.fail, ERR_TIMEOUT,
		"its memory is not read as long as that of %u other processes "
		"blocks in the kernel",
		LEFT_UNTRIED);
	failed(t, lt, ls, &r);
}

/* All that has its turn, from where the pass is; false: the lane is another's
 * by now. */
static bool read_in_turn(struct turn *t)
{
	struct lane_run *l = t->lane;

	t->between = l->between && !l->untried;
	while (l->at < l->slot_count) {
		struct lane_slot *s = &l->slots[l->at++];
		struct lane_target *lt = s->of;
		bool has, too_many;

		if (is_quiet(s, t->now_ns))
			continue;
		pthread_mutex_lock(&l->lock);
		has = has_turn(t, lt);
		too_many = l->untried && l->left_count >= LEFT_UNTRIED;
		if (has && !too_many)
			hand_takes(t->hand, lt);
		pthread_mutex_unlock(&l->lock);
		if (has && too_many) {
			refuse(t, lt);
		} else if (has) {
			read_target(t, lt);
			if (!hand_gives(t->hand))
				return false;
			s->quiet_ns = quiet_until(s);
			/* Others are due again. */
			if (l->untried && is_woken(l))
				break;
		}
	}
	l->at = 0;
	return true;
}

bool lane_read_pass(struct lane_hand *h)
{
	struct lane_run *l = h->lane;
	struct turn t = {.lane = l, .hand = h, .now_ns = clock_boot_ns()};

	if (l->at == 0 && !l->untried) /* else another has begun it */
		lane_list_update(l);
	if (!l->untried && !read_in_turn(&t))
		return false;
	l->untried = l->lane == LANE_MEMORY;
	if (l->untried && !read_in_turn(&t))
		return false;
	l->untried = false;
	return !atomic_load(&l->stop);
}

int64_t lane_retry_ns(struct lane_run *l, int64_t ns)
{
	int64_t now_ns = clock_boot_ns();

	pthread_mutex_lock(&l->lock);
	for (unsigned i = 0; i < l->slot_count; i++) {
		const struct lane_target *lt = l->slots[i].of;

		if (is_quiet(&l->slots[i], now_ns))
			continue;
		if (!lt->taken && is_untried(l, lt) && !lt->sources[0].never &&
		    lt->sources[0].due_ns < ns)
			ns = lt->sources[0].due_ns;
	}
	pthread_mutex_unlock(&l->lock);
	return ns;
}
