/* net.c - polling endpoints on the fetcher's thread. */
#include "net.h"

#include "ladder.h"
#include "meter.h"

#include <residue/base/clock.h>
#include <residue/base/mem.h>
#include <residue/base/units.h>
#include <residue/fetch/backoff.h>
#include <residue/fetch/url.h>
#include <residue/proc/facts.h>
#include <residue/proc/netns.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* MemStats over HTTP stop the target's world for 60 to 95 us: once a second is
 * enough, however fast RES is read (docs/architecture.md). */
#define RUNTIME_PERIOD_NS NS_PER_SEC
/* Where memory is read, only to compare: twice soon, then rarely. */
#define CROSS_SOON_NS (2 * NS_PER_SEC)
#define CROSS_NS      (30 * NS_PER_SEC)
#define CROSS_SOON    3
/* A number of GCs older than this says nothing of now: the runtime's figures no
 * longer come, or with profiles only. */
#define GC_KNOWN_NS (15 * NS_PER_SEC)
/* To know what a poll costs the target: pairs of which the cheapest counts. */
#define POLLS_MEASURED 4
/* net/http/pprof/pprof.go: handler.ServeHTTP calls runtime.GC() for it. */
#define GC_PATH "/debug/pprof/heap?gc=1"
/* sun_path of unix(7). */
#define UNIX_PATH_SIZE 108

/* One thing that is asked for: a rung of the ladder, the profile, or a GC with
 * the profile that it leaves. */
struct poll {
	struct endpoint *endpoint;
	const struct source *source;
	const char *path; /* instead of the source's; NULL: that */
	bool under_way;
	int64_t due_ns;
	struct backoff backoff;
};

struct endpoint {
	struct net *net;
	struct target *target;
	struct url url;
	uint64_t number; /* owner of its requests */
	struct poll runtime, profile, gc;
	char *gc_path;	      /* owned; NULL: GC_PATH */
	unsigned gcs_left;    /* to be forced yet */
	int64_t gc_begin_ns;  /* when they were asked for */
	int64_t gc_took_ns;   /* the first of two; 0: none yet */
	struct ladder ladder; /* of `runtime` */
	/* A profile that was answered with 404 waits for what the ladder comes
	 * to, so that its failure names what was tried; `held_ns`: until when
	 * at most, CLOCK_BOOTTIME, 0: none waits. */
	struct reading held;
	int64_t held_ns;
	bool profile_missing; /* 404 at its usual path */
	int64_t asked_ns;     /* when it was asked for, */
	bool again;	      /* ... and is now asked for at another one */
	unsigned crossed;     /* answers that memory was compared with */
	unsigned measured;    /* polls for what one costs the target */
	unsigned execs;	      /* target->execs that all this is of */
	bool inside;	      /* reached from the target's network namespace
			     * only */
	int64_t profile_gc;   /* num_gc before the last profile; -1: none */
	int64_t profile_ns;   /* when it came */
	struct meter meter;
};

struct net {
	struct store *store;
	struct procfs *fs;
	/* NULL until fetcher_start has returned: its thread may be faster. */
	_Atomic(struct fetcher *) fetcher;
	int64_t profile_every_ns, timeout_ns;
	bool profile_budget;
	enum read_by read; /* READ_COUNT: any way */
	atomic_uint wakes;
	atomic_bool stopping;
	/* ---- the fetcher's thread's own --------------------------------- */
	struct endpoint **endpoints;
	unsigned count;
	uint64_t generation;
	uint64_t numbers;
	unsigned wakes_seen;
};

/* ---- endpoints ---------------------------------------------------------- */

static const struct source *profile_source(void)
{
	for (unsigned i = 0; i < source_count; i++)
		if (source_registry[i]->lane == LANE_NET &&
		    source_registry[i]->origin == ORIGIN_PPROF)
			return source_registry[i];
	return NULL;
}

