/*
 * confirm.c - forcing a GC and probing sockets: asked first, with what it
 * costs and what comes of it.
 */
#include "confirm.h"

#include "list_order.h"
#include "look.h"

#include <residue/base/clock.h>
#include <residue/base/sat.h>
#include <residue/base/text.h>
#include <residue/base/units.h>

#include <stdio.h>
#include <string.h>

/* Measured of heap?gc=1 with 1.6 M objects: 31 to 33 ms of CPU. */
#define NS_PER_OBJECT 20
/* Below this the long words do not fit. */
#define WIDE 60

/* The process that a key acts on here: the one under the list's cursor, or the
 * one on the screen (A of two). */
struct subject {
	const struct target_info *info;
	const struct values *v;
};

static bool subject_of(const struct screens *s, const struct frame *f,
		       struct subject *out)
{
	const struct panel *p = &f->panels[0];
	const struct list_row *row;

	if (s->view->place == IN_LIST) {
		row = list_selected(s, f);
		if (row)
			*out = (struct subject){&row->info, &row->values};
		return row != NULL;
	}
	*out = (struct subject){&p->info, &p->values};
	return p->present;
}

static const char *why_not(const struct target_info *info, enum action action)
{
	if (info->phase != TARGET_LIVE)
		return "the process has ended";
	if (action == ACTION_FORCE_GC)
		return info->endpoint[0] ? NULL
		       : info->listens[0]
			       ? "it takes an endpoint, and none is known: e "
				 "looks for one"
			       : "it takes an endpoint; the process has no "
				 "listening socket that can be seen";
	if (info->kind != TARGET_PROCESS)
		return "a URL has no sockets to look at";
	if (info->endpoint[0])
		return "an endpoint is known already";
	return info->listens[0] ? NULL
				: "it listens on no socket that can be seen";
}

const char *confirm_blocked(const struct screens *s, const struct frame *f,
			    enum action action)
{
	struct subject x;

	return subject_of(s, f, &x) ? why_not(x.info, action)
				    : "there is no process";
}

/* The same of the process that was asked about: much may have happened to it
 * since, and another may be under the cursor. */
static const char *asked_blocked(const struct screens *s, const struct frame *f)
{
	const struct confirm *q = &s->confirm;

	for (unsigned i = 0; i < FRAME_PANELS; i++)
		if (f->panels[i].present &&
		    strcmp(f->panels[i].info.id, q->target) == 0)
			return why_not(&f->panels[i].info, q->action);
	for (unsigned i = 0; i < f->row_count; i++)
		if (strcmp(f->rows[i].info.id, q->target) == 0)
			return why_not(&f->rows[i].info, q->action);
	return "the process is gone";
}

static const char *who(const struct target_info *info, char out[64])
{
	if (info->pid)
		snprintf(out, 64, "%.40s (pid %d)", target_name(info),
			 (int)info->pid);
	else
		snprintf(out, 64, "%.60s", target_name(info));
	return out;
}

/* "about 32 ms of CPU for 1.6M objects" */
static const char *gc_cost(const struct values *v, char out[80])
{
	int64_t n = values_get(v, FIELD_HEAP_OBJECTS,
			       values_get(v, FIELD_PPROF_OBJECTS, -1));
	char cpu[UNITS_MAX], count[UNITS_MAX];

	if (n < 0 || n > INT64_MAX / NS_PER_OBJECT)
		return "about 20 ms of its CPU for each million objects";
	if (n * NS_PER_OBJECT < NS_PER_MS)
		snprintf(cpu, sizeof(cpu), "1 ms");
	else
		units_duration(cpu, n * NS_PER_OBJECT);
	snprintf(out, 80, "about %s of its CPU for %s objects", cpu,
		 units_count(count, n));
	return out;
}

/* heap?gc=1 answers with one, wanted or not. */
static const char *profile_cost(const struct values *v, char out[64])
{
	char cpu[UNITS_MAX];

	if (!values_has(v, FIELD_PPROF_CPU))
		return " and what serving a heap profile costs";
	snprintf(out, 64, " and %s to serve a heap profile",
		 units_duration(cpu, v->v[FIELD_PPROF_CPU]));
	return out;
}

static const char *idle_now(const struct values *v, char out[64])
{
	int64_t idle = sat_sub(values_get(v, FIELD_HEAP_IDLE, 0),
			       values_get(v, FIELD_HEAP_RELEASED, 0));
	char size[UNITS_MAX];

	snprintf(out, 64, " (%s of RES is idle now)",
		 units_bytes(size, idle > 0 ? idle : 0));
	return values_has(v, FIELD_HEAP_IDLE) ? out : "";
}

static void ask_gc(const struct subject *x, int cols, char *out, size_t size)
{
	char name[64], cost[80], profile[64], idle[64];

	if (cols < WIDE)
		snprintf(out, size,
			 "Force a GC in %s? Takes %s. RES falls "
			 "only after two.",
			 target_name(x->info), gc_cost(x->v, cost));
	else
		snprintf(out, size,
			 "Force a GC in %s? It takes %s%s; the program runs "
			 "on, but for stops below 1 ms. One GC frees what is "
			 "dead and leaves RES for up to two minutes; two in a "
			 "row "
			 "let the scavenger return idle memory within "
			 "seconds%s.",
			 who(x->info, name), gc_cost(x->v, cost),
			 profile_cost(x->v, profile), idle_now(x->v, idle));
}

