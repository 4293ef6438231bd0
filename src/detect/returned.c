/*
 * returned.c - memory that the Go runtime gave back: free_os_memory, scavenge.
 *
 * Both show as a rise of `given` = HeapReleased - Sys. They differ in who did
 * it: debug.FreeOSMemory forces a GC and then releases everything idle at once
 * (mheap.scavengeAll), the scavenger releases some of it of its own accord.
 *
 * Since Go 1.21 the runtime counts what the background scavenger and the
 * allocator released (mheap_.pages.scav.releasedBg, releasedEager), and marks
 * where a forced scavenge ran to the end (enum scav_mark). Where these are
 * read, it is exact: FreeOSMemory is a forced GC after which a forced scavenge
 * ran dry, which away from a memory limit nobody else causes; or after which
 * more was given back, net or as seen chunk by chunk, than the counters explain
 * now and at the next reading, for they are counted up a little after the fact.
 * The first sees it when the memory is in use again at once, the second while
 * it runs, when pages were freed since, and at a memory limit. Elsewhere it is
 * concluded: a forced GC, a jump of HeapReleased with nothing idle left, and,
 * where RES is read often enough, its fall right after that GC. Since Go 1.21 a
 * little may be left idle if what went was in use until that GC (left()). A GC
 * that residue forced is no such GC.
 *
 * GODEBUG=scavtrace=1 counts from 0 again whenever a sweep ends
 * (runtime/mgcsweep.go, sweepone): what was released between the last reading
 * and that moment is in no counter. Then only the mark proves the call.
 *
 * What was given back and taken again between two readings grew too: growth.c
 * sees that where RES was looked at meanwhile, else it is told here.
 */
#include "level.h"
#include "limit.h"
#include "own.h"
#include "swing.h"

#include <residue/base/sat.h>
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
/* What may be where more than that forced GC tells of it (measured: up to 3.7
 * MiB, of which the call cannot return what the program's other goroutines use
 * meanwhile), and as a part of what was given back. */
#define IDLE_SOME (4 * MIB)
#define IDLE_PART 16
/* With counters: what they may leave unexplained without being that call. */
#define UNEXPLAINED_LEAST (1 * MIB)
/* What was seen to be returned chunk by chunk may be too much by one: the
 * background scavenger passes over pages above the one it is at. */
#define CHUNK (4 * MIB)
/* FreeOSMemory takes 58 to 100 ms a GiB after its GC. */
#define AT_ONCE	    (300 * MS)
#define AT_ONCE_GIB (150 * MS)
/* Gross releases by the counters within so long are one release, even when
 * the memory is in use again at once. */
#define BURST (1500 * MS)

#define RSS_SEEN 64

/* What one reading of the runtime says of it. An agentless reading may be
 * partial: only those that have all of this are compared. */
struct account {
	int64_t begin_ns, end_ns; /* CLOCK_BOOTTIME; end 0: none yet */
	int64_t given;		  /* HeapReleased - Sys */
	int64_t idle;		  /* HeapIdle - HeapReleased */
	int64_t forced;		  /* NumForcedGC; -1: not known */
	int64_t num_gc;		  /* likewise */
	bool counted;		  /* the counters are known, all of them, */
	bool resets;		  /* and are counted from 0 after each GC */
	int64_t bg, eager;	  /* bg -1: not known */
	unsigned scav;		  /* enum scav_mark */
	int64_t returned;	  /* as in struct reading */
	int64_t alloc;		  /* TotalAlloc; -1: not known */
};

struct returned {
	struct level level;
	struct swing swing;  /* of `given` */
	struct swing before; /* the same, before the forced GC below */
	struct account last;
	/* RES of the last seconds: ring. */
	struct {
		int64_t t_ns, rss;
	} seen[RSS_SEEN];
	unsigned seen_end, seen_count;
	/* A forced GC whose releases may still come: when it ended, and until
	 * when they belong to it (CLOCK_BOOTTIME); 0: none. */
	int64_t forced_wall;
	int64_t until_ns;
	int64_t freed; /* bytes that were, as far as we know, */
	int64_t alloc; /* and that were allocated since: they may hide more */
	bool alone;    /* no other GC ended since the reading before it, */
	int64_t idle;  /* which had so much idle */
	/* Without all counters: what the background scavenger gave back. */
	int64_t scavenged;
	/* With counters: bytes that they did not explain in the last interval,
	 * and may yet. */
	int64_t unsure;
	bool told; /* it was told as FreeOSMemory already */
	/* Gross releases by the counters. */
	int64_t burst_ns, burst_bytes;
};

