/*
 * sites.c - `go tool pprof -top`, live: what each function holds now, and how
 * that came to be.
 */
#include "look.h"
#include "sort_menu.h"
#include "panels.h"
#include "rates.h"
#include "site_detail.h"
#include "sites_table.h"

#include <residue/base/clock.h>
#include <residue/base/sat.h>
#include <residue/base/text.h>
#include <residue/base/units.h>
#include <residue/model/measure.h>
#include <residue/ui/layout.h>

#include <stdio.h>
#include <string.h>

/* From so many columns on words are not cut short. */
#define WIDE 110

struct sites_layout {
	int answer_y, more_y, types_y; /* < 0: not drawn */
	int title_y;
	int rows_y, rows_h;
	int said_y;	    /* the selected site's full name; < 0: none */
	struct rect detail; /* h 0: none */
	struct column col[SITE_COLUMNS];
};

static struct sites_layout layout(const struct screens *s, int rows, int cols)
{
	struct sites_layout l = {
		.answer_y = 1, .more_y = 2, .types_y = -1, .said_y = -1};
	int left;

	l.title_y = 3;
	if (rows >= 16) {
		l.types_y = 3;
		l.title_y = rows >= 24 ? 5 : 4;
	} else if (rows < 12) {
		l.more_y = -1;
		l.title_y = 2;
	}
	l.rows_y = l.title_y + 1;
	left = rows - l.rows_y;
	if (s->sites.detail && rows < 16) {
		/* All of it; the table is under it. */
		l.more_y = -1;
		l.detail = (struct rect){2, 1, rows - 2, cols - 2};
		left = 1;
	} else if (s->sites.detail) {
		l.detail.h = left * 3 / 5;
		l.detail = (struct rect){rows - l.detail.h, 1, l.detail.h,
					 cols - 2};
		left -= l.detail.h + 1;
	} else if (rows >= 12) {
		l.said_y = rows - 1;
		left -= 2;
	}
	l.rows_h = left > 1 ? left : 1;
	for (unsigned i = 0; i < SITE_COLUMNS; i++)
		l.col[i] = (struct column){
			.width = site_column_info[i].width,
			.most = site_column_info[i].most,
			.priority = site_column_info[i].priority};
	layout_columns(l.col, SITE_COLUMNS, cols - 2);
	for (unsigned i = 0; i < SITE_COLUMNS; i++)
		l.col[i].x++;
	return l;
}

static void want(struct screens *s, struct frame_want *w)
{
	memcpy(w->target[0], s->target[0], TARGET_ID_MAX);
	w->trail = true;
}

/* ---- what stands above the table ---------------------------------------- */

/* "profile 12 s old, taken after GC #17, from memory", or shorter. */
static void profile_words(const struct frame *f, const struct sites_table *t,
			  int cols, char *out, size_t size)
{
	static const char *const from[][2] = {
		{", endpoint", ", memory"},
		{", from the endpoint", ", from memory"}};
	bool brief = cols < 64, wide = cols >= WIDE;
	int64_t age = f->now_ns - t->doc->t_ns;
	char age_s[32], gc[48] = "";

	age_text((age > 0 ? age : 0) / NS_PER_MS, age_s);
	if (t->num_gc > 0)
		snprintf(gc, sizeof(gc), ", %sGC #%lld",
			 wide ? "taken after " : "", (long long)t->num_gc);
	else if (t->num_gc < 0 && t->gc_least > 0)
		snprintf(gc, sizeof(gc),
			 wide ? ", taken after GC #%lld or later"
			      : ", GC #%lld or later",
			 (long long)t->gc_least);
	else if (t->stale)
		snprintf(gc, sizeof(gc), ", before the first GC");
	snprintf(out, size, "%s%s old%s%s", brief ? "" : "profile ", age_s, gc,
		 brief ? "" : from[wide][t->by == READ_AGENTLESS]);
}

