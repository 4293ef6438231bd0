/* sampler.c - starting, asking and ending the machine. */
#include "machine.h"

#include <residue/base/clock.h>
#include <residue/base/mem.h>
#include <residue/fetch/url.h>

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

/* A search that stands still at one process for so long is held by it. */
#define PATIENCE_NS (2 * NS_PER_SEC)

/* Two kept descriptors a process: as many as we may have. Children get the
 * old limit back (app/child.c). */
static void raise_descriptor_limit(void)
{
	struct rlimit lim;

	if (getrlimit(RLIMIT_NOFILE, &lim) || lim.rlim_cur == lim.rlim_max)
		return;
	lim.rlim_cur = lim.rlim_max;
	/* Refused: handles open and close around each read instead. */
	if (setrlimit(RLIMIT_NOFILE, &lim))
		return;
}

static struct sampler *new_sampler(int64_t interval_ns, bool items)
{
	struct sampler *s = mem_zalloc(1, sizeof(*s));

	store_init(&s->store, interval_ns, items);
	for (unsigned i = 0; i < 2 * FRAME_PANELS; i++)
		s->cuts[i] = history_cut_new();
	return s;
}

static void wake_net(void *ctx, bool between)
{
	struct sampler *s = ctx;
	struct net *net = atomic_load(&s->net);

	if (net && !between)
		net_wake(net);
}

void wake_slow(struct sampler *s)
{
	lane_wake(s->slow);
}

/* Whether a target's memory can be read is known now: the net and the slow
 * lane have waited for the word. */
static void told(void *ctx, bool between)
{
	struct sampler *s = ctx;

	wake_net(s, between);
	wake_slow(s);
	/* It is another program, perhaps: the facts of that one. */
	lane_wake(&s->finder);
}

static bool lane_has_sources(enum lane lane)
{
	for (unsigned i = 0; i < source_count; i++)
		if (source_registry[i]->lane == lane)
			return true;
	return false;
}

struct sampler *sampler_new(const struct sampler_options *opt, struct err *err)
{
	struct sampler *s = new_sampler(opt->interval_ns, opt->items);

	s->opt = *opt;
	raise_descriptor_limit();
	if (procfs_open(&s->fs, opt->proc_root, err)) {
		s->scripted = true; /* nothing else to release */
		sampler_free(s);
		return NULL;
	}
	s->store.memory_lane =
		lane_has_sources(LANE_MEMORY) &&
		(opt->read == READ_COUNT || opt->read == READ_AGENTLESS);
	lane_init(&s->fast, LANE_FAST, &s->store, &s->fs);
	lane_init(&s->finder, LANE_SLOW, &s->store, &s->fs);
	guard_init(&s->guard, PATIENCE_NS, &s->store.lost_lanes);
	s->slow = lane_new(LANE_SLOW, &s->store, &s->fs, NULL, NULL);
	s->store.profile_every_ns = opt->profile_every_ns;
	s->store.once = opt->once;
	if (s->store.memory_lane)
		s->memory = lane_new(LANE_MEMORY, &s->store, &s->fs, told, s);
	jobs_init(s);
	return s;
}

struct sampler *sampler_new_scripted(bool items)
{
	struct sampler *s = new_sampler(NS_PER_SEC, items);

	s->scripted = s->store.scripted = true;
	return s;
}

/* ---- lanes ---------------------------------------------------------------- */

static void ticked(void *ctx, bool between)
{
	struct sampler *s = ctx;

	if (s->memory) {
		if (!between)
			atomic_store(&s->memory->whole, true);
		lane_wake(s->memory);
	}
	/* What depends on a target's size has waited for that. */
	if (!s->sized)
		wake_slow(s);
	s->sized = true;
	wake_net(s, between);
}

static int64_t look_after(void *ctx)
{
	struct sampler *s = ctx;
	int64_t memory = lane_watch(s->memory), slow = lane_watch(s->slow);

	return memory < slow ? memory : slow;
}

/* The finder's turns where it keeps the list, and where all there is to see is
 * an exec of what is watched. */
#define FIND_NS (2 * NS_PER_SEC)
#define REST_NS (5 * NS_PER_SEC)

static int64_t find_turn(void *ctx, int64_t now_ns)
{
	struct sampler *s = ctx;

	discover_turn(s, now_ns);
	return s->opt.discover ? FIND_NS : REST_NS;
}