static void fail_both(struct net *n, struct target *t, const struct err *why)
{
	static const enum origin origins[] = {ORIGIN_RUNTIME, ORIGIN_PPROF};

	for (unsigned i = 0; i < 2; i++) {
		struct reading r = {.origin = origins[i],
				    .end_ns = clock_boot_ns(),
				    .wall_offset_ns = clock_wall_offset_ns(),
				    .fail = *why};

		store_reading(n->store, t, &r);
	}
	atomic_store(&t->warm_runtime, true);
	atomic_store(&t->warm_profile, true);
}

/* A process's 127.0.0.1 and its unix sockets are those of its namespaces, and
 * so is what was found by looking at its sockets. Other addresses that the
 * user gave are meant as seen from here. */
static bool is_own(const struct net *n, const struct endpoint *e)
{
	return e->target->kind == TARGET_PROCESS && n->fs->live &&
	       (e->url.loopback || atomic_load(&e->target->url_found));
}

/* Where its namespace cannot be seen (another user's process) it is taken to
 * be ours, as it nearly always is. */
static bool in_other_net(const struct net *n, const struct endpoint *e)
{
	struct proc_namespaces ns;
	int dir = procfs_pid_open(n->fs, &e->target->proc, NULL);
	bool other;

	if (dir < 0)
		return false;
	other = proc_namespaces_read(dir, &ns, NULL) == 0 && ns.other_net;
	close(dir);
	return other;
}

static bool ends_with_heap(const char *path)
{
	size_t n = strlen(path);

	return n >= 5 && strcmp(path + n - 5, "/heap") == 0;
}

static struct endpoint *endpoint_new(struct net *n, struct target *t)
{
	struct endpoint *e = mem_zalloc(1, sizeof(*e));
	struct err why = ERR_INIT;
	uint64_t seed;

	e->net = n;
	e->target = t;
	e->number = ++n->numbers;
	e->profile_gc = -1;
	if (url_parse(&e->url, atomic_load(&t->url), &why)) {
		fail_both(n, t, &why);
		e->runtime.due_ns = e->profile.due_ns = INT64_MAX;
		return e;
	}
	e->inside = is_own(n, e) && in_other_net(n, e);
	ladder_init(&e->ladder, n->read, e->url.what);
	e->runtime = (struct poll){.endpoint = e, .source = e->ladder.source};
	e->profile = (struct poll){.endpoint = e, .source = profile_source()};
	if (e->url.what == URL_PROFILE)
		e->profile.path = e->url.path;
	e->gc = (struct poll){
		.endpoint = e, .source = profile_source(), .path = GC_PATH};
	/* A heap profile at a path of its own has its GC there. */
	if (ends_with_heap(e->url.path))
		e->gc.path = e->gc_path = mem_printf("%s?gc=1", e->url.path);
	/* Two programs that watch one server are not to ask in step. */
	seed = e->number * 2 + ((uint64_t)clock_boot_ns() << 16);
	backoff_init(&e->runtime.backoff, seed + 1);
	backoff_init(&e->profile.backoff, seed + 2);
	return e;
}

static void endpoint_free(struct endpoint *e)
{
	url_release(&e->url);
	free(e->gc_path);
	target_unref(e->target);
	free(e);
}

static bool idle(const struct endpoint *e)
{
	return !e->runtime.under_way && !e->profile.under_way &&
	       !e->gc.under_way;
}

static struct endpoint *endpoint_of(struct net *n, const struct target *t)
{
	for (unsigned i = 0; i < n->count; i++)
		if (n->endpoints[i]->target == t)
			return n->endpoints[i];
	return NULL;
}

static void add_endpoints(struct net *n, struct target **list, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		if (endpoint_of(n, list[i])) {
			target_unref(list[i]);
			continue;
		}
		n->endpoints = mem_realloc(n->endpoints, n->count + 1,
					   sizeof(*n->endpoints));
		n->endpoints[n->count++] = endpoint_new(n, list[i]);
	}
}

