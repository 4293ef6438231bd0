/*
 * test_fetch.c - the fetcher against servers that hang, drip, lie and never
 * end: each request ends in done() exactly once, in a named error.
 */
#include <residue/fetch/backoff.h>
#include <residue/fetch/fetch.h>

#include <residue/base/clock.h>
#include <residue/base/mem.h>

#include "http_server.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* A request under way, and its answer. */
struct asked {
	pthread_mutex_t lock;
	pthread_cond_t came;
	int times;		 /* done() was called */
	struct fetch_result res; /* the body moved out */
};

#define ASKED_INIT                                                             \
	{                                                                      \
		PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0,        \
		{                                                              \
			0                                                      \
		}                                                              \
	}

static struct http_server *server;
static struct fetcher *fetcher;

static void done(void *ctx, struct fetch_result *res)
{
	struct asked *a = ctx;

	pthread_mutex_lock(&a->lock);
	a->times++;
	a->res = *res;
	buf_init(&res->body, 0);
	pthread_cond_signal(&a->came);
	pthread_mutex_unlock(&a->lock);
}

/* A test that waits this long has failed; none of them takes a second. */
static void wait_for(struct asked *a)
{
	struct timespec end;

	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += 60;
	pthread_mutex_lock(&a->lock);
	while (a->times == 0)
		if (pthread_cond_timedwait(&a->came, &a->lock, &end) ==
		    ETIMEDOUT)
			fail_msg("done() was never called");
	pthread_mutex_unlock(&a->lock);
}

static struct fetch_request request(struct asked *a)
{
	return (struct fetch_request){
		.shown = "http://shown",
		.body_max = 1 << 20,
		.direct = true,
		.done = done,
		.ctx = a,
	};
}

static void submit_path(const char *path, struct fetch_request *req)
{
	char url[256];

	snprintf(url, sizeof(url), "http://127.0.0.1:%d%s",
		 http_server_port(server), path);
	req->url = url;
	fetcher_submit(fetcher, req);
}

/* Fetch to the end; buf_release the body of what is returned. */
static struct fetch_result get(const char *path, struct fetch_request *req)
{
	struct asked a = ASKED_INIT;

	req->ctx = &a;
	submit_path(path, req);
	wait_for(&a);
	assert_int_equal(a.times, 1);
	return a.res;
}

static int start(void **state)
{
	const struct fetch_options opt = {.timeout_ms = 20000};

	(void)state;
	server = http_server_start(NULL);
	fetcher = fetcher_start(&opt, NULL);
	return fetcher ? 0 : -1;
}

static int stop(void **state)
{
	(void)state;
	fetcher_stop(fetcher);
	http_server_stop(server);
	return 0;
}

static void whole_answers(void **state)
{
	static const char *const paths[][2] = {
		{"/ok", "hello"}, {"/chunked", "abc"}, {"/empty", ""}};

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		struct fetch_request req = request(NULL);
		struct fetch_result r = get(paths[i][0], &req);

		assert_int_equal(r.err.code, ERR_NONE);
		assert_int_equal(r.status, 200);
		assert_int_equal(r.body.len, strlen(paths[i][1]));
		if (r.body.len)
			assert_string_equal(r.body.data, paths[i][1]);
		assert_int_equal(r.received, r.body.len);
		assert_string_equal(r.content_type, "application/octet-stream");
		assert_true(r.begin_ns > 0 && r.begin_ns <= r.first_byte_ns &&
			    r.first_byte_ns <= r.end_ns);
		buf_release(&r.body);
	}
}