static void ask_probe(const struct subject *x, int cols, char *out, size_t size)
{
	char name[64];

	if (cols < WIDE)
		snprintf(out, size, "Send a GET, on 404 one more, to %s?",
			 x->info->listens);
	else
		snprintf(out, size,
			 "Ask %s whether it serves pprof? One GET "
			 "/debug/pprof/ goes to each socket it listens on "
			 "(%s), and where HTTP says 404 one GET /debug/vars: "
			 "2 KiB and 300 ms at most, once. A server that speaks "
			 "another protocol gets that line as its input.",
			 who(x->info, name), x->info->listens);
}

void confirm_ask(struct screens *s, const struct frame *f, enum action action)
{
	struct confirm *q = &s->confirm;
	struct subject x;

	if (!subject_of(s, f, &x))
		return;
	*q = (struct confirm){.action = action};
	memcpy(q->target, x.info->id, sizeof(q->target));
	if (action == ACTION_FORCE_GC)
		ask_gc(&x, s->cols, q->text, sizeof(q->text));
	else
		ask_probe(&x, s->cols, q->text, sizeof(q->text));
}

/* An answer, where it stands on the screen. */
struct answer {
	uint32_t key;
	const char *name, *label;
	struct rect at;
};
#define ANSWERS 3

/* The answers to what is asked, the last one's row being `bottom`: in one row
 * where they fit, three blanks apart. Returns how many there are. */
static unsigned place_answers(const struct confirm *q, int bottom, int cols,
			      struct answer out[ANSWERS])
{
	bool gc = q->action == ACTION_FORCE_GC;
	unsigned n = 0;
	int x = 1, y = 0;

	out[n++] = (struct answer){'y', "y", gc ? " once" : " yes", {0}};
	if (gc)
		out[n++] = (struct answer){'2', "2", " twice in a row", {0}};
	out[n++] = (struct answer){'n', "n", " no", {0}};
	for (unsigned i = 0; i < n; i++) {
		int w = 1 + text_columns(out[i].label);

		if (x > 1 && x + w > cols) {
			x = 1;
			y++;
		}
		out[i].at = (struct rect){y, x, 1, w};
		x += w + 3;
	}
	for (unsigned i = 0; i < n; i++)
		out[i].at.y += bottom - y;
	return n;
}

/* What a press answers: a key as it is, a click by where it is. */
static uint32_t answer_of(const struct screens *s, const struct press *press)
{
	struct answer answer[ANSWERS];
	unsigned n;

	if (press->key != PRESS_CLICK)
		return press->key;
	n = place_answers(&s->confirm, s->confirm.bottom, s->cols, answer);
	for (unsigned i = 0; i < n; i++)
		if (press->y == answer[i].at.y && press->x >= answer[i].at.x &&
		    press->x < answer[i].at.x + answer[i].at.w)
			return answer[i].key;
	return press->key;
}

static void do_it(struct screens *s, const struct frame *f, bool twice)
{
	enum action action = s->confirm.action;
	const char *why = asked_blocked(s, f);
	struct request *r;

	if (why) {
		screens_say(s, f, true, "nothing was done: %s", why);
		return;
	}
	r = screens_request(
		s, action == ACTION_FORCE_GC ? REQUEST_GC : REQUEST_PROBE,
		s->confirm.target);
	if (r && twice)
		strcpy(r->text, "2");
	screens_say(s, f, false,
		    action == ACTION_PROBE ? "asking its sockets"
		    : twice		   ? "forcing two GCs"
					   : "forcing a GC");
}

bool confirm_press(struct screens *s, const struct frame *f,
		   const struct press *press)
{
	uint32_t key = answer_of(s, press);
	bool twice = key == '2' && s->confirm.action == ACTION_FORCE_GC;
	bool yes = key == 'y' || key == 'Y' || twice;
	bool no = key == 'n' || key == PRESS_ESC;

	/* Typed or pasted before anyone can have read the question: only a no
	 * does no harm. */
	if (!s->confirm.shown && !no)
		return true;
	if (yes)
		do_it(s, f, twice);
	else
		screens_say(s, f, false, "nothing was done");
	s->confirm.action = ACTION_NONE;
	return yes || no;
}

void confirm_draw(struct screens *s, struct canvas *c, int y)
{
	struct confirm *q = &s->confirm;
	struct answer answer[ANSWERS];
	unsigned n = place_answers(q, y, c->cols, answer);
	int rows = wrapped_rows(q->text, c->cols - 2), first = answer[0].at.y;

	q->shown = true;
	q->bottom = y;
	rows = rows > first ? first : rows;
	canvas_fill(
		c,
		(struct rect){first - rows, 0, y - first + rows + 1, c->cols},
		pen(ROLE_PROMPT), ' ');
	draw_wrapped(c, &s->glyphs,
		     (struct rect){first - rows, 1, rows, c->cols - 2},
		     pen(ROLE_PROMPT), q->text);
	for (unsigned i = 0; i < n; i++) {
		const struct answer *a = &answer[i];
		int x = a->at.x;

		x += canvas_text(c, a->at.y, x, 1, pen(ROLE_KEY), a->name);
		canvas_text(c, a->at.y, x, c->cols - x, pen(ROLE_PROMPT),
			    a->label);
	}
}
