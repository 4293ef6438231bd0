/* jobs.c - snapshots, gathered from the store and /proc, and probes: on a
 * thread that may wait for endpoints and the disk. */
#include "machine.h"
#include "thread.h"

#include <residue/base/buf.h>
#include <residue/base/clock.h>
#include <residue/base/mem.h>
#include <residue/proc/facts.h>
#include <residue/record/snapshot.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* The most that /proc/PID/smaps may be: 65530 maps of about 700 bytes. */
#define SMAPS_MOST (64u << 20)
#define SMALL_MOST (256u << 10)
/* How long a snapshot waits for a fresh profile. */
#define PROFILE_WAIT_NS (6 * NS_PER_SEC)
/* And for memory to give one, where the endpoint has failed. */
#define MEMORY_WAIT_NS (2 * NS_PER_SEC)
/* For the runtime's next figures: memory's and an endpoint's come once a
 * second. */
#define DATE_WAIT_NS (2 * NS_PER_SEC)
/* An answer of so long ago is not asked for again. */
#define FRESH_NS (3 * NS_PER_SEC)

/* A profile as an endpoint served it: memory's may take its place while the
 * rest is gathered, and is not what was asked for. */
struct served {
	struct doc *raw; /* NULL: none was */
	struct origin_state origin;
	struct values values; /* those of its origin count */
};

struct gathered {
	struct target *target;
	struct served served;
	struct target_info info;
	struct values values;
	struct origin_state origins[ORIGIN_COUNT];
	struct err endpoint_fail;
	struct verdict verdict;
	bool judged;
	int64_t live;
	unsigned live_origins;
	struct event *events;
	unsigned event_count;
	struct doc *raw, *memstats, *by_size;
	struct history_cut *cut;
	struct buf smaps, status, limits;
	struct err smaps_err, status_err, limits_err;
	struct proc_goenv env;
	bool env_known;
};

/* Without an endpoint memory's word is the last. */
static bool no_profile(const struct target *t)
{
	return !atomic_load(&t->url) &&
	       atomic_load(&t->sites) == MEMORY_REFUSED;
}

/* Wait until `holds`, under the lock, or for so long. */
static void wait_until(struct sampler *s, struct gathered *g, int64_t wait_ns,
		       bool (*holds)(struct gathered *g, int64_t since_ns),
		       int64_t since_ns)
{
	const struct timespec pause = {0, 20 * NS_PER_MS};
	int64_t end = clock_boot_ns() + wait_ns;
	bool over;

	for (;;) {
		pthread_mutex_lock(&s->store.lock);
		over = holds(g, since_ns) ||
		       g->target->state.info.phase != TARGET_LIVE;
		pthread_mutex_unlock(&s->store.lock);
		if (over || clock_boot_ns() >= end ||
		    atomic_load(&s->jobs.stop))
			return;
		nanosleep(&pause, NULL);
	}
}

static bool profile_came(struct gathered *g, int64_t since_ns)
{
	const struct target *t = g->target;
	const struct origin_state *o = &t->state.origins[ORIGIN_PPROF];

	return o->begin_ns >= since_ns || o->failed_ns >= since_ns ||
	       no_profile(t);
}

static bool memory_came(struct gathered *g, int64_t since_ns)
{
	const struct target *t = g->target;
	const struct origin_state *o = &t->state.origins[ORIGIN_PPROF];

	(void)since_ns;
	return (o->ever && o->by == READ_AGENTLESS) ||
	       atomic_load(&t->sites) == MEMORY_REFUSED ||
	       (atomic_load(&t->sites) == MEMORY_WORKS &&
		t->state.docs[DOC_PROFILE]);
}

/* Its GC is known, or it will not be. What is known of the served one until
 * then is kept. */