static void named_errors(void **state)
{
	static const struct {
		const char *path;
		enum err_code code;
		int status;
		const char *words; /* somewhere in the message */
	} cases[] = {
		{"/hang", ERR_TIMEOUT, 0, "no answer within"},
		{"/drip", ERR_TIMEOUT, 200, "too slow"},
		{"/dripheaders", ERR_TIMEOUT, 200, "headers did not end"},
		{"/short", ERR_NET, 200, "broke off after 3 B"},
		{"/negative", ERR_FORMAT, 200, "not proper HTTP"},
		{"/badchunk", ERR_FORMAT, 200, "hunk"},
		{"/hugelength", ERR_LIMIT, 200, "larger than 1.00 MiB"},
		{"/endless", ERR_LIMIT, 200, "larger than 1.00 MiB"},
		{"/headers", ERR_LIMIT, 200, "headers never end"},
		{"/100s", ERR_LIMIT, 100, "headers never end"},
		{"/http09", ERR_FORMAT, 0, "not an HTTP server"},
		{"/html", ERR_FORMAT, 200, "HTML page"},
		{"/htmlhidden", ERR_FORMAT, 200, "HTML page"},
		{"/redirect", ERR_HTTP, 302, "redirects to file:///etc"},
		{"/401", ERR_DENIED, 401, "--header"},
		{"/403", ERR_DENIED, 403, "host not \\x1ballowed"},
		{"/403", ERR_DENIED, 403, "Host header"},
		{"/404", ERR_HTTP, 404, "nothing is served at this path"},
		{"/400", ERR_HTTP, 400, "use https://"},
		{"/500", ERR_HTTP, 500, "the server failed with 500"},
		{"/endless500", ERR_HTTP, 500, "the server failed with 500"},
		{"/reset", ERR_NET, 0, "without an answer"},
	};

	enum { N = sizeof(cases) / sizeof(cases[0]) };
	struct asked asked[N];

	(void)state;
	/* All at once: those that time out are given time enough for a busy
	 * machine to begin its answer. */
	for (size_t i = 0; i < N; i++) {
		struct fetch_request req = request(&asked[i]);

		asked[i] = (struct asked)ASKED_INIT;
		if (cases[i].code == ERR_TIMEOUT)
			req.timeout_ms = 3000;
		submit_path(cases[i].path, &req);
	}
	for (size_t i = 0; i < N; i++) {
		struct fetch_result *r = &asked[i].res;

		wait_for(&asked[i]);
		if (r->err.code != cases[i].code ||
		    !strstr(r->err.msg, cases[i].words))
			fail_msg("%s: code %d, %s", cases[i].path, r->err.code,
				 r->err.msg);
		assert_int_equal(r->status, cases[i].status);
		assert_ptr_equal(strstr(r->err.msg, "http://shown: "),
				 r->err.msg);
		assert_null(strchr(r->err.msg, '\033'));
		assert_int_equal(r->body.len, 0);
		assert_true(r->received <= (2 << 20));
		buf_release(&r->body);
	}
}

static void nothing_listens(void **state)
{
	struct asked a = ASKED_INIT;
	struct fetch_request req = request(&a);
	/* A server that ended: nobody else gets its port at once. */
	struct http_server *other = http_server_start(NULL);
	char url[64];

	(void)state;
	snprintf(url, sizeof(url), "http://127.0.0.1:%d/",
		 http_server_port(other));
	http_server_stop(other);
	req.url = url;
	fetcher_submit(fetcher, &req);
	wait_for(&a);
	assert_int_equal(a.res.err.code, ERR_NET);
	assert_non_null(strstr(a.res.err.msg, "connection refused"));
	buf_release(&a.res.body);
}

static void only_http(void **state)
{
	static const char *const urls[] = {"file:///etc/passwd",
					   "ftp://127.0.0.1/", "gopher://x/"};

	(void)state;
	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		struct asked a = ASKED_INIT;
		struct fetch_request req = request(&a);

		req.url = urls[i];
		fetcher_submit(fetcher, &req);
		wait_for(&a);
		assert_int_not_equal(a.res.err.code, ERR_NONE);
		assert_int_equal(a.res.received, 0);
		buf_release(&a.res.body);
	}
}

static void plain_server_behind_https(void **state)
{
	struct asked a = ASKED_INIT;
	struct fetch_request req = request(&a);
	char url[64];

	(void)state;
	snprintf(url, sizeof(url), "https://127.0.0.1:%d/http09",
		 http_server_port(server));
	req.url = url;
	req.timeout_ms = 2000;
	fetcher_submit(fetcher, &req);
	wait_for(&a);
	assert_int_not_equal(a.res.err.code, ERR_NONE);
	buf_release(&a.res.body);
}

