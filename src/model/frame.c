/* frame.c - the memory of frames. */
#include <residue/model/frame.h>

#include <residue/base/mem.h>

#include <stdlib.h>

void frame_init(struct frame *f)
{
	*f = (struct frame){.mem_total = -1, .mem_available = -1};
}

void frame_clear(struct frame *f)
{
	f->row_count = 0;
	f->note_count = 0;
	f->log_count = f->log_total = 0;
	for (unsigned i = 0; i < FRAME_PANELS; i++) {
		struct panel *p = &f->panels[i];

		doc_replace(&p->profile, NULL);
		for (unsigned n = 0; n < p->trail_count; n++)
			doc_unref(p->trail[n]);
		p->trail_count = 0;
		p->present = false;
		p->event_count = 0;
	}
}

void frame_release(struct frame *f)
{
	frame_clear(f);
	for (unsigned i = 0; i < FRAME_PANELS; i++) {
		free(f->panels[i].spans);
		free(f->panels[i].events);
	}
	free(f->rows);
	free(f->log);
	frame_init(f);
}

void frame_reserve_rows(struct frame *f, unsigned n)
{
	if (f->row_room >= n)
		return;
	f->rows = mem_realloc(f->rows, n, sizeof(*f->rows));
	f->row_room = n;
}

void panel_reserve_events(struct panel *p, unsigned n)
{
	if (p->event_room >= n)
		return;
	p->events = mem_realloc(p->events, n, sizeof(*p->events));
	p->event_room = n;
}

void panel_reserve_spans(struct panel *p, size_t n)
{
	if (p->span_room >= n)
		return;
	p->spans = mem_realloc(p->spans, n, sizeof(*p->spans));
	p->span_room = n;
}

void frame_reserve_log(struct frame *f, unsigned n)
{
	if (f->log_room >= n)
		return;
	f->log = mem_realloc(f->log, n, sizeof(*f->log));
	f->log_room = n;
}
