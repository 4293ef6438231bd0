/* test_text_out.c - the table for people: aligned, honest about age. */
#include "output_fixture.h"

#include <residue/base/text.h>

#include <time.h>

static const struct output_options text80 = {.format = OUTPUT_TEXT,
					     .ascii = true};

static void test_table_at_80_columns(void **unused)
{
	struct sheet s;

	(void)unused;
	sheet_open(&s, &text80);
	sheet_all(&s);
	assert_string_equal(
		s.text,
		"03:53:20 a1      1234 = server, go1.26.8, example.com/server, "
		"read: agentless, endpoint http://127.0.0.1:6060\n"
		"TIME     ID       PID    RES  ALLOC   LIVE  PPROF RESIDUE"
		"   IDLE COMMAND\n"
		"03:53:20 a1      1234  8.00P      -      -  4.00M     -5B"
		"   200M server\n"
		"03:53:20 a1      1234 g GC 17 (runtime, before attach)\n"
		"03:53:20 a1      1234 > cache 97%: idle, \"kept\" for "
		"reuse\n");
	sheet_close(&s);
}

/* Samples and their header fit the line at any width, RES always shows. */
static void test_any_width(void **unused)
{
	struct target_info info = fixture_target();
	struct row row = fixture_row();

	(void)unused;
	for (unsigned columns = 28; columns <= 200; columns++) {
		struct output_options options = {.columns = columns};
		struct sheet s;
		char *line;

		sheet_open(&s, &options);
		assert_int_equal(fixture_sample(s.out, &info, &row, NULL), 0);
		line = strchr(s.text, '\n') + 1;
		assert_non_null(strstr(line, "8.00P"));
		line[strcspn(line, "\n")] = '\0';
		assert_true(text_columns(line) <= (int)columns);
		sheet_close(&s);
	}
}

static void test_stale_figures_are_marked(void **unused)
{
	struct target_info info = fixture_target();
	struct row row = fixture_row();
	struct output_options slow = text80;
	struct sheet s;

	(void)unused;
	row.age_ms[ORIGIN_RUNTIME] = 7000;
	sheet_open(&s, &text80);
	assert_int_equal(fixture_sample(s.out, &info, &row, NULL), 0);
	assert_non_null(strstr(s.text, "  ~200M server"));
	assert_non_null(strstr(s.text, "  4.00M "));
	sheet_close(&s);

	slow.interval_ns = 10 * NS_PER_SEC;
	sheet_open(&s, &slow);
	assert_int_equal(fixture_sample(s.out, &info, &row, NULL), 0);
	assert_null(strchr(s.text, '~'));
	sheet_close(&s);
}

/* A profile from before the first GC, and residue measured against it. */
static void test_profile_before_the_first_gc(void **unused)
{
	struct target_info info = fixture_target();
	struct row row = fixture_row();
	struct sheet s;

	(void)unused;
	values_set(&row.values, FIELD_NUM_GC, 0);
	sheet_open(&s, &text80);
	assert_int_equal(fixture_sample(s.out, &info, &row, NULL), 0);
	assert_non_null(strstr(s.text, " ~4.00M    ~-5B   200M server"));
	values_set(&row.values, FIELD_NUM_GC, 1);
	assert_int_equal(fixture_sample(s.out, &info, &row, NULL), 0);
	assert_non_null(strstr(s.text, "  4.00M     -5B   200M server"));
	sheet_close(&s);
}

static void test_header_repeats(void **unused)
{
	struct target_info info = fixture_target();
	struct row row = fixture_row();
	unsigned headers = 0;
	struct sheet s;

	(void)unused;
	sheet_open(&s, &text80);
	for (int i = 0; i < 101; i++)
		assert_int_equal(fixture_sample(s.out, &info, &row, NULL), 0);
	for (char *p = s.text; (p = strstr(p, "COMMAND")); p++)
		headers++;
	assert_int_equal(headers, 3);
	sheet_close(&s);
}

static void test_unknown_is_a_dash(void **unused)
{
	struct target_info info = {
		.id = "u1", .kind = TARGET_URL, .endpoint = "http://[::1]:1"};
	struct row row = {.wall_ns = WALL_NS};
	struct output_options options = {.format = OUTPUT_TEXT, .columns = 50};
	struct sheet s;

	(void)unused;
	sheet_open(&s, &options);
	assert_int_equal(fixture_sample(s.out, &info, &row, NULL), 0);
	assert_non_null(strstr(s.text, "03:53:20 u1         –      –      –"
				       " http://[::1]:1\n"));
	sheet_close(&s);
}

/* What happened on another day says so. */
static void test_other_days(void **unused)
{
	struct target_info info = fixture_target();
	struct row row = fixture_row();
	struct event gc = fixture_gc();
	struct sheet s;

	(void)unused;
	gc.wall_ns = WALL_NS - DAY_NS;
	sheet_open(&s, &text80);
	assert_int_equal(fixture_sample(s.out, &info, &row, NULL), 0);
	assert_int_equal(output_event(s.out, &info, &gc, NULL), 0);
	assert_non_null(strstr(s.text, "\n11-22T03 a1      1234 g GC 17"));
	sheet_close(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table_at_80_columns),
		cmocka_unit_test(test_any_width),
		cmocka_unit_test(test_stale_figures_are_marked),
		cmocka_unit_test(test_profile_before_the_first_gc),
		cmocka_unit_test(test_header_repeats),
		cmocka_unit_test(test_unknown_is_a_dash),
		cmocka_unit_test(test_other_days),
	};

	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests_name("text_out", tests, NULL, NULL);
}
