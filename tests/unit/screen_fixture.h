/*
 * screen_fixture.h - a screen on a canvas, with keys, for tests of views. A test
 * makes the frame, and defines show(), which does what the loop does with it.
 */
#ifndef TESTS_SCREEN_FIXTURE_H
#define TESTS_SCREEN_FIXTURE_H

#include "canvas_text.h"

#include <residue/base/clock.h>
#include <residue/views/view.h>

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

#define S   NS_PER_SEC
#define NOW (5000 * S)

struct fixture {
	struct screens s;
	struct frame f;
	struct frame_want want;
	struct canvas c;
	char text[65536]; /* the screen as it was drawn last */
};

/* Want, frame, screen; returns x->text. */
static const char *show(struct fixture *x);

static inline void fixture_init(struct fixture *x, int rows, int cols)
{
	memset(x, 0, sizeof(*x));
	canvas_init(&x->c, false);
	canvas_resize(&x->c, rows, cols);
	frame_init(&x->f);
	x->f.now_ns = NOW;
	x->f.interval_ns = S;
	screens_init(&x->s, false, GLYPHS_BRAILLE);
}

static inline void release(struct fixture *x)
{
	screens_release(&x->s);
	frame_release(&x->f);
	canvas_release(&x->c);
}

static inline const char *fixture_draw(struct fixture *x)
{
	size_t n = 0;

	screens_draw(&x->s, &x->f, &x->c);
	for (int y = 0; y < x->c.rows; y++) {
		n += strlen(canvas_row(&x->c, y, x->text + n));
		x->text[n++] = '\n';
	}
	x->text[n] = '\0';
	return x->text;
}

static inline void press(struct fixture *x, uint32_t key)
{
	struct press p = {.key = key};

	screens_press(&x->s, &x->f, &p);
	show(x);
}

static inline void type(struct fixture *x, const char *text)
{
	for (; *text; text++)
		press(x, (unsigned char)*text);
}

#endif
