/* site_detail.c - one site in full: over time, its lines, its callers. */
#include "site_detail.h"

#include "look.h"

#include <residue/base/clock.h>
#include <residue/base/text.h>
#include <residue/base/units.h>
#include <residue/ui/axis.h>
#include <residue/ui/widgets.h>

#include <stdio.h>
#include <string.h>

#define SIDE_BY_SIDE 72	 /* columns that two lists need */
#define GRAPH_CELLS  512 /* at most; wider screens leave the rest empty */

const char *site_value(const struct profile_type *type, int64_t v, char out[32])
{
	if (v != 0 && strcmp(type->unit, "bytes") == 0)
		return units_bytes_short(out, v);
	return units_count(out, v);
}

/* "fill.go:88" or with its path; "" where nothing is known. */
static const char *site_place(const char *file, int64_t line, bool path,
			      char out[256])
{
	const char *slash = strrchr(file, '/');

	if (!path && slash)
		file = slash + 1;
	if (line > 0)
		snprintf(out, 256, "%.230s:%lld", file, (long long)line);
	else
		snprintf(out, 256, "%.230s", file);
	return out;
}

/* Text that does not fit w columns without the first parts of the path in its
 * first `head` bytes: "…/tsdb.newSeries". What is left may still not fit. */
static const char *cut_path(const struct glyphs *g, const char *text,
			    size_t head, int w, char out[SITE_TEXT_MAX])
{
	const char *slash = text, *end = text + head, *next;
	char mark[5];

	if (text_columns(text) <= w)
		return text;
	while (slash + 1 < end &&
	       (next = memchr(slash + 1, '/', (size_t)(end - slash - 1)))) {
		slash = next;
		if (text_columns(slash) + 1 <= w)
			break;
	}
	if (slash == text)
		return text;
	if (text_columns(slash) + 1 > w)
		slash++;
	snprintf(out, SITE_TEXT_MAX, "%s%s", glyph_text(g->ellipsis, mark),
		 slash);
	return out;
}

/* Text that does not fit w columns, without its beginning: the end of a place
 * is its line. */
static const char *cut_left(const struct glyphs *g, const char *text, int w,
			    char out[SITE_TEXT_MAX])
{
	const char *rest = text;
	char mark[5], cut[SITE_TEXT_MAX];

	if (text_columns(text) <= w)
		return text;
	while (*rest && text_columns(rest) + 1 > w)
		do
			rest++;
		while ((*rest & 0xc0) == 0x80);
	snprintf(cut, sizeof(cut), "%s%s", glyph_text(g->ellipsis, mark), rest);
	memcpy(out, cut, sizeof(cut));
	return out;
}

const char *site_place_fit(const struct glyphs *g, const char *file,
			   int64_t line, bool path, int w,
			   char out[SITE_TEXT_MAX])
{
	char whole[256], cut[SITE_TEXT_MAX];
	const char *text = site_place(file, line, path, whole);

	text = cut_path(g, text, strlen(text), w, cut);
	snprintf(out, SITE_TEXT_MAX, "%s", text);
	return cut_left(g, out, w, out);
}

const char *site_name(const struct glyphs *g, const char *name, int w,
		      char out[SITE_TEXT_MAX])
{
	/* Generic and receiver types have import paths of their own. */
	return cut_path(g, name, strcspn(name, "(["), w, out);
}

/* ---- over time ---------------------------------------------------------- */

/* A round step so that `cells` of them reach from the first profile to now. */
static int64_t step_for(int64_t span_ns, int cells)
{
	static const int seconds[] = {1,   2,	3,   5,	  10,	15,   20,  30,
				      45,  60,	75,  90,  120,	150,  180, 240,
				      300, 450, 600, 900, 1800, 3600, 7200};
	unsigned i = 0;

	while (i + 1 < sizeof(seconds) / sizeof(*seconds) &&
	       seconds[i] * NS_PER_SEC * (cells - 1) < span_ns)
		i++;
	return seconds[i] * NS_PER_SEC;
}

/* Columns of the timeline from profiles: the highest of those that came within
 * a step; between two profiles the earlier one goes on. */
static void spans_of(const struct timeline *time, const int64_t *t_ns,
		     const int64_t *bytes, unsigned n, int64_t until_ns,
		     struct span *out)
{
	unsigned at = 0;
	int64_t held = -1;

	for (unsigned i = 0; i < time->columns; i++) {
		int64_t from = timeline_at(time, (int)i);
		int64_t most = held;

		for (bool first = true;
		     at < n && t_ns[at] < from + time->step_ns; at++) {
			held = bytes[at];
			most = first || held > most ? held : most;
			first = false;
		}
		out[i] = (struct span){.known = most >= 0 && from <= until_ns,
				       .min = most,
				       .max = most,
				       .last = held};
	}
}

