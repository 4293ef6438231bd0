/* log.c - what the program did to processes, and noticed about them. */
#include "look.h"

#include <residue/base/clock.h>
#include <residue/base/text.h>
#include <residue/ui/axis.h>

#include <stdio.h>
#include <string.h>

/* Rows above the lines: the title and a blank. */
#define HEAD_H 2

static int rows_on(const struct screens *s)
{
	return s->rows > HEAD_H ? s->rows - HEAD_H : 1;
}

/* All of it: how many rows a line takes is told by its text alone. */
static void want(struct screens *s, struct frame_want *w)
{
	screens_want_under(s, w);
	w->log_lines = LOG_LINES;
}

/* Where a line's words are, below the row where it begins. */
struct words {
	char at[32], who[48];
	int who_x, who_w;
	struct rect text;
};

static void place_line(const struct frame *f, const struct log_line *l,
		       int cols, struct words *p)
{
	int64_t ago = f->now_ns + f->wall_offset_ns - l->wall_ns;
	bool wide = cols >= 64;
	int x, last = cols - 1;

	time_text(p->at, l->wall_ns, ago > DAY_NS);
	if (l->pid && wide)
		snprintf(p->who, sizeof(p->who), "%s%s%d", l->who,
			 *l->who ? " " : "", (int)l->pid);
	else
		snprintf(p->who, sizeof(p->who), "%s", l->who);
	p->who_x = 1 + text_columns(p->at) + 2;
	p->who_w = wide ? 22 : text_columns(p->who);
	p->who_w = !wide && p->who_w > 10 ? 10 : p->who_w;
	x = p->who_x + p->who_w + (wide ? 2 : p->who_w > 0);
	p->text = (struct rect){0, x, 0, last - x};
	/* What does not fit beside the name has rows of its own below it. */
	if (!wide && text_columns(l->text) > p->text.w)
		p->text = (struct rect){1, 3, 0, last - 3};
	p->text.h = wrapped_rows(l->text, p->text.w);
}

static int height(const struct words *p)
{
	int h = p->text.y + p->text.h;

	return h > 0 ? h : 1;
}

static void draw_line(const struct screens *s, const struct log_line *l,
		      const struct words *p, int y, struct canvas *c)
{
	struct rect text = p->text;

	text.y += y;
	canvas_text(c, y, 1, c->cols - 1, pen(ROLE_DIM), p->at);
	canvas_fit(c, y, p->who_x, p->who_w, pen(ROLE_TEXT), p->who,
		   s->glyphs.ellipsis);
	draw_wrapped(c, &s->glyphs, text, pen(l->error ? ROLE_WARN : ROLE_TEXT),
		     l->text);
}

/* The lines from row s->log_top on, which is kept to what there is; first and
 * last: of those that are seen, counted from 1. */
static void draw_lines(struct screens *s, const struct frame *f,
		       struct canvas *c, unsigned *first, unsigned *last)
{
	int rows = rows_on(s), all = 0, y;
	struct words p;

	for (unsigned i = 0; i < f->log_count; i++) {
		place_line(f, &f->log[i], c->cols, &p);
		all += height(&p);
	}
	s->log_last = all > rows ? (unsigned)(all - rows) : 0;
	if (s->log_top > s->log_last)
		s->log_top = s->log_last;
	*first = *last = 0;
	y = HEAD_H - (int)s->log_top;
	for (unsigned i = 0; i < f->log_count && y < HEAD_H + rows; i++) {
		place_line(f, &f->log[i], c->cols, &p);
		if (y + height(&p) > HEAD_H) {
			draw_line(s, &f->log[i], &p, y, c);
			*first = *first ? *first : i + 1;
			*last = i + 1;
		}
		y += height(&p);
	}
}

static void draw_title(const struct screens *s, const struct frame *f,
		       struct canvas *c, unsigned first, unsigned last)
{
	int x = 1;

	/* A line that begins above may have been drawn here. */
	canvas_fill(c, (struct rect){0, 0, HEAD_H, c->cols}, pen(ROLE_TEXT),
		    ' ');
	x += canvas_text(c, 0, x, c->cols, pen(ROLE_BRAND), "residue") + 2;
	x += canvas_text(c, 0, x, c->cols - x, pen_bold(ROLE_TEXT), "log") + 2;
	if (s->log_last > 0)
		x += canvas_printf(c, 0, x, c->cols - x, pen(ROLE_DIM),
				   "%u to %u of %u lines  ", first, last,
				   f->log_total);
	canvas_fit(c, 0, x, c->cols - x - 1, pen(ROLE_DIM),
		   "what residue did to processes, and noticed; newest first",
		   s->glyphs.ellipsis);
}

static void draw(struct screens *s, const struct frame *f, struct canvas *c)
{
	unsigned first, last;

	draw_lines(s, f, c, &first, &last);
	draw_title(s, f, c, first, last);
	if (!f->log_count)
		canvas_fit(c, HEAD_H, 1, c->cols - 2, pen(ROLE_DIM),
			   "nothing yet: no request was answered, no read has "
			   "failed",
			   s->glyphs.ellipsis);
}

static void act(struct screens *s, const struct frame *f, enum action action)
{
	int top = (int)s->log_top;

	(void)f;
	if (action == ACTION_BACK)
		screens_back(s);
	else if (lines_move(&top, action, rows_on(s), (int)s->log_last))
		s->log_top = (unsigned)top;
}

const struct view view_log = {
	.name = "log",
	.place = IN_LOG,
	.want = want,
	.draw = draw,
	.act = act,
};
