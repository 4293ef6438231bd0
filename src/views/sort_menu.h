/*
 * sort_menu.h - private to views: the menu of columns to sort by.
 */
#ifndef VIEWS_SORT_MENU_H
#define VIEWS_SORT_MENU_H

#include <residue/views/view.h>

/* Over the table from row y on, the row of its titles. Where there are fewer
 * rows than entries they scroll, and the title says "3/14". */
void sort_menu_draw(struct sort_menu *m, struct canvas *c, int y, unsigned n,
		    const char *(*title)(unsigned i));
/* A key while it is open; `action` is what the key does elsewhere. True: sort
 * by m->at now. Any key but those that move closes it. */
bool sort_menu_key(struct sort_menu *m, uint32_t key, enum action action,
		   unsigned n);
/* A click, `row` rows below the titles: as sort_menu_key. */
bool sort_menu_click(struct sort_menu *m, int row, int x);

#endif
