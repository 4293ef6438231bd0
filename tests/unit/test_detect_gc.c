/* test_detect_gc.c - every GC once, with its own time. */
#include "detect_feed.h"

static void each_once(void **state)
{
	(void)state;
	struct feed f;
	int64_t ends[200];

	feed_init(&f);
	f.ring = true;
	feed_runtime(&f, 0);
	for (unsigned i = 0; i < 200; i++) { /* 17 a second, polled at 1 Hz */
		ends[i] = 60 * (i + 1);
		feed_gc(&f, ends[i], false);
		if (i % 17 == 16)
			feed_runtime(&f, ends[i] + 1);
	}
	feed_runtime(&f, 20000);
	feed_runtime(&f, 21000);
	assert_int_equal(f.count, 200);
	for (unsigned i = 0; i < 200; i++) {
		assert_int_equal(f.events[i].kind, EVENT_GC);
		assert_int_equal(feed_ms(&f.events[i]), ends[i]);
		assert_int_equal(f.events[i].num_gc, i + 1);
		assert_int_equal(f.events[i].pause_ns, 50000);
		assert_false(f.events[i].forced);
		assert_true(f.events[i].confidence == 1);
		assert_int_equal(f.events[i].source, EVENT_FROM_RUNTIME);
	}
	feed_release(&f);
}

static void from_before_we_came(void **state)
{
	(void)state;
	struct feed f;

	feed_init(&f);
	f.ring = true;
	f.state.info.since_ns = FEED_BOOT + 90000 * MS;
	for (unsigned i = 0; i < 300; i++)
		feed_gc(&f, 301 * i, false);
	feed_runtime(&f, 100000);
	assert_int_equal(f.count, 256); /* all that the ring holds */
	assert_int_equal(f.events[0].num_gc, 45);
	assert_int_equal(f.events[255].num_gc, 300);
	for (unsigned i = 0; i < 256; i++)
		assert_int_equal(f.events[i].before_attach,
				 feed_ms(&f.events[i]) < 90000);
	feed_gc(&f, 100500, false);
	feed_runtime(&f, 101000);
	assert_int_equal(f.count, 257);
	assert_false(f.events[256].before_attach);
	feed_release(&f);
}

static void more_than_the_ring_holds(void **state)
{
	(void)state;
	struct feed f;

	feed_init(&f);
	f.ring = true;
	feed_runtime(&f, 0);
	for (unsigned i = 0; i < 1000; i++)
		feed_gc(&f, 1 + i, false);
	feed_runtime(&f, 1005);
	assert_int_equal(f.count, 256);
	assert_int_equal(f.events[0].num_gc, 745);
	feed_release(&f);
}

static void forced_and_periodic(void **state)
{
	(void)state;
	struct feed f;

	feed_init(&f);
	f.ring = true;
	feed_gc(&f, 100, false);
	feed_runtime(&f, 1000);
	feed_gc(&f, 1500, true);
	feed_runtime(&f, 2000);
	assert_true(f.events[0].forced_known && !f.events[0].forced);
	assert_true(f.events[1].forced_known && f.events[1].forced);

	feed_gc(&f, 1500 + 120004, false);
	feed_runtime(&f, 122000);
	assert_true(f.events[2].periodic);
	assert_non_null(strstr(f.events[2].text, "two minutes"));
	feed_gc(&f, 1500 + 120004 + 119000, false);
	feed_runtime(&f, 242000);
	assert_false(f.events[3].periodic);

	/* One of two was forced; which one cannot be told. */
	feed_gc(&f, 242100, false);
	feed_gc(&f, 242200, true);
	feed_runtime(&f, 243000);
	assert_int_equal(f.count, 6);
	assert_false(f.events[4].forced_known || f.events[5].forced_known);
	assert_false(f.events[4].forced || f.events[5].forced);
	assert_true(f.events[5].confidence == 1);
	feed_release(&f);
}

/* Metrics have no ring: the last one has a time, the rest are a number. */
static void without_a_ring(void **state)
{
	(void)state;
	struct feed f;

	feed_init(&f);
	feed_gc(&f, 100, false);
	feed_runtime(&f, 1000);
	assert_int_equal(f.count, 0); /* from before: only the last is known */
	feed_gc(&f, 1300, false);
	feed_gc(&f, 1600, false);
	feed_gc(&f, 1900, false);
	feed_runtime(&f, 2000);
	assert_int_equal(f.count, 1);
	assert_int_equal(feed_ms(&f.events[0]), 1900);
	assert_int_equal(f.events[0].num_gc, 4);
	assert_int_equal(f.events[0].pause_ns, -1);
	assert_non_null(strstr(f.events[0].text, "2 more"));

	/* Not even that: the middle of the interval, and said to be unsure. */
	feed_gc(&f, 2100, false);
	values_unset(&f.runtime, FIELD_LAST_GC);
	feed_runtime(&f, 3000);
	assert_in_range(feed_ms(&f.events[1]), 2000, 3000);
	assert_true(f.events[1].confidence <= 0.5);
	feed_release(&f);
}

static void hostile_rings(void **state)
{
	(void)state;
	struct feed f;

	feed_init(&f);
	f.ring = true;
	feed_runtime(&f, 0);
	for (unsigned i = 0; i < PAUSE_RING; i++) {
		f.pauses.end_ns[i] = UINT64_MAX - i;
		f.pauses.pause_ns[i] = UINT64_MAX;
	}
	f.pauses.num_gc = UINT32_MAX;
	feed_runtime(&f, 1000);
	assert_int_equal(f.count, 0); /* ends in the far future */

	f.pauses.end_ns[pause_index(UINT32_MAX)] = (uint64_t)feed_wall(1500);
	feed_runtime(&f, 2000); /* no new number: nothing new */
	assert_int_equal(f.count, 0);

	/* The count fell: another program answers, which has a ring too. */
	f.pauses.num_gc = 1;
	f.pauses.end_ns[0] = (uint64_t)feed_wall(2500);
	f.pauses.pause_ns[0] = 7;
	feed_runtime(&f, 3000);
	assert_int_equal(f.count, 1);
	assert_int_equal(f.events[0].num_gc, 1);
	feed_release(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_once),
		cmocka_unit_test(from_before_we_came),
		cmocka_unit_test(more_than_the_ring_holds),
		cmocka_unit_test(forced_and_periodic),
		cmocka_unit_test(without_a_ring),
		cmocka_unit_test(hostile_rings),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
