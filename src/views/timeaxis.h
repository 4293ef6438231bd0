/*
 * timeaxis.h - private to views: zoom, scrolling, pause and the cursor of the
 * screens that show graphs.
 */
#ifndef VIEWS_TIMEAXIS_H
#define VIEWS_TIMEAXIS_H

#include <residue/ui/graph.h>
#include <residue/views/view.h>

/* Fill in the axis of *want for graphs of `cells` cell columns. */
void timeaxis_want(const struct screens *s, int cells, struct frame_want *want);
/* The timeline of a frame that was asked for like that. */
struct timeline timeaxis_of(const struct screens *s, const struct frame *f,
			    int cells);
/* Act on a key of the axis; false when it is none. `p` says how far history
 * reaches and which events there are. */
bool timeaxis_act(struct screens *s, const struct frame *f,
		  const struct panel *p, int cells, enum action action);
/* Leave cursor, pause or scroll-back: false when there was none. */
bool timeaxis_back(struct screens *s);
/* "live", "paused", "12:36:00": where the right edge is. */
const char *timeaxis_text(const struct screens *s, const struct frame *f,
			  char out[32]);
/* How much time `cells` columns show, in words. */
const char *timeaxis_span(const struct screens *s, int cells, char out[32]);

#endif
