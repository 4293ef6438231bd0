/* test_falls.c - falls of RES: whose memory it was, by the runtime's account. */
#include "detect_feed.h"

/* RES falls by 100 MiB and the runtime did nothing. */
static const struct event *fall(struct feed *f, enum event_kind kind)
{
	feed_quiet(f, 5000, 9000, 1000);
	feed_only(f, kind, 1);
	const struct event *ev = feed_one(f, kind);

	assert_int_equal(ev->bytes, 100 * MIB);
	assert_in_range(feed_ms(ev), 4000, 5000);
	return ev;
}

static void falls(void **state)
{
	(void)state;
	struct feed f;

	feed_begin(&f);
	feed_rss(&f, 200, 8);
	fall(&f, EVENT_NATIVE_FREE);
	feed_release(&f);

	feed_begin(&f);
	feed_rss(&f, 200, 8);
	values_set(&f.proc, FIELD_SWAP, 95 * MIB);
	assert_int_equal(fall(&f, EVENT_RECLAIM)->source, EVENT_FROM_KERNEL);
	feed_release(&f);

	feed_begin(&f);
	feed_rss(&f, 300, 150);
	feed_quiet(&f, 2000, 4000, 1000);
	feed_rss(&f, 200, 50);
	fall(&f, EVENT_RECLAIM); /* file pages, and still mapped */
	feed_release(&f);

	feed_begin(&f);
	feed_rss(&f, 300, 150);
	feed_quiet(&f, 5000, 6000, 1000);
	feed_rss(&f, 200, 50);
	values_set(&f.proc, FIELD_VSIZE, 1900 * MIB);
	feed_quiet(&f, 6000, 9000, 1000);
	feed_only(&f, EVENT_UNMAP, 1);
	feed_release(&f);

	feed_begin(&f);
	struct values smaps = {0};

	values_set(&smaps, FIELD_LAZY_FREE, 120 * MIB);
	feed(&f, ORIGIN_SMAPS, 4500, &smaps);
	feed_proc(&f, 4600);
	feed_rss(&f, 200, 8);
	feed_quiet(&f, 5000, 9000, 1000);
	feed_only(&f, EVENT_RECLAIM, 1);
	feed_release(&f);
}

/* The runtime is read in the middle of a fall, and RES after it: its account
 * begins with the reading before, or what it gave back looks foreign. */
static void runtime_ahead_of_res(void **state)
{
	(void)state;

	for (int late = 0; late < 3; late++) {
		struct feed f;

		feed_begin(&f);
		feed_heap(&f, 20, 270, 120); /* a look found RES moving: */
		if (late == 0) {
			feed_rss(&f, 290, 8);
			feed_proc(&f, 5300);
			feed_runtime(&f, 5340);
		} else if (late == 1) {
			feed_runtime(&f, 5300); /* and came after this */
			feed_proc(&f, 5290);
		} else {
			feed_runtime(&f, 4030); /* by 50 ms of the last look */
		}
		feed_rss(&f, 186, 8);
		feed_quiet(&f, 5400, 7000, 100);
		feed_heap(&f, 20, 270, 150);
		feed_rss(&f, 156, 8);
		feed_quiet(&f, 7000, 12000, 1000);
		assert_int_equal(feed_count(&f, EVENT_NATIVE_FREE), 0);
		assert_true(feed_count(&f, EVENT_SCAVENGE) > 0);
		feed_release(&f);
	}
}

/* Nothing is known of the runtime. */
static void from_proc_alone(void **state)
{
	(void)state;
	struct feed f;

	feed_init(&f);
	feed_rss(&f, 300, 8);
	feed_procs(&f, 0, 5000, 1000);
	feed_rss(&f, 100, 8);
	feed_procs(&f, 5000, 9000, 1000);
	const struct event *ev = feed_one(&f, EVENT_DROP);

	assert_int_equal(ev->source, EVENT_FROM_INFERRED);
	assert_true(ev->confidence < 1);
	assert_int_equal(ev->bytes, 200 * MIB);
	assert_int_equal(f.count, 1);

	double at_once = ev->confidence;

	for (int i = 0; i < 80; i++) { /* a slow one is less sure */
		feed_rss(&f, 100 - i, 8);
		feed_proc(&f, 10000 + 100 * i);
	}
	feed_procs(&f, 18000, 21000, 100);
	assert_int_equal(feed_count(&f, EVENT_DROP), 2);
	assert_true(f.events[1].confidence < at_once);
	feed_release(&f);
}

/* The runtime was not read before RES fell: its first reading, after it, does
 * not say who did it. */
