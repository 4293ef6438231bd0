/*
 * returned.c - memory that the Go runtime gave back: free_os_memory, scavenge.
 *
 * Both show as a rise of `given` = HeapReleased - Sys. They differ in who did
 * it: debug.FreeOSMemory forces a GC and then releases everything idle at once
 * (mheap.scavengeAll), the scavenger releases some of it of its own accord.
 *
 * Since Go 1.21 the runtime counts what the background scavenger and the
 * allocator released (mheap_.pages.scav.releasedBg, releasedEager). Where
 * these are read, what neither explains after a forced GC is FreeOSMemory:
 * exact. Elsewhere it is concluded: a forced GC, a jump of HeapReleased with
 * nothing idle left, and, where RES is read often enough, its fall right after
 * that GC.
 */
#include "level.h"
#include "swing.h"

#include <residue/base/units.h>
#include <residue/detect/detect.h>

#include <stdio.h>

#define MIB (INT64_C(1) << 20)
#define MS  INT64_C(1000000)

/* Readings further apart than this are not compared. */
#define GAP (30000 * MS)
/* FreeOSMemory without counters: what must have been given back, and what may
 * be idle afterwards (measured: 0.1 MiB; a sweep adds some). */
#define FREE_LEAST (4 * MIB)
#define IDLE_LEFT  (600 * 1024)
/* With counters: what they may leave unexplained without being that call. */
#define UNEXPLAINED_LEAST (1 * MIB)
/* FreeOSMemory takes 58 to 100 ms a GiB after its GC. */
#define AT_ONCE	    (300 * MS)
#define AT_ONCE_GIB (150 * MS)
/* Gross releases by the counters within so long are one release, even when
 * the memory is in use again at once. */
#define BURST (1500 * MS)

#define RSS_SEEN 64

struct returned {
	struct level level;
	struct swing swing; /* of `given` */
	/* RES of the last seconds: ring. */
	struct {
		int64_t t_ns, rss;
	} seen[RSS_SEEN];
	unsigned seen_end, seen_count;
	/* A forced GC whose releases may still come: when it ended, and for
	 * how many readings we go on looking; 0: none. */
	int64_t forced_wall;
	unsigned waiting;
	bool told; /* it was told as FreeOSMemory already */
	/* Gross releases by the counters. */
	int64_t burst_ns, burst_bytes;
};

/* What happened between two readings of the runtime. */
struct delta {
	int64_t dt_ns;
	int64_t given;	/* HeapReleased - Sys rose by */
	int64_t idle;	/* idle and still resident, now */
	int64_t forced; /* forced GCs; -1: not known */
	bool counted;	/* the counters are known: */
	int64_t bg, eager;
};

static int64_t given(const struct values *v)
{
	return v->v[FIELD_HEAP_RELEASED] - v->v[FIELD_SYS];
}

/* A counter's rise. GODEBUG=scavtrace=1 resets them at each GC. */
static int64_t risen(const struct values *a, const struct values *b,
		     enum field f)
{
	int64_t d = b->v[f] - a->v[f];

	return d < 0 ? b->v[f] : d;
}

static bool delta_make(struct delta *d, const struct observation *o)
{
	const uint64_t need = FIELD_BIT(HEAP_RELEASED) | FIELD_BIT(SYS) |
			      FIELD_BIT(HEAP_IDLE);
	const uint64_t counters =
		FIELD_BIT(RELEASED_BG) | FIELD_BIT(RELEASED_EAGER);
	const struct values *a = &o->before, *b = &o->now->values;

	if (!values_have(b, need) || !values_have(a, need))
		return false;
	d->dt_ns = o->now->begin_ns - o->before_end_ns;
	d->given = given(b) - given(a);
	d->idle = b->v[FIELD_HEAP_IDLE] - b->v[FIELD_HEAP_RELEASED];
	d->forced = -1;
	if (values_has(a, FIELD_NUM_FORCED_GC) &&
	    values_has(b, FIELD_NUM_FORCED_GC))
		d->forced =
			b->v[FIELD_NUM_FORCED_GC] - a->v[FIELD_NUM_FORCED_GC];
	d->counted = values_have(a, counters) && values_have(b, counters);
	d->bg = d->counted ? risen(a, b, FIELD_RELEASED_BG) : 0;
	d->eager = d->counted ? risen(a, b, FIELD_RELEASED_EAGER) : 0;
	return true;
}

