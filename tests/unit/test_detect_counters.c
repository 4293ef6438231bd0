/* test_detect_counters.c - what was given back, and by whom, where the runtime's
 * own counters and its scavenger's mark tell. */
#include "detect_feed.h"

static void counters(struct feed *f, int64_t bg, int64_t eager)
{
	values_set(&f->runtime, FIELD_RELEASED_BG, bg * MIB);
	values_set(&f->runtime, FIELD_RELEASED_EAGER, eager * MIB);
}

/* The same with the runtime's counters, where nothing is concluded. */
static void counted(void **state)
{
	(void)state;
	struct feed f;

	feed_begin(&f);
	counters(&f, 100, 0);
	feed_quiet(&f, 5000, 7000, 1000);
	/* Forced GC, 260 MiB gone, and the background scavenger had 30. */
	feed_give_back(&f);
	counters(&f, 130, 0);
	feed_quiet(&f, 8000, 12000, 1000);
	const struct event *ev = feed_one(&f, EVENT_FREE_OS_MEMORY);

	assert_int_equal(ev->bytes, 230 * MIB);
	assert_int_equal(ev->source, EVENT_FROM_RUNTIME);
	assert_true(ev->confidence == 1);
	feed_only(&f, EVENT_FREE_OS_MEMORY, 1);
	feed_release(&f);

	/* A forced GC whose release the allocator explains, at a limit. */
	feed_begin(&f);
	counters(&f, 100, 0);
	feed_quiet(&f, 5000, 7000, 1000);
	feed_give_back(&f);
	counters(&f, 100, 260);
	feed_quiet(&f, 8000, 12000, 1000);
	feed_only(&f, EVENT_SCAVENGE, 1);
	assert_int_equal(feed_one(&f, EVENT_SCAVENGE)->source,
			 EVENT_FROM_RUNTIME);
	feed_release(&f);

	/* scavtrace resets them at each GC: a counter that falls was reset. */
	feed_begin(&f);
	counters(&f, 500, 0);
	feed_quiet(&f, 5000, 7000, 1000);
	feed_give_back(&f);
	counters(&f, 260, 0);
	feed_quiet(&f, 8000, 12000, 1000);
	feed_only(&f, EVENT_SCAVENGE, 1);
	feed_release(&f);

	/* Released and in use again before the next reading. */
	feed_begin(&f);
	counters(&f, 0, 0);
	feed_quiet(&f, 5000, 7000, 1000);
	counters(&f, 0, 90);
	feed_quiet(&f, 7000, 10000, 1000);
	assert_int_equal(feed_one(&f, EVENT_SCAVENGE)->bytes, 90 * MIB);
	/* And that RES rose, which nobody saw. */
	assert_int_equal(feed_one(&f, EVENT_GROWTH)->bytes, 90 * MIB);
	assert_int_equal(f.count, 3);
	feed_release(&f);
}

/* The net figure rose too, by less than counts: what the counters say is told
 * all the same, and once (sync.Pool on Go 1.22, recorded). RES was looked at
 * meanwhile: its rise is told by it alone. */
static void given_back_and_taken_again(void **state)
{
	(void)state;

	for (int seen = 0; seen < 2; seen++) {
		struct feed f;

		feed_begin(&f);
		counters(&f, 0, 0);
		feed_quiet(&f, 5000, 7000, 1000);
		feed_heap(&f, 20, 270, 26); /* 20: two thirds of what counts */
		feed_rss(&f, 280, 8);
		counters(&f, 20, 0);
		feed_quiet(&f, 7000, 11000, 1000);
		if (seen) {
			feed_rss(&f, 180, 8);
			feed_proc(&f, 11300);
			feed_rss(&f, 280, 8);
			feed_proc(&f, 11600);
		}
		counters(&f, 126, 0);
		feed_heap(&f, 270, 20, 24);
		feed_rss(&f, 282, 8);
		feed_quiet(&f, 12000, 16000, 1000);
		assert_int_equal(feed_one(&f, EVENT_SCAVENGE)->bytes,
				 106 * MIB);
		feed_one(&f, EVENT_GROWTH);
		assert_int_equal(f.count, 3);
		feed_release(&f);
	}
}

static void mark(struct feed *f, unsigned scav)
{
	f->scav = SCAV_KNOWN | scav;
}

/* FreeOSMemory whose memory is in use again at the next reading is known by
 * the forced scavenge that ran dry. */