static void draw_header(const struct screens *s, const struct frame *f,
			const struct panel *p, struct canvas *c)
{
	const struct sites_table *t = s->sites.table;
	bool live = p->info.phase == TARGET_LIVE;
	char right[160] = "", line[200];
	int x = 1, right_w;

	if (t)
		profile_words(f, t, c->cols, right, sizeof(right));
	right_w = text_columns(right);
	if (c->cols >= 64)
		x += canvas_text(c, 0, x, c->cols, pen(ROLE_BRAND), "residue ");
	x += canvas_printf(c, 0, x, c->cols - x, pen(ROLE_TARGET), " %s ",
			   target_name(&p->info));
	x += 2;
	if (x + right_w + 4 >= c->cols && t) {
		profile_words(f, t, 0, right, sizeof(right));
		right_w = text_columns(right);
	}
	if (x + right_w + 4 >= c->cols)
		right_w = 0;
	snprintf(line, sizeof(line), "pid %d  %s%s", (int)p->info.pid,
		 p->info.go_version, live ? "" : "  exited");
	if (p->info.pid)
		canvas_fit(c, 0, x, c->cols - x - right_w - 4, pen(ROLE_DIM),
			   line, s->glyphs.ellipsis);
	if (!right_w)
		return;
	canvas_right(c, 0, c->cols - right_w - 1, right_w,
		     pen(t->stale ? ROLE_WARN : ROLE_DIM), right);
	canvas_put(c, 0, c->cols - right_w - 3,
		   pen(live && !s->sites.paused ? ROLE_GOOD : ROLE_WARN),
		   s->glyphs.bullet);
}

static bool is_type(const struct sites_table *t, const char *prefix)
{
	return strncmp(t->top->type.name, prefix, strlen(prefix)) == 0;
}

/* "412 MiB", "1.61M objects" */
static const char *amount(const struct sites_table *t, int64_t v, char out[48])
{
	if (strcmp(t->top->type.unit, "bytes") == 0)
		return units_bytes(out, v);
	units_count(out, v);
	if (strcmp(t->top->type.unit, "count") == 0)
		strcat(out, " objects");
	return out;
}

/* The row with the most of it, whatever the order is. */
static const struct top_row *largest(const struct top *top)
{
	const struct top_row *best = NULL;

	for (size_t i = 0; i < top->n_rows; i++)
		if (!best || top->rows[i].flat > best->flat)
			best = &top->rows[i];
	return best;
}

/* The sentence: how much, how sure, and where most of it is. */
static void answer(const struct screens *s, const struct sites_table *t,
		   char *out, size_t size)
{
	const struct top_row *best = largest(t->top);
	char total[48], band[16], share[MEASURE_MAX], name[SITE_TEXT_MAX];
	size_t n;
	int left;

	if (!best || t->top->total <= 0) {
		snprintf(out, size, "No %s in this profile.",
			 t->top->type.name);
		return;
	}
	measure_percent(share, best->flat, t->top->total);
	n = (size_t)snprintf(
		out, size, "%s%s%s at %zu site%s, %s of it in ",
		amount(t, t->top->total, total),
		band_text(s, t->error, t->top->total, band),
		is_type(t, "inuse")   ? " in use"
		: is_type(t, "alloc") ? " allocated since the start"
				      : "",
		t->sites, t->sites == 1 ? "" : "s", share + strspn(share, " "));
	left = s->cols - 2 - text_columns(out) - 1;
	snprintf(out + n, size - n, "%s.",
		 site_name(&s->glyphs, best->name, left, name));
}

/* What else to know: a failure, a profile from before the first GC, what is
 * left out. True where it is a warning. */
