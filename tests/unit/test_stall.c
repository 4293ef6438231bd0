/* test_stall.c - who is held by the kernel, who is slow, and who slept as well. */
#include "sampler/stall.h"

#include <residue/base/clock.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define SEC NS_PER_SEC

/* The look, counted from 1, at which a thread that began at 1 s and spends
 * `cpu_ns` of CPU time from look to look is told to be held; 0: not in 100. */
static int told(int64_t step_ns, int64_t cpu_ns)
{
	struct stall s = {0};

	for (int n = 1; n <= 100; n++)
		if (stall_look(&s, SEC + n * step_ns, SEC, 5 + n * cpu_ns, SEC))
			return n;
	return 0;
}

static void one_that_stands_still_is_held(void **state)
{
	(void)state;
	/* The first look only says when it began to be watched. */
	assert_int_equal(told(100 * NS_PER_MS, 0), 11);
	assert_int_equal(told(500 * NS_PER_MS, 0), 3);
	/* However rare the looks: three. */
	assert_int_equal(told(SEC, 0), 3);
	assert_int_equal(told(60 * SEC, 0), 3);
}

static void one_that_gets_on_is_given_more_time(void **state)
{
	(void)state;
	assert_int_equal(told(100 * NS_PER_MS, 1), 1 + 10 * STALL_SLOW_TIMES);
	assert_int_equal(told(SEC, 1), 1 + 2 * STALL_SLOW_TIMES);
}

static void work_that_ends_is_never_held(void **state)
{
	struct stall s = {0};

	(void)state;
	for (int n = 1; n <= 100; n++) {
		int64_t now = n * SEC;

		assert_false(stall_look(&s, now, now - NS_PER_MS, 7, SEC));
	}
	/* Nor is one that has nothing to do. */
	for (int n = 101; n <= 200; n++)
		assert_false(stall_look(&s, n * SEC, 0, 0, SEC));
}

/* The machine was suspended, or we were: both threads go on at the same time. */
static void a_stop_of_all_is_no_stall(void **state)
{
	struct stall s = {0};

	(void)state;
	assert_false(stall_look(&s, 2 * SEC, SEC, 7, SEC));
	assert_false(stall_look(&s, 3600 * SEC, SEC, 7, SEC));
	assert_false(stall_look(&s, 3600 * SEC + NS_PER_MS, SEC, 8, SEC));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_that_stands_still_is_held),
		cmocka_unit_test(one_that_gets_on_is_given_more_time),
		cmocka_unit_test(work_that_ends_is_never_held),
		cmocka_unit_test(a_stop_of_all_is_no_stall),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
