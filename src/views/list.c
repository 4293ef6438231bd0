/* list.c - every Go process of the machine, like htop. */
#include "columns.h"
#include "list_order.h"
#include "panels.h"
#include "sort_menu.h"
#include "sites_table.h"

#include <residue/base/clock.h>
#include <residue/base/mem.h>
#include <residue/base/sat.h>
#include <residue/base/text.h>
#include <residue/base/units.h>
#include <residue/ui/axis.h>
#include <residue/ui/layout.h>
#include <residue/ui/widgets.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct list_layout {
	int head_h;  /* summary and memory bar */
	int title_y; /* column titles */
	int rows_y, rows_h;
	int notes_y, notes_h;
	int said_y, said_h; /* the selected process' sentence */
	struct rect graph;  /* h 0: none */
	struct column col[COLUMNS];
};

/* "orders 4121", or the name alone where there is no process. */
static const char *said_head(const struct list_row *row, char out[200])
{
	if (row->info.pid)
		snprintf(out, 200, "%s %d", target_name(&row->info),
			 (int)row->info.pid);
	else
		snprintf(out, 200, "%s", target_name(&row->info));
	return out;
}

/* The column where the sentence begins. */
static int said_left(const struct list_row *row)
{
	char head[200];

	return 1 + text_columns(said_head(row, head)) + 2;
}

/* Rows of the selected one's sentence: one, or two where it is long. */
static int said_rows(const struct screens *s, const struct frame *f, int cols)
{
	const struct list_row *row = list_selected(s, f);

	return row && said_left(row) + text_columns(row->verdict.sentence) + 1 >
				       cols
		       ? 2
		       : 1;
}

static struct list_layout layout(const struct screens *s, const struct frame *f,
				 int rows, int cols)
{
	struct list_layout l = {0};
	int gap = rows >= 20, left, notes = (int)f->note_count;
	int shown = (int)s->list.count;

	l.head_h = rows < 10 ? rows > 4 : 2;
	l.title_y = rows < 4 ? -1 : l.head_h + (rows >= 14);
	l.rows_y = l.title_y + 1;
	left = rows - l.rows_y;
	l.said_h = rows >= 8 ? said_rows(s, f, cols) : 0;
	l.notes_h = rows >= 12 ? notes : 0;
	left -= l.said_h + gap + (l.notes_h ? l.notes_h + gap : 0);
	/* A graph of the selected one where rows are left over. */
	if (left - shown - gap >= 7 && shown > 0 && cols >= 40) {
		l.graph.h = left - shown - gap;
		left -= l.graph.h + gap;
	}
	l.rows_h = left > 0 ? left : 0;
	l.notes_y = l.rows_y + (l.graph.h ? shown : l.rows_h) + gap;
	l.said_y = l.notes_y + (l.notes_h ? l.notes_h + gap : 0);
	l.graph = (struct rect){l.said_y + l.said_h + gap, 0, l.graph.h, cols};
	for (unsigned i = 0; i < COLUMNS; i++)
		l.col[i] = (struct column){.width = list_column[i].width,
					   .most = list_column[i].most,
					   .priority = list_column[i].priority};
	layout_columns(l.col, COLUMNS, cols);
	return l;
}

static void want(struct screens *s, struct frame_want *w)
{
	w->list = true;
	/* For its events. */
	memcpy(w->target[0], s->list.selected, TARGET_ID_MAX);
}

struct sums {
	int64_t rss, heap, residue, releasable;
	int64_t live, cache, other, non_go;
	bool heap_known; /* of one process at the least */
};

static struct sums add_up(const struct screens *s, const struct frame *f)
{
	struct sums sum = {0};

