/* state.c - one target as its stream has told it so far. */
#include <residue/model/state.h>

#include <residue/base/clock.h>
#include <residue/base/mem.h>
#include <residue/base/sat.h>

#include <stdlib.h>
#include <string.h>

#define PAGE_SHIFT 12

void state_init(struct state *s, const struct target_info *info, bool opened)
{
	*s = (struct state){.info = *info};
	s->brief.step_ns = NS_PER_SEC;
	s->pprof_gc_least = -1;
	/* Zeroed and large: pages are used only as events come. */
	s->event_room = opened ? STATE_EVENTS : STATE_EVENTS_LISTED;
	s->events = mem_zalloc(s->event_room, sizeof(*s->events));
	if (opened) {
		s->history = history_new();
		s->trail = mem_zalloc(1, sizeof(*s->trail));
	}
}

void state_room_new(struct state_room *room)
{
	room->events = mem_zalloc(STATE_EVENTS, sizeof(*room->events));
	room->history = history_new();
	room->trail = mem_zalloc(1, sizeof(*room->trail));
}

void state_open(struct state *s, struct state_room *room)
{
	struct event *events = s->events;
	uint64_t kept = state_events_kept(s);

	if (s->history)
		return;
	for (uint64_t i = 0; i < kept; i++)
		room->events[i] = *state_event_at(s, i);
	s->history = room->history;
	s->trail = room->trail;
	/* A profile that came before is the first of them. */
	if (s->docs[DOC_SITES])
		site_trail_push(s->trail, doc_ref(s->docs[DOC_SITES]));
	s->events = room->events;
	s->event_room = STATE_EVENTS;
	s->event_count = kept;
	room->history = NULL;
	room->trail = NULL;
	room->events = events;
}

void state_room_free(struct state_room *room)
{
	history_free(room->history);
	free(room->trail);
	free(room->events);
}

static void drop_docs(struct state *s)
{
	for (unsigned i = 0; i < DOC_COUNT; i++)
		doc_replace(&s->docs[i], NULL);
	if (s->trail)
		site_trail_clear(s->trail);
}

void state_release(struct state *s)
{
	drop_docs(s);
	history_free(s->history);
	free(s->trail);
	free(s->events);
}

enum field heap_field(const struct values *v)
{
	bool pprof = values_has(v, FIELD_PPROF_INUSE);

	if (!values_has(v, FIELD_HEAP_LIVE))
		return pprof ? FIELD_PPROF_INUSE : FIELD_COUNT;
	if (!pprof)
		return FIELD_HEAP_LIVE;
	/* Both: that which derive() has taken. */
	if (values_has(v, FIELD_RSS) && values_has(v, FIELD_RESIDUE) &&
	    sat_sub(v->v[FIELD_RSS], v->v[FIELD_RESIDUE]) ==
		    v->v[FIELD_HEAP_LIVE])
		return FIELD_HEAP_LIVE;
	return FIELD_PPROF_INUSE;
}

/* A profile is a sample: where it was read from memory beside the runtime's
 * own figure, that figure is the measure. An endpoint that was given is what
 * the user wants to see, and the measure does not change with the way that
 * each of its profiles came. */
static bool profile_is_measure(const struct state *s)
{
	return s->served_profile ||
	       s->origins[ORIGIN_PPROF].by != READ_AGENTLESS;
}

static void derive(struct state *s)
{
	struct values *v = &s->values;
	enum field heap;

	values_unset(v, FIELD_RESIDUE);
	heap = heap_field(v);
	if (heap == FIELD_PPROF_INUSE && values_has(v, FIELD_HEAP_LIVE) &&
	    !profile_is_measure(s))
		heap = FIELD_HEAP_LIVE;
	if (heap != FIELD_COUNT && values_has(v, FIELD_RSS))
		values_set(v, FIELD_RESIDUE,
			   sat_sub(v->v[FIELD_RSS], v->v[heap]));
}

static uint64_t mask_of(enum origin origin)
{
	uint64_t mask = 0;

	for (unsigned f = 0; f < FIELD_COUNT; f++)
		if (field_info[f].origin == origin)
			mask |= UINT64_C(1) << f;
	return mask;
}

static const struct pause_ring *pauses_of(const struct state *s)
{
	const struct doc *d = s->docs[DOC_PAUSES];

	return d ? d->data : NULL;
}

/* GCs that ended after a moment (CLOCK_REALTIME), of `now` in all; -1 where the
 * figures do not tell. */
static int64_t gcs_since(const struct state *s, int64_t now, int64_t wall_ns)
{
	const struct pause_ring *ring = pauses_of(s);
	int64_t since = 0;

	if (values_get(&s->values, FIELD_LAST_GC, INT64_MAX) < wall_ns)
		return 0;
	if (!ring || ring->num_gc != now)
		return -1;
	for (; since < now && since < PAUSE_RING; since++)
		if (ring->end_ns[pause_index((uint32_t)(now - since))] <=
		    (uint64_t)wall_ns)
			return since;
	return since == now ? now : -1;
}

