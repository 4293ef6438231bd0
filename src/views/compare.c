/* compare.c - two processes on one time axis, and what differs. */
#include "look.h"
#include "panels.h"
#include "sites_table.h"
#include "timeaxis.h"

#include <residue/base/sat.h>
#include <residue/base/text.h>
#include <residue/base/units.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct compare_layout {
	bool wide; /* the table stands between the graphs */
	bool compact;
	int others_y; /* < 0: no row for those that are not shown */
	int answer_y, answer_h;
	struct rect graphs; /* both columns */
	int graph_w;	    /* a panel's width */
	bool heap;	    /* a second row of graphs */
	struct rect table, settings;
	int cells; /* of a graph inside its panel */
};

#define TABLE_W 39

/* ---- more than two were named -------------------------------------------- */

/* Number n of the named ones that are not on the screen, or NULL. */
static const char *other(const struct screens *s, unsigned n)
{
	for (unsigned i = 0; i < s->named_count; i++)
		if (strcmp(s->named[i], s->target[0]) != 0 &&
		    strcmp(s->named[i], s->target[1]) != 0 && n-- == 0)
			return s->named[i];
	return NULL;
}

static unsigned other_count(const struct screens *s)
{
	unsigned n = 0;

	while (other(s, n))
		n++;
	return n;
}

/* The named one after B becomes B. */
static void next_other(struct screens *s)
{
	unsigned at = s->named_count - 1;

	for (unsigned i = 0; i < s->named_count; i++)
		if (strcmp(s->named[i], s->target[1]) == 0)
			at = i;
	do
		at = (at + 1) % s->named_count;
	while (strcmp(s->named[at], s->target[0]) == 0);
	memcpy(s->target[1], s->named[at], TARGET_ID_MAX);
	screens_request(s, REQUEST_OPEN, s->target[1]);
}

/* Who is not shown, and how to see them. */
static void draw_others(const struct screens *s, const struct frame *f, int y,
			struct canvas *c)
{
	char line[512];
	const char *id;
	size_t n = (size_t)snprintf(line, sizeof(line), "%s",
				    "n compares A with the next one not "
				    "shown:");

	for (unsigned i = 0; (id = other(s, i)) && n < sizeof(line) - 1; i++) {
		const struct target_info *info = NULL;

		for (unsigned k = 0; k < f->row_count; k++)
			if (strcmp(f->rows[k].info.id, id) == 0)
				info = &f->rows[k].info;
		n += (size_t)snprintf(line + n, sizeof(line) - n, "%s %s",
				      i ? "," : "",
				      info ? target_name(info) : id);
		if (info && info->pid && n < sizeof(line))
			n += (size_t)snprintf(line + n, sizeof(line) - n, " %d",
					      (int)info->pid);
	}
	canvas_fit(c, y, 1, c->cols - 2, pen(ROLE_DIM), line,
		   s->glyphs.ellipsis);
}

/* ---- what stands where ---------------------------------------------------- */

static struct compare_layout layout(const struct screens *s, int rows, int cols)
{
	struct compare_layout l = {.wide = cols >= 110 && rows >= 24,
				   .compact = rows < 16 || cols < 64};
	bool airy = rows >= 24;
	int y = 1, left;

	l.others_y = rows >= 16 && other(s, 0) ? y++ : -1;
	if (airy && l.others_y < 0)
		y++;
	l.answer_y = y;
	l.answer_h = rows < 6 ? 0 : l.compact ? 1 : cols < 100 ? 2 : 1;
	y += l.answer_h + (airy ? 1 : 0);
	left = rows - y;
	if (l.wide) {
		l.graph_w = (cols - TABLE_W - 4) / 2;
		l.graphs = (struct rect){y, 0, left, cols};
		l.heap = true;
		l.table = (struct rect){y, l.graph_w + 2, left, TABLE_W};
	} else {
		int half = l.compact ? (left + 1) / 2 : left / 2 - 1;

		l.graph_w = (cols - (l.compact ? 1 : 0)) / 2;
		l.graphs = (struct rect){y, 0, half, cols};
		l.heap = false;
		l.table = (struct rect){y + half, 1, left - half,
					cols < 76 ? cols - 2 : TABLE_W};
		if (cols >= 76)
			l.settings =
				(struct rect){y + half, TABLE_W + 5,
					      left - half, cols - TABLE_W - 6};
	}
	l.cells = panel_graph_width(l.graph_w, l.compact);
	return l;
}

