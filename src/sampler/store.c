/* store.c - targets, readings and events behind one lock. */
#include "store.h"

#include <residue/base/clock.h>
#include <residue/base/mem.h>
#include <residue/base/sat.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* Pages given back lazily, or moved among them, that are worth a closer look. */
#define LAZY_LEAST (8 << 20) /* bytes */
/* Memory that was read so lately is what is shown, and an endpoint's answer is
 * compared with it. */
#define MEMORY_FRESH (15 * NS_PER_SEC)

void store_init(struct store *s, int64_t interval_ns, bool items)
{
	memset(s, 0, sizeof(*s));
	pthread_mutex_init(&s->lock, NULL);
	s->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (s->wake_fd < 0)
		mem_exhausted();
	s->interval_ns = interval_ns;
	s->mem_total = s->mem_available = -1;
	if (items)
		s->items = mem_zalloc(STORE_ITEMS, sizeof(*s->items));
}

void store_release(struct store *s)
{
	for (unsigned i = 0; i < s->count; i++)
		target_unref(s->targets[i]);
	free(s->items);
	close(s->wake_fd);
	pthread_mutex_destroy(&s->lock);
}

void store_wake(struct store *s)
{
	uint64_t one = 1;

	/* EAGAIN: it is readable already, which is all that is wanted. */
	if (write(s->wake_fd, &one, sizeof(one)) < 0)
		return;
}

int64_t store_now(const struct store *s)
{
	return s->scripted ? s->now_ns : clock_boot_ns();
}

static int64_t wall_offset(const struct store *s)
{
	return s->scripted ? 0 : clock_wall_offset_ns();
}

/* ---- items ------------------------------------------------------------ */

static struct item *new_item(struct store *s, const struct target *t,
			     enum item_kind kind, int64_t wall_ns)
{
	struct item *it;

	if (!s->items)
		return NULL;
	if (s->item_count == STORE_ITEMS) {
		atomic_fetch_add(&s->items_lost, 1);
		return NULL;
	}
	it = &s->items[(s->item_first + s->item_count++) % STORE_ITEMS];
	it->kind = kind;
	memcpy(it->target, t->id, sizeof(it->target));
	it->pid = t->proc.pid;
	it->wall_ns = wall_ns;
	return it;
}

static void put_target_item(struct store *s, struct target *t, int64_t wall_ns)
{
	struct item *it = new_item(s, t, ITEM_TARGET, wall_ns);

	if (it)
		it->info = t->state.info;
	t->said_target_ns = wall_ns;
	t->said_read = t->state.info.read;
}

/* ---- targets ---------------------------------------------------------- */

struct target *target_ref(struct target *t)
{
	atomic_fetch_add(&t->refs, 1);
	return t;
}

void target_unref(struct target *t)
{
	if (atomic_fetch_sub(&t->refs, 1) != 1)
		return;
	state_release(&t->state);
	free(t->detectors);
	free(atomic_load(&t->url));
	free(t);
}

/* A URL alone has no memory to read, whatever answers there. */
static int first_memory(const struct store *s, const struct target *t)
{
	return s->memory_lane && t->proc.pid ? MEMORY_UNTRIED : MEMORY_REFUSED;
}

struct target *store_add(struct store *s, const struct target_info *info,
			 const char *url, bool opened)
{
	struct target *t = mem_zalloc(1, sizeof(*t));
	bool room;

	atomic_init(&t->refs, 2); /* the list's and the caller's */
	t->kind = info->kind;
	t->proc = (struct proc_id){info->pid, info->starttime};
	atomic_init(&t->url, url ? mem_strdup(url) : NULL);
	state_init(&t->state, info, opened);
	t->state.wall_offset_ns = s->scripted ? 0 : clock_wall_offset_ns();
	t->live = -1;
	atomic_init(&t->memory, first_memory(s, t));
	t->detectors = detectors_new();
	judge_init(&t->judge);
	atomic_init(&t->opened, opened);
	atomic_init(&t->listed, true);

	pthread_mutex_lock(&s->lock);
	room = s->count < STORE_TARGETS;
	if (room) {
		if (!info->id[0])
			snprintf(t->state.info.id, sizeof(t->state.info.id),
				 "a%u", ++s->next_id);
		memcpy(t->id, t->state.info.id, sizeof(t->id));
		s->targets[s->count++] = t;
		s->generation++;
		atomic_fetch_add(&s->live, 1);
		if (url)
			atomic_fetch_add(&s->urls, 1);
		if (url && !strncmp(url, "https:", 6))
			atomic_store(&s->tls, true);
	}
	pthread_mutex_unlock(&s->lock);
	if (!room) {
		atomic_init(&t->refs, 1);
		target_unref(t);
		return NULL;
	}
	return t;
}

