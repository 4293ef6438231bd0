/* test_detect_own.c - GCs that residue forced itself are not the program's. */
#include "detect_feed.h"

/* A request for a GC, in ms; `end` 0: it is not answered yet. */
static void ask(struct feed *f, int64_t begin, int64_t end)
{
	state_own_gc(&f->state, FEED_BOOT + begin * MS,
		     end ? FEED_BOOT + end * MS : 0);
}

static void told_as_ours(void **state)
{
	static const struct {
		int64_t begin, end; /* of the request; 0, 0: none */
		bool ring, ours;
	} cases[] = {
		{5300, 5500, true, true},  {5300, 5500, false, true},
		{5300, 0, true, true}, /* read before it is answered */
		{5300, 0, false, true},	   {0, 0, true, false},
		{5000, 5390, true, false}, /* it ended after the answer */
		{5410, 0, true, false},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct feed f;

		feed_init(&f);
		f.ring = cases[i].ring;
		feed_runtime(&f, 5000);
		if (cases[i].begin)
			ask(&f, cases[i].begin, cases[i].end);
		feed_gc(&f, 5400, true);
		feed_runtime(&f, 6000);
		const struct event *ev = feed_one(&f, EVENT_GC);

		assert_true(ev->forced_known && ev->forced);
		assert_true(!!strstr(ev->text, "forced by residue") ==
			    cases[i].ours);
		assert_true(!!strstr(ev->text, "forced by the program") ==
			    !cases[i].ours);
		feed_release(&f);
	}
}

/* Two in a row, and the program's own before them. */
static void each_has_its_own(void **state)
{
	(void)state;
	struct feed f;

	feed_init(&f);
	f.ring = true;
	feed_runtime(&f, 5000);
	feed_gc(&f, 5100, true);
	ask(&f, 5300, 0);
	feed_gc(&f, 5350, true);
	ask(&f, 5300, 5400);
	ask(&f, 5450, 0);
	feed_gc(&f, 5500, true);
	feed_runtime(&f, 6000);
	assert_int_equal(feed_count(&f, EVENT_GC), 3);
	assert_non_null(strstr(f.events[0].text, "by the program"));
	assert_non_null(strstr(f.events[1].text, "by residue"));
	assert_non_null(strstr(f.events[2].text, "by residue"));
	/* One that is not forced is not ours, whenever it ends. */
	feed_gc(&f, 6100, false);
	feed_runtime(&f, 6200);
	assert_null(strstr(f.events[3].text, "forced"));
	/* What was told is not ours any more once it is answered. */
	ask(&f, 5450, 6300);
	feed_gc(&f, 6400, true);
	feed_runtime(&f, 6500);
	assert_non_null(strstr(f.events[4].text, "by the program"));
	feed_release(&f);
}

/* A GC after which nothing idle is left is FreeOSMemory, but not if it is ours:
 * then the scavenger gave it back. With the program's in the same interval, it
 * is that one. */
static void not_free_os_memory(void **state)
{
	static const struct {
		int64_t program; /* its GC ended then, ms; 0: none */
		bool ring, answered, freed;
	} cases[] = {
		{0, true, true, false},	    {0, true, false, false},
		{0, false, true, false},    {5200, true, true, true},
		{5600, true, true, true},   {5600, false, true, true},
		{5200, false, true, false},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct feed f;

		feed_begin(&f);
		f.ring = cases[i].ring;
		if (cases[i].program && cases[i].program < 5400)
			feed_gc(&f, cases[i].program, true);
		ask(&f, 5300, cases[i].answered ? 5500 : 0);
		feed_gc(&f, 5400, true);
		if (cases[i].program > 5400)
			feed_gc(&f, cases[i].program, true);
		feed_heap(&f, 20, 270, 270);
		feed_rss(&f, 36, 8);
		feed_quiet(&f, 6000, 12000, 1000);
		feed_only(&f,
			  cases[i].freed ? EVENT_FREE_OS_MEMORY
					 : EVENT_SCAVENGE,
			  1);
		if (cases[i].freed)
			assert_int_equal(
				feed_ms(feed_one(&f, EVENT_FREE_OS_MEMORY)),
				cases[i].program);
		feed_release(&f);
	}
}

/* Where the runtime proves FreeOSMemory, a GC of ours beside it changes
 * nothing; and where it proves that there was none, neither. */
static void proven(void **state)
{
	(void)state;

	for (unsigned dry = 0; dry < 2; dry++) {
		struct feed f;

		feed_begin(&f);
		values_set(&f.runtime, FIELD_RELEASED_BG, 0);
		values_set(&f.runtime, FIELD_RELEASED_EAGER, 0);
		f.scav = SCAV_KNOWN;
		feed_quiet(&f, 5000, 6000, 1000);
		ask(&f, 6300, 6500);
		feed_gc(&f, 6400, true);
		f.scav |= dry ? SCAV_DRY : 0;
		feed_quiet(&f, 7000, 9000, 1000);
		feed_only(&f, EVENT_FREE_OS_MEMORY, dry);
		feed_release(&f);
	}
}

/* RES dips around a forced GC and is back at the next reading: the program's
 * may be FreeOSMemory; ours is not. */
static void falls(void **state)
{
	(void)state;

	for (int ours = 0; ours < 2; ours++) {
		struct feed f;

		feed_begin(&f);
		for (int64_t t = 5000; t < 9000; t += 100) {
			bool low = t >= 5300 && t < 5500;

			/* Not where returned.c sees FreeOSMemory's hand. */
			feed_heap(&f, 250, 40, 6);
			feed_rss(&f, low ? 200 : 300, 8);
			if (t == 5300 && ours)
				ask(&f, 5200, 5320);
			if (t == 5300)
				feed_gc(&f, 5290, true);
			feed_proc(&f, t);
			if (t % 1000 == 0)
				feed_runtime(&f, t + 5);
		}
		assert_int_equal(feed_count(&f, EVENT_FREE_OS_MEMORY), 0);
		assert_int_equal(feed_count(&f, EVENT_NATIVE_FREE), 0);
		assert_int_equal(feed_count(&f, EVENT_SCAVENGE), ours);
		feed_release(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(told_as_ours),
		cmocka_unit_test(each_has_its_own),
		cmocka_unit_test(not_free_os_memory),
		cmocka_unit_test(proven),
		cmocka_unit_test(falls),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
