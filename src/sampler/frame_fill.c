/* frame_fill.c - copying what a screen needs out of the store. */
#include "store.h"

#include <residue/base/clock.h>
#include <residue/base/sat.h>

#include <stdio.h>
#include <string.h>

static double gc_per_s(const struct target *t)
{
	const struct gc_rate *g = &t->rate;
	const struct origin_state *o = &t->state.origins[ORIGIN_RUNTIME];
	unsigned oldest = (g->end + RATE_SLOTS - g->count) % RATE_SLOTS;
	int64_t span;

	if (!g->count || !values_has(&t->state.values, FIELD_NUM_GC))
		return -1;
	span = o->end_ns - g->slot[oldest].t_ns;
	if (span < NS_PER_SEC)
		return -1;
	return (double)sat_sub(t->state.values.v[FIELD_NUM_GC],
			       g->slot[oldest].num_gc) *
	       1e9 / (double)span;
}

/* The words of a failure are most of an origin, and there are few. */
static void copy_origins(struct origin_state to[ORIGIN_COUNT],
			 const struct origin_state from[ORIGIN_COUNT])
{
	for (unsigned i = 0; i < ORIGIN_COUNT; i++) {
		if (from[i].fail.code != ERR_NONE) {
			to[i] = from[i];
			continue;
		}
		to[i].ever = from[i].ever;
		to[i].begin_ns = from[i].begin_ns;
		to[i].end_ns = from[i].end_ns;
		to[i].by = from[i].by;
		to[i].failed_ns = from[i].failed_ns;
		to[i].fail.code = ERR_NONE;
		to[i].fail.msg[0] = '\0';
	}
}

static void fill_row(struct list_row *r, const struct target *t)
{
	const struct state *s = &t->state;

	r->info = s->info;
	r->values = s->values;
	copy_origins(r->origins, s->origins);
	r->brief = s->brief;
	r->gc_per_s = gc_per_s(t);
	r->verdict = t->verdict;
	r->live = t->live;
	r->live_origins = t->live_origins;
	r->opened = atomic_load(&t->opened);
}

static void fill_cursor(struct panel *p, const struct state *s,
			int64_t cursor_ns, struct history_cut *cut)
{
	p->cursor_known = false;
	if (!cursor_ns || !s->history)
		return;
	/* The row itself is read from the cut, after the lock. */
	history_cut_rows(s->history, cursor_ns - 60 * NS_PER_SEC, cursor_ns,
			 cut);
}

static void last_row(void *ctx, const struct row *row)
{
	struct panel *p = ctx;

	p->cursor = *row;
	p->cursor_known = true;
}

static void fill_panel(struct panel *p, const struct target *t)
{
	const struct state *s = &t->state;

	p->present = true;
	p->info = s->info;
	p->values = s->values;
	memcpy(p->origins, s->origins, sizeof(p->origins));
	p->exited_ns = s->exited_ns;
	p->brief = s->brief;
	p->gc_per_s = gc_per_s(t);
	p->verdict = t->verdict;
	p->live = t->live;
	p->live_origins = t->live_origins;
	p->first_ns = p->last_ns = 0;
	if (s->history)
		history_span(s->history, &p->first_ns, &p->last_ns);
	p->event_count = (unsigned)state_events_kept(s);
	for (unsigned i = 0; i < p->event_count; i++)
		p->events[i] = *state_event_at(s, i);
	doc_replace(&p->profile, s->docs[DOC_PROFILE]);
	p->endpoint_asked = s->endpoint_asked;
	p->endpoint_fail = s->endpoint_fail;
	snprintf(p->warning, sizeof(p->warning), "%s", t->cross.text);
	snprintf(p->doubt, sizeof(p->doubt), "%s", t->cross.last);
	p->compared = t->cross.settled;
	p->pprof_gc_least = s->pprof_gc_least;
}

static void fill_trail(struct panel *p, const struct site_trail *trail)
{
	for (unsigned i = 0; trail && i < trail->count; i++)
		p->trail[p->trail_count++] = doc_ref(site_trail_at(trail, i));
}

static void fill_log(const struct store *s, const struct frame_want *want,
		     struct frame *out)
{
	unsigned kept = log_kept(&s->log);

	out->log_total = kept;
	for (unsigned i = 0; i < kept && i < want->log_lines; i++)
		out->log[out->log_count++] = *log_at(&s->log, i);
}

static struct target *locked_find(const struct store *s, const char *id)
{
	for (unsigned i = 0; id[0] && i < s->count; i++)
		if (!strcmp(s->targets[i]->id, id))
			return s->targets[i];
	return NULL;
}

