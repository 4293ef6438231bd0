/* test_url.c - what users write, what curl gets, what may be shown. */
#include <residue/fetch/url.h>

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *text;
	enum url_what what;
	const char *base, *path, *query, *shown;
} good[] = {
	{"http://127.0.0.1:6060", URL_BASE, "http://127.0.0.1:6060", "", "",
	 "http://127.0.0.1:6060"},
	{"http://127.0.0.1:6060/", URL_BASE, "http://127.0.0.1:6060", "", "",
	 "http://127.0.0.1:6060"},
	{"HTTPS://Example.com/debug/pprof/heap", URL_PROFILE,
	 "https://Example.com", "/debug/pprof/heap", "", "https://Example.com"},
	{"http://h/debug/pprof/allocs?debug=0", URL_PROFILE, "http://h",
	 "/debug/pprof/allocs", "", "http://h"},
	{"http://h:1/admin/debug/pprof/heap?debug=1&token=x&gc=1", URL_PROFILE,
	 "http://h:1/admin", "/debug/pprof/heap", "token=x",
	 "http://h:1/admin"},
	{"http://h/debug/pprof/", URL_BASE, "http://h", "", "", "http://h"},
	{"http://h/debug/pprof", URL_BASE, "http://h", "", "", "http://h"},
	{"http://h/x/debug/pprof/goroutine", URL_PROFILE, "http://h/x",
	 "/debug/pprof/goroutine", "", "http://h/x"},
	{"http://h/debug/pprof/profile?seconds=5", URL_BASE, "http://h", "", "",
	 "http://h"},
	{"http://h/x/debug/vars", URL_VARS, "http://h/x", "/debug/vars", "",
	 "http://h/x"},
	{"http://h/metrics", URL_METRICS, "http://h", "/metrics", "",
	 "http://h"},
	{"http://h/a/b/", URL_OTHER, "http://h/a/b", "", "", "http://h/a/b"},
	/* A profile at a place of its own. */
	{"http://h/pprof/heap", URL_PROFILE, "http://h", "/pprof/heap", "",
	 "http://h"},
	{"http://h/metricsx", URL_OTHER, "http://h/metricsx", "", "",
	 "http://h/metricsx"},
	{"http://u:pw@h:99/debug/vars", URL_VARS, "http://u:pw@h:99",
	 "/debug/vars", "", "http://h:99"},
	{"http://u@h/", URL_BASE, "http://u@h", "", "", "http://h"},
	{"http://[::1]:80/?secret", URL_BASE, "http://[::1]:80", "", "secret",
	 "http://[::1]:80"},
	{"unix:/run/x.sock", URL_BASE, "http://localhost", "", "",
	 "unix:/run/x.sock"},
	{"unix:///run/x.sock", URL_BASE, "http://localhost", "", "",
	 "unix:/run/x.sock"},
	{"unix:/run/x.sock/debug/pprof/heap", URL_PROFILE, "http://localhost",
	 "/debug/pprof/heap", "", "unix:/run/x.sock"},
	{"unix:/run/x.sock/debug/vars?a=b", URL_VARS, "http://localhost",
	 "/debug/vars", "a=b", "unix:/run/x.sock"},
	{"unix:/run/heap", URL_BASE, "http://localhost", "", "",
	 "unix:/run/heap"},
	{"unix:@name", URL_BASE, "http://localhost", "", "", "unix:@name"},
};

static void parsed_and_shown(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct err err = ERR_INIT;
		struct url u;

		if (url_parse(&u, good[i].text, &err))
			fail_msg("%s: %s", good[i].text, err.msg);
		assert_int_equal(u.what, good[i].what);
		assert_string_equal(u.base, good[i].base);
		assert_string_equal(u.path, good[i].path);
		assert_string_equal(u.query, good[i].query);
		assert_string_equal(u.shown, good[i].shown);
		url_release(&u);
	}
}

static void unix_parts(void **state)
{
	struct url u;

	(void)state;
	assert_int_equal(url_parse(&u, "unix:/run/x.sock/debug/vars", NULL), 0);
	assert_string_equal(u.unix_path, "/run/x.sock");
	assert_true(u.loopback);
	assert_false(u.tls);
	url_release(&u);
	assert_int_equal(url_parse(&u, "unix:@a/b", NULL), 0);
	assert_string_equal(u.unix_path, "@a/b");
	url_release(&u);
}

