/* test_verdict.c - what the judge says, from scripted rows. */
#include <residue/judge/verdict.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define MIB    (INT64_C(1) << 20)
#define SECOND INT64_C(1000000000)

struct scene {
	struct judge judge;
	struct row row;
	struct verdict v;
	struct breakdown b;
};

static int64_t *field(struct scene *s, enum field f)
{
	values_set(&s->row.values, f, values_get(&s->row.values, f, 0));
	return &s->row.values.v[f];
}

/* A heap of `inuse` MiB with `idle` of which `released`; RES follows from it
 * as in a real process, with 5 MiB of files. */
static void heap(struct scene *s, int64_t alloc, int64_t inuse, int64_t idle,
		 int64_t released)
{
	*field(s, FIELD_HEAP_ALLOC) = alloc * MIB;
	*field(s, FIELD_HEAP_INUSE) = inuse * MIB;
	*field(s, FIELD_HEAP_IDLE) = idle * MIB;
	*field(s, FIELD_HEAP_RELEASED) = released * MIB;
	*field(s, FIELD_HEAP_SYS) = (inuse + idle) * MIB;
	*field(s, FIELD_STACK_SYS) = 1 * MIB;
	*field(s, FIELD_SYS) = (inuse + idle + 1 + 7) * MIB;
	*field(s, FIELD_RSS_FILE) = 5 * MIB;
	*field(s, FIELD_RSS_ANON) = (inuse + idle - released + 1 + 7) * MIB;
	*field(s, FIELD_RSS_SHMEM) = 0;
	*field(s, FIELD_SWAP) = 0;
	*field(s, FIELD_RSS) = *field(s, FIELD_RSS_ANON) + 5 * MIB;
}

static void begin(struct scene *s)
{
	memset(s, 0, sizeof(*s));
	judge_init(&s->judge);
	s->row.t_ns = 1000 * SECOND;
	for (unsigned o = 0; o < ORIGIN_COUNT; o++)
		s->row.age_ms[o] = -1;
	s->row.age_ms[ORIGIN_PROC] = 0;
	s->row.age_ms[ORIGIN_RUNTIME] = 0;
	*field(s, FIELD_NUM_GC) = 3;
	*field(s, FIELD_NEXT_GC) = 8 * MIB;
}

static void step(struct scene *s)
{
	judge_step(&s->judge, &s->row, &s->v, &s->b);
	assert_true(s->v.sentence[0] && s->v.why[0]);
	assert_true(s->v.confidence >= 0 && s->v.confidence <= 1);
	s->row.t_ns += SECOND;
}

static void is(const struct scene *s, enum verdict_kind kind)
{
	assert_string_equal(verdict_info[s->v.kind].name,
			    verdict_info[kind].name);
}

static void cache(void **state)
{
	(void)state;
	struct scene s;

	begin(&s);
	heap(&s, 2, 4, 492, 0);
	step(&s);
	is(&s, VERDICT_CACHE);
	assert_string_equal(s.v.sentence,
			    "488 of 509 MiB is idle memory the Go runtime "
			    "keeps for reuse. Not a leak.");
	assert_true(s.v.confidence > 0.9);
	assert_int_equal(s.b.parts[PART_CACHE].bytes, 488 * MIB);
	assert_non_null(strstr(s.v.advice, "492 MiB"));
}

static void small_needs_no_words(void **state)
{
	(void)state;
	struct scene s;

	begin(&s);
	heap(&s, 2, 4, 20, 0);
	step(&s);
	is(&s, VERDICT_IN_USE);
	assert_non_null(strstr(s.v.sentence, "small"));
}

static void in_use_and_headroom(void **state)
{
	(void)state;
	struct scene s;

	begin(&s);
	heap(&s, 300, 302, 10, 0);
	*field(&s, FIELD_HEAP_LIVE) = 290 * MIB;
	*field(&s, FIELD_NEXT_GC) = 580 * MIB;
	step(&s);
	is(&s, VERDICT_IN_USE);

	*field(&s, FIELD_HEAP_LIVE) = 150 * MIB;
	*field(&s, FIELD_NUM_GC) += 1;
	step(&s);
	is(&s, VERDICT_GC_HEADROOM);
	assert_non_null(strstr(s.v.sentence, "160 of 325 MiB"));
}

