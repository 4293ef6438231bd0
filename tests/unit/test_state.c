/* test_state.c - what "residue" is measured against; which GC a profile is of. */
#include <residue/model/state.h>

#include <residue/base/mem.h>

#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#define RSS  INT64_C(1000)
#define LIVE INT64_C(600)
#define PROF INT64_C(550)

static struct state *watched(const char *endpoint)
{
	static struct state s;
	struct target_info info = {.kind = TARGET_PROCESS, .pid = 1};

	snprintf(info.endpoint, sizeof(info.endpoint), "%s", endpoint);
	state_init(&s, &info, false);
	return &s;
}

static void told(struct state *s, enum origin origin, enum read_by by,
		 enum field f, int64_t v)
{
	struct reading r = {
		.origin = origin, .by = by, .begin_ns = 1, .end_ns = 2};

	values_set(&r.values, f, v);
	state_reading(s, &r);
}

static void measured(struct state *s, enum field heap, int64_t residue)
{
	assert_int_equal(heap_field(&s->values), heap);
	assert_int_equal(values_get(&s->values, FIELD_RESIDUE, -1), residue);
}

/* What no process has stays within what a figure holds. */
static void residue_without_end(void **state)
{
	struct state *s = watched("http://odd:1");

	(void)state;
	told(s, ORIGIN_PROC, READ_NONE, FIELD_RSS, -2);
	told(s, ORIGIN_PPROF, READ_PPROF, FIELD_PPROF_INUSE, INT64_MAX);
	measured(s, FIELD_PPROF_INUSE, INT64_MIN);
	told(s, ORIGIN_RUNTIME, READ_EXPVAR, FIELD_HEAP_LIVE, INT64_MAX);
	measured(s, FIELD_PPROF_INUSE, INT64_MIN);
	state_release(s);
}

/* A profile beside the runtime's own figure: the endpoint's is the measure,
 * one out of memory is not. */
static void profile_from(enum read_by by, const char *endpoint, enum field heap,
			 int64_t residue)
{
	struct state *s = watched(endpoint);

	told(s, ORIGIN_RUNTIME, READ_AGENTLESS, FIELD_HEAP_LIVE, LIVE);
	assert_int_equal(heap_field(&s->values), FIELD_HEAP_LIVE);
	told(s, ORIGIN_PROC, READ_NONE, FIELD_RSS, RSS);
	measured(s, FIELD_HEAP_LIVE, RSS - LIVE);
	told(s, ORIGIN_PPROF, by, FIELD_PPROF_INUSE, PROF);
	measured(s, heap, residue);
	told(s, ORIGIN_PROC, READ_NONE, FIELD_RSS, RSS + 5);
	measured(s, heap, residue + 5);
	state_release(s);
}

static void measure(void **state)
{
	(void)state;
	profile_from(READ_AGENTLESS, "", FIELD_HEAP_LIVE, RSS - LIVE);
	/* An endpoint that never served one changes nothing. */
	profile_from(READ_AGENTLESS, "http://127.0.0.1:6060", FIELD_HEAP_LIVE,
		     RSS - LIVE);
	profile_from(READ_PPROF, "http://127.0.0.1:6060", FIELD_PPROF_INUSE,
		     RSS - PROF);
}

/* Once served, the profile stays the measure, however later ones come. */
static void measure_does_not_flip(void **state)
{
	struct state *s = watched("http://127.0.0.1:6060");

	(void)state;
	told(s, ORIGIN_RUNTIME, READ_AGENTLESS, FIELD_HEAP_LIVE, LIVE);
	told(s, ORIGIN_PROC, READ_NONE, FIELD_RSS, RSS);
	told(s, ORIGIN_PPROF, READ_PPROF, FIELD_PPROF_INUSE, PROF);
	measured(s, FIELD_PPROF_INUSE, RSS - PROF);
	told(s, ORIGIN_PPROF, READ_AGENTLESS, FIELD_PPROF_INUSE, PROF - 1);
	measured(s, FIELD_PPROF_INUSE, RSS - PROF + 1);
	state_release(s);
}

/* Without the runtime's figure a profile is what there is. */
static void profile_alone(void **state)
{
	struct state *s = watched("");

	(void)state;
	told(s, ORIGIN_PROC, READ_NONE, FIELD_RSS, RSS);
	measured(s, FIELD_COUNT, -1);
	told(s, ORIGIN_PPROF, READ_AGENTLESS, FIELD_PPROF_INUSE, PROF);
	measured(s, FIELD_PPROF_INUSE, RSS - PROF);
	state_release(s);
}

#define S INT64_C(1000000000)

/* MemStats read in [begin, end], the last GC at `last_gc`; -1: not said. */
static void runtime_at(struct state *s, int64_t begin, int64_t num_gc,
		       int64_t last_gc, const struct pause_ring *ring)
{
	struct reading r = {.origin = ORIGIN_RUNTIME,
			    .by = READ_EXPVAR,
			    .begin_ns = begin,
			    .end_ns = begin + S / 100};
	struct pause_ring *copy;

	values_set(&r.values, FIELD_NUM_GC, num_gc);
	if (last_gc >= 0)
		values_set(&r.values, FIELD_LAST_GC, last_gc);
	if (ring) {
		copy = mem_alloc(sizeof(*copy));
		*copy = *ring;
		r.docs[0] = doc_new(DOC_PAUSES, r.end_ns, copy, sizeof(*copy),
				    free);
	}
	state_reading(s, &r);
	doc_unref(r.docs[0]);
}