void store_open_target(struct store *s, struct target *t)
{
	struct state_room room;

	if (atomic_exchange(&t->opened, true))
		return;
	state_room_new(&room);
	pthread_mutex_lock(&s->lock);
	state_open(&t->state, &room);
	s->generation++;
	pthread_mutex_unlock(&s->lock);
	state_room_free(&room);
}

void store_drop(struct store *s, struct target *t)
{
	bool found = false;

	pthread_mutex_lock(&s->lock);
	for (unsigned i = 0; i < s->count; i++)
		if (s->targets[i] == t) {
			/* The order stays: samples are put out in it. */
			s->count--;
			memmove(&s->targets[i], &s->targets[i + 1],
				(s->count - i) * sizeof(*s->targets));
			found = true;
			break;
		}
	if (found) {
		atomic_store(&t->listed, false);
		s->generation++;
		if (t->state.info.phase == TARGET_LIVE)
			atomic_fetch_sub(&s->live, 1);
	}
	pthread_mutex_unlock(&s->lock);
	if (found)
		target_unref(t);
}

struct target *store_find(struct store *s, const char *id)
{
	struct target *t = NULL;

	pthread_mutex_lock(&s->lock);
	for (unsigned i = 0; i < s->count && !t; i++)
		if (!strcmp(s->targets[i]->id, id))
			t = target_ref(s->targets[i]);
	pthread_mutex_unlock(&s->lock);
	return t;
}

struct target *store_find_pid(struct store *s, const struct proc_id *id)
{
	struct target *t = NULL;

	pthread_mutex_lock(&s->lock);
	for (unsigned i = 0; i < s->count && !t; i++)
		if (s->targets[i]->proc.pid == id->pid &&
		    s->targets[i]->proc.starttime == id->starttime)
			t = target_ref(s->targets[i]);
	pthread_mutex_unlock(&s->lock);
	return t;
}

void store_update_info(struct store *s, struct target *t,
		       const struct target_info *info)
{
	struct target_info *mine = &t->state.info;

	pthread_mutex_lock(&s->lock);
	memcpy(mine->comm, info->comm, sizeof(mine->comm));
	memcpy(mine->cmdline, info->cmdline, sizeof(mine->cmdline));
	memcpy(mine->go_version, info->go_version, sizeof(mine->go_version));
	memcpy(mine->module, info->module, sizeof(mine->module));
	memcpy(mine->user, info->user, sizeof(mine->user));
	mine->uid = info->uid;
	if (t->said_target_ns)
		put_target_item(s, t, store_now(s) + t->state.wall_offset_ns);
	pthread_mutex_unlock(&s->lock);
}

bool store_set_listens(struct store *s, struct target *t, const char *listens)
{
	struct target_info *mine = &t->state.info;
	bool news;

	pthread_mutex_lock(&s->lock);
	news = !mine->listens[0] && listens[0] && !atomic_load(&t->url);
	snprintf(mine->listens, sizeof(mine->listens), "%s", listens);
	pthread_mutex_unlock(&s->lock);
	return news;
}

int store_set_url(struct store *s, struct target *t, const char *url,
		  const char *shown, struct err *err)
{
	struct target_info *mine = &t->state.info;
	char *copy = mem_strdup(url);
	bool first;

	pthread_mutex_lock(&s->lock);
	first = !atomic_load(&t->url);
	if (first) {
		snprintf(mine->endpoint, sizeof(mine->endpoint), "%s", shown);
		atomic_store(&t->url_found, true);
		atomic_store(&t->url, copy);
		s->generation++;
		atomic_fetch_add(&s->urls, 1);
		if (t->said_target_ns)
			put_target_item(s, t,
					store_now(s) + t->state.wall_offset_ns);
	}
	pthread_mutex_unlock(&s->lock);
	if (first)
		return 0;
	free(copy);
	return err_set(err, ERR_LIMIT, "%s has an endpoint already: %s", t->id,
		       mine->endpoint);
}

/* ---- readings and events ------------------------------------------------ */

