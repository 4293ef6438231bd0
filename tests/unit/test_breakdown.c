/* test_breakdown.c - the parts of RES sum to it, whatever is known. */
#include <residue/judge/breakdown.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define MIB (INT64_C(1) << 20)

/* The figures of a quiet 508 MiB process after its article's GC. */
static struct values article(void)
{
	struct values v = {0};

	values_set(&v, FIELD_RSS, 508 * MIB);
	values_set(&v, FIELD_RSS_ANON, 503 * MIB);
	values_set(&v, FIELD_RSS_FILE, 5 * MIB);
	values_set(&v, FIELD_RSS_SHMEM, 0);
	values_set(&v, FIELD_SWAP, 0);
	values_set(&v, FIELD_HEAP_ALLOC, 3 * MIB);
	values_set(&v, FIELD_HEAP_LIVE, 2 * MIB);
	values_set(&v, FIELD_HEAP_INUSE, 4 * MIB);
	values_set(&v, FIELD_HEAP_IDLE, 500 * MIB);
	values_set(&v, FIELD_HEAP_RELEASED, 10 * MIB);
	values_set(&v, FIELD_HEAP_SYS, 504 * MIB);
	values_set(&v, FIELD_STACK_SYS, 1 * MIB);
	values_set(&v, FIELD_SYS, 516 * MIB);
	values_set(&v, FIELD_NEXT_GC, 6 * MIB);
	values_set(&v, FIELD_NUM_GC, 7);
	return v;
}

static int64_t sum(const struct breakdown *b)
{
	int64_t total = 0;

	for (unsigned p = 0; p < PART_COUNT; p++)
		if (b->parts[p].known)
			total += b->parts[p].bytes;
		else
			assert_int_equal(b->parts[p].bytes, 0);
	return total;
}

static int64_t bytes(const struct breakdown *b, enum part p)
{
	assert_true(b->parts[p].known);
	return b->parts[p].bytes;
}

static void everything_known(void **state)
{
	(void)state;
	struct values v = article();
	struct breakdown b;

	breakdown_make(&b, &v);
	assert_true(b.known && b.runtime_known && !b.unsplit);
	assert_int_equal(bytes(&b, PART_LIVE_HEAP), 2 * MIB);
	/* 1 of garbage, and 2 of idle spans below the goal of 6 */
	assert_int_equal(bytes(&b, PART_GC_HEADROOM), 3 * MIB);
	assert_int_equal(bytes(&b, PART_CACHE), 488 * MIB);
	assert_int_equal(b.releasable, 490 * MIB);
	assert_int_equal(bytes(&b, PART_FRAGMENTATION), 1 * MIB);
	assert_int_equal(bytes(&b, PART_STACKS), 1 * MIB);
	assert_int_equal(bytes(&b, PART_RUNTIME), 11 * MIB);
	assert_int_equal(bytes(&b, PART_FILE_BACKED), 5 * MIB);
	assert_int_equal(bytes(&b, PART_NON_GO), 0);
	/* Sys - released is 506, anonymous pages are 503 */
	assert_int_equal(bytes(&b, PART_UNTOUCHED), -3 * MIB);
	assert_int_equal(bytes(&b, PART_UNEXPLAINED), 0);
	/* smaps was never read: these are unknown, not 0 */
	assert_false(b.parts[PART_LAZY_FREE].known);
	assert_false(b.parts[PART_HUGE_PAGES].known);
	assert_int_equal(sum(&b), b.rss);
	assert_int_equal(breakdown_largest(&b), PART_CACHE);
	assert_int_equal(b.parts[PART_CACHE].origins, 1u << ORIGIN_RUNTIME);
}

static void without_the_runtime(void **state)
{
	(void)state;
	struct values v = article();
	struct breakdown b;

	v.known &= FIELD_BIT(RSS) | FIELD_BIT(RSS_ANON) | FIELD_BIT(RSS_FILE);
	breakdown_make(&b, &v);
	assert_true(b.known);
	assert_false(b.runtime_known);
	assert_false(b.parts[PART_LIVE_HEAP].known);
	assert_false(b.parts[PART_NON_GO].known);
	assert_int_equal(bytes(&b, PART_FILE_BACKED), 5 * MIB);
	assert_int_equal(bytes(&b, PART_UNEXPLAINED), 503 * MIB);
	assert_int_equal(b.releasable, -1);
	assert_int_equal(sum(&b), b.rss);

	values_set(&v, FIELD_LAZY_FREE, 100 * MIB);
	breakdown_make(&b, &v);
	assert_int_equal(bytes(&b, PART_LAZY_FREE), 100 * MIB);
	assert_int_equal(bytes(&b, PART_UNEXPLAINED), 403 * MIB);

	v.known = FIELD_BIT(RSS);
	breakdown_make(&b, &v);
	assert_false(b.parts[PART_FILE_BACKED].known);
	assert_int_equal(bytes(&b, PART_UNEXPLAINED), 508 * MIB);

	v.known = 0;
	breakdown_make(&b, &v);
	assert_false(b.known);
}

