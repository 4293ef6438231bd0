/* glyphs.c - three sets of drawing characters. */
#include <residue/ui/glyphs.h>

#include <langinfo.h>
#include <string.h>
#include <wchar.h>

/* clang-format off */
static const struct glyphs ascii = {
	.kind = GLYPHS_ASCII, .name = "ASCII", .dots_x = 1, .dots_y = 4,
	.level = {' ', '_', '.', '.', ':', ':', '+', '#', '#'},
	.across = '-', .down = '|', .top_left = '+', .top_right = '+',
	.bottom_left = '+', .bottom_right = '+', .dash = '-', .ellipsis = '~',
	.square = '#', .bullet = '*', .dot = '.', .full = '#', .guide = '-',
	.falling = 'v', .rising = '^'};
/* clang-format on */

/* clang-format off */
static const struct glyphs block = {
	.kind = GLYPHS_BLOCK, .name = "block", .dots_x = 1, .dots_y = 8,
	.level = {' ', 0x2581, 0x2582, 0x2583, 0x2584, 0x2585, 0x2586, 0x2587,
		  0x2588},
	.across = 0x2500, .down = 0x2502, .top_left = 0x256d,
	.top_right = 0x256e, .bottom_left = 0x2570, .bottom_right = 0x256f,
	.dash = 0x2013, .ellipsis = 0x2026, .square = 0x25a0, .bullet = 0x25cf,
	.dot = 0xb7, .full = 0x2588, .guide = 0x2504, .falling = 0x25bc,
	.rising = 0x25b2};
/* clang-format on */

/* Columns of braille from the bottom: 0 to 4 dots on the left, on the right. */
static const uint8_t braille_left[5] = {0, 0x40, 0x44, 0x46, 0x47};
static const uint8_t braille_right[5] = {0, 0x80, 0xa0, 0xb0, 0xb8};

/* Lines, blocks and the other characters of ambiguous width. */
static bool lines_are_narrow(void)
{
	return wcwidth(0x2500) == 1 && wcwidth(0x2588) == 1 &&
	       wcwidth(0x25a0) == 1 && wcwidth(0x2026) == 1;
}

static bool has_prefix(const char *s, const char *prefix)
{
	return s && strncmp(s, prefix, strlen(prefix)) == 0;
}

bool glyphs_ascii_only(const char *term)
{
	return strcmp(nl_langinfo(CODESET), "UTF-8") != 0 || !term ||
	       has_prefix(term, "dumb") || has_prefix(term, "vt1") ||
	       has_prefix(term, "vt2") || has_prefix(term, "vt3");
}

enum glyph_kind glyphs_best(const char *term)
{
	if (glyphs_ascii_only(term))
		return GLYPHS_ASCII;
	/* The console's font has 256 or 512 characters, none of braille. */
	return has_prefix(term, "linux") ? GLYPHS_BLOCK : GLYPHS_BRAILLE;
}

struct glyphs glyphs_make(enum glyph_kind kind, bool ascii_only)
{
	struct glyphs g = ascii;

	if (kind == GLYPHS_ASCII || ascii_only)
		return g;
	if (lines_are_narrow())
		g = block;
	else if (kind == GLYPHS_BLOCK)
		return g;
	if (kind == GLYPHS_BRAILLE) {
		g.kind = GLYPHS_BRAILLE;
		g.name = "braille";
		g.dots_x = 2;
		g.dots_y = 4;
		if (g.full == ascii.full)
			for (int i = 0; i < 9; i++)
				g.level[i] = 0x2800u +
					     braille_left[(i + 1) / 2] +
					     braille_right[(i + 1) / 2];
	}
	return g;
}

uint32_t glyphs_cell(const struct glyphs *g, const int *fill)
{
	static const uint32_t by_quarter[5] = {' ', '.', ':', '|', '#'};

	switch (g->kind) {
	case GLYPHS_BRAILLE:
		if (fill[0] + fill[1] == 0)
			return ' ';
		return 0x2800u + braille_left[fill[0]] + braille_right[fill[1]];
	case GLYPHS_BLOCK:
		return g->level[fill[0]];
	default:
		return by_quarter[fill[0]];
	}
}

const char *glyph_text(uint32_t ch, char out[5])
{
	int n = 0;

	if (ch < 0x80) {
		out[n++] = (char)ch;
	} else if (ch < 0x800) {
		out[n++] = (char)(0xc0 | ch >> 6);
		out[n++] = (char)(0x80 | (ch & 0x3f));
	} else {
		if (ch < 0x10000) {
			out[n++] = (char)(0xe0 | ch >> 12);
		} else {
			out[n++] = (char)(0xf0 | ch >> 18);
			out[n++] = (char)(0x80 | (ch >> 12 & 0x3f));
		}
		out[n++] = (char)(0x80 | (ch >> 6 & 0x3f));
		out[n++] = (char)(0x80 | (ch & 0x3f));
	}
	out[n] = '\0';
	return out;
}