static bool more_words(const struct screens *s, const struct panel *p,
		       bool brief, char *out, size_t size)
{
	const struct sites_table *t = s->sites.table;
	const struct err *fail = &p->origins[ORIGIN_PPROF].fail;
	char share[MEASURE_MAX];

	if (fail->code != ERR_NONE) {
		snprintf(out, size, "no newer profile: %s", fail->msg);
		return true;
	}
	if (t->stale) {
		snprintf(
			out, size,
			"No GC had ended when it was taken: what is garbage is "
			"not known, and it stays as it is until one has.");
		return true;
	}
	if (s->sites.paused) {
		snprintf(out, size, "paused: newer profiles wait");
		return true;
	}
	if (s->sites.filter[0]) {
		measure_percent(share, t->shown, t->top->total);
		snprintf(out, size,
			 "filter \"%s\": %u of %zu sites with %s of the total",
			 s->sites.filter, t->count, t->top->n_rows,
			 share + strspn(share, " "));
		return false;
	}
	*out = '\0';
	if (t->top->n_dropped)
		snprintf(out, size, "without %zu function%s under 0.5%%%s",
			 t->top->n_dropped, t->top->n_dropped == 1 ? "" : "s",
			 brief ? "" : ", as in go tool pprof -top");
	return false;
}

/* Where type i is written in the row of types; -1: it is not. */
static int type_x(const struct profile *p, unsigned i)
{
	int x = 1;

	for (unsigned k = p->n_types; k-- > 0;) {
		if (k == i)
			return x;
		x += text_columns(p->type[k].name) + 3;
	}
	return -1;
}

static void draw_types(const struct sites_table *t, int y, struct canvas *c)
{
	const struct profile *p = t->doc->data;

	for (unsigned i = 0; i < p->n_types; i++)
		canvas_printf(c, y, type_x(p, i), c->cols,
			      i == t->type
				      ? (struct pen){ROLE_HEAP, ROLE_TEXT,
						     STYLE_REVERSE | STYLE_BOLD}
				      : pen(ROLE_DIM),
			      " %s ", p->type[i].name);
}

/* In what the words before it leave of the row. */
static void draw_cost(const struct panel *p, int y, int left, struct canvas *c)
{
	int w = c->cols - 1 - left;
	char cost[COST_MAX], line[COST_MAX + 8];

	cost_fit(&p->values, w - text_columns("cost: "), cost);
	snprintf(line, sizeof(line), "cost: %s", cost);
	if (cost[0])
		canvas_right(c, y, left, w, pen(ROLE_DIM), line);
}

static void draw_words(const struct screens *s, const struct panel *p,
		       const struct sites_layout *l, struct canvas *c)
{
	const struct sites_table *t = s->sites.table;
	char said[400], more[400], cost[COST_MAX];
	bool brief =
		c->cols < WIDE && cost_text(&p->values, COST_SHARES, cost)[0];
	bool warn = more_words(s, p, brief, more, sizeof(more));
	/* Where there is one row for both, a warning goes before. */
	bool instead = warn && l->more_y < 0;

	answer(s, t, said, sizeof(said));
	canvas_fit(c, l->answer_y, 1, c->cols - 2,
		   pen(instead ? ROLE_WARN : ROLE_ANSWER),
		   instead ? more : said, s->glyphs.ellipsis);
	if (l->more_y >= 0) {
		int w = canvas_fit(c, l->more_y, 1, c->cols - 2,
				   pen(warn ? ROLE_WARN : ROLE_DIM), more,
				   s->glyphs.ellipsis);

		draw_cost(p, l->more_y, w ? w + 4 : 1, c);
	}
	if (l->types_y >= 0)
		draw_types(t, l->types_y, c);
}

/* ---- the table -------------------------------------------------------- */

static const char *sites_title(unsigned i)
{
	return site_column_info[i].title;
}

static void draw_titles(const struct screens *s, const struct sites_layout *l,
			struct canvas *c)
{
	canvas_fill(c, (struct rect){l->title_y, 0, 1, c->cols},
		    pen(ROLE_HEADER), ' ');
	for (unsigned i = 0; i < SITE_COLUMNS; i++) {
		bool sorted = i == sites_sort(s);
		struct pen p = pen(sorted ? ROLE_HEADER_SORT : ROLE_HEADER);
		char title[24], mark[5];

		if (!l->col[i].shown)
			continue;
		glyph_text(sites_falls(s) ? s->glyphs.falling
					  : s->glyphs.rising,
			   mark);
		snprintf(title, sizeof(title), "%s%s",
			 site_column_info[i].title, sorted ? mark : "");
		if (site_column_info[i].right)
			canvas_right(c, l->title_y, l->col[i].x, l->col[i].w, p,
				     title);
		else
			canvas_text(c, l->title_y, l->col[i].x, l->col[i].w, p,
				    title);
	}
}