/* Figures that were read amid the end of a GC: it is counted, and its end is
 * not in the ring yet. The next ones tell. */
static bool ring_lags(const struct state *s, int64_t now)
{
	const struct pause_ring *ring = pauses_of(s);

	return ring && ring->num_gc < now &&
	       values_get(&s->values, FIELD_LAST_GC, INT64_MAX) >=
		       s->dating.begin_wall_ns;
}

/* Which GC the profile is of: that the same number of GCs had ended when its
 * fetch began and when it ended is seen in the runtime's next figures, or they
 * are those from before. A GC that ended meanwhile leaves it open whether the
 * profile has it, but for the one that was forced: what it has at the least is
 * known then. */
static void date_profile(struct state *s, const struct reading *r)
{
	int64_t now = values_get(&r->values, FIELD_NUM_GC, -1);
	int64_t first, last, within = s->dating.forced_gc ? 1 : 0;

	if (!s->dating.open || now < 0 ||
	    r->begin_ns < s->origins[ORIGIN_PPROF].end_ns || ring_lags(s, now))
		return;
	s->dating.open = false;
	first = gcs_since(s, now, s->dating.begin_wall_ns);
	last = gcs_since(s, now, s->dating.end_wall_ns);
	if (now == 0 || s->dating.before + within == now)
		values_set(&s->values, FIELD_PPROF_NUM_GC, now);
	else if (first >= 0 && last >= 0 && first - last == within)
		values_set(&s->values, FIELD_PPROF_NUM_GC, now - last);
	else if (first >= 0)
		s->pprof_gc_least = now - first + within;
	else if (s->dating.before >= 0)
		s->pprof_gc_least = s->dating.before + within;
}

static void begin_dating(struct state *s, const struct reading *r)
{
	s->pprof_gc_least = -1;
	s->dating.open = !values_has(&r->values, FIELD_PPROF_NUM_GC);
	s->dating.forced_gc = r->forced_gc;
	s->dating.begin_wall_ns = r->begin_ns + r->wall_offset_ns;
	s->dating.end_wall_ns = r->end_ns + r->wall_offset_ns;
	s->dating.before = s->origins[ORIGIN_RUNTIME].end_ns <= r->begin_ns
				   ? values_get(&s->values, FIELD_NUM_GC, -1)
				   : -1;
}

bool profile_is_stale(const struct values *v)
{
	/* None has ended by now: none had then. */
	return values_has(v, FIELD_PPROF_INUSE) &&
	       values_get(v, FIELD_PPROF_NUM_GC,
			  values_get(v, FIELD_NUM_GC, -1)) == 0;
}

/* Takes the column; returns one that nobody needs any more, or NULL. */
static struct doc *take_column(struct state *s, struct doc *take_d)
{
	struct doc *before = s->docs[DOC_SITES];

	s->docs[DOC_SITES] = take_d;
	if (!s->trail)
		return before;
	doc_unref(before); /* the trail has it: nothing is freed */
	return site_trail_push(s->trail, doc_ref(take_d));
}

static void take_docs(struct state *s, struct reading *r)
{
	for (unsigned i = 0; i < READING_DOCS; i++) {
		struct doc *d = r->docs[i];

		if (!d)
			continue;
		if (d->kind == DOC_SITES) {
			r->docs[i] = take_column(s, d);
			continue;
		}
		r->docs[i] = s->docs[d->kind];
		s->docs[d->kind] = d;
	}
}

void state_reading(struct state *s, struct reading *r)
{
	struct origin_state *o = &s->origins[r->origin];

	s->wall_offset_ns = r->wall_offset_ns;
	if (r->origin == ORIGIN_PPROF && r->by != READ_AGENTLESS) {
		s->endpoint_asked = true;
		s->endpoint_fail = r->fail;
	}
	if (r->fail.code != ERR_NONE) {
		o->failed_ns = r->end_ns;
		o->fail = r->fail;
		return;
	}
	/* Figures of a row are of its tick, all of them: what was read between
	 * is the detectors'. */
	if (r->between && o->ever) {
		take_docs(s, r);
		if (r->origin == ORIGIN_RUNTIME)
			date_profile(s, r);
		return;
	}
	o->ever = true;
	o->begin_ns = r->begin_ns;
	o->end_ns = r->end_ns;
	o->by = r->by;
	o->fail = (struct err)ERR_INIT;
	if (r->origin == ORIGIN_RUNTIME)
		s->info.read = r->by;
	if (r->origin == ORIGIN_PROC)
		s->info.stopped = r->stopped;
	if (r->origin == ORIGIN_PPROF && r->by != READ_AGENTLESS)
		s->served_profile = true;
	s->values.known &= ~mask_of(r->origin);
	for (unsigned f = 0; f < FIELD_COUNT; f++)
		if (values_has(&r->values, (enum field)f))
			values_set(&s->values, (enum field)f, r->values.v[f]);
	take_docs(s, r);
	if (r->origin == ORIGIN_PPROF)
		begin_dating(s, r);
	else if (r->origin == ORIGIN_RUNTIME)
		date_profile(s, r);
	derive(s);
}