static void want(struct screens *s, struct frame_want *w)
{
	struct compare_layout l = layout(s, s->rows, s->cols);

	memcpy(w->target, s->target, sizeof(w->target));
	w->list = l.others_y >= 0; /* for their names */
	panels_want(w);
	timeaxis_want(s, l.cells, w);
}

struct difference {
	enum part part;
	bool known;
	int64_t a, b;
};

static int larger_first(const void *x, const void *y)
{
	const struct difference *a = x, *b = y;
	int64_t p = llabs(a->b - a->a), q = llabs(b->b - b->a);

	if (a->known != b->known)
		return a->known ? -1 : 1;
	if (p != q)
		return p > q ? -1 : 1;
	return (int)a->part - (int)b->part;
}

/* All parts, what differs most first; those that either lacks last. */
static void differences(const struct moment m[2],
			struct difference out[PART_COUNT])
{
	for (unsigned i = 0; i < PART_COUNT; i++) {
		const struct breakdown_part *a = &m[0].parts.parts[i];
		const struct breakdown_part *b = &m[1].parts.parts[i];

		out[i] = (struct difference){(enum part)i, a->known && b->known,
					     a->bytes, b->bytes};
	}
	qsort(out, PART_COUNT, sizeof(*out), larger_first);
}

/* ": live +4.18 GiB, cache -5.83 GiB." - the parts that weigh at least a tenth
 * of the difference, three at most; seen from the larger one. */
static const char *reasons(const struct difference *d, int sign, int64_t whole,
			   char out[120])
{
	unsigned named = 0;
	size_t n = 0;

	/* First those that make the difference, then those against it. */
	for (unsigned k = 0; k < 2 * PART_COUNT; k++) {
		const struct difference *one = &d[k % PART_COUNT];
		int64_t diff = (one->b - one->a) * sign;
		char size[UNITS_MAX];

		if (!one->known || (diff > 0) != (k < PART_COUNT) ||
		    llabs(diff) * 10 < whole || named == 3)
			continue;
		units_bytes(size, diff);
		n += (size_t)snprintf(
			out + n, 120 - n, "%s%s %s%s", named++ ? ", " : ": ",
			part_info[one->part].title, diff > 0 ? "+" : "", size);
	}
	snprintf(out + n, 120 - n, ".");
	return out;
}

/* The sentence: what makes most of the difference in RES. */
static void draw_answer(const struct screens *s, const struct moment m[2],
			const struct difference *d, struct rect r,
			struct canvas *c)
{
	char line[300], by[32], why[120];
	int64_t a = values_get(m[0].v, FIELD_RSS, -1);
	int64_t b = values_get(m[1].v, FIELD_RSS, -1);
	const char *more = b > a ? "B" : "A", *less = b > a ? "A" : "B";
	int64_t more_by = sat_abs(sat_sub(b, a));

	units_bytes(by, more_by);
	if (a < 0 || b < 0)
		snprintf(line, sizeof(line),
			 "RES of %s is not known, so there is nothing to "
			 "compare.",
			 a < 0 ? "A" : "B");
	else if (sat_mul(more_by, 50) <= (a > b ? a : b))
		snprintf(line, sizeof(line),
			 "A and B have the same RES, within 2%%.");
	else
		snprintf(line, sizeof(line), "%s has %s more RES than %s%s",
			 more, by, less,
			 reasons(d, b > a ? 1 : -1, more_by, why));
	draw_wrapped(c, &s->glyphs, r, pen(ROLE_ANSWER), line);
}

