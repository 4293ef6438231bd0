/* test_graph.c - times and columns agree, gaps stay gaps, bars sum. */
#include "canvas_text.h"

#include <residue/base/clock.h>
#include <residue/ui/axis.h>
#include <residue/ui/widgets.h>

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define S NS_PER_SEC
static char row[4096];

struct fixture {
	struct canvas c;
	struct glyphs g;
	struct timeline t;
	struct plot p;
	struct span spans[64];
};

static void fixture_make(struct fixture *f, enum glyph_kind kind, int h, int w,
			 int64_t end_s)
{
	*f = (struct fixture){.g = glyphs_make(kind, false)};
	canvas_init(&f->c, false);
	canvas_resize(&f->c, h + 2, w);
	f->t = (struct timeline){.end_ns = end_s * S,
				 .step_ns = S,
				 .columns = (unsigned)(w * f->g.dots_x)};
	f->p = (struct plot){.canvas = &f->c,
			     .glyphs = &f->g,
			     .time = &f->t,
			     .area = {0, 0, h, w},
			     .top = 100,
			     .stale_from = w * f->g.dots_x};
}

static void know(struct fixture *f, unsigned i, int64_t v)
{
	f->spans[i] = (struct span){.known = true, .max = v, .last = v};
}

static void columns_and_times_agree(void **state)
{
	struct timeline t = {
		.end_ns = 100 * S, .step_ns = 2 * S, .columns = 10};

	(void)state;
	assert_int_equal(timeline_column(&t, 100 * S), -1);
	assert_int_equal(timeline_column(&t, 100 * S - 1), 9);
	assert_int_equal(timeline_column(&t, 98 * S), 9);
	assert_int_equal(timeline_column(&t, 80 * S), 0);
	assert_int_equal(timeline_column(&t, 80 * S - 1), -1);
	for (int i = 0; i < 10; i++)
		assert_int_equal(timeline_column(&t, timeline_at(&t, i)), i);
}

static void fills_are_as_high_as_their_values(void **state)
{
	struct fixture f;

	(void)state;
	fixture_make(&f, GLYPHS_ASCII, 2, 4, 100);
	know(&f, 0, 100);
	know(&f, 1, 50);
	know(&f, 3, 0);
	plot_fill(&f.p, f.spans, ROLE_RES);
	/* Column 2 is not known: a gap; a known 0 is seen. */
	assert_string_equal(canvas_row(&f.c, 0, row), "#   ");
	assert_string_equal(canvas_row(&f.c, 1, row), "## .");
	canvas_release(&f.c);
}

static void braille_has_two_columns_a_cell(void **state)
{
	struct fixture f;

	(void)state;
	fixture_make(&f, GLYPHS_BRAILLE, 1, 2, 100);
	know(&f, 0, 100);
	know(&f, 1, 25);
	know(&f, 3, 50);
	plot_fill(&f.p, f.spans, ROLE_RES);
	assert_int_equal(f.c.cells[0].ch, 0x2847 | 0x80);
	assert_int_equal(f.c.cells[1].ch, 0x28a0);
	canvas_release(&f.c);
}

/* The cell that shows a moment holds the same dots when time has gone on. */
static void cells_keep_their_shape_while_they_move(void **state)
{
	uint32_t before, after;
	struct fixture f;

	(void)state;
	fixture_make(&f, GLYPHS_BRAILLE, 1, 4, 100);
	know(&f, 2, 100); /* 94 s */
	plot_fill(&f.p, f.spans, ROLE_RES);
	before = f.c.cells[plot_cell(&f.p, 94 * S)].ch;
	assert_int_not_equal(before, ' ');
	canvas_release(&f.c);
	fixture_make(&f, GLYPHS_BRAILLE, 1, 4, 101);
	know(&f, 1, 100); /* 94 s again */
	plot_fill(&f.p, f.spans, ROLE_RES);
	after = f.c.cells[plot_cell(&f.p, 94 * S)].ch;
	assert_int_equal(before, after);
	canvas_release(&f.c);
}