static void add_event(struct store *s, struct target *t,
		      const struct event *from)
{
	struct event ev = *from;
	struct item *it;

	ev.seq = ++s->event_seq;
	state_event(&t->state, &ev);
	if (ev.source == EVENT_FROM_USER || ev.kind == EVENT_EXEC ||
	    ev.kind == EVENT_EXIT)
		log_add(&s->log, ev.wall_ns, &t->state.info, false,
			ev.text[0] ? ev.text : event_kind_info[ev.kind].title);
	if (!t->said_target_ns) /* who it is comes before what befell it */
		put_target_item(s, t, store_now(s) + t->state.wall_offset_ns);
	it = new_item(s, t, ITEM_EVENT, ev.wall_ns);
	if (it)
		it->event = ev;
}

struct sink {
	struct store *store;
	struct target *target;
};

static void sink_event(void *ctx, const struct event *ev)
{
	struct sink *sink = ctx;

	add_event(sink->store, sink->target, ev);
}

static void end_target(struct store *s, struct target *t,
		       enum process_life life, int64_t now_ns)
{
	enum target_phase phase =
		life == LIFE_ZOMBIE ? TARGET_ZOMBIE : TARGET_EXITED;
	struct event ev;

	if (t->state.info.phase == TARGET_LIVE) {
		atomic_fetch_sub(&s->live, 1);
		t->state.exited_ns = now_ns;
		ev = event_make(EVENT_EXIT, EVENT_FROM_KERNEL,
				now_ns + t->state.wall_offset_ns);
		snprintf(ev.text, sizeof(ev.text), "process %d %s",
			 (int)t->proc.pid,
			 life == LIFE_ZOMBIE ? "exited; not yet waited for"
			 : life == LIFE_REUSED
				 ? "exited; its PID is another process's now"
				 : "exited");
		add_event(s, t, &ev);
	}
	t->state.info.phase = phase;
	t->state.info.stopped = false;
}

/* Nothing of what was learnt is true of the program that it is now. */
static void exec_target(struct store *s, struct target *t, int64_t now_ns)
{
	bool url = t->kind == TARGET_URL;
	struct event ev = event_make(
		EVENT_EXEC, url ? EVENT_FROM_INFERRED : EVENT_FROM_KERNEL,
		now_ns + t->state.wall_offset_ns);

	if (url)
		snprintf(ev.text, sizeof(ev.text),
			 "another program answers: its counters began anew");
	else
		snprintf(ev.text, sizeof(ev.text),
			 "process %d became another program; it was %.48s",
			 (int)t->proc.pid, t->state.info.comm);
	state_exec(&t->state);
	detectors_reset(t->detectors);
	judge_init(&t->judge);
	t->rate.count = 0;
	t->cross = (struct crosscheck){0};
	t->exec_ns = now_ns;
	/* The other lanes may have passed it over as one at rest. */
	s->generation++;
	/* Before execs: the lane that sees it may answer at once. */
	atomic_store(&t->memory, first_memory(s, t));
	atomic_fetch_add(&t->execs, 1);
	add_event(s, t, &ev);
}

static void count_gcs(struct target *t, const struct values *v, int64_t now_ns)
{
	struct gc_rate *g = &t->rate;
	unsigned newest = (g->end + RATE_SLOTS - 1) % RATE_SLOTS;

	if (!values_has(v, FIELD_NUM_GC))
		return;
	if (g->count && now_ns - g->slot[newest].t_ns < 5 * NS_PER_SEC)
		return;
	g->slot[g->end].t_ns = now_ns;
	g->slot[g->end].num_gc = v->v[FIELD_NUM_GC];
	g->end = (g->end + 1) % RATE_SLOTS;
	if (g->count < RATE_SLOTS)
		g->count++;
}

static void put_warning_item(struct store *s, struct target *t, int64_t wall_ns)
{
	struct item *it = new_item(s, t, ITEM_WARNING, wall_ns);
	bool differ = t->cross.text[0];

	log_add(&s->log, wall_ns, &t->state.info, differ,
		differ ? t->cross.text : "endpoint and memory agree again");
	if (it)
		memcpy(it->warning, t->cross.text, sizeof(it->warning));
}

