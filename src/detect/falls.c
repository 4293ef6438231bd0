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
#include "own.h"
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

/* The runtime's account of the time since RES was highest. */
struct account {
	bool begun;	/* there was a reading before; else it tells nothing */
	int64_t least;	/* least HeapReleased - Sys ... */
	int64_t risen;	/* ... and the most that it rose above that later */
	int64_t unseen; /* RES rose by that between the last reading before
			 * and the highest RES: a rise that hides a fall */
	int64_t num_gc, num_forced; /* at the first of its readings; forced by
				     * the program */
	bool counted;	  /* what was returned chunk by chunk is known: */
	int64_t returned; /* up to then */
	int64_t released; /* what the runtime's counters had then; -1: none */
	/* Of the first reading after RES was least; */
	bool after, closed;
	int64_t after_rss; /* RES at about that time, the higher of the looks
			    * before and after it */
	bool after_gc;	   /* a GC ended meanwhile, */
	bool after_forced; /* a forced one */
	bool after_dry;	   /* and all that was idle was given back */
};

/* A fall, and what was known where it began and where it ended. */
struct fall {
	struct swing_done swing;
	struct values base, low;
	int64_t low_ns;
	struct account account;
};

struct falls {
	struct level level;
	struct swing swing; /* of -RES */
	struct fall now;    /* the one that may be under way */
	struct fall done;   /* one that waits for the runtime's account */
	bool pending;
	int64_t base_ns;
	int64_t rss;   /* newest */
	int64_t least; /* of a fall that counts, by the newest RES */
	/* The runtime was read since RES was: whether RES had fallen by then
	 * is known at the next look. */
	bool unmatched;
	/* The newest reading of the runtime. */
	int64_t given_ns;  /* when; 0: never */
	int64_t given_rss; /* RES at about that time */
	int64_t given;	   /* HeapReleased - Sys */
	int64_t num_gc, num_forced;
	int64_t own;   /* of num_forced: residue's, which are not in it */
	unsigned scav; /* enum scav_mark */
	int64_t returned;
	int64_t released; /* by the scavenger and the allocator; -1: not known */
};

struct cause {
	enum event_kind kind;
	enum event_source source;
	double confidence;
	const char *what;
};

/* How much lower a figure is; 0 where it is not known. */
static int64_t fell(const struct fall *f, enum field field)
{
	return values_get(&f->base, field, 0) - values_get(&f->low, field, 0);
}

/* A fall that left again before the runtime was read: its figures cannot tell.
 * With a GC in between it was most likely the runtime, which gave pages back
 * and took them again for a growing heap. */
static bool undone(const struct fall *f)
{
	return f->account.after &&
	       f->account.after_rss >
		       values_get(&f->base, FIELD_RSS, 0) - f->swing.gain / 2;
}

/* A fall of RES that the runtime did not make. `account`: its figures say so;
 * else they are not known. */
static struct cause cause_of(const struct fall *f, bool account)
{
	int64_t half = f->swing.gain / 2;
	int64_t file = fell(f, FIELD_RSS_FILE) + fell(f, FIELD_RSS_SHMEM);
	bool unmapped = fell(f, FIELD_VSIZE) >= half;

	if (-fell(f, FIELD_SWAP) >= half)
		return (struct cause){EVENT_RECLAIM, EVENT_FROM_KERNEL, 1,
				      "the kernel moved it to swap"};
	if (file >= half && unmapped)
		return (struct cause){EVENT_UNMAP, EVENT_FROM_KERNEL, 1,
				      "file pages were unmapped"};
	if (file >= half)
		return (struct cause){EVENT_RECLAIM, EVENT_FROM_INFERRED, 0.8,
				      "the kernel took file pages, still "
				      "mapped"};
	if (values_get(&f->base, FIELD_LAZY_FREE, 0) >= half)
		return (struct cause){EVENT_RECLAIM, EVENT_FROM_INFERRED, 0.8,
				      "the kernel took pages freed lazily"};
	if (account && undone(f) && f->account.after_gc)
		return (struct cause){EVENT_SCAVENGE, EVENT_FROM_INFERRED, 0.5,
				      "given back around a GC and in use "
				      "again at once"};
	if (account)
		return (struct cause){EVENT_NATIVE_FREE, EVENT_FROM_INFERRED,
				      undone(f)	 ? 0.5
				      : unmapped ? 0.95
						 : 0.9,
				      "memory outside the Go runtime was "
				      "freed"};
	if (unmapped)
		return (struct cause){EVENT_NATIVE_FREE, EVENT_FROM_INFERRED,
				      0.7,
				      "anonymous memory was unmapped, which "
				      "Go never does"};
	if (f->swing.end_ns - f->swing.begin_ns <= AT_ONCE)
		return (struct cause){EVENT_DROP, EVENT_FROM_INFERRED, 0.6,
				      "at once, as FreeOSMemory does it"};
	return (struct cause){EVENT_DROP, EVENT_FROM_INFERRED, 0.4,
			      "slowly, as the scavenger does it"};
}