	for (unsigned i = 0; i < f->row_count; i++) {
		const struct values *v = &f->rows[i].values;
		enum field heap = heap_field(v);
		struct cell_context x;
		const struct breakdown *b = &x.m.parts;
		int64_t rss = values_get(v, FIELD_RSS, 0);

		/* What has ended holds nothing any more. */
		if (f->rows[i].info.phase != TARGET_LIVE)
			continue;
		cell_context_make(&x, s, f, &f->rows[i]);
		sum.rss = sat_add(sum.rss, rss);
		if (heap < FIELD_COUNT)
			sum.heap = sat_add(sum.heap, v->v[heap]);
		sum.residue =
			sat_add(sum.residue, values_get(v, FIELD_RESIDUE, 0));
		sum.heap_known |= heap < FIELD_COUNT;
		if (b->releasable > 0)
			sum.releasable = sat_add(sum.releasable, b->releasable);
		/* Where nothing tells live objects from dead ones: other. */
		if (!b->unsplit)
			sum.live = sat_add(sum.live,
					   b->parts[PART_LIVE_HEAP].bytes);
		sum.cache = sat_add(sum.cache, b->parts[PART_CACHE].bytes);
		sum.non_go = sat_add(sum.non_go, b->parts[PART_NON_GO].bytes);
	}
	sum.other = sat_sub(sat_sub(sat_sub(sum.rss, sum.live), sum.cache),
			    sum.non_go);
	return sum;
}

/* A figure of the summary; false, and nothing, where it does not fit whole. */
static bool summary_word(struct canvas *c, int *x, int right, const char *word)
{
	int w = text_columns(word);

	if (*x + w > right)
		return false;
	*x += canvas_text(c, 0, *x, w, pen(ROLE_DIM), word) + 3;
	return true;
}

static void draw_summary(const struct screens *s, const struct frame *f,
			 const struct sums *sum, struct canvas *c)
{
	char bytes[UNITS_MAX], back[UNITS_MAX], line[240], word[4][64];
	int x = 1, right = c->cols - 1;

	if (c->cols >= 70) {
		snprintf(line, sizeof(line), "live   every %.3g s",
			 (double)f->interval_ns / 1e9);
		right -= text_columns(line);
		canvas_text(c, 0, right, c->cols, pen(ROLE_DIM), line);
		canvas_put(c, 0, right - 2, pen(ROLE_GOOD), s->glyphs.bullet);
		right -= 4;
	}
	x += canvas_text(c, 0, x, right, pen(ROLE_BRAND), "residue") + 2;
	if (s->list.filter[0]) {
		snprintf(line, sizeof(line), "filter \"%s\"", s->list.filter);
		x += canvas_fit(c, 0, x, (right - x) / 2, pen(ROLE_WARN), line,
				s->glyphs.ellipsis) +
		     2;
	}
	snprintf(word[1], sizeof(word[1]), "RES %s",
		 units_bytes(bytes, sum->rss));
	snprintf(word[0], sizeof(word[0]), "%u Go process%s of %u",
		 f->row_count, f->row_count == 1 ? "" : "es", f->processes);
	if (x + text_columns(word[0]) + 3 + text_columns(word[1]) > right)
		*strstr(word[0], " of ") = '\0';
	snprintf(word[2], sizeof(word[2]), "heap %s",
		 units_bytes(bytes, sum->heap));
	snprintf(word[3], sizeof(word[3]), "residue %s (%s returnable)",
		 units_bytes(bytes, sum->residue),
		 units_bytes(back, sum->releasable));
	if (x + text_columns(word[0]) > right)
		canvas_fit(c, 0, x, right - x, pen(ROLE_DIM), word[0],
			   s->glyphs.ellipsis);
	for (unsigned i = 0; i < (sum->heap_known ? 4 : 2) &&
			     summary_word(c, &x, right, word[i]);
	     i++)
		if (i == 2 && x + text_columns(word[3]) > right)
			*strchr(word[3], '(') = '\0';
}