struct site_row {
	const struct screens *s;
	const struct frame *f;
	const struct top_row *r;
	int64_t sum; /* of flat up to this row */
	int y;
	enum role on;
};

static const char *share_text(const struct sites_table *t, int64_t v,
			      char out[MEASURE_MAX])
{
	measure_percent(out, v, t->top->total);
	return out + strspn(out, " ");
}

static const char *inline_mark(enum top_inlined inlined)
{
	switch (inlined) {
	case TOP_INLINED:
		return " (inline)";
	case TOP_PARTLY_INLINED:
		return " (partial-inline)";
	default:
		return "";
	}
}

static void draw_name(const struct site_row *x, const struct column *col,
		      struct canvas *c)
{
	char name[SITE_TEXT_MAX];
	int w = canvas_fit(c, x->y, col->x, col->w, pen_on(ROLE_TEXT, x->on),
			   site_name(&x->s->glyphs, x->r->name, col->w, name),
			   x->s->glyphs.ellipsis);
	const char *mark = inline_mark(x->r->inlined);

	if (w + text_columns(mark) <= col->w)
		canvas_text(c, x->y, col->x + w, col->w - w,
			    pen_on(ROLE_DIM, x->on), mark);
}

static void draw_cell(const struct site_row *x, unsigned i,
		      const struct column *col, struct canvas *c)
{
	const struct sites_table *t = x->s->sites.table;
	const struct profile_row *row = x->r->row;
	char value[32], share[MEASURE_MAX], place[SITE_TEXT_MAX];
	const char *text = "";
	enum role role = ROLE_TEXT;

	switch (i) {
	case SITE_FLAT:
		text = site_value(&t->top->type, x->r->flat, value);
		role = x->r->flat ? ROLE_HEAP : ROLE_FAINT;
		break;
	case SITE_FLAT_SHARE:
		text = share_text(t, x->r->flat, share);
		role = x->r->flat ? ROLE_TEXT : ROLE_FAINT;
		break;
	case SITE_SUM_SHARE:
		text = share_text(t, x->sum, share);
		role = ROLE_DIM;
		break;
	case SITE_CUM:
		text = site_value(&t->top->type, x->r->cum, value);
		break;
	case SITE_CUM_SHARE:
		text = share_text(t, x->r->cum, share);
		break;
	case SITE_TREND:
		site_trend(x->s, x->f, site_key(x->r->name), x->y, col->x,
			   col->w, pen_on(ROLE_HEAP, x->on), c);
		return;
	case SITE_NAME:
		draw_name(x, col, c);
		return;
	default:
		canvas_text(c, x->y, col->x, col->w, pen_on(ROLE_DIM, x->on),
			    site_place_fit(&x->s->glyphs, row->file, row->line,
					   false, col->w, place));
		return;
	}
	canvas_right(c, x->y, col->x, col->w, pen_on(role, x->on), text);
}

