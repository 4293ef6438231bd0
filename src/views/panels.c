/* panels.c - the graphs of watch and compare. */
#include "panels.h"

#include <residue/base/mem.h>
#include <residue/base/sat.h>
#include <residue/base/units.h>
#include <residue/ui/axis.h>
#include <residue/ui/widgets.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const enum field panel_field[PANEL_FIELDS] = {
	[PANEL_RSS] = FIELD_RSS,
	[PANEL_ANON] = FIELD_RSS_ANON,
	[PANEL_FILE] = FIELD_RSS_FILE,
	[PANEL_LAZY] = FIELD_LAZY_FREE,
	[PANEL_ALLOC] = FIELD_HEAP_ALLOC,
	[PANEL_LIVE] = FIELD_HEAP_LIVE,
	[PANEL_INUSE] = FIELD_HEAP_INUSE,
	[PANEL_IDLE] = FIELD_HEAP_IDLE,
	[PANEL_RELEASED] = FIELD_HEAP_RELEASED,
	[PANEL_STACK] = FIELD_STACK_INUSE,
	[PANEL_STACK_SYS] = FIELD_STACK_SYS,
	[PANEL_SYS] = FIELD_SYS,
	[PANEL_GOAL] = FIELD_NEXT_GC,
	[PANEL_LIMIT] = FIELD_MEMORY_LIMIT,
	[PANEL_PPROF] = FIELD_PPROF_INUSE,
	[PANEL_TOTAL_ALLOC] = FIELD_TOTAL_ALLOC,
};
_Static_assert(PANEL_FIELDS <= FRAME_FIELDS, "a frame has room for all");

const char no_profile_reason[] =
	"no endpoint is known; give it as PID@URL or with -H URL";

bool panel_has_profile(const struct panel *p)
{
	return p->info.endpoint[0] || p->info.read == READ_AGENTLESS;
}

const char *target_blocked(const struct panel *p, enum action action)
{
	switch (action) {
	case ACTION_PROFILE:
	case ACTION_SNAPSHOT:
	case ACTION_SMAPS:
		if (p->info.phase != TARGET_LIVE)
			return "the process has ended";
		return action != ACTION_PROFILE || panel_has_profile(p)
			       ? NULL
			       : no_profile_reason;
	default:
		return NULL;
	}
}

bool targets_request(struct screens *s, const struct frame *f,
		     enum action action, const char (*ids)[TARGET_ID_MAX],
		     unsigned n)
{
	static const struct {
		enum action action;
		enum request_kind kind;
		const char *say[2]; /* of one target, of two */
	} table[] = {
		{ACTION_SNAPSHOT,
		 REQUEST_SNAPSHOT,
		 {"writing a snapshot", "writing two snapshots"}},
		{ACTION_PROFILE,
		 REQUEST_PROFILE,
		 {"fetching a heap profile", "fetching two heap profiles"}},
		{ACTION_MARK, REQUEST_MARK, {NULL, NULL}},
		{ACTION_SMAPS, REQUEST_SMAPS, {NULL, NULL}},
	};

	for (unsigned i = 0; i < sizeof(table) / sizeof(*table); i++) {
		if (table[i].action != action)
			continue;
		for (unsigned k = 0; k < n; k++)
			screens_request(s, table[i].kind, ids[k]);
		if (table[i].say[n > 1])
			screens_say(s, f, false, "%s", table[i].say[n > 1]);
		return true;
	}
	return false;
}

const char *panels_label(const struct screens *s, enum action action,
			 const char *own)
{
	switch (action) {
	case ACTION_PAUSE:
		return s->axis.end_ns ? "Go on" : NULL;
	case ACTION_CLASSES:
		return s->classes ? "RES" : NULL;
	case ACTION_UNLOCK:
		return s->unlocked ? "One scale" : own;
	default:
		return NULL;
	}
}

void panels_want(struct frame_want *want)
{
	memcpy(want->fields, panel_field, sizeof(panel_field));
	want->field_count = PANEL_FIELDS;
}

#define SCALE_W 5  /* "1023K" */
#define TIGHT_W 39 /* columns of a panel that has room for short words only */

int panel_graph_width(int w, bool compact)
{
	/* Frame, blank, scale, blank ... blank, frame. */
	int inner = compact ? w : w - 1 - 1 - SCALE_W - 1 - 1 - 1;

	return inner > 0 ? inner : 0;
}

enum panel_field panel_heap(const struct panel *p)
{
	if (values_has(&p->values, FIELD_PPROF_INUSE))
		return PANEL_PPROF;
	if (values_has(&p->values, FIELD_HEAP_LIVE))
		return PANEL_LIVE;
	return PANEL_ALLOC;
}

static enum panel_field main_field(const struct panel *p, enum graph_kind kind)
{
	return kind == GRAPH_HEAP ? panel_heap(p) : PANEL_RSS;
}