static void draw_machine(const struct screens *s, const struct frame *f,
			 const struct sums *sum, struct canvas *c)
{
	struct bar_part parts[] = {
		{sum->live, ROLE_LIVE, 'l', "live", 0},
		{sum->cache, ROLE_CACHE, 'c', "cache", 0},
		{sum->other, ROLE_HEADROOM, 'o', "other", 0},
		{sum->non_go, ROLE_NON_GO, 'n', "non-Go", 0}};
	char used[32], total[32], line[96];
	int left = 5, right = c->cols - 1, w, go;
	double share;

	units_bytes(used, sum->rss);
	if (f->mem_total > 0)
		snprintf(line, sizeof(line), "%s of %s is Go's", used,
			 units_bytes(total, f->mem_total));
	else
		snprintf(line, sizeof(line), "%s is Go's", used);
	canvas_text(c, 1, 1, 4, pen(ROLE_DIM), "Mem");
	w = text_columns(line);
	canvas_right(c, 1, left, right - left, pen(ROLE_DIM), line);
	right -= w + 2;
	if (right - left < 4 || f->mem_total <= 0)
		return;
	w = right - left;
	share = (double)sum->rss / (double)f->mem_total;
	go = (int)((share < 0 ? 0 : share > 1 ? 1 : share) * w + 0.5);
	go = go < 1 ? 1 : go;
	canvas_fill(c, (struct rect){1, left, 1, w}, pen(ROLE_FAINT),
		    s->glyphs.dot);
	bar_draw(c, 1, left, go, parts, 4, s->plain);
}

static void draw_titles(const struct screens *s, const struct list_layout *l,
			struct canvas *c)
{
	canvas_fill(c, (struct rect){l->title_y, 0, 1, c->cols},
		    pen(ROLE_HEADER), ' ');
	for (unsigned i = 0; i < COLUMNS; i++) {
		const struct list_column *col = &list_column[i];
		bool sorted = i == list_sort(s);
		struct pen p = pen(sorted ? ROLE_HEADER_SORT : ROLE_HEADER);
		char title[24], mark[5];
		/* A title as wide as its column has the mark in the blank
		 * between two. */
		int w = l->col[i].w +
			(sorted && text_columns(col->title) == l->col[i].w);

		if (!l->col[i].shown)
			continue;
		glyph_text(list_falls(s) ? s->glyphs.falling : s->glyphs.rising,
			   mark);
		snprintf(title, sizeof(title), "%s%s", col->title,
			 sorted ? mark : "");
		if (col->right)
			canvas_right(c, l->title_y, l->col[i].x, w, p, title);
		else
			canvas_text(c, l->title_y, l->col[i].x, w, p, title);
	}
}

/* The live heap, and what is measured against it: a profile's is that of its
 * GC, and the next to it in the row are newer where others have ended since. */
static bool heap_is_stale(const struct cell_context *x)
{
	const struct values *v = &x->row->values;

	if (heap_field(v) != FIELD_PPROF_INUSE)
		return x->m.stale[ORIGIN_RUNTIME];
	return x->m.stale[ORIGIN_PPROF] ||
	       values_get(v, FIELD_PPROF_NUM_GC, INT64_MAX) <
		       values_get(v, FIELD_NUM_GC, -1);
}

static enum role cell_role(const struct cell_context *x, unsigned column)
{
	const struct list_row *r = x->row;

	if (r->info.phase != TARGET_LIVE)
		return ROLE_STALE;
	if (column == COLUMN_VERDICT)
		return r->info.stopped ? ROLE_WARN
				       : verdict_role(r->verdict.kind);
	if (x->m.stale[ORIGIN_PROC])
		return ROLE_STALE;
	switch (column) {
	case COLUMN_HEAP:
	case COLUMN_RESIDUE:
		if (heap_is_stale(x))
			return ROLE_STALE;
		break;
	case COLUMN_CACHE:
	case COLUMN_STACK:
	case COLUMN_NONGO:
	case COLUMN_GCS:
		if (x->m.stale[ORIGIN_RUNTIME])
			return ROLE_STALE;
		break;
	case COLUMN_PID:
	case COLUMN_COMMAND:
		if (list_tagged(x->s, r->info.id))
			return ROLE_TAGGED;
		break;
	default:
		break;
	}
	return list_column[column].role;
}