/* Polled by expvar there is no live heap: what HeapAlloc never fell below. */
static void floor_stands_for_live(void **state)
{
	(void)state;
	static const int64_t alloc[] = {280, 190, 160, 250, 210, 290};
	struct scene s;

	begin(&s);
	*field(&s, FIELD_NEXT_GC) = 302 * MIB;
	for (unsigned i = 0; i < 6; i++) {
		heap(&s, alloc[i], 300, 10, 0);
		*field(&s, FIELD_NUM_GC) += 1;
		step(&s);
	}
	/* 290 allocated, the goal says no more is live than when it was 160 */
	assert_int_equal(s.b.parts[PART_LIVE_HEAP].bytes, 160 * MIB);
	is(&s, VERDICT_GC_HEADROOM);
}

/* Without a figure for it HeapAlloc alone is not called the live heap. */
static void heap_alloc_is_not_live(void **state)
{
	(void)state;
	struct scene s;

	begin(&s);
	heap(&s, 4, 5, 2, 0);
	values_unset(&s.row.values, FIELD_HEAP_LIVE);
	step(&s);
	is(&s, VERDICT_IN_USE);
	assert_string_equal(s.v.why, "HeapAlloc 4.00 MiB, live heap not known");

	*field(&s, FIELD_HEAP_LIVE) = 3 * MIB;
	step(&s);
	assert_string_equal(s.v.why, "live heap 3.00 MiB, HeapAlloc 4.00 MiB");
}

static void before_the_first_gc(void **state)
{
	(void)state;
	struct scene s;

	begin(&s);
	heap(&s, 400, 402, 2, 0);
	*field(&s, FIELD_NUM_GC) = 0;
	*field(&s, FIELD_NEXT_GC) = INT64_MAX;
	*field(&s, FIELD_PPROF_INUSE) = 45 * MIB;
	step(&s);
	is(&s, VERDICT_GC_HEADROOM);
	assert_non_null(strstr(s.v.sentence, "no GC has run"));
	assert_non_null(strstr(s.v.sentence, "400 of "));
	assert_non_null(strstr(s.v.why, "stale"));

	values_unset(&s.row.values, FIELD_PPROF_INUSE);
	step(&s);
	is(&s, VERDICT_GC_HEADROOM);
	assert_non_null(strstr(s.v.why, "live heap not known yet"));

	/* Nothing that is printed calls the live heap 0. */
	begin(&s);
	heap(&s, 4, 5, 2, 0);
	*field(&s, FIELD_NUM_GC) = 0;
	step(&s);
	is(&s, VERDICT_IN_USE);
	assert_string_equal(s.v.why,
			    "HeapAlloc 4.00 MiB, live heap not known yet");
	*field(&s, FIELD_PPROF_INUSE) = 45 * MIB;

	/* Only the profile and NumGC are known. */
	judge_init(&s.judge);
	s.row.values.known &=
		FIELD_BIT(RSS) | FIELD_BIT(NUM_GC) | FIELD_BIT(PPROF_INUSE);
	step(&s);
	is(&s, VERDICT_STALE_PROFILE);
	assert_non_null(strstr(s.v.sentence, "before the first GC"));
}

static void profiling_is_off(void **state)
{
	(void)state;
	struct scene s;

	begin(&s);
	*field(&s, FIELD_NEXT_GC) = 640 * MIB;
	heap(&s, 310, 312, 5, 0);
	*field(&s, FIELD_HEAP_LIVE) = 300 * MIB;
	*field(&s, FIELD_PPROF_INUSE) = 0;
	step(&s);
	is(&s, VERDICT_NO_PROFILE);

	/* Large when first seen, soon after its start: the profile lags. */
	begin(&s);
	*field(&s, FIELD_NEXT_GC) = 640 * MIB;
	heap(&s, 310, 312, 5, 0);
	*field(&s, FIELD_HEAP_LIVE) = 300 * MIB;
	*field(&s, FIELD_PPROF_INUSE) = 3 * MIB;
	step(&s);
	is(&s, VERDICT_IN_USE);

	/* A profile from when the heap was small proves nothing. */
	begin(&s);
	heap(&s, 2, 4, 5, 0);
	*field(&s, FIELD_HEAP_LIVE) = 1 * MIB;
	*field(&s, FIELD_PPROF_INUSE) = 1 * MIB;
	step(&s);
	heap(&s, 310, 312, 5, 0);
	*field(&s, FIELD_NUM_GC) += 9;
	*field(&s, FIELD_NEXT_GC) = 640 * MIB;
	*field(&s, FIELD_HEAP_LIVE) = 300 * MIB;
	step(&s);
	is(&s, VERDICT_IN_USE);
}