/* A target that was only a row of the list until now has no history from then,
 * but the five minutes of its row. */
static void fill_in(const struct panel *p, const struct timeline *t,
		    enum panel_field field, const uint32_t *pages)
{
	struct span *spans = p->spans + (size_t)field * t->columns;
	unsigned n = 0;

	while (n < t->columns && !spans[n].known)
		n++;
	brief_spans(&p->brief, pages, t, n, spans);
}

/* Columns that are shorter than the time between two samples, or just as long,
 * can miss one: the value before goes on in them. Longer gaps are gaps. */
static void bridge(struct span *spans, const struct timeline *t,
		   int64_t interval_ns)
{
	int64_t most = (interval_ns * 3 / 2 + t->step_ns - 1) / t->step_ns;
	int64_t age = most;

	if (t->step_ns >= 2 * interval_ns)
		return;
	for (unsigned i = 0; i < t->columns; i++) {
		if (spans[i].known) {
			age = 0;
		} else if (++age <= most && i > 0) {
			int64_t v = spans[i - 1].last;

			spans[i] = (struct span){
				.known = true, .min = v, .max = v, .last = v};
		}
	}
}

void panels_prepare(const struct frame *f, const struct timeline *t)
{
	for (unsigned i = 0; i < FRAME_PANELS; i++) {
		const struct panel *p = &f->panels[i];

		if (!p->present || !p->spans)
			continue;
		fill_in(p, t, PANEL_RSS, p->brief.rss);
		fill_in(p, t, panel_heap(p), p->brief.heap);
		for (unsigned n = 0; n < PANEL_FIELDS; n++)
			bridge(p->spans + (size_t)n * t->columns, t,
			       f->interval_ns);
	}
}

int64_t graph_panel_max(const struct panel *p, enum graph_kind kind,
			unsigned columns)
{
	const struct span *spans = panel_spans(p, main_field(p, kind), columns);
	int64_t max = 0;

	for (unsigned i = 0; i < columns; i++)
		if (spans[i].known && spans[i].max > max)
			max = spans[i].max;
	return max;
}

/* The figures of one dot column, for its breakdown. */
static void column_values(const struct panel *p, unsigned columns, unsigned i,
			  struct values *v)
{
	v->known = 0;
	for (unsigned n = 0; n < PANEL_FIELDS; n++) {
		const struct span *span = &panel_spans(p, n, columns)[i];

		if (span->known)
			values_set(v, panel_field[n], span->last);
	}
	if (values_have(v, FIELD_BIT(HEAP_INUSE) | FIELD_BIT(HEAP_IDLE)))
		values_set(
			v, FIELD_HEAP_SYS,
			sat_add(v->v[FIELD_HEAP_INUSE], v->v[FIELD_HEAP_IDLE]));
}

static void plot_classes(const struct plot *plot, const struct panel *p)
{
	unsigned columns = plot->time->columns;
	int64_t *value = mem_alloc(sizeof(*value) * PART_COUNT * columns);
	enum role roles[PART_COUNT];
	char letters[PART_COUNT];

	for (unsigned n = 0; n < PART_COUNT; n++) {
		roles[n] = part_look[part_order[n]].role;
		letters[n] = part_look[part_order[n]].letter;
	}
	for (unsigned i = 0; i < columns; i++) {
		int64_t bytes[PART_COUNT];
		struct values v = {0};
		struct breakdown b;

		column_values(p, columns, i, &v);
		breakdown_make(&b, &v);
		resident_parts(&b, bytes);
		for (unsigned n = 0; n < PART_COUNT; n++)
			value[n * columns + i] =
				b.known ? bytes[part_order[n]] : -1;
	}
	plot_stack(plot, value, roles, letters, PART_COUNT);
	free(value);
}

static enum origin main_origin(const struct panel *p, enum graph_kind kind)
{
	return field_info[panel_field[main_field(p, kind)]].origin;
}

/* The dot column from which on the figures are old ones carried along. */
static int stale_from(const struct graph_panel *g)
{
	enum origin o = main_origin(g->p, g->kind);
	int64_t last = g->p->origins[o].end_ns;
	int column;

	if (!g->m->stale[o] || g->m->past)
		return (int)g->time->columns;
	column = timeline_column(g->time, last);
	if (column >= 0)
		return column + 1;
	return last >= g->time->end_ns ? (int)g->time->columns : 0;
}

