/*
 * growth.c - RES grew: by how much, in how long, to what.
 *
 * A process that has only just started grew from nothing to what the first
 * reading shows: a burst at its start would be missed otherwise.
 */
#include "level.h"
#include "swing.h"

#include <residue/base/units.h>
#include <residue/detect/detect.h>

#include <stdio.h>
#include <unistd.h>

/* At most this old at the first reading. */
#define JUST_STARTED INT64_C(2000000000)

struct growth {
	struct level level;
	struct swing swing;
};

/* The first reading: where the first swing begins. */
static void growth_begin(struct growth *g, const struct observation *o,
			 int64_t least)
{
	int64_t ticks = sysconf(_SC_CLK_TCK), now = o->now->begin_ns;
	uint64_t start = o->state->info.starttime;
	struct swing_done done;

	/* Times are CLOCK_BOOTTIME, as the start time in /proc/PID/stat is. */
	if (ticks <= 0 || start == 0 ||
	    start > (uint64_t)(now / (1000000000 / ticks)))
		return;
	int64_t start_ns = (int64_t)start * (1000000000 / ticks);

	if (now - start_ns <= JUST_STARTED)
		swing_step(&g->swing, start_ns, 0, least, &done);
}

static void growth_tell(const struct swing_done *done, const struct reading *r,
			event_sink *sink, void *sink_ctx)
{
	struct event ev = event_make(EVENT_GROWTH, EVENT_FROM_KERNEL,
				     done->half_ns + r->wall_offset_ns);
	char by[UNITS_MAX], in[UNITS_MAX], to[UNITS_MAX];

	ev.bytes = done->gain;
	snprintf(ev.text, sizeof(ev.text), "RES grew by %s in %s, to %s",
		 units_bytes(by, done->gain),
		 units_duration(in, done->end_ns - done->begin_ns),
		 units_bytes(to, done->to));
	sink(sink_ctx, &ev);
}

/* The process is gone: what grew until then is told. */
static void growth_end(struct growth *g, const struct reading *r,
		       event_sink *sink, void *sink_ctx)
{
	int64_t least = level_step(&g->level, r->begin_ns, 0);
	struct swing_done done;

	if (swing_restart(&g->swing, r->begin_ns, 0, least, &done))
		growth_tell(&done, r, sink, sink_ctx);
}

static void growth_observe(void *state, const struct observation *o,
			   event_sink *sink, void *sink_ctx)
{
	struct growth *g = state;
	const struct reading *r = o->now;
	struct swing_done done;

	if (reading_ends(r))
		growth_end(g, r, sink, sink_ctx);
	if (r->origin != ORIGIN_PROC || !values_has(&r->values, FIELD_RSS))
		return;
	int64_t rss = r->values.v[FIELD_RSS];
	int64_t least = level_step(&g->level, r->begin_ns, rss);

	if (o->first)
		growth_begin(g, o, least);
	if (swing_step(&g->swing, r->begin_ns, rss, least, &done) & SWING_DONE)
		growth_tell(&done, r, sink, sink_ctx);
}

const struct detector detector_growth = {
	.name = "growth",
	.state_size = sizeof(struct growth),
	.observe = growth_observe,
};
