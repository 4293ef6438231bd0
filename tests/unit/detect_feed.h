/*
 * detect_feed.h - scripted readings of one process through every detector.
 *
 * Times are in ms since a start at boot time 1000 s; wall time is boot time
 * plus FEED_WALL, so that a detector that mixes the two is found out.
 */
#ifndef RESIDUE_TESTS_DETECT_FEED_H
#define RESIDUE_TESTS_DETECT_FEED_H

#include <residue/detect/detect.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MIB	    (INT64_C(1) << 20)
#define MS	    INT64_C(1000000)
#define FEED_BOOT   INT64_C(1000000000000)
#define FEED_WALL   INT64_C(1700000000000000000)
#define FEED_EVENTS 2048

struct feed {
	struct state state;
	void *detectors;
	struct values proc, runtime; /* what the next reading of each says */
	struct pause_ring pauses;
	bool ring;     /* readings of the runtime have it */
	unsigned scav; /* enum scav_mark, of readings of the runtime */
	int64_t returned;
	enum process_life life; /* of readings of /proc */
	struct event events[FEED_EVENTS];
	unsigned count;
};

static inline int64_t feed_wall(int64_t ms)
{
	return FEED_BOOT + FEED_WALL + ms * MS;
}

/* An event's time in ms since the start. */
static inline int64_t feed_ms(const struct event *ev)
{
	return (ev->wall_ns - FEED_BOOT - FEED_WALL) / MS;
}

static inline void feed_sink(void *ctx, const struct event *ev)
{
	struct feed *f = ctx;

	assert_true(f->count < FEED_EVENTS);
	assert_true(ev->confidence > 0 && ev->confidence <= 1);
	assert_true(ev->text[0] != '\0');
	f->events[f->count++] = *ev;
}

static inline void feed_init(struct feed *f)
{
	struct target_info info = {.id = "a1", .pid = 1};

	memset(f, 0, sizeof(*f));
	state_init(&f->state, &info, false);
	f->detectors = detectors_new();
	values_set(&f->runtime, FIELD_NUM_GC, 0);
	values_set(&f->runtime, FIELD_NUM_FORCED_GC, 0);
}

static inline void feed_release(struct feed *f)
{
	free(f->detectors);
	state_release(&f->state);
}

static inline void feed(struct feed *f, enum origin origin, int64_t ms,
			const struct values *v)
{
	struct reading r = {
		.origin = origin,
		.by = origin == ORIGIN_RUNTIME ? READ_EXPVAR : READ_NONE,
		.begin_ns = FEED_BOOT + ms * MS,
		.end_ns = FEED_BOOT + ms * MS + MS,
		.wall_offset_ns = FEED_WALL,
		.values = *v,
		.scav = origin == ORIGIN_RUNTIME ? f->scav : 0,
		.returned = f->returned,
		.life = origin == ORIGIN_PROC ? f->life : LIFE_ALIVE,
	};
	struct observation o = {
		.now = &r,
		.state = &f->state,
		.first = !f->state.origins[origin].ever,
		.before = f->state.values,
		.before_end_ns = f->state.origins[origin].end_ns,
	};

	if (origin == ORIGIN_RUNTIME && f->ring)
		o.pauses = &f->pauses;
	state_reading(&f->state, &r);
	detectors_observe(f->detectors, &o, feed_sink, f);
}

static inline void feed_proc(struct feed *f, int64_t ms)
{
	feed(f, ORIGIN_PROC, ms, &f->proc);
}

static inline void feed_runtime(struct feed *f, int64_t ms)
{
	feed(f, ORIGIN_RUNTIME, ms, &f->runtime);
}

/* RES in MiB, of which `file` are file pages. */
static inline void feed_rss(struct feed *f, int64_t rss, int64_t file)
{
	values_set(&f->proc, FIELD_RSS, rss * MIB);
	values_set(&f->proc, FIELD_RSS_FILE, file * MIB);
	values_set(&f->proc, FIELD_RSS_ANON, (rss - file) * MIB);
}

