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
	feed_gc(&f, 7400, true);
	feed_heap(&f, 20, 270, 266);
	feed_rss(&f, 40, 8);
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
	feed_gc(&f, 7400, true);
	feed_heap(&f, 20, 270, 266);
	feed_rss(&f, 40, 8);
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
	feed_gc(&f, 7400, true);
	feed_heap(&f, 20, 270, 266);
	feed_rss(&f, 40, 8);
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
		feed_gc(&f, 7400, true);
		feed_heap(&f, 20, 270, 266);
		feed_rss(&f, 40, 8);
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
		feed_gc(&f, 7400, true);
		feed_heap(&f, 20, 270, 266);
		feed_rss(&f, 40, 8);
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
		cmocka_unit_test(counted),
		cmocka_unit_test(given_back_and_taken_again),
		cmocka_unit_test(a_little_left_idle),
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
		cmocka_unit_test(partial_readings),
		cmocka_unit_test(scavenger_is_gradual),
		cmocka_unit_test(exec_resets),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