static void heap_note(const struct graph_panel *g, char *out, size_t size)
{
	enum panel_field field = panel_heap(g->p);
	int64_t age = g->m->age_ms[field == PANEL_PPROF ? ORIGIN_PPROF
							: ORIGIN_RUNTIME];
	bool narrow = g->box.w < 58, tight = g->box.w < TIGHT_W;
	const char *stale = g->m->stale[field == PANEL_PPROF ? ORIGIN_PPROF
							     : ORIGIN_RUNTIME]
				    ? "stale, "
				    : "";
	/* The profile is of the GC that it was taken after. */
	int64_t gcs = values_get(
		g->m->v,
		field == PANEL_PPROF ? FIELD_PPROF_NUM_GC : FIELD_NUM_GC, -1);
	bool later = field == PANEL_PPROF && gcs < 0;
	char age_s[32], gc[48] = "";

	if (later)
		gcs = g->m->past ? -1 : g->p->pprof_gc_least;
	age_text(age, age_s);
	if (narrow && age >= 0 && age < 10000)
		snprintf(age_s, sizeof(age_s), "%d s", (int)(age / 1000));
	if (gcs > 0 && !tight)
		snprintf(gc, sizeof(gc), ", GC %s%lld%s", narrow ? "" : "#",
			 (long long)gcs,
			 !later	  ? ""
			 : narrow ? "+"
				  : " or later");
	if (age < 0 && g->m->past)
		snprintf(out, size, "%s", glyph_text(g->s->glyphs.dash, age_s));
	else if (age < 0)
		snprintf(out, size, "%s", "nothing yet");
	else if (field == PANEL_PPROF && profile_is_stale(g->m->v))
		snprintf(out, size, "%sstale: %s", narrow ? "" : "pprof, ",
			 !values_get(g->m->v, FIELD_NUM_GC, 0) ? "no GC yet"
			 : narrow			       ? "before GC 1"
				  : "before the first GC");
	else if (field == PANEL_PPROF)
		snprintf(out, size,
			 narrow ? "pprof %s%s%s" : "pprof inuse, %s%s old%s",
			 stale, age_s, gc);
	else if (field == PANEL_LIVE && narrow)
		snprintf(out, size, "%slast GC", stale);
	else if (field == PANEL_LIVE)
		snprintf(out, size, "%slive at the last GC%s", stale, gc);
	else
		snprintf(out, size, "HeapAlloc, %s%s old%s", stale, age_s,
			 narrow ? "" : gc);
}

/* "412 MiB +-6%" where the total of a sampled profile is noisy. */
static void heap_value(const struct graph_panel *g, char value[32])
{
	const struct values *v = g->m->v;
	int64_t total = values_get(v, FIELD_PPROF_INUSE, 0);
	char size[UNITS_MAX], band[16];
	const char *noise = band_text(
		g->s, values_get(v, FIELD_PPROF_ERROR, -1), total, band);

	if (*noise)
		snprintf(value, 32, "%s%s",
			 g->box.w < 58 ? units_bytes_short(size, total)
				       : units_bytes(size, total),
			 noise);
}

/* There is an endpoint and no process that we could look at. */
static bool url_only(const struct panel *p)
{
	return !p->info.pid && p->info.endpoint[0];
}

static void panel_words(const struct graph_panel *g, char title[32],
			char note[96], char value[32])
{
	const struct frame *f = g->f;
	enum field field = panel_field[main_field(g->p, g->kind)];
	enum origin o = main_origin(g->p, g->kind);

	snprintf(title, 32, "%s%s", g->prefix,
		 g->kind == GRAPH_HEAP ? "heap" : "RES");
	if (g->kind == GRAPH_HEAP)
		heap_note(g, note, 96);
	else if (g->kind == GRAPH_STACK)
		snprintf(note, 96, "%s",
			 g->box.w < 44 ? "and its parts"
				       : "and what it is made of");
	else if (url_only(g->p))
		snprintf(note, 96, "of a URL");
	else
		snprintf(note, 96, "%severy %.3g s",
			 g->box.w < TIGHT_W ? "" : "/proc, ",
			 (double)f->interval_ns / 1e9);
	if (g->m->stale[o] && !g->m->past && o == ORIGIN_PROC) {
		char age[32];

		snprintf(note, 96, "stale, %s old",
			 age_text(g->m->age_ms[o], age));
	}
	size_text(g->s, g->m->v, field, value);
	if (field == FIELD_PPROF_INUSE)
		heap_value(g, value);
}

static void draw_cursor(struct canvas *c, const struct graph_panel *g,
			const struct plot *plot, int bottom)
{
	int cell;

	if (!g->s->axis.cursor_ns)
		return;
	cell = plot_cell(plot, g->s->axis.cursor_ns);
	if (cell < 0)
		return;
	for (int y = plot->area.y; y <= bottom; y++) {
		struct cell *at = canvas_at(c, y, plot->area.x + cell);

		if (!at)
			continue;
		if (at->ch == ' ')
			canvas_put(c, y, plot->area.x + cell, pen(ROLE_WARN),
				   g->s->glyphs.down);
		else
			at->pen.on = ROLE_CURSOR;
	}
}

