/*
 * canvas.h - what a view draws on: cells with roles, clipped, no terminal.
 *
 * A view fills a canvas; terminal.h shows it. Nothing drawn outside of it has
 * any effect, so that views need no arithmetic for small screens. Text must
 * have been made visible (text.h) before; here it is only clipped, by terminal
 * columns: a wide character that does not fit is left out.
 */
#ifndef RESIDUE_UI_CANVAS_H
#define RESIDUE_UI_CANVAS_H

#include <residue/ui/theme.h>

#include <stdbool.h>
#include <stdint.h>

/* How a cell is painted. `on` gives the background (and, where the theme names
 * one for it, the foreground too): ROLE_TEXT is the screen's own. */
struct pen {
	uint8_t role;	/* enum role */
	uint8_t on;	/* enum role */
	uint16_t attrs; /* STYLE_x, added to the role's */
};

struct cell {
	uint32_t ch;   /* 0: the right half of the wide character before it */
	uint32_t mark; /* a combining character upon it, or 0 */
	struct pen pen;
};
/* Rows are compared as bytes. */
_Static_assert(sizeof(struct cell) == 12, "a cell has no padding");

struct rect {
	int y, x, h, w;
};

struct canvas {
	int rows, cols;
	struct cell *cells; /* rows x cols */
	bool ascii;	    /* the terminal shows ASCII only: "?" for others */
};

void canvas_init(struct canvas *c, bool ascii);
void canvas_release(struct canvas *c);
/* Cells are blank afterwards. Negative sizes count as 0. */
void canvas_resize(struct canvas *c, int rows, int cols);
void canvas_clear(struct canvas *c);

static inline struct pen pen(enum role role)
{
	return (struct pen){(uint8_t)role, ROLE_TEXT, 0};
}
static inline struct pen pen_on(enum role role, enum role on)
{
	return (struct pen){(uint8_t)role, (uint8_t)on, 0};
}
static inline struct pen pen_bold(enum role role)
{
	return (struct pen){(uint8_t)role, ROLE_TEXT, STYLE_BOLD};
}

/* The cell, or NULL outside of the canvas. */
struct cell *canvas_at(struct canvas *c, int y, int x);
/* One character of one column. */
void canvas_put(struct canvas *c, int y, int x, struct pen p, uint32_t ch);
/* `s` from column x, within w columns; returns the columns it took. */
int canvas_text(struct canvas *c, int y, int x, int w, struct pen p,
		const char *s);
/* As canvas_text; ends with `ellipsis` where s did not fit. */
int canvas_fit(struct canvas *c, int y, int x, int w, struct pen p,
	       const char *s, uint32_t ellipsis);
/* `s` so that it ends at column x + w; cut at its end when it is longer. */
void canvas_right(struct canvas *c, int y, int x, int w, struct pen p,
		  const char *s);
int canvas_printf(struct canvas *c, int y, int x, int w, struct pen p,
		  const char *fmt, ...) RESIDUE_PRINTF(6, 7);
/* Every cell of the area becomes `ch`. */
void canvas_fill(struct canvas *c, struct rect area, struct pen p, uint32_t ch);
/* Give the area another background; what is drawn there stays. */
void canvas_paint(struct canvas *c, struct rect area, enum role on);

#endif