static bool profile_dated(struct gathered *g, int64_t since_ns)
{
	const struct state *st = &g->target->state;
	const struct origin_state *o = &st->origins[ORIGIN_PPROF];

	(void)since_ns;
	if (o->ever && o->by != READ_AGENTLESS &&
	    st->endpoint_fail.code == ERR_NONE && st->docs[DOC_RAW]) {
		doc_replace(&g->served.raw, st->docs[DOC_RAW]);
		g->served.origin = *o;
		g->served.values = st->values;
	}
	return !st->dating.open ||
	       st->origins[ORIGIN_RUNTIME].fail.code != ERR_NONE;
}

/* The slow lane would read it, as sites_wanted has it. */
static bool memory_is_next(struct gathered *g, int64_t since_ns)
{
	const struct target *t = g->target;

	(void)since_ns;
	return atomic_load(&t->warm_profile) &&
	       atomic_load(&t->memory) != MEMORY_UNTRIED;
}

/* Where memory has told before, its newest profile is here already. */
static bool stand_in(struct sampler *s, struct gathered *g, int64_t wait_ns)
{
	struct target *t = g->target;
	bool came;

	if (!s->store.memory_lane || t->kind != TARGET_PROCESS)
		return false;
	if (atomic_load(&t->sites) != MEMORY_WORKS) {
		atomic_store(&t->stands_in, true);
		wait_until(s, g, wait_ns, memory_is_next, 0);
		wake_slow(s);
	}
	wait_until(s, g, wait_ns, memory_came, 0);
	pthread_mutex_lock(&s->store.lock);
	came = t->state.docs[DOC_PROFILE];
	pthread_mutex_unlock(&s->store.lock);
	return came;
}

bool sampler_stand_in(struct sampler *s, const char *target, int64_t wait_ns)
{
	struct gathered g = {.target = store_find(&s->store, target)};
	bool came = g.target && stand_in(s, &g, wait_ns);

	if (g.target)
		target_unref(g.target);
	return came;
}

/* What an endpoint said a moment ago it would say again: that it has none, or a
 * profile that no GC has made old since. */
static bool is_fresh(struct sampler *s, struct target *t)
{
	const struct origin_state *o = &t->state.origins[ORIGIN_PPROF];
	const struct values *v = &t->state.values;
	int64_t since = clock_boot_ns() - FRESH_NS;
	bool fresh;

	pthread_mutex_lock(&s->store.lock);
	if (t->state.endpoint_fail.code != ERR_NONE)
		fresh = o->failed_ns >= since;
	else
		fresh = o->ever && o->begin_ns >= since &&
			(o->by != READ_AGENTLESS || !atomic_load(&t->url)) &&
			values_has(v, FIELD_PPROF_NUM_GC) &&
			values_get(v, FIELD_NUM_GC, -1) ==
				v->v[FIELD_PPROF_NUM_GC];
	pthread_mutex_unlock(&s->store.lock);
	return fresh;
}

static bool endpoint_failed(struct sampler *s, struct target *t)
{
	bool failed;

	pthread_mutex_lock(&s->store.lock);
	failed = t->state.endpoint_fail.code != ERR_NONE;
	pthread_mutex_unlock(&s->store.lock);
	return failed;
}

/* Ask for a profile, and wait until it has come or failed; then for memory's in
 * its place, and for the runtime to tell of which GC it is. */
static void fresh_profile(struct sampler *s, struct gathered *g)
{
	struct target *t = g->target;
	int64_t asked = clock_boot_ns();

	if (!is_fresh(s, t) && ask_profile(s, t, NULL) == 0)
		wait_until(s, g, PROFILE_WAIT_NS, profile_came, asked);
	if (endpoint_failed(s, t))
		stand_in(s, g, MEMORY_WAIT_NS);
	wait_until(s, g, DATE_WAIT_NS, profile_dated, 0);
}

/* `gone`: why there is no directory, where there is none. */
static void read_file(int dir, const char *gone, const char *name,
		      struct buf *out, size_t most, struct err *why)
{
	buf_init(out, most);
	if (dir < 0)
		err_set(why, ERR_GONE, "%s", gone);
	else if (procfs_read_all(dir, name, out, why))
		buf_release(out);
}

