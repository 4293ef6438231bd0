/* test_json_out.c - JSON lines: names, exact numbers, absence, errors. */
#include "output_fixture.h"

#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <unistd.h>

static const struct output_options json = {.format = OUTPUT_JSON};

static void test_lines_are_the_contract(void **unused)
{
	struct sheet s;

	(void)unused;
	sheet_open(&s, &json);
	sheet_all(&s);
	assert_string_equal(
		s.text,
		"{\"type\":\"target\",\"target\":\"a1\",\"t\":1763870000.123,"
		"\"pid\":1234,\"starttime\":8231,\"comm\":\"server\","
		"\"go\":\"go1.26.8\",\"module\":\"example.com/server\","
		"\"read\":\"agentless\","
		"\"endpoint\":\"http://127.0.0.1:6060\"}\n"
		"{\"type\":\"sample\",\"target\":\"a1\",\"t\":1763870000.123,"
		"\"pid\":1234,\"rss\":9007199254740993,\"heap_idle\":314572800,"
		"\"heap_released\":104857600,\"gogc\":-1,"
		"\"pprof_inuse\":4194304,\"residue\":-5,"
		"\"residue_of\":\"pprof\",\"parts\":[],"
		"\"unexplained\":9007199254740993,\"age_ms\":{\"runtime\":12,"
		"\"smaps\":900,\"pprof\":15000}}\n"
		"{\"type\":\"event\",\"target\":\"a1\",\"t\":1763870000.123453,"
		"\"pid\":1234,\"kind\":\"gc\",\"forced\":false,\"num_gc\":17,"
		"\"pause_ns\":210000,\"source\":\"runtime\","
		"\"confidence\":1.0,\"before_attach\":true}\n"
		"{\"type\":\"verdict\",\"target\":\"a1\",\"t\":1763870000.123,"
		"\"pid\":1234,\"verdict\":\"cache\",\"confidence\":0.97,"
		"\"why\":\"idle, \\\"kept\\\" for reuse\"}\n");
	sheet_close(&s);
}

static void test_unknown_is_absent(void **unused)
{
	struct target_info info = {
		.id = "u1", .kind = TARGET_URL, .endpoint = "http://[::1]:1"};
	struct row row = {.wall_ns = 5 * NS_PER_SEC,
			  .age_ms = {-1, -1, -1, -1, -1, -1}};
	struct event ev = event_make(EVENT_DROP, EVENT_FROM_INFERRED, 0);
	struct sheet s;

	(void)unused;
	sheet_open(&s, &json);
	assert_int_equal(output_target(s.out, &info, 0, NULL), 0);
	assert_int_equal(fixture_sample(s.out, &info, &row, NULL), 0);
	ev.bytes = 0;
	ev.confidence = 0.5;
	assert_int_equal(output_event(s.out, &info, &ev, NULL), 0);
	assert_string_equal(
		s.text, "{\"type\":\"target\",\"target\":\"u1\",\"t\":0.0,"
			"\"read\":\"none\",\"endpoint\":\"http://[::1]:1\"}\n"
			"{\"type\":\"sample\",\"target\":\"u1\",\"t\":5.0,"
			"\"age_ms\":{}}\n"
			"{\"type\":\"event\",\"target\":\"u1\",\"t\":0.0,"
			"\"kind\":\"drop\",\"bytes\":0,\"source\":\"inferred\","
			"\"confidence\":0.5}\n");
	sheet_close(&s);
}

/* A profile from before the first GC is told apart; any other is not. */
static void test_profile_before_the_first_gc(void **unused)
{
	struct target_info info = fixture_target();
	struct row row = fixture_row();
	struct sheet s;

	(void)unused;
	sheet_open(&s, &json);
	values_set(&row.values, FIELD_NUM_GC, 1);
	assert_int_equal(fixture_sample(s.out, &info, &row, NULL), 0);
	assert_null(strstr(s.text, "pprof_stale"));
	values_set(&row.values, FIELD_NUM_GC, 0);
	assert_int_equal(fixture_sample(s.out, &info, &row, NULL), 0);
	assert_non_null(strstr(s.text, ",\"pprof_stale\":true,"));
	sheet_close(&s);
}

