/* test_detect.c - what moved memory: one movement, one event, its cause. */
#include "../../src/detect/swing.h"
#include "detect_feed.h"

static void swings(void **state)
{
	(void)state;
	struct swing s = {0};
	struct swing_done d;
	const int64_t sec = 1000 * MS;

	/* A base that lasts an hour does not blur when the rise began. */
	for (int64_t t = 0; t < 3600; t++)
		assert_false(swing_step(&s, t * sec, 1000 + t % 2, 100, &d) &
			     SWING_DONE);
	swing_step(&s, 3600 * sec, 1400, 100, &d);
	assert_int_equal(swing_step(&s, 3601 * sec, 1401, 100, &d) & SWING_DONE,
			 SWING_DONE);
	assert_in_range(d.gain, 400, 401);
	assert_in_range(d.half_ns, 3599 * sec, 3600 * sec);

	/* It ends although the figure creeps on. */
	s = (struct swing){0};
	swing_step(&s, 0, 0, 1000, &d);
	swing_step(&s, 1 * sec, 5000, 1000, &d);
	assert_true(swing_step(&s, 2 * sec, 5001, 1000, &d) & SWING_DONE);

	/* It ends when it falls back, at its highest. */
	s = (struct swing){0};
	swing_step(&s, 0, 0, 1000, &d);
	swing_step(&s, 1 * sec, 5000, 1000, &d);
	assert_true(swing_step(&s, 1 * sec + MS, 900, 1000, &d) & SWING_DONE);
	assert_int_equal(d.gain, 5000);
	assert_int_equal(d.to, 5000);

	/* A long one comes in pieces whose gains add up. */
	s = (struct swing){0};
	int64_t sum = 0;

	for (int64_t t = 0; t <= 100; t++)
		if (swing_step(&s, t * sec, 500 * t, 1000, &d) & SWING_DONE) {
			sum += d.gain;
			assert_in_range(d.end_ns - d.begin_ns, 7 * sec,
					11 * sec);
		}
	assert_in_range(sum, 45000, 50000);

	/* What is below the least is none, however often it comes. */
	s = (struct swing){0};
	for (int64_t t = 0; t < 100; t++)
		assert_false(swing_step(&s, t * sec, t % 10 * 90, 1000, &d) &
			     SWING_DONE);
}

static void growth(void **state)
{
	(void)state;
	struct feed f;

	feed_begin(&f);
	feed_rss(&f, 400, 8);
	feed_heap(&f, 380, 10, 6);
	feed_quiet(&f, 5000, 9000, 1000);
	const struct event *ev = feed_one(&f, EVENT_GROWTH);

	assert_int_equal(ev->bytes, 100 * MIB);
	assert_in_range(feed_ms(ev), 4000, 5000);
	assert_string_equal(ev->text, "RES grew by 100 MiB in 900 ms, to "
				      "400 MiB");
	/* A tenth of RES is the least that counts. */
	feed_rss(&f, 435, 8);
	feed_quiet(&f, 9000, 15000, 1000);
	feed_only(&f, EVENT_GROWTH, 1);
	feed_release(&f);
}

/* A reading of what no process has tells nothing; those around it do. */
static void figures_of_no_process(void **state)
{
	static const int64_t figures[] = {INT64_MAX, INT64_C(1) << 62, -MIB,
					  INT64_MIN};
	struct feed f;

	(void)state;
	feed_begin(&f);
	for (unsigned i = 0; i < 4; i++) {
		values_set(&f.proc, FIELD_RSS, figures[i]);
		values_set(&f.runtime, FIELD_SYS, figures[i]);
		values_set(&f.runtime, FIELD_HEAP_RELEASED, figures[3 - i]);
		feed_proc(&f, 5000 + 100 * i);
		feed_runtime(&f, 5020 + 100 * i);
		assert_int_equal(f.count, 1); /* feed_begin's */
	}
	feed_rss(&f, 400, 8);
	feed_heap(&f, 380, 10, 6);
	feed_quiet(&f, 5500, 9000, 1000);
	assert_int_equal(feed_one(&f, EVENT_GROWTH)->bytes, 100 * MIB);
	feed_release(&f);
}

/* Read once a second the extremes of a swing are missed: a little less than a
 * tenth counts. Read ten times as often it does not. */