static void stale_columns_are_dim(void **state)
{
	struct fixture f;

	(void)state;
	fixture_make(&f, GLYPHS_ASCII, 1, 4, 100);
	for (unsigned i = 0; i < 4; i++)
		know(&f, i, 100);
	f.p.stale_from = 2;
	plot_fill(&f.p, f.spans, ROLE_RES);
	assert_int_equal(f.c.cells[1].pen.role, ROLE_RES);
	assert_int_equal(f.c.cells[2].pen.role, ROLE_STALE);
	canvas_release(&f.c);
}

static void letters_stand_in_the_column_of_their_time(void **state)
{
	struct event ev[3];
	struct fixture f;

	(void)state;
	fixture_make(&f, GLYPHS_ASCII, 1, 8, 100);
	ev[0] = event_make(EVENT_GC, EVENT_FROM_RUNTIME, 94 * S);
	ev[1] = event_make(EVENT_FREE_OS_MEMORY, EVENT_FROM_RUNTIME,
			   97 * S + S / 2);
	/* In the same second as the rarer one before it. */
	ev[2] = event_make(EVENT_GC, EVENT_FROM_RUNTIME, 97 * S + S / 4);
	plot_events(&f.p, 1, ev, 3);
	assert_string_equal(canvas_row(&f.c, 1, row), "--g--F--");
	/* Wall-clock times, when the wall clock is elsewhere. */
	f.t.wall_offset_ns = 3 * S;
	plot_events(&f.p, 1, ev, 1);
	assert_string_equal(canvas_row(&f.c, 1, row), "--------");
	ev[0].wall_ns = 97 * S;
	plot_events(&f.p, 1, ev, 1);
	assert_string_equal(canvas_row(&f.c, 1, row), "--g-----");
	canvas_release(&f.c);
}

static void times_stand_where_they_are(void **state)
{
	struct fixture f;

	(void)state;
	fixture_make(&f, GLYPHS_ASCII, 1, 40, 1200);
	plot_times(&f.p, 2, true);
	assert_string_equal(canvas_row(&f.c, 2, row),
			    "          00:19:30       00:19:45    now");
	f.t.end_ns = 1215 * S;
	plot_times(&f.p, 2, false);
	assert_int_equal(plot_cell(&f.p, 1200 * S), 25);
	assert_memory_equal(canvas_row(&f.c, 2, row) + 25, "00:20:00", 8);
	canvas_release(&f.c);
}

static void scales_are_round(void **state)
{
	static const struct {
		int64_t max;
		int rows;
		int64_t top, tick;
	} is[] = {
		{508 << 20, 10, 600 << 20, 200 << 20},
		{100, 12, 100, 25},
		{0, 10, 1, 1},
		{INT64_C(6) << 30, 9, INT64_C(6) << 30, INT64_C(2) << 30},
		{1000, 4, 1000, 500},
		{1001, 4, 1024, 512},
		/* What no memory has, a profile may say all the same. */
		{INT64_C(1) << 62, 12, INT64_C(1) << 62, INT64_C(1) << 60},
		{INT64_MAX - 1, 12, INT64_MAX, INT64_C(2) << 60},
		{INT64_MAX, 1, INT64_MAX, INT64_MAX},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(is) / sizeof(*is); i++) {
		int64_t tick;

		assert_int_equal(scale_top(is[i].max, is[i].rows, &tick),
				 is[i].top);
		assert_int_equal(tick, is[i].tick);
	}
	for (int64_t v = 1; v > 0 && v < INT64_MAX / 3; v = v * 3 + 1) {
		int64_t tick, top = scale_top(v, 8, &tick);

		assert_true(top >= v && tick > 0);
	}
}

/* As they stand beside a graph of `rows` rows, from 0 up. */
static const char *labels(int64_t max, int rows, char out[128])
{
	struct fixture f;
	size_t n = 0;
	int64_t tick;

	fixture_make(&f, GLYPHS_ASCII, rows, 12, 100);
	f.p.area = (struct rect){0, 8, rows, 4};
	f.p.top = scale_top(max, rows, &tick);
	plot_scale(&f.p, 5, tick);
	for (int y = rows - 1; y >= 0; y--) {
		const char *text = canvas_row(&f.c, y, row);

		text += strspn(text, " ");
		n += (size_t)snprintf(out + n, 128 - n, "%s%.*s",
				      *text && n ? " " : "",
				      (int)strcspn(text, " "), text);
	}
	canvas_release(&f.c);
	return out;
}