static void joined(void **state)
{
	static const struct {
		const char *url, *path, *full, *shown;
	} cases[] = {
		{"http://h/debug/pprof/heap", "/debug/vars",
		 "http://h/debug/vars", "http://h/debug/vars"},
		{"http://h/?token=x", "/debug/pprof/heap?debug=1",
		 "http://h/debug/pprof/heap?debug=1&token=x",
		 "http://h/debug/pprof/heap?debug=1"},
		{"http://u:p@h/p", "/debug/pprof/heap",
		 "http://u:p@h/p/debug/pprof/heap",
		 "http://h/p/debug/pprof/heap"},
		{"unix:/s", "/metrics", "http://localhost/metrics",
		 "unix:/s/metrics"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct url u;
		char *full, *shown;

		assert_int_equal(url_parse(&u, cases[i].url, NULL), 0);
		full = url_join(&u, cases[i].path);
		shown = url_join_shown(&u, cases[i].path);
		assert_string_equal(full, cases[i].full);
		assert_string_equal(shown, cases[i].shown);
		free(full);
		free(shown);
		url_release(&u);
	}
}

static void named_again(void **state)
{
	struct url u;
	char *s;

	(void)state;
	assert_int_equal(
		url_parse(&u, "http://u:p@h/my/heap?seconds=3&k=v", NULL), 0);
	s = url_join(&u, u.path);
	assert_string_equal(s, "http://u:p@h/my/heap?k=v");
	free(s);
	url_release(&u);
}

static void loopback_told(void **state)
{
	static const struct {
		const char *url;
		bool loopback, tls;
	} cases[] = {
		{"http://[0:0::1]:80", true, false},
		{"http://[::ffff:127.0.0.9]", true, false},
		{"http://[::ffff:10.0.0.1]", false, false},
		{"http://[::2]", false, false},
		{"http://localhost:1", true, false},
		{"http://127.9.9.9/", true, false},
		{"https://[::1]/", true, true},
		{"http://10.0.0.1/", false, false},
		{"http://127.0.0.1.example.com/", false, false},
		{"https://localhost.example.com/", false, true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct url u;

		assert_int_equal(url_parse(&u, cases[i].url, NULL), 0);
		assert_int_equal(u.loopback, cases[i].loopback);
		assert_int_equal(u.tls, cases[i].tls);
		url_release(&u);
	}
}

static void refused(void **state)
{
	static const char *const bad[] = {
		"",
		"localhost:6060",
		"file:///etc/passwd",
		"ftp://h/",
		"http://",
		"http:///debug/vars",
		"http://h:99999/",
		"http://h/a b",
		"http://h/\n",
		"http://h\r\nX: y/",
		"unix:",
		"unix:x.sock",
		"unix:/",
		"unix:@",
		"http://u:secret@/x",
		"http://u:secret@h:port/",
		"unix:/1234567890123456789012345678901234567890123456789012345"
		"67890123456789012345678901234567890123456789012345678901234",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct err err = ERR_INIT;
		struct url u;

		if (url_parse(&u, bad[i], &err) == 0)
			fail_msg("accepted: %s", bad[i]);
		assert_int_equal(err.code, ERR_USAGE);
		assert_null(strstr(err.msg, "secret"));
		/* Nothing is left to release. */
		assert_null(u.base);
		assert_null(u.shown);
	}
}

/* Bytes that a terminal would act on never show. */
static void shown_is_visible(void **state)
{
	struct url u;

	(void)state;
	assert_int_equal(url_parse(&u, "unix:/run/\xe2\x80\xaex\xff", NULL), 0);
	assert_string_equal(u.shown, "unix:/run/\\u202ex\\xff");
	assert_string_equal(u.unix_path, "/run/\xe2\x80\xaex\xff");
	url_release(&u);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parsed_and_shown),
		cmocka_unit_test(unix_parts),
		cmocka_unit_test(joined),
		cmocka_unit_test(named_again),
		cmocka_unit_test(loopback_told),
		cmocka_unit_test(refused),
		cmocka_unit_test(shown_is_visible),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