static void sparse_readings(void **state)
{
	(void)state;

	for (int often = 0; often < 2; often++) {
		int64_t step = often ? 100 : 1000;
		struct feed f;

		feed_begin(&f);
		feed_quiet(&f, 5000, 7000, step);
		feed_rss(&f, 330, 8); /* 30 of 330 */
		feed_heap(&f, 310, 10, 6);
		feed_quiet(&f, 7000, 10000, step);
		feed_only(&f, EVENT_GROWTH, often ? 0 : 1);
		feed_release(&f);
	}
}

static void growth_since_the_start(void **state)
{
	(void)state;
	struct feed f;

	feed_init(&f);
	f.state.info.starttime = (uint64_t)(FEED_BOOT / (10 * MS));
	feed_rss(&f, 300, 8);
	feed_proc(&f, 400);
	feed_proc(&f, 1400);
	feed_proc(&f, 2400);
	assert_int_equal(feed_one(&f, EVENT_GROWTH)->bytes, 300 * MIB);
	assert_in_range(feed_ms(feed_one(&f, EVENT_GROWTH)), 0, 400);
	feed_release(&f);

	feed_init(&f); /* one that is older has RES, but did not grow now */
	f.state.info.starttime = (uint64_t)(FEED_BOOT / (10 * MS));
	feed_rss(&f, 300, 8);
	feed_procs(&f, 60000, 64000, 1000);
	assert_int_equal(f.count, 0);
	feed_release(&f);
}

/* What was under way when the process ended is told; what was not, is not. */
static void told_at_the_end(void **state)
{
	(void)state;

	for (int moved = 0; moved < 2; moved++) {
		struct values none = {0};
		struct feed f;

		feed_begin(&f);
		f.life = LIFE_EXITED;
		if (moved) {
			f.life = LIFE_ALIVE;
			feed_heap(&f, 20, 270, 150);
			feed_rss(&f, 400, 8);
			feed_quiet(&f, 5000, 5200, 100);
			assert_int_equal(feed_count(&f, EVENT_GROWTH), 0);
			f.life = LIFE_EXITED;
		}
		feed(&f, ORIGIN_PROC, 5300, &none);
		assert_int_equal(feed_count(&f, EVENT_GROWTH), moved);
		assert_int_equal(feed_count(&f, EVENT_SCAVENGE), moved);
		feed_release(&f);
	}
}

/* debug.FreeOSMemory: a forced GC, then nothing idle is left. */
static void free_os_memory(void **state)
{
	(void)state;
	struct feed f;

	feed_begin(&f);
	feed_gc(&f, 5400, true);
	feed_heap(&f, 20, 270, 270);
	feed_rss(&f, 36, 8);
	feed_quiet(&f, 6000, 12000, 1000);
	const struct event *ev = feed_one(&f, EVENT_FREE_OS_MEMORY);

	assert_int_equal(feed_ms(ev), 5400); /* when its GC ended */
	assert_int_equal(ev->bytes, 264 * MIB);
	assert_int_equal(ev->source, EVENT_FROM_INFERRED);
	assert_in_range(ev->confidence * 100, 75, 99);
	feed_only(&f, EVENT_FREE_OS_MEMORY, 1); /* and its fall is no other */
	feed_release(&f);
}

/* The reading comes between the GC and the release: told by the next one. */
static void free_os_memory_spills(void **state)
{
	(void)state;
	struct feed f;

	feed_begin(&f);
	feed_gc(&f, 5990, true);
	feed_heap(&f, 20, 270, 6);
	feed_proc(&f, 6000);
	feed_runtime(&f, 6005);
	feed_heap(&f, 20, 270, 270);
	feed_rss(&f, 36, 8);
	feed_quiet(&f, 7000, 12000, 1000);
	assert_int_equal(feed_ms(feed_one(&f, EVENT_FREE_OS_MEMORY)), 5990);
	feed_only(&f, EVENT_FREE_OS_MEMORY, 1);
	feed_release(&f);
}

/* Go 1.19 counts what its background scavenger released, and nothing else: all
 * of it within a forced GC's second is no FreeOSMemory. */
