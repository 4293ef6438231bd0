/* test_grid.c - the fast lane's steps: rows on time, none lost unsaid. */
#include "sampler/grid.h"

#include <residue/base/clock.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const int64_t intervals[] = {
	100 * NS_PER_MS, 200 * NS_PER_MS, 250 * NS_PER_MS, 300 * NS_PER_MS,
	500 * NS_PER_MS, NS_PER_SEC,	  2 * NS_PER_SEC,  10 * NS_PER_SEC,
};
#define INTERVALS (sizeof(intervals) / sizeof(*intervals))

/* Each row is at its time and, where that is at a step, made once before the
 * next, however close the looks are. */
static void rows_are_on_time(void **state)
{
	(void)state;
	for (size_t i = 0; i < INTERVALS; i++) {
		struct grid g = grid_make(intervals[i], 7);
		int64_t rows = 0, made = 0;

		for (int n = 0; rows < 100; n++) {
			if (grid_has_row(&g)) {
				int64_t off = g.next_ns - 7 -
					      rows * g.step_ns * g.each;

				assert_int_equal(off, 0);
				if (g.make_at)
					assert_int_equal(made, rows);
				rows++;
			}
			made += grid_makes_row(&g);
			/* Looks become close and far again at any time. */
			assert_int_equal(
				grid_advance(&g, n % 7 < 3, g.next_ns + 1), 0);
		}
		/* Rounding to whole steps loses less than a step's count. */
		assert_true(intervals[i] - g.step_ns * g.each < g.each);
	}
}

static void rows_are_made_in_time(void **state)
{
	(void)state;
	for (size_t i = 0; i < INTERVALS; i++) {
		struct grid g = grid_make(intervals[i], 0);

		assert_true(g.grace_ns < intervals[i]);
		assert_true(g.grace_ns <= 250 * NS_PER_MS);
		assert_true(g.make_at < g.each);
		if (g.make_at)
			assert_in_range(g.make_at * g.step_ns,
					g.grace_ns * 9 / 10,
					g.grace_ns * 5 / 4);
	}
	assert_int_equal(grid_make(NS_PER_SEC, 0).make_at, 3);
}

static void missed_rows_are_counted(void **state)
{
	struct grid g = grid_make(NS_PER_SEC, 0);

	(void)state;
	/* Stopped for 3.5 s right after the row at 0: those at 1, 2, 3. */
	assert_int_equal(grid_advance(&g, false, 3500 * NS_PER_MS), 3);
	assert_true(g.next_ns > 3500 * NS_PER_MS);
	assert_true(g.next_ns <= 4 * g.step_ns * g.each);
	while (!grid_has_row(&g))
		assert_int_equal(grid_advance(&g, true, g.next_ns), 0);
	assert_int_equal(g.next_ns, 4 * g.step_ns * g.each);
	/* Late by less than a step is no row missed. */
	assert_int_equal(grid_advance(&g, true, g.next_ns + 50 * NS_PER_MS), 0);
	/* Until just past the next row's time: that one. */
	assert_int_equal(grid_advance(&g, true, 5 * g.step_ns * g.each + 1), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_on_time),
		cmocka_unit_test(rows_are_made_in_time),
		cmocka_unit_test(missed_rows_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
