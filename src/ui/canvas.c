/* canvas.c - clipped drawing into an array of cells. */
#include <residue/ui/canvas.h>

#include <residue/base/mem.h>
#include <residue/base/text.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

void canvas_init(struct canvas *c, bool ascii)
{
	*c = (struct canvas){.ascii = ascii};
}

void canvas_release(struct canvas *c)
{
	free(c->cells);
	canvas_init(c, c->ascii);
}

void canvas_clear(struct canvas *c)
{
	const struct cell blank = {.ch = ' ', .pen = pen(ROLE_TEXT)};

	for (int x = 0; x < c->cols && c->rows; x++)
		c->cells[x] = blank;
	for (int y = 1; y < c->rows; y++)
		memcpy(&c->cells[y * c->cols], c->cells,
		       (size_t)c->cols * sizeof(blank));
}

void canvas_resize(struct canvas *c, int rows, int cols)
{
	c->rows = rows > 0 ? rows : 0;
	c->cols = cols > 0 ? cols : 0;
	c->cells = mem_realloc(c->cells, (size_t)(c->rows * c->cols + 1),
			       sizeof(*c->cells));
	canvas_clear(c);
}

struct cell *canvas_at(struct canvas *c, int y, int x)
{
	if (y < 0 || x < 0 || y >= c->rows || x >= c->cols)
		return NULL;
	return &c->cells[y * c->cols + x];
}

/* What is written over half of a wide character blanks the other half. */
static void unpair(struct canvas *c, int y, int x)
{
	struct cell *here = canvas_at(c, y, x);
	struct cell *left = canvas_at(c, y, x - 1);
	struct cell *right = canvas_at(c, y, x + 1);

	if (here->ch == 0 && left)
		left->ch = ' ';
	if (right && right->ch == 0)
		right->ch = ' ';
}

static void set(struct canvas *c, int y, int x, struct pen p, uint32_t ch)
{
	struct cell *cell = canvas_at(c, y, x);

	if (!cell)
		return;
	unpair(c, y, x);
	*cell = (struct cell){.ch = ch, .pen = p};
}

void canvas_put(struct canvas *c, int y, int x, struct pen p, uint32_t ch)
{
	set(c, y, x, p, c->ascii && ch > 0x7e ? '?' : ch);
}

static int width_of(const struct canvas *c, uint32_t ch)
{
	int w = ch < 0x7f || c->ascii ? 1 : wcwidth((wchar_t)ch);

	return w < 0 ? 1 : w;
}

int canvas_text(struct canvas *c, int y, int x, int w, struct pen p,
		const char *s)
{
	size_t n = strlen(s), i = 0;
	int at = x;

	while (i < n) {
		uint32_t ch;
		int wide;

		i += text_decode(s + i, n - i, &ch);
		if (ch == UINT32_MAX)
			ch = '?';
		wide = width_of(c, ch);
		if (wide == 0) {
			struct cell *base = canvas_at(c, y, at - 1);

			if (base && at > x && base->ch > ' ' && !base->mark)
				base->mark = ch;
			continue;
		}
		if (at + wide > x + w)
			break;
		/* Both halves of a wide character, or neither. */
		if (wide == 2 && (at < 0 || at + 1 >= c->cols)) {
			set(c, y, at, p, ' ');
			set(c, y, at + 1, p, ' ');
		} else if (wide == 2) {
			set(c, y, at, p, ch);
			set(c, y, at + 1, p, ' ');
			if (canvas_at(c, y, at + 1))
				canvas_at(c, y, at + 1)->ch = 0;
		} else {
			canvas_put(c, y, at, p, ch);
		}
		at += wide;
	}
	return at - x;
}

int canvas_fit(struct canvas *c, int y, int x, int w, struct pen p,
	       const char *s, uint32_t ellipsis)
{
	int used;

	if (w <= 0)
		return 0;
	if (text_columns(s) <= w)
		return canvas_text(c, y, x, w, p, s);
	used = canvas_text(c, y, x, w - 1, p, s);
	canvas_put(c, y, x + used, p, ellipsis);
	return used + 1;
}

void canvas_right(struct canvas *c, int y, int x, int w, struct pen p,
		  const char *s)
{
	int cols = text_columns(s);

	if (cols > w)
		cols = w;
	canvas_text(c, y, x + w - cols, cols, p, s);
}

int canvas_printf(struct canvas *c, int y, int x, int w, struct pen p,
		  const char *fmt, ...)
{
	char line[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	return canvas_text(c, y, x, w, p, line);
}

static struct rect clip(const struct canvas *c, struct rect r)
{
	int bottom = r.y + r.h < c->rows ? r.y + r.h : c->rows;
	int right = r.x + r.w < c->cols ? r.x + r.w : c->cols;

	r.y = r.y > 0 ? r.y : 0;
	r.x = r.x > 0 ? r.x : 0;
	r.h = bottom - r.y;
	r.w = right - r.x;
	return r;
}

void canvas_fill(struct canvas *c, struct rect area, struct pen p, uint32_t ch)
{
	struct rect r = clip(c, area);

	for (int y = r.y; y < r.y + r.h; y++)
		for (int x = r.x; x < r.x + r.w; x++)
			canvas_put(c, y, x, p, ch);
}

void canvas_paint(struct canvas *c, struct rect area, enum role on)
{
	struct rect r = clip(c, area);

	for (int y = r.y; y < r.y + r.h; y++)
		for (int x = r.x; x < r.x + r.w; x++)
			canvas_at(c, y, x)->pen.on = (uint8_t)on;
}
