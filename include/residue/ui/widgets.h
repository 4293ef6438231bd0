/*
 * widgets.h - frames, sparklines and the bar that sums.
 */
#ifndef RESIDUE_UI_WIDGETS_H
#define RESIDUE_UI_WIDGETS_H

#include <residue/ui/canvas.h>
#include <residue/ui/glyphs.h>

#include <stdbool.h>
#include <stdint.h>

/* A frame around `r`, with a title at the left of its upper edge, a note after
 * it and a value at the right. `note` gives way first. */
struct panel_title {
	const char *title, *note, *value;
	enum role role;
};
void graph_frame(struct canvas *c, const struct glyphs *g, struct rect r,
		 const struct panel_title *title);

/* One row of filled cells from a ring of n samples (pages of 4 KiB + 1; 0: not
 * known) in which slot number s is entry s % n, and `end_slot` is the newest:
 * anchored to slots, so that old cells never wobble. */
void sparkline(struct canvas *c, const struct glyphs *g, int y, int x, int w,
	       struct pen p, const uint32_t *samples, unsigned n,
	       int64_t end_slot);

/* A bar of `w` columns, shared out among the parts so that they sum to w: each
 * edge is rounded, not each width. A segment is a background with its name in
 * it, or its letter where the name does not fit; where `plain` nothing but
 * letters. */
struct bar_part {
	int64_t bytes; /* <= 0: not drawn */
	enum role role;
	char letter;
	const char *name;
	uint8_t attrs; /* STYLE_x besides: STYLE_DIM for what is stale */
};
void bar_draw(struct canvas *c, int y, int x, int w,
	      const struct bar_part *parts, unsigned n, bool plain);

#endif