static void cell_bytes(struct canvas *c, int y, int x, bool known,
		       int64_t bytes, const struct screens *s)
{
	char text[UNITS_MAX], dash[5];

	units_bytes_short(text, bytes);
	canvas_right(c, y, x, 7, pen(known ? ROLE_TEXT : ROLE_FAINT),
		     known ? text : glyph_text(s->glyphs.dash, dash));
}

/* Loud only where it weighs: a twentieth of the larger RES. */
static void cell_difference(struct canvas *c, int y, int x, int64_t diff,
			    int64_t rss, const struct screens *s)
{
	char size[UNITS_MAX], text[UNITS_MAX + 2], dot[5];
	enum role role = sat_mul(sat_abs(diff), 20) < rss ? ROLE_DIM
			 : diff < 0			  ? ROLE_GOOD
							  : ROLE_BAD;

	units_bytes_short(size, diff);
	snprintf(text, sizeof(text), "%s%s", diff > 0 ? "+" : "", size);
	if (sat_abs(diff) < 64 * 1024)
		canvas_right(c, y, x, 8, pen(ROLE_FAINT),
			     glyph_text(s->glyphs.dot, dot));
	else
		canvas_right(c, y, x, 8, pen(role), text);
}

static void table_row(struct canvas *c, int y, int x,
		      const struct difference *d, const char *name,
		      struct part_look look, int64_t rss,
		      const struct screens *s)
{
	char swatch[2] = {look.letter, '\0'};

	canvas_text(c, y, x, 1,
		    (struct pen){(uint8_t)look.role, ROLE_TEXT, STYLE_REVERSE},
		    swatch);
	canvas_text(c, y, x + 2, 12, pen(look.role), name);
	cell_bytes(c, y, x + 14, d->known || d->a, d->a, s);
	cell_bytes(c, y, x + 22, d->known || d->b, d->b, s);
	if (d->known)
		cell_difference(c, y, x + 31, sat_sub(d->b, d->a), rss, s);
}

/* What the parts from number `from` on sum to; `part` is the last of them that
 * is not nothing. */
static struct difference rest_of(const struct difference *d, unsigned from)
{
	struct difference rest = {.part = d[from].part, .known = true};

	for (unsigned i = from; i < PART_COUNT; i++) {
		if (!d[i].a && !d[i].b)
			continue;
		rest.part = d[i].part;
		rest.known &= d[i].known;
		rest.a += d[i].a;
		rest.b += d[i].b;
	}
	return rest;
}

/* All parts, or those that there are rows for and the rest. Returns the rows
 * used. */
static int draw_table(const struct screens *s, const struct moment m[2],
		      const struct difference *d, struct rect r,
		      struct canvas *c)
{
	struct difference res = {.known = values_has(m[0].v, FIELD_RSS) &&
					  values_has(m[1].v, FIELD_RSS),
				 .a = values_get(m[0].v, FIELD_RSS, 0),
				 .b = values_get(m[1].v, FIELD_RSS, 0)};
	int64_t rss = res.a > res.b ? res.a : res.b;
	int y = r.y, last = r.y + r.h - 1;

	if (r.h < 2)
		return 0;
	canvas_text(c, y, r.x, 10, pen(ROLE_DIM), "class");
	canvas_right(c, y, r.x + 14, 7, pen(ROLE_DIM), "A");
	canvas_right(c, y, r.x + 22, 7, pen(ROLE_DIM), "B");
	canvas_right(c, y, r.x + 31, 8, pen(ROLE_DIM), "B - A");
	y++;
	table_row(c, y++, r.x, &res, "RES", (struct part_look){ROLE_RES, 'R'},
		  rss, s);
	for (unsigned i = 0; i < PART_COUNT && y <= last; i++) {
		struct difference rest = rest_of(d, i);

		if (!d[i].a && !d[i].b)
			continue;
		if (y == last && y > r.y + 2 && rest.part != d[i].part)
			table_row(c, y++, r.x, &rest, "rest",
				  (struct part_look){ROLE_DIM, ' '}, rss, s);
		else
			table_row(c, y++, r.x, &d[i],
				  part_info[d[i].part].title,
				  part_look[d[i].part], rss, s);
	}
	return y - r.y;
}