static void scavenged_dry(void **state)
{
	static const struct {
		unsigned before, after;
		bool forced;
		int64_t limit; /* MiB; 0: none */
		unsigned found;
	} cases[] = {
		{0, SCAV_DRY, true, 0, 1},
		{SCAV_FREED, SCAV_DRY | SCAV_FREED, true, 0, 1},
		{SCAV_DRY, SCAV_DRY | SCAV_FREED, true, 0, 1},
		/* runtime.GC that freed no page after FreeOSMemory. */
		{SCAV_DRY, SCAV_DRY, true, 0, 0},
		{SCAV_DRY, SCAV_FREED, true, 0, 0},
		{0, SCAV_FREED, true, 0, 0},
		/* At a limit the allocator may have been it. */
		{0, SCAV_DRY, true, 310, 0},
		{0, SCAV_DRY, true, 4000, 1},
	};
	(void)state;
	struct feed f;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		feed_begin(&f);
		counters(&f, 0, 0);
		if (cases[i].limit)
			values_set(&f.runtime, FIELD_MEMORY_LIMIT,
				   cases[i].limit * MIB);
		mark(&f, cases[i].before);
		feed_quiet(&f, 5000, 7000, 1000);
		feed_gc(&f, 7400, cases[i].forced);
		mark(&f, cases[i].after);
		feed_quiet(&f, 8000, 12000, 1000);
		feed_only(&f, EVENT_FREE_OS_MEMORY, cases[i].found);
		if (cases[i].found)
			assert_int_equal(
				feed_one(&f, EVENT_FREE_OS_MEMORY)->bytes, -1);
		feed_release(&f);
	}
}

/* The allocator counted all that was given back: a limit that was lowered for a
 * moment forces the scavenger as well, and is gone by the next reading. */
static void forced_by_allocator(void **state)
{
	(void)state;
	struct feed f;

	for (int eager = 0; eager <= 260; eager += 260) {
		feed_begin(&f);
		counters(&f, 0, 0);
		mark(&f, 0);
		feed_quiet(&f, 5000, 7000, 1000);
		feed_give_back(&f);
		counters(&f, 0, eager);
		mark(&f, SCAV_DRY);
		feed_quiet(&f, 8000, 12000, 1000);
		feed_only(&f, eager ? EVENT_SCAVENGE : EVENT_FREE_OS_MEMORY, 1);
		feed_release(&f);
	}
}

/* GODEBUG=scavtrace=1: what the counters lost at the GC is nobody's proof; the
 * mark is, and the bytes may have something of the scavenger's. */
static void counters_reset(void **state)
{
	(void)state;
	struct feed f;

	for (int dry = 0; dry < 2; dry++) {
		feed_begin(&f);
		counters(&f, 8, 0);
		mark(&f, SCAV_RESETS);
		feed_quiet(&f, 5000, 7000, 1000);
		feed_give_back(&f);
		counters(&f, 10, 0); /* and 200 before they were reset */
		mark(&f, SCAV_RESETS | (dry ? SCAV_DRY : SCAV_FREED));
		feed_quiet(&f, 8000, 12000, 1000);
		if (!dry) {
			feed_only(&f, EVENT_SCAVENGE, 1);
		} else {
			const struct event *ev =
				feed_one(&f, EVENT_FREE_OS_MEMORY);

			assert_int_equal(ev->bytes, 258 * MIB);
			assert_int_equal(ev->source, EVENT_FROM_RUNTIME);
			assert_non_null(strstr(ev->text, "up to"));
			feed_only(&f, EVENT_FREE_OS_MEMORY, 1);
		}
		feed_release(&f);
	}
}

/* FreeOSMemory whose memory is in use again, and pages of which were freed
 * since: seen chunk by chunk. */
static void seen_by_chunk(void **state)
{
	(void)state;
	struct feed f;

	for (int by_scavenger = 0; by_scavenger < 2; by_scavenger++) {
		feed_begin(&f);
		counters(&f, 0, 0);
		mark(&f, SCAV_RETURNED);
		feed_quiet(&f, 5000, 7000, 1000);
		feed_gc(&f, 7400, true);
		f.returned = 60 * MIB;
		counters(&f, by_scavenger ? 58 : 20, 0);
		mark(&f, SCAV_RETURNED | SCAV_FREED);
		feed_quiet(&f, 8000, 12000, 1000);
		assert_int_equal(feed_count(&f, EVENT_FREE_OS_MEMORY),
				 !by_scavenger);
		feed_release(&f);
	}
}

/* RES shows what FreeOSMemory gave back; by the next reading of the runtime it
 * is in use again. That is not memory outside Go. */
static void fall_of_what_is_used_again(void **state)
{
	(void)state;
	struct feed f;

	for (int by_chunk = 0; by_chunk < 2; by_chunk++) {
		feed_begin(&f);
		counters(&f, 0, 0);
		mark(&f, SCAV_RETURNED);
		feed_quiet(&f, 5000, 7000, 20);
		feed_rss(&f, 220, 8);
		feed_proc(&f, 7020);
		feed_gc(&f, 7010, true);
		mark(&f,
		     SCAV_RETURNED | SCAV_FREED | (by_chunk ? 0 : SCAV_DRY));
		if (by_chunk)
			f.returned = 80 * MIB;
		feed_runtime(&f, 7030);
		feed_quiet(&f, 7040, 9000, 20);
		assert_int_equal(feed_count(&f, EVENT_NATIVE_FREE), 0);
		assert_int_equal(feed_count(&f, EVENT_FREE_OS_MEMORY), 1);
		feed_release(&f);
	}
}

/* The same of the scavenger, seen by its counters alone: the fall is told as
 * what it gave back, not as memory outside Go as well. */