static void draw_rows(const struct screens *s, const struct frame *f,
		      const struct sites_layout *l, struct canvas *c)
{
	const struct sites_table *t = s->sites.table;
	int64_t sum = 0;

	for (unsigned n = 0; n < t->count; n++) {
		const struct top_row *r = &t->top->rows[t->order[n]];
		struct site_row x = {.s = s, .f = f, .r = r, .on = ROLE_TEXT};

		sum = sat_add(sum, r->flat);
		if (n < s->sites.top)
			continue;
		x.sum = sum;
		x.y = l->rows_y + (int)(n - s->sites.top);
		if (x.y >= l->rows_y + l->rows_h)
			break;
		if (site_key(r->name) == s->sites.selected) {
			x.on = ROLE_SELECTED;
			canvas_paint(c, (struct rect){x.y, 0, 1, c->cols},
				     ROLE_SELECTED);
		}
		for (unsigned i = 0; i < SITE_COLUMNS; i++)
			if (l->col[i].shown)
				draw_cell(&x, i, &l->col[i], c);
	}
	if (t->count == 0)
		canvas_text(c, l->rows_y, 1, c->cols - 1, pen(ROLE_DIM),
			    s->sites.filter[0]
				    ? "no site with that text in it; Esc shows "
				      "all"
				    : "the profile has no such sites");
}

/* The whole name and path of the selected one, where rows are too short. */
static void draw_said(const struct screens *s, const struct sites_layout *l,
		      struct canvas *c)
{
	const struct top_row *r = sites_selected(s);
	char place[SITE_TEXT_MAX];
	int x = 1;

	if (!r || l->said_y < 0)
		return;
	x += canvas_fit(c, l->said_y, x, c->cols - 2, pen_bold(ROLE_TEXT),
			r->name, s->glyphs.ellipsis) +
	     2;
	canvas_text(c, l->said_y, x, c->cols - x - 1, pen(ROLE_DIM),
		    site_place_fit(&s->glyphs, r->row->file, r->row->line, true,
				   c->cols - x - 1, place));
}

/* ---- where there is no profile ---------------------------------------- */

/* Why there is none, and what to do. */
static void no_profile(const struct panel *p, char *out, size_t size)
{
	const struct target_info *info = &p->info;
	const struct err *profile = &p->origins[ORIGIN_PPROF].fail;
	const struct err *runtime = &p->origins[ORIGIN_RUNTIME].fail;
	size_t n;

	if (profile->code != ERR_NONE)
		snprintf(out, size, "No heap profile: %s.", profile->msg);
	else if (info->phase != TARGET_LIVE)
		snprintf(out, size, "No heap profile: the process has ended.");
	else if (panel_has_profile(p))
		snprintf(out, size,
			 "No heap profile yet: the first one is on its way; p "
			 "fetches one now.");
	else if (runtime->code != ERR_NONE)
		snprintf(out, size,
			 "No heap profile: the memory cannot be read (%s) and "
			 "%s.",
			 runtime->msg, no_profile_reason);
	else
		snprintf(out, size, "No heap profile: %s.", no_profile_reason);
	n = strlen(out);
	if (info->listens[0] && !info->endpoint[0])
		snprintf(out + n, size - n,
			 " It listens on %s; e asks whether that is pprof.",
			 info->listens);
}

static void draw(struct screens *s, const struct frame *f, struct canvas *c)
{
	const struct panel *p = &f->panels[0];
	struct sites_layout l = layout(s, c->rows, c->cols);
	char text[800];

	if (!p->present) {
		canvas_printf(c, 0, 1, c->cols - 1, pen(ROLE_DIM),
			      "waiting for %s", s->target[0]);
		return;
	}
	sites_update(s, f);
	draw_header(s, f, p, c);
	if (!s->sites.table || !s->sites.table->top) {
		no_profile(p, text, sizeof(text));
		draw_wrapped(c, &s->glyphs,
			     (struct rect){2, 1, c->rows - 2, c->cols - 2},
			     pen(ROLE_ANSWER),
			     s->sites.table ? s->sites.table->why : text);
		return;
	}
	sites_scroll(s, (unsigned)l.rows_h);
	draw_words(s, p, &l, c);
	if (!l.detail.h || l.detail.y > l.title_y) {
		draw_titles(s, &l, c);
		draw_rows(s, f, &l, c);
	}
	if (l.detail.h)
		site_detail_draw(s, f, l.detail, c);
	draw_said(s, &l, c);
	if (s->sites.menu.open)
		sort_menu_draw(&s->sites.menu, c, l.title_y, SITE_COLUMNS,
			       sites_title);
}

