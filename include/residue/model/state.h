/*
 * state.h - all that is known of one target now, built from its stream.
 *
 * The store owns one state a target and feeds it under its lock; tests and
 * replay feed it without threads. It keeps each origin's last good reading
 * and last failure, the events, the newest document of each kind, and (for
 * opened targets) the history. Detectors (a layer above) are handed the state
 * after each reading, in order of arrival.
 */
#ifndef RESIDUE_MODEL_STATE_H
#define RESIDUE_MODEL_STATE_H

#include <residue/model/event.h>
#include <residue/model/history.h>
#include <residue/model/pauses.h>
#include <residue/model/reading.h>
#include <residue/model/sites.h>
#include <residue/model/target.h>

/* How fresh an origin is. */
struct origin_state {
	bool ever;	  /* delivered at least once */
	int64_t begin_ns; /* of the last good read, CLOCK_BOOTTIME */
	int64_t end_ns;
	enum read_by by;
	int64_t failed_ns; /* of the last failure; 0: never */
	struct err fail;   /* why; code ERR_NONE when the last read worked */
};

#define STATE_EVENTS	    4096 /* kept of an opened target */
#define STATE_EVENTS_LISTED 64	 /* and of one that is only in the list */
/* A row in the list keeps RES and heap for five minutes at 1 Hz. */
#define BRIEF_SAMPLES 300

struct brief {
	int64_t step_ns;	     /* 1 s */
	int64_t end_step;	     /* number of the newest slot */
	uint32_t rss[BRIEF_SAMPLES]; /* pages of 4 KiB + 1; 0: not known */
	uint32_t heap[BRIEF_SAMPLES];
};

struct state {
	struct target_info info;
	struct origin_state origins[ORIGIN_COUNT];
	struct values values;	/* newest of every origin, derived ones too */
	int64_t wall_offset_ns; /* of the newest reading */
	int64_t exited_ns;	/* CLOCK_BOOTTIME; 0 while it lives */
	struct doc *docs[DOC_COUNT];
	bool served_profile; /* an endpoint has served a profile: it stays the
			      * measure, however later ones are read */
	/* What the endpoint's newest answer to the question for a profile came
	 * to, whatever memory gives instead. */
	bool endpoint_asked;
	struct err endpoint_fail; /* code ERR_NONE: it is well */
	/* How FIELD_PPROF_NUM_GC is found where the profile does not say. */
	struct {
		bool open;	/* not yet decided for the newest profile */
		bool forced_gc; /* as in struct reading */
		int64_t before; /* num_gc read before it; -1: not known */
		int64_t begin_wall_ns, end_wall_ns; /* CLOCK_REALTIME */
	} dating;
	/* Where FIELD_PPROF_NUM_GC stays unknown: GCs that had ended when that
	 * profile's fetch began; it is as of the last of them, or of one that
	 * ended meanwhile. -1: that is not known either. */
	int64_t pprof_gc_least;
	/* While a request of ours for a GC was last under way, CLOCK_BOOTTIME:
	 * begin 0: never; end 0: it still is. */
	struct {
		int64_t begin_ns, end_ns;
	} own_gc;
	struct event *events; /* ring */
	unsigned event_room;
	uint64_t event_count; /* ever */
	struct brief brief;
	struct history *history;  /* NULL unless opened */
	struct site_trail *trail; /* the same */
	uint64_t rows;		  /* composed so far */
	int64_t last_row_ns;	  /* CLOCK_BOOTTIME of the newest one */
};

/* Where detectors deliver what they find. */
typedef void event_sink(void *ctx, const struct event *ev);

/* With full history when `opened`, else with what a list needs. */
void state_init(struct state *s, const struct target_info *info, bool opened);
void state_release(struct state *s);

/* The memory that opening takes, allocated before the lock is taken. */
struct state_room {
	struct event *events;
	struct history *history;
	struct site_trail *trail;
};
void state_room_new(struct state_room *room);
/* Full history from now on; *room holds what is to be freed afterwards. */
void state_open(struct state *s, struct state_room *room);
void state_room_free(struct state_room *room);

/* Merge a reading: values of its origin are replaced as a whole, so that a
 * figure an origin no longer gives is unknown and not stale for ever (but of a
 * reading between rows only those it has). Documents
 * are swapped: r->docs holds those that were replaced, for the caller to drop.
 * Derived figures are computed anew. */
void state_reading(struct state *s, struct reading *r);
/* Append to the ring; ev->seq is the store's. */
void state_event(struct state *s, const struct event *ev);
/* The program in the process changed: nothing of the old one's figures,
 * documents or rows stays current; events remain. */
void state_exec(struct state *s);
/* A request for a GC was sent (end_ns 0), or is answered: own_gc, which begins
 * with the one before where the runtime was not read since that one ended. */
void state_own_gc(struct state *s, int64_t begin_ns, int64_t end_ns);
/* A GC that ended then (CLOCK_BOOTTIME) is one that residue forced, as far as
 * the time can tell. */
bool state_is_own_gc(const struct state *s, int64_t end_ns);
/* The row of the tick whose statm read was last; appended to the history and
 * to the brief. False when there is nothing new to make a row of. *out may be
 * NULL where there is no history: then it goes to the brief alone. */
bool state_compose(struct state *s, int64_t now_ns, struct row *out);

/* The event number n (0 is the oldest kept), or NULL. */
const struct event *state_event_at(const struct state *s, uint64_t n);
uint64_t state_events_kept(const struct state *s);

/* Live heap, what "residue" is measured against: pprof's total or what the
 * last GC marked, FIELD_COUNT when neither is known. Where both are: pprof's,
 * but not when it was read from memory of a target without an endpoint. */
enum field heap_field(const struct values *v);
/* The profile was taken before the first GC: what it shows does not change
 * until one ends and a newer one is taken (Go source, runtime/mprof.go). */
bool profile_is_stale(const struct values *v);
/* Age in ms of an origin at `now_ns`, or -1 when it never delivered. */
int64_t origin_age_ms(const struct origin_state *o, int64_t now_ns);

#endif