struct past {
	unsigned n; /* profiles */
	int64_t t_ns[SITES_COLUMNS], bytes[SITES_COLUMNS];
	int64_t least, most; /* of those that are known; -1: none is */
	int64_t end_ns;	     /* now, or the moment of the pause */
};

static void past_of(const struct screens *s, const struct frame *f,
		    uint64_t key, struct past *out)
{
	const struct sites_table *t = s->sites.table;

	out->n = sites_history(t, &f->panels[0], key, out->t_ns, out->bytes);
	out->least = out->most = -1;
	for (unsigned i = 0; i < out->n; i++) {
		int64_t v = out->bytes[i];

		if (v < 0)
			continue;
		if (out->most < 0 || v > out->most)
			out->most = v;
		if (out->least < 0 || v < out->least)
			out->least = v;
	}
	out->end_ns = s->sites.paused ? t->doc->t_ns : f->now_ns;
}

static struct timeline timeline_of(const struct frame *f,
				   const struct past *past, int cells, int dots)
{
	struct timeline t = {.wall_offset_ns = f->wall_offset_ns};

	t.columns = (unsigned)(cells * dots);
	t.step_ns = step_for(past->end_ns - past->t_ns[0], cells * dots);
	t.end_ns = (past->end_ns / t.step_ns + 1) * t.step_ns;
	return t;
}

void site_trend(const struct screens *s, const struct frame *f, uint64_t key,
		int y, int x, int w, struct pen pen, struct canvas *c)
{
	struct span spans[GRAPH_CELLS];
	struct timeline time;
	struct past past;

	past_of(s, f, key, &past);
	if (past.most <= 0 || w < 1 || w > GRAPH_CELLS)
		return;
	time = timeline_of(f, &past, w, 1);
	spans_of(&time, past.t_ns, past.bytes, past.n, past.end_ns, spans);
	for (int i = 0; i < w; i++) {
		double level;

		if (!spans[i].known || spans[i].max <= 0)
			continue;
		/* Seven of eight: what is full does not touch the row above. */
		level = 7.0 * (double)spans[i].max / (double)past.most + 0.5;
		canvas_put(c, y, x + i, pen,
			   s->glyphs.level[level < 1 ? 1 : (int)level]);
	}
}

static void draw_graph(const struct screens *s, const struct frame *f,
		       struct rect r, struct canvas *c)
{
	struct span spans[2 * GRAPH_CELLS];
	int cells = r.w - 10 < GRAPH_CELLS ? r.w - 10 : GRAPH_CELLS;
	char note[96], value[32], least[32], most[32], span[32];
	struct panel_title title = {"inuse_space", note, value, ROLE_HEAP};
	struct timeline time;
	struct plot plot = {.canvas = c,
			    .glyphs = &s->glyphs,
			    .time = &time,
			    .area = {r.y + 1, r.x + 8, r.h - 4, cells}};
	struct past past;
	int64_t tick;

	past_of(s, f, s->sites.selected, &past);
	if (cells < 1 || plot.area.h < 1)
		return;
	if (past.most < 0) {
		snprintf(note, sizeof(note),
			 "not among the largest sites so far");
		value[0] = '\0';
		graph_frame(c, &s->glyphs, r, &title);
		return;
	}
	time = timeline_of(f, &past, cells, s->glyphs.dots_x);
	snprintf(note, sizeof(note), "%u profile%s in %s, %s to %s", past.n,
		 past.n == 1 ? "" : "s",
		 units_duration(span, past.end_ns - past.t_ns[0]),
		 units_bytes(least, past.least), units_bytes(most, past.most));
	if (past.bytes[past.n - 1] >= 0)
		units_bytes(value, past.bytes[past.n - 1]);
	else
		glyph_text(s->glyphs.dash, value);
	graph_frame(c, &s->glyphs, r, &title);
	plot.stale_from = (int)time.columns;
	plot.top = scale_top(past.most > 0 ? past.most : 1, plot.area.h, &tick);
	spans_of(&time, past.t_ns, past.bytes, past.n, past.end_ns, spans);
	plot_scale(&plot, 5, tick);
	plot_fill(&plot, spans, ROLE_HEAP);
	plot_events(&plot, r.y + r.h - 3, f->panels[0].events,
		    f->panels[0].event_count);
	plot_times(&plot, r.y + r.h - 2, !s->sites.paused);
}

/* ---- lines and callers -------------------------------------------------- */

static void draw_heading(struct canvas *c, const struct glyphs *g,
			 struct rect r, const char *text)
{
	canvas_fit(c, r.y, r.x, r.w, pen_bold(ROLE_TEXT), text, g->ellipsis);
}

static void draw_lines(const struct screens *s, const struct site_detail *d,
		       struct rect r, struct canvas *c)
{
	const struct profile_type *type = &s->sites.table->top->type;
	char place[SITE_TEXT_MAX], flat[32], cum[32], dash[5], more[40];

