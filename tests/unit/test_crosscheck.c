/* test_crosscheck.c - an endpoint beside memory: one process, or two. */
#include <residue/judge/crosscheck.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define MIB    (INT64_C(1) << 20)
#define SECOND INT64_C(1000000000)
#define MS     INT64_C(1000000)

/* A process that allocates, frees and collects as time goes by. */
static struct reading process(int64_t t_ns, int64_t scale, enum read_by by)
{
	struct reading r = {.origin = ORIGIN_RUNTIME,
			    .by = by,
			    .begin_ns = t_ns,
			    .end_ns = t_ns + MS};
	int64_t s = t_ns / MS * scale / 1000;

	values_set(&r.values, FIELD_NUM_GC, s / 4);
	values_set(&r.values, FIELD_NUM_FORCED_GC, 0);
	values_set(&r.values, FIELD_LAST_GC, s / 4 * 4 * SECOND);
	values_set(&r.values, FIELD_PAUSE_TOTAL, s / 4 * MS);
	values_set(&r.values, FIELD_TOTAL_ALLOC, s * 5 * MIB);
	values_set(&r.values, FIELD_MALLOCS, s * 1000);
	values_set(&r.values, FIELD_FREES, s / 4 * 4000);
	values_set(&r.values, FIELD_SYS, 100 * MIB);
	values_set(&r.values, FIELD_HEAP_ALLOC, 20 * MIB + s % 4 * 5 * MIB);
	values_set(&r.values, FIELD_HEAP_INUSE, 25 * MIB + s % 4 * 5 * MIB);
	return r;
}

/* Memory once a second, the endpoint every five; the text at the end. */
static unsigned watch(struct crosscheck *c, int64_t scale, int64_t lag_ns,
		      enum read_by by)
{
	unsigned changes = 0;

	for (int64_t t = 100; t < 160; t++) {
		struct reading m = process(t * SECOND, 1, READ_AGENTLESS);

		changes += crosscheck_memory(c, &m);
		if (t % 5 == 0) {
			struct reading e = process(
				t * SECOND + 300 * MS - lag_ns, scale, by);

			e.begin_ns = t * SECOND + 250 * MS;
			e.end_ns = t * SECOND + 350 * MS;
			crosscheck_answer(c, &e);
		}
	}
	return changes;
}

static void one_process(void **state)
{
	(void)state;
	struct crosscheck c = {0};

	assert_int_equal(watch(&c, 1, 0, READ_EXPVAR), 0);
	assert_string_equal(c.text, "");
}

static void another_process(void **state)
{
	(void)state;
	struct crosscheck c = {0};

	assert_int_equal(watch(&c, 3, 0, READ_EXPVAR), 1);
	assert_non_null(strstr(c.text, "disagree"));
	assert_non_null(strstr(c.text, "disagree: num_gc is 1"));
}

/* A younger one: its counters are below. */
static void smaller_process(void **state)
{
	(void)state;
	struct crosscheck c = {0};

	assert_int_equal(watch(&c, 0, 0, READ_METRICS), 1);
	assert_non_null(strstr(c.text, "num_gc is 0 there"));
}

/* Something in between answers with what it had a minute ago. */
static void kept_answers(void **state)
{
	(void)state;
	struct crosscheck c = {0};

	assert_int_equal(watch(&c, 1, 60 * SECOND, READ_METRICS), 1);
}

/* /metrics does not count what the Ps hold; MemStats do. */
static void caches(void **state)
{
	(void)state;

	for (int off = 0; off < 2; off++) {
		struct crosscheck c = {0};
		struct reading m = process(100 * SECOND, 1, READ_AGENTLESS);
		struct reading e = process(100 * SECOND, 1,
					   off ? READ_EXPVAR : READ_METRICS);

		values_set(&e.values, FIELD_TOTAL_ALLOC,
			   e.values.v[FIELD_TOTAL_ALLOC] - 3 * MIB);
		e.values.v[FIELD_MALLOCS] -= 1361;
		e.values.v[FIELD_FREES] -= 1361; /* of tiny objects */
		for (int i = 0; i < 3; i++) {
			m.begin_ns += 3 * SECOND;
			m.end_ns += 3 * SECOND;
			crosscheck_memory(&c, &m);
			e.begin_ns = e.end_ns = m.end_ns + SECOND;
			crosscheck_answer(&c, &e);
		}
		m.begin_ns += 3 * SECOND;
		crosscheck_memory(&c, &m);
		assert_int_equal(c.text[0] != 0, off);
	}
}

/* One bad answer is none; the words go when the answers agree again. */
static void once_and_over(void **state)
{
	(void)state;
	struct crosscheck c = {0};
	int64_t t = 100;
	const int64_t scale[] = {1, 3, 1, 3, 3, 1};
	const bool said[] = {false, false, false, false, true, false};

	for (unsigned i = 0; i < 6; i++, t += 4) {
		struct reading m = process(t * SECOND, 1, READ_AGENTLESS);
		struct reading e =
			process((t + 1) * SECOND, scale[i], READ_EXPVAR);
		struct reading n = process((t + 3) * SECOND, 1, READ_AGENTLESS);

		crosscheck_memory(&c, &m);
		crosscheck_answer(&c, &e);
		crosscheck_memory(&c, &n);
		assert_int_equal(c.text[0] != 0, said[i]);
	}
}

/* Equal to three digits, and yet not the same: said to the byte. */
static void near_miss(void **state)
{
	(void)state;
	struct crosscheck c = {0};
	struct reading m = process(1000 * SECOND, 1, READ_AGENTLESS);
	struct reading e = m;

	values_set(&e.values, FIELD_TOTAL_ALLOC,
		   e.values.v[FIELD_TOTAL_ALLOC] + 8);
	for (int i = 0; i < 3; i++) {
		crosscheck_memory(&c, &m);
		e.begin_ns = e.end_ns = m.end_ns + SECOND;
		crosscheck_answer(&c, &e);
		m.begin_ns += 3 * SECOND;
		m.end_ns += 3 * SECOND;
	}
	assert_non_null(strstr(c.text, "total_alloc is 5242880008 there, "
				       "5242880000 in memory"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_process),
		cmocka_unit_test(another_process),
		cmocka_unit_test(smaller_process),
		cmocka_unit_test(kept_answers),
		cmocka_unit_test(caches),
		cmocka_unit_test(once_and_over),
		cmocka_unit_test(near_miss),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
