/* test_canvas.c - clipped drawing, wide characters, prompts, tables. */
#include "canvas_text.h"

#include <residue/ui/layout.h>
#include <residue/ui/prompt.h>

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <locale.h>

static char row[4096];

static void make(struct canvas *c, int rows, int cols)
{
	canvas_init(c, false);
	canvas_resize(c, rows, cols);
}

static void text_is_clipped_on_every_side(void **state)
{
	struct canvas c;

	(void)state;
	make(&c, 2, 6);
	assert_int_equal(canvas_text(&c, 0, 4, 9, pen(ROLE_TEXT), "abcd"), 4);
	assert_string_equal(canvas_row(&c, 0, row), "    ab");
	canvas_text(&c, 1, -2, 9, pen(ROLE_TEXT), "abcd");
	assert_string_equal(canvas_row(&c, 1, row), "cd    ");
	canvas_text(&c, -1, 0, 9, pen(ROLE_TEXT), "x");
	canvas_text(&c, 2, 0, 9, pen(ROLE_TEXT), "x");
	assert_int_equal(canvas_text(&c, 0, 0, 2, pen(ROLE_TEXT), "xyz"), 2);
	assert_string_equal(canvas_row(&c, 0, row), "xy  ab");
	canvas_fill(&c, (struct rect){-5, -5, 50, 50}, pen(ROLE_TEXT), '.');
	assert_string_equal(canvas_row(&c, 1, row), "......");
	canvas_release(&c);
}

static void wide_characters_are_whole_or_absent(void **state)
{
	struct canvas c;

	(void)state;
	make(&c, 1, 5);
	canvas_text(&c, 0, 0, 5, pen(ROLE_TEXT), "\u6f22\u5b57\u6f22");
	assert_string_equal(canvas_row(&c, 0, row), "\u6f22\u5b57 ");
	/* Over the right half: the left one goes, too. */
	canvas_text(&c, 0, 1, 1, pen(ROLE_TEXT), "x");
	assert_string_equal(canvas_row(&c, 0, row), " x\u5b57 ");
	canvas_text(&c, 0, 2, 1, pen(ROLE_TEXT), "y");
	assert_string_equal(canvas_row(&c, 0, row), " xy  ");
	canvas_clear(&c);
	canvas_text(&c, 0, -1, 5, pen(ROLE_TEXT), "\u6f22z");
	assert_string_equal(canvas_row(&c, 0, row), " z   ");
	canvas_release(&c);
}

static void marks_go_with_their_letter(void **state)
{
	struct canvas c;

	(void)state;
	make(&c, 1, 3);
	canvas_text(&c, 0, 0, 3, pen(ROLE_TEXT), "\u0301e\u0301\u0302f");
	assert_string_equal(canvas_row(&c, 0, row), "e\u0301f ");
	canvas_release(&c);
}

static void ascii_terminals_get_ascii(void **state)
{
	struct canvas c;

	(void)state;
	canvas_init(&c, true);
	canvas_resize(&c, 1, 4);
	canvas_text(&c, 0, 0, 4, pen(ROLE_TEXT), "a\u6f22b");
	assert_string_equal(canvas_row(&c, 0, row), "a?b ");
	canvas_release(&c);
}

static void cut_text_says_so(void **state)
{
	struct canvas c;

	(void)state;
	make(&c, 1, 6);
	assert_int_equal(canvas_fit(&c, 0, 0, 4, pen(ROLE_TEXT), "abcdef", '~'),
			 4);
	assert_string_equal(canvas_row(&c, 0, row), "abc~  ");
	canvas_fit(&c, 0, 0, 6, pen(ROLE_TEXT), "abcdef", '~');
	assert_string_equal(canvas_row(&c, 0, row), "abcdef");
	canvas_clear(&c);
	canvas_right(&c, 0, 1, 5, pen(ROLE_TEXT), "42");
	assert_string_equal(canvas_row(&c, 0, row), "    42");
	canvas_release(&c);
}

static void an_empty_canvas_takes_anything(void **state)
{
	struct canvas c;

	(void)state;
	make(&c, 0, 0);
	canvas_text(&c, 0, 0, 5, pen(ROLE_TEXT), "\u6f22x");
	canvas_paint(&c, (struct rect){0, 0, 9, 9}, ROLE_SELECTED);
	canvas_resize(&c, -1, 3);
	assert_null(canvas_at(&c, 0, 0));
	canvas_release(&c);
}

static void type(struct prompt *p, const char *keys)
{
	for (; *keys; keys++)
		prompt_key(p, (unsigned char)*keys);
}