/* What happened between two readings of the runtime. */
struct delta {
	/* As above: the rises, */
	int64_t given, idle, forced, gcs, bg, eager, returned, alloc;
	bool counted; /* except of idle: now. Bg and eager are known, */
	bool all;     /* and nothing was released that they have not */
	bool marked;  /* it is known whether a forced scavenge ran dry: */
	bool ran_dry; /* it did, and no allocator forced it */
};

static bool older_than_21(const struct observation *o)
{
	unsigned minor;

	return sscanf(o->state->info.go_version, "go1.%u", &minor) == 1 &&
	       minor < 21;
}

static bool account_make(struct account *a, const struct observation *o)
{
	const uint64_t need = FIELD_BIT(HEAP_RELEASED) | FIELD_BIT(SYS) |
			      FIELD_BIT(HEAP_IDLE);
	const uint64_t counters =
		FIELD_BIT(RELEASED_BG) | FIELD_BIT(RELEASED_EAGER);
	const struct values *v = &o->now->values;

	if (!values_have(v, need))
		return false;
	*a = (struct account){
		.begin_ns = o->now->begin_ns,
		.end_ns = o->now->end_ns,
		.given = v->v[FIELD_HEAP_RELEASED] - v->v[FIELD_SYS],
		.idle = v->v[FIELD_HEAP_IDLE] - v->v[FIELD_HEAP_RELEASED],
		.forced = values_get(v, FIELD_NUM_FORCED_GC, -1),
		.num_gc = values_get(v, FIELD_NUM_GC, -1),
		/* Go 1.19 and 1.20 count what the background scavenger released
		 * only (runtime/mgcscavenge.go, bgscavenge: scav.released): that
		 * was not FreeOSMemory, but what they do not count need not have
		 * been. */
		.counted = values_have(v, counters) && !older_than_21(o),
		.resets = o->now->scav & SCAV_RESETS,
		.bg = values_get(v, FIELD_RELEASED_BG, -1),
		.eager = values_get(v, FIELD_RELEASED_EAGER, 0),
		.scav = o->now->scav,
		.returned = o->now->returned,
		.alloc = values_get(v, FIELD_TOTAL_ALLOC, -1),
	};
	return true;
}

/* A counter's rise; where it was reset meanwhile, what is known of it. */
static int64_t risen(int64_t from, int64_t to)
{
	return to < from ? to : to - from;
}

/* Dry now, and either not before, or pages were freed since the last GC and
 * are gone already: then it ran again. */
static bool ran_dry(const struct account *a, const struct account *b)
{
	return a->scav & b->scav & SCAV_KNOWN && b->scav & SCAV_DRY &&
	       (!(a->scav & SCAV_DRY) || b->scav & SCAV_FREED);
}

static struct delta delta_make(const struct account *a, const struct account *b)
{
	bool counted = a->counted && b->counted;
	bool resets = a->resets || b->resets;