/* The heap in MiB: in use, idle, of which released. */
static inline void feed_heap(struct feed *f, int64_t inuse, int64_t idle,
			     int64_t released)
{
	values_set(&f->runtime, FIELD_HEAP_INUSE, inuse * MIB);
	values_set(&f->runtime, FIELD_HEAP_IDLE, idle * MIB);
	values_set(&f->runtime, FIELD_HEAP_RELEASED, released * MIB);
	values_set(&f->runtime, FIELD_HEAP_SYS, (inuse + idle) * MIB);
	values_set(&f->runtime, FIELD_SYS, (inuse + idle + 8) * MIB);
}

/* One more GC, which ended at `ms`. */
static inline void feed_gc(struct feed *f, int64_t ms, bool forced)
{
	uint32_t n = ++f->pauses.num_gc;
	unsigned i = pause_index(n);

	f->pauses.end_ns[i] = (uint64_t)feed_wall(ms);
	f->pauses.pause_ns[i] = 50000;
	values_set(&f->runtime, FIELD_NUM_GC, n);
	values_set(&f->runtime, FIELD_LAST_GC, feed_wall(ms));
	values_set(&f->runtime, FIELD_NUM_FORCED_GC,
		   values_get(&f->runtime, FIELD_NUM_FORCED_GC, 0) + forced);
}

/* Readings of /proc alone, `step` ms apart, up to `until` ms. */
static inline void feed_procs(struct feed *f, int64_t from, int64_t until,
			      int64_t step)
{
	for (int64_t t = from; t < until; t += step)
		feed_proc(f, t);
}

/* Readings of both, `step` ms apart, up to `until` ms; returns that. */
static inline int64_t feed_quiet(struct feed *f, int64_t from, int64_t until,
				 int64_t step)
{
	for (int64_t t = from; t < until; t += step) {
		feed_proc(f, t);
		feed_runtime(f, t + 5);
	}
	return until;
}

static inline unsigned feed_count(const struct feed *f, enum event_kind kind)
{
	unsigned n = 0;

	for (unsigned i = 0; i < f->count; i++)
		n += f->events[i].kind == kind;
	return n;
}

/* The only event of that kind. */
static inline const struct event *feed_one(const struct feed *f,
					   enum event_kind kind)
{
	assert_int_equal(feed_count(f, kind), 1);
	for (unsigned i = 0; i < f->count; i++)
		if (f->events[i].kind == kind)
			return &f->events[i];
	return NULL;
}

/* Of that kind, so many; and nothing else but GCs. */
static inline void feed_only(const struct feed *f, enum event_kind kind,
			     unsigned times)
{
	for (unsigned i = 0; i < f->count; i++)
		if (f->events[i].kind != kind && f->events[i].kind != EVENT_GC)
			fail_msg("unexpected %s: %s",
				 event_kind_info[f->events[i].kind].name,
				 f->events[i].text);
	assert_int_equal(feed_count(f, kind), times);
}

/* A process of 300 MiB, of which 280 are heap, watched since long. */
static inline void feed_begin(struct feed *f)
{
	feed_init(f);
	f->ring = true;
	feed_rss(f, 300, 8);
	values_set(&f->proc, FIELD_VSIZE, 2000 * MIB);
	values_set(&f->proc, FIELD_SWAP, 0);
	values_set(&f->proc, FIELD_RSS_SHMEM, 0);
	feed_heap(f, 280, 10, 6);
	feed_gc(f, -60000, false);
	feed_quiet(f, 0, 5000, 1000);
	feed_only(f, EVENT_GC, 1);
}

/* A GC that was forced at 7400 ms, and what was idle then is given back: all but
 * 4 MiB of it, as RES shows. Read at the next readings. */
static inline void feed_give_back(struct feed *f)
{
	feed_gc(f, 7400, true);
	feed_heap(f, 20, 270, 266);
	feed_rss(f, 40, 8);
}

#endif
