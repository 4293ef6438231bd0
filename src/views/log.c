/* log.c - what the program did to processes, and noticed about them. */
#include "look.h"

#include <residue/base/clock.h>
#include <residue/base/text.h>
#include <residue/ui/axis.h>

#include <stdio.h>
#include <string.h>

static unsigned lines_on(const struct screens *s)
{
	return s->rows > 2 ? (unsigned)s->rows - 2 : 1;
}

static void want(struct screens *s, struct frame_want *w)
{
	screens_want_under(s, w);
	w->log_lines = lines_on(s);
	w->log_skip = s->log_top;
}

static void draw_line(const struct screens *s, const struct frame *f,
		      const struct log_line *l, int y, struct canvas *c)
{
	int64_t ago = f->now_ns + f->wall_offset_ns - l->wall_ns;
	bool wide = c->cols >= 64;
	char at[32], who[48] = "";
	int x = 1;

	time_text(at, l->wall_ns, ago > DAY_NS);
	x += canvas_text(c, y, x, c->cols - x, pen(ROLE_DIM), at) + 2;
	if (l->pid && wide)
		snprintf(who, sizeof(who), "%s%s%d", l->who, *l->who ? " " : "",
			 (int)l->pid);
	else
		snprintf(who, sizeof(who), "%s", l->who);
	if (wide) {
		canvas_fit(c, y, x, 22, pen(ROLE_TEXT), who,
			   s->glyphs.ellipsis);
		x += 24;
	} else if (*who) {
		x += canvas_fit(c, y, x, 10, pen(ROLE_TEXT), who,
				s->glyphs.ellipsis) +
		     1;
	}
	canvas_fit(c, y, x, c->cols - x - 1,
		   pen(l->error ? ROLE_WARN : ROLE_TEXT), l->text,
		   s->glyphs.ellipsis);
}

static void draw(struct screens *s, const struct frame *f, struct canvas *c)
{
	int x = 1, y = 2;

	x += canvas_text(c, 0, x, c->cols, pen(ROLE_BRAND), "residue") + 2;
	x += canvas_text(c, 0, x, c->cols - x, pen_bold(ROLE_TEXT), "log") + 2;
	if (f->log_total > f->log_count)
		x += canvas_printf(c, 0, x, c->cols - x, pen(ROLE_DIM),
				   "%u to %u of %u lines  ", s->log_top + 1,
				   s->log_top + f->log_count, f->log_total);
	canvas_fit(c, 0, x, c->cols - x - 1, pen(ROLE_DIM),
		   "what residue did to processes, and noticed; newest first",
		   s->glyphs.ellipsis);
	for (unsigned i = 0; i < f->log_count; i++)
		draw_line(s, f, &f->log[i], y++, c);
	if (!f->log_count)
		canvas_fit(c, y, 1, c->cols - 2, pen(ROLE_DIM),
			   "nothing: no request was sent, no read has failed",
			   s->glyphs.ellipsis);
}

static void act(struct screens *s, const struct frame *f, enum action action)
{
	int page = (int)lines_on(s), top = (int)s->log_top;

	if (action == ACTION_BACK)
		screens_back(s);
	else if (lines_move(&top, action, page, (int)f->log_total - page))
		s->log_top = (unsigned)top;
}

const struct view view_log = {
	.name = "log",
	.place = IN_LOG,
	.want = want,
	.draw = draw,
	.act = act,
};
