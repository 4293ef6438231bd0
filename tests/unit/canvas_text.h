/* canvas_text.h - a row of a canvas as UTF-8, for tests. */
#ifndef TESTS_CANVAS_TEXT_H
#define TESTS_CANVAS_TEXT_H

#include <residue/ui/canvas.h>
#include <residue/ui/glyphs.h>

#include <string.h>

static inline const char *canvas_row(const struct canvas *c, int y,
				     char out[4096])
{
	size_t n = 0;

	for (int x = 0; x < c->cols && n < 4080; x++) {
		const struct cell *cell = &c->cells[y * c->cols + x];

		if (!cell->ch)
			continue;
		n += strlen(glyph_text(cell->ch, out + n));
		if (cell->mark)
			n += strlen(glyph_text(cell->mark, out + n));
	}
	out[n] = '\0';
	return out;
}

#endif
