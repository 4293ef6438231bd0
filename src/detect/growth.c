/* growth.c - RES grew: by how much, in how long, to what. */
#include "level.h"
#include "swing.h"

#include <residue/base/units.h>
#include <residue/detect/detect.h>

#include <stdio.h>

struct growth {
	struct level level;
	struct swing swing;
};

static void growth_observe(void *state, const struct observation *o,
			   event_sink *sink, void *sink_ctx)
{
	struct growth *g = state;
	const struct reading *r = o->now;
	char by[UNITS_MAX], in[UNITS_MAX], to[UNITS_MAX];
	struct swing_done done;

	if (r->origin != ORIGIN_PROC || !values_has(&r->values, FIELD_RSS))
		return;
	int64_t rss = r->values.v[FIELD_RSS];
	int64_t least = level_step(&g->level, r->begin_ns, rss);

	if (!(swing_step(&g->swing, r->begin_ns, rss, least, &done) &
	      SWING_DONE))
		return;
	struct event ev = event_make(EVENT_GROWTH, EVENT_FROM_KERNEL,
				     done.half_ns + r->wall_offset_ns);

	ev.bytes = done.gain;
	snprintf(ev.text, sizeof(ev.text), "RES grew by %s in %s, to %s",
		 units_bytes(by, done.gain),
		 units_duration(in, done.end_ns - done.begin_ns),
		 units_bytes(to, done.to));
	sink(sink_ctx, &ev);
}

const struct detector detector_growth = {
	.name = "growth",
	.state_size = sizeof(struct growth),
	.observe = growth_observe,
};