static void foreign_memory(void **state)
{
	(void)state;
	struct values v = article();
	struct breakdown b;

	values_set(&v, FIELD_RSS_ANON, 703 * MIB);
	values_set(&v, FIELD_RSS, 708 * MIB);
	breakdown_make(&b, &v);
	assert_int_equal(bytes(&b, PART_NON_GO), 197 * MIB);
	assert_int_equal(bytes(&b, PART_UNTOUCHED), 0);

	/* Lazily freed and huge pages are told apart, each within its bound:
	 * no more can be back in huge pages than was released. */
	values_set(&v, FIELD_LAZY_FREE, 100 * MIB);
	values_set(&v, FIELD_ANON_HUGE, 60 * MIB);
	breakdown_make(&b, &v);
	assert_int_equal(bytes(&b, PART_LAZY_FREE), 100 * MIB);
	assert_int_equal(bytes(&b, PART_HUGE_PAGES), 10 * MIB);
	assert_int_equal(bytes(&b, PART_NON_GO), 87 * MIB);
	assert_int_equal(sum(&b), b.rss);
}

static void swapped_heap_is_untouched(void **state)
{
	(void)state;
	struct values v = article();
	struct breakdown b;

	values_set(&v, FIELD_RSS_ANON, 303 * MIB);
	values_set(&v, FIELD_RSS, 308 * MIB);
	values_set(&v, FIELD_SWAP, 200 * MIB);
	breakdown_make(&b, &v);
	assert_int_equal(bytes(&b, PART_UNTOUCHED), -203 * MIB);
	assert_int_equal(b.swapped, 200 * MIB);
	assert_int_equal(bytes(&b, PART_NON_GO), 0);
	assert_int_equal(sum(&b), b.rss);
}

static void what_is_live(void **state)
{
	(void)state;
	struct values v = article();
	struct breakdown b;

	values_set(&v, FIELD_HEAP_ALLOC, 4 * MIB);
	values_set(&v, FIELD_PPROF_INUSE, 1 * MIB);
	breakdown_make(&b,
		       &v); /* what the last GC marked is exact: preferred */
	assert_int_equal(bytes(&b, PART_LIVE_HEAP), 2 * MIB);

	values_unset(&v, FIELD_HEAP_LIVE);
	breakdown_make(&b, &v);
	assert_int_equal(bytes(&b, PART_LIVE_HEAP), 1 * MIB);
	assert_true(b.parts[PART_LIVE_HEAP].origins & 1u << ORIGIN_PPROF);

	values_unset(&v, FIELD_PPROF_INUSE);
	breakdown_make(&b, &v);
	assert_true(b.unsplit);
	assert_int_equal(bytes(&b, PART_LIVE_HEAP), 4 * MIB);

	/* Before the first GC nothing was found live, whatever a profile says;
	 * and without a GC there is no goal to refill up to. */
	values_set(&v, FIELD_PPROF_INUSE, 1 * MIB);
	values_set(&v, FIELD_NUM_GC, 0);
	breakdown_make(&b, &v);
	assert_true(b.unsplit);
	assert_int_equal(bytes(&b, PART_LIVE_HEAP), 4 * MIB);
	assert_int_equal(bytes(&b, PART_GC_HEADROOM), 0);

	/* A profile's sample can exceed the heap. */
	breakdown_make_live(&b, &v, 900 * MIB, 0);
	assert_int_equal(bytes(&b, PART_LIVE_HEAP), 4 * MIB);
	assert_int_equal(sum(&b), b.rss);
}

static void no_goal(void **state)
{
	(void)state;
	struct values v = article();
	struct breakdown b;

	values_set(&v, FIELD_NEXT_GC, INT64_MAX); /* GOGC=off */
	breakdown_make(&b, &v);
	assert_int_equal(bytes(&b, PART_CACHE), 490 * MIB);
	values_unset(&v, FIELD_NEXT_GC);
	breakdown_make(&b, &v);
	assert_int_equal(bytes(&b, PART_CACHE), 490 * MIB);
}

/* Any figures: either refused, or the parts sum to RES with no overflow. */
static void hostile_figures(void **state)
{
	(void)state;
	static const int64_t odd[] = {0,	 1,	    -1,
				      MIB,	 MIB << 20, INT64_C(1) << 56,
				      INT64_MAX, INT64_MIN, INT64_C(1) << 62};
	uint64_t seed = 1;

	for (int round = 0; round < 20000; round++) {
		struct values v = article();
		struct breakdown b;

		for (int i = 0; i < 3; i++) {
			seed = seed * UINT64_C(6364136223846793005) + 1;
			unsigned f = (unsigned)(seed >> 33) % FIELD_COUNT;
			unsigned o = (unsigned)(seed >> 45) % 9;
			values_set(&v, (enum field)f, odd[o]);
			seed = seed * UINT64_C(6364136223846793005) + 1;
			if (seed >> 63)
				values_unset(&v, (enum field)f);
		}
		breakdown_make(&b, &v);
		if (!b.known)
			continue;
		assert_int_equal(sum(&b), b.rss);
		for (unsigned p = 0; p < PART_UNTOUCHED; p++)
			assert_true(b.parts[p].bytes >= 0);
		assert_true(b.parts[PART_UNTOUCHED].bytes <= 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_known),
		cmocka_unit_test(without_the_runtime),
		cmocka_unit_test(foreign_memory),
		cmocka_unit_test(swapped_heap_is_untouched),
		cmocka_unit_test(what_is_live),
		cmocka_unit_test(no_goal),
		cmocka_unit_test(hostile_figures),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
