/* watch.c - one process: the answer, the bar, RES beside the heap, events. */
#include "event_list.h"
#include "look.h"
#include "panels.h"
#include "rates.h"
#include "sites_table.h"
#include "timeaxis.h"
#include "watch_header.h"

#include <residue/base/clock.h>
#include <residue/base/sat.h>
#include <residue/base/text.h>
#include <residue/base/units.h>
#include <residue/ui/axis.h>

#include <stdio.h>
#include <string.h>

/* Which rows of the screen hold what; a height of 0 is left out. */
struct watch_layout {
	int answer_y, answer_h; /* the sentence and the advice */
	int bar_y, legend_h;
	struct rect graphs;
	bool compact; /* graphs without frames */
	int events_y, events_h;
	int rates_y; /* -1: none */
	int graph_w; /* cells of a graph */
};

/* `said` and `legend` are how many rows the answer and the legend take where
 * there is room. */
static struct watch_layout layout(int rows, int cols, int said, int legend)
{
	struct watch_layout l = {.answer_y = 1, .rates_y = -1};
	bool airy = rows >= 32;
	int y = 1, left;

	l.compact = rows < 14 || cols < 64;
	l.answer_y = y + (airy ? 1 : 0);
	l.answer_h = rows < 8 ? (rows > 2) : rows < 14 ? 1 : said;
	y = l.answer_y + l.answer_h + (airy ? 1 : 0);
	l.bar_y = rows >= 5 ? y++ : -1;
	l.legend_h = rows < 14 ? 0 : legend;
	y += l.legend_h + (airy ? 1 : 0);
	left = rows - y;
	/* Above it: a graph of nine rows, and three of events. */
	if (rows >= 28 || left >= 9 + 3 + 1) {
		l.rates_y = rows - 1;
		left--;
	}
	l.events_h = left < 9 ? 0 : left < 16 ? left - 9 : 3 + left / 4;
	if (l.events_h > 12)
		l.events_h = 12;
	l.graphs = (struct rect){y, 0, left - l.events_h, cols};
	l.events_y = y + l.graphs.h;
	l.graph_w =
		panel_graph_width((cols - (l.compact ? 1 : 0)) / 2, l.compact);
	return l;
}

static void want(struct screens *s, struct frame_want *w)
{
	struct watch_layout l = layout(s->rows, s->cols, 2, 2);

	memcpy(w->target[0], s->target[0], TARGET_ID_MAX);
	panels_want(w);
	timeaxis_want(s, l.graph_w, w);
}

/* How old the newest figures of the first origin with trouble are, and why;
 * false where all is well. */
static bool trouble(const struct panel *p, const struct moment *m, char *out,
		    size_t size)
{
	static const enum origin order[] = {ORIGIN_PROC, ORIGIN_RUNTIME,
					    ORIGIN_PPROF, ORIGIN_SMAPS};

	for (unsigned i = 0; i < sizeof(order) / sizeof(*order); i++) {
		enum origin o = order[i];
		const struct origin_state *st = &p->origins[o];
		char age[32];

		if (st->fail.code == ERR_NONE || m->past)
			continue;
		if (st->ever)
			snprintf(out, size, "%s figures are %s old: %s",
				 origin_name[o], age_text(m->age_ms[o], age),
				 st->fail.msg);
		else
			snprintf(out, size, "no %s figures: %s", origin_name[o],
				 st->fail.msg);
		return true;
	}
	return false;
}

/* Why RES can be below the heap, from what is known. */
static const char *negative_why(const struct moment *m)
{
	int64_t gap = sat_sub(0, values_get(m->v, FIELD_RESIDUE, 0));
	int64_t age = m->age_ms[ORIGIN_PPROF] * NS_PER_MS;

	if (values_has(m->v, FIELD_PPROF_INUSE)) {
		if (gap <= values_get(m->v, FIELD_PPROF_ERROR, 0))
			return "RES is below the profile's total by less than "
			       "the sampling error of the profile.";
		if (values_has(m->v, FIELD_LAST_GC) &&
		    m->wall_ns - age < m->v->v[FIELD_LAST_GC])
			return "RES is below the profile's total: the profile "
			       "is older than the last GC.";
	}
	return "Pages that the program never touched count in the heap and "
	       "not in RES.";
}