void state_event(struct state *s, const struct event *ev)
{
	s->events[s->event_count++ % s->event_room] = *ev;
}

uint64_t state_events_kept(const struct state *s)
{
	return s->event_count < s->event_room ? s->event_count : s->event_room;
}

const struct event *state_event_at(const struct state *s, uint64_t n)
{
	uint64_t kept = state_events_kept(s);

	if (n >= kept)
		return NULL;
	return &s->events[(s->event_count - kept + n) % s->event_room];
}

void state_exec(struct state *s)
{
	s->values.known = 0;
	memset(s->origins, 0, sizeof(s->origins));
	s->info.exec_gen++;
	s->info.read = READ_NONE;
	s->served_profile = false;
	s->endpoint_asked = false;
	s->endpoint_fail = (struct err)ERR_INIT;
	s->dating.open = false;
	s->pprof_gc_least = -1;
	s->own_gc.begin_ns = s->own_gc.end_ns = 0;
	drop_docs(s);
}

void state_own_gc(struct state *s, int64_t begin_ns, int64_t end_ns)
{
	int64_t read_ns = s->origins[ORIGIN_RUNTIME].begin_ns;

	/* Under way, or answered and no reading has told of its GC yet. */
	if (!s->own_gc.begin_ns ||
	    (s->own_gc.end_ns && s->own_gc.end_ns <= read_ns))
		s->own_gc.begin_ns = begin_ns;
	s->own_gc.end_ns = end_ns;
}

bool state_is_own_gc(const struct state *s, int64_t end_ns)
{
	return s->own_gc.begin_ns && end_ns >= s->own_gc.begin_ns &&
	       (!s->own_gc.end_ns || end_ns <= s->own_gc.end_ns);
}

int64_t origin_age_ms(const struct origin_state *o, int64_t now_ns)
{
	int64_t age = now_ns - o->end_ns;

	if (!o->ever)
		return -1;
	/* A reading of this tick may have ended after the row's moment. */
	age = age < 0 ? 0 : age / NS_PER_MS;
	/* Rows keep it in 32 bits, which are 24 days. */
	return age < INT32_MAX ? age : INT32_MAX;
}

static uint32_t pages(const struct values *v, enum field f)
{
	int64_t n;

	if (f == FIELD_COUNT || !values_has(v, f))
		return 0;
	n = v->v[f] >> PAGE_SHIFT;
	return n < 0 ? 1 : n >= UINT32_MAX ? UINT32_MAX : (uint32_t)n + 1;
}

static void add_brief(struct brief *b, int64_t t_ns, const struct values *v)
{
	int64_t step = t_ns / b->step_ns;
	int64_t from = b->end_step + 1;

	if (step - from >= BRIEF_SAMPLES)
		from = step - BRIEF_SAMPLES + 1;
	for (int64_t n = from; n <= step; n++) {
		/* One that was passed over: it was at rest, and its figures
		 * stood until then at the least (sampler/lane.c). */
		bool stands = n == b->end_step + 1 && n == step - 1;
		int64_t former = (n + BRIEF_SAMPLES - 1) % BRIEF_SAMPLES;

		b->rss[n % BRIEF_SAMPLES] = stands ? b->rss[former] : 0;
		b->heap[n % BRIEF_SAMPLES] = stands ? b->heap[former] : 0;
	}
	if (step > b->end_step)
		b->end_step = step;
	b->rss[step % BRIEF_SAMPLES] = pages(v, FIELD_RSS);
	b->heap[step % BRIEF_SAMPLES] = pages(v, heap_field(v));
}

bool state_compose(struct state *s, int64_t now_ns, struct row *out)
{
	const struct origin_state *proc = &s->origins[ORIGIN_PROC];
	int64_t t_ns;

	if (!proc->ever && s->info.kind == TARGET_PROCESS)
		return false;
	if (s->info.phase != TARGET_LIVE)
		return false;
	t_ns = s->info.kind == TARGET_PROCESS ? proc->end_ns : now_ns;
	if (s->rows && t_ns <= s->last_row_ns)
		return false;
	s->last_row_ns = t_ns;
	s->rows++;
	add_brief(&s->brief, t_ns, &s->values);
	if (!out)
		return true;
	out->t_ns = t_ns;
	out->wall_ns = t_ns + s->wall_offset_ns;
	for (unsigned o = 0; o < ORIGIN_COUNT; o++)
		out->age_ms[o] = (int32_t)origin_age_ms(&s->origins[o], t_ns);
	out->values = s->values;
	if (s->history)
		history_append(s->history, out);
	return true;
}