static void background_counter_alone(void **state)
{
	(void)state;

	for (int counted = 0; counted < 2; counted++) {
		struct feed f;

		feed_begin(&f);
		snprintf(f.state.info.go_version,
			 sizeof(f.state.info.go_version), "go1.19.8");
		values_set(&f.runtime, FIELD_RELEASED_BG, 5 * MIB);
		feed_quiet(&f, 5000, 7000, 1000);
		feed_gc(&f, 7400, true);
		feed_heap(&f, 20, 270, 270);
		feed_rss(&f, 36, 8);
		if (counted)
			values_set(&f.runtime, FIELD_RELEASED_BG, 270 * MIB);
		feed_quiet(&f, 7500, 12000, 100);
		feed_only(&f, counted ? EVENT_SCAVENGE : EVENT_FREE_OS_MEMORY,
			  1);
		feed_release(&f);
	}
}

/* Go 1.19: runtime.GC, and the scavenger returns all within two seconds. */
static void forced_gc_then_scavenger(void **state)
{
	(void)state;
	struct feed f;

	feed_begin(&f);
	feed_gc(&f, 5500, true);
	feed_heap(&f, 20, 270, 6);
	feed_quiet(&f, 6000, 7000, 1000);
	feed_heap(&f, 20, 270, 270);
	feed_rss(&f, 36, 8);
	feed_quiet(&f, 7000, 12000, 1000);
	const struct event *ev = feed_one(&f, EVENT_SCAVENGE);

	assert_int_equal(ev->bytes, 264 * MIB);
	assert_in_range(feed_ms(ev), 6000, 7010);
	feed_only(&f, EVENT_SCAVENGE, 1);
	feed_release(&f);

	/* It returned a part within the second of that GC, and idle spans are
	 * left: FreeOSMemory leaves none. */
	feed_begin(&f);
	feed_gc(&f, 5500, true);
	feed_heap(&f, 20, 270, 150);
	feed_rss(&f, 156, 8);
	feed_quiet(&f, 6000, 9000, 1000);
	feed_only(&f, EVENT_SCAVENGE, 1);
	feed_release(&f);

	/* The same between two readings of the runtime: RES, read ten times
	 * as often, did not fall with the GC but a second later. */
	feed_begin(&f);
	for (int64_t t = 5000; t < 12000; t += 100) {
		if (t == 5300) {
			feed_gc(&f, 5250, true);
			feed_heap(&f, 20, 270, 6);
		}
		if (t == 6500) {
			feed_heap(&f, 20, 270, 270);
			feed_rss(&f, 36, 8);
		}
		feed_proc(&f, t);
		if (t == 5000 || t % 2000 == 1000)
			feed_runtime(&f, t + 5);
	}
	feed_only(&f, EVENT_SCAVENGE, 1);
	feed_release(&f);
}

/* Without counters, 3 MiB idle after one forced GC (recorded on Go 1.22): what
 * was in use until that GC only FreeOSMemory returns since Go 1.21. What was
 * idle before may be the scavenger's. */
static void a_little_left_idle(void **state)
{
	static const struct {
		const char *go;
		int in_use, left, gcs;
		bool lazily, freed;
	} cases[] = {
		{"go1.22.12", 280, 3, 1, true, true},
		{"go1.22.12", 280, 3, 1, false, true},
		{"go1.20.14", 280, 3, 1, false, false},
		{"go1.22.12", 20, 3, 1, false, false},
		{"go1.22.12", 280, 3, 2, false, false},
		{"go1.22.12", 280, 30, 1, false, false},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct feed f;

		feed_begin(&f);
		strcpy(f.state.info.go_version, cases[i].go);
		if (cases[i].in_use < 280) {
			feed_heap(&f, 20, 270, 6);
			feed_gc(&f, 5100, false);
		}
		feed_quiet(&f, 5000, 7000, 1000);
		for (int k = 0; k < cases[i].gcs; k++)
			feed_gc(&f, 7200 + k, true);
		feed_heap(&f, 20, 270, 270 - cases[i].left);
		feed_rss(&f, cases[i].lazily ? 300 : 40, 8);
		feed_proc(&f, 7300);
		feed_quiet(&f, 8000, 12000, 1000);
		feed_only(&f,
			  cases[i].freed ? EVENT_FREE_OS_MEMORY
					 : EVENT_SCAVENGE,
			  1);
		feed_release(&f);
	}
}