/* The byte at i of /big is 'a' + i % 26. */
static void tail_keeps_the_end(void **state)
{
	static const size_t tails[] = {1, 26, 4096, 100000, HTTP_BIG - 1};

	(void)state;
	for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
		struct fetch_request req = request(NULL);
		struct fetch_result r;

		req.tail = tails[i];
		r = get("/big", &req);
		assert_int_equal(r.err.code, ERR_NONE);
		assert_int_equal(r.received, HTTP_BIG);
		assert_int_equal(r.body.len, tails[i]);
		assert_true(r.cut);
		for (size_t k = 0; k < r.body.len; k++) {
			size_t at = HTTP_BIG - tails[i] + k;

			assert_int_equal(r.body.data[k], 'a' + at % 26);
		}
		buf_release(&r.body);
	}
}

static void tail_of_a_short_body(void **state)
{
	struct fetch_request req = request(NULL);
	struct fetch_result r;

	(void)state;
	req.tail = 4096;
	r = get("/ok", &req);
	assert_false(r.cut);
	assert_string_equal(r.body.data, "hello");
	buf_release(&r.body);
	/* The cap stands in tail mode too. */
	req.body_max = HTTP_BIG - 1;
	r = get("/big", &req);
	assert_int_equal(r.err.code, ERR_LIMIT);
	buf_release(&r.body);
}

static void cap_is_exact(void **state)
{
	struct fetch_request req = request(NULL);
	struct fetch_result r;

	(void)state;
	req.body_max = HTTP_BIG;
	r = get("/big", &req);
	assert_int_equal(r.err.code, ERR_NONE);
	assert_int_equal(r.body.len, HTTP_BIG);
	buf_release(&r.body);
	req.body_max = HTTP_BIG - 1;
	r = get("/big", &req);
	assert_int_equal(r.err.code, ERR_LIMIT);
	buf_release(&r.body);
}

static void html_where_it_is_welcome(void **state)
{
	struct fetch_request req = request(NULL);
	struct fetch_result r;

	(void)state;
	req.html = true;
	r = get("/html", &req);
	assert_int_equal(r.err.code, ERR_NONE);
	assert_string_equal(r.body.data, "<html>login</html>");
	buf_release(&r.body);
}

static void connections_are_kept(void **state)
{
	int before;

	(void)state;
	for (int i = 0; i < 5; i++) {
		struct fetch_request req = request(NULL);
		struct fetch_result r = get("/ok", &req);

		if (i == 0)
			before = http_server_accepted(server);
		assert_int_equal(r.err.code, ERR_NONE);
		buf_release(&r.body);
	}
	assert_int_equal(http_server_accepted(server), before);
}

/* 20 that hang cost the others nothing. */
static void a_hang_costs_only_itself(void **state)
{
	struct asked hung[20];

	(void)state;
	for (size_t i = 0; i < 20; i++) {
		struct fetch_request req = request(&hung[i]);

		hung[i] = (struct asked)ASKED_INIT;
		req.owner = 77;
		submit_path("/hang", &req);
	}
	for (int i = 0; i < 20; i++) {
		struct fetch_request req = request(NULL);
		struct fetch_result r = get("/ok", &req);

		assert_int_equal(r.err.code, ERR_NONE);
		buf_release(&r.body);
	}
	fetcher_cancel(fetcher, 78);
	fetcher_cancel(fetcher, 77);
	for (size_t i = 0; i < 20; i++) {
		wait_for(&hung[i]);
		assert_int_equal(hung[i].times, 1);
		assert_int_equal(hung[i].res.err.code, ERR_GONE);
		assert_int_equal(hung[i].res.owner, 77);
	}
}

static int refuse(void *ctx, int family, int type, int protocol,
		  struct err *err)
{
	(void)ctx;
	(void)family;
	(void)type;
	(void)protocol;
	return err_set(err, ERR_DENIED, "may not enter");
}

