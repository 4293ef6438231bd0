/* look.c - how parts, verdicts and ages look on every screen. */
#include "look.h"

#include <residue/base/clock.h>
#include <residue/base/text.h>
#include <residue/base/units.h>
#include <residue/ui/widgets.h>

#include <stdio.h>
#include <string.h>

const struct part_look part_look[PART_COUNT] = {
	[PART_LIVE_HEAP] = {ROLE_LIVE, 'l'},
	[PART_GC_HEADROOM] = {ROLE_HEADROOM, 'h'},
	[PART_CACHE] = {ROLE_CACHE, 'c'},
	[PART_FRAGMENTATION] = {ROLE_FRAG, 'f'},
	[PART_STACKS] = {ROLE_STACKS, 's'},
	[PART_RUNTIME] = {ROLE_RUNTIME, 'r'},
	[PART_FILE_BACKED] = {ROLE_FILE, 'F'},
	[PART_LAZY_FREE] = {ROLE_LAZY, 'z'},
	[PART_HUGE_PAGES] = {ROLE_HUGE, 'H'},
	[PART_NON_GO] = {ROLE_NON_GO, 'n'},
	[PART_UNTOUCHED] = {ROLE_UNTOUCHED, 'u'},
	[PART_UNEXPLAINED] = {ROLE_UNEXPLAINED, '?'},
};

const enum part part_order[PART_COUNT] = {
	PART_LIVE_HEAP,	 PART_GC_HEADROOM, PART_CACHE,	     PART_FRAGMENTATION,
	PART_STACKS,	 PART_RUNTIME,	   PART_FILE_BACKED, PART_LAZY_FREE,
	PART_HUGE_PAGES, PART_NON_GO,	   PART_UNEXPLAINED, PART_UNTOUCHED,
};

/* After how long without news a figure is no longer fresh. The slow origins
 * are read rarely on purpose. */
static int64_t fresh_ms(enum origin o, int64_t interval_ns)
{
	switch (o) {
	case ORIGIN_PROC:
	case ORIGIN_RUNTIME:
		return 3 * interval_ns / NS_PER_MS + 2000;
	default:
		return 120000;
	}
}

static void judge_ages(struct moment *m, const struct frame *f,
		       const struct origin_state *origins)
{
	for (unsigned o = 0; o < ORIGIN_DERIVED; o++)
		m->stale[o] = m->age_ms[o] > fresh_ms(o, f->interval_ns) ||
			      (!m->past && origins[o].ever &&
			       origins[o].fail.code != ERR_NONE);
	/* Before the first GC a profile holds nothing, however new it is. */
	if (profile_is_stale(m->v))
		m->stale[ORIGIN_PPROF] = true;
	m->age_ms[ORIGIN_DERIVED] = m->age_ms[ORIGIN_PROC];
}

static void now_of(struct moment *m, const struct frame *f,
		   const struct values *v, const struct origin_state *origins,
		   int64_t live, unsigned live_origins)
{
	*m = (struct moment){.known = true,
			     .t_ns = f->now_ns,
			     .wall_ns = f->now_ns + f->wall_offset_ns,
			     .v = v};
	for (unsigned o = 0; o < ORIGIN_COUNT; o++)
		m->age_ms[o] = origin_age_ms(&origins[o], f->now_ns);
	judge_ages(m, f, origins);
	breakdown_make_judged(&m->parts, v, live, live_origins);
}

void moment_of_row(struct moment *m, const struct frame *f,
		   const struct list_row *r)
{
	now_of(m, f, &r->values, r->origins, r->live, r->live_origins);
}

void moment_of_panel(struct moment *m, const struct screens *s,
		     const struct frame *f, const struct panel *p)
{
	if (!s->axis.end_ns && !s->axis.cursor_ns) {
		now_of(m, f, &p->values, p->origins, p->live, p->live_origins);
		return;
	}
	*m = (struct moment){.past = true,
			     .known = p->cursor_known,
			     .t_ns = p->cursor.t_ns,
			     .wall_ns = p->cursor.wall_ns,
			     .v = &p->cursor.values};
	if (!p->cursor_known) {
		static const struct values nothing;

		m->v = &nothing;
		for (unsigned o = 0; o < ORIGIN_COUNT; o++)
			m->age_ms[o] = -1;
		return;
	}
	for (unsigned o = 0; o < ORIGIN_COUNT; o++)
		m->age_ms[o] = p->cursor.age_ms[o];
	judge_ages(m, f, p->origins);
	breakdown_make(&m->parts, m->v);
}

void resident_parts(const struct breakdown *b, int64_t out[PART_COUNT])
{
	int64_t missing = b->parts[PART_UNTOUCHED].bytes;

	for (unsigned p = 0; p < PART_COUNT; p++)
		out[p] = b->parts[p].bytes > 0 ? b->parts[p].bytes : 0;
	/* Negative where the figures contradict each other: that, too. */
	if (b->parts[PART_UNEXPLAINED].bytes < 0)
		missing += b->parts[PART_UNEXPLAINED].bytes;
	while (missing < 0) {
		unsigned most = 0;
		int64_t take;

		for (unsigned p = 0; p <= PART_RUNTIME; p++)
			if (out[p] > out[most])
				most = p;
		take = out[most] < -missing ? out[most] : -missing;
		if (take <= 0)
			return;
		out[most] -= take;
		missing += take;
	}
}

enum role verdict_role(enum verdict_kind kind)
{
	switch (kind) {
	case VERDICT_UNKNOWN:
		return ROLE_DIM;
	case VERDICT_IN_USE:
	case VERDICT_GC_HEADROOM:
		return ROLE_GOOD;
	case VERDICT_LEAK:
	case VERDICT_STACK_LEAK:
	case VERDICT_NON_GO_LEAK:
	case VERDICT_FILE_LEAK:
	case VERDICT_LIMIT_THRASH:
		return ROLE_BAD;
	default:
		return ROLE_WARN;
	}
}