/* A profile lags by a GC cycle: the first after a growth may not show it. */
static void profile_lags(void **state)
{
	(void)state;
	struct scene s;

	begin(&s);
	*field(&s, FIELD_NUM_GC) = 20;
	heap(&s, 2, 4, 5, 0);
	*field(&s, FIELD_HEAP_LIVE) = 1 * MIB;
	*field(&s, FIELD_PPROF_INUSE) = 1 * MIB;
	step(&s);
	heap(&s, 310, 312, 5, 0);
	*field(&s, FIELD_NEXT_GC) = 640 * MIB;
	*field(&s, FIELD_HEAP_LIVE) = 300 * MIB;
	*field(&s, FIELD_NUM_GC) = 21;
	*field(&s, FIELD_PPROF_INUSE) = 2 * MIB;
	step(&s);
	is(&s, VERDICT_IN_USE);
	for (int i = 0; i < 4; i++) {
		*field(&s, FIELD_NUM_GC) += 1;
		*field(&s, FIELD_PPROF_INUSE) += 100;
		step(&s);
	}
	is(&s, VERDICT_NO_PROFILE);
}

static void leak_needs_time(void **state)
{
	(void)state;
	struct scene s;

	begin(&s);
	for (int i = 0; i < 12; i++) {
		int64_t live = 100 + 15 * i;

		heap(&s, live + 5, live + 7, 10, 0);
		*field(&s, FIELD_HEAP_LIVE) = live * MIB;
		*field(&s, FIELD_NEXT_GC) = 2 * live * MIB;
		*field(&s, FIELD_NUM_GC) += i % 2;
		step(&s);
		if (i < 4)
			assert_int_not_equal(s.v.kind, VERDICT_LEAK);
	}
	is(&s, VERDICT_LEAK);
	assert_true(s.v.confidence < 0.6); /* twelve seconds are not much */
	assert_non_null(strstr(s.v.sentence, "if it goes on"));

	for (int i = 0; i < 30; i++) /* and it stops */
		step(&s);
	assert_int_not_equal(s.v.kind, VERDICT_LEAK);
}

/* A GC every two minutes: only the long view sees it. */
static void slow_leak(void **state)
{
	(void)state;
	struct scene s;

	begin(&s);
	for (int i = 0; i < 3600; i++) {
		int64_t live = 200 + i / 30;

		heap(&s, live + 5, live + 7, 10, 0);
		*field(&s, FIELD_NUM_GC) = 3 + i / 120;
		*field(&s, FIELD_NEXT_GC) = 2 * live * MIB;
		*field(&s, FIELD_HEAP_LIVE) = (200 + i / 120 * 4) * MIB;
		step(&s);
	}
	is(&s, VERDICT_LEAK);
	assert_true(s.v.confidence > 0.8);
}

static void sawtooth_is_no_leak(void **state)
{
	(void)state;
	struct scene s;

	begin(&s);
	*field(&s, FIELD_NEXT_GC) = 300 * MIB;
	for (int i = 0; i < 300; i++) {
		/* Aliased: the samples creep up the saw's teeth. */
		heap(&s, 150 + i * 13 % 140, 300, 10, 0);
		*field(&s, FIELD_NUM_GC) += 1;
		step(&s);
		assert_int_not_equal(s.v.kind, VERDICT_LEAK);
	}
}

