/*
 * falls.c - RES fell and the Go runtime did not do it: reclaim, native_free,
 * unmap; and drop, where nothing is known of the runtime.
 *
 * A fall is one event. What the runtime gave back meanwhile (HeapReleased -
 * Sys, see returned.c) is told there; a fall that it explains by half or more
 * is not told here. RES and the runtime's figures are read at different
 * moments, at different rates, and the latter may come seconds late: a fall
 * waits until a reading of the runtime that began after it has arrived.
 */
#include "level.h"
#include "swing.h"

#include <residue/base/units.h>
#include <residue/detect/detect.h>

#include <stdio.h>

#define MS INT64_C(1000000)
/* Without a reading of the runtime for so long, it is not waited for. */
#define GAP (30000 * MS)
/* Two readings this near are of one moment. */
#define NEAR (50 * MS)
/* A fall that took no longer than this, or one tick, is at once. */
#define AT_ONCE (1200 * MS)

struct falls {
	struct level level;
	struct swing swing; /* of -RES */
	struct values base; /* /proc's figures where the swing began */
	struct values low;  /* and where RES was least */
	int64_t low_ns;
	/* The runtime's account of the same time. */
	int64_t given;	    /* newest HeapReleased - Sys */
	int64_t given_ns;   /* when that was read; 0: never */
	int64_t given_rss;  /* RES at about that time */
	int64_t given_least; /* least of it since the swing's base ... */
	int64_t given_risen; /* ... and most that it rose above that since */
	int64_t grew_unseen; /* RES rose by that between the last reading of
			      * the runtime and the swing's base */
	int64_t rss;
	/* A fall that waits for the runtime's account. */
	bool pending;
	struct swing_done fall;
	struct values fall_base, fall_low;
	int64_t fall_low_ns;
	int64_t fall_given_risen, fall_given_least, fall_grew_unseen;
};

struct cause {
	enum event_kind kind;
	enum event_source source;
	double confidence;
	const char *what;
};

/* How much lower a figure is; 0 where it is not known. */
static int64_t fell(const struct falls *s, enum field f)
{
	return values_get(&s->fall_base, f, 0) -
	       values_get(&s->fall_low, f, 0);
}

/* A fall of RES that the runtime did not make. `account`: its figures say so;
 * else they are not known. */
static struct cause cause_of(const struct falls *s, bool account)
{
	int64_t half = s->fall.gain / 2;
	int64_t file = fell(s, FIELD_RSS_FILE) + fell(s, FIELD_RSS_SHMEM);
	bool unmapped = fell(s, FIELD_VSIZE) >= half;

	if (-fell(s, FIELD_SWAP) >= half)
		return (struct cause){EVENT_RECLAIM, EVENT_FROM_KERNEL, 1,
				      "the kernel moved it to swap"};
	if (file >= half && unmapped)
		return (struct cause){EVENT_UNMAP, EVENT_FROM_KERNEL, 1,
				      "file pages were unmapped"};
	if (file >= half)
		return (struct cause){EVENT_RECLAIM, EVENT_FROM_INFERRED, 0.8,
				      "the kernel took file pages, still "
				      "mapped"};
	if (values_get(&s->fall_base, FIELD_LAZY_FREE, 0) >= half)
		return (struct cause){EVENT_RECLAIM, EVENT_FROM_INFERRED, 0.8,
				      "the kernel took pages freed lazily"};
	if (account)
		return (struct cause){EVENT_NATIVE_FREE, EVENT_FROM_INFERRED,
				      unmapped ? 0.95 : 0.9,
				      "memory outside the Go runtime was "
				      "freed"};
	if (unmapped)
		return (struct cause){EVENT_NATIVE_FREE, EVENT_FROM_INFERRED,
				      0.7,
				      "anonymous memory was unmapped, which "
				      "Go never does"};
	if (s->fall.end_ns - s->fall.begin_ns <= AT_ONCE)
		return (struct cause){EVENT_DROP, EVENT_FROM_INFERRED, 0.6,
				      "at once, as FreeOSMemory does it"};
	return (struct cause){EVENT_DROP, EVENT_FROM_INFERRED, 0.4,
			      "slowly, as the scavenger does it"};
}

