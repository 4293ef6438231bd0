/*
 * list_order.h - private to views: which rows the list shows, in which order,
 * and where its cursor is.
 */
#ifndef VIEWS_LIST_ORDER_H
#define VIEWS_LIST_ORDER_H

#include <residue/views/view.h>

/* Filter and sort the rows of the frame into s->list.order. */
void list_order(struct screens *s, const struct frame *f);
/* Keep the selected row within the `page` rows of the screen. */
void list_scroll(struct screens *s, const struct frame *f, unsigned page);
/* The column sorted by, and whether the largest comes first. */
unsigned list_sort(const struct screens *s);
bool list_falls(const struct screens *s);
/* Sort by that column; by the same one again: the other way round. */
void list_sort_by(struct screens *s, unsigned column);
/* Row n of the order becomes the selected one; clamped. */
void list_select(struct screens *s, const struct frame *f, int n);
/* The row under the cursor, or NULL where none is shown. */
const struct list_row *list_selected(const struct screens *s,
				     const struct frame *f);
bool list_tagged(const struct screens *s, const char *id);
/* The two to compare: the first two tags, else the tag and the selected one.
 * False when there are not two. `out` may be NULL. */
bool list_pair(const struct screens *s, const struct frame *f,
	       char out[FRAME_PANELS][TARGET_ID_MAX]);
/* Keys that move, tag, search, filter and invert. */
void list_act(struct screens *s, const struct frame *f, enum action action);

#endif