/* An endpoint's word on what memory tells: it is compared, not merged. */
static bool is_second_opinion(const struct target *t, const struct reading *r)
{
	const struct origin_state *o = &t->state.origins[ORIGIN_RUNTIME];

	return r->origin == ORIGIN_RUNTIME && r->by != READ_AGENTLESS &&
	       o->ever && o->by == READ_AGENTLESS && o->fail.code == ERR_NONE &&
	       r->end_ns - o->end_ns < MEMORY_FRESH;
}

/* Where no process tells of its end, counters that fall do: they are of a
 * program's whole life (runtime/mstats.go). */
static bool is_another_program(const struct target *t, const struct reading *r)
{
	static const enum field counters[] = {FIELD_TOTAL_ALLOC, FIELD_MALLOCS,
					      FIELD_NUM_GC};

	if (t->kind != TARGET_URL || r->origin != ORIGIN_RUNTIME ||
	    r->fail.code != ERR_NONE)
		return false;
	for (unsigned i = 0; i < 3; i++)
		if (values_has(&r->values, counters[i]) &&
		    r->values.v[counters[i]] <
			    values_get(&t->state.values, counters[i], 0))
			return true;
	return false;
}

static void say_stopped(struct store *s, struct target *t, int64_t wall_ns)
{
	bool stopped = t->state.info.stopped;

	log_add(&s->log, wall_ns, &t->state.info, stopped,
		stopped ? "it is stopped: by a signal, a terminal or a debugger"
			: "it goes on");
	if (t->said_target_ns)
		put_target_item(s, t, wall_ns);
}

/* GODEBUG=madvdontneed=0: pages that were given back stay in RES until the
 * kernel wants them, so that looking at RES tells nothing. */
static void note_unseen(struct store *s, struct target *t,
			const struct reading *r)
{
	const struct values *was = &t->state.values, *is = &r->values;
	int64_t moved;

	if (r->fail.code != ERR_NONE)
		return;
	if (values_has(is, FIELD_LAZY_FREE))
		atomic_store(&t->lazy, is->v[FIELD_LAZY_FREE] >= LAZY_LEAST);
	if (!atomic_load(&t->lazy) || !atomic_load(&t->opened) ||
	    !values_has(was, FIELD_HEAP_RELEASED) ||
	    !values_has(is, FIELD_HEAP_RELEASED))
		return;
	moved = sat_sub(is->v[FIELD_HEAP_RELEASED],
			was->v[FIELD_HEAP_RELEASED]);
	if (moved >= LAZY_LEAST || moved <= -LAZY_LEAST)
		atomic_store(&s->unseen_ns, r->end_ns);
}

/* Under the lock: merge, detect, count. */
static void take_reading(struct store *s, struct target *t, struct reading *r)
{
	struct observation o = {.now = r, .state = &t->state};
	const struct origin_state *was = &t->state.origins[r->origin];
	struct sink sink = {s, t};
	bool stopped;

	if (t->state.info.phase != TARGET_LIVE && r->origin != ORIGIN_PROC)
		return; /* late: of a process that is gone */
	if (r->origin != ORIGIN_PROC && r->begin_ns &&
	    r->begin_ns <= t->exec_ns)
		return; /* late: of the program that was */
	if (r->origin == ORIGIN_PROC && r->fail.code == ERR_NONE) {
		t->state.wall_offset_ns = r->wall_offset_ns;
		if (r->life == LIFE_EXECED)
			exec_target(s, t, r->end_ns);
		else if (r->life != LIFE_ALIVE) {
			if (t->state.info.phase == TARGET_LIVE)
				detectors_observe(t->detectors, &o, sink_event,
						  &sink);
			end_target(s, t, r->life, r->end_ns);
			return;
		}
	}
	if (is_another_program(t, r))
		exec_target(s, t, r->begin_ns - 1);
	if (is_second_opinion(t, r)) {
		if (r->fail.code == ERR_NONE)
			crosscheck_answer(&t->cross, r);
		return;
	}
	if (r->origin == ORIGIN_RUNTIME && r->by == READ_AGENTLESS &&
	    r->fail.code == ERR_NONE && crosscheck_memory(&t->cross, r))
		put_warning_item(s, t, r->end_ns + r->wall_offset_ns);
	note_unseen(s, t, r);
	o.first = !was->ever;
	o.before = t->state.values;
	o.before_end_ns = was->end_ns;
	for (unsigned i = 0; i < READING_DOCS; i++)
		if (r->docs[i] && r->docs[i]->kind == DOC_PAUSES)
			o.pauses = r->docs[i]->data;
	t->news = true;
	stopped = t->state.info.stopped;
	state_reading(&t->state, r);
	if (stopped != t->state.info.stopped)
		say_stopped(s, t, r->end_ns + r->wall_offset_ns);
	if (r->fail.code == ERR_NONE) {
		count_gcs(t, &r->values, r->end_ns);
		detectors_observe(t->detectors, &o, sink_event, &sink);
	}
	if (t->said_target_ns && t->said_read != t->state.info.read)
		put_target_item(s, t, r->end_ns + r->wall_offset_ns);
}