static void tell(struct falls *s, const struct reading *r, bool account,
		 event_sink *sink, void *sink_ctx)
{
	struct cause c = cause_of(s, account);
	struct event ev = event_make(c.kind, c.source,
				     s->fall.half_ns + r->wall_offset_ns);
	char by[UNITS_MAX], in[UNITS_MAX];

	ev.confidence = c.confidence;
	ev.bytes = s->fall.gain;
	snprintf(ev.text, sizeof(ev.text), "RES fell by %s in %s: %s",
		 units_bytes(by, s->fall.gain),
		 units_duration(in, s->fall.end_ns - s->fall.begin_ns),
		 c.what);
	sink(sink_ctx, &ev);
}

/* Decide the fall that waits, once the runtime's account of it is there. */
static void settle(struct falls *s, const struct reading *r, int64_t now,
		   event_sink *sink, void *sink_ctx)
{
	if (!s->pending)
		return;
	if (s->given_ns >= s->fall_low_ns) {
		s->pending = false;
		if (s->fall_given_risen + s->fall_grew_unseen <
		    s->fall.gain / 2)
			tell(s, r, true, sink, sink_ctx);
	} else if (!s->given_ns || now - s->given_ns > GAP) {
		s->pending = false;
		tell(s, r, false, sink, sink_ctx);
	}
}

static void account_step(int64_t *least, int64_t *risen, int64_t given)
{
	if (given < *least)
		*least = given;
	if (given - *least > *risen)
		*risen = given - *least;
}

static void runtime_read(struct falls *s, const struct reading *r)
{
	const uint64_t need = FIELD_BIT(HEAP_RELEASED) | FIELD_BIT(SYS);

	if (!values_have(&r->values, need))
		return;
	s->given = r->values.v[FIELD_HEAP_RELEASED] - r->values.v[FIELD_SYS];
	if (!s->given_ns)
		s->given_least = s->fall_given_least = s->given;
	s->given_ns = r->begin_ns;
	s->given_rss = s->rss;
	if (s->swing.high == s->swing.low) { /* still at the base */
		s->given_least = s->given;
		s->given_risen = 0;
		s->grew_unseen = 0;
	}
	account_step(&s->given_least, &s->given_risen, s->given);
	if (s->pending)
		account_step(&s->fall_given_least, &s->fall_given_risen,
			     s->given);
}

static void proc_read(struct falls *s, const struct observation *o,
		      event_sink *sink, void *sink_ctx)
{
	const struct reading *r = o->now;
	int64_t rss = r->values.v[FIELD_RSS];
	int64_t least = level_step(&s->level, r->begin_ns, rss);
	struct swing_done done;
	unsigned did = swing_step(&s->swing, r->begin_ns, -rss, least, &done);

	if (did & SWING_DONE) {
		if (s->pending) /* the one before never got its account */
			tell(s, r, false, sink, sink_ctx);
		s->pending = true;
		s->fall = done;
		s->fall_base = s->base;
		s->fall_low = s->low;
		s->fall_low_ns = s->low_ns;
		s->fall_given_least = s->given_least;
		s->fall_given_risen = s->given_risen;
		s->fall_grew_unseen = s->grew_unseen;
	}
	s->rss = rss;
	if (did & (SWING_BASE | SWING_HIGH)) {
		s->low = r->values;
		s->low_ns = r->begin_ns;
	}
	if (did & SWING_BASE) {
		s->base = r->values;
		if (values_has(&o->state->values, FIELD_LAZY_FREE))
			values_set(&s->base, FIELD_LAZY_FREE,
				   o->state->values.v[FIELD_LAZY_FREE]);
		s->given_least = s->given;
		s->given_risen = 0;
		s->grew_unseen = r->begin_ns - s->given_ns > NEAR &&
						 rss > s->given_rss
					 ? rss - s->given_rss
					 : 0;
	}
}

static void falls_observe(void *state, const struct observation *o,
			  event_sink *sink, void *sink_ctx)
{
	struct falls *s = state;

	if (o->now->origin == ORIGIN_PROC &&
	    values_has(&o->now->values, FIELD_RSS))
		proc_read(s, o, sink, sink_ctx);
	else if (o->now->origin == ORIGIN_RUNTIME)
		runtime_read(s, o->now);
	else
		return;
	settle(s, o->now, o->now->begin_ns, sink, sink_ctx);
}

const struct detector detector_falls = {
	.name = "falls",
	.state_size = sizeof(struct falls),
	.observe = falls_observe,
};
