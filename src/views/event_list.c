/* event_list.c - what happened, newest first, in words. */
#include "event_list.h"

#include <residue/base/clock.h>
#include <residue/base/sat.h>
#include <residue/base/text.h>
#include <residue/base/units.h>
#include <residue/ui/axis.h>

#include <stdio.h>
#include <string.h>

/* From this many GCs in a row on they share a line. */
#define RUN_LEAST 3

/* The letters and what they mean, as many as fit. */
static void draw_letters(struct canvas *c, struct rect r)
{
	int x = r.x + 1, right = r.x + r.w;

	x += canvas_text(c, r.y, x, r.w, pen_bold(ROLE_TEXT), "events  ");
	for (unsigned k = 0; k < EVENT_COUNT; k++) {
		const struct event_kind_info *info = &event_kind_info[k];
		char letter[2] = {info->letter, '\0'};

		if (x + 2 + text_columns(info->title) >= right)
			break;
		canvas_text(c, r.y, x, 1, pen(event_role(k)), letter);
		x += 2;
		x += canvas_text(c, r.y, x, right - x, pen(ROLE_DIM),
				 info->title) +
		     2;
	}
}

static bool plain_gc(const struct event *ev)
{
	return ev->kind == EVENT_GC && !ev->forced && !ev->periodic &&
	       ev->num_gc >= 0;
}

/* How many plain GCs in a row end with event n - 1, going back; 1 at least. */
static unsigned run_length(const struct panel *p, unsigned n)
{
	unsigned run = 1;

	while (run < n && plain_gc(&p->events[n - run]) &&
	       plain_gc(&p->events[n - run - 1]))
		run++;
	return run;
}

/* Lines that the newest n events take, those in a row in one; counted up to
 * `most`. */
static unsigned line_count(const struct panel *p, unsigned n, unsigned most)
{
	unsigned lines = 0;

	while (n > 0 && lines < most) {
		unsigned run = run_length(p, n);

		n -= run < RUN_LEAST ? 1 : run;
		lines++;
	}
	return lines;
}

/* How many of the run that ends with event n - 1 were forced; -1: not known.
 * None is known to be, but of those from before we looked the program's own
 * count may be all that is known: it is of the first *of GCs of all. */
static int64_t run_forced(const struct panel *p, unsigned n, unsigned run,
			  int64_t *of)
{
	int64_t forced = values_get(&p->values, FIELD_NUM_FORCED_GC, -1);
	int64_t gcs = values_get(&p->values, FIELD_NUM_GC, -1);
	bool known = true;

	*of = p->events[n - 1].num_gc;
	for (unsigned i = n - run; i < n; i++)
		known &= p->events[i].forced_known;
	if (known)
		return 0;
	for (unsigned i = n; i < p->event_count; i++) {
		const struct event *ev = &p->events[i];

		if (ev->kind == EVENT_EXEC)
			return -1;
		if (ev->kind != EVENT_GC)
			continue;
		if (!ev->forced_known) {
			*of = ev->num_gc;
			continue;
		}
		gcs--;
		forced -= ev->forced;
	}
	/* Those that are not known are the first ones, all of them? */
	if (p->events[n - run].num_gc != 1 || *of != gcs)
		return -1;
	return forced >= 0 && forced <= gcs ? forced : -1;
}

struct line {
	const struct event *newest;
	char title[48];
	char text[400];
};

static void line_of_run(struct line *l, const struct panel *p, unsigned n,
			unsigned run)
{
	const struct event *ev = &p->events[n - 1], *oldest = ev - (run - 1);
	char span[UNITS_MAX], pause[UNITS_MAX], forced[48];
	int64_t longest = -1, of, known = run_forced(p, n, run, &of);

	for (unsigned i = 0; i < run; i++)
		if (oldest[i].pause_ns > longest)
			longest = oldest[i].pause_ns;
	if (known <= 0)
		snprintf(forced, sizeof(forced), "%s",
			 known ? "forced or not is not known" : "none forced");
	else if (of == ev->num_gc)
		snprintf(forced, sizeof(forced), "%lld of them forced",
			 (long long)known);
	else
		snprintf(forced, sizeof(forced),
			 "%lld of the first %lld forced", (long long)known,
			 (long long)of);
	snprintf(l->title, sizeof(l->title), "%u GCs", run);
	units_duration(span, sat_sub(ev->wall_ns, oldest->wall_ns));
	snprintf(l->text, sizeof(l->text), "GC %lld to %lld in %s, %s",
		 (long long)oldest->num_gc, (long long)ev->num_gc, span,
		 forced);
	if (longest >= 0)
		snprintf(l->text + strlen(l->text),
			 sizeof(l->text) - strlen(l->text),
			 ", stopped the world for %s at most",
			 units_duration(pause, longest));
}