static bool all_warm(struct store *s)
{
	bool warm = true;

	pthread_mutex_lock(&s->lock);
	for (unsigned i = 0; i < s->count && warm; i++) {
		const struct target *t = s->targets[i];

		warm = !atomic_load(&t->url) ||
		       (atomic_load(&t->warm_runtime) &&
			atomic_load(&t->warm_profile));
	}
	pthread_mutex_unlock(&s->lock);
	return warm;
}

/* One endpoint and no process: there is no memory, no smaps_rollup and no other
 * endpoint that a row could wait for. */
static bool is_one_url(struct store *s)
{
	bool one;

	pthread_mutex_lock(&s->lock);
	one = s->count == 1 && s->targets[0]->kind == TARGET_URL;
	pthread_mutex_unlock(&s->lock);
	return one;
}

static void wait_until_warm(struct sampler *s, int64_t warm_ns)
{
	int64_t end = clock_boot_ns() + warm_ns;
	const struct timespec pause = {0, 2 * NS_PER_MS};

	while (!all_warm(&s->store) && clock_boot_ns() < end)
		nanosleep(&pause, NULL);
	s->fast.warm = is_one_url(&s->store);
}

int start_net(struct sampler *s, struct err *err)
{
	struct net *net;

	if (atomic_load(&s->net))
		return 0;
	net = net_start(&s->store, &s->fs, &s->opt, err);
	atomic_store(&s->net, net);
	return net ? 0 : -1;
}

int sampler_run(struct sampler *s, int64_t warm_ns, struct err *err)
{
	/* Without an endpoint there is nothing to ask, and libcurl with its TLS
	 * library is most of what we would weigh. */
	if (atomic_load(&s->store.urls)) {
		if (start_net(s, err))
			return -1;
	}
	s->fast.ticked = ticked;
	s->fast.look = look_after;
	s->fast.ctx = s;
	s->finder.turn = find_turn;
	s->finder.ctx = s;
	if (jobs_start(&s->jobs, err))
		return -1;
	if (lane_start(&s->finder, err) || lane_start(s->slow, err) ||
	    (s->memory && lane_start(s->memory, err)))
		return -1;
	if (warm_ns > 0)
		wait_until_warm(s, warm_ns);
	return lane_start(&s->fast, err);
}

static void end_lane(struct lane_run *l)
{
	lane_stop(l);
	if (lane_join(l))
		lane_release(l);
}

void sampler_free(struct sampler *s)
{
	if (!s)
		return;
	if (!s->scripted) {
		jobs_stop(&s->jobs);
		end_lane(&s->fast);
		/* It wakes the slow lane and the net lane: it goes first. */
		lane_end(s->memory);
		lane_end(s->slow);
		end_lane(&s->finder);
		net_stop(atomic_exchange(&s->net, NULL));
		if (lanes_lost(&s->store))
			return; /* they may come back and use all of it */
		search_free(s->search);
		guard_release(&s->guard);
		procfs_release(&s->fs);
	}
	for (unsigned i = 0; i < 2 * FRAME_PANELS; i++)
		history_cut_free(s->cuts[i]);
	store_release(&s->store);
	free(s);
}

/* ---- targets -------------------------------------------------------------- */

static int show_endpoint(const char *url, struct target_info *info,
			 struct err *err)
{
	struct url u;

	if (url_parse(&u, url, err))
		return -1;
	snprintf(info->endpoint, sizeof(info->endpoint), "%s", u.shown);
	url_release(&u);
	return 0;
}

int sampler_add(struct sampler *s, pid_t pid, const char *url, bool opened,
		char id_out[TARGET_ID_MAX], struct err *err)
{
	struct target_info info = {.kind = TARGET_URL,
				   .since_ns = clock_boot_ns()};
	struct target *t;

	if (pid && find_facts_of(s, pid, &info, err))
		return -1;
	if (url && show_endpoint(url, &info, err))
		return -1;
	if (!pid)
		snprintf(info.comm, sizeof(info.comm), "%.63s", info.endpoint);
	t = store_add(&s->store, &info, url, opened);
	if (!t)
		return err_set(err, ERR_LIMIT, "more than %d targets",
			       STORE_TARGETS);
	memcpy(id_out, t->id, TARGET_ID_MAX);
	target_unref(t);
	return 0;
}

int sampler_wake_fd(const struct sampler *s)
{
	return s->store.wake_fd;
}

void sampler_wait(struct sampler *s, int ms)
{
	struct pollfd fd = {.fd = s->store.wake_fd, .events = POLLIN};
	uint64_t count;

	/* Another reader may have been faster: that is fine too. */
	if (poll(&fd, 1, ms) > 0 && read(fd.fd, &count, sizeof(count)) < 0)
		return;
}