/* Targets of the store that have a URL; those that left it are let go. */
static void bring_up_to_date(struct net *n)
{
	struct store *s = n->store;
	struct target **list = NULL;
	unsigned count = 0, room;

	pthread_mutex_lock(&s->lock);
	room = s->generation != n->generation ? s->count : 0;
	pthread_mutex_unlock(&s->lock);
	if (room) {
		list = mem_zalloc(room, sizeof(*list));
		pthread_mutex_lock(&s->lock);
		n->generation = s->generation;
		for (unsigned i = 0; i < s->count && count < room; i++)
			if (atomic_load(&s->targets[i]->url))
				list[count++] = target_ref(s->targets[i]);
		pthread_mutex_unlock(&s->lock);
		add_endpoints(n, list, count);
		free(list);
	}
	for (unsigned i = 0; i < n->count;) {
		struct endpoint *e = n->endpoints[i];

		if (!atomic_load(&e->target->listed) && idle(e)) {
			endpoint_free(e);
			n->endpoints[i] = n->endpoints[--n->count];
		} else
			i++;
	}
}

static const char *path_of(const struct poll *p)
{
	return p->path ? p->path : p->source->path;
}

/* ---- answers ------------------------------------------------------------ */

static void runtime_failed(struct endpoint *e, struct reading *r)
{
	struct poll *p = &e->runtime;
	enum ladder_step step = ladder_failed(&e->ladder, &r->fail);

	p->source = e->ladder.source;
	p->due_ns = r->end_ns + backoff_failure(&p->backoff, RUNTIME_PERIOD_NS);
	if (step == LADDER_NEXT)
		p->due_ns = 0;
	else if (step == LADDER_END)
		p->due_ns = r->end_ns + BACKOFF_MAX_NS;
}

/* Beside memory an answer is only compared. Of a text that costs the target as
 * much as a profile there are as many as it takes to be sure, and one for the
 * first, which may have come before memory was read. */
static int64_t compare_again(struct endpoint *e, const struct reading *r)
{
	bool costly = !e->runtime.source->period_ns;

	e->crossed++;
	if (costly && e->crossed > CROSS_SURE)
		return INT64_MAX;
	return r->end_ns + (e->crossed < CROSS_SOON ? CROSS_SOON_NS : CROSS_NS);
}

static void after_runtime(struct endpoint *e, struct reading *r)
{
	struct poll *p = &e->runtime;

	if (r->fail.code == ERR_NONE) {
		backoff_success(&p->backoff);
		meter_polled(&e->meter, e->net->fs, e->target, r);
		ladder_worked(&e->ladder);
		if (!p->source->period_ns)
			p->due_ns = INT64_MAX; /* with the next profile */
		if (atomic_load(&e->target->memory) == MEMORY_WORKS)
			p->due_ns = compare_again(e, r);
	} else {
		runtime_failed(e, r);
	}
	if (e->ladder.settled || p->due_ns)
		atomic_store(&e->target->warm_runtime, true);
}

/* From memory it costs the target nothing, and is read instead. */
static bool from_memory(const struct endpoint *e)
{
	return atomic_load(&e->target->sites) == MEMORY_WORKS;
}

/* What profiles cost, how often they may be fetched, as things stand now. */
static void tell_price(struct endpoint *e)
{
	const struct net *n = e->net;
	struct reading r;

	if (meter_price(&e->meter, from_memory(e) ? 0 : n->profile_every_ns,
			!n->profile_budget, &r))
		store_reading(n->store, e->target, &r);
}

/* MemStats that cost as much as a profile, and are all there is: they come
 * with each one. */
static bool costs_a_profile(const struct endpoint *e)
{
	return e->ladder.settled && !e->runtime.source->period_ns &&
	       atomic_load(&e->target->memory) == MEMORY_REFUSED;
}

static void after_profile(struct endpoint *e, const struct reading *r)
{
	const struct net *n = e->net;
	struct poll *p = &e->profile;

	if (r->fail.code == ERR_NONE) {
		backoff_success(&p->backoff);
		e->profile_ns = r->end_ns;
		meter_end(&e->meter, n->fs, e->target, r);
		tell_price(e);
		p->due_ns = 0;
		if (costs_a_profile(e)) {
			e->runtime.due_ns = 0;
			e->meter.budget.doubled = true;
		}
	} else
		p->due_ns = r->end_ns +
			    backoff_failure(&p->backoff, 15 * NS_PER_SEC);
}