static int opened;

static int open_it(void *ctx, int family, int type, int protocol,
		   struct err *err)
{
	(void)ctx;
	(void)err;
	opened++;
	return socket(family, type | SOCK_CLOEXEC, protocol);
}

static void sockets_of_the_callers_making(void **state)
{
	struct fetch_request req = request(NULL);
	struct fetch_result r;
	int before = http_server_accepted(server);

	(void)state;
	req.open_socket = open_it;
	for (int i = 0; i < 3; i++) {
		r = get("/ok", &req);
		assert_int_equal(r.err.code, ERR_NONE);
		buf_release(&r.body);
	}
	/* Never a kept connection: its port may be another server's there. */
	assert_int_equal(opened, 3);
	assert_int_equal(http_server_accepted(server), before + 3);
	req.open_socket = refuse;
	r = get("/ok", &req);
	assert_int_equal(r.err.code, ERR_DENIED);
	assert_non_null(strstr(r.err.msg, "may not enter"));
	buf_release(&r.body);
}

static void over_a_unix_socket(const char *path)
{
	struct http_server *s = http_server_start(path);
	static const char *const paths[][2] = {{"/ok", "hello"},
					       {"/chunked", "abc"}};

	for (size_t i = 0; i < 2; i++) {
		struct asked a = ASKED_INIT;
		struct fetch_request req = request(&a);
		char url[64];

		snprintf(url, sizeof(url), "http://localhost%s", paths[i][0]);
		req.url = url;
		req.unix_path = path;
		fetcher_submit(fetcher, &req);
		wait_for(&a);
		assert_int_equal(a.res.err.code, ERR_NONE);
		assert_string_equal(a.res.body.data, paths[i][1]);
		buf_release(&a.res.body);
	}
	assert_int_not_equal(http_server_accepted(s), 0);
	http_server_stop(s);
}

static void unix_sockets(void **state)
{
	char dir[] = "/tmp/residue-test-XXXXXX", path[64];
	struct asked a = ASKED_INIT;
	struct fetch_request req = request(&a);

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/x.sock", dir);
	over_a_unix_socket(path);
	unlink(path);
	req.url = "http://localhost/";
	req.unix_path = path;
	fetcher_submit(fetcher, &req);
	wait_for(&a);
	assert_int_equal(a.res.err.code, ERR_NET);
	assert_non_null(strstr(a.res.err.msg, "no such socket"));
	buf_release(&a.res.body);
	rmdir(dir);
	snprintf(path, sizeof(path), "@residue-test-%d", (int)getpid());
	over_a_unix_socket(path);
}

/* What is under way and what is queued ends in done() before stop returns. */
static void stop_ends_everything(void **state)
{
	const struct fetch_options opt = {.timeout_ms = 600000};
	struct fetcher *mine = fetcher, *f = fetcher_start(&opt, NULL);
	struct asked asked[8];

	(void)state;
	assert_non_null(f);
	fetcher = f;
	for (size_t i = 0; i < 8; i++) {
		struct fetch_request req = request(&asked[i]);

		asked[i] = (struct asked)ASKED_INIT;
		submit_path("/hang", &req);
	}
	fetcher = mine;
	fetcher_stop(f);
	for (size_t i = 0; i < 8; i++) {
		assert_int_equal(asked[i].times, 1);
		assert_int_equal(asked[i].res.err.code, ERR_GONE);
	}
}

/* The turn hook schedules: three fetches, one after the other. */
struct schedule {
	struct fetcher *f; /* set before the first wake */
	char url[64];
	int begun, ended; /* of the fetcher's thread */
	struct asked all; /* signalled at the last */
};

static void one_ended(void *ctx, struct fetch_result *res)
{
	struct schedule *s = ctx;

	assert_int_equal(res->err.code, ERR_NONE);
	if (++s->ended == 3)
		done(&s->all, res);
}

static atomic_bool ready;

