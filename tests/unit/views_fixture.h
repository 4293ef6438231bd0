/*
 * views_fixture.h - three processes to look at: in a list, and one as a panel.
 */
#ifndef TESTS_VIEWS_FIXTURE_H
#define TESTS_VIEWS_FIXTURE_H

#include "screen_fixture.h"

static inline void add_row(struct frame *f, const char *id, int pid,
			   const char *comm, int64_t rss)
{
	struct list_row *r = &f->rows[f->row_count++];

	*r = (struct list_row){
		.gc_per_s = -1, .live = -1, .brief = {.step_ns = S}};
	snprintf(r->info.id, sizeof(r->info.id), "%s", id);
	snprintf(r->info.comm, sizeof(r->info.comm), "%s", comm);
	snprintf(r->info.cmdline, sizeof(r->info.cmdline), "%s", comm);
	r->info.pid = pid;
	values_set(&r->values, FIELD_RSS, rss);
}

static inline void add_event(struct panel *p, int64_t t_ns)
{
	p->events[p->event_count++] =
		event_make(EVENT_GC, EVENT_FROM_RUNTIME, t_ns);
}

/* Three processes in the list, a1 also as a panel with two GCs. */
static inline void make(struct fixture *x)
{
	struct panel *p = &x->f.panels[0];

	fixture_init(x, 24, 80);
	frame_reserve_rows(&x->f, 4);
	add_row(&x->f, "a1", 11, "orders", 300 << 20);
	add_row(&x->f, "a2", 22, "cart", 500 << 20);
	add_row(&x->f, "a3", 33, "batch", 100 << 20);
	p->present = true;
	p->info = x->f.rows[0].info;
	p->live = -1;
	p->brief.step_ns = S;
	p->gc_per_s = -1;
	p->first_ns = NOW - 1000 * S;
	p->last_ns = NOW;
	p->info.since_ns = p->first_ns;
	panel_reserve_events(p, 4);
	add_event(p, NOW - 90 * S);
	add_event(p, NOW - 30 * S);
	x->f.panels[1].info = x->f.rows[1].info;
}

/* Draw as the loop does: want, frame, screen. */
static inline const char *show(struct fixture *x)
{
	screens_want(&x->s, x->c.rows, x->c.cols, &x->want);
	for (unsigned i = 0; i < FRAME_PANELS; i++) {
		struct panel *p = &x->f.panels[i];
		size_t spans = (size_t)x->want.columns * x->want.field_count;

		panel_reserve_spans(p, spans + 1);
		memset(p->spans, 0, spans * sizeof(*p->spans));
	}
	if (x->want.step_ns)
		x->f.end_ns = ((x->want.end_ns ? x->want.end_ns : NOW) /
				       x->want.step_ns +
			       1) *
			      x->want.step_ns;
	if (screens_saw(&x->s, &x->f, &x->want))
		screens_want(&x->s, x->c.rows, x->c.cols, &x->want);
	for (unsigned i = 0; i < FRAME_PANELS; i++)
		panel_reserve_spans(&x->f.panels[i],
				    (size_t)x->want.columns *
					    (x->want.field_count + 1));
	return fixture_draw(x);
}

static inline void start_list_at(struct fixture *x, int rows, int cols)
{
	make(x);
	canvas_resize(&x->c, rows, cols);
	screens_start(&x->s, NULL, 0, true);
	show(x);
}

static inline void start_list(struct fixture *x)
{
	start_list_at(x, 24, 80);
}

static inline void start_watch(struct fixture *x)
{
	static const char ids[][TARGET_ID_MAX] = {"a1"};

	make(x);
	screens_start(&x->s, ids, 1, false);
	x->s.request_count = 0;
	show(x);
}

#endif