/* ---- keys --------------------------------------------------------------- */

static const char *blocked(const struct screens *s, const struct frame *f,
			   enum action action)
{
	const struct panel *p = &f->panels[0];

	switch (action) {
	case ACTION_DETAIL:
	case ACTION_TYPE:
	case ACTION_SORT:
	case ACTION_INVERT:
	case ACTION_PAUSE:
		return s->sites.table ? NULL : "there is no profile";
	default:
		return target_blocked(p, action);
	}
}

static const char *label(const struct screens *s, enum action action)
{
	if (action == ACTION_PAUSE && s->sites.paused)
		return "Go on";
	if (action == ACTION_DETAIL && s->sites.detail)
		return "Table";
	return NULL;
}

static void act(struct screens *s, const struct frame *f, enum action action)
{
	struct sites_state *st = &s->sites;

	if (targets_request(s, f, action, s->target, 1))
		return;
	switch (action) {
	case ACTION_DETAIL:
		st->detail = !st->detail;
		break;
	case ACTION_SORT:
		st->menu =
			(struct sort_menu){.open = true, .at = sites_sort(s)};
		break;
	case ACTION_PAUSE:
		st->paused = !st->paused;
		break;
	case ACTION_BACK:
		screens_back(s);
		break;
	default:
		sites_act(s, f, action);
	}
}

/* What Esc leaves first; false where there is nothing but the screen. */
static bool leave(struct screens *s, const struct frame *f)
{
	struct sites_state *st = &s->sites;

	if (st->detail) {
		st->detail = false;
	} else if (st->paused) {
		st->paused = false;
	} else if (st->filter[0]) {
		st->filter[0] = '\0';
		sites_order(s);
		screens_say(s, f, false, "the filter is cleared");
	} else {
		return false;
	}
	return true;
}

static bool press(struct screens *s, const struct frame *f, uint32_t key)
{
	enum action action = keymap_find(key, IN_SITES);

	if (!s->sites.menu.open)
		return key == PRESS_ESC && leave(s, f);
	if (sort_menu_key(&s->sites.menu, key, action, SITE_COLUMNS))
		sites_sort_by(s, s->sites.menu.at);
	return action != ACTION_QUIT;
}

static void click_type(struct screens *s, int x)
{
	const struct profile *p = s->sites.table->doc->data;

	for (unsigned i = 0; i < p->n_types; i++) {
		int at = x - type_x(p, i);

		if (at >= 0 && at < text_columns(p->type[i].name) + 2)
			s->sites.type = i;
	}
}

static void click(struct screens *s, const struct frame *f, int y, int x)
{
	struct sites_layout l = layout(s, s->rows, s->cols);
	const struct sites_table *t = s->sites.table;
	unsigned n = s->sites.top + (unsigned)(y - l.rows_y);

	if (!t || !t->top)
		return;
	if (s->sites.menu.open) {
		if (sort_menu_click(&s->sites.menu, y - l.title_y, x))
			sites_sort_by(s, s->sites.menu.at);
		return;
	}
	if (y == l.types_y) {
		click_type(s, x);
	} else if (y == l.title_y) {
		for (unsigned i = 0; i < SITE_COLUMNS; i++)
			if (l.col[i].shown && x >= l.col[i].x &&
			    x < l.col[i].x + l.col[i].w)
				sites_sort_by(s, i);
	} else if (y >= l.rows_y && y < l.rows_y + l.rows_h && n < t->count) {
		if (site_key(t->top->rows[t->order[n]].name) ==
		    s->sites.selected)
			act(s, f, ACTION_DETAIL);
		sites_select(s, (int)n);
		s->sites.moved = true;
	}
}

static const char *filter(const struct screens *s)
{
	return s->sites.filter;
}

const struct view view_sites = {
	.name = "sites",
	.place = IN_SITES,
	.want = want,
	.draw = draw,
	.blocked = blocked,
	.label = label,
	.act = act,
	.filter = filter,
	.click = click,
	.press = press,
};