static void first_account_after(void **state)
{
	(void)state;

	for (int when = 0; when < 3; when++) {
		struct feed f;

		feed_init(&f);
		feed_rss(&f, 300, 8);
		feed_procs(&f, 0, 5000, 1000);
		feed_rss(&f, 36, 8);
		feed_heap(&f, 20, 270, 270);
		if (when == 0) /* ahead of the look that finds it */
			feed_runtime(&f, 4900);
		feed_proc(&f, 5000);
		if (when == 2)
			feed_proc(&f, 6000);
		feed_quiet(&f, 7000, 12000, 1000);
		feed_only(&f, EVENT_DROP, 1);
		/* The next one has an account. */
		feed_rss(&f, 4, 2);
		feed_quiet(&f, 12000, 16000, 1000);
		assert_int_equal(feed_count(&f, EVENT_NATIVE_FREE), 1);
		feed_release(&f);
	}
}

/* The runtime's account comes seconds late: the fall waits for it. */
static void late_account(void **state)
{
	(void)state;
	struct feed f;

	feed_begin(&f);
	feed_rss(&f, 36, 8);
	feed_procs(&f, 5000, 12000, 1000);
	feed_only(&f, EVENT_GC, 1);
	feed_gc(&f, 4900, true);
	feed_heap(&f, 20, 270, 270);
	feed_runtime(&f, 12000);
	feed_only(&f, EVENT_FREE_OS_MEMORY, 1);
	feed_quiet(&f, 12100, 16000, 1000);
	feed_only(&f, EVENT_FREE_OS_MEMORY, 1);
	feed_release(&f);

	/* It never comes: in the end the fall is told without. */
	feed_begin(&f);
	feed_rss(&f, 36, 8);
	feed_procs(&f, 5000, 50000, 1000);
	feed_only(&f, EVENT_DROP, 1);
	/* And when it comes after all, that fall is not told again. */
	feed_heap(&f, 20, 270, 270);
	feed_gc(&f, 4900, true);
	feed_quiet(&f, 50000, 55000, 1000);
	feed_only(&f, EVENT_DROP, 1);
	feed_release(&f);
}

/* A fall that ends a piece of ten seconds has its account as well. */
static void fall_at_the_end_of_a_piece(void **state)
{
	(void)state;
	struct feed f;

	feed_begin(&f);
	for (int i = 0; i < 10; i++) {
		feed_heap(&f, 280 - i, 10 + i, 6 + i);
		feed_rss(&f, 300 - i, 8);
		feed_quiet(&f, 5000 + 1000 * i, 5500 + 1000 * i, 1000);
	}
	feed_heap(&f, 20, 270, 150);
	feed_rss(&f, 156, 8);
	feed_quiet(&f, 15000, 18000, 1000);
	feed_only(&f, EVENT_SCAVENGE, 1);
	feed_release(&f);
}

/* RES dips around a GC and is back before the runtime is read. */
static void dip(void **state)
{
	(void)state;
	struct feed f;

	feed_begin(&f);
	for (int64_t t = 5000; t < 9000; t += 100) {
		feed_rss(&f, t >= 5300 && t < 5500 ? 200 : 300, 8);
		if (t == 5300)
			feed_gc(&f, 5290, false);
		feed_proc(&f, t);
		if (t % 1000 == 0)
			feed_runtime(&f, t + 5);
	}
	assert_int_equal(feed_count(&f, EVENT_NATIVE_FREE), 0);
	assert_true(feed_one(&f, EVENT_SCAVENGE)->confidence <= 0.5);
	feed_release(&f);
}

/* RES grows and is freed between two readings of the runtime: its figures
 * hide both, so nobody is accused. */
static void hidden_growth(void **state)
{
	(void)state;
	struct feed f;

	feed_begin(&f);
	for (int64_t t = 5000; t < 9000; t += 100) {
		bool high = t >= 5200 && t < 5600;

		feed_rss(&f, high ? 500 : 300, 8);
		feed_proc(&f, t);
		if (t % 1000 == 0)
			feed_runtime(&f, t + 5);
	}
	assert_int_equal(feed_count(&f, EVENT_NATIVE_FREE), 0);
	assert_int_equal(feed_count(&f, EVENT_DROP), 0);
	assert_int_equal(feed_count(&f, EVENT_GROWTH), 1);
	feed_release(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(falls),
		cmocka_unit_test(runtime_ahead_of_res),
		cmocka_unit_test(from_proc_alone),
		cmocka_unit_test(late_account),
		cmocka_unit_test(first_account_after),
		cmocka_unit_test(fall_at_the_end_of_a_piece),
		cmocka_unit_test(dip),
		cmocka_unit_test(hidden_growth),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
