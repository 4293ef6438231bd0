/* watch_header.c - who is watched, in which state, how old its figures are. */
#include "watch_header.h"
#include "timeaxis.h"

#include <residue/base/text.h>

#include <stdio.h>

/* Columns of the module's path that are worth showing. */
#define LEAST_MODULE 8

/* "4 s ago", or that there is nothing to have an age. */
static const char *ago_text(const struct screens *s, const struct moment *m,
			    enum origin from, char out[48])
{
	int64_t age_ms = m->age_ms[from];
	char age[32];

	if (age_ms < 0 && m->past)
		glyph_text(s->glyphs.dash, out);
	else if (age_ms < 0)
		snprintf(out, 48, "no answer yet");
	else
		snprintf(out, 48, "%s ago", age_text(age_ms, age));
	return out;
}

/* "svc  go1.26.8  example.com/orders", of which the module, then the user and
 * the version give way where there are fewer than `width` columns. */
static const char *facts_text(const struct target_info *info, int width,
			      char out[240])
{
	int go_w = text_columns(info->go_version);
	int user_w = text_columns(info->user);
	const char *go = go_w <= width ? info->go_version : "";
	const char *user = user_w + 2 + go_w <= width ? info->user : "";
	int left = width - (user[0] ? user_w + 2 : 0) - go_w - 2;
	const char *module = left < LEAST_MODULE ? "" : info->module;

	snprintf(out, 240, "%s%s%s%s%s", user, user[0] ? "  " : "", go,
		 module[0] && go[0] ? "  " : "", module);
	return out;
}

/* The right end of the header: its state where it is not well, the source and
 * the age of its figures, the time axis. */
enum { HEAD_STATE, HEAD_HOW, HEAD_AGE, HEAD_AXIS, HEAD_SPAN, HEAD_WORDS };
#define HEAD_GAP 3

struct header_right {
	const char *word[HEAD_WORDS]; /* "": not shown */
	char age[48], axis[32], span[32];
	bool old; /* the age is more than it should be */
};

static int header_width(const struct header_right *h)
{
	int w = 0;

	for (unsigned i = 0; i < HEAD_WORDS; i++)
		if (h->word[i][0])
			w += text_columns(h->word[i]) + (w ? HEAD_GAP : 0);
	return w;
}

static void header_right(struct header_right *h, const struct screens *s,
			 const struct frame *f, const struct panel *p,
			 const struct moment *m, int graph_w)
{
	const struct target_info *info = &p->info;
	enum origin from = how_origin(info, p->origins);

	h->old = m->stale[from] || info->phase != TARGET_LIVE;
	h->word[HEAD_STATE] = info->phase == TARGET_ZOMBIE   ? "zombie"
			      : info->phase == TARGET_EXITED ? "exited"
			      : info->stopped		     ? "stopped"
							     : "";
	h->word[HEAD_HOW] = how_text(info, p->origins);
	h->word[HEAD_AGE] = ago_text(s, m, from, h->age);
	h->word[HEAD_AXIS] = info->phase == TARGET_LIVE || s->axis.end_ns
				     ? timeaxis_text(s, f, h->axis)
				     : "";
	h->word[HEAD_SPAN] = timeaxis_span(s, graph_w, h->span);
}

/* Leave out what is least wanted until `room` columns do; what is wrong stays
 * as long as there are `most`. Returns the columns, 0: nothing is left. */
static int header_shrink(struct header_right *h, int room, int most)
{
	static const unsigned order[] = {HEAD_SPAN, HEAD_AXIS, HEAD_HOW,
					 HEAD_AGE};
	int w = header_width(h);

	for (unsigned i = 0; i < 4 && w > room; i++) {
		if (order[i] == HEAD_AGE && h->old && w <= most)
			break;
		h->word[order[i]] = "";
		w = header_width(h);
	}
	return w <= most ? w : 0;
}

static void draw_header_right(const struct header_right *h,
			      const struct screens *s, int w, bool live,
			      struct canvas *c)
{
	int x = c->cols - w - 1;

	canvas_put(c, 0, x - 2, pen(live ? ROLE_GOOD : ROLE_WARN),
		   s->glyphs.bullet);
	for (unsigned i = 0; i < HEAD_WORDS; i++) {
		bool bad = i == HEAD_STATE || (i == HEAD_AGE && h->old);

		if (h->word[i][0])
			x += canvas_text(c, 0, x, c->cols - x,
					 pen(bad ? ROLE_WARN : ROLE_DIM),
					 h->word[i]) +
			     HEAD_GAP;
	}
}

void watch_header_draw(const struct screens *s, const struct frame *f,
		       const struct panel *p, const struct moment *m,
		       int graph_w, struct canvas *c)
{
	const struct target_info *info = &p->info;
	struct header_right h;
	int x = 1, w, room;
	char line[240], pid[32];

	if (c->cols >= 64)
		x += canvas_text(c, 0, x, c->cols, pen(ROLE_BRAND), "residue ");
	snprintf(line, sizeof(line), " %.230s ", target_name(info));
	x += canvas_fit(c, 0, x, c->cols - x, pen(ROLE_TARGET), line,
			s->glyphs.ellipsis) +
	     2;
	snprintf(pid, sizeof(pid), "pid %d  ", (int)info->pid);
	/* A part of a PID looks like another one; blanks may be cut. */
	if (info->pid && x + text_columns(pid) - 2 <= c->cols)
		x += canvas_text(c, 0, x, c->cols - x, pen(ROLE_DIM), pid);
	header_right(&h, s, f, p, m, graph_w);
	room = c->cols - x - 4; /* bullet, and blanks around it */
	w = header_shrink(&h, room - text_columns(info->go_version), room);
	if (w)
		draw_header_right(&h, s, w,
				  info->phase == TARGET_LIVE &&
					  !info->stopped && !s->axis.end_ns,
				  c);
	room = w ? room - w : c->cols - x - 1;
	canvas_fit(c, 0, x, room, pen(ROLE_DIM), facts_text(info, room, line),
		   s->glyphs.ellipsis);
}