/* Loud colours are for what is there. */
static bool is_nothing(const char *text)
{
	return !strcmp(text, "0B") || !strcmp(text, "0.0");
}

static void draw_cell(const struct cell_context *x, unsigned i,
		      const struct column *col, int y, struct canvas *c)
{
	const struct list_column *lc = &list_column[i];
	const struct brief *b = &x->row->brief;
	struct pen p = pen_on(cell_role(x, i), x->on);
	char out[96], dash[5];
	const char *text;

	if (!lc->text) {
		sparkline(c, &x->s->glyphs, y, col->x, col->w, p, b->rss,
			  BRIEF_SAMPLES, b->end_step);
		return;
	}
	text = lc->text(x, out);
	if (!*text) {
		text = glyph_text(x->s->glyphs.dash, dash);
		p = pen_on(ROLE_FAINT, x->on);
	} else if (is_nothing(text)) {
		p = pen_on(ROLE_DIM, x->on);
	}
	if (lc->right)
		canvas_right(c, y, col->x, col->w, p, text);
	else
		canvas_fit(c, y, col->x, col->w, p, text,
			   x->s->glyphs.ellipsis);
}

static void draw_row(const struct screens *s, const struct frame *f,
		     const struct list_layout *l, const struct list_row *row,
		     int y, struct canvas *c)
{
	struct cell_context x;

	cell_context_make(&x, s, f, row);
	if (strcmp(row->info.id, s->list.selected) == 0) {
		x.on = ROLE_SELECTED;
		canvas_paint(c, (struct rect){y, 0, 1, c->cols}, ROLE_SELECTED);
	}
	for (unsigned i = 0; i < COLUMNS; i++)
		if (l->col[i].shown)
			draw_cell(&x, i, &l->col[i], y, c);
	if (list_tagged(s, row->info.id))
		canvas_put(c, y, 0, pen_on(ROLE_TAGGED, x.on), '*');
}

static void draw_rows(struct screens *s, const struct frame *f,
		      const struct list_layout *l, struct canvas *c)
{
	for (int i = 0; i < l->rows_h; i++) {
		unsigned n = s->list.top + (unsigned)i;

		if (n >= s->list.count)
			break;
		draw_row(s, f, l, &f->rows[s->list.order[n]], l->rows_y + i, c);
	}
	if (s->list.count > 0)
		return;
	canvas_text(
		c, l->rows_y, 1, c->cols - 1, pen(ROLE_DIM),
		s->list.filter[0]
			? "no Go process with that text in it; Esc shows all"
			: "no Go processes yet");
}

static void draw_notes(const struct screens *s, const struct frame *f,
		       const struct list_layout *l, struct canvas *c)
{
	for (int i = 0; i < l->notes_h; i++) {
		char line[200];
		const struct list_note *n = &f->notes[i];

		if (n->pid)
			snprintf(line, sizeof(line), "%d %s", (int)n->pid,
				 n->text);
		else
			snprintf(line, sizeof(line), "%s", n->text);
		canvas_fit(c, l->notes_y + i, 1, c->cols - 2, pen(ROLE_DIM),
			   line, s->glyphs.ellipsis);
	}
}

static void draw_said(const struct screens *s, const struct list_row *row,
		      const struct list_layout *l, struct canvas *c)
{
	char head[200];
	int x = said_left(row);

	if (!l->said_h)
		return;
	canvas_text(c, l->said_y, 1, x - 3, pen_bold(ROLE_TEXT),
		    said_head(row, head));
	draw_wrapped(c, &s->glyphs,
		     (struct rect){l->said_y, x, l->said_h, c->cols - x - 1},
		     pen(ROLE_TEXT), row->verdict.sentence);
}