/* The user's word is answered: an event for each GC, a line for all. */
static void after_gc(struct endpoint *e, const struct reading *r)
{
	struct event ev = event_make(EVENT_MARK, EVENT_FROM_USER,
				     r->end_ns + r->wall_offset_ns);
	int64_t took = r->end_ns - r->begin_ns, until = r->end_ns;
	char last[UNITS_MAX], first[UNITS_MAX];
	struct store *s = e->net->store;

	/* One that takes long may come yet. */
	if (r->fail.code == ERR_TIMEOUT)
		until += e->net->timeout_ns;
	else if (r->fail.code == ERR_NONE && e->gcs_left > 1)
		until = 0;
	store_own_gc(s, e->target, e->gc_begin_ns, until);
	if (r->fail.code != ERR_NONE) {
		e->gcs_left = 0;
		store_toast(s, true, "no GC forced%s: %.120s",
			    r->fail.code == ERR_TIMEOUT ? ", or it takes long"
							: "",
			    r->fail.msg);
		return;
	}
	e->profile_ns = r->end_ns;
	units_duration(last, took);
	snprintf(ev.text, sizeof(ev.text),
		 "GC forced by residue (heap?gc=1), took %s", last);
	store_event(s, e->target, &ev);
	if (--e->gcs_left == 0 && e->gc_took_ns == 0)
		store_toast(s, false, "%s", ev.text);
	else if (e->gcs_left == 0)
		store_toast(s, false,
			    "2 GCs forced by residue (heap?gc=1), took %s and "
			    "%s",
			    units_duration(first, e->gc_took_ns), last);
	e->gc_took_ns = took;
}

/* Which paths were tried, for people: the answer was 404. */
static void say_tried(const struct endpoint *e, struct err *why)
{
	const char *usual = e->profile.source->path;
	char paths[160] = "";

	if (!ladder_is_missing(why))
		return;
	if (e->url.what == URL_PROFILE)
		usual = e->url.path;
	if (e->ladder.settled) {
		err_set(why, ERR_HTTP,
			"%.120s%.60s: 404 Not Found, though %s answers",
			e->url.shown, usual, e->runtime.source->path);
	} else {
		if (e->profile_missing)
			snprintf(paths, sizeof(paths), "%s%.60s",
				 e->url.what == URL_OTHER ? "itself, " : "",
				 usual);
		ladder_paths(&e->ladder, paths, sizeof(paths));
		err_set(why, ERR_HTTP,
			"%.80s: 404 Not Found: tried %s; is it below another "
			"path, or at another port?",
			e->url.shown, paths);
	}
	why->sys = 404;
}

/* Deliver the failure that waited for the ladder. */
static void release_held(struct endpoint *e)
{
	if (!e->held_ns)
		return;
	e->held_ns = 0;
	say_tried(e, &e->held.fail);
	store_reading(e->net->store, e->target, &e->held);
	atomic_store(&e->target->warm_profile, true);
}

/* An unknown path is a base first; if nothing is there, the very thing. */
static bool try_as_it_stands(struct endpoint *e)
{
	if (e->url.what != URL_OTHER || e->profile.path)
		return false;
	e->profile_missing = e->again = true;
	e->profile.path = "";
	e->profile.due_ns = 0;
	return true;
}

/* The profile's failure: told, or kept for a while. */
static bool keep_back(struct endpoint *e, const struct reading *r)
{
	if (!ladder_is_missing(&r->fail))
		return false;
	if (try_as_it_stands(e))
		return true;
	e->profile_missing = true;
	if (e->ladder.settled || e->ladder.ended || !e->ladder.source)
		return false;
	e->held = *r;
	e->held_ns = e->asked_ns + e->net->timeout_ns;
	return true;
}