static void tell(const struct fall *f, const struct reading *r, bool account,
		 event_sink *sink, void *sink_ctx)
{
	struct cause c = cause_of(f, account);
	struct event ev = event_make(c.kind, c.source,
				     f->swing.half_ns + r->wall_offset_ns);
	char by[UNITS_MAX], in[UNITS_MAX];

	ev.confidence = c.confidence;
	ev.bytes = f->swing.gain;
	snprintf(ev.text, sizeof(ev.text), "RES fell by %s in %s: %s",
		 units_bytes(by, f->swing.gain),
		 units_duration(in, f->swing.end_ns - f->swing.begin_ns),
		 c.what);
	sink(sink_ctx, &ev);
}

/* Decide the fall that waits, once the runtime's account of it is there. */
static void settle(struct falls *s, const struct reading *r, event_sink *sink,
		   void *sink_ctx)
{
	const struct account *a = &s->done.account;

	if (!s->pending)
		return;
	if (a->closed && !a->begun) {
		s->pending = false;
		tell(&s->done, r, false, sink, sink_ctx);
	} else if (a->closed) {
		s->pending = false;
		if (a->risen + a->unseen >= s->done.swing.gain / 2)
			return; /* returned.c tells it */
		if (a->after_forced && (a->after_dry || undone(&s->done)))
			return; /* FreeOSMemory, as far as can be told */
		tell(&s->done, r, true, sink, sink_ctx);
	} else if (!s->given_ns || r->begin_ns - s->given_ns > GAP) {
		s->pending = false;
		tell(&s->done, r, false, sink, sink_ctx);
	}
}

/* RES is lower than it was by something that may become a fall. */
static bool falling(const struct falls *s)
{
	return values_get(&s->now.base, FIELD_RSS, 0) - s->rss >= s->least / 2;
}

/* The account as it stands where RES is highest. */
static void account_begin(struct falls *s, int64_t now, int64_t rss)
{
	bool apart = now - s->given_ns > NEAR;

	s->now.account = (struct account){
		.begun = s->given_ns != 0,
		.least = s->given,
		.unseen = apart && rss > s->given_rss ? rss - s->given_rss : 0,
		.num_gc = s->num_gc,
		.num_forced = s->num_forced,
		.counted = s->scav & SCAV_RETURNED,
		.returned = s->returned,
		.released = s->given_ns ? s->released : -1,
	};
}

static void account_step(struct falls *s, struct fall *f)
{
	struct account *a = &f->account;

	if (s->given < a->least)
		a->least = s->given;
	if (s->given - a->least > a->risen)
		a->risen = s->given - a->least;
	/* What is in use again shows in no gauge. */
	if (a->counted && s->scav & SCAV_RETURNED &&
	    s->returned - a->returned > a->risen)
		a->risen = s->returned - a->returned;
	if (a->released >= 0 && s->released - a->released > a->risen)
		a->risen = s->released - a->released;
	if (!a->after && s->given_ns >= f->low_ns) {
		a->after = true;
		a->after_rss = s->rss;
		a->after_gc = s->num_gc > a->num_gc;
		a->after_forced = s->num_forced > a->num_forced;
		a->after_dry = s->scav & SCAV_DRY;
	}
}

static void account_close(struct account *a, int64_t rss)
{
	if (a->after && !a->closed) {
		a->closed = true;
		a->after_rss = rss > a->after_rss ? rss : a->after_rss;
	}
}

/* It was read where RES was highest, and came late. */
static bool near_base(const struct falls *s, const struct reading *r)
{
	return r->begin_ns - s->base_ns <= NEAR && r->begin_ns < s->now.low_ns;
}

