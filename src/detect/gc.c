/*
 * gc.c - garbage collections, each once.
 *
 * MemStats.PauseEnd is a ring of 256 exact times (Go source,
 * runtime/mstats.go), so that polling loses none below 256 collections a
 * poll, and the first reading tells those from before we came. Without the
 * ring (metrics) only the last one has a time.
 */
#include "limit.h"
#include "own.h"

#include <residue/base/units.h>
#include <residue/detect/detect.h>

#include <stdio.h>

/* runtime.forcegcperiod (runtime/proc.go): a GC after so long without one is
 * the runtime's own. */
#define FORCE_GC_PERIOD INT64_C(120000000000)
/* An end later than the reading is not believed; clocks may step a little. */
#define FUTURE INT64_C(5000000000)

struct gc {
	int64_t num_gc;	    /* seen */
	int64_t num_forced; /* -1: not known */
	int64_t last_end;   /* CLOCK_REALTIME of the last one; 0: not known */
	bool started;
};

/* Which of the collections since the last reading were forced. */
struct forced {
	int64_t gcs;	/* since then */
	int64_t forced; /* of them; -1: not known */
	bool at_limit;	/* the heap was at its memory limit, or may have been */
};

static void forced_set(struct event *ev, const struct forced *f)
{
	/* Where only some were, nothing says which: then it is not said. */
	ev->forced_known = f->forced == 0 || f->forced >= f->gcs;
	ev->forced = f->forced > 0 && ev->forced_known;
}

/* What was forced, and by whom. At the memory limit nothing tells FreeOSMemory
 * from runtime.GC but what returned.c finds: what it gives back may have been
 * given back already. */
static int forced_text(char *to, size_t size, const struct event *ev,
		       const struct forced *f, bool own)
{
	const char *where = f->at_limit ? " GC at the memory limit" : "";

	if (ev->forced && own)
		return snprintf(to, size, ", forced by residue");
	if (ev->forced && f->at_limit)
		return snprintf(to, size, ", a forced%s", where);
	if (ev->forced)
		return snprintf(to, size, ", forced by the program");
	if (!ev->forced_known && f->forced > 0)
		return snprintf(to, size, "; of %lld here %lld forced%s",
				(long long)f->gcs, (long long)f->forced, where);
	return 0;
}

static void gc_text(struct event *ev, const struct observation *o,
		    const struct forced *f, const char *more)
{
	char pause[UNITS_MAX];
	int n = snprintf(ev->text, sizeof(ev->text), "GC %lld",
			 (long long)ev->num_gc);

	if (ev->pause_ns >= 0)
		n += snprintf(ev->text + n, sizeof(ev->text) - (size_t)n,
			      ", stopped the world for %s",
			      units_duration(pause, ev->pause_ns));
	n += forced_text(ev->text + n, sizeof(ev->text) - (size_t)n, ev, f,
			 own_gc(o, ev->wall_ns));
	snprintf(ev->text + n, sizeof(ev->text) - (size_t)n, "%s%s",
		 ev->periodic ? ", after two minutes without one" : "", more);
}

/* The collections `first` to `last` from the ring. */
static void from_ring(struct gc *g, const struct observation *o, int64_t first,
		      int64_t last, const struct forced *f, event_sink *sink,
		      void *sink_ctx)
{
	int64_t now = o->now->end_ns + o->now->wall_offset_ns;
	int64_t attach = o->state->info.since_ns + o->now->wall_offset_ns;

	for (int64_t n = first; n <= last; n++) {
		unsigned i = pause_index((uint32_t)n);
		uint64_t end = o->pauses->end_ns[i];

		if (end == 0 || end > (uint64_t)(now + FUTURE))
			continue;
		struct event ev =
			event_make(EVENT_GC, EVENT_FROM_RUNTIME, (int64_t)end);

		ev.num_gc = n;
		if (o->pauses->pause_ns[i] <= INT64_MAX)
			ev.pause_ns = (int64_t)o->pauses->pause_ns[i];
		ev.before_attach = ev.wall_ns < attach;
		forced_set(&ev, f);
		ev.periodic = ev.forced_known && !ev.forced &&
			      g->last_end > 0 &&
			      ev.wall_ns - g->last_end >= FORCE_GC_PERIOD;
		gc_text(&ev, o, f, "");
		sink(sink_ctx, &ev);
		g->last_end = ev.wall_ns;
	}
}

/* Without a ring: the last one has a time, the others are a number. */
static void without_ring(struct gc *g, const struct observation *o,
			 const struct forced *f, int64_t num, event_sink *sink,
			 void *sink_ctx)
{
	const struct reading *r = o->now;
	int64_t end = values_get(&r->values, FIELD_LAST_GC, 0);
	struct event ev = event_make(EVENT_GC, EVENT_FROM_RUNTIME, end);
	char more[80] = "";

	if (end <= 0 || end > r->end_ns + r->wall_offset_ns + FUTURE) {
		ev.wall_ns = o->before_end_ns +
			     (r->begin_ns - o->before_end_ns) / 2 +
			     r->wall_offset_ns;
		ev.confidence = 0.5;
	}
	ev.num_gc = num;
	forced_set(&ev, f);
	if (f->gcs > 1)
		snprintf(more, sizeof(more),
			 "; %lld more since the last reading, times not known",
			 (long long)(f->gcs - 1));
	ev.periodic = ev.forced_known && !ev.forced && g->last_end > 0 &&
		      f->gcs == 1 &&
		      ev.wall_ns - g->last_end >= FORCE_GC_PERIOD;
	gc_text(&ev, o, f, more);
	sink(sink_ctx, &ev);
	g->last_end = ev.wall_ns;
}

static void gc_observe(void *state, const struct observation *o,
		       event_sink *sink, void *sink_ctx)
{
	struct gc *g = state;
	const struct values *v = &o->now->values;
	int64_t num = values_get(v, FIELD_NUM_GC, -1);
	int64_t forced = values_get(v, FIELD_NUM_FORCED_GC, -1);

	if (o->now->origin != ORIGIN_RUNTIME)
		return;
	if (o->pauses)
		num = o->pauses->num_gc;
	if (num < 0)
		return;
	if (num < g->num_gc) /* another program answers now */
		*g = (struct gc){0};
	bool first = !g->started;
	struct forced f = {num - g->num_gc, -1, false};

	if (forced >= 0 && (!first || forced == 0 || forced >= num))
		f.forced = g->num_forced < 0 ? -1 : forced - g->num_forced;
	f.at_limit = !first && limit_near(&o->before, v);
	if (o->pauses) {
		int64_t from = num - g->num_gc > PAUSE_RING
				       ? num - PAUSE_RING + 1
				       : g->num_gc + 1;
		from_ring(g, o, from, num, &f, sink, sink_ctx);
	} else if (first) {
		g->last_end = values_get(v, FIELD_LAST_GC, 0);
	} else if (num > g->num_gc) {
		without_ring(g, o, &f, num, sink, sink_ctx);
	}
	g->started = true;
	g->num_gc = num;
	g->num_forced = forced;
}

const struct detector detector_gc = {
	.name = "gc",
	.state_size = sizeof(struct gc),
	.observe = gc_observe,
};
