/* timeaxis.c - zoom, scrolling, pause and the cursor. */
#include "timeaxis.h"

#include <residue/base/clock.h>
#include <residue/base/sat.h>
#include <residue/base/units.h>
#include <residue/ui/axis.h>

#include <stdio.h>

#define MS NS_PER_MS
#define S  NS_PER_SEC
/* clang-format off */
static const int64_t steps[] = {100 * MS, 200 * MS, 500 * MS, 1 * S,   2 * S,
				5 * S,	  10 * S,   20 * S,   30 * S,  60 * S,
				120 * S,  300 * S,  600 * S,  1200 * S, 3600 * S};
/* clang-format on */
#define STEPS (sizeof(steps) / sizeof(*steps))
/* What is shown before anybody zooms: all there is, within these. */
#define LEAST_SPAN (60 * S)
#define MOST_SPAN  (600 * S)

static unsigned columns_of(const struct screens *s, int cells)
{
	unsigned n = cells > 0 ? (unsigned)(cells * s->glyphs.dots_x) : 1;

	return n < FRAME_COLUMNS ? n : FRAME_COLUMNS;
}

static int64_t step_of(const struct screens *s, int cells)
{
	int64_t span = s->axis.covered_ns;
	unsigned i = 0;

	if (s->axis.step_ns)
		return s->axis.step_ns;
	if (s->axis.end_ns && s->axis.held_ns)
		return s->axis.held_ns;
	if (span < LEAST_SPAN)
		span = LEAST_SPAN;
	if (span > MOST_SPAN)
		span = MOST_SPAN;
	while (i + 1 < STEPS && (steps[i] * columns_of(s, cells) < span ||
				 steps[i] < s->axis.interval_ns))
		i++;
	return steps[i];
}

void timeaxis_want(const struct screens *s, int cells, struct frame_want *want)
{
	want->columns = columns_of(s, cells);
	want->step_ns = step_of(s, cells);
	want->cell_ns = want->step_ns * s->glyphs.dots_x;
	/* The end is exclusive here and a moment to show there. */
	want->end_ns = s->axis.end_ns ? s->axis.end_ns - 1 : 0;
	want->cursor_ns = s->axis.cursor_ns ? s->axis.cursor_ns
			  : s->axis.end_ns  ? s->axis.last_ns
					    : 0;
}

struct timeline timeaxis_of(const struct screens *s, const struct frame *f,
			    int cells)
{
	return (struct timeline){.end_ns = f->end_ns,
				 .step_ns = step_of(s, cells),
				 .columns = columns_of(s, cells),
				 .wall_offset_ns = f->wall_offset_ns};
}

/* Where rows begin: history counts in whole buckets of up to ten minutes. */
static int64_t first_of(const struct panel *p)
{
	return p->first_ns && p->info.since_ns > p->first_ns ? p->info.since_ns
							     : p->first_ns;
}

/* The axis ends there from now on, and history that goes on changes neither its
 * step nor the figures at its edge: the last cell may not be over. */
static void hold(struct screens *s, const struct frame *f, int cells,
		 int64_t end)
{
	s->axis.held_ns = step_of(s, cells);
	s->axis.end_ns = end;
	s->axis.last_ns = end <= f->now_ns ? end - 1 : f->now_ns;
}

static void freeze(struct screens *s, const struct frame *f, int cells)
{
	if (!s->axis.end_ns)
		hold(s, f, cells, f->end_ns);
}

/* The right edge to `end`, rounded up to whole steps; live once it is there. */
static void set_end(struct screens *s, const struct frame *f,
		    const struct panel *p, int cells, int64_t end)
{
	int64_t step = step_of(s, cells);
	int64_t span = step * columns_of(s, cells);
	int64_t least = first_of(p) + span, held = s->axis.end_ns;

	/* Where history is shorter than the axis there is nothing to go back
	 * to, and no way back leads forward. */
	if (held && held < least)
		least = held;
	if (p->first_ns && end < least)
		end = least;
	if (end == held)
		return;
	end = (end + step - 1) / step * step;
	if (end <= f->now_ns)
		hold(s, f, cells, end);
	else if (s->axis.paused || s->axis.cursor_ns)
		hold(s, f, cells, (f->now_ns / step + 1) * step);
	else
		s->axis.end_ns = 0;
}

static void move_cursor(struct screens *s, const struct frame *f,
			const struct panel *p, int cells, int64_t to)
{
	int64_t step = step_of(s, cells);
	int64_t span = step * columns_of(s, cells);

	freeze(s, f, cells);
	if (p->first_ns && to < first_of(p))
		to = first_of(p);
	if (to > f->now_ns)
		to = f->now_ns;
	s->axis.cursor_ns = to;
	if (to >= s->axis.end_ns)
		set_end(s, f, p, cells, to + 1);
	else if (to < s->axis.end_ns - span)
		set_end(s, f, p, cells, to + span);
}