static void read_proc(struct sampler *s, struct gathered *g)
{
	bool process = g->target->kind == TARGET_PROCESS;
	int dir =
		process ? procfs_pid_open(&s->fs, &g->target->proc, NULL) : -1;
	const char *gone = process ? "the process is gone"
				   : "a URL alone has no process to look at";

	read_file(dir, gone, "smaps", &g->smaps, SMAPS_MOST, &g->smaps_err);
	read_file(dir, gone, "status", &g->status, SMALL_MOST, &g->status_err);
	read_file(dir, gone, "limits", &g->limits, SMALL_MOST, &g->limits_err);
	g->env_known = dir >= 0 && proc_goenv_read(dir, &g->env, NULL) == 0;
	if (dir >= 0)
		close(dir);
}

/* The served profile back in the place that memory's has taken. */
static void put_served(struct gathered *g)
{
	const struct values *from = &g->served.values;
	struct values *to = &g->values;

	if (!g->served.raw ||
	    g->origins[ORIGIN_PPROF].begin_ns == g->served.origin.begin_ns)
		return;
	g->origins[ORIGIN_PPROF] = g->served.origin;
	doc_replace(&g->raw, g->served.raw);
	for (unsigned f = 0; f < FIELD_COUNT; f++) {
		if (field_info[f].origin != ORIGIN_PPROF)
			continue;
		values_unset(to, (enum field)f);
		if (values_has(from, (enum field)f))
			values_set(to, (enum field)f, from->v[f]);
	}
	/* A served profile is the measure (model/state.c). */
	if (values_has(to, FIELD_RESIDUE) && values_has(to, FIELD_PPROF_INUSE))
		values_set(to, FIELD_RESIDUE,
			   to->v[FIELD_RSS] - to->v[FIELD_PPROF_INUSE]);
}

static void copy_state(struct store *st, struct gathered *g)
{
	struct target *t = g->target;
	const struct state *s = &t->state;

	g->events = mem_alloc(STATE_EVENTS * sizeof(*g->events));
	g->cut = history_cut_new();
	history_cut_reserve(g->cut, 0, TAIL_ROWS);
	pthread_mutex_lock(&st->lock);
	g->info = s->info;
	g->values = s->values;
	memcpy(g->origins, s->origins, sizeof(g->origins));
	g->endpoint_fail = s->endpoint_fail;
	g->verdict = t->verdict;
	g->judged = t->state.rows > 0;
	g->live = t->live;
	g->live_origins = t->live_origins;
	g->event_count = (unsigned)state_events_kept(s);
	for (unsigned i = 0; i < g->event_count; i++)
		g->events[i] = *state_event_at(s, i);
	g->raw = doc_ref(s->docs[DOC_RAW]);
	g->memstats = doc_ref(s->docs[DOC_MEMSTATS]);
	g->by_size = doc_ref(s->docs[DOC_BY_SIZE]);
	if (s->history)
		history_cut_rows(s->history, store_now(st) - SNAPSHOT_PAST_NS,
				 INT64_MAX, g->cut);
	pthread_mutex_unlock(&st->lock);
	put_served(g);
}

static void gathered_release(struct gathered *g)
{
	free(g->events);
	doc_unref(g->raw);
	doc_unref(g->served.raw);
	doc_unref(g->memstats);
	doc_unref(g->by_size);
	history_cut_free(g->cut);
	buf_release(&g->smaps);
	buf_release(&g->status);
	buf_release(&g->limits);
}

static struct snapshot_bytes of_doc(const struct doc *d)
{
	if (!d)
		return (struct snapshot_bytes){0};
	return (struct snapshot_bytes){d->data, d->size, d->t_ns, NULL};
}

static struct snapshot_bytes of_buf(const struct buf *b, const struct err *why,
				    int64_t now_ns)
{
	return (struct snapshot_bytes){b->data, b->len, now_ns,
				       b->data ? NULL : why->msg};
}