static void line_of_event(struct line *l, const struct event *ev)
{
	if (ev->kind == EVENT_GC && ev->num_gc >= 0)
		snprintf(l->title, sizeof(l->title), "GC #%lld%s",
			 (long long)ev->num_gc,
			 ev->forced	? " forced"
			 : ev->periodic ? " timer"
					: "");
	else
		snprintf(l->title, sizeof(l->title), "%s",
			 event_kind_info[ev->kind].title);
	snprintf(l->text, sizeof(l->text), "%s", ev->text);
	if (ev->confidence < 1)
		snprintf(l->text + strlen(l->text),
			 sizeof(l->text) - strlen(l->text),
			 "  (%s, %.0f%% sure)", event_source_name[ev->source],
			 ev->confidence * 100);
}

static void draw_line(const struct screens *s, const struct frame *f,
		      const struct line *l, struct rect r, struct canvas *c)
{
	const struct event *ev = l->newest;
	int64_t ago = sat_sub(f->now_ns + f->wall_offset_ns, ev->wall_ns);
	int x = r.x + 1;
	char at[32];

	time_text(at, ev->wall_ns, ago > DAY_NS);
	x += canvas_text(c, r.y, x, 14, pen(ROLE_DIM), at) + 2;
	canvas_put(c, r.y, x, pen(event_role(ev->kind)),
		   (uint32_t)event_kind_info[ev->kind].letter);
	x += 2;
	canvas_fit(c, r.y, x, 16, pen(ROLE_TEXT), l->title, s->glyphs.ellipsis);
	x += 17;
	canvas_fit(c, r.y, x, r.x + r.w - x - 1, pen(ROLE_DIM), l->text,
		   s->glyphs.ellipsis);
}

void event_list_draw(const struct screens *s, const struct frame *f,
		     const struct panel *p, const struct event *here,
		     struct rect area, struct canvas *c)
{
	int64_t end = s->axis.end_ns ? s->axis.last_ns + 1 + f->wall_offset_ns
				     : INT64_MAX;
	struct rect r = {area.y, area.x, 1, area.w};
	unsigned n = p->event_count, rows, spare;

	if (area.h < 2)
		return;
	draw_letters(c, r);
	r.y++;
	while (n > 0 && p->events[n - 1].wall_ns >= end)
		n--;
	if (n == 0)
		canvas_text(c, r.y, r.x + 1, r.w - 1, pen(ROLE_DIM),
			    p->event_count ? "nothing had happened yet"
					   : "nothing happened yet");
	rows = (unsigned)area.h - 1;
	spare = rows - line_count(p, n, rows);
	for (; n > 0 && r.y < area.y + area.h; r.y++) {
		const struct event *ev = &p->events[n - 1];
		unsigned run = run_length(p, n);
		/* Rows that one of them more needs: what is left of the
		 * shortest run is no run. */
		unsigned more = run == RUN_LEAST ? RUN_LEAST - 1 : 1;
		struct line line = {.newest = ev};

		if (run >= RUN_LEAST && more > spare) {
			line_of_run(&line, p, n, run);
		} else {
			spare -= run >= RUN_LEAST ? more : 0;
			run = 1;
			line_of_event(&line, ev);
		}
		draw_line(s, f, &line, r, c);
		if (here && here <= ev && here > ev - run)
			canvas_paint(c, r, ROLE_SELECTED);
		n -= run;
	}
}
