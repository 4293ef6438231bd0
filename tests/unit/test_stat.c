/* test_stat.c - /proc/PID/stat, with every comm a process may choose. */
#include <residue/proc/stat.h>

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#define REST                                                                   \
	" S 41 42 42 0 -1 4194560 100 0 0 0 7 3 0 0 20 0 5 0 8231 1000000 "    \
	"4096 18446744073709551615 1 1 140736414612080 0 0 0 0\n"

static struct proc_stat parsed(const char *text)
{
	struct proc_stat st;
	struct err err = ERR_INIT;

	if (proc_stat_parse(&st, text, strlen(text), &err))
		fail_msg("%s", err.msg);
	return st;
}

static void fields(void **state)
{
	struct proc_stat st = parsed("1234 (server)" REST);

	(void)state;
	assert_int_equal(st.pid, 1234);
	assert_int_equal(st.ppid, 41);
	assert_string_equal(st.comm, "server");
	assert_int_equal(st.state, 'S');
	assert_int_equal(st.cpu_ticks, 10);
	assert_int_equal(st.starttime, 8231);
	assert_int_equal(st.start_stack, 140736414612080);
	assert_false(st.kernel_thread);
	assert_false(proc_stat_exited(&st));
}

static void hostile_comm(void **state)
{
	static const char *const comm[][2] = {
		{"a) R 9 (b", "a) R 9 (b"},
		{") Z 1", ") Z 1"},
		{"", ""},
		{"x\ny", "x\\ny"},
		{"\033[2J", "\\x1b[2J"},
		{"((((", "(((("},
	};
	char text[512];

	(void)state;
	for (size_t i = 0; i < sizeof(comm) / sizeof(comm[0]); i++) {
		struct proc_stat st;

		snprintf(text, sizeof(text), "7 (%s)" REST, comm[i][0]);
		st = parsed(text);
		assert_string_equal(st.comm, comm[i][1]);
		assert_int_equal(st.state, 'S');
		assert_int_equal(st.starttime, 8231);
	}
}

static void kernel_thread_and_zombie(void **state)
{
	struct proc_stat st = parsed("2 (kthreadd) S 0 0 0 0 -1 2129984 0 0 0 "
				     "0 0 0 0 0 20 0 1 0 4 0 0 0 0 0 0 0\n");

	(void)state;
	assert_true(st.kernel_thread);
	assert_int_equal(st.starttime, 4);
	st = parsed("9 (gone) Z 1 0 0 0 -1 4194560 0 0 0 0 0 0 0 0 20 0 1 0 77 "
		    "0 0 0\n");
	assert_true(proc_stat_exited(&st));
}

/* A prefix is refused, or has the start time whole; none is read past. */
static void every_truncation(void **state)
{
	const char *text = "1234 (ser ver)" REST;
	size_t whole = 0;

	(void)state;
	for (size_t n = 0; n <= strlen(text); n++) {
		char *exact = test_malloc(n + 1);
		struct proc_stat st;

		memcpy(exact, text, n);
		if (proc_stat_parse(&st, exact, n, NULL) == 0) {
			assert_int_equal(st.starttime, 8231);
			whole++;
		}
		test_free(exact);
	}
	assert_true(whole > 0);
}

static void not_a_stat(void **state)
{
	static const char *const bad[] = {
		"",
		"12",
		"12 (a",
		"a) (12",
		"(x)" REST,
		"-3 (x)" REST,
		"99999999999999999999 (x)" REST,
		"1234 (x) S 1 2 3",
	};
	struct proc_stat st;
	struct err err = ERR_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(
			proc_stat_parse(&st, bad[i], strlen(bad[i]), &err), -1);
		assert_int_equal(err.code, ERR_FORMAT);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields),
		cmocka_unit_test(hostile_comm),
		cmocka_unit_test(kernel_thread_and_zombie),
		cmocka_unit_test(every_truncation),
		cmocka_unit_test(not_a_stat),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