static void outside_the_runtime(void **state)
{
	(void)state;
	struct scene s;

	begin(&s);
	for (int i = 0; i < 20; i++) {
		heap(&s, 2, 4, 5, 0);
		*field(&s, FIELD_RSS) += (100 + 10 * i) * MIB;
		*field(&s, FIELD_RSS_ANON) += (100 + 10 * i) * MIB;
		step(&s);
	}
	is(&s, VERDICT_NON_GO_LEAK);
	for (int i = 0; i < 400; i++)
		step(&s);
	is(&s, VERDICT_NON_GO);

	*field(&s, FIELD_RSS) += 900 * MIB;
	*field(&s, FIELD_RSS_FILE) += 900 * MIB;
	step(&s);
	is(&s, VERDICT_FILE_BACKED); /* a step is no trend */
}

static void below_the_heap(void **state)
{
	(void)state;
	struct scene s;

	begin(&s);
	heap(&s, 400, 402, 5, 0);
	*field(&s, FIELD_RSS) = 15 * MIB;
	*field(&s, FIELD_RSS_ANON) = 10 * MIB;
	step(&s);
	is(&s, VERDICT_UNTOUCHED);
	assert_non_null(strstr(s.v.sentence, "never written"));

	*field(&s, FIELD_SWAP) = 400 * MIB; /* it is in swap: another matter */
	*field(&s, FIELD_NUM_GC) += 1;
	step(&s);
	assert_int_not_equal(s.v.kind, VERDICT_UNTOUCHED);
}

static void tight_limit(void **state)
{
	(void)state;
	struct scene s;

	begin(&s);
	for (int i = 0; i < 10; i++) {
		heap(&s, 207 + i % 3, 211, 5, 0);
		*field(&s, FIELD_NEXT_GC) = 211 * MIB;
		*field(&s, FIELD_NUM_GC) += 11;
		step(&s);
	}
	is(&s, VERDICT_LIMIT_THRASH);
	assert_non_null(strstr(s.v.sentence, "11 GCs a second"));
	/* GOGC is known and a limit is not: there is none, GOGC is low. */
	*field(&s, FIELD_GOGC) = 20;
	step(&s);
	assert_int_not_equal(s.v.kind, VERDICT_LIMIT_THRASH);
	values_unset(&s.row.values, FIELD_GOGC);
	/* As many collections with room above the live heap are its own
	 * affair. */
	for (int i = 0; i < 10; i++) {
		heap(&s, 105 + i % 3 * 45, 107 + i % 3 * 45, 109 - i % 3 * 45,
		     0);
		*field(&s, FIELD_NUM_GC) += 11;
		step(&s);
	}
	is(&s, VERDICT_GC_HEADROOM);
}

/* The runtime holds GC to half of the CPU: fewer collections are no relief. */
static void tight_limit_slowed(void **state)
{
	(void)state;
	struct scene s;

	begin(&s);
	*field(&s, FIELD_MEMORY_LIMIT) = 230 * MIB;
	for (int i = 0; i < 20; i++) {
		heap(&s, 207 + i % 3, 211, 5, 0);
		*field(&s, FIELD_NEXT_GC) = 211 * MIB;
		*field(&s, FIELD_NUM_GC) += i < 8 ? 11 : 2;
		step(&s);
	}
	is(&s, VERDICT_LIMIT_THRASH);
	for (int i = 0; i < 10; i++)
		step(&s);
	assert_int_not_equal(s.v.kind, VERDICT_LIMIT_THRASH);

	begin(&s); /* so few alone are none */
	*field(&s, FIELD_MEMORY_LIMIT) = 230 * MIB;
	for (int i = 0; i < 20; i++) {
		heap(&s, 207 + i % 3, 211, 5, 0);
		*field(&s, FIELD_NEXT_GC) = 211 * MIB;
		*field(&s, FIELD_NUM_GC) += 2;
		step(&s);
		assert_int_not_equal(s.v.kind, VERDICT_LIMIT_THRASH);
	}
}