static void labels_are_round_in_one_unit(void **state)
{
	char text[128];

	(void)state;
	assert_string_equal(labels(2054000, 12, text), "0 0.5M 1M 1.5M 2M");
	assert_string_equal(labels(1200000, 9, text), "0 0.4M 0.8M 1.2M");
	assert_string_equal(labels(700 << 10, 9, text), "0 250K 500K 750K");
	assert_string_equal(labels(1000 << 10, 15, text),
			    "0 200K 400K 600K 800K 1000K");
	assert_string_equal(labels(1 << 30, 4, text), "0 0.5G 1G");
	assert_string_equal(labels(3, 9, text), "0 1B 2B 3B");
	/* At any size: at most one place after the point, and room for it. */
	for (int64_t v = 3; v < INT64_MAX / 3; v += v / 3)
		for (int rows = 2; rows < 18; rows++) {
			char *rest = text, *word;
			char unit = '\0';

			labels(v, rows, text);
			assert_string_equal(strtok_r(rest, " ", &rest), "0");
			while ((word = strtok_r(NULL, " ", &rest))) {
				char last = word[strlen(word) - 1];
				const char *point = strchr(word, '.');

				assert_true(!unit || unit == last);
				unit = last;
				assert_in_range(strlen(word), 2, 5);
				assert_true(!point || point[3] == '\0');
			}
		}
}

/* An axis has labels from 0 up to the top, and ends there. */
static void the_largest_scale_has_an_end(void **state)
{
	struct fixture f;
	int64_t tick;

	(void)state;
	fixture_make(&f, GLYPHS_ASCII, 8, 12, 100);
	f.p.area = (struct rect){0, 8, 8, 4};
	f.p.top = scale_top(INT64_MAX, 8, &tick);
	plot_scale(&f.p, 5, tick);
	assert_string_equal(canvas_row(&f.c, 7, row), "      0     ");
	assert_string_equal(canvas_row(&f.c, 3, row), "     4E     ");
	assert_string_equal(canvas_row(&f.c, 0, row), "            ");
	canvas_release(&f.c);
}

static void stacks_take_the_colour_of_the_most(void **state)
{
	static const enum role roles[] = {ROLE_LIVE, ROLE_CACHE};
	int64_t value[] = {25, 75, -1, 0, /* the first layer */
			   75, 25, -1, 0};
	struct fixture f;

	(void)state;
	fixture_make(&f, GLYPHS_ASCII, 2, 4, 100);
	plot_stack(&f.p, value, roles, "lc", 2);
	assert_int_equal(canvas_at(&f.c, 0, 0)->pen.role, ROLE_CACHE);
	assert_int_equal(canvas_at(&f.c, 1, 0)->pen.role, ROLE_LIVE);
	assert_int_equal(canvas_at(&f.c, 0, 1)->pen.role, ROLE_LIVE);
	assert_string_equal(canvas_row(&f.c, 0, row), "##  ");
	assert_string_equal(canvas_row(&f.c, 1, row), "##  ");
	f.p.plain = true; /* and its letter where there are no colours */
	plot_stack(&f.p, value, roles, "lc", 2);
	assert_string_equal(canvas_row(&f.c, 0, row), "cl  ");
	assert_string_equal(canvas_row(&f.c, 1, row), "ll  ");
	canvas_release(&f.c);
}

/* Layers that no sum holds fill the graph, the first of them all of it. */
static void stacks_of_any_size_end_at_the_top(void **state)
{
	static const enum role roles[] = {ROLE_LIVE, ROLE_CACHE};
	int64_t value[] = {INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX};
	struct fixture f;

	(void)state;
	fixture_make(&f, GLYPHS_ASCII, 2, 2, 100);
	f.p.top = INT64_MAX;
	f.p.plain = true;
	plot_stack(&f.p, value, roles, "lc", 2);
	assert_string_equal(canvas_row(&f.c, 0, row), "ll");
	assert_string_equal(canvas_row(&f.c, 1, row), "ll");
	canvas_release(&f.c);
}