static const char *go_short(const struct target_info *info)
{
	const char *v = info->go_version;

	return strncmp(v, "go", 2) == 0 ? v + 2 : v;
}

static void setting_text(const struct screens *s, const struct values *v,
			 enum field f, char out[32])
{
	if (!values_has(v, f))
		glyph_text(s->glyphs.dash, out);
	else if (field_info[f].unit == UNIT_BYTES)
		units_bytes_short(out, v->v[f]);
	else if (f == FIELD_GOGC && v->v[f] < 0)
		snprintf(out, 32, "off");
	else
		units_count(out, v->v[f]);
}

static void setting_row(struct canvas *c, int y, struct rect r,
			const char *name, const char *a, const char *b)
{
	bool same = strcmp(a, b) == 0;

	canvas_text(c, y, r.x, 11, pen(ROLE_DIM), name);
	canvas_text(c, y, r.x + 12, 9, pen(ROLE_TEXT), a);
	canvas_text(c, y, r.x + 22, r.w - 22, pen(same ? ROLE_TEXT : ROLE_WARN),
		    b);
}

static void draw_settings(const struct screens *s, const struct frame *f,
			  const struct moment m[2], struct rect r,
			  struct canvas *c)
{
	static const struct {
		const char *name;
		enum field field;
	} rows[] = {{"GOGC", FIELD_GOGC},
		    {"GOMEMLIMIT", FIELD_MEMORY_LIMIT},
		    {"GC goal", FIELD_NEXT_GC},
		    {"GCs so far", FIELD_NUM_GC},
		    {"forced GCs", FIELD_NUM_FORCED_GC},
		    {"goroutines", FIELD_GOROUTINES},
		    {"threads", FIELD_THREADS},
		    {"limit", FIELD_CGROUP_MAX},
		    {"swap", FIELD_SWAP}};
	int y = r.y, last = r.y + r.h - 1;

	if (r.h < 2)
		return;
	canvas_text(c, y, r.x, 11, pen(ROLE_DIM), "setting");
	canvas_text(c, y, r.x + 12, 9, pen(ROLE_DIM), "A");
	canvas_text(c, y++, r.x + 22, 9, pen(ROLE_DIM), "B");
	setting_row(c, y++, r, "Go", go_short(&f->panels[0].info),
		    go_short(&f->panels[1].info));
	for (unsigned i = 0; i < sizeof(rows) / sizeof(*rows) && y <= last;
	     i++) {
		char a[32], b[32];

		setting_text(s, m[0].v, rows[i].field, a);
		setting_text(s, m[1].v, rows[i].field, b);
		setting_row(c, y++, r, rows[i].name, a, b);
	}
}

static int64_t shared_top(const struct frame *f, unsigned columns)
{
	int64_t top = 0;

	for (unsigned i = 0; i < FRAME_PANELS; i++)
		for (int kind = GRAPH_RES; kind <= GRAPH_HEAP; kind++) {
			int64_t max = graph_panel_max(
				&f->panels[i], (enum graph_kind)kind, columns);

			top = max > top ? max : top;
		}
	return top;
}

static void draw_graphs(const struct screens *s, const struct frame *f,
			const struct moment m[2],
			const struct compare_layout *l, struct canvas *c)
{
	static const char *const prefix[] = {"A ", "B "};
	static const enum role roles[] = {ROLE_RES, ROLE_OTHER};
	struct timeline time = timeaxis_of(s, f, l->cells);
	int64_t top = 0;
	int h = l->heap ? l->graphs.h / 2 : l->graphs.h;

	if (l->cells < 1 || h < 2)
		return;
	panels_prepare(f, &time);
	if (!s->unlocked)
		top = shared_top(f, time.columns);
	for (unsigned i = 0; i < FRAME_PANELS; i++) {
		struct graph_panel g = {
			.s = s,
			.f = f,
			.p = &f->panels[i],
			.m = &m[i],
			.time = &time,
			.top = top,
			.compact = l->compact,
			.prefix = prefix[i],
			.role = roles[i],
			.kind = s->classes ? GRAPH_STACK : GRAPH_RES,
			.box = {l->graphs.y, i ? c->cols - l->graph_w : 0, h,
				l->graph_w}};

		graph_panel_draw(c, &g);
		if (!l->heap)
			continue;
		g.kind = GRAPH_HEAP;
		g.role = ROLE_HEAP;
		g.box.y += h;
		g.box.h = l->graphs.h - h;
		graph_panel_draw(c, &g);
	}
}