static void fall_of_what_the_scavenger_counted(void **state)
{
	(void)state;

	for (int by_go = 0; by_go < 2; by_go++) {
		struct feed f;

		feed_begin(&f);
		counters(&f, 0, 0);
		feed_quiet(&f, 5000, 7000, 500);
		feed_rss(&f, 220, 8);
		feed_proc(&f, 7250);
		counters(&f, by_go ? 70 : 10, by_go ? 10 : 0);
		feed_quiet(&f, 7500, 12000, 500);
		assert_int_equal(feed_count(&f, EVENT_NATIVE_FREE), !by_go);
		assert_int_equal(feed_count(&f, EVENT_SCAVENGE), by_go);
		feed_release(&f);
	}
}

/* Read while FreeOSMemory is at work, and then after another forced GC: the
 * rest is the first one's, not the other's. */
static void another_gc_while_it_works(void **state)
{
	(void)state;
	struct feed f;

	feed_begin(&f);
	counters(&f, 0, 0);
	mark(&f, 0);
	feed_quiet(&f, 5000, 5750, 250);
	feed_gc(&f, 5740, true);
	feed_heap(&f, 20, 270, 120);
	feed_runtime(&f, 5750);
	feed_gc(&f, 5900, true);
	feed_heap(&f, 20, 270, 266);
	feed_quiet(&f, 6000, 9000, 250);
	assert_int_equal(feed_count(&f, EVENT_FREE_OS_MEMORY), 1);
	assert_int_equal(feed_ms(feed_one(&f, EVENT_FREE_OS_MEMORY)), 5740);
	feed_release(&f);
}

/* What the scavenger gave back is counted a little later. */
static void counted_late(void **state)
{
	(void)state;
	struct feed f;

	feed_begin(&f);
	counters(&f, 0, 0);
	feed_quiet(&f, 5000, 5500, 100);
	feed_gc(&f, 5520, true);
	feed_heap(&f, 20, 270, 20);
	feed_quiet(&f, 5600, 5700, 100);
	counters(&f, 14, 0);
	feed_heap(&f, 20, 270, 22);
	feed_quiet(&f, 5700, 9000, 100);
	feed_only(&f, EVENT_FREE_OS_MEMORY, 0);
	feed_release(&f);
}

/* Go 1.19 counts a part only; and at a memory limit giving back and taking
 * again is how the allocator works, not an event. */
static void counters_that_do_not_count(void **state)
{
	(void)state;
	struct feed f;

	feed_begin(&f);
	strcpy(f.state.info.go_version, "go1.19.8");
	counters(&f, 100, 0);
	feed_quiet(&f, 5000, 7000, 1000);
	feed_gc(&f, 7400, true);
	feed_heap(&f, 20, 270, 150); /* by the allocator, not counted */
	feed_rss(&f, 156, 8);
	feed_quiet(&f, 8000, 12000, 1000);
	feed_only(&f, EVENT_SCAVENGE, 1);
	feed_release(&f);

	feed_begin(&f);
	counters(&f, 0, 0);
	values_set(&f.runtime, FIELD_MEMORY_LIMIT, 310 * MIB);
	feed_quiet(&f, 5000, 7000, 1000);
	for (int i = 1; i < 20; i++) {
		counters(&f, 0, 50 * i);
		feed_quiet(&f, 6000 + 1000 * i, 6500 + 1000 * i, 1000);
	}
	feed_only(&f, EVENT_GC, 1);
	feed_release(&f);
}

/* FreeOSMemory takes time: read ten times a second it is still one event,
 * and with all its bytes. */
static void free_os_memory_takes_time(void **state)
{
	(void)state;
	struct feed f;

	for (int with = 0; with < 2; with++) {
		feed_begin(&f);
		if (with)
			counters(&f, 0, 0);
		feed_quiet(&f, 5000, 5500, 100);
		feed_gc(&f, 5520, true);
		for (int i = 0; i <= 3; i++) {
			feed_heap(&f, 20, 270, 60 + 70 * i);
			feed_rss(&f, 246 - 70 * i, 8);
			feed_proc(&f, 5600 + 100 * i);
			feed_runtime(&f, 5605 + 100 * i);
		}
		feed_quiet(&f, 6000, 9000, 100);
		const struct event *ev = feed_one(&f, EVENT_FREE_OS_MEMORY);

		assert_int_equal(feed_ms(ev), 5520);
		assert_int_equal(ev->bytes, 264 * MIB);
		feed_only(&f, EVENT_FREE_OS_MEMORY, 1);
		feed_release(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counted),
		cmocka_unit_test(given_back_and_taken_again),
		cmocka_unit_test(scavenged_dry),
		cmocka_unit_test(counters_reset),
		cmocka_unit_test(forced_by_allocator),
		cmocka_unit_test(seen_by_chunk),
		cmocka_unit_test(fall_of_what_is_used_again),
		cmocka_unit_test(fall_of_what_the_scavenger_counted),
		cmocka_unit_test(another_gc_while_it_works),
		cmocka_unit_test(counted_late),
		cmocka_unit_test(counters_that_do_not_count),
		cmocka_unit_test(free_os_memory_takes_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