/* An origin of an opened target began to fail, fails for another reason, or
 * works again. */
static void log_failure(struct store *s, const struct target *t,
			const struct reading *r, const struct err *was)
{
	char text[LOG_TEXT_MAX + sizeof(r->fail.msg)];

	if (!atomic_load(&t->opened) || !strcmp(was->msg, r->fail.msg))
		return;
	if (r->fail.code != ERR_NONE)
		snprintf(text, sizeof(text), "no %s figures: %s",
			 origin_name[r->origin], r->fail.msg);
	else
		snprintf(text, sizeof(text), "%s figures come again",
			 origin_name[r->origin]);
	log_add(&s->log, r->end_ns + r->wall_offset_ns, &t->state.info,
		r->fail.code != ERR_NONE, text);
}

/* That an endpoint of an opened target was asked, and answered. The log does not
 * repeat its newest line: one stands for all that come in a row. */
static void log_answer(struct store *s, const struct target *t,
		       const struct reading *r)
{
	const struct target_info *info = &t->state.info;
	char text[LOG_TEXT_MAX];

	if (!atomic_load(&t->opened) || r->fail.code != ERR_NONE ||
	    r->by == READ_NONE || r->by == READ_AGENTLESS || !info->endpoint[0])
		return;
	if (r->origin == ORIGIN_PPROF)
		snprintf(text, sizeof(text), "heap profiles fetched: %.120s",
			 info->endpoint);
	else if (!t->state.origins[ORIGIN_RUNTIME].ever ||
		 is_second_opinion(t, r))
		snprintf(text, sizeof(text), "MemStats asked for (%s): %.120s",
			 read_by_name[r->by], info->endpoint);
	else
		return;
	log_add(&s->log, r->end_ns + r->wall_offset_ns, info, false, text);
}

void store_reading(struct store *s, struct target *t, struct reading *r)
{
	const struct origin_state *was = &t->state.origins[r->origin];
	bool failed = r->fail.code != ERR_NONE;
	uint64_t events;
	bool first, news;

	pthread_mutex_lock(&s->lock);
	events = s->event_seq;
	first = !was->ever;
	news = failed != (was->fail.code != ERR_NONE);
	log_failure(s, t, r, &was->fail);
	log_answer(s, t, r);
	take_reading(s, t, r);
	news |= events != s->event_seq;
	/* In a list of many there is always news: its next row is soon. */
	news = first || (news && (s->items || atomic_load(&t->opened)));
	pthread_mutex_unlock(&s->lock);
	/* By now those that were replaced: freed without the lock. */
	for (unsigned i = 0; i < READING_DOCS; i++)
		doc_unref(r->docs[i]);
	/* Anything else is seen with the row that it becomes a part of. */
	if (news)
		store_wake(s);
}

void store_still(struct store *s, struct target *t, enum origin origin)
{
	struct origin_state *o = &t->state.origins[origin];

	pthread_mutex_lock(&s->lock);
	if (o->ever && o->fail.code == ERR_NONE) {
		o->begin_ns = o->end_ns = clock_boot_ns();
		if (origin == ORIGIN_RUNTIME)
			count_gcs(t, &t->state.values, o->end_ns);
	}
	pthread_mutex_unlock(&s->lock);
}

void store_event(struct store *s, struct target *t, struct event *ev)
{
	pthread_mutex_lock(&s->lock);
	add_event(s, t, ev);
	pthread_mutex_unlock(&s->lock);
	store_wake(s);
}

void store_own_gc(struct store *s, struct target *t, int64_t begin_ns,
		  int64_t end_ns)
{
	pthread_mutex_lock(&s->lock);
	if (begin_ns > t->exec_ns) /* else it was the former program's */
		state_own_gc(&t->state, begin_ns, end_ns);
	pthread_mutex_unlock(&s->lock);
}

