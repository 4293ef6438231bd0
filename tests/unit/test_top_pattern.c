/* test_top_pattern.c - Go's regular expressions on PCRE2; pprof's units. */
#include <residue/model/pattern.h>
#include <residue/model/measure.h>

#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "decode_fixture.h"

/* Lines of "match", "none" or "refused", a pattern and a text. */
static void cases_of_go(void **state)
{
	struct buf table = fixture_read("re2/cases.tsv");
	size_t n = 0;

	(void)state;
	for (char *line = strtok(table.data, "\n"); line;
	     line = strtok(NULL, "\n"), n++) {
		char *re = strchr(line, '\t') + 1, *text = strchr(re, '\t') + 1;
		struct err err = ERR_INIT;
		const char *got;
		struct pattern p;

		re[-1] = text[-1] = '\0';
		if (pattern_compile(&p, re, &err) < 0) {
			assert_int_equal(err.code, ERR_USAGE);
			got = "refused";
		} else {
			got = pattern_matches(&p, text, &err) ? "match"
							      : "none";
			pattern_release(&p);
		}
		if (strcmp(got, line) != 0)
			fail_msg("%s on '%s': %s, to Go %s", re, text, got,
				 line);
	}
	assert_true(n > 1000);
	buf_release(&table);
}

/* A stranger's pattern ends in time on what would take it for ever. */
static void guarded(void **state)
{
	char re[PATTERN_MAX + 1] = "^(", text[4096] = "";
	struct err err = ERR_INIT;
	struct pattern p;

	(void)state;
	for (int i = 0; i < 400; i++)
		strcat(re, "(a?b?)*c?");
	strcat(re, ")$");
	memset(text, 'a', sizeof(text) - 2);
	text[sizeof(text) - 2] = '!';
	assert_int_equal(pattern_compile_guarded(&p, re, 1000000, &err), 0);
	assert_int_equal(pattern_matches(&p, text, &err), -1);
	assert_int_equal(err.code, ERR_LIMIT);
	assert_string_equal(err.msg, "a pattern takes too long to match");
	pattern_release(&p);
	assert_int_equal(pattern_compile_guarded(&p, "^(a*b|c)$",
						 INT64_C(1) << 40, &err),
			 0);
	assert_int_equal(pattern_matches(&p, "aaab", &err), 1);
	assert_int_equal(pattern_matches(&p, "aaabc", &err), 0);
	pattern_release(&p);
}

/* What a line of that table cannot hold. */
static void odd_texts(void **state)
{
	static const struct {
		const char *re, *text;
		bool match;
	} odd[] = {
		{"a$", "a\n", false},	      {"(?m)a$", "a\nb", true},
		{"(?m)^$", "a\n", true},      {"a.b", "a\nb", false},
		{"(?s)a.b", "a\nb", true},    {"a.b", "a\rb", true},
		{"[^x]", "\n", true},	      {"\\s", "\v", false},
		{"\\S", "\v", true},	      {"[[:space:]]", "\v", true},
		{"\\v", "\v", true},	      {"\\v", "\n", false},
		{"^.$", "\xff", true},	      {"^\\x{fffd}$", "\xff", true},
		{"x", "\xc3x\xe2\x82", true}, {"\t", "\t", true},
		{"(?i)s", "\u017f", true},    {"(?i)\\w", "\u017f", false},
	};
	struct err err = ERR_INIT;
	struct pattern p;

	(void)state;
	for (size_t i = 0; i < sizeof(odd) / sizeof(*odd); i++) {
		if (pattern_compile(&p, odd[i].re, &err) < 0)
			fail_msg("%s", err.msg);
		if (pattern_matches(&p, odd[i].text, &err) != odd[i].match)
			fail_msg("%s, case %zu", odd[i].re, i);
		pattern_release(&p);
	}
}

/* Backtracking would take for ever: Go does not, and we do not. */
static void no_backtracking(void **state)
{
	char text[4096], re[8192] = "";
	struct err err = ERR_INIT;
	struct pattern p;

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(pattern_compile(&p, "^(x+x+)+(x*)*y", &err), 0);
	assert_int_equal(pattern_matches(&p, text, &err), 0);
	pattern_release(&p);
	for (int i = 0; i < 1001; i++)
		strcat(re, "(");
	assert_int_equal(pattern_compile(&p, re, &err), -1);
	assert_int_equal(err.code, ERR_USAGE);
	memset(re, 'a', sizeof(re) - 1);
	assert_int_equal(pattern_compile(&p, re, &err), -1);
	assert_int_equal(err.code, ERR_USAGE);
	assert_int_equal(pattern_compile(&p, "(?:a{100}){11}", &err), -1);
	assert_int_equal(pattern_compile(&p, "\xff", &err), -1);
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
		cmocka_unit_test(cases_of_go),
		cmocka_unit_test(guarded),
		cmocka_unit_test(odd_texts),
		cmocka_unit_test(no_backtracking),
		cmocka_unit_test(units),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