/* A live heap that was reached at once and stays is no leak. */
static void one_step_is_no_leak(void **state)
{
	(void)state;
	const int live[] = {10, 208, 209, 208, 209, 209};
	struct scene s;

	begin(&s);
	for (int i = 0; i < 6; i++) {
		heap(&s, live[i] + 60, live[i] + 62, 100, 0);
		*field(&s, FIELD_HEAP_LIVE) = live[i] * MIB;
		*field(&s, FIELD_NEXT_GC) = 2 * live[i] * MIB;
		*field(&s, FIELD_NUM_GC) += 1;
		step(&s);
		s.row.t_ns += SECOND / 2;
		assert_int_not_equal(s.v.kind, VERDICT_LEAK);
	}
}

/* Polled once a second, three collections of one burst (the article's) each
 * left more than the one before: what leaks goes on to allocate. */
static void a_burst_is_no_leak(void **state)
{
	(void)state;
	const int alloc[] = {3, 3, 71, 281, 351, 351, 351, 351, 351, 351, 351};
	const int num_gc[] = {1, 1, 2, 4, 4, 4, 4, 4, 4, 4, 4};

	for (int goes_on = 0; goes_on < 2; goes_on++) {
		struct scene s;
		int said = 0;

		begin(&s);
		for (int i = 0; i < 11; i++) {
			int64_t more = goes_on && i > 4 ? 20 * (i - 4) : 0;

			heap(&s, alloc[i] + more, alloc[i] + more + 1, 3, 0);
			*field(&s, FIELD_NUM_GC) = num_gc[i];
			*field(&s, FIELD_NEXT_GC) = 2 * alloc[i] * MIB;
			step(&s);
			said += s.v.kind == VERDICT_LEAK;
		}
		is(&s, goes_on ? VERDICT_LEAK : VERDICT_IN_USE);
		assert_in_range(said, goes_on ? 6 : 0, goes_on ? 8 : 2);
	}
}

/* Ten collections a second are looked back on as one a second is. */
static void leak_with_many_collections(void **state)
{
	(void)state;
	struct scene s;

	begin(&s);
	for (int i = 0; i < 80; i++) {
		int64_t live = 100 + 2 * i;

		heap(&s, live + 20, live + 22, 10, 0);
		*field(&s, FIELD_HEAP_LIVE) = live * MIB;
		*field(&s, FIELD_NEXT_GC) = 2 * live * MIB;
		*field(&s, FIELD_NUM_GC) += 1;
		step(&s);
		s.row.t_ns -= SECOND * 9 / 10;
	}
	is(&s, VERDICT_LEAK);
}

/* Stacks that grew at once, and then by next to nothing (recorded: deep ones on
 * Go 1.19). */
static void stacks_that_grew_at_once(void **state)
{
	(void)state;
	const int mib[2][9] = {
		{14, 212, 260, 260, 260, 264, 264, 264, 264},
		/* Or by as little twice (recorded on Go 1.27). */
		{256, 256, 256, 256, 260, 264, 264, 264, 264},
	};

	for (int k = 0; k < 2; k++) {
		struct scene s;

		begin(&s);
		for (int i = 0; i < 9; i++) {
			heap(&s, 2, 4, 20, 15);
			*field(&s, FIELD_STACK_SYS) = mib[k][i] * MIB;
			*field(&s, FIELD_SYS) += (mib[k][i] - 1) * MIB;
			*field(&s, FIELD_RSS) += (mib[k][i] - 1) * MIB;
			*field(&s, FIELD_RSS_ANON) += (mib[k][i] - 1) * MIB;
			step(&s);
			assert_int_not_equal(s.v.kind, VERDICT_STACK_LEAK);
		}
		is(&s, VERDICT_STACKS);
	}
}

/* First seen in the burst that it starts with: the profile was taken some GCs
 * before the figures beside it (recorded: sync.Pool by expvar). */
static void profile_of_a_burst(void **state)
{
	(void)state;

	for (int dated = 0; dated < 2; dated++) {
		struct scene s;

		begin(&s);
		heap(&s, 66, 68, 4, 0);
		*field(&s, FIELD_NUM_GC) = 4;
		*field(&s, FIELD_PPROF_INUSE) = 2 * MIB;
		if (dated)
			*field(&s, FIELD_PPROF_NUM_GC) = 4;
		step(&s);
		is(&s, dated ? VERDICT_NO_PROFILE : VERDICT_IN_USE);
	}
}

