/* output_fixture.h - one target's objects, and what a format makes of them. */
#ifndef RESIDUE_TESTS_OUTPUT_FIXTURE_H
#define RESIDUE_TESTS_OUTPUT_FIXTURE_H

#include <residue/base/clock.h>
#include <residue/record/output.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define WALL_NS (1763870000LL * NS_PER_SEC + 123456789)

static inline struct target_info fixture_target(void)
{
	return (struct target_info){.id = "a1",
				    .pid = 1234,
				    .starttime = 8231,
				    .comm = "server",
				    .go_version = "go1.26.8",
				    .module = "example.com/server",
				    .endpoint = "http://127.0.0.1:6060",
				    .read = READ_AGENTLESS};
}

static inline struct row fixture_row(void)
{
	struct row row = {.wall_ns = WALL_NS,
			  .age_ms = {[ORIGIN_PROC] = 0,
				     [ORIGIN_SMAPS] = 900,
				     [ORIGIN_CGROUP] = -1,
				     [ORIGIN_RUNTIME] = 12,
				     [ORIGIN_PPROF] = 15000,
				     [ORIGIN_DERIVED] = -1}};

	values_set(&row.values, FIELD_RSS, 9007199254740993); /* 2^53 + 1 */
	values_set(&row.values, FIELD_PPROF_INUSE, 4 << 20);
	values_set(&row.values, FIELD_RESIDUE, -5);
	values_set(&row.values, FIELD_GOGC, -1);
	values_set(&row.values, FIELD_HEAP_IDLE, 300 << 20);
	values_set(&row.values, FIELD_HEAP_RELEASED, 100 << 20);
	return row;
}

/* What all parts of RES are made of: with fixture_row, 30 MiB are not Go's. */
static inline void fixture_memory(struct values *v)
{
	const int64_t mib = 1 << 20;

	values_set(v, FIELD_RSS, 260 * mib);
	values_set(v, FIELD_RSS_ANON, 250 * mib);
	values_set(v, FIELD_RSS_FILE, 10 * mib);
	values_set(v, FIELD_LAZY_FREE, 2 * mib);
	values_set(v, FIELD_ANON_HUGE, 0);
	values_set(v, FIELD_HEAP_ALLOC, 8 * mib);
	values_set(v, FIELD_HEAP_INUSE, 12 * mib);
	values_set(v, FIELD_HEAP_SYS, 312 * mib);
	values_set(v, FIELD_STACK_SYS, 1 * mib);
	values_set(v, FIELD_SYS, 318 * mib);
	values_set(v, FIELD_NEXT_GC, 16 * mib);
	values_set(v, FIELD_NUM_GC, 3);
}

static inline struct event fixture_gc(void)
{
	struct event ev =
		event_make(EVENT_GC, EVENT_FROM_RUNTIME, WALL_NS - 3600);

	ev.forced_known = true;
	ev.num_gc = 17;
	ev.pause_ns = 210000;
	ev.before_attach = true;
	return ev;
}

static inline struct verdict fixture_verdict(void)
{
	return (struct verdict){.kind = VERDICT_CACHE,
				.confidence = 0.97,
				.why = "idle, \"kept\" for reuse"};
}

/* A format writing to memory. */
struct sheet {
	struct output *out;
	FILE *to;
	char *text;
	size_t size;
};

static inline void sheet_open(struct sheet *s,
			      const struct output_options *options)
{
	s->to = open_memstream(&s->text, &s->size);
	s->out = output_new(options, s->to);
}

static inline void sheet_close(struct sheet *s)
{
	output_free(s->out);
	fclose(s->to);
	free(s->text);
}

/* A row with its parts, as batch mode prints it. */
static inline int fixture_sample(struct output *o,
				 const struct target_info *info,
				 const struct row *row, struct err *err)
{
	struct breakdown parts;

	breakdown_make(&parts, &row->values);
	return output_sample(o, info, row, &parts, err);
}

/* Every object once: target, sample, event, verdict. */
static inline void sheet_all(struct sheet *s)
{
	struct target_info info = fixture_target();
	struct row row = fixture_row();
	struct event gc = fixture_gc();
	struct verdict verdict = fixture_verdict();

	assert_int_equal(output_target(s->out, &info, WALL_NS, NULL), 0);
	assert_int_equal(fixture_sample(s->out, &info, &row, NULL), 0);
	assert_int_equal(output_event(s->out, &info, &gc, NULL), 0);
	assert_int_equal(output_verdict(s->out, &info, WALL_NS, &verdict, NULL),
			 0);
}

#endif