const char *how_text(const struct target_info *info,
		     const struct origin_state *origins)
{
	static const char *const names[READ_COUNT] = {
		[READ_AGENTLESS] = "memory",
		[READ_EXPVAR] = "expvar",
		[READ_METRICS] = "metrics",
		[READ_PPROF] = "pprof"};

	if (info->read != READ_NONE)
		return names[info->read];
	if (origins[ORIGIN_RUNTIME].fail.code == ERR_DENIED ||
	    origins[ORIGIN_PROC].fail.code == ERR_DENIED)
		return "denied";
	if (origins[ORIGIN_PPROF].ever)
		return "pprof";
	return info->pid || !info->endpoint[0] ? "/proc" : "URL";
}

enum origin how_origin(const struct target_info *info,
		       const struct origin_state *origins)
{
	bool profile = origins[ORIGIN_PPROF].ever;

	/* A profile without the runtime's footer is all there may be. */
	if (info->read == READ_PPROF && profile &&
	    !origins[ORIGIN_RUNTIME].ever)
		return ORIGIN_PPROF;
	if (info->read != READ_NONE || (!info->pid && info->endpoint[0]))
		return ORIGIN_RUNTIME;
	return ORIGIN_PROC;
}

const char *size_text(const struct screens *s, const struct values *v,
		      enum field f, char out[32])
{
	if (values_has(v, f))
		return units_bytes(out, v->v[f]);
	return glyph_text(s->glyphs.dash, out);
}

const char *band_text(const struct screens *s, int64_t error, int64_t total,
		      char out[16])
{
	double percent = total > 0 ? 100 * (double)error / (double)total : 0;

	if (error < 0 || percent < 1)
		return "";
	snprintf(out, 16, " %s%.0f%%",
		 s->glyphs.across == '-' ? "+-" : "\302\261",
		 percent < 999 ? percent : 999);
	return out;
}

const char *age_text(int64_t age_ms, char out[32])
{
	if (age_ms < 0)
		snprintf(out, 32, "never");
	else if (age_ms < 10000)
		snprintf(out, 32, "%.1f s", (double)age_ms / 1e3);
	else
		units_duration(out, age_ms * NS_PER_MS);
	return out;
}

const char *target_name(const struct target_info *info)
{
	const char *slash;

	if (info->comm[0])
		return info->comm;
	slash = strrchr(info->module, '/');
	if (info->module[0])
		return slash ? slash + 1 : info->module;
	return info->endpoint[0] ? info->endpoint : info->id;
}

/* Bytes of the next line of `text` that fits w columns, broken at a blank
 * where there is one; *next is where the line after it begins. */
static size_t line_fit(const char *text, int w, size_t *next)
{
	size_t fit = text_fit(text, w), cut = fit;

	*next = fit;
	if (!text[fit])
		return fit;
	while (cut > 0 && text[cut] != ' ')
		cut--;
	if (cut == 0)
		return fit;
	*next = cut + 1;
	return cut;
}

void brief_spans(const struct brief *b, const uint32_t *pages,
		 const struct timeline *t, unsigned columns, struct span *out)
{
	for (unsigned i = 0; i < columns && b->step_ns > 0; i++) {
		int64_t from = timeline_at(t, (int)i);
		int64_t to = from + t->step_ns;
		struct span *span = &out[i];

		for (int64_t n = from / b->step_ns; n * b->step_ns < to; n++) {
			int64_t v;

			if (n < 0 || n > b->end_step ||
			    n <= b->end_step - BRIEF_SAMPLES ||
			    !pages[n % BRIEF_SAMPLES])
				continue;
			v = ((int64_t)pages[n % BRIEF_SAMPLES] - 1) * 4096;
			if (!span->known || v > span->max)
				span->max = v;
			span->known = true;
			span->last = v;
		}
	}
}

int wrapped_rows(const char *text, int w)
{
	int rows = 0;

	while (*text && w > 0) {
		size_t next;

		line_fit(text, w, &next);
		text += next > 0 ? next : 1;
		rows++;
	}
	return rows;
}

int draw_wrapped(struct canvas *c, const struct glyphs *g, struct rect area,
		 struct pen p, const char *text)
{
	int rows = 0;

	if (area.w < 1)
		return 0;
	while (*text && rows < area.h) {
		char line[512];
		size_t next, n = line_fit(text, area.w, &next);

		if (rows == area.h - 1 && text[n]) {
			canvas_fit(c, area.y + rows, area.x, area.w, p, text,
				   g->ellipsis);
			return rows + 1;
		}
		snprintf(line, sizeof(line), "%.*s", (int)n, text);
		canvas_text(c, area.y + rows++, area.x, area.w, p, line);
		text += next > 0 ? next : 1;
	}
	return rows;
}

bool lines_move(int *at, enum action action, int page, int last)
{
	int to = *at;

	switch (action) {
	case ACTION_UP:
		to--;
		break;
	case ACTION_DOWN:
		to++;
		break;
	case ACTION_PAGE_UP:
		to -= page;
		break;
	case ACTION_PAGE_DOWN:
		to += page;
		break;
	case ACTION_HOME:
		to = 0;
		break;
	case ACTION_END:
		to = last;
		break;
	default:
		return false;
	}
	to = to > last ? last : to;
	*at = to > 0 ? to : 0;
	return true;
}

const struct span *panel_spans(const struct panel *p, unsigned i,
			       unsigned columns)
{
	return p->spans + (size_t)i * columns;
}