static const struct event *event_at_cursor(const struct screens *s,
					   const struct frame *f,
					   const struct panel *p)
{
	int64_t best = INT64_MAX;
	const struct event *found = NULL;

	for (unsigned i = 0; i < p->event_count && s->axis.cursor_ns; i++) {
		int64_t t = sat_sub(p->events[i].wall_ns, f->wall_offset_ns);
		int64_t away = sat_abs(sat_sub(t, s->axis.cursor_ns));

		if (away < best && away <= s->axis.step_ns + NS_PER_SEC) {
			best = away;
			found = &p->events[i];
		}
	}
	return found;
}

/* In the past: all values of that moment in one line, then its event. */
static void draw_past(const struct screens *s, const struct frame *f,
		      const struct panel *p, const struct moment *m,
		      struct rect r, struct canvas *c)
{
	char at[32], res[32], heap[32], alloc[32], goal[32], line[512];
	const struct event *ev = event_at_cursor(s, f, p);
	int64_t t = s->axis.cursor_ns ? s->axis.cursor_ns
		    : m->known	      ? m->t_ns
				      : s->axis.end_ns - 1;

	time_text(at, t + f->wall_offset_ns, f->now_ns - t > DAY_NS);
	snprintf(line, sizeof(line),
		 "at %s  RES %s, %s %s, HeapAlloc %s, goal %s", at,
		 size_text(s, m->v, FIELD_RSS, res),
		 panel_heap(p) == PANEL_PPROF ? "pprof" : "live",
		 size_text(s, m->v, panel_field[panel_heap(p)], heap),
		 size_text(s, m->v, FIELD_HEAP_ALLOC, alloc),
		 size_text(s, m->v, FIELD_NEXT_GC, goal));
	if (r.h > 0)
		canvas_fit(c, r.y, r.x, r.w, pen(ROLE_ANSWER), line,
			   s->glyphs.ellipsis);
	r.y++;
	r.h--;
	if (ev) {
		snprintf(line, sizeof(line), "%c %s: %s. %s%s%s.",
			 event_kind_info[ev->kind].letter,
			 event_kind_info[ev->kind].title,
			 event_kind_info[ev->kind].meaning, ev->text,
			 ev->text[0] ? "; source: " : "Source: ",
			 event_source_name[ev->source]);
		draw_wrapped(c, &s->glyphs, r, pen(ROLE_TEXT), line);
	}
}

/* The verdict's word and how sure it is; returns the columns they take with
 * the gap before them. */
static int verdict_words(const struct panel *p, int cols, char word[40],
			 char sure[32])
{
	if (cols < 64 || p->verdict.kind == VERDICT_UNKNOWN)
		return 0;
	snprintf(word, 40, " %s ", verdict_info[p->verdict.kind].title);
	snprintf(sure, 32, " %.0f%% sure", p->verdict.confidence * 100);
	return text_columns(word) + text_columns(sure) + 2;
}

static int draw_verdict_word(const struct panel *p, struct canvas *c, int y)
{
	char sure[32], word[40];
	int w = verdict_words(p, c->cols, word, sure) - 2, x;

	if (w < 0)
		return 0;
	x = c->cols - 1 - w;
	x += canvas_text(c, y, x, w,
			 (struct pen){(uint8_t)verdict_role(p->verdict.kind),
				      ROLE_TEXT, STYLE_REVERSE | STYLE_BOLD},
			 word);
	canvas_text(c, y, x, w, pen(ROLE_DIM), sure);
	return w + 2;
}

/* What stands under the header: a sentence, then what to know or to do. */
struct answer {
	char text[VERDICT_SENTENCE_MAX];
	char more[600];
	enum role more_role;
	int rows, more_rows;
};

/* Where nothing tells the runtime's figures: who might. */
static void suggest(const struct panel *p, char *out, size_t size)
{
	const struct target_info *info = &p->info;
	size_t n = strlen(out);

	if (!info->listens[0] || info->endpoint[0] || info->read != READ_NONE ||
	    info->phase != TARGET_LIVE)
		return;
	snprintf(out + n, size - n,
		 "%sit listens on %s; e asks whether that is pprof",
		 n ? "; " : "", info->listens);
}

