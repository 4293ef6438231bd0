/*
 * fetch.c - the net lane's thread and its queue.
 *
 * Other threads only touch the queue (under its mutex), the stop flag and
 * curl_multi_wakeup; everything of curl else belongs to the thread.
 */
#include <residue/fetch/fetch.h>

#include "transfer.h"

#include <residue/base/clock.h>
#include <residue/base/mem.h>

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <utlist.h>

#define IDLE_MAX	 4 /* easy handles kept for the next requests */
#define CONNECTIONS_KEPT 32L
#define NAP_MAX_MS	 60000
#define SPIN_MS		 10 /* between polls that fail at once */
#define WAKE_TRIES	 3

/* An item of the queue: a transfer to begin, or an owner to cancel. Of one
 * queue, so that a cancel ends what was submitted before it and no more. */
struct order {
	struct order *next, *prev;
	struct transfer *begin; /* NULL: cancel */
	uint64_t cancel;
};

struct fetcher {
	pthread_t thread;
	pthread_mutex_t lock; /* over `queue` */
	struct order *queue;
	atomic_bool stop;
	struct settings settings;
	int64_t (*turn)(void *ctx, int64_t now_ns);
	void *turn_ctx;
	/* of the thread */
	CURLM *multi;
	struct transfer *running;
	CURL *idle[IDLE_MAX];
	size_t n_idle;
};

static CURL *take_easy(struct fetcher *f)
{
	CURL *c;

	if (f->n_idle == 0)
		return libcurl.easy_init();
	c = f->idle[--f->n_idle];
	libcurl.easy_reset(c);
	return c;
}

static void put_easy(struct fetcher *f, CURL *c)
{
	if (f->n_idle < IDLE_MAX)
		f->idle[f->n_idle++] = c;
	else
		libcurl.easy_cleanup(c);
}

static void begin(struct fetcher *f, struct transfer *t)
{
	CURL *c = take_easy(f);

	if (!c || transfer_begin(t, c, &f->settings) ||
	    libcurl.multi_add_handle(f->multi, c) != CURLM_OK) {
		transfer_abandon(t, "curl refuses the request");
		t->res.err.code = ERR_LIMIT;
		if (c)
			libcurl.easy_cleanup(c);
		transfer_deliver(t);
		return;
	}
	DL_APPEND(f->running, t);
}

/* Out of curl's hands. */
static void detach(struct fetcher *f, struct transfer *t)
{
	DL_DELETE(f->running, t);
	libcurl.multi_remove_handle(f->multi, t->easy);
}

static void cancel(struct fetcher *f, uint64_t owner, const char *why)
{
	struct transfer *t, *next;

	DL_FOREACH_SAFE(f->running, t, next)
	{
		if (owner && t->req.owner != owner)
			continue;
		detach(f, t);
		put_easy(f, t->easy);
		transfer_abandon(t, why);
		transfer_deliver(t);
	}
}

static struct order *take_queue(struct fetcher *f)
{
	struct order *all;

	pthread_mutex_lock(&f->lock);
	all = f->queue;
	f->queue = NULL;
	pthread_mutex_unlock(&f->lock);
	return all;
}

static void follow_orders(struct fetcher *f)
{
	struct order *all = take_queue(f), *o, *next;

	DL_FOREACH_SAFE(all, o, next)
	{
		if (o->begin)
			begin(f, o->begin);
		else
			cancel(f, o->cancel, "no longer wanted");
		free(o);
	}
}

static void finish_done(struct fetcher *f)
{
	struct CURLMsg *m;
	int left;

	while ((m = libcurl.multi_info_read(f->multi, &left))) {
		CURLcode rc = m->data.result;
		CURL *c = m->easy_handle;
		struct transfer *t = NULL;

		if (m->msg != CURLMSG_DONE)
			continue;
		libcurl.easy_getinfo(c, CURLINFO_PRIVATE, &t);
		transfer_finish(t, rc);
		detach(f, t);
		put_easy(f, c);
		transfer_deliver(t);
	}
}

