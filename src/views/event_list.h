/*
 * event_list.h - private to views: what happened, newest first, in words.
 */
#ifndef VIEWS_EVENT_LIST_H
#define VIEWS_EVENT_LIST_H

#include <residue/views/view.h>

/* The events before the axis' end, under a line that explains the letters.
 * GCs in a row that nobody is known to have asked for share a line where they
 * would push rarer events out, and it says how many were forced. `here` (or
 * NULL) is the one under the cursor. */
void event_list_draw(const struct screens *s, const struct frame *f,
		     const struct panel *p, const struct event *here,
		     struct rect area, struct canvas *c);

#endif