static void stopped_text(const struct panel *p, const struct moment *m,
			 char *out, size_t size)
{
	size_t n = (size_t)snprintf(out, size,
				    "Stopped by a signal, a terminal or a "
				    "debugger: nothing changes until it goes "
				    "on. ");

	trouble(p, m, out + n, size - n);
}

static void answer_make(struct answer *a, const struct panel *p,
			const struct moment *m, int cols)
{
	char word[40], sure[32];
	int w = cols - 2 - verdict_words(p, cols, word, sure);

	snprintf(a->text, sizeof(a->text), "%s", p->verdict.sentence);
	a->more_role = ROLE_DIM;
	if (p->info.phase != TARGET_LIVE && p->exited_ns) {
		char at[32];

		time_text(at, p->exited_ns + m->wall_ns - m->t_ns, false);
		snprintf(a->more, sizeof(a->more),
			 "The process ended at %s; these are its last figures.",
			 at);
		a->more_role = ROLE_WARN;
	} else if (p->info.stopped && !m->past) {
		stopped_text(p, m, a->more, sizeof(a->more));
		a->more_role = ROLE_WARN;
	} else if (trouble(p, m, a->more, sizeof(a->more))) {
		a->more_role = ROLE_WARN;
	} else if (p->warning[0]) {
		snprintf(a->more, sizeof(a->more), "%s", p->warning);
		a->more_role = ROLE_WARN;
	} else if (values_get(m->v, FIELD_RESIDUE, 0) < 0) {
		snprintf(a->more, sizeof(a->more), "%s", negative_why(m));
	} else {
		snprintf(a->more, sizeof(a->more), "%s",
			 p->verdict.advice[0] ? p->verdict.advice
					      : p->verdict.why);
	}
	suggest(p, a->more, sizeof(a->more));
	a->rows = wrapped_rows(a->text, w) > 1 ? 2 : 1;
	a->more_rows = wrapped_rows(a->more, cols - 2) > 1 ? 2 : 1;
}

static void draw_answer(const struct screens *s, const struct frame *f,
			const struct panel *p, const struct moment *m,
			const struct answer *a, struct rect r, struct canvas *c)
{
	int word_w, used;

	if (m->past) {
		draw_past(s, f, p, m, r, c);
		return;
	}
	word_w = draw_verdict_word(p, c, r.y);
	used = draw_wrapped(c, &s->glyphs,
			    (struct rect){r.y, r.x,
					  r.h > a->rows ? a->rows : r.h,
					  r.w - word_w},
			    pen(ROLE_ANSWER), a->text);
	draw_wrapped(c, &s->glyphs,
		     (struct rect){r.y + used, r.x, r.h - used, r.w},
		     pen(a->more_role), a->more);
}

static void draw_graphs(const struct screens *s, const struct frame *f,
			const struct panel *p, const struct moment *m,
			const struct watch_layout *l, struct canvas *c)
{
	struct timeline time = timeaxis_of(s, f, l->graph_w);
	int w = (c->cols - (l->compact ? 1 : 0)) / 2;
	struct graph_panel g = {.s = s,
				.f = f,
				.p = p,
				.m = m,
				.time = &time,
				.compact = l->compact,
				.prefix = "",
				.role = ROLE_RES};
	int64_t heap;

	if (l->graphs.h < 2 || l->graph_w < 1)
		return;
	panels_prepare(f, &time);
	if (!s->unlocked) {
		g.top = graph_panel_max(p, GRAPH_RES, time.columns);
		heap = graph_panel_max(p, GRAPH_HEAP, time.columns);
		if (heap > g.top)
			g.top = heap;
	}
	g.kind = s->classes ? GRAPH_STACK : GRAPH_RES;
	g.box = (struct rect){l->graphs.y, 0, l->graphs.h, w};
	graph_panel_draw(c, &g);
	g.kind = GRAPH_HEAP;
	g.role = ROLE_HEAP;
	g.box.x = c->cols - w;
	graph_panel_draw(c, &g);
}