/* The profile from memory says nothing new while the heap grows: it is another
 * one all the same, and switched off. */
static void profile_with_the_same_total(void **state)
{
	(void)state;
	struct scene s;

	begin(&s);
	heap(&s, 10, 12, 4, 0);
	*field(&s, FIELD_PPROF_INUSE) = 1 * MIB;
	*field(&s, FIELD_HEAP_LIVE) = 10 * MIB;
	step(&s);
	heap(&s, 300, 302, 4, 0);
	*field(&s, FIELD_HEAP_LIVE) = 300 * MIB;
	*field(&s, FIELD_NUM_GC) = 8;
	step(&s);
	is(&s, VERDICT_IN_USE);
	*field(&s, FIELD_PPROF_NUM_GC) = 8;
	step(&s);
	is(&s, VERDICT_NO_PROFILE);
}

/* Stacks grow by doubling: the half that is not written yet is theirs. */
static void half_written_stacks(void **state)
{
	(void)state;
	struct scene s;

	begin(&s);
	heap(&s, 2, 4, 20, 15);
	*field(&s, FIELD_STACK_SYS) = 512 * MIB;
	*field(&s, FIELD_SYS) += 511 * MIB;
	*field(&s, FIELD_RSS) += 340 * MIB;
	*field(&s, FIELD_RSS_ANON) += 340 * MIB;
	step(&s);
	is(&s, VERDICT_STACKS);
	/* They are more than RES: no part of it. */
	assert_memory_equal(s.v.sentence, "512 MiB (RES ", 13);
	assert_non_null(strstr(s.v.why, "not in memory"));
}

/* 300 MiB given back with MADV_FREE are still there: smaps_rollup would say so,
 * and is asked once, until it does; likewise when the kernel takes them. */
static void wants_a_new_smaps(void **state)
{
	(void)state;
	struct scene s;

	begin(&s);
	heap(&s, 502, 504, 5, 0);
	*field(&s, FIELD_HEAP_LIVE) = 502 * MIB;
	*field(&s, FIELD_LAZY_FREE) = 0;
	*field(&s, FIELD_ANON_HUGE) = 0;
	s.row.age_ms[ORIGIN_SMAPS] = 0;
	step(&s);
	assert_false(s.judge.wants_smaps);
	heap(&s, 202, 204, 305, 305);
	*field(&s, FIELD_HEAP_LIVE) = 202 * MIB;
	*field(&s, FIELD_RSS) += 300 * MIB;
	*field(&s, FIELD_RSS_ANON) += 300 * MIB;
	for (int i = 1; i < 4; i++) {
		s.row.age_ms[ORIGIN_SMAPS] = i * 1000;
		step(&s);
		assert_true(s.judge.wants_smaps);
		assert_true(s.v.confidence <= 0.5);
		assert_non_null(strstr(s.v.why, "gave back"));
	}
	*field(&s, FIELD_LAZY_FREE) = 300 * MIB;
	s.row.age_ms[ORIGIN_SMAPS] = 0;
	step(&s);
	is(&s, VERDICT_LAZY_FREE);
	assert_false(s.judge.wants_smaps);
	*field(&s, FIELD_RSS) -= 300 * MIB;
	*field(&s, FIELD_RSS_ANON) -= 300 * MIB;
	s.row.age_ms[ORIGIN_SMAPS] = 1000;
	step(&s);
	assert_true(s.judge.wants_smaps);
}

static void nothing_is_claimed(void **state)
{
	(void)state;
	struct scene s;

	begin(&s);
	s.row.age_ms[ORIGIN_RUNTIME] = -1;
	s.row.values = (struct values){0};
	*field(&s, FIELD_RSS) = 508 * MIB;
	*field(&s, FIELD_RSS_ANON) = 500 * MIB;
	*field(&s, FIELD_RSS_FILE) = 8 * MIB;
	step(&s);
	is(&s, VERDICT_UNKNOWN);
	assert_true(s.v.confidence == 0);
	assert_non_null(strstr(s.v.sentence, "508 MiB"));
	assert_non_null(strstr(s.v.advice, "-H URL"));

	s.row.values = (struct values){0};
	step(&s);
	is(&s, VERDICT_UNKNOWN);
}