	return (struct delta){
		.given = b->given - a->given,
		.idle = b->idle,
		.forced = a->forced < 0 || b->forced < 0
				  ? -1
				  : b->forced - a->forced,
		.gcs = b->num_gc - a->num_gc,
		.counted = counted,
		.all = counted && !resets,
		.marked = a->scav & b->scav & SCAV_KNOWN,
		.bg = a->bg < 0 || b->bg < 0 ? 0 : risen(a->bg, b->bg),
		.eager = counted ? risen(a->eager, b->eager) : 0,
		.ran_dry = ran_dry(a, b),
		.returned = a->scav & b->scav & SCAV_RETURNED
				    ? b->returned - a->returned
				    : 0,
		.alloc = a->alloc < 0 || b->alloc < a->alloc
				 ? INT64_MAX
				 : b->alloc - a->alloc,
	};
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

/* By how much RES fell from t_ns to at most `within` after it. False where it
 * was not read; *apart_ns: what lies between the two readings. */
static bool fell_within(const struct returned *s, int64_t t_ns, int64_t within,
			int64_t *fall, int64_t *apart_ns)
{
	int64_t before = -1, least = INT64_MAX, before_ns = 0, after_ns = 0;

	*fall = 0;
	for (unsigned i = 0; i < s->seen_count; i++) {
		unsigned k =
			(s->seen_end + RSS_SEEN - s->seen_count + i) % RSS_SEEN;
		int64_t t = s->seen[k].t_ns, rss = s->seen[k].rss;

		if (t <= t_ns) {
			before = rss;
			before_ns = t;
		} else if (t - t_ns <= within && rss < least) {
			least = rss;
			after_ns = t;
		}
	}
	if (before < 0 || least == INT64_MAX)
		return false;
	*fall = before - least;
	*apart_ns = after_ns - before_ns;
	return true;
}

/* Did RES fall right after `t_ns`, as FreeOSMemory makes it fall? The fall
 * goes to *fall. Unknown where RES is not read often enough. */
enum at_once { UNKNOWN, YES, NO };
static enum at_once fell_after(const struct returned *s, int64_t t_ns,
			       int64_t bytes, int64_t *fall)
{
	int64_t apart;

	if (!fell_within(s, t_ns, AT_ONCE + at_once_more(bytes), fall,
			 &apart) ||
	    apart > 2 * AT_ONCE)
		return UNKNOWN;
	return *fall >= bytes * 2 / 5 ? YES : NO;
}

/* RES was seen to rise since t_ns, by about as much as counts. */
static bool rose_since(const struct returned *s, int64_t t_ns, int64_t least)
{
	int64_t low = INT64_MAX;

	for (unsigned i = 0; i < s->seen_count; i++) {
		unsigned k =
			(s->seen_end + RSS_SEEN - s->seen_count + i) % RSS_SEEN;

		if (s->seen[k].t_ns < t_ns)
			continue;
		if (s->seen[k].rss < low)
			low = s->seen[k].rss;
		if (s->seen[k].rss - low >= least / 2)
			return true;
	}
	return false;
}

/* The end of the last GC; of several since the last reading, that of the last
 * which residue did not force. */
static int64_t last_end(const struct returned *s, const struct pause_ring *ring,
			const struct observation *o)
{
	int64_t num = ring->num_gc, end;

	for (int64_t n = num; n > s->last.num_gc && n > num - PAUSE_RING; n--) {
		end = (int64_t)ring->end_ns[pause_index((uint32_t)n)];
		if (!own_gc(o, end))
			return end;
	}
	return (int64_t)ring->end_ns[pause_index((uint32_t)num)];
}

/* When the forced GC ended, CLOCK_REALTIME: the last one known, if several. */
static int64_t forced_end(const struct returned *s, const struct observation *o)
{
	const struct reading *r = o->now;
	int64_t end = 0;

	if (o->pauses && o->pauses->num_gc) {
		end = last_end(s, o->pauses, o);
	} else {
		end = values_get(&r->values, FIELD_LAST_GC, 0);
	}
	int64_t now = r->end_ns + r->wall_offset_ns;

	if (end <= 0 || end > now)
		end = s->last.end_ns + (r->begin_ns - s->last.end_ns) / 2 +
		      r->wall_offset_ns;
	return end;
}

/* What was given back and is in no counter. */
static int64_t unexplained(const struct delta *d)
{
	int64_t seen = d->returned - CHUNK;

	return (d->given > seen ? d->given : seen) - d->bg - d->eager;
}

/* Bytes that FreeOSMemory gave back, by the counters, 0 for none that is sure:
 * what they did not explain at the last reading, less what they have counted
 * since. */
static int64_t freed_counted(struct returned *s, const struct delta *d)
{
	int64_t sure = s->unsure - d->bg - d->eager;

	s->unsure = unexplained(d);
	return sure >= UNEXPLAINED_LEAST ? sure : 0;
}

/* Something is left idle: was it that call all the same? Since Go 1.21 the
 * scavenger passes over what was in use until a GC (runtime/mgcscavenge.go,
 * shouldScavenge), so after one GC alone nobody else returns that. Of what was
 * idle before it nothing tells: a scavenger that has slept for long gives back
 * as fast as that call, and leaves as little. */
static bool left(const struct returned *s, const struct observation *o,
		 const struct delta *d, int64_t at_ns)
{
	int64_t fall, apart;

	if (!s->alone || older_than_21(o) || d->idle > IDLE_SOME ||
	    d->idle > s->freed / IDLE_PART || s->freed < FREE_LEAST ||
	    s->freed - s->idle < s->freed / 2)
		return false;
	if (fell_after(s, at_ns, s->freed, &fall) != NO)
		return true;
	/* What is freed lazily stays in RES. */
	return fell_within(s, at_ns, INT64_MAX, &fall, &apart) &&
	       fall < s->freed / 10;
}

/* The same without them; what was given back since the forced GC, other than
 * by the background scavenger as far as that is counted, is in s->freed. */
static int64_t freed_inferred(const struct returned *s,
			      const struct observation *o,
			      const struct delta *d, int64_t least,
			      double *confidence)
{
	int64_t at = s->forced_wall - o->now->wall_offset_ns, fall;
	int64_t bytes = s->freed > FREE_LEAST ? s->freed : FREE_LEAST;
	enum at_once once;

	if (d->idle > IDLE_LEFT) {
		*confidence = 0.75;
		return left(s, o, d, at) ? s->freed : 0;
	}
	once = fell_after(s, at, bytes, &fall);
	if (s->freed >= FREE_LEAST && once != NO) {
		*confidence = once == YES ? 0.95 : 0.8;
		return s->freed;
	}
	/* In use again by the time of this reading, but RES showed it. */
	if (once == YES && fall - s->scavenged >= least / 2) {
		*confidence = 0.7;
		return fall;
	}
	return 0;
}

/* How that call is known: by the counters and the mark, by the mark alone
 * (then the scavenger's own part may be in the bytes), or by neither. */
enum known_by { COUNTED, PROVEN, INFERRED };

static void tell_freed(struct returned *s, enum known_by by, double confidence,
		       int64_t bytes, event_sink *sink, void *sink_ctx)
{
	struct event ev = event_make(EVENT_FREE_OS_MEMORY,
				     by == INFERRED ? EVENT_FROM_INFERRED
						    : EVENT_FROM_RUNTIME,
				     s->forced_wall);
	/* What was allocated meanwhile may have been given back before. */
	const char *least = s->alloc >= UNEXPLAINED_LEAST ? "at least " : "";
	char what[UNITS_MAX];

	ev.confidence = confidence;
	if (bytes >= UNEXPLAINED_LEAST)
		ev.bytes = bytes;
	snprintf(ev.text, sizeof(ev.text),
		 "FreeOSMemory gave back %s%s at once%s",
		 ev.bytes < 0	 ? ""
		 : by == PROVEN	 ? "up to "
		 : by == COUNTED ? least
				 : "",
		 ev.bytes < 0 ? "all that was idle" : units_bytes(what, bytes),
		 by == INFERRED ? " (inferred: a forced GC, then next to "
				  "nothing idle left)"
		 : ev.bytes < 0 ? "; how much was not seen"
				: "");
	sink(sink_ctx, &ev);
	s->told = true;
}

/* Whether the interval's releases are that call's, where counters are missing
 * or no proof; what is given back is in s->freed. */
static bool freed_uncounted(struct returned *s, const struct observation *o,
			    const struct delta *d, int64_t least,
			    event_sink *sink, void *sink_ctx)
{
	int64_t bytes = d->given - d->bg - d->eager;
	double confidence = 1;

	s->freed += bytes;
	s->scavenged += d->bg + d->eager;
	if (s->told)
		return bytes > 0;
	if (d->marked) {
		if (d->ran_dry)
			tell_freed(s, PROVEN, 1, s->freed, sink, sink_ctx);
		return d->ran_dry;
	}
	bytes = freed_inferred(s, o, d, least, &confidence);
	if (bytes)
		tell_freed(s, INFERRED, confidence, bytes, sink, sink_ctx);
	return bytes;
}

static void forced_gc_seen(struct returned *s, const struct observation *o,
			   const struct delta *d)
{
	s->alone = !s->until_ns && d->gcs == 1;
	s->idle = s->last.idle;
	if (!s->until_ns)
		s->before = s->swing;
	s->forced_wall = forced_end(s, o);
	s->until_ns = s->forced_wall - o->now->wall_offset_ns + AT_ONCE +
		      at_once_more(-s->last.given);
	s->freed = s->scavenged = s->unsure = s->alloc = 0;
	s->told = false;
}

/* True when this interval's releases are FreeOSMemory's. With counters they
 * are added up until no more can come, so that the event has them all. */
static bool look_for_freed(struct returned *s, const struct observation *o,
			   const struct delta *d, int64_t least,
			   event_sink *sink, void *sink_ctx)
{
	bool over = o->now->begin_ns >= s->until_ns;
	bool freed;

	s->alloc = sat_add(s->alloc, d->alloc);
	if (d->all) {
		int64_t bytes = freed_counted(s, d);

		s->freed += bytes;
		if (d->ran_dry) { /* all of it is, whatever counters do */
			s->freed += s->unsure > 0 ? s->unsure : 0;
			bytes = s->unsure;
			s->unsure = 0;
		}
		/* One more reading, for what may be counted yet. */
		over = over && s->unsure < UNEXPLAINED_LEAST;
		if (!s->told && (d->ran_dry || s->freed) &&
		    s->unsure < UNEXPLAINED_LEAST)
			tell_freed(s, COUNTED, 1, s->freed, sink, sink_ctx);
		freed = bytes > 0;
	} else {
		freed = freed_uncounted(s, o, d, least, sink, sink_ctx);
	}
	if (over)
		s->until_ns = 0;
	return freed;
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

/* RES fell by what was given back and rose again, in whichever order: nobody
 * looked. */
static void tell_taken_again(const struct swing_done *done,
			     const struct reading *r, event_sink *sink,
			     void *sink_ctx)
{
	struct event ev = event_make(EVENT_GROWTH, EVENT_FROM_INFERRED,
				     done->half_ns + r->wall_offset_ns);
	char by[UNITS_MAX];

	ev.confidence = 0.7;
	ev.bytes = done->gain;
	snprintf(ev.text, sizeof(ev.text),
		 "RES grew by up to %s between two looks: the runtime gave so "
		 "much back and took it again",
		 units_bytes(by, done->gain));
	sink(sink_ctx, &ev);
}

/* Gross releases that the net figure hides: they were used again at once. */
static void look_for_burst(struct returned *s, const struct reading *r,
			   const struct delta *d, int64_t least,
			   event_sink *sink, void *sink_ctx)
{
	struct swing_done net;

	if (r->begin_ns - s->burst_ns > BURST)
		s->burst_bytes = 0;
	if (!s->burst_bytes)
		s->burst_ns = s->last.end_ns;
	s->burst_bytes += d->bg + d->eager;
	if (s->burst_bytes < least || s->swing.high - s->swing.low >= least)
		return; /* the net figure shows it */
	struct swing_done done = {
		.gain = s->burst_bytes,
		.begin_ns = s->burst_ns,
		.half_ns = s->burst_ns + (r->begin_ns - s->burst_ns) / 2,
		.end_ns = r->begin_ns,
	};
	tell_scavenged(&done, r, true, " and took it again", sink, sink_ctx);
	if (!rose_since(s, s->burst_ns, least))
		tell_taken_again(&done, r, sink, sink_ctx);
	/* What the net figure has of it is told with it. */
	swing_restart(&s->swing, r->begin_ns, s->last.given + d->given, least,
		      &net);
	s->burst_bytes = 0;
}

/* At the last reading FreeOSMemory after an earlier forced GC was at work: what
 * was given back since is its own, rather than of the GC that came since. */
static bool still_frees(struct returned *s, const struct delta *d)
{
	if (!s->until_ns)
		return false;
	s->freed += freed_counted(s, d);
	return s->freed && s->last.end_ns < s->until_ns &&
	       s->last.scav & SCAV_KNOWN && !(s->last.scav & SCAV_DRY);
}

/* The allocator released all that was, and says so: it may have forced the
 * scavenger, at a memory limit that stood for less than an interval. */
static bool by_allocator(const struct delta *d)
{
	return d->all && d->eager >= UNEXPLAINED_LEAST &&
	       unexplained(d) < UNEXPLAINED_LEAST;
}

static void compare(struct returned *s, const struct observation *o,
		    const struct account *now, event_sink *sink, void *sink_ctx)
{
	struct delta d = delta_make(&s->last, now);
	int64_t t = now->begin_ns + (now->end_ns - now->begin_ns) / 2;
	int64_t rss = values_get(&o->state->values, FIELD_RSS, -now->given);
	int64_t least = level_step(&s->level, t, rss);
	struct swing_done done;
	bool earlier = false;

	d.ran_dry = d.ran_dry && !limit_near(&o->before, &o->now->values) &&
		    !by_allocator(&d);
	/* Ours is no FreeOSMemory: where nothing proves one, it is left out. */
	if (!d.all && !d.marked)
		d.forced -= own_gcs(o, s->last.num_gc, d.forced);
	if (d.forced > 0) {
		earlier = d.all && still_frees(s, &d);
		if (d.all && s->until_ns && !s->told && s->freed)
			tell_freed(s, COUNTED, 1, s->freed, sink, sink_ctx);
		forced_gc_seen(s, o, &d);
	} else if (d.gcs) {
		s->alone = false;
	}
	if (earlier) {
		d.given = d.returned = 0;
		d.ran_dry = d.ran_dry && now->scav & SCAV_FREED;
	}
	if (s->until_ns && look_for_freed(s, o, &d, least, sink, sink_ctx)) {
		/* What the scavenger gave back before that GC is its own. */
		s->swing = s->before;
		if (swing_restart(&s->swing, t, now->given, least, &done))
			tell_scavenged(&done, o->now, d.counted, "", sink,
				       sink_ctx);
		s->before = s->swing;
		s->burst_bytes = 0;
		return;
	}
	if (swing_step(&s->swing, t, now->given, least, &done) & SWING_DONE) {
		tell_scavenged(&done, o->now, d.counted, "", sink, sink_ctx);
		s->burst_bytes = 0;
	} else if (d.counted &&
		   !values_has(&o->now->values, FIELD_MEMORY_LIMIT)) {
		/* At a limit the allocator gives back and takes all the time:
		 * that is no event. */
		look_for_burst(s, o->now, &d, least, sink, sink_ctx);
	}
}

static void runtime_read(struct returned *s, const struct observation *o,
			 event_sink *sink, void *sink_ctx)
{
	struct swing_done done;
	struct account now;

	if (!account_make(&now, o))
		return;
	if (s->last.end_ns && now.begin_ns - s->last.end_ns <= GAP) {
		compare(s, o, &now, sink, sink_ctx);
	} else {
		swing_restart(&s->swing, now.begin_ns, now.given, INT64_MAX,
			      &done);
		s->until_ns = 0;
	}
	s->last = now;
}

/* The process is gone: what it was giving back is told. */
static void returned_end(struct returned *s, const struct observation *o,
			 event_sink *sink, void *sink_ctx)
{
	int64_t t = o->now->begin_ns;
	int64_t least = level_step(&s->level, t, 0);
	struct swing_done done;

	if (s->until_ns && s->last.counted && !s->last.resets && !s->told &&
	    s->freed)
		tell_freed(s, COUNTED, 1, s->freed, sink, sink_ctx);
	if (swing_restart(&s->swing, t, 0, least, &done))
		tell_scavenged(&done, o->now, s->last.counted, "", sink,
			       sink_ctx);
	s->until_ns = s->last.end_ns = 0;
}

static void returned_observe(void *state, const struct observation *o,
			     event_sink *sink, void *sink_ctx)
{
	struct returned *s = state;

	if (reading_ends(o->now))
		returned_end(s, o, sink, sink_ctx);
	else if (o->now->origin == ORIGIN_PROC &&
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