/* A rung that says "not here" is not a failure to show while others are to be
 * tried. */
static bool quiet(const struct endpoint *e, const struct reading *r)
{
	return r->origin == ORIGIN_RUNTIME && !e->ladder.settled &&
	       r->fail.code != ERR_NONE && e->runtime.due_ns == 0;
}

static void done(void *ctx, struct fetch_result *res)
{
	struct poll *p = ctx;
	struct endpoint *e = p->endpoint;
	struct net *n = e->net;
	struct reading r = {.origin = p->source->origin,
			    .by = p->source->by,
			    .begin_ns = res->begin_ns,
			    .end_ns = res->end_ns,
			    .wall_offset_ns = res->wall_offset_ns,
			    .forced_gc = p == &e->gc,
			    .fail = res->err};

	p->under_way = false;
	if (atomic_load(&n->stopping) || !atomic_load(&e->target->listed))
		return;
	if (r.fail.code == ERR_NONE && p->source->decode(res, &r, &r.fail))
		r.values.known = 0;
	else if (r.fail.code == ERR_NONE)
		r.fail = (struct err)ERR_INIT;
	if (p == &e->runtime)
		after_runtime(e, &r);
	else if (p == &e->profile)
		after_profile(e, &r);
	else
		after_gc(e, &r);
	if (p == &e->profile && keep_back(e, &r))
		return;
	say_tried(e, &r.fail);
	/* That a GC cannot be forced says nothing of the profile. */
	if (!quiet(e, &r) && (p != &e->gc || r.fail.code == ERR_NONE))
		store_reading(n->store, e->target, &r);
	if (p == &e->profile)
		atomic_store(&e->target->warm_profile, true);
	if (e->ladder.settled || e->ladder.ended)
		release_held(e);
}

/* ---- questions ---------------------------------------------------------- */

static int open_inside(void *ctx, int family, int type, int protocol,
		       struct err *err)
{
	const struct endpoint *e = ((const struct poll *)ctx)->endpoint;
	int dir = procfs_pid_open(e->net->fs, &e->target->proc, err);
	int fd;

	if (dir < 0)
		return -1;
	fd = netns_socket(dir, family, type, protocol, err);
	close(dir);
	return fd;
}

/* As curl is to see a unix socket of the target; `room` may hold it. */
static const char *unix_path_of(const struct net *n, const struct endpoint *e,
				char *room, size_t size)
{
	const char *path = e->url.unix_path;

	if (!path || *path == '@' || !is_own(n, e) ||
	    netns_path(n->fs, e->target->proc.pid, path, room, size, NULL))
		return path;
	return room;
}

/* Two questions for a profile, at a path that may be a base, take no longer
 * than one. */
static void set_patience(struct endpoint *e, struct fetch_request *req)
{
	int64_t now = clock_boot_ns(), left;

	if (!e->again)
		e->asked_ns = now;
	left = (e->asked_ns + e->net->timeout_ns - now) / NS_PER_MS;
	if (e->again)
		req->timeout_ms = left > 1 ? (int)left : 1;
	e->again = false;
}

static void ask(struct poll *p)
{
	struct endpoint *e = p->endpoint;
	const struct source *src = p->source;
	const char *what = path_of(p);
	char *url = url_join(&e->url, what);
	char *shown = url_join_shown(&e->url, what);
	char path[UNIX_PATH_SIZE];
	struct fetch_request req = {
		.url = url,
		.shown = shown,
		.unix_path = unix_path_of(e->net, e, path, sizeof(path)),
		.owner = e->number,
		.body_max = src->body_max,
		.tail = src->tail,
		.direct = e->url.loopback || e->target->kind == TARGET_PROCESS,
		/* What a probe found was named by nobody. */
		.credentials = !atomic_load(&e->target->url_found),
		.done = done,
		.ctx = p};

	if (e->inside)
		req.open_socket = open_inside;
	if (p == &e->profile)
		set_patience(e, &req);
	p->under_way = true;
	fetcher_submit(e->net->fetcher, &req);
	free(url);
	free(shown);
}