static void plot_series(const struct graph_panel *g, const struct plot *plot)
{
	unsigned columns = g->time->columns;
	enum panel_field field = main_field(g->p, g->kind);

	if (!g->p->spans)
		return;
	if (g->kind == GRAPH_STACK)
		plot_classes(plot, g->p);
	else
		plot_fill(plot, panel_spans(g->p, field, columns), g->role);
	if (g->kind == GRAPH_STACK || g->kind == GRAPH_HEAP)
		plot_line(plot, panel_spans(g->p, PANEL_GOAL, columns),
			  ROLE_GOAL, 'G');
	plot_line(plot, panel_spans(g->p, PANEL_LIMIT, columns), ROLE_LIMIT,
		  'L');
}

/* Without a frame: a title, the graph, the axis if there is room. */
static void draw_compact(struct canvas *c, const struct graph_panel *g,
			 struct plot *plot, const char *title,
			 const char *value)
{
	struct rect r = g->box;
	bool axis = r.h >= 3;
	int x = r.x;

	x += canvas_text(c, r.y, x, r.w, pen_bold(g->role), title);
	canvas_text(c, r.y, x + 1, r.w - (x + 1 - r.x), pen_bold(ROLE_TEXT),
		    value);
	plot->area = (struct rect){r.y + 1, r.x, r.h - 1 - axis, r.w};
	if (plot->area.h > 0)
		plot_series(g, plot);
	if (axis)
		plot_events(plot, r.y + r.h - 1, g->p->events,
			    g->p->event_count);
	draw_cursor(c, g, plot, r.y + r.h - 2);
}

static bool any_known(const struct graph_panel *g)
{
	const struct span *spans =
		panel_spans(g->p, main_field(g->p, g->kind), g->time->columns);

	for (unsigned i = 0; i < g->time->columns; i++)
		if (g->p->spans && spans[i].known)
			return true;
	return false;
}

/* Why there is no graph; for the heap, what its origins had to say. */
static void draw_nothing(struct canvas *c, const struct graph_panel *g)
{
	static const enum origin order[] = {ORIGIN_RUNTIME, ORIGIN_PPROF};
	struct rect r = g->box;
	const char *why = g->kind != GRAPH_HEAP && url_only(g->p)
				  ? "RES needs the process, as PID or PID@URL"
				  : "";
	char text[400];

	for (unsigned i = 0; i < 2 && g->kind == GRAPH_HEAP && !*why; i++) {
		const struct err *fail = &g->p->origins[order[i]].fail;

		if (fail->code != ERR_NONE && !g->m->past)
			why = fail->msg;
	}
	if (!*why && g->kind == GRAPH_HEAP && url_only(g->p) && !g->m->past)
		why = "no answer yet";
	snprintf(text, sizeof(text), "nothing recorded in this time%s%s",
		 *why ? ": " : "", why);
	draw_wrapped(c, &g->s->glyphs,
		     (struct rect){r.y + r.h / 2, r.x + 2, r.h - r.h / 2 - 1,
				   r.w - 4},
		     pen(ROLE_DIM), text);
}

static void draw_framed(struct canvas *c, const struct graph_panel *g,
			struct plot *plot, const struct panel_title *title,
			int64_t tick)
{
	struct rect r = g->box;
	bool times = r.h >= 6;
	int axis_y = r.y + r.h - (times ? 3 : 2);

	graph_frame(c, &g->s->glyphs, r, title);
	if (!any_known(g)) {
		draw_nothing(c, g);
		return;
	}
	plot->area =
		(struct rect){r.y + 1, r.x + 2 + SCALE_W + 1, axis_y - r.y - 1,
			      panel_graph_width(r.w, false)};
	plot_scale(plot, SCALE_W, tick);
	plot_series(g, plot);
	plot_events(plot, axis_y, g->p->events, g->p->event_count);
	if (times)
		plot_times(plot, axis_y + 1, !g->s->axis.end_ns);
	draw_cursor(c, g, plot, axis_y - 1);
}

void graph_panel_draw(struct canvas *c, const struct graph_panel *g)
{
	char title[32], note[96], value[32];
	struct panel_title words = {title, note, value, g->role};
	struct plot plot = {.canvas = c,
			    .glyphs = &g->s->glyphs,
			    .time = g->time,
			    .plain = g->s->plain};
	int64_t max = g->top ? g->top
			     : graph_panel_max(g->p, g->kind, g->time->columns);
	int64_t tick;

	plot.top = scale_top(max, g->box.h - 4, &tick);
	plot.stale_from = stale_from(g);
	panel_words(g, title, note, value);
	if (g->compact)
		draw_compact(c, g, &plot, title, value);
	else
		draw_framed(c, g, &plot, &words, tick);
}
