/* axis.c - round values, round times, and the letters of events. */
#include <residue/ui/axis.h>

#include <residue/base/clock.h>
#include <residue/base/sat.h>
#include <residue/base/text.h>
#include <residue/base/units.h>

#include <stdio.h>
#include <string.h>
#include <time.h>

/* The unit of the labels: they are below 1024 of it. */
static int64_t unit_of(int64_t top)
{
	int64_t unit = 1;

	while (top / unit >= 1024)
		unit *= 1024;
	return unit;
}

/* So many tenths of the unit, rounded up to bytes. */
static int64_t tenths_of(int64_t unit, int tenths)
{
	int64_t rest = unit % 10 * tenths;

	return sat_add(sat_mul(unit / 10, tenths), (rest + 9) / 10);
}

int64_t scale_top(int64_t max, int rows, int64_t *tick)
{
	/* clang-format off */
	static const int nice[] = { /* tenths of a unit */
		1, 2, 3, 4, 5, 6, 8,
		10, 20, 30, 40, 50, 60, 80,
		100, 150, 200, 250, 300, 400, 500, 600, 800,
		1000, 1500, 2000, 2500, 3000, 4000, 5000};
	/* clang-format on */
	int64_t unit = 1, steps = rows > 5 ? rows / 3 : rows > 1 ? 2 : 1;

	if (max < 1)
		max = 1;
	if (steps > 5)
		steps = 5;
	for (;; unit *= 1024)
		for (unsigned i = 0; i < sizeof(nice) / sizeof(*nice); i++) {
			int64_t top;

			if (unit == 1 && nice[i] % 10)
				continue;
			*tick = tenths_of(unit, nice[i]);
			if (sat_mul(*tick, steps) < max)
				continue;
			top = sat_mul(max / *tick + (max % *tick != 0), *tick);
			/* Labels of two units are not round in either. */
			if (top / unit < 1024)
				return top;
		}
}

/* "600M", "1.5G", "0" */
static const char *label_text(int64_t v, int64_t unit, char out[UNITS_MAX])
{
	int64_t tenths = (int64_t)((double)v / (double)unit * 10 + 0.5);
	int n = 0;

	while (unit >> (10 * n) > 1)
		n++;
	if (tenths % 10)
		snprintf(out, UNITS_MAX, "%.1f%c", (double)tenths / 10,
			 "BKMGTPE"[n]);
	else
		snprintf(out, UNITS_MAX, "%lld%.1s", (long long)tenths / 10,
			 v ? &"BKMGTPE"[n] : "");
	return out;
}

void plot_scale(const struct plot *p, int w, int64_t tick)
{
	/* From here on a step leads past the top, which may be 2^63 - 1. */
	int64_t last = p->top - tick, unit = unit_of(p->top);

	for (int64_t v = 0;; v += tick) {
		char text[UNITS_MAX];
		/* The label stands at the row whose lower edge is v. */
		int row = (int)((double)v * p->area.h / (double)p->top);

		if (row >= p->area.h)
			row = p->area.h - 1;
		canvas_right(p->canvas, p->area.y + p->area.h - 1 - row,
			     p->area.x - w - 1, w, pen(ROLE_FAINT),
			     label_text(v, unit, text));
		if (v > last)
			return;
	}
}

enum role event_role(enum event_kind kind)
{
	switch (kind) {
	case EVENT_GC:
		return ROLE_EVENT_GC;
	case EVENT_FREE_OS_MEMORY:
	case EVENT_DROP:
	case EVENT_SCAVENGE:
		return ROLE_EVENT_FREE;
	case EVENT_SNAPSHOT:
	case EVENT_MARK:
		return ROLE_EVENT_USER;
	case EVENT_EXEC:
	case EVENT_EXIT:
		return ROLE_EVENT_END;
	default:
		return ROLE_EVENT;
	}
}