/* How long to sleep until the next turn, rounded up so as not to spin. */
static int nap_ms(const struct fetcher *f)
{
	int64_t now = clock_boot_ns(), due = INT64_MAX;

	if (f->turn)
		due = f->turn(f->turn_ctx, now);
	if (due <= now)
		return 0;
	if (due - now > NAP_MAX_MS * NS_PER_MS)
		return NAP_MAX_MS;
	return (int)((due - now + NS_PER_MS - 1) / NS_PER_MS);
}

/* What is left when the end is asked for: everything ends in done(), also what
 * a done() submits now. */
static void end_all(struct fetcher *f)
{
	static const char why[] = "residue is ending";
	struct order *all, *o, *next;

	cancel(f, 0, why);
	while ((all = take_queue(f)))
		DL_FOREACH_SAFE(all, o, next)
		{
			if (o->begin) {
				transfer_abandon(o->begin, why);
				transfer_deliver(o->begin);
			}
			free(o);
		}
	while (f->n_idle)
		libcurl.easy_cleanup(f->idle[--f->n_idle]);
}

/* A wake that is lost would leave the thread asleep for up to NAP_MAX_MS. */
static void wake(struct fetcher *f)
{
	for (int i = 0; i < WAKE_TRIES; i++)
		if (libcurl.multi_wakeup(f->multi) == CURLM_OK)
			return;
}

static void *run(void *arg)
{
	struct fetcher *f = arg;
	int running;

	pthread_setname_np(pthread_self(), "net");
	while (!atomic_load(&f->stop)) {
		follow_orders(f);
		libcurl.multi_perform(f->multi, &running);
		finish_done(f);
		/* Without memory to poll with: not at full speed. */
		if (libcurl.multi_poll(f->multi, NULL, 0, nap_ms(f), NULL))
			poll(NULL, 0, SPIN_MS);
	}
	end_all(f);
	return NULL;
}

static pthread_once_t global_once = PTHREAD_ONCE_INIT;
static CURLcode global_rc;

static void global_start(void)
{
	global_rc = libcurl.global_init(CURL_GLOBAL_ALL);
}

/* OpenSSL's tables are half a MiB that plain HTTP does not need. */
static void global_start_plain(void)
{
	global_rc = libcurl.global_init(CURL_GLOBAL_ALL & ~CURL_GLOBAL_SSL);
}

static int check_curl(bool plain, struct err *err)
{
	const curl_version_info_data *v;

	if (libcurl_load(err))
		return -1;
	pthread_once(&global_once, plain ? global_start_plain : global_start);
	if (global_rc)
		return err_set(err, ERR_SYS, "libcurl: %s",
			       libcurl.easy_strerror(global_rc));
	v = libcurl.version_info(CURLVERSION_NOW);
	if (!(v->features & CURL_VERSION_ASYNCHDNS) ||
	    !(v->features & CURL_VERSION_SSL))
		return err_set(err, ERR_UNSUPPORTED,
			       "this libcurl (%s) has no TLS or resolves names "
			       "in the foreground",
			       v->version);
	return 0;
}

static int check_file(const char *option, const char *path, struct err *err)
{
	if (!path || access(path, R_OK) == 0)
		return 0;
	err_sys(err, errno, "%s %.120s", option, path);
	if (err)
		err->code = ERR_USAGE;
	return -1;
}

/* Curl reads it on the thread of all endpoints: it must not be a pipe that nobody
 * writes to. One that is not there has no passwords. */
static int check_netrc(const struct fetch_options *opt, struct err *err)
{
	const char *home = getenv("HOME");
	char path[4096];
	struct stat st;

	if (!opt->netrc || !home)
		return 0;
	snprintf(path, sizeof(path), "%s/.netrc", home);
	if (stat(path, &st))
		return 0;
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_USAGE, "--netrc: %.160s is no file",
			       path);
	return check_file("--netrc", path, err);
}

