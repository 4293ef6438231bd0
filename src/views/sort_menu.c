/* sort_menu.c - choosing a column to sort by, as htop does. */
#include "sort_menu.h"

#include "look.h"

#define WIDTH 14

/* As little as it takes for the cursor to be among the rows. */
static void scroll(struct sort_menu *m, int rows, unsigned n)
{
	m->page = rows < 1 ? 1 : (unsigned)rows < n ? (unsigned)rows : n;
	if (m->top + m->page > n)
		m->top = n - m->page;
	if (m->at < m->top)
		m->top = m->at;
	if (m->at >= m->top + m->page)
		m->top = m->at - m->page + 1;
}

void sort_menu_draw(struct sort_menu *m, struct canvas *c, int y, unsigned n,
		    const char *(*title)(unsigned i))
{
	scroll(m, c->rows - y - 1, n);
	canvas_fill(c, (struct rect){y, 0, (int)m->page + 1, WIDTH},
		    pen(ROLE_KEY_LABEL), ' ');
	canvas_fill(c, (struct rect){y, 0, 1, WIDTH}, pen(ROLE_HEADER_SORT),
		    ' ');
	canvas_text(c, y, 1, WIDTH - 1, pen(ROLE_HEADER_SORT), "Sort by");
	if (m->page < n)
		canvas_printf(c, y, 8, WIDTH - 8, pen(ROLE_HEADER_SORT),
			      "%3u/%u", m->at + 1, n);
	for (unsigned i = m->top; i < m->top + m->page; i++) {
		int row = y + 1 + (int)(i - m->top);

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
	int at = (int)m->at;

	if (action == ACTION_UP)
		m->at = (m->at + n - 1) % n;
	else if (action == ACTION_DOWN)
		m->at = (m->at + 1) % n;
	else if (lines_move(&at, action, (int)m->page, (int)n - 1))
		m->at = (unsigned)at;
	else
		m->open = false;
	return key == PRESS_ENTER;
}

bool sort_menu_click(struct sort_menu *m, int row, int x)
{
	m->open = false;
	if (x >= WIDTH || row < 1 || row > (int)m->page)
		return false;
	m->at = m->top + (unsigned)row - 1;
	return true;
}
