/*
 * menu.h - private to views: the menu of columns to sort by.
 */
#ifndef VIEWS_MENU_H
#define VIEWS_MENU_H

#include <residue/views/view.h>

/* Over the table from row y on, the row of its titles. */
void menu_draw(const struct menu *m, struct canvas *c, int y, unsigned n,
	       const char *(*title)(unsigned i));
/* A key while it is open; `action` is what the key does elsewhere. True: sort
 * by m->at now. Any key but those that move closes it. */
bool menu_key(struct menu *m, uint32_t key, enum action action, unsigned n);
/* A click, `row` rows below the titles: as menu_key. */
bool menu_click(struct menu *m, int row, int x, unsigned n);

#endif