static void bars_sum_to_their_width(void **state)
{
	struct canvas c;

	(void)state;
	canvas_init(&c, false);
	canvas_resize(&c, 1, 100);
	srand(7);
	for (int turn = 0; turn < 200; turn++) {
		struct bar_part parts[6];
		int w = 1 + rand() % 99, drawn = 0;

		for (int i = 0; i < 6; i++)
			parts[i] = (struct bar_part){
				(int64_t)rand() % 3 ? rand() : 0, ROLE_LIVE,
				'x', "x", 0};
		parts[5].bytes = 1;
		canvas_clear(&c);
		bar_draw(&c, 0, 0, w, parts, 6, turn % 2);
		for (int x = 0; x < 100; x++)
			drawn += (c.cells[x].pen.attrs & STYLE_REVERSE) != 0;
		assert_int_equal(drawn, w);
	}
	canvas_release(&c);
}

/* However large they are, each has its share. */
static void bars_of_any_size_are_shared_out(void **state)
{
	struct bar_part parts[3] = {{INT64_MAX, ROLE_LIVE, 'a', "a", 0},
				    {INT64_MAX, ROLE_CACHE, 'b', "b", 0},
				    {INT64_MAX, ROLE_FRAG, 'c', "c", 0}};
	struct canvas c;

	(void)state;
	canvas_init(&c, false);
	canvas_resize(&c, 1, 9);
	bar_draw(&c, 0, 0, 9, parts, 3, true);
	assert_string_equal(canvas_row(&c, 0, row), "aaabbbccc");
	canvas_release(&c);
}

static void sparklines_are_anchored(void **state)
{
	uint32_t samples[20] = {0};
	struct glyphs g = glyphs_make(GLYPHS_BLOCK, false);
	struct canvas c;

	(void)state;
	canvas_init(&c, false);
	canvas_resize(&c, 1, 5);
	/* Four slots a cell; slot 8 is in the cell of slots 8 to 11. */
	samples[8] = 1000;
	sparkline(&c, &g, 0, 0, 5, pen(ROLE_RES), samples, 20, 19);
	assert_string_equal(canvas_row(&c, 0, row), "  \u2588  ");
	canvas_clear(&c);
	sparkline(&c, &g, 0, 0, 5, pen(ROLE_RES), samples, 20, 23);
	assert_string_equal(canvas_row(&c, 0, row), " \u2588   ");
	canvas_release(&c);
}

/* 4 TiB are 2^30 pages: eight times that are more than 32 bits hold. */
static void sparklines_of_terabytes_are_full(void **state)
{
	uint32_t samples[5] = {1u << 30, 1u << 29, 1, 0, UINT32_MAX};
	struct glyphs g = glyphs_make(GLYPHS_BLOCK, false);
	struct canvas c;

	(void)state;
	canvas_init(&c, false);
	canvas_resize(&c, 1, 5);
	sparkline(&c, &g, 0, 0, 5, pen(ROLE_RES), samples, 5, 4);
	assert_string_equal(canvas_row(&c, 0, row),
			    "\u2582\u2581\u2581 \u2588");
	canvas_release(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_and_times_agree),
		cmocka_unit_test(fills_are_as_high_as_their_values),
		cmocka_unit_test(braille_has_two_columns_a_cell),
		cmocka_unit_test(cells_keep_their_shape_while_they_move),
		cmocka_unit_test(stale_columns_are_dim),
		cmocka_unit_test(letters_stand_in_the_column_of_their_time),
		cmocka_unit_test(times_stand_where_they_are),
		cmocka_unit_test(scales_are_round),
		cmocka_unit_test(labels_are_round_in_one_unit),
		cmocka_unit_test(the_largest_scale_has_an_end),
		cmocka_unit_test(stacks_take_the_colour_of_the_most),
		cmocka_unit_test(stacks_of_any_size_end_at_the_top),
		cmocka_unit_test(bars_sum_to_their_width),
		cmocka_unit_test(bars_of_any_size_are_shared_out),
		cmocka_unit_test(sparklines_are_anchored),
		cmocka_unit_test(sparklines_of_terabytes_are_full),
	};

	setlocale(LC_ALL, "C.UTF-8");
	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
