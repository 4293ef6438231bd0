/*
 * layout.h - which columns of a table fit, and where.
 */
#ifndef RESIDUE_UI_LAYOUT_H
#define RESIDUE_UI_LAYOUT_H

#include <stdbool.h>

struct column {
	int width;    /* wanted, in terminal columns */
	int most;     /* grows up to this where there is room; 0: it does not */
	int priority; /* 0 is never dropped; the highest goes first */
	bool shown;   /* the answer */
	int x, w;     /* the answer, where shown */
};

/* Drop columns until the rest fits `width` with one blank between. What is left
 * over goes to those that grow, the most wanted first, and then to the last
 * one; if nothing more can be dropped, the last one is cut to the width. */
void layout_columns(struct column *col, unsigned n, int width);

#endif