static void prompts_have_readlines_keys(void **state)
{
	struct prompt p;

	(void)state;
	prompt_start(&p, "Search", "one two");
	type(&p, "\x17"); /* C-w */
	assert_string_equal(p.text, "one ");
	type(&p, "three\x01X\x05Y"); /* C-a, C-e */
	assert_string_equal(p.text, "Xone threeY");
	prompt_key(&p, PRESS_LEFT);
	prompt_key(&p, PRESS_BACKSPACE);
	assert_string_equal(p.text, "Xone threY");
	type(&p, "\x0b"); /* C-k */
	assert_string_equal(p.text, "Xone thre");
	prompt_key(&p, PRESS_HOME);
	prompt_key(&p, PRESS_DELETE);
	assert_string_equal(p.text, "one thre");
	prompt_key(&p, PRESS_END);
	type(&p, "\x15"); /* C-u */
	assert_string_equal(p.text, "");
	prompt_key(&p, 0x6f22);
	prompt_key(&p, PRESS_LEFT);
	assert_int_equal(p.at, 0);
	prompt_key(&p, PRESS_DELETE);
	assert_string_equal(p.text, "");
	assert_int_equal(prompt_key(&p, PRESS_ENTER), PROMPT_DONE);
	assert_int_equal(prompt_key(&p, PRESS_ESC), PROMPT_CANCEL);
}

static const char *paste(struct prompt *p, const char *text)
{
	for (; *text; text++)
		prompt_paste(p, (unsigned char)*text);
	return p->text;
}

static void pasted_lines_become_one(void **state)
{
	struct prompt p;

	(void)state;
	prompt_start(&p, "Search", "");
	assert_string_equal(paste(&p, "\r\none\a\r\ntwo\033\n"), "one two");
	/* What is typed after the last end of line goes on where it was. */
	type(&p, "s");
	assert_string_equal(paste(&p, " a  b\t"), "one twos a  b");
	prompt_paste(&p, PRESS_UP);
	prompt_paste(&p, PRESS_BACKSPACE);
	assert_string_equal(paste(&p, "c"), "one twos a  b c");
	type(&p, "\x01"); /* C-a */
	assert_string_equal(paste(&p, "\nx"), "xone twos a  b c");
	for (int i = 0; i < 300; i++)
		paste(&p, "y\n");
	assert_int_equal(p.len, PROMPT_MAX - 1);
}

static void prompts_are_bounded_and_visible(void **state)
{
	struct canvas c;
	struct prompt p;

	(void)state;
	prompt_start(&p, "S", "");
	prompt_key(&p, 0x202e); /* right-to-left override */
	assert_string_equal(p.text, "");
	for (int i = 0; i < 300; i++)
		prompt_key(&p, i % 2 ? 'x' : 0x6f22);
	assert_true(p.len < PROMPT_MAX);
	make(&c, 1, 10);
	prompt_draw(&p, &c, 0);
	/* The cursor, at the end, can be seen. */
	for (int x = 0; x < 10; x++)
		if (canvas_at(&c, 0, x)->pen.on == ROLE_CURSOR)
			x = 100;
		else
			assert_int_not_equal(x, 9);
	canvas_release(&c);
}

static void columns_go_by_priority(void **state)
{
	struct column col[4] = {
		{.width = 5, .priority = 0},
		{.width = 6, .priority = 2},
		{.width = 7, .most = 20, .priority = 1},
		{.width = 4, .priority = 0},
	};

	(void)state;
	layout_columns(col, 4, 25);
	for (int i = 0; i < 4; i++)
		assert_true(col[i].shown);
	assert_int_equal(col[3].x, 21);
	layout_columns(col, 4, 24);
	assert_false(col[1].shown);
	assert_true(col[2].shown);
	assert_int_equal(col[2].x, 6);
	assert_int_equal(col[2].w, 13); /* grew into what was left */
	layout_columns(col, 4, 12);
	assert_false(col[2].shown);
	assert_int_equal(col[3].x, 6);
	assert_int_equal(col[3].w, 6); /* the rest is the last one's */
	for (int w = 0; w < 60; w++) {
		layout_columns(col, 4, w);
		assert_true(col[0].shown && col[3].shown);
		for (int i = 0; i < 4; i++)
			if (col[i].shown && col[i].w > 0)
				assert_in_range(col[i].x + col[i].w, 0, w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_clipped_on_every_side),
		cmocka_unit_test(wide_characters_are_whole_or_absent),
		cmocka_unit_test(marks_go_with_their_letter),
		cmocka_unit_test(ascii_terminals_get_ascii),
		cmocka_unit_test(cut_text_says_so),
		cmocka_unit_test(an_empty_canvas_takes_anything),
		cmocka_unit_test(prompts_have_readlines_keys),
		cmocka_unit_test(pasted_lines_become_one),
		cmocka_unit_test(prompts_are_bounded_and_visible),
		cmocka_unit_test(columns_go_by_priority),
	};

	setlocale(LC_ALL, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
