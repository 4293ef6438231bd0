/* test_log.c - the log keeps the newest lines, each once. */
#include <residue/model/log.h>

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

static struct log l;

static void add(const char *text)
{
	const struct target_info info = {.pid = 7, .comm = "orders"};

	log_add(&l, 1000, &info, false, text);
}

static void the_newest_are_kept(void **state)
{
	char text[40];

	(void)state;
	memset(&l, 0, sizeof(l));
	assert_int_equal(log_kept(&l), 0);
	for (int i = 0; i < LOG_LINES + 5; i++) {
		snprintf(text, sizeof(text), "line %d.", i);
		add(text);
	}
	assert_int_equal(log_kept(&l), LOG_LINES);
	snprintf(text, sizeof(text), "line %d.", LOG_LINES + 4);
	assert_string_equal(log_at(&l, 0)->text, text);
	assert_string_equal(log_at(&l, LOG_LINES - 1)->text, "line 5.");
	assert_string_equal(log_at(&l, 0)->who, "orders");
	assert_int_equal(log_at(&l, 0)->pid, 7);
}

static void what_was_said_is_not_said_again(void **state)
{
	(void)state;
	memset(&l, 0, sizeof(l));
	add("/tmp/snapshot");
	log_add(&l, 1001, NULL, false, "snapshot: /tmp/snapshot");
	assert_int_equal(log_kept(&l), 1);
	log_add(&l, 1002, NULL, true, "no probe");
	assert_int_equal(log_kept(&l), 2);
	assert_string_equal(log_at(&l, 0)->who, "");
	assert_true(log_at(&l, 0)->error);
	add("/tmp/snapshot");
	assert_int_equal(log_kept(&l), 3);
}

static void long_lines_are_cut(void **state)
{
	char text[2 * LOG_TEXT_MAX];

	(void)state;
	memset(&l, 0, sizeof(l));
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	add(text);
	assert_int_equal(strlen(log_at(&l, 0)->text), LOG_TEXT_MAX - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_newest_are_kept),
		cmocka_unit_test(what_was_said_is_not_said_again),
		cmocka_unit_test(long_lines_are_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
