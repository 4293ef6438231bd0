/* rates.c - allocation, GCs and settings in one row; the cost of profiles. */
#include "rates.h"

#include "panels.h"

#include <residue/base/clock.h>
#include <residue/base/sat.h>
#include <residue/base/text.h>
#include <residue/base/units.h>
#include <residue/ui/layout.h>

#include <stdio.h>
#include <string.h>

/* ---- what profiles cost ------------------------------------------------- */

#define EACH_MAX   64
#define SHARES_MAX 80

/* "0.9%", "12%": of millionths. */
static const char *share_text(int64_t ppm, char out[16])
{
	double percent = ppm < 1000000 ? (double)ppm / 1e4 : 100;

	snprintf(out, 16, "%.*f%%", percent < 10 ? 1 : 0, percent);
	return out;
}

/* "0.9% of its CPU, 0.3% of its allocations"; -1: not known. */
static void shares_text(int64_t cpu_ppm, int64_t garbage_ppm, const char *of,
			char out[SHARES_MAX])
{
	char share[16];
	size_t n = 0;

	out[0] = '\0';
	if (cpu_ppm >= 0)
		n = (size_t)snprintf(out, SHARES_MAX, "%s of its CPU",
				     share_text(cpu_ppm, share));
	if (garbage_ppm >= 0)
		snprintf(out + n, SHARES_MAX - n, "%s%s of %s", n ? ", " : "",
			 share_text(garbage_ppm, share), of);
}

/* "12 ms CPU, 4.1 MiB each" */
static void each_text(const struct values *v, char out[EACH_MAX])
{
	char cpu[UNITS_MAX], garbage[UNITS_MAX];
	bool known = values_has(v, FIELD_PPROF_GARBAGE);

	units_duration(cpu, values_get(v, FIELD_PPROF_CPU, 0));
	units_bytes(garbage, values_get(v, FIELD_PPROF_GARBAGE, 0));
	snprintf(out, EACH_MAX, "%s CPU%s%s each", cpu, known ? ", " : "",
		 known ? garbage : "");
}

/* One would be above the budget: it is fetched when somebody asks for it. */
static void rare_text(const char *each, enum cost_words words,
		      char out[COST_MAX])
{
	static const char *const by_key[COST_WORDS] = {
		"on p only", ", on p only",
		", on p only: above 1% of what it uses"};

	snprintf(out, COST_MAX, "%s%s", words == COST_LEAST ? "" : each,
		 by_key[words]);
}

const char *cost_text(const struct values *v, enum cost_words words,
		      char out[COST_MAX])
{
	int64_t cpu = values_get(v, FIELD_PPROF_CPU_SHARE, -1);
	int64_t garbage = values_get(v, FIELD_PPROF_GARBAGE_SHARE, -1);
	bool in_turn = values_has(v, FIELD_PPROF_EVERY);
	char each[EACH_MAX], shares[SHARES_MAX], every[UNITS_MAX];

	out[0] = '\0';
	each_text(v, each);
	if (!in_turn && (cpu >= 0 || garbage >= 0))
		rare_text(each, words, out);
	if (!in_turn)
		return out;
	/* The share that counts: both are to stay below 1 %. */
	if (words == COST_LEAST && cpu < garbage)
		cpu = -1;
	else if (words == COST_LEAST)
		garbage = -1;
	shares_text(cpu, garbage,
		    words == COST_ALL ? "its allocations" : "allocations",
		    shares);
	units_duration(every, v->v[FIELD_PPROF_EVERY]);
	if (words < COST_ALL && shares[0])
		snprintf(out, COST_MAX, "%s", shares);
	else
		snprintf(out, COST_MAX, "%s, every %s%s%s", each, every,
			 shares[0] ? ": " : "", shares);
	return out;
}

const char *cost_fit(const struct values *v, int w, char out[COST_MAX])
{
	for (unsigned words = COST_WORDS; words-- > 0;)
		if (text_columns(cost_text(v, words, out)) <= w)
			return out;
	out[0] = '\0';
	return out;
}

/* ---- the row ------------------------------------------------------------ */

/* Below so many columns words and sizes are short, and what is set comes before
 * what it does. */
#define BRIEF_COLS 110

/* In the order of the row. The priorities say what gives way first. */
/* clang-format off */
enum rate {
	RATE_GC, RATE_ALLOC, RATE_PAUSE, RATE_GOGC, RATE_DUE, RATE_GOAL,
	RATE_LIMIT, RATE_GOROUTINES, RATE_THREADS, RATE_COST,
	RATES
};
static const struct {
	const char *name[2]; /* the second where it is brief */
	int priority[2]; /* as in ui/layout.h */
} rate_info[RATES] = {
	[RATE_GC] = {{"GC/s", "GC/s"}, {1, 1}},
	[RATE_ALLOC] = {{"allocates", "alloc"}, {2, 6}},
	[RATE_PAUSE] = {{"mean pause", "pause"}, {8, 8}},
	[RATE_GOGC] = {{"GOGC", "GOGC"}, {6, 4}},
	[RATE_DUE] = {{"scavenger returns", "scavenger"}, {10, 10}},
	[RATE_GOAL] = {{"GC goal", "goal"}, {4, 2}},
	[RATE_LIMIT] = {{"GOMEMLIMIT", "GOMEMLIMIT"}, {7, 5}},
	[RATE_GOROUTINES] = {{"goroutines", "goroutines"}, {5, 3}},
	[RATE_THREADS] = {{"threads", "threads"}, {9, 9}},
	[RATE_COST] = {{"profiles", "profiles"}, {3, 7}},
};
/* clang-format on */