/* Header lines that would be more than one line, or none. */
static int check_headers(const char *const *h, struct err *err)
{
	for (; h && *h; h++)
		if (strpbrk(*h, "\r\n") || !strchr(*h, ':') || **h == ':')
			return err_set(err, ERR_USAGE,
				       "--header wants one line \"Name: "
				       "value\"");
	return 0;
}

int fetch_options_check(const struct fetch_options *opt, struct err *err)
{
	if (check_headers(opt->headers, err) ||
	    check_file("--cacert", opt->cacert, err) ||
	    check_file("--cert", opt->cert, err) || check_netrc(opt, err))
		return -1;
	return check_file("--key", opt->key, err);
}

static char *copy(const char *s)
{
	return s ? mem_strdup(s) : NULL;
}

static void settings_copy(struct settings *s, const struct fetch_options *o)
{
	s->timeout_ms = o->timeout_ms > 0 ? o->timeout_ms : FETCH_TIMEOUT_MS;
	s->connect_timeout_ms = o->connect_timeout_ms > 0
					? o->connect_timeout_ms
					: FETCH_CONNECT_TIMEOUT_MS;
	s->netrc = o->netrc;
	s->insecure = o->insecure;
	s->cacert = copy(o->cacert);
	s->cert = copy(o->cert);
	s->key = copy(o->key);
	for (const char *const *h = o->headers; h && *h; h++) {
		struct curl_slist *longer =
			libcurl.slist_append(s->headers, *h);

		if (!longer)
			mem_exhausted();
		s->headers = longer;
	}
}

static void fetcher_free(struct fetcher *f)
{
	libcurl.multi_cleanup(f->multi);
	libcurl.slist_free_all(f->settings.headers);
	free(f->settings.cacert);
	free(f->settings.cert);
	free(f->settings.key);
	pthread_mutex_destroy(&f->lock);
	free(f);
}

struct fetcher *fetcher_start(const struct fetch_options *opt, struct err *err)
{
	sigset_t all, was;
	struct fetcher *f;
	int sysno;

	if (check_curl(opt->plain, err) || fetch_options_check(opt, err))
		return NULL;
	f = mem_zalloc(1, sizeof(*f));
	pthread_mutex_init(&f->lock, NULL);
	atomic_init(&f->stop, false);
	settings_copy(&f->settings, opt);
	f->turn = opt->turn;
	f->turn_ctx = opt->turn_ctx;
	f->multi = libcurl.multi_init();
	if (!f->multi)
		mem_exhausted();
	libcurl.multi_setopt(f->multi, CURLMOPT_MAXCONNECTS, CONNECTIONS_KEPT);
	/* Signals are the main thread's. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &was);
	sysno = pthread_create(&f->thread, NULL, run, f);
	pthread_sigmask(SIG_SETMASK, &was, NULL);
	if (sysno) {
		err_sys(err, sysno, "cannot start the fetcher's thread");
		fetcher_free(f);
		return NULL;
	}
	return f;
}

void fetcher_stop(struct fetcher *f)
{
	if (!f)
		return;
	atomic_store(&f->stop, true);
	wake(f);
	pthread_join(f->thread, NULL);
	fetcher_free(f);
}

static void give_order(struct fetcher *f, struct order *o)
{
	pthread_mutex_lock(&f->lock);
	DL_APPEND(f->queue, o);
	pthread_mutex_unlock(&f->lock);
	wake(f);
}

void fetcher_submit(struct fetcher *f, const struct fetch_request *req)
{
	struct order *o = mem_zalloc(1, sizeof(*o));

	o->begin = transfer_new(req);
	give_order(f, o);
}

void fetcher_cancel(struct fetcher *f, uint64_t owner)
{
	struct order *o;

	if (owner == 0)
		return;
	o = mem_zalloc(1, sizeof(*o));
	o->cancel = owner;
	give_order(f, o);
}

void fetcher_wake(struct fetcher *f)
{
	wake(f);
}