static int64_t spans_max(const struct span *spans, unsigned n)
{
	int64_t max = 0;

	for (unsigned i = 0; i < n; i++)
		if (spans[i].known && spans[i].max > max)
			max = spans[i].max;
	return max;
}

/* RES and, before it, the heap of the selected process. */
static void draw_graph(const struct screens *s, const struct frame *f,
		       const struct list_row *row, struct rect r,
		       struct canvas *c)
{
	const struct panel *panel = &f->panels[0];
	unsigned columns = (unsigned)((r.w - 10) * s->glyphs.dots_x);
	int64_t step = (BRIEF_SAMPLES + columns - 1) / columns;
	struct timeline t = {.step_ns = step * row->brief.step_ns,
			     .columns = columns,
			     .wall_offset_ns = f->wall_offset_ns};
	struct span *spans = mem_zalloc(columns, sizeof(*spans));
	char value[32];
	struct panel_title title = {
		target_name(&row->info),
		s->plain ? "RES, and the live heap (l) in it; 5 min"
			 : "RES, and the live heap in it; 5 min",
		size_text(s, &row->values, FIELD_RSS, value), ROLE_RES};
	struct plot plot = {.canvas = c,
			    .glyphs = &s->glyphs,
			    .time = &t,
			    .plain = s->plain,
			    .stale_from = (int)columns,
			    .area = {r.y + 1, r.x + 8, r.h - 4, r.w - 10}};
	int64_t tick;

	t.end_ns = (f->now_ns / t.step_ns + 1) * t.step_ns;
	graph_frame(c, &s->glyphs, r, &title);
	brief_spans(&row->brief, row->brief.rss, &t, columns, spans);
	plot.top = scale_top(spans_max(spans, columns), plot.area.h, &tick);
	plot_scale(&plot, 5, tick);
	plot_fill(&plot, spans, ROLE_RES);
	memset(spans, 0, columns * sizeof(*spans));
	brief_spans(&row->brief, row->brief.heap, &t, columns, spans);
	plot_fill_over(&plot, spans, ROLE_HEAP, 'l');
	plot_events(&plot, r.y + r.h - 3, panel->events,
		    panel->present ? panel->event_count : 0);
	plot_times(&plot, r.y + r.h - 2, true);
	free(spans);
}

static const char *column_title(unsigned i)
{
	return list_column[i].title;
}

/* One row is all there is. */
static void draw_line(const struct screens *s, const struct frame *f,
		      const struct list_row *row, struct canvas *c)
{
	char res[32];

	canvas_printf(c, 0, 0, c->cols, pen(ROLE_TEXT), "%d %s RES %s %s",
		      (int)row->info.pid, target_name(&row->info),
		      size_text(s, &row->values, FIELD_RSS, res),
		      row->verdict.sentence);
	(void)f;
}

static void draw(struct screens *s, const struct frame *f, struct canvas *c)
{
	const struct list_row *selected;
	struct list_layout l;
	struct sums sum;

	list_order(s, f);
	selected = list_selected(s, f);
	l = layout(s, f, c->rows, c->cols);
	s->list.title_y = l.title_y;
	list_scroll(s, f, l.rows_h > 0 ? (unsigned)l.rows_h : 1);
	if (c->rows < 2) {
		if (selected)
			draw_line(s, f, selected, c);
		return;
	}
	sum = add_up(s, f);
	if (l.head_h > 0)
		draw_summary(s, f, &sum, c);
	if (l.head_h > 1)
		draw_machine(s, f, &sum, c);
	if (l.title_y >= 0)
		draw_titles(s, &l, c);
	draw_rows(s, f, &l, c);
	draw_notes(s, f, &l, c);
	if (selected) {
		draw_said(s, selected, &l, c);
		if (l.graph.h)
			draw_graph(s, f, selected, l.graph, c);
	}
	if (s->list.menu.open)
		sort_menu_draw(&s->list.menu, c, l.title_y, COLUMNS,
			       column_title);
}

