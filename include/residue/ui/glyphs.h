/*
 * glyphs.h - the characters that graphs and lines are made of.
 *
 *   braille   2 x 4 dots a cell; never of ambiguous width
 *   block     1 x 8 levels a cell
 *   ascii     1 x 4 levels a cell, for C locales and plain terminals
 *
 * In some locales (Chinese, Japanese, Korean) line and block characters take
 * two columns: then the lines are ASCII, whatever the graphs are made of.
 */
#ifndef RESIDUE_UI_GLYPHS_H
#define RESIDUE_UI_GLYPHS_H

#include <stdbool.h>
#include <stdint.h>

enum glyph_kind { GLYPHS_BRAILLE, GLYPHS_BLOCK, GLYPHS_ASCII, GLYPHS_COUNT };

struct glyphs {
	enum glyph_kind kind;
	const char *name;
	int dots_x, dots_y; /* resolution of a graph cell */
	uint32_t level[9];  /* one cell filled 0 to 8 eighths, for sparklines */
	uint32_t across, down; /* lines */
	uint32_t top_left, top_right, bottom_left, bottom_right;
	uint32_t dash;	   /* a figure that is not known */
	uint32_t ellipsis; /* text that was cut */
	uint32_t square;   /* before a legend's word */
	uint32_t bullet;   /* live */
	uint32_t dot;	   /* no difference; an empty bar */
	uint32_t full;	   /* a bar */
	uint32_t guide;	   /* goal and limit lines */
	uint32_t falling;  /* sorted downwards */
	uint32_t rising;
};

/* The set of that kind; all ASCII where `ascii_only`, and ASCII lines where
 * the locale's would be wide. setlocale comes first. */
struct glyphs glyphs_make(enum glyph_kind kind, bool ascii_only);

/* True when the locale is not UTF-8, or `term` (TERM's value, may be NULL) is
 * a terminal with neither braille nor blocks: dumb, or a DEC VT. */
bool glyphs_ascii_only(const char *term);
/* What to begin with on such a terminal: the Linux console has blocks, but no
 * braille. */
enum glyph_kind glyphs_best(const char *term);

/* The character of a graph cell. `fill[i]` is how many dots, from the bottom,
 * column i of the cell has: 0 to dots_y. */
uint32_t glyphs_cell(const struct glyphs *g, const int *fill);

/* UTF-8 of a character; returns `out`. */
const char *glyph_text(uint32_t ch, char out[5]);

#endif
