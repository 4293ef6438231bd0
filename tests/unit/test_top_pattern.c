/* test_top_pattern.c - RE2's syntax on regcomp; pprof's units. */
#include "model/pattern.h"
#include <residue/model/measure.h>

#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdbool.h>
#include <stddef.h>

/* What Go's regexp.MatchString says of each. */
static const struct {
	const char *re, *text;
	bool match;
} cases[] = {
	{"", "x", true},
	{"http", "net/http.Serve", true},
	{"^http", "net/http.Serve", false},
	{"Serve$", "net/http.Serve", true},
	{"\\.Serve", "net/http.Serve", true},
	{"\\.Serve", "net/httpxServe", false},
	{"\\(\\*T\\)", "main.(*T).f", true},
	{"main|http", "net/http.Serve", true},
	{"(?:ma|mo)in", "main.f", true},
	{"(?P<who>ma)in", "main.f", true},
	{"(?i)MAIN", "main.f", true},
	{"(?i)[A-C]", "b", true},
	{"\\d+", "abc", false},
	{"\\d{2}", "a12", true},
	{"\\d{2}", "a1b2", false},
	{"f{", "f{", true},
	{"f{,3}", "f{,3}", true},
	{"ab*?c", "ac", true},
	{"ab+?c", "ac", false},
	{"\\w+\\.\\w+", "main.main", true},
	{"\\bin\\b", "main", false},
	{"\\Q(*T)\\E\\.f", "(*T).f", true},
	{"\\Q(*T)", "(*T).f", true},
	{"[^a-z\\d]x", "bx", false},
	{"[^a-z\\d]x", "Bx", true},
	{"[\\]x]", "]", true},
	{"[]x]", "]", true},
	{"[\\w.]+$", "a.b_c", true},
	{"[a\\-c]", "b", false},
	{"[a\\-c]", "-", true},
	{"[\\^a]", "^", true},
	{"[\\^]", "^", true},
	{"[\\^\\-]", "-", true},
	{"[\\^\\-]", "x", false},
	{"[[:alpha:]_]+", "_", true},
	{"[^\\s]", " \t", false},
	{"a}b]", "a}b]", true},
	{"\\tx", "\tx", true},
	{"\\A\\d\\z", "7", true},
};

static void as_go(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct err err = ERR_INIT;
		struct pattern p;

		if (pattern_compile(&p, cases[i].re, &err) < 0)
			fail_msg("%s: %s", cases[i].re, err.msg);
		if (pattern_matches(&p, cases[i].text, &err) != cases[i].match)
			fail_msg("%s on %s", cases[i].re, cases[i].text);
		pattern_release(&p);
	}
}

static void refused(void **state)
{
	static const char *const bad[] = {
		"(",  "[a",   "a(?i)b", "(?s)a", "\\pL", "\\1",	   "[\\D]",
		"\\", "[[:x", "a**b\\", "(?P<x", "[\\",	 "x\\x41",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct err err = ERR_INIT;
		struct pattern p;

		if (pattern_compile(&p, bad[i], &err) == 0)
			fail_msg("accepted: %s", bad[i]);
		assert_int_equal(err.code, ERR_USAGE);
	}
}

static void units(void **state)
{
	static const struct {
		int64_t value;
		const char *from, *to, *label;
	} labels[] = {
		{0, "bytes", "kB", "0"},
		{1023, "bytes", "minimum", "1023B"},
		{1024, "bytes", "minimum", "1kB"},
		{-1536, "bytes", "minimum", "-1.50kB"},
		{1, "bytes", "MB", "0"},
		{24687465, "bytes", "kB", "24108.85kB"},
		{INT64_MAX, "bytes", "minimum", "8192PB"},
		{INT64_MIN, "bytes", "B", "-9223372036854775808B"},
		{12, "count", "count", "12"},
		{12, "count", "minimum", "12"},
		{12, "widgets", "widgets", "12widgets"},
		{1500, "nanoseconds", "minimum", "1.50us"},
		{0, "nanoseconds", "minimum", "0"},
		{7200000, "milliseconds", "auto", "2hrs"},
		{5, "megabytes", "kb", "5120kB"},
		{5, "bytes", "nonsense", "5B"},
	};
	char out[MEASURE_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(labels) / sizeof(*labels); i++)
		assert_string_equal(measure_label(out, labels[i].value,
						  labels[i].from, labels[i].to),
				    labels[i].label);
	assert_string_equal(measure_percent(out, 1, 0), "    0%");
	assert_string_equal(measure_percent(out, 9994, 10000), "99.94%");
	assert_string_equal(measure_percent(out, 99951, 100000), "  100%");
	assert_string_equal(measure_percent(out, -1, 3), "33.33%");
	assert_string_equal(measure_percent(out, 1, 1000), "  0.1%");
	assert_string_equal(measure_percent(out, 1, 10000000), "1e-05%");
	assert_string_equal(measure_percent(out, 1, 123), " 0.81%");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_go),
		cmocka_unit_test(refused),
		cmocka_unit_test(units),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