/* Who A or B is, in one of three lengths. */
enum header_words { HEADER_NAME, HEADER_PID, HEADER_VERSION };
#define NAME_COLS 28 /* of a name at most */

struct header_name {
	char name[160], rest[96];
	int name_w, w; /* columns: of the name, of all but blanks at the end */
};

static void header_name(struct header_name *h, const struct frame *f,
			unsigned i, enum header_words words)
{
	const struct target_info *info = &f->panels[i].info;
	char pid[16] = "";

	if (info->pid && words >= HEADER_PID)
		snprintf(pid, sizeof(pid), " %d", (int)info->pid);
	snprintf(h->name, sizeof(h->name), " %c %.150s ", "AB"[i],
		 target_name(info));
	snprintf(h->rest, sizeof(h->rest), "%s%s%.40s%s", pid,
		 words >= HEADER_VERSION ? " " : "",
		 words >= HEADER_VERSION ? info->go_version : "",
		 info->phase != TARGET_LIVE ? " exited"
		 : info->stopped	    ? " stopped"
					    : "");
	h->name_w = text_columns(h->name);
	if (h->name_w > NAME_COLS)
		h->name_w = NAME_COLS;
	h->w = h->name_w + text_columns(h->rest);
}

/* Both names in `room` columns from x on: versions, then PIDs give way, for a
 * part of a PID looks like another one. Returns where they end. */
static int draw_names(const struct screens *s, const struct frame *f, int x,
		      int room, struct canvas *c)
{
	enum header_words words = c->cols >= 64 ? HEADER_VERSION : HEADER_PID;
	struct header_name h[FRAME_PANELS];
	int end = x + room;

	for (;; words--) {
		for (unsigned i = 0; i < FRAME_PANELS; i++)
			header_name(&h[i], f, i, words);
		if (h[0].w + 2 + h[1].w <= room || words == HEADER_NAME)
			break;
	}
	for (unsigned i = 0; i < FRAME_PANELS; i++) {
		/* What is left is for both alike. */
		int most = (end - x) / (i ? 1 : 2);

		x += canvas_fit(
			c, 0, x, h[i].name_w < most ? h[i].name_w : most,
			(struct pen){i ? ROLE_OTHER : ROLE_RES, ROLE_TEXT,
				     STYLE_REVERSE | STYLE_BOLD},
			h[i].name, s->glyphs.ellipsis);
		x += canvas_fit(c, 0, x, end - x, pen(ROLE_DIM), h[i].rest,
				s->glyphs.ellipsis) +
		     2;
	}
	return x;
}

static void draw_header(const struct screens *s, const struct frame *f,
			const struct compare_layout *l, struct canvas *c)
{
	char right[120], axis[32], span[32], more[32] = "";
	unsigned others = l->others_y < 0 ? other_count(s) : 0;
	int x = 1, right_w, more_w;

	snprintf(right, sizeof(right), "%s   %s   %s",
		 s->unlocked ? "own scales" : "one scale",
		 timeaxis_text(s, f, axis), timeaxis_span(s, l->cells, span));
	right_w = c->cols >= 90 ? text_columns(right) : 0;
	if (others)
		snprintf(more, sizeof(more), "+%u: n", others);
	more_w = text_columns(more);
	if (c->cols >= 64)
		x += canvas_text(c, 0, x, c->cols, pen(ROLE_BRAND),
				 "residue ") +
		     1;
	x = draw_names(s, f, x,
		       c->cols - x - (right_w ? right_w + 4 : 0) -
			       (more_w ? more_w + 2 : 0),
		       c);
	canvas_text(c, 0, x, more_w, pen(ROLE_WARN), more);
	if (!right_w)
		return;
	canvas_right(c, 0, c->cols - right_w - 1, right_w, pen(ROLE_DIM),
		     right);
	canvas_put(c, 0, c->cols - right_w - 3,
		   pen(s->axis.end_ns ? ROLE_WARN : ROLE_GOOD),
		   s->glyphs.bullet);
}