static void each_row(void *rows, void (*row)(void *ctx, const struct row *row),
		     void *ctx)
{
	history_each_row(rows, row, ctx);
}

static int write_snapshot(struct sampler *s, struct gathered *g, char *path,
			  size_t path_size, struct err *err)
{
	int64_t now = clock_boot_ns();
	struct snapshot_input in = {
		.info = &g->info,
		.now_ns = now,
		.wall_ns = now + clock_wall_offset_ns(),
		.values = &g->values,
		.origins = g->origins,
		.endpoint_fail = &g->endpoint_fail,
		.verdict = g->judged ? &g->verdict : NULL,
		.live = g->live,
		.live_origins = g->live_origins,
		.events = g->events,
		.event_count = g->event_count,
		.each_row = each_row,
		.rows = g->cut,
		.by_size = g->by_size ? g->by_size->data : NULL,
		.by_size_ns = g->by_size ? g->by_size->t_ns : 0,
	};

	in.files[SNAPSHOT_HEAP] = of_doc(g->raw);
	in.files[SNAPSHOT_MEMSTATS] = of_doc(g->memstats);
	in.files[SNAPSHOT_SMAPS] = of_buf(&g->smaps, &g->smaps_err, now);
	in.files[SNAPSHOT_STATUS] = of_buf(&g->status, &g->status_err, now);
	in.files[SNAPSHOT_LIMITS] = of_buf(&g->limits, &g->limits_err, now);
	if (g->env_known) {
		in.godebug = g->env.godebug;
		in.gogc = g->env.gogc;
		in.gomemlimit = g->env.gomemlimit;
	}
	return snapshot_write(&in, s->opt.snapshot_dir, path, path_size, err);
}

static void say_done(struct sampler *s, struct target *t, const char *path)
{
	struct event ev = event_make(EVENT_SNAPSHOT, EVENT_FROM_USER,
				     clock_boot_ns() + clock_wall_offset_ns());

	snprintf(ev.text, sizeof(ev.text), "%s", path);
	store_event(&s->store, t, &ev);
	store_toast(&s->store, false, "snapshot: %s", path);
}

int sampler_snapshot(struct sampler *s, const char *target, char *path_out,
		     size_t path_size, struct err *err)
{
	struct gathered g = {.target = store_find(&s->store, target)};
	int rc;

	if (!g.target)
		return err_set(err, ERR_GONE, "that process is no longer here");
	fresh_profile(s, &g);
	read_proc(s, &g);
	copy_state(&s->store, &g);
	rc = write_snapshot(s, &g, path_out, path_size, err);
	if (rc == 0)
		say_done(s, g.target, path_out);
	gathered_release(&g);
	target_unref(g.target);
	return rc;
}

/* ---- probes ------------------------------------------------------------- */

/* The log that the user sees: among the target's events. */
static void log_try(struct sampler *s, struct target *t,
		    const struct probe_try *tried)
{
	struct event ev = event_make(EVENT_MARK, EVENT_FROM_USER,
				     clock_boot_ns() + clock_wall_offset_ns());
	char words[80];

	probe_words(tried, words, sizeof(words));
	snprintf(ev.text, sizeof(ev.text), "probed %.48s: %.60s", tried->url,
		 words);
	store_event(&s->store, t, &ev);
}

static int probe(struct sampler *s, struct target *t,
		 struct probe_try out[PROBE_MOST], struct err *err)
{
	const struct probe_try *found;
	int n;

	if (atomic_load(&t->url))
		return err_set(err, ERR_LIMIT, "%s has an endpoint already",
			       t->id);
	if (t->kind != TARGET_PROCESS)
		return err_set(err, ERR_UNSUPPORTED, "%s is no process", t->id);
	n = probe_run(&s->fs, &t->proc, out, err);
	for (int i = 0; i < n; i++)
		log_try(s, t, &out[i]);
	found = probe_endpoint(out, n);
	if (!found)
		return n;
	if (store_set_url(&s->store, t, found->url, found->url, err) ||
	    (s->jobs.started && start_net(s, err)))
		return -1;
	return n;
}

