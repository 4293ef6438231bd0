/* sort_menu.c - choosing a column to sort by, as htop does. */
#include "sort_menu.h"

#define WIDTH 14

void sort_menu_draw(const struct sort_menu *m, struct canvas *c, int y,
		    unsigned n, const char *(*title)(unsigned i))
{
	canvas_fill(c, (struct rect){y, 0, (int)n + 1, WIDTH},
		    pen(ROLE_KEY_LABEL), ' ');
	canvas_fill(c, (struct rect){y, 0, 1, WIDTH}, pen(ROLE_HEADER_SORT),
		    ' ');
	canvas_text(c, y, 1, WIDTH - 1, pen(ROLE_HEADER_SORT), "Sort by");
	for (unsigned i = 0; i < n; i++) {
		int row = y + 1 + (int)i;

		canvas_text(c, row, 1, WIDTH - 1, pen(ROLE_KEY_LABEL),
			    title(i));
		if (i == m->at)
			canvas_paint(c, (struct rect){row, 0, 1, WIDTH},
				     ROLE_SELECTED);
	}
}

bool sort_menu_key(struct sort_menu *m, uint32_t key, enum action action,
		   unsigned n)
{
	if (action == ACTION_UP)
		m->at = (m->at + n - 1) % n;
	else if (action == ACTION_DOWN)
		m->at = (m->at + 1) % n;
	else
		m->open = false;
	return key == PRESS_ENTER;
}

bool sort_menu_click(struct sort_menu *m, int row, int x, unsigned n)
{
	m->open = false;
	if (x >= WIDTH || row < 1 || row > (int)n)
		return false;
	m->at = (unsigned)row - 1;
	return true;
}