static const char *blocked(const struct screens *s, const struct frame *f,
			   enum action action)
{
	const char *none = s->list.filter[0]
				   ? "the filter hides all; Esc clears it"
				   : "there is no process";

	switch (action) {
	case ACTION_WATCH:
	case ACTION_SITES:
	case ACTION_TAG:
		return list_selected(s, f) ? NULL : none;
	case ACTION_SNAPSHOT:
		if (!list_selected(s, f))
			return none;
		return list_selected(s, f)->info.phase == TARGET_LIVE
			       ? NULL
			       : "the process has ended";
	case ACTION_COMPARE:
		if (!list_selected(s, f))
			return none;
		return list_pair(s, f, NULL)
			       ? NULL
			       : "tag one process with Space, then go to "
				 "another";
	default:
		return NULL;
	}
}

static void act(struct screens *s, const struct frame *f, enum action action)
{
	if (targets_request(s, f, action, &s->list.selected, 1))
		return;
	switch (action) {
	case ACTION_WATCH:
		memcpy(s->target[0], s->list.selected, TARGET_ID_MAX);
		s->target[1][0] = '\0';
		screens_go(s, IN_WATCH);
		break;
	case ACTION_SITES:
		memcpy(s->target[0], s->list.selected, TARGET_ID_MAX);
		sites_open(s);
		break;
	case ACTION_COMPARE:
		if (list_pair(s, f, s->target))
			screens_go(s, IN_COMPARE);
		break;
	case ACTION_SORT:
		s->list.menu =
			(struct sort_menu){.open = true, .at = list_sort(s)};
		break;
	default:
		list_act(s, f, action);
	}
}

static void click(struct screens *s, const struct frame *f, int y, int x)
{
	struct list_layout l = layout(s, f, s->rows, s->cols);
	unsigned n;

	if (s->list.menu.open) {
		if (sort_menu_click(&s->list.menu, y - l.title_y, x))
			list_sort_by(s, s->list.menu.at);
		return;
	}
	if (y == l.title_y) {
		for (unsigned i = 0; i < COLUMNS; i++)
			if (l.col[i].shown && x >= l.col[i].x &&
			    x <= l.col[i].x + l.col[i].w)
				list_sort_by(s, i);
		return;
	}
	n = s->list.top + (unsigned)(y - l.rows_y);
	if (y < l.rows_y || y >= l.rows_y + l.rows_h || n >= s->list.count)
		return;
	if (strcmp(f->rows[s->list.order[n]].info.id, s->list.selected) == 0)
		act(s, f, ACTION_WATCH);
	else
		list_select(s, f, (int)n);
	s->list.moved = true;
}

/* Esc: all rows again; false when no text was set. */
static bool clear_texts(struct screens *s, const struct frame *f)
{
	if (!s->list.filter[0] && !s->list.search[0])
		return false;
	if (s->list.filter[0])
		screens_say(s, f, false, "the filter is cleared");
	s->list.filter[0] = s->list.search[0] = '\0';
	list_order(s, f);
	return true;
}

static bool press(struct screens *s, const struct frame *f, uint32_t key)
{
	enum action action = keymap_find(key, IN_LIST);

	if (!s->list.menu.open && key == PRESS_ESC)
		return clear_texts(s, f);
	if (!s->list.menu.open)
		return false;
	if (sort_menu_key(&s->list.menu, key, action, COLUMNS))
		list_sort_by(s, s->list.menu.at);
	return action != ACTION_QUIT;
}

static const char *filter(const struct screens *s)
{
	return s->list.filter;
}

const struct view view_list = {
	.name = "list",
	.place = IN_LIST,
	.want = want,
	.draw = draw,
	.blocked = blocked,
	.act = act,
	.filter = filter,
	.click = click,
	.press = press,
};