/* Bytes allocated a second over the last minute or so of the graph. */
static bool alloc_rate(const struct panel *p, const struct timeline *t,
		       double *out)
{
	const struct span *spans =
		panel_spans(p, PANEL_TOTAL_ALLOC, t->columns);
	int newest = -1, oldest = -1;

	for (unsigned i = t->columns; i > 0; i--) {
		int64_t back = (int64_t)(t->columns - i) * t->step_ns;

		if (!spans[i - 1].known)
			continue;
		if (newest < 0)
			newest = (int)i - 1;
		if (oldest >= 0 && back > 60 * NS_PER_SEC)
			break;
		oldest = (int)i - 1;
	}
	if (newest <= oldest)
		return false;
	*out = (double)sat_sub(spans[newest].last, spans[oldest].last) /
	       ((double)(newest - oldest) * (double)t->step_ns / 1e9);
	/* As bytes it is a whole number. */
	return *out >= 0 && *out < 0x1p63;
}

/* What the scavenger will return by itself. */
static void due_text(const struct values *v, char out[COST_MAX])
{
	char now[UNITS_MAX], next[UNITS_MAX];

	if (values_get(v, FIELD_DUE_NEXT_GC, 0) > 0 &&
	    values_has(v, FIELD_DUE_NOW))
		snprintf(out, COST_MAX, "%s now, %s after the next GC",
			 units_bytes(now, v->v[FIELD_DUE_NOW]),
			 units_bytes(next, v->v[FIELD_DUE_NEXT_GC]));
}

/* The same, without a blank before the unit where it is brief. */
static void size_of(const struct screens *s, const struct values *v,
		    enum field f, bool brief, char out[COST_MAX])
{
	if (brief && values_has(v, f))
		units_bytes_short(out, v->v[f]);
	else
		size_text(s, v, f, out);
}

static void rates_of(const struct screens *s, const struct panel *p,
		     const struct values *v, const struct timeline *time,
		     bool brief, char out[RATES][COST_MAX])
{
	double per_s;

	for (unsigned i = 0; i < RATES; i++)
		out[i][0] = '\0';
	glyph_text(s->glyphs.dash, out[RATE_GC]);
	if (p->gc_per_s >= 0)
		snprintf(out[RATE_GC], COST_MAX, "%.2g", p->gc_per_s);
	if (p->spans && alloc_rate(p, time, &per_s)) {
		(brief ? units_bytes_short : units_bytes)(out[RATE_ALLOC],
							  (int64_t)per_s);
		strcat(out[RATE_ALLOC], "/s");
	}
	if (values_get(v, FIELD_NUM_GC, 0) > 0 &&
	    values_has(v, FIELD_PAUSE_TOTAL))
		units_duration(out[RATE_PAUSE],
			       v->v[FIELD_PAUSE_TOTAL] / v->v[FIELD_NUM_GC]);
	if (values_has(v, FIELD_GOGC) && v->v[FIELD_GOGC] < 0)
		strcpy(out[RATE_GOGC], "off");
	else if (values_has(v, FIELD_GOGC))
		snprintf(out[RATE_GOGC], COST_MAX, "%lld",
			 (long long)v->v[FIELD_GOGC]);
	due_text(v, out[RATE_DUE]);
	size_of(s, v, FIELD_NEXT_GC, brief, out[RATE_GOAL]);
	size_of(s, v, FIELD_MEMORY_LIMIT, brief, out[RATE_LIMIT]);
	if (values_has(v, FIELD_GOROUTINES))
		units_count(out[RATE_GOROUTINES], v->v[FIELD_GOROUTINES]);
	if (values_has(v, FIELD_THREADS))
		units_count(out[RATE_THREADS], v->v[FIELD_THREADS]);
	cost_text(v, COST_LEAST, out[RATE_COST]);
}

void rates_draw(const struct screens *s, const struct panel *p,
		const struct moment *m, const struct timeline *time, int y,
		struct canvas *c)
{
	bool brief = c->cols < BRIEF_COLS;
	int gap = brief ? 2 : 3, left = 1; /* columns between two rates */
	char text[RATES][COST_MAX];
	struct column col[RATES];
	unsigned order[RATES], n = 0;

	if (!brief)
		left += canvas_text(c, y, left, c->cols, pen_bold(ROLE_TEXT),
				    "rates") +
			gap;
	rates_of(s, p, m->v, time, brief, text);
	for (unsigned i = 0; i < RATES; i++) {
		int w = text_columns(rate_info[i].name[brief]) + 1 +
			text_columns(text[i]);

		if (!text[i][0])
			continue;
		/* Their gap, but for the blank that all columns have. */
		col[n] = (struct column){.width = w + gap - 1,
					 .priority =
						 rate_info[i].priority[brief]};
		order[n++] = i;
	}
	layout_columns(col, n, c->cols - left - 2 + gap);
	for (unsigned k = 0; k < n; k++) {
		unsigned i = order[k];
		int x = left + col[k].x, room = c->cols - 1 - x;

		if (!col[k].shown)
			continue;
		x += canvas_text(c, y, x, room, pen(ROLE_DIM),
				 rate_info[i].name[brief]) +
		     1;
		room = c->cols - 1 - x;
		canvas_text(c, y, x, room, pen(ROLE_TEXT),
			    i == RATE_COST ? cost_fit(m->v, room, text[i])
					   : text[i]);
	}
}