int sampler_probe(struct sampler *s, const char *target,
		  struct probe_try out[PROBE_MOST], struct err *err)
{
	struct target *t = store_find(&s->store, target);
	int n;

	if (!t)
		return err_set(err, ERR_GONE, "that process is no longer here");
	n = probe(s, t, out, err);
	target_unref(t);
	return n;
}

/* ---- the thread --------------------------------------------------------- */

static bool next_job(struct jobs *j, struct job *job)
{
	bool got = false;

	pthread_mutex_lock(&j->lock);
	while (!j->count && !atomic_load(&j->stop))
		pthread_cond_wait(&j->wake, &j->lock);
	if (j->count && !atomic_load(&j->stop)) {
		*job = j->list[0];
		j->count--;
		memmove(&j->list[0], &j->list[1],
			j->count * sizeof(j->list[0]));
		got = true;
	}
	pthread_mutex_unlock(&j->lock);
	return got;
}

static void snapshot_job(struct sampler *s, const char *target)
{
	struct err err = ERR_INIT;
	char path[4096];

	if (sampler_snapshot(s, target, path, sizeof(path), &err))
		store_toast(&s->store, true, "no snapshot: %.140s", err.msg);
}

static void probe_job(struct sampler *s, const char *target)
{
	struct probe_try tries[PROBE_MOST];
	const struct probe_try *found, *last;
	struct err err = ERR_INIT;
	char words[100];
	int n = sampler_probe(s, target, tries, &err);

	if (n < 0)
		store_toast(&s->store, true, "no probe: %.140s", err.msg);
	else if (n == 0)
		store_toast(&s->store, false,
			    "nothing to probe: it listens on no socket");
	else {
		found = probe_endpoint(tries, n);
		last = found ? found : &tries[n - 1];
		probe_words(last, words, sizeof(words));
		/* One is in the log already, in these words. */
		if (n == 1)
			store_toast(&s->store, false, "probed %.48s: %.60s",
				    last->url, words);
		else
			store_toast(&s->store, false,
				    "probed %d sockets; %s%.70s: %.60s", n,
				    found ? "" : "the last, ", last->url,
				    words);
	}
}

static void *jobs_main(void *arg)
{
	struct jobs *j = arg;
	struct job job;

	while (next_job(j, &job)) {
		if (job.kind == JOB_SNAPSHOT)
			snapshot_job(j->sampler, job.target);
		else
			probe_job(j->sampler, job.target);
	}
	return NULL;
}

void jobs_init(struct sampler *s)
{
	s->jobs.sampler = s;
	pthread_mutex_init(&s->jobs.lock, NULL);
	pthread_cond_init(&s->jobs.wake, NULL);
}

int jobs_start(struct jobs *j, struct err *err)
{
	int rc = thread_start(&j->thread, jobs_main, j);

	if (rc)
		return err_sys(err, rc, "cannot start a thread");
	j->started = true;
	return 0;
}

int jobs_add(struct jobs *j, enum job_kind kind, const char *target,
	     struct err *err)
{
	int rc = 0;

	pthread_mutex_lock(&j->lock);
	if (j->count == JOBS_MOST)
		rc = err_set(err, ERR_LIMIT,
			     "%d snapshots and probes are waiting already",
			     JOBS_MOST);
	else {
		struct job *job = &j->list[j->count++];

		job->kind = kind;
		memcpy(job->target, target, TARGET_ID_MAX);
	}
	pthread_cond_signal(&j->wake);
	pthread_mutex_unlock(&j->lock);
	return rc;
}

void jobs_stop(struct jobs *j)
{
	pthread_mutex_lock(&j->lock);
	atomic_store(&j->stop, true);
	pthread_cond_signal(&j->wake);
	pthread_mutex_unlock(&j->lock);
	if (j->started)
		pthread_join(j->thread, NULL);
	pthread_cond_destroy(&j->wake);
	pthread_mutex_destroy(&j->lock);
}