/* Room for what the next fill copies, made before the lock is taken. Events
 * that come in between wait for the next frame. */
static void reserve(struct store *s, const struct frame_want *want,
		    struct frame *out,
		    struct history_cut *cuts[2 * FRAME_PANELS])
{
	size_t cells = (size_t)want->columns * want->field_count;
	unsigned rows, events[FRAME_PANELS] = {0};

	pthread_mutex_lock(&s->lock);
	rows = s->count;
	for (unsigned i = 0; i < FRAME_PANELS; i++) {
		const struct target *t = locked_find(s, want->target[i]);

		if (t)
			events[i] = (unsigned)state_events_kept(&t->state);
	}
	pthread_mutex_unlock(&s->lock);
	if (want->list)
		frame_reserve_rows(out, rows + 16);
	frame_reserve_log(out, want->log_lines);
	for (unsigned i = 0; i < FRAME_PANELS; i++) {
		panel_reserve_events(&out->panels[i], events[i] + 64);
		if (!want->target[i][0])
			continue;
		panel_reserve_spans(&out->panels[i], cells);
		history_cut_reserve(cuts[2 * i], cells, 0);
		if (want->cursor_ns)
			history_cut_reserve(cuts[2 * i + 1], 0, TAIL_ROWS);
	}
}

static void fill_machine(const struct store *s, struct frame *out)
{
	out->interval_ns = s->interval_ns;
	out->processes = s->processes;
	out->mem_total = s->mem_total;
	out->mem_available = s->mem_available;
	memcpy(out->toast, s->toast, sizeof(out->toast));
	out->toast_ns = s->toast_ns;
	out->toast_is_error = s->toast_is_error;
	out->note_count = s->note_count;
	memcpy(out->notes, s->notes, sizeof(out->notes));
}

static void fill_list(const struct store *s, struct frame *out)
{
	for (unsigned i = 0; i < s->count && i < out->row_room; i++)
		fill_row(&out->rows[out->row_count++], s->targets[i]);
}

void store_frame(struct store *s, const struct frame_want *want,
		 struct frame *out, struct history_cut *cuts[2 * FRAME_PANELS])
{
	struct history_query q = {.step_ns = want->step_ns,
				  .columns = want->columns,
				  .fields = want->fields,
				  .field_count = want->field_count};
	bool drawn[FRAME_PANELS] = {false};
	bool cursor[FRAME_PANELS] = {false};

	frame_clear(out);
	reserve(s, want, out, cuts);
	pthread_mutex_lock(&s->lock);
	out->now_ns = store_now(s);
	out->wall_offset_ns = s->scripted ? 0 : clock_wall_offset_ns();
	q.end_ns = want->end_ns ? want->end_ns : out->now_ns;
	if (want->step_ns > 0) {
		bool cells = !want->end_ns && want->cell_ns > 0;
		int64_t unit = cells ? want->cell_ns : want->step_ns;

		/* The column or cell that holds the end is the last one. */
		q.end_ns = (q.end_ns / unit + 1) * unit;
	}
	out->end_ns = q.end_ns;
	fill_machine(s, out);
	if (want->list)
		fill_list(s, out);
	if (want->log_lines)
		fill_log(s, want, out);
	for (unsigned i = 0; i < FRAME_PANELS; i++) {
		struct target *t = locked_find(s, want->target[i]);
		struct panel *p = &out->panels[i];

		if (!t || state_events_kept(&t->state) > p->event_room)
			continue;
		fill_panel(p, t);
		if (want->trail && i == 0)
			fill_trail(p, t->state.trail);
		drawn[i] = t->state.history && q.columns && q.field_count;
		if (drawn[i])
			history_cut(t->state.history, &q, cuts[2 * i]);
		cursor[i] = want->cursor_ns && t->state.history;
		fill_cursor(p, &t->state, want->cursor_ns, cuts[2 * i + 1]);
	}
	pthread_mutex_unlock(&s->lock);

	for (unsigned i = 0; i < FRAME_PANELS; i++) {
		struct panel *p = &out->panels[i];

		if (drawn[i])
			history_draw(cuts[2 * i], &q, p->spans);
		else if (p->present && q.columns && q.field_count)
			memset(p->spans, 0,
			       (size_t)q.columns * q.field_count *
				       sizeof(*p->spans));
		if (cursor[i])
			history_each_row(cuts[2 * i + 1], last_row, p);
	}
}
