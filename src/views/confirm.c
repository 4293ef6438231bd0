/*
 * confirm.c - forcing a GC and probing sockets: asked first, with what it
 * costs and what comes of it.
 */
#include "confirm.h"

#include "list_order.h"
#include "look.h"

#include <residue/base/clock.h>
#include <residue/base/sat.h>
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

const char *confirm_blocked(const struct screens *s, const struct frame *f,
			    enum action action)
{
	struct subject x;

	if (!subject_of(s, f, &x))
		return "there is no process";
	if (x.info->phase != TARGET_LIVE)
		return "the process has ended";
	if (action == ACTION_FORCE_GC)
		return x.info->endpoint[0]
			       ? NULL
			       : "it is done through an endpoint, and none is "
				 "known; residue never signals or attaches";
	if (x.info->kind != TARGET_PROCESS)
		return "a URL has no sockets to look at";
	if (x.info->endpoint[0])
		return "an endpoint is known already";
	return x.info->listens[0] ? NULL
				  : "it listens on no socket that can be seen";
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
	char name[64], cost[80], idle[64];

	if (cols < WIDE)
		snprintf(out, size,
			 "Force a GC in %s? Takes %s. RES falls "
			 "only after two.",
			 target_name(x->info), gc_cost(x->v, cost));
	else
		snprintf(out, size,
			 "Force a GC in %s? It takes %s; the program runs on, "
			 "but for stops below 1 ms. One GC frees what is dead "
			 "and leaves RES for up to two minutes; two in a row "
			 "let the scavenger return idle memory within "
			 "seconds%s.",
			 who(x->info, name), gc_cost(x->v, cost),
			 idle_now(x->v, idle));
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
	q->action = action;
	memcpy(q->target, x.info->id, sizeof(q->target));
	if (action == ACTION_FORCE_GC)
		ask_gc(&x, s->cols, q->text, sizeof(q->text));
	else
		ask_probe(&x, s->cols, q->text, sizeof(q->text));
}

bool confirm_press(struct screens *s, const struct frame *f,
		   const struct press *press)
{
	enum action action = s->confirm.action;
	bool twice = press->key == '2' && action == ACTION_FORCE_GC;
	struct request *r;
	bool yes = press->key == 'y' || press->key == 'Y' || twice;

	s->confirm.action = ACTION_NONE;
	if (!yes) {
		screens_say(s, f, false, "nothing was done");
		return press->key == 'n' || press->key == PRESS_ESC;
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
	return true;
}

void confirm_draw(const struct screens *s, struct canvas *c, int y)
{
	const struct confirm *q = &s->confirm;
	int rows = wrapped_rows(q->text, c->cols - 2), x = 1;
	static const char *const answers[][2] = {
		{"y", " once   "}, {"2", " twice in a row   "}, {"n", " no"}};
	bool gc = q->action == ACTION_FORCE_GC;

	rows = rows > y ? y : rows;
	canvas_fill(c, (struct rect){y - rows, 0, rows + 1, c->cols},
		    pen(ROLE_PROMPT), ' ');
	draw_wrapped(c, &s->glyphs,
		     (struct rect){y - rows, 1, rows, c->cols - 2},
		     pen(ROLE_PROMPT), q->text);
	for (unsigned i = 0; i < 3; i++) {
		const char *label = i || gc ? answers[i][1] : " yes   ";

		if (i == 1 && !gc)
			continue;
		x += canvas_text(c, y, x, c->cols - x, pen(ROLE_KEY),
				 answers[i][0]);
		x += canvas_text(c, y, x, c->cols - x, pen(ROLE_PROMPT), label);
	}
}