static void rss_seen(struct returned *s, const struct reading *r)
{
	s->seen[s->seen_end].t_ns = r->begin_ns;
	s->seen[s->seen_end].rss = r->values.v[FIELD_RSS];
	s->seen_end = (s->seen_end + 1) % RSS_SEEN;
	s->seen_count += s->seen_count < RSS_SEEN;
}

static int64_t at_once_more(int64_t bytes)
{
	return (int64_t)((double)bytes / (1024.0 * MIB) * AT_ONCE_GIB);
}

/* Did RES fall right after `t_ns`, as FreeOSMemory makes it fall? The fall
 * goes to *fall. Unknown where RES is not read often enough. */
enum at_once { UNKNOWN, YES, NO };
static enum at_once fell_after(const struct returned *s, int64_t t_ns,
			       int64_t bytes, int64_t *fall)
{
	int64_t until = t_ns + AT_ONCE + at_once_more(bytes);
	int64_t before = -1, least = INT64_MAX, before_ns = 0, after_ns = 0;

	*fall = 0;
	for (unsigned i = 0; i < s->seen_count; i++) {
		unsigned k =
			(s->seen_end + RSS_SEEN - s->seen_count + i) % RSS_SEEN;
		int64_t t = s->seen[k].t_ns, rss = s->seen[k].rss;

		if (t <= t_ns) {
			before = rss;
			before_ns = t;
		} else if (t <= until && rss < least) {
			least = rss;
			after_ns = t;
		}
	}
	if (before < 0 || least == INT64_MAX ||
	    after_ns - before_ns > 2 * AT_ONCE)
		return UNKNOWN;
	*fall = before - least;
	return *fall >= bytes * 2 / 5 ? YES : NO;
}

/* When the forced GC ended, CLOCK_REALTIME: the last one known, if several. */
static int64_t forced_end(const struct observation *o)
{
	const struct reading *r = o->now;
	int64_t end = 0;

	if (o->pauses && o->pauses->num_gc) {
		unsigned i = pause_index(o->pauses->num_gc);

		end = (int64_t)o->pauses->end_ns[i];
	} else {
		end = values_get(&r->values, FIELD_LAST_GC, 0);
	}
	int64_t now = r->end_ns + r->wall_offset_ns;

	if (end <= 0 || end > now)
		end = o->before_end_ns + (r->begin_ns - o->before_end_ns) / 2 +
		      r->wall_offset_ns;
	return end;
}

/* Bytes that FreeOSMemory gave back in this interval, 0 when it did not. */
static int64_t freed_counted(const struct delta *d)
{
	int64_t rest = d->given - d->bg - d->eager;

	return rest >= UNEXPLAINED_LEAST ? rest : 0;
}

static int64_t freed_inferred(const struct returned *s,
			      const struct observation *o,
			      const struct delta *d, int64_t least,
			      double *confidence)
{
	int64_t at = s->forced_wall - o->now->wall_offset_ns, fall;
	int64_t bytes = d->given > FREE_LEAST ? d->given : FREE_LEAST;
	enum at_once once;

	if (d->idle > IDLE_LEFT)
		return 0;
	once = fell_after(s, at, bytes, &fall);
	if (d->given >= FREE_LEAST && once != NO) {
		*confidence = once == YES ? 0.95 : 0.8;
		return d->given;
	}
	/* In use again by the time of this reading, but RES showed it. */
	if (once == YES && fall >= least / 2) {
		*confidence = 0.7;
		return fall;
	}
	return 0;
}

static void tell_freed(struct returned *s, const struct delta *d, int64_t bytes,
		       double confidence, event_sink *sink, void *sink_ctx)
{
	struct event ev = event_make(EVENT_FREE_OS_MEMORY,
				     d->counted ? EVENT_FROM_RUNTIME
						: EVENT_FROM_INFERRED,
				     s->forced_wall);
	char by[UNITS_MAX];

	ev.confidence = confidence;
	ev.bytes = bytes;
	snprintf(ev.text, sizeof(ev.text),
		 "FreeOSMemory gave back %s at once%s", units_bytes(by, bytes),
		 d->counted
			 ? ""
			 : " (inferred: a forced GC, then nothing idle left)");
	sink(sink_ctx, &ev);
}