/* The runtime's figures come once a second; RES, read more often, saw the pages
 * go and come back between two of them. It rose fast at the start, between two
 * readings too: that must not hide a fall long after it. */
static void fell_and_rose_between_readings(void **state)
{
	(void)state;
	struct feed f;
	int64_t t;

	feed_init(&f);
	f.ring = true;
	feed_heap(&f, 1, 302, 9);
	feed_rss(&f, 8, 6);
	feed_proc(&f, 0);
	feed_runtime(&f, 5);
	feed_rss(&f, 310, 6);
	feed_proc(&f, 250);
	feed_rss(&f, 305, 6);
	for (t = 500; t <= 12000; t += 250) {
		feed_proc(&f, t);
		if (t % 1000 == 0)
			feed_runtime(&f, t + 5);
	}
	feed_rss(&f, 141, 6);
	feed_proc(&f, 12250);
	feed_gc(&f, 12260, false);
	feed_rss(&f, 310, 6);
	feed_proc(&f, 12500);
	feed_heap(&f, 303, 4, 4);
	feed_quiet(&f, 13000, 16000, 1000);
	assert_int_equal(feed_count(&f, EVENT_GROWTH), 2);
	assert_int_equal(feed_one(&f, EVENT_SCAVENGE)->bytes, 169 * MIB);
	assert_int_equal(f.count, 4); /* and the GC */
	feed_release(&f);
}

/* A partial reading of the runtime hides nothing. */
static void partial_readings(void **state)
{
	(void)state;
	struct feed f;

	feed_begin(&f);
	feed_heap(&f, 20, 270, 270);
	feed_rss(&f, 36, 8);
	struct values whole = f.runtime;

	values_unset(&f.runtime, FIELD_SYS);
	values_unset(&f.runtime, FIELD_HEAP_RELEASED);
	feed_quiet(&f, 5000, 7000, 1000);
	f.runtime = whole;
	feed_quiet(&f, 7000, 11000, 1000);
	feed_only(&f, EVENT_SCAVENGE, 1);
	feed_release(&f);
}

/* A scavenger that works for seconds is one event, or pieces of ten. */
static void scavenger_is_gradual(void **state)
{
	(void)state;
	struct feed f;

	feed_begin(&f);
	feed_heap(&f, 20, 270, 6);
	for (int i = 0; i <= 40; i++) {
		feed_heap(&f, 20, 270, 6 + 5 * i);
		feed_rss(&f, 300 - 5 * i, 8);
		feed_proc(&f, 5000 + 100 * i);
		feed_runtime(&f, 5005 + 100 * i);
	}
	feed_quiet(&f, 9100, 12000, 100);
	const struct event *ev = feed_one(&f, EVENT_SCAVENGE);

	assert_int_equal(ev->bytes, 200 * MIB);
	assert_in_range(feed_ms(ev), 6500, 7500);
	feed_only(&f, EVENT_SCAVENGE, 1);
	feed_release(&f);
}

/* After exec nothing of the old program is compared with the new one. */
static void exec_resets(void **state)
{
	(void)state;
	struct feed f;

	feed_begin(&f);
	detectors_reset(f.detectors);
	state_exec(&f.state);
	feed_rss(&f, 20, 8);
	feed_heap(&f, 5, 5, 5);
	f.pauses.num_gc = 0;
	f.runtime.known &= ~(FIELD_BIT(NUM_GC) | FIELD_BIT(NUM_FORCED_GC));
	feed_quiet(&f, 5000, 9000, 1000);
	feed_only(&f, EVENT_GC, 1); /* the one of before */
	feed_release(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(swings),
		cmocka_unit_test(growth),
		cmocka_unit_test(figures_of_no_process),
		cmocka_unit_test(sparse_readings),
		cmocka_unit_test(growth_since_the_start),
		cmocka_unit_test(free_os_memory),
		cmocka_unit_test(free_os_memory_spills),
		cmocka_unit_test(fell_and_rose_between_readings),
		cmocka_unit_test(forced_gc_then_scavenger),
		cmocka_unit_test(background_counter_alone),
		cmocka_unit_test(told_at_the_end),
		cmocka_unit_test(a_little_left_idle),
		cmocka_unit_test(partial_readings),
		cmocka_unit_test(scavenger_is_gradual),
		cmocka_unit_test(exec_resets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
