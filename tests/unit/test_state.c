/* test_state.c - what "residue" is measured against. */
#include <residue/model/state.h>

#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(measure),
		cmocka_unit_test(measure_does_not_flip),
		cmocka_unit_test(profile_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