/* Every field of the table arrives under its name, as the exact integer. */
static void test_every_field(void **unused)
{
	struct target_info info = fixture_target();
	struct row row = fixture_row();
	struct sheet s;
	json_t *read;

	(void)unused;
	for (unsigned f = 0; f < FIELD_COUNT; f++)
		values_set(&row.values, (enum field)f, INT64_MAX - f);
	sheet_open(&s, &json);
	assert_int_equal(fixture_sample(s.out, &info, &row, NULL), 0);
	read = json_loads(s.text, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(read);
	for (unsigned f = 0; f < FIELD_COUNT; f++)
		assert_int_equal(json_integer_value(json_object_get(
					 read, field_info[f].name)),
				 INT64_MAX - f);
	json_decref(read);
	sheet_close(&s);
}

/* Each with what it rests on and the age of the oldest of that; their sum and
 * what is left is RES. */
static void test_parts_sum_to_rss(void **unused)
{
	struct target_info info = fixture_target();
	struct row row = fixture_row();
	json_t *read, *part;
	json_int_t sum;
	struct sheet s;
	size_t i;

	(void)unused;
	fixture_memory(&row.values);
	sheet_open(&s, &json);
	assert_int_equal(fixture_sample(s.out, &info, &row, NULL), 0);
	read = json_loads(s.text, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(read);
	sum = json_integer_value(json_object_get(read, "unexplained"));
	json_array_foreach(json_object_get(read, "parts"), i, part) sum +=
		json_integer_value(json_object_get(part, "bytes"));
	assert_int_equal(i, PART_UNEXPLAINED);
	assert_int_equal(sum, row.values.v[FIELD_RSS]);
	assert_non_null(strstr(s.text, "{\"name\":\"live_heap\",\"bytes\":"
				       "4194304,\"source\":\"runtime+pprof\","
				       "\"age_ms\":15000}"));
	assert_non_null(strstr(s.text, "{\"name\":\"stacks\",\"bytes\":"
				       "1048576,\"source\":\"runtime\","
				       "\"age_ms\":12}"));
	assert_non_null(strstr(s.text, "{\"name\":\"non_go\",\"bytes\":"
				       "31457280,\"source\":"
				       "\"proc+smaps+runtime\","
				       "\"age_ms\":900}"));
	json_decref(read);
	sheet_close(&s);
}

static void test_hostile_text_stays_json(void **unused)
{
	struct target_info info = fixture_target();
	struct event ev = event_make(EVENT_MARK, EVENT_FROM_USER, 0);
	struct sheet s;
	json_t *read;

	(void)unused;
	sheet_open(&s, &json);
	memcpy(ev.text, "\xff\"}\n\x1b[2J\xc3", 10);
	assert_int_equal(output_event(s.out, &info, &ev, NULL), 0);
	read = json_loads(s.text, 0, NULL);
	assert_non_null(read);
	assert_string_equal(json_string_value(json_object_get(read, "text")),
			    "\\xff\"}\\n\\x1b[2J\\xc3");
	json_decref(read);
	sheet_close(&s);
}

/* The wall clock was set back: "t" of samples stands still. */
static void test_t_never_falls(void **unused)
{
	struct target_info info = {.id = "a1"};
	struct row row = {.age_ms = {-1, -1, -1, -1, -1, -1}};
	struct sheet s;

	(void)unused;
	sheet_open(&s, &json);
	row.wall_ns = 2 * NS_PER_SEC;
	assert_int_equal(fixture_sample(s.out, &info, &row, NULL), 0);
	row.wall_ns = 1 * NS_PER_SEC;
	assert_int_equal(fixture_sample(s.out, &info, &row, NULL), 0);
	row.wall_ns = 3 * NS_PER_SEC;
	assert_int_equal(fixture_sample(s.out, &info, &row, NULL), 0);
	assert_non_null(strstr(s.text, "\"t\":2.0,\"age_ms\":{}}\n{\"type\":"
				       "\"sample\",\"target\":\"a1\","
				       "\"t\":2.0,"));
	assert_non_null(strstr(s.text, "\"t\":3.0,"));
	sheet_close(&s);
}

static void test_full_disk_is_reported(void **unused)
{
	struct target_info info = fixture_target();
	struct row row = fixture_row();
	struct err err = ERR_INIT;
	FILE *full = fopen("/dev/full", "w");
	struct output *o = output_new(&json, full);

	(void)unused;
	assert_int_equal(fixture_sample(o, &info, &row, &err), -1);
	assert_int_equal(err.code, ERR_SYS);
	assert_int_equal(err.sys, ENOSPC);
	output_free(o);
	fclose(full);
}

static void test_closed_pipe_is_told_apart(void **unused)
{
	struct target_info info = fixture_target();
	struct row row = fixture_row();
	struct err err = ERR_INIT;
	int ends[2];
	struct output *o;
	FILE *to;

	(void)unused;
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pipe(ends), 0);
	to = fdopen(ends[1], "w");
	o = output_new(&json, to);
	assert_int_equal(fixture_sample(o, &info, &row, &err), 0);
	close(ends[0]);
	assert_int_equal(fixture_sample(o, &info, &row, &err), -1);
	assert_int_equal(err.sys, EPIPE);
	output_free(o);
	fclose(to);
}

/* A line is at the reader's before the next one begins. */
static void test_flushed_per_line(void **unused)
{
	struct target_info info = fixture_target();
	char got[512];
	int ends[2];
	struct output *o;
	ssize_t n;
	FILE *to;

	(void)unused;
	assert_int_equal(pipe(ends), 0);
	to = fdopen(ends[1], "w");
	o = output_new(&json, to);
	assert_int_equal(output_target(o, &info, WALL_NS, NULL), 0);
	n = read(ends[0], got, sizeof(got));
	assert_true(n > 0 && got[n - 1] == '\n');
	output_free(o);
	fclose(to);
	close(ends[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines_are_the_contract),
		cmocka_unit_test(test_unknown_is_absent),
		cmocka_unit_test(test_profile_before_the_first_gc),
		cmocka_unit_test(test_every_field),
		cmocka_unit_test(test_parts_sum_to_rss),
		cmocka_unit_test(test_hostile_text_stays_json),
		cmocka_unit_test(test_t_never_falls),
		cmocka_unit_test(test_full_disk_is_reported),
		cmocka_unit_test(test_closed_pipe_is_told_apart),
		cmocka_unit_test(test_flushed_per_line),
	};

	return cmocka_run_group_tests_name("json_out", tests, NULL, NULL);
}
