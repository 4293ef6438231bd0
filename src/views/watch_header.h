/* watch_header.h - the first row of the screen of one process. */
#ifndef RESIDUE_VIEWS_WATCH_HEADER_H
#define RESIDUE_VIEWS_WATCH_HEADER_H

#include "look.h"

/* Into row 0; `graph_w` is how many cells the time axis has. Whole words give
 * way where there is little room, those on what is wrong last. */
void watch_header_draw(const struct screens *s, const struct frame *f,
		       const struct panel *p, const struct moment *m,
		       int graph_w, struct canvas *c);

#endif