void sampler_frame(struct sampler *s, const struct frame_want *want,
		   struct frame *out)
{
	if (want->list && s->opt.discover) {
		int64_t now = clock_boot_ns();
		int64_t seen = atomic_exchange(&s->list_ns, now);

		if (now - seen > NS_PER_SEC)
			lane_wake(&s->finder);
	}
	store_frame(&s->store, want, out, s->cuts);
}

unsigned sampler_live(struct sampler *s)
{
	return atomic_load(&s->store.live);
}

/* ---- requests ----------------------------------------------------------- */

static void mark(struct sampler *s, struct target *t, const char *text)
{
	int64_t offset = s->scripted ? 0 : clock_wall_offset_ns();
	struct event ev = event_make(EVENT_MARK, EVENT_FROM_USER,
				     store_now(&s->store) + offset);

	snprintf(ev.text, sizeof(ev.text), "%s", text);
	store_event(&s->store, t, &ev);
}

int ask_profile(struct sampler *s, struct target *t, struct err *err)
{
	if (atomic_load(&t->url) && atomic_load(&s->net)) {
		atomic_store(&t->ask_profile, true);
		wake_net(s, false);
		return 0;
	}
	if (!sites_wanted(&s->store, t))
		return err_set(err, ERR_UNSUPPORTED,
			       "no endpoint is known of %s: give one with "
			       "PID@URL or -H URL",
			       t->id);
	atomic_store(&t->ask_profile, true);
	wake_slow(s);
	return 0;
}

static int ask_gc(struct sampler *s, struct target *t, const char *times,
		  struct err *err)
{
	if (!atomic_load(&t->url) || !atomic_load(&s->net))
		return err_set(err, ERR_UNSUPPORTED,
			       "a GC is forced through an endpoint, and none "
			       "is known of %s: give one with PID@URL or -H "
			       "URL",
			       t->id);
	atomic_store(&t->ask_gc, strcmp(times, "2") ? 1 : 2);
	wake_net(s, false);
	return 0;
}

static int post_to(struct sampler *s, struct target *t,
		   const struct request *req, struct err *err)
{
	switch (req->kind) {
	case REQUEST_OPEN:
		store_open_target(&s->store, t);
		return 0;
	case REQUEST_MARK:
		mark(s, t, req->text);
		return 0;
	case REQUEST_SNAPSHOT:
		return jobs_add(&s->jobs, JOB_SNAPSHOT, t->id, err);
	case REQUEST_PROBE:
		return jobs_add(&s->jobs, JOB_PROBE, t->id, err);
	case REQUEST_PROFILE:
		return ask_profile(s, t, err);
	case REQUEST_GC:
		return ask_gc(s, t, req->text, err);
	case REQUEST_SMAPS:
		atomic_store(&t->ask_smaps, true);
		wake_slow(s);
		return 0;
	}
	return 0;
}

int sampler_post(struct sampler *s, const struct request *req, struct err *err)
{
	struct target *t = store_find(&s->store, req->target);
	int rc;

	if (!t)
		return err_set(err, ERR_GONE, "that process is no longer here");
	if (s->scripted && req->kind != REQUEST_OPEN &&
	    req->kind != REQUEST_MARK)
		rc = err_set(err, ERR_UNSUPPORTED,
			     "a script has no process to ask");
	else
		rc = post_to(s, t, req, err);
	target_unref(t);
	return rc;
}

void sampler_say(struct sampler *s, const char *text)
{
	store_toast(&s->store, false, "%s", text);
}

/* ---- items ---------------------------------------------------------------- */

bool sampler_next(struct sampler *s, struct item *out)
{
	struct store *st = &s->store;
	bool any;

	pthread_mutex_lock(&st->lock);
	any = st->item_count > 0;
	if (any) {
		*out = st->items[st->item_first];
		st->item_first = (st->item_first + 1) % STORE_ITEMS;
		st->item_count--;
	}
	pthread_mutex_unlock(&st->lock);
	return any;
}

uint64_t sampler_lost_items(const struct sampler *s)
{
	return atomic_load(&s->store.items_lost);
}

uint64_t sampler_lost_ticks(struct sampler *s)
{
	uint64_t lost;

	pthread_mutex_lock(&s->store.lock);
	lost = s->store.lost_ticks;
	pthread_mutex_unlock(&s->store.lock);
	return lost;
}