static void put_verdict_item(struct store *s, struct target *t, int64_t wall_ns)
{
	struct item *it;

	if (t->said_any && t->said == t->verdict.kind)
		return;
	it = new_item(s, t, ITEM_VERDICT, wall_ns);
	if (it)
		it->verdict = t->verdict;
	t->said = t->verdict.kind;
	t->said_any = true;
}

static void compose(struct store *s, struct target *t, int64_t now_ns)
{
	const struct breakdown_part *live;
	struct breakdown b;
	struct item *it;
	struct row row;
	/* In the list, a verdict stands as long as what it rests on. */
	bool stands = !t->news && !s->items && !s->scripted &&
		      !atomic_load(&t->opened);

	if (!state_compose(&t->state, now_ns, stands ? NULL : &row) || stands)
		return;
	t->news = false;
	judge_step(&t->judge, &row, &t->verdict, &b);
	atomic_store(&t->want_smaps, t->judge.wants_smaps);
	live = &b.parts[PART_LIVE_HEAP];
	t->live = live->known && !b.unsplit ? live->bytes : -1;
	t->live_origins = live->origins;
	if (!s->items)
		return;
	if (!t->said_target_ns)
		put_target_item(s, t, row.wall_ns);
	it = new_item(s, t, ITEM_SAMPLE, row.wall_ns);
	if (it) {
		it->row = row;
		it->live = t->live;
		it->live_origins = t->live_origins;
	}
	put_verdict_item(s, t, row.wall_ns);
}

void store_compose(struct store *s, int64_t now_ns)
{
	pthread_mutex_lock(&s->lock);
	for (unsigned i = 0; i < s->count; i++)
		compose(s, s->targets[i], now_ns);
	pthread_mutex_unlock(&s->lock);
	store_wake(s);
}

/* ---- words ---------------------------------------------------------------- */

void store_toast(struct store *s, bool is_error, const char *fmt, ...)
{
	char text[sizeof(s->toast)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	pthread_mutex_lock(&s->lock);
	memcpy(s->toast, text, sizeof(text));
	s->toast_is_error = is_error;
	s->toast_ns = store_now(s);
	log_add(&s->log, s->toast_ns + wall_offset(s), NULL, is_error, text);
	pthread_mutex_unlock(&s->lock);
	store_wake(s);
}

void store_note(struct store *s, pid_t pid, const char *text)
{
	struct list_note *n;

	pthread_mutex_lock(&s->lock);
	if (s->note_count < FRAME_NOTES) {
		n = &s->notes[s->note_count++];
		n->pid = pid;
		snprintf(n->text, sizeof(n->text), "%s", text);
		log_add(&s->log, store_now(s) + wall_offset(s),
			&(struct target_info){.pid = pid}, false, text);
	}
	pthread_mutex_unlock(&s->lock);
}

/* ---- sealing ----------------------------------------------------------- */

static void seal_target(struct store *s, struct target *t, struct row *rows)
{
	struct block *dead[8], *b;
	unsigned n = 0;
	bool full;

	pthread_mutex_lock(&s->lock);
	full = t->state.history && history_seal_take(t->state.history, rows);
	pthread_mutex_unlock(&s->lock);
	if (!full)
		return;
	b = block_seal(rows, BLOCK_ROWS);
	pthread_mutex_lock(&s->lock);
	n = history_seal_put(t->state.history, b, dead, 8);
	pthread_mutex_unlock(&s->lock);
	while (n)
		block_unref(dead[--n]);
}

/* A reference to the next target with a block to seal, from number *at on. */
static struct target *next_to_seal(struct store *s, unsigned *at)
{
	struct target *found = NULL;

	pthread_mutex_lock(&s->lock);
	while (*at < s->count && !found) {
		struct target *t = s->targets[(*at)++];

		if (atomic_load(&t->opened) && t->state.history &&
		    history_tail_full(t->state.history))
			found = target_ref(t);
	}
	pthread_mutex_unlock(&s->lock);
	return found;
}

void store_seal(struct store *s)
{
	struct row *rows = NULL;
	struct target *t;
	unsigned at = 0;

	while ((t = next_to_seal(s, &at))) {
		if (!rows)
			rows = mem_alloc(BLOCK_ROWS * sizeof(*rows));
		seal_target(s, t, rows);
		target_unref(t);
	}
	free(rows);
}