static int64_t turn(void *ctx, int64_t now_ns)
{
	struct schedule *s = ctx;
	struct fetch_request req = request(NULL);

	if (!atomic_load(&ready) || s->begun == 3)
		return INT64_MAX;
	if (s->begun > s->ended)
		return INT64_MAX;
	s->begun++;
	req.url = s->url;
	req.done = one_ended;
	req.ctx = s;
	fetcher_submit(s->f, &req);
	return now_ns + NS_PER_MS;
}

static void turns_schedule(void **state)
{
	struct schedule s = {.all = ASKED_INIT};
	const struct fetch_options opt = {.turn = turn, .turn_ctx = &s};

	(void)state;
	snprintf(s.url, sizeof(s.url), "http://127.0.0.1:%d/ok",
		 http_server_port(server));
	s.f = fetcher_start(&opt, NULL);
	assert_non_null(s.f);
	atomic_store(&ready, true);
	fetcher_wake(s.f);
	wait_for(&s.all);
	fetcher_stop(s.f);
	assert_int_equal(s.begun, 3);
	buf_release(&s.all.res.body);
}

static void options_refused(void **state)
{
	static const char *const headers[] = {"X-Good: 1", NULL};
	static const char *const two_lines[] = {"A: b\r\nC: d", NULL};
	static const char *const no_colon[] = {"Bearer", NULL};
	const struct {
		struct fetch_options opt;
		bool good;
	} cases[] = {
		{{.headers = headers}, true},
		{{.headers = two_lines}, false},
		{{.headers = no_colon}, false},
		{{.cacert = "/nonexistent.pem"}, false},
		{{.cert = "/nonexistent.pem"}, false},
		{{.key = "/nonexistent.pem"}, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err err = ERR_INIT;
		struct fetcher *f = fetcher_start(&cases[i].opt, &err);

		assert_int_equal(f != NULL, cases[i].good);
		assert_int_equal(err.code,
				 cases[i].good ? ERR_NONE : ERR_USAGE);
		fetcher_stop(f);
	}
}

static void backoff_grows_and_spreads(void **state)
{
	struct backoff b;
	int64_t expected = NS_PER_SEC, least = INT64_MAX, most = 0;

	(void)state;
	backoff_init(&b, 42);
	for (int i = 0; i < 100; i++) {
		int64_t pause = backoff_failure(&b, NS_PER_SEC);

		assert_in_range(pause, expected * 3 / 4, expected * 5 / 4);
		expected = expected * 2 < BACKOFF_MAX_NS ? expected * 2
							 : BACKOFF_MAX_NS;
		if (i >= 10) {
			least = pause < least ? pause : least;
			most = pause > most ? pause : most;
		}
	}
	assert_true(most - least > BACKOFF_MAX_NS / 4);
	backoff_success(&b);
	assert_in_range(backoff_failure(&b, NS_PER_SEC), NS_PER_SEC * 3 / 4,
			NS_PER_SEC * 5 / 4);
	/* What is polled rarely is not tried more often for failing. */
	backoff_init(&b, 0);
	assert_int_equal(backoff_failure(&b, 600 * NS_PER_SEC),
			 600 * NS_PER_SEC);
	assert_int_equal(backoff_failure(&b, 600 * NS_PER_SEC),
			 600 * NS_PER_SEC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_answers),
		cmocka_unit_test(named_errors),
		cmocka_unit_test(nothing_listens),
		cmocka_unit_test(only_http),
		cmocka_unit_test(plain_server_behind_https),
		cmocka_unit_test(tail_keeps_the_end),
		cmocka_unit_test(tail_of_a_short_body),
		cmocka_unit_test(cap_is_exact),
		cmocka_unit_test(html_where_it_is_welcome),
		cmocka_unit_test(connections_are_kept),
		cmocka_unit_test(a_hang_costs_only_itself),
		cmocka_unit_test(sockets_of_the_callers_making),
		cmocka_unit_test(unix_sockets),
		cmocka_unit_test(stop_ends_everything),
		cmocka_unit_test(turns_schedule),
		cmocka_unit_test(options_refused),
		cmocka_unit_test(backoff_grows_and_spreads),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