/* The newest reading of the runtime has a part of what may become a fall. */
static bool gave_back(const struct falls *s)
{
	return s->given - s->now.account.least >= s->least / 2;
}

/* How many GCs have ended, and how many of them the program forced. */
static void count_gcs(struct falls *s, const struct observation *o)
{
	const struct values *v = &o->now->values;
	int64_t forced = values_get(v, FIELD_NUM_FORCED_GC, 0);

	if (s->given_ns)
		s->own +=
			own_gcs(o, s->num_gc, forced - s->own - s->num_forced);
	s->num_gc = values_get(v, FIELD_NUM_GC, 0);
	s->num_forced = forced - s->own;
}

static void runtime_read(struct falls *s, const struct observation *o)
{
	const uint64_t need = FIELD_BIT(HEAP_RELEASED) | FIELD_BIT(SYS);
	const struct reading *r = o->now;

	if (!values_have(&r->values, need))
		return;
	count_gcs(s, o);
	s->given = r->values.v[FIELD_HEAP_RELEASED] - r->values.v[FIELD_SYS];
	s->given_ns = r->begin_ns;
	s->given_rss = s->rss;
	s->scav = r->scav;
	s->returned = r->returned;
	s->released = values_get(&r->values, FIELD_RELEASED_BG, -1);
	if (s->released >= 0)
		s->released += values_get(&r->values, FIELD_RELEASED_EAGER, 0);
	/* The account begins with the last reading before RES falls. This one
	 * may already have what fell since RES was read: the next look tells. */
	s->unmatched = true;
	if (s->now.account.begun && near_base(s, r) && !gave_back(s))
		account_begin(s, r->begin_ns, s->rss);
	account_step(s, &s->now);
	if (s->pending)
		account_step(s, &s->done);
}

/* RES was never lower in this swing. */
static void low_now(struct falls *s, const struct reading *r)
{
	s->now.low = r->values;
	s->now.low_ns = r->begin_ns;
	s->now.account.after = s->now.account.closed = false;
}

/* A look at RES: if nothing has fallen, the account begins with the last
 * reading of the runtime before it. */
static void matched(struct falls *s, const struct reading *r, bool base)
{
	if (s->given_ns > r->begin_ns)
		return; /* the look came late */
	if (base || (s->unmatched && !falling(s)))
		account_begin(s, base ? r->begin_ns : s->given_ns, s->rss);
	s->unmatched = false;
}

static void proc_read(struct falls *s, const struct observation *o,
		      event_sink *sink, void *sink_ctx)
{
	const struct reading *r = o->now;
	int64_t rss = r->values.v[FIELD_RSS];
	int64_t least = level_step(&s->level, r->begin_ns, rss);
	struct swing_done done;
	unsigned did = swing_step(&s->swing, r->begin_ns, -rss, least, &done);

	if (did & SWING_HIGH)
		low_now(s, r); /* this reading may end a piece, as its last */
	if (did & SWING_DONE) {
		if (s->pending) /* the one before never got its account */
			tell(&s->done, r, false, sink, sink_ctx);
		s->pending = true;
		s->done = s->now;
		s->done.swing = done;
	}
	s->rss = rss;
	s->least = least;
	if (did & SWING_BASE) {
		s->now.base = r->values;
		if (values_has(&o->state->values, FIELD_LAZY_FREE))
			values_set(&s->now.base, FIELD_LAZY_FREE,
				   o->state->values.v[FIELD_LAZY_FREE]);
		s->base_ns = r->begin_ns;
		low_now(s, r);
	}
	matched(s, r, did & SWING_BASE);
}

static void falls_observe(void *state, const struct observation *o,
			  event_sink *sink, void *sink_ctx)
{
	struct falls *s = state;

	if (o->now->origin == ORIGIN_RUNTIME) {
		runtime_read(s, o);
		return;
	}
	if (o->now->origin != ORIGIN_PROC ||
	    !values_has(&o->now->values, FIELD_RSS))
		return;
	/* The account is closed by the look that follows it: RES may have
	 * risen again before the runtime was read. */
	account_close(&s->now.account, o->now->values.v[FIELD_RSS]);
	account_close(&s->done.account, o->now->values.v[FIELD_RSS]);
	settle(s, o->now, sink, sink_ctx);
	proc_read(s, o, sink, sink_ctx);
}

const struct detector detector_falls = {
	.name = "falls",
	.state_size = sizeof(struct falls),
	.observe = falls_observe,
};