	draw_heading(c, &s->glyphs, r, "   FLAT     CUM LINE");
	glyph_text(s->glyphs.dash, dash);
	for (unsigned i = 0; i < d->line_count && (int)i + 1 < r.h; i++) {
		const struct site_line *l = &d->line[i];
		int y = r.y + 1 + (int)i;

		canvas_right(c, y, r.x, 7,
			     pen(l->flat ? ROLE_HEAP : ROLE_FAINT),
			     l->flat ? site_value(type, l->flat, flat) : dash);
		canvas_right(c, y, r.x + 8, 7, pen(ROLE_TEXT),
			     site_value(type, l->cum, cum));
		canvas_text(c, y, r.x + 16, r.w - 16, pen(ROLE_TEXT),
			    site_place_fit(&s->glyphs, l->file, l->line, true,
					   r.w - 16, place));
	}
	snprintf(more, sizeof(more), "and %u lines more", d->more_lines);
	if (d->more_lines)
		canvas_text(c, r.y + 1 + (int)d->line_count, r.x + 16, r.w - 16,
			    pen(ROLE_DIM), more);
}

static void draw_callers(const struct screens *s, const struct site_detail *d,
			 struct rect r, struct canvas *c)
{
	const struct profile_type *type = &s->sites.table->top->type;
	char bytes[32], name[SITE_TEXT_MAX];

	draw_heading(c, &s->glyphs, r, "THROUGH CALLER");
	if (d->caller_count == 0 && r.h > 1)
		canvas_text(c, r.y + 1, r.x, r.w, pen(ROLE_DIM),
			    "none: it is where the stacks begin");
	for (unsigned i = 0; i < d->caller_count && (int)i + 1 < r.h; i++) {
		const struct site_caller *one = &d->caller[i];
		int y = r.y + 1 + (int)i;

		canvas_right(c, y, r.x, 7, pen(ROLE_TEXT),
			     site_value(type, one->bytes, bytes));
		canvas_fit(c, y, r.x + 8, r.w - 8, pen(ROLE_TEXT),
			   site_name(&s->glyphs, one->name, r.w - 8, name),
			   s->glyphs.ellipsis);
	}
}

static void draw_head(const struct screens *s, const struct top_row *row,
		      const struct site_detail *d, struct rect r,
		      struct canvas *c)
{
	const struct profile_type *type = &s->sites.table->top->type;
	char flat[32], cum[32], band[64] = "", half[32], line[160];
	char name[SITE_TEXT_MAX];
	int w;

	if (d->error > 0)
		snprintf(band, sizeof(band), " (sampled, within %s)",
			 site_value(type, d->error, half));
	snprintf(line, sizeof(line), "flat %s%s, cum %s",
		 site_value(type, d->flat, flat), band,
		 site_value(type, d->cum, cum));
	w = text_columns(line);
	w = w + 24 > r.w ? 0 : w;
	canvas_right(c, r.y, r.x, r.w, pen(ROLE_DIM), w ? line : "");
	canvas_fit(
		c, r.y, r.x, r.w - (w ? w + 2 : 0), pen_bold(ROLE_TEXT),
		site_name(&s->glyphs, row->name, r.w - (w ? w + 2 : 0), name),
		s->glyphs.ellipsis);
}

/* What the lists leave; they get half of it at least where they are long. */
static int graph_rows(const struct site_detail *d, int h, bool beside)
{
	int lines = (int)d->line_count + 1, callers = (int)d->caller_count + 1;
	int lists = !beside	      ? lines + callers
		    : lines > callers ? lines
				      : callers;
	int left;

	if (lists > (h - 1) / 2)
		lists = (h - 1) / 2;
	left = h - 1 - lists;
	return left >= 6 ? left : 0;
}

void site_detail_draw(struct screens *s, const struct frame *f, struct rect r,
		      struct canvas *c)
{
	const struct site_detail *d = sites_detail(s);
	const struct top_row *row = sites_selected(s);
	struct rect lines = {r.y + 1, r.x, r.h - 1, r.w}, callers;
	int graph_h;

	if (!d || r.h < 2)
		return;
	graph_h = graph_rows(d, r.h, r.w >= SIDE_BY_SIDE);
	draw_head(s, row, d, (struct rect){r.y, r.x, 1, r.w}, c);
	if (graph_h) {
		draw_graph(s, f, (struct rect){r.y + 1, r.x, graph_h, r.w}, c);
		lines.y += graph_h;
		lines.h -= graph_h;
	}
	callers = lines;
	if (r.w >= SIDE_BY_SIDE) {
		lines.w = r.w / 2 - 1;
		callers.x += lines.w + 2;
		callers.w -= lines.w + 2;
	} else {
		int most = (int)d->line_count + 1;

		lines.h = most > (r.h + 1) / 2 ? (r.h + 1) / 2 : most;
		callers.y += lines.h;
		callers.h -= lines.h;
	}
	draw_lines(s, d, lines, c);
	draw_callers(s, d, callers, c);
}