/* -1: not known, or not of now. */
static int64_t num_gc(struct net *n, const struct target *t, bool *stale)
{
	int64_t least = clock_boot_ns() - GC_KNOWN_NS;
	int64_t v = -1;

	if (n->store->interval_ns > GC_KNOWN_NS / 2)
		least -= 2 * n->store->interval_ns;
	pthread_mutex_lock(&n->store->lock);
	if (t->state.origins[ORIGIN_RUNTIME].end_ns >= least)
		v = values_get(&t->state.values, FIELD_NUM_GC, -1);
	*stale = profile_is_stale(&t->state.values);
	pthread_mutex_unlock(&n->store->lock);
	return v;
}

static bool alive(struct net *n, const struct target *t)
{
	bool is;

	pthread_mutex_lock(&n->store->lock);
	is = t->state.info.phase == TARGET_LIVE;
	pthread_mutex_unlock(&n->store->lock);
	return is;
}

static bool profile_due(struct net *n, struct endpoint *e, int64_t now_ns)
{
	struct budget_price price;
	bool stale;
	int64_t gc;

	if (atomic_exchange(&e->target->ask_profile, false))
		return true;
	if (!e->profile_ns)
		return e->profile.due_ns <= now_ns;
	if (from_memory(e) || !atomic_load(&e->target->opened) ||
	    e->profile.due_ns > now_ns)
		return false;
	/* Between GCs the profile stays what it is. */
	gc = num_gc(n, e->target, &stale);
	if (gc >= 0 && gc == e->profile_gc && !costs_a_profile(e))
		return false;
	/* One from before the first GC is worth nothing after it. */
	budget_price(&e->meter.budget, n->profile_every_ns,
		     !n->profile_budget || (stale && gc > 0), &price);
	return now_ns - e->profile_ns >= price.interval_ns;
}

/* Only ever because it was asked for: it acts on the target. */
static void force_gc(struct endpoint *e)
{
	unsigned asked;

	if (e->gc.under_way)
		return;
	asked = atomic_exchange(&e->target->ask_gc, 0);
	if (asked) {
		e->gcs_left = asked;
		e->gc_took_ns = 0;
		e->gc_begin_ns = clock_boot_ns();
		store_own_gc(e->net->store, e->target, e->gc_begin_ns, 0);
	}
	if (e->gcs_left)
		ask(&e->gc);
}

/* The target is another program: what was learnt of the old one is not true of
 * its endpoint. */
static void start_over(struct endpoint *e)
{
	ladder_begin(&e->ladder);
	e->runtime.source = e->ladder.source;
	e->profile_missing = e->again = false;
	e->profile.path = e->url.what == URL_PROFILE ? e->url.path : NULL;
	e->held_ns = 0;
	e->crossed = e->measured = 0;
	e->runtime.due_ns = e->profile.due_ns = 0;
	/* Several programs may answer in turn at one URL. */
	if (e->target->kind == TARGET_URL && e->profile_ns)
		e->profile.due_ns = e->profile_ns + e->net->profile_every_ns;
	e->profile_ns = 0;
	e->profile_gc = -1;
	memset(&e->meter, 0, sizeof(e->meter));
	e->gcs_left = 0; /* they were to be the old one's */
}

/* Memory's figures are compared with an endpoint that the user gave; one that
 * a probe found is the target's own. */
static bool may_ask(const struct endpoint *e, int memory)
{
	return memory == MEMORY_REFUSED ||
	       (memory == MEMORY_WORKS && atomic_load(&e->target->opened) &&
		!atomic_load(&e->target->url_found));
}

/* Once nothing else of ours runs, two polls in a row tell what one costs; the
 * first of them may be late to begin with. */
static bool measures_poll(struct endpoint *e, int memory)
{
	if (memory != MEMORY_REFUSED || !e->ladder.settled || !e->profile_ns ||
	    e->profile.under_way || e->measured >= POLLS_MEASURED ||
	    !e->runtime.source->period_ns)
		return false;
	e->measured++;
	return true;
}