static void step_cursor(struct screens *s, const struct frame *f,
			const struct panel *p, int cells, int direction)
{
	int64_t cell = step_of(s, cells) * s->glyphs.dots_x;
	int64_t from = s->axis.cursor_ns;

	if (!from)
		from = (s->axis.end_ns ? s->axis.end_ns : f->now_ns) - 1;
	move_cursor(s, f, p, cells, from + direction * cell);
}

/* The cursor to the next event in that direction. */
static void seek_event(struct screens *s, const struct frame *f,
		       const struct panel *p, int cells, int direction)
{
	int64_t from = s->axis.cursor_ns, best = 0;

	if (!from)
		from = s->axis.end_ns ? s->axis.end_ns : f->now_ns + 1;
	for (unsigned i = 0; i < p->event_count; i++) {
		int64_t t = sat_sub(p->events[i].wall_ns, f->wall_offset_ns);

		if (direction < 0 ? t >= from : t <= from)
			continue;
		if (!best || (direction < 0 ? t > best : t < best))
			best = t;
	}
	if (best)
		move_cursor(s, f, p, cells, best);
	else
		screens_say(s, f, false, "no event %s",
			    direction < 0 ? "before this" : "after this");
}

static void zoom(struct screens *s, const struct frame *f,
		 const struct panel *p, int cells, int direction)
{
	int64_t old = step_of(s, cells), end = s->axis.end_ns;
	int64_t fixed = s->axis.cursor_ns;
	unsigned i = 0;

	while (i + 1 < STEPS && steps[i] < old)
		i++;
	if ((direction < 0 && i == 0) || (direction > 0 && i + 1 == STEPS)) {
		screens_say(s, f, false, "no further");
		return;
	}
	i = direction < 0 ? i - 1 : i + 1;
	s->axis.step_ns = steps[i];
	/* The cursor keeps its place on the screen. */
	if (end && fixed)
		end = fixed + (end - fixed) / old * steps[i];
	if (end)
		set_end(s, f, p, cells, end);
}

static void toggle_pause(struct screens *s, const struct frame *f, int cells)
{
	if (s->axis.paused || s->axis.end_ns) {
		s->axis.paused = false;
		s->axis.end_ns = s->axis.cursor_ns = 0;
	} else {
		s->axis.paused = true;
		freeze(s, f, cells);
	}
}

bool timeaxis_back(struct screens *s)
{
	if (s->axis.cursor_ns)
		s->axis.cursor_ns = 0;
	else if (s->axis.end_ns)
		s->axis.paused = false, s->axis.end_ns = 0;
	else
		return false;
	return true;
}

bool timeaxis_act(struct screens *s, const struct frame *f,
		  const struct panel *p, int cells, enum action action)
{
	int64_t span = step_of(s, cells) * columns_of(s, cells);
	int64_t end = s->axis.end_ns ? s->axis.end_ns : f->end_ns;

	switch (action) {
	case ACTION_PAUSE:
		toggle_pause(s, f, cells);
		return true;
	case ACTION_LEFT:
	case ACTION_RIGHT:
		step_cursor(s, f, p, cells, action == ACTION_LEFT ? -1 : 1);
		return true;
	case ACTION_UP:
	case ACTION_DOWN:
		seek_event(s, f, p, cells, action == ACTION_UP ? -1 : 1);
		return true;
	case ACTION_ZOOM_IN:
	case ACTION_ZOOM_OUT:
		zoom(s, f, p, cells, action == ACTION_ZOOM_IN ? -1 : 1);
		return true;
	case ACTION_PAGE_UP:
	case ACTION_PAGE_DOWN:
		s->axis.cursor_ns = 0;
		set_end(s, f, p, cells,
			action == ACTION_PAGE_UP ? end - span / 2
						 : end + span / 2);
		return true;
	case ACTION_HOME:
		s->axis.cursor_ns = 0;
		set_end(s, f, p, cells, p->first_ns ? first_of(p) : end);
		return true;
	case ACTION_END:
		s->axis.paused = false;
		s->axis.end_ns = s->axis.cursor_ns = 0;
		return true;
	default:
		return false;
	}
}

const char *timeaxis_text(const struct screens *s, const struct frame *f,
			  char out[32])
{
	int64_t end = s->axis.end_ns;

	/* The last cell may not be over. */
	if (end > f->now_ns)
		end = f->now_ns;
	if (s->axis.paused)
		snprintf(out, 32, "paused");
	else if (end)
		time_text(out, end + f->wall_offset_ns,
			  f->now_ns - end > 86400 * S);
	else
		snprintf(out, 32, "live");
	return out;
}

const char *timeaxis_span(const struct screens *s, int cells, char out[32])
{
	char text[UNITS_MAX];

	units_duration(text, step_of(s, cells) * columns_of(s, cells));
	snprintf(out, 32, "%s", text);
	return out;
}