/* One row is all there is. */
static void draw_line(const struct screens *s, const struct panel *p,
		      const struct moment *m, struct canvas *c)
{
	char res[32], heap[32];

	canvas_printf(c, 0, 0, c->cols, pen(ROLE_TEXT), "%s RES %s heap %s %s",
		      target_name(&p->info), size_text(s, m->v, FIELD_RSS, res),
		      size_text(s, m->v,
				heap_field(m->v) < FIELD_COUNT
					? heap_field(m->v)
					: FIELD_HEAP_ALLOC,
				heap),
		      verdict_info[p->verdict.kind].title);
}

static void draw(struct screens *s, const struct frame *f, struct canvas *c)
{
	const struct panel *p = &f->panels[0];
	struct watch_layout l;
	struct answer answer;
	struct moment m;

	if (!p->present) {
		canvas_printf(c, 0, 1, c->cols - 1, pen(ROLE_DIM),
			      "waiting for %s", s->target[0]);
		return;
	}
	moment_of_panel(&m, s, f, p);
	if (c->rows < 2) {
		draw_line(s, p, &m, c);
		return;
	}
	answer_make(&answer, p, &m, c->cols);
	l = layout(c->rows, c->cols,
		   m.past ? 3 : answer.rows + answer.more_rows,
		   legend_height(s, &m, c->cols, c->rows < 40 ? 2 : 3));
	watch_header_draw(s, f, p, &m, l.graph_w, c);
	draw_answer(s, f, p, &m, &answer,
		    (struct rect){l.answer_y, 1, l.answer_h, c->cols - 2}, c);
	if (l.bar_y > 0)
		draw_bar(s, c, l.bar_y, &m, l.legend_h);
	draw_graphs(s, f, p, &m, &l, c);
	event_list_draw(s, f, p, event_at_cursor(s, f, p),
			(struct rect){l.events_y, 0, l.events_h, c->cols}, c);
	if (l.rates_y > 0) {
		struct timeline time = timeaxis_of(s, f, l.graph_w);

		rates_draw(s, p, &m, &time, l.rates_y, c);
	}
}

static const char *blocked(const struct screens *s, const struct frame *f,
			   enum action action)
{
	const struct panel *p = &f->panels[0];

	switch (action) {
	case ACTION_COMPARE:
		return s->has_list ? NULL
				   : "start residue with two targets, or none";
	case ACTION_CLASSES:
		return values_has(&p->values, FIELD_HEAP_INUSE)
			       ? NULL
			       : "the runtime's figures are not known";
	case ACTION_BACK:
		return s->has_list || s->axis.end_ns || s->axis.cursor_ns
			       ? NULL
			       : "nothing to go back to";
	default:
		return target_blocked(p, action);
	}
}

static const char *label(const struct screens *s, enum action action)
{
	return panels_label(s, action, "Own scale");
}

static void act(struct screens *s, const struct frame *f, enum action action)
{
	struct watch_layout l = layout(s->rows, s->cols, 2, 2);

	if (timeaxis_act(s, f, &f->panels[0], l.graph_w, action) ||
	    targets_request(s, f, action, s->target, 1))
		return;
	switch (action) {
	case ACTION_CLASSES:
		s->classes = !s->classes;
		break;
	case ACTION_UNLOCK:
		s->unlocked = !s->unlocked;
		break;
	case ACTION_COMPARE:
		memcpy(s->list.tags[0], s->target[0], TARGET_ID_MAX);
		s->list.tag_count = 1;
		screens_go(s, IN_LIST);
		screens_say(s, f, false,
			    "choose the other process, then press c");
		break;
	case ACTION_SITES:
		sites_open(s);
		break;
	case ACTION_BACK:
		if (!timeaxis_back(s))
			screens_go(s, IN_LIST);
		break;
	default:
		break;
	}
}

const struct view view_watch = {
	.name = "watch",
	.place = IN_WATCH,
	.want = want,
	.draw = draw,
	.blocked = blocked,
	.label = label,
	.act = act,
};