/* Which letter a cell shows when events share it: the rarer kind. */
static int weight(enum event_kind kind)
{
	static const enum event_kind by_weight[] = {
		EVENT_GC,      EVENT_GROWTH,	     EVENT_SCAVENGE,
		EVENT_RECLAIM, EVENT_UNMAP,	     EVENT_NATIVE_FREE,
		EVENT_DROP,    EVENT_FREE_OS_MEMORY, EVENT_SNAPSHOT,
		EVENT_MARK,    EVENT_EXEC,	     EVENT_EXIT};
	int w = 0;

	for (unsigned i = 0; i < sizeof(by_weight) / sizeof(*by_weight); i++)
		if (by_weight[i] == kind)
			w = (int)i + 1;
	return w;
}

void plot_events(const struct plot *p, int y, const struct event *events,
		 unsigned count)
{
	int seen[512] = {0};

	canvas_fill(p->canvas, (struct rect){y, p->area.x, 1, p->area.w},
		    pen(ROLE_FAINT), p->glyphs->across);
	for (unsigned i = 0; i < count; i++) {
		const struct event *ev = &events[i];
		int cell = plot_cell(
			p, sat_sub(ev->wall_ns, p->time->wall_offset_ns));

		if (cell < 0 || cell >= 512 || weight(ev->kind) < seen[cell])
			continue;
		seen[cell] = weight(ev->kind);
		canvas_put(p->canvas, y, p->area.x + cell,
			   pen(event_role(ev->kind)),
			   (uint32_t)event_kind_info[ev->kind].letter);
	}
}

char *time_text(char out[32], int64_t wall_ns, bool date)
{
	time_t s = (time_t)(wall_ns / NS_PER_SEC);
	struct tm tm;

	localtime_r(&s, &tm);
	strftime(out, 32, date ? "%m-%d %H:%M:%S" : "%H:%M:%S", &tm);
	return out;
}

/* The distance of the time labels: the least of these of at least `ns`. */
static int64_t label_step(int64_t ns)
{
	static const int seconds[] = {1,    2,	  5,	 10,	15,    30,
				      60,   120,  300,	 600,	900,   1800,
				      3600, 7200, 10800, 21600, 43200, 86400};
	unsigned i = 0, n = sizeof(seconds) / sizeof(*seconds);

	while (i + 1 < n && seconds[i] * NS_PER_SEC < ns)
		i++;
	return seconds[i] * NS_PER_SEC;
}

/* Seconds that local time is ahead of UTC at that moment. */
static int64_t zone_ns(int64_t wall_ns)
{
	time_t s = (time_t)(wall_ns / NS_PER_SEC);
	struct tm tm;

	localtime_r(&s, &tm);
	return tm.tm_gmtoff * NS_PER_SEC;
}

void plot_times(const struct plot *p, int y, bool live)
{
	const struct timeline *t = p->time;
	int64_t cell_ns = t->step_ns * p->glyphs->dots_x;
	int64_t span = cell_ns * p->area.w;
	bool date = span > 24 * 3600 * NS_PER_SEC;
	int wide = date ? 14 : 8, from = 0, edge = p->area.w;
	int64_t first = t->end_ns + t->wall_offset_ns - span;
	int64_t step = label_step(cell_ns * (wide + 4));
	int64_t zone = zone_ns(first);
	int64_t at = (first + zone + step - 1) / step * step - zone;

	if (live && p->area.w >= 3) {
		edge -= 5;
		canvas_text(p->canvas, y, p->area.x + p->area.w - 3, 3,
			    pen(ROLE_FAINT), "now");
	}
	for (; at < first + span; at += step) {
		int x = plot_cell(p, at - t->wall_offset_ns);
		char text[32];

		if (x < from || x + wide > edge)
			continue;
		canvas_text(p->canvas, y, p->area.x + x, wide, pen(ROLE_FAINT),
			    time_text(text, at, date));
		from = x + wide + 2;
	}
}