/* An endpoint that died explains nothing that happens later. */
static void stale_figures(void **state)
{
	(void)state;
	struct scene s;

	begin(&s);
	heap(&s, 100, 102, 5, 0);
	step(&s);
	*field(&s, FIELD_RSS) += 500 * MIB;
	*field(&s, FIELD_RSS_ANON) += 500 * MIB;
	s.row.age_ms[ORIGIN_RUNTIME] = 1000; /* not read since: no matter */
	step(&s);
	is(&s, VERDICT_IN_USE);
	s.row.t_ns += 14 * SECOND;
	s.row.age_ms[ORIGIN_RUNTIME] = 16000;
	step(&s);
	is(&s, VERDICT_UNKNOWN);
	assert_non_null(strstr(s.v.sentence, "16 s old"));
}

/* A reading may be partial; the last complete one stands for a while. */
static void partial_figures(void **state)
{
	(void)state;
	struct scene s;

	begin(&s);
	heap(&s, 2, 4, 492, 0);
	step(&s);
	is(&s, VERDICT_CACHE);
	values_unset(&s.row.values, FIELD_SYS);
	values_unset(&s.row.values, FIELD_HEAP_IDLE);
	step(&s);
	is(&s, VERDICT_CACHE);
	for (int i = 0; i < 20; i++)
		step(&s);
	is(&s, VERDICT_UNKNOWN);
}

/* RES and the runtime's figures of different moments are not mixed. */
static void figures_of_one_moment(void **state)
{
	(void)state;
	struct scene s;

	begin(&s);
	heap(&s, 2, 4, 5, 0);
	step(&s);
	heap(&s, 2, 4, 5, 0);
	*field(&s, FIELD_RSS) += 300 * MIB; /* grew since the runtime's read */
	*field(&s, FIELD_RSS_ANON) += 300 * MIB;
	s.row.age_ms[ORIGIN_RUNTIME] = 990;
	step(&s);
	is(&s, VERDICT_IN_USE);
	assert_int_equal(s.b.parts[PART_NON_GO].bytes, 0);
}

static void time_does_not_go_back(void **state)
{
	(void)state;
	struct scene s;

	begin(&s);
	heap(&s, 100, 102, 5, 0);
	step(&s);
	struct judge was = s.judge;

	s.row.t_ns -= 100 * SECOND;
	heap(&s, 300, 302, 5, 0);
	step(&s);
	assert_memory_equal(&was, &s.judge, sizeof(was));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cache),
		cmocka_unit_test(small_needs_no_words),
		cmocka_unit_test(in_use_and_headroom),
		cmocka_unit_test(floor_stands_for_live),
		cmocka_unit_test(heap_alloc_is_not_live),
		cmocka_unit_test(before_the_first_gc),
		cmocka_unit_test(profiling_is_off),
		cmocka_unit_test(profile_lags),
		cmocka_unit_test(leak_needs_time),
		cmocka_unit_test(slow_leak),
		cmocka_unit_test(sawtooth_is_no_leak),
		cmocka_unit_test(tight_limit_slowed),
		cmocka_unit_test(one_step_is_no_leak),
		cmocka_unit_test(a_burst_is_no_leak),
		cmocka_unit_test(stacks_that_grew_at_once),
		cmocka_unit_test(profile_with_the_same_total),
		cmocka_unit_test(profile_of_a_burst),
		cmocka_unit_test(leak_with_many_collections),
		cmocka_unit_test(half_written_stacks),
		cmocka_unit_test(wants_a_new_smaps),
		cmocka_unit_test(outside_the_runtime),
		cmocka_unit_test(below_the_heap),
		cmocka_unit_test(tight_limit),
		cmocka_unit_test(nothing_is_claimed),
		cmocka_unit_test(stale_figures),
		cmocka_unit_test(partial_figures),
		cmocka_unit_test(figures_of_one_moment),
		cmocka_unit_test(time_does_not_go_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