/* True when this interval's releases are FreeOSMemory's. */
static bool look_for_freed(struct returned *s, const struct observation *o,
			   const struct delta *d, int64_t least,
			   event_sink *sink, void *sink_ctx)
{
	double confidence = 1;
	int64_t bytes;

	if (d->forced > 0) {
		int64_t age = o->now->begin_ns + o->now->wall_offset_ns;

		s->forced_wall = forced_end(o);
		age -= s->forced_wall;
		/* Its releases spill into the next reading when this one came
		 * in their midst. */
		s->waiting = age < AT_ONCE + at_once_more(-given(&o->before))
				     ? 2
				     : 1;
		s->told = false;
	}
	if (!s->waiting)
		return false;
	s->waiting--;
	bytes = d->counted ? freed_counted(d)
			   : freed_inferred(s, o, d, least, &confidence);
	if (!bytes)
		return false;
	if (!s->told)
		tell_freed(s, d, bytes, confidence, sink, sink_ctx);
	s->told = true;
	return true;
}

static void tell_scavenged(const struct swing_done *done,
			   const struct reading *r, bool counted,
			   const char *then, event_sink *sink, void *sink_ctx)
{
	struct event ev =
		event_make(EVENT_SCAVENGE,
			   counted ? EVENT_FROM_RUNTIME : EVENT_FROM_INFERRED,
			   done->half_ns + r->wall_offset_ns);
	char by[UNITS_MAX], in[UNITS_MAX];

	ev.confidence = counted ? 1 : 0.9;
	ev.bytes = done->gain;
	snprintf(ev.text, sizeof(ev.text),
		 "the runtime gave back %s of idle heap in %s%s",
		 units_bytes(by, done->gain),
		 units_duration(in, done->end_ns - done->begin_ns), then);
	sink(sink_ctx, &ev);
}

/* Gross releases that the net figure hides: they were used again at once. */
static void look_for_burst(struct returned *s, const struct observation *o,
			   const struct delta *d, int64_t least,
			   event_sink *sink, void *sink_ctx)
{
	const struct reading *r = o->now;

	if (r->begin_ns - s->burst_ns > BURST)
		s->burst_bytes = 0;
	if (!s->burst_bytes)
		s->burst_ns = o->before_end_ns;
	s->burst_bytes += d->bg + d->eager;
	if (s->burst_bytes < least || s->swing.high - s->swing.low >= least / 2)
		return; /* the net figure shows it, or will */
	struct swing_done done = {
		.gain = s->burst_bytes,
		.begin_ns = s->burst_ns,
		.half_ns = s->burst_ns + (r->begin_ns - s->burst_ns) / 2,
		.end_ns = r->begin_ns,
	};
	tell_scavenged(&done, r, true, " and took it again", sink, sink_ctx);
	s->burst_bytes = 0;
}

static void runtime_read(struct returned *s, const struct observation *o,
			 event_sink *sink, void *sink_ctx)
{
	const struct reading *r = o->now;
	int64_t now = r->begin_ns + (r->end_ns - r->begin_ns) / 2;
	struct swing_done done;
	struct delta d;

	if (o->first || !delta_make(&d, o) || d.dt_ns > GAP) {
		if (values_have(&r->values,
				FIELD_BIT(HEAP_RELEASED) | FIELD_BIT(SYS)))
			swing_restart(&s->swing, now, given(&r->values),
				      INT64_MAX, &done);
		s->waiting = 0;
		return;
	}
	int64_t rss =
		values_get(&o->state->values, FIELD_RSS, -given(&r->values));
	int64_t least = level_step(&s->level, now, rss);

	if (look_for_freed(s, o, &d, least, sink, sink_ctx)) {
		/* What the scavenger gave back before that is its own. */
		if (swing_restart(&s->swing, now, given(&r->values), least,
				  &done))
			tell_scavenged(&done, r, d.counted, "", sink, sink_ctx);
		s->burst_bytes = 0;
		return;
	}
	if (swing_step(&s->swing, now, given(&r->values), least, &done) &
	    SWING_DONE) {
		tell_scavenged(&done, r, d.counted, "", sink, sink_ctx);
		s->burst_bytes = 0;
	} else if (d.counted) {
		look_for_burst(s, o, &d, least, sink, sink_ctx);
	}
}

static void returned_observe(void *state, const struct observation *o,
			     event_sink *sink, void *sink_ctx)
{
	struct returned *s = state;

	if (o->now->origin == ORIGIN_PROC &&
	    values_has(&o->now->values, FIELD_RSS))
		rss_seen(s, o->now);
	else if (o->now->origin == ORIGIN_RUNTIME)
		runtime_read(s, o, sink, sink_ctx);
}

const struct detector detector_returned = {
	.name = "returned",
	.state_size = sizeof(struct returned),
	.observe = returned_observe,
};