static void look_at(struct net *n, struct endpoint *e, int64_t now_ns,
		    bool ticked)
{
	unsigned execs = atomic_load(&e->target->execs);
	struct poll *rt = &e->runtime;
	bool stale;
	int memory;

	if (!e->url.base || !alive(n, e->target))
		return;
	if (execs != e->execs && idle(e)) {
		start_over(e);
		e->execs = execs;
	}
	/* A rung that works is polled with the ticks, so that its figures and
	 * RES are of the same moment; but not more often than its period. */
	memory = atomic_load(&e->target->memory);
	if (memory == MEMORY_WORKS || !rt->source)
		atomic_store(&e->target->warm_runtime, true);
	if (memory == MEMORY_REFUSED && e->crossed) {
		rt->due_ns = 0; /* it is the only one again */
		e->crossed = 0;
	}
	if (may_ask(e, memory) && rt->source && !rt->under_way &&
	    (measures_poll(e, memory) ||
	     (rt->due_ns <= now_ns && (!e->ladder.settled || ticked)))) {
		if (e->ladder.settled && memory == MEMORY_REFUSED)
			rt->due_ns = now_ns + rt->source->period_ns * 9 / 10;
		ask(rt);
	}
	force_gc(e);
	if (meter_look(&e->meter, n->store, n->fs, e->target, now_ns))
		tell_price(e);
	if (!e->profile.under_way && profile_due(n, e, now_ns)) {
		e->profile_gc = num_gc(n, e->target, &stale);
		meter_begin(&e->meter, n->store, n->fs, e->target);
		ask(&e->profile);
	}
}

static int64_t turn(void *ctx, int64_t now_ns)
{
	struct net *n = ctx;
	unsigned wakes = atomic_load(&n->wakes);
	bool ticked = wakes != n->wakes_seen;
	int64_t next = INT64_MAX;

	if (!atomic_load(&n->fetcher))
		return INT64_MAX; /* net_start wakes us */
	n->wakes_seen = wakes;
	bring_up_to_date(n);
	for (unsigned i = 0; i < n->count; i++) {
		struct endpoint *e = n->endpoints[i];

		look_at(n, e, now_ns, ticked);
		if (e->held_ns && e->held_ns <= now_ns)
			release_held(e);
		if (e->held_ns && e->held_ns < next)
			next = e->held_ns;
	}
	/* Ticks, requests and answers call again; nothing else is due. */
	return next;
}

struct net *net_start(struct store *store, struct procfs *fs,
		      const struct sampler_options *opt, struct err *err)
{
	struct net *n = mem_zalloc(1, sizeof(*n));
	struct fetch_options fetch = opt->fetch;
	struct fetcher *f;

	n->store = store;
	n->fs = fs;
	n->profile_every_ns = opt->profile_every_ns;
	n->profile_budget = opt->profile_budget;
	n->timeout_ns = (opt->fetch.timeout_ms > 0 ? opt->fetch.timeout_ms
						   : FETCH_TIMEOUT_MS) *
			NS_PER_MS;
	n->read = opt->read;
	n->generation = UINT64_MAX;
	fetch.plain = !atomic_load(&store->tls);
	fetch.turn = turn;
	fetch.turn_ctx = n;
	f = fetcher_start(&fetch, err);
	if (!f) {
		free(n);
		return NULL;
	}
	atomic_store(&n->fetcher, f);
	net_wake(n);
	return n;
}

void net_wake(struct net *n)
{
	atomic_fetch_add(&n->wakes, 1);
	fetcher_wake(n->fetcher);
}

void net_stop(struct net *n)
{
	if (!n)
		return;
	atomic_store(&n->stopping, true);
	fetcher_stop(n->fetcher);
	for (unsigned i = 0; i < n->count; i++)
		endpoint_free(n->endpoints[i]);
	free(n->endpoints);
	free(n);
}