static void profile_at(struct state *s, int64_t begin, int64_t end, bool forced)
{
	struct reading r = {.origin = ORIGIN_PPROF,
			    .by = READ_PPROF,
			    .begin_ns = begin,
			    .end_ns = end,
			    .forced_gc = forced};

	values_set(&r.values, FIELD_PPROF_INUSE, PROF);
	state_reading(s, &r);
	assert_false(values_has(&s->values, FIELD_PPROF_NUM_GC));
}

static void dated_least(struct state *s, int64_t num_gc)
{
	assert_int_equal(s->pprof_gc_least, num_gc);
}

static void dated(struct state *s, int64_t num_gc)
{
	assert_int_equal(values_get(&s->values, FIELD_PPROF_NUM_GC, -1),
			 num_gc);
}

/* The same number before and after, however old the last GC is said to be. */
static void gc_of_profile_by_count(void **state)
{
	struct state *s = watched("");

	(void)state;
	runtime_at(s, 1 * S, 7, -1, NULL);
	profile_at(s, 2 * S, 3 * S, false);
	/* One that overlaps it tells nothing. */
	runtime_at(s, 3 * S - 1, 7, -1, NULL);
	dated(s, -1);
	runtime_at(s, 4 * S, 7, -1, NULL);
	dated(s, 7);
	/* It stays what it is. */
	runtime_at(s, 5 * S, 8, -1, NULL);
	dated(s, 7);
	profile_at(s, 6 * S, 7 * S, false);
	runtime_at(s, 8 * S, 9, -1, NULL);
	dated(s, -1);
	dated_least(s, 8);
	profile_at(s, 9 * S, 10 * S, true);
	runtime_at(s, 11 * S, 10, -1, NULL);
	dated(s, 10);
	state_release(s);
}

static void gc_of_profile_by_time(void **state)
{
	struct pause_ring ring = {
		.num_gc = 5, .end_ns = {1 * S, 2 * S, 4 * S, 6 * S, 8 * S}};
	struct state *s = watched("");

	(void)state;
	profile_at(s, 2 * S, 3 * S, false);
	runtime_at(s, 4 * S, 3, 2 * S - 1, NULL);
	dated(s, 3);
	/* Two have ended since: the ring tells. */
	profile_at(s, 4 * S + 1, 5 * S, false);
	runtime_at(s, 9 * S, 5, 8 * S, &ring);
	dated(s, 3);
	dated_least(s, -1);
	/* While it was fetched: nobody can tell, but that it is no older. */
	profile_at(s, 5 * S, 7 * S, false);
	runtime_at(s, 9 * S, 5, 8 * S, &ring);
	dated(s, -1);
	dated_least(s, 3);
	/* Unless it was that fetch that forced it. */
	profile_at(s, 5 * S, 7 * S, true);
	runtime_at(s, 9 * S, 5, 8 * S, &ring);
	dated(s, 4);
	/* A ring of another count is of no use. */
	profile_at(s, 4 * S, 5 * S, false);
	runtime_at(s, 9 * S, 6, 8 * S, NULL);
	dated(s, -1);
	dated_least(s, -1);
	state_release(s);
}

/* Before the first GC it is stale, and stays so until a newer one comes. */
static void stale_profile(void **state)
{
	struct state *s = watched("");

	(void)state;
	runtime_at(s, 1 * S, 0, -1, NULL);
	profile_at(s, 2 * S, 3 * S, false);
	assert_true(profile_is_stale(&s->values));
	runtime_at(s, 4 * S, 0, -1, NULL);
	dated(s, 0);
	runtime_at(s, 5 * S, 1, 5 * S - 1, NULL);
	assert_true(profile_is_stale(&s->values));
	profile_at(s, 6 * S, 7 * S, false);
	assert_false(profile_is_stale(&s->values));
	runtime_at(s, 8 * S, 1, 5 * S - 1, NULL);
	dated(s, 1);
	assert_false(profile_is_stale(&s->values));
	state_release(s);
}

static void is_ours(const struct state *s, int64_t end, bool ours)
{
	assert_true(state_is_own_gc(s, end) == ours);
}

static void own_gc(void **state)
{
	struct state *s = watched("");

	(void)state;
	is_ours(s, 10, false);
	state_own_gc(s, 10, 0);
	is_ours(s, 9, false);
	is_ours(s, 10, true);
	is_ours(s, INT64_MAX, true); /* under way */
	state_own_gc(s, 10, 20);
	is_ours(s, 20, true);
	is_ours(s, 21, false);
	/* No reading has told of it: it goes on until one has. */
	state_own_gc(s, 30, 0);
	state_own_gc(s, 30, 40);
	is_ours(s, 10, true);
	is_ours(s, 40, true);
	told(s, ORIGIN_RUNTIME, READ_EXPVAR, FIELD_NUM_GC, 1);
	is_ours(s, 10, true); /* that one began before */
	s->origins[ORIGIN_RUNTIME].begin_ns = 45;
	state_own_gc(s, 50, 0);
	is_ours(s, 40, false);
	state_own_gc(s, 50, 60);
	is_ours(s, 60, true);
	state_exec(s);
	is_ours(s, 55, false);
	state_release(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(measure),
		cmocka_unit_test(measure_does_not_flip),
		cmocka_unit_test(profile_alone),
		cmocka_unit_test(residue_without_end),
		cmocka_unit_test(gc_of_profile_by_count),
		cmocka_unit_test(gc_of_profile_by_time),
		cmocka_unit_test(stale_profile),
		cmocka_unit_test(own_gc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