/* One row is all there is. */
static void draw_line(const struct screens *s, const struct moment m[2],
		      struct canvas *c)
{
	char a[32], b[32];

	canvas_printf(c, 0, 0, c->cols, pen(ROLE_TEXT), "RES A %s B %s",
		      size_text(s, m[0].v, FIELD_RSS, a),
		      size_text(s, m[1].v, FIELD_RSS, b));
}

static void draw(struct screens *s, const struct frame *f, struct canvas *c)
{
	struct compare_layout l = layout(s, c->rows, c->cols);
	struct difference d[PART_COUNT];
	struct moment m[FRAME_PANELS];
	struct rect settings = l.settings;
	int rows;

	for (unsigned i = 0; i < FRAME_PANELS; i++) {
		if (!f->panels[i].present) {
			canvas_printf(c, 0, 1, c->cols - 1, pen(ROLE_DIM),
				      "waiting for %s", s->target[i]);
			return;
		}
		moment_of_panel(&m[i], s, f, &f->panels[i]);
	}
	if (c->rows < 2) {
		draw_line(s, m, c);
		return;
	}
	differences(m, d);
	draw_header(s, f, &l, c);
	if (l.others_y >= 0)
		draw_others(s, f, l.others_y, c);
	draw_answer(s, m, d,
		    (struct rect){l.answer_y, 1, l.answer_h, c->cols - 2}, c);
	draw_graphs(s, f, m, &l, c);
	rows = draw_table(s, m, d, l.table, c);
	if (l.wide) {
		settings = l.table;
		settings.y += rows + 1;
		settings.h -= rows + 1;
	}
	if (settings.w > 0)
		draw_settings(s, f, m, settings, c);
}

static const char *blocked(const struct screens *s, const struct frame *f,
			   enum action action)
{
	switch (action) {
	case ACTION_COMPARE:
		return "two are compared already";
	case ACTION_NEXT:
		return other(s, 0) ? NULL : "no others were named at the start";
	case ACTION_SNAPSHOT:
		return f->panels[0].info.phase != TARGET_LIVE &&
				       f->panels[1].info.phase != TARGET_LIVE
			       ? "both processes have ended"
			       : NULL;
	case ACTION_PROFILE:
		return panel_has_profile(&f->panels[0]) ||
				       panel_has_profile(&f->panels[1])
			       ? NULL
			       : no_profile_reason;
	case ACTION_BACK:
		return s->has_list || s->axis.end_ns || s->axis.cursor_ns
			       ? NULL
			       : "nothing to go back to";
	default:
		return NULL;
	}
}

static const char *label(const struct screens *s, enum action action)
{
	return panels_label(s, action, "Own scales");
}

static void swap(struct screens *s)
{
	char id[TARGET_ID_MAX];

	memcpy(id, s->target[0], sizeof(id));
	memcpy(s->target[0], s->target[1], sizeof(id));
	memcpy(s->target[1], id, sizeof(id));
}

static void act(struct screens *s, const struct frame *f, enum action action)
{
	struct compare_layout l = layout(s, s->rows, s->cols);

	if (timeaxis_act(s, f, &f->panels[0], l.cells, action) ||
	    targets_request(s, f, action, s->target, FRAME_PANELS))
		return;
	switch (action) {
	case ACTION_CLASSES:
		s->classes = !s->classes;
		break;
	case ACTION_UNLOCK:
		s->unlocked = !s->unlocked;
		break;
	case ACTION_SWAP:
		swap(s);
		break;
	case ACTION_NEXT:
		next_other(s);
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

const struct view view_compare = {
	.name = "compare",
	.place = IN_COMPARE,
	.want = want,
	.draw = draw,
	.blocked = blocked,
	.label = label,
	.act = act,
};
