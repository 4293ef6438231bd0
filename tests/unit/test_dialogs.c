/* test_dialogs.c - questions, menus, the log and the help: what is over or
 * beside the views of processes, and how it is read and answered. */
#include "views_fixture.h"

#include <residue/base/text.h>

static const char *menu_row(struct fixture *x, int y, char out[15])
{
	char row[4096];

	snprintf(out, 15, "%.14s", canvas_row(&x->c, y, row));
	return out;
}

/* The cursor is among the rows that there are, by keys, the wheel and clicks. */
static void a_menu_scrolls_where_rows_are_few(void **state)
{
	struct press wheel = {.key = PRESS_WHEEL_DOWN};
	struct fixture x;
	unsigned page;
	char row[15];

	(void)state;
	start_list_at(&x, 10, 40);
	press(&x, PRESS_F(6));
	assert_string_equal(menu_row(&x, 1, row), " Sort by  3/14");
	page = x.s.list.menu.page;
	assert_int_equal(page, 7);
	press(&x, PRESS_END);
	assert_string_equal(menu_row(&x, 1, row), " Sort by 14/14");
	assert_string_equal(menu_row(&x, 8, row), " COMMAND      ");
	assert_string_equal(menu_row(&x, 2, row), " RESIDUE      ");
	/* The first on the screen. */
	screens_press(&x.s, &x.f,
		      &(struct press){.key = PRESS_CLICK, .y = 2, .x = 3});
	assert_string_equal(x.s.say, "");
	show(&x);
	press(&x, PRESS_F(6));
	assert_string_equal(menu_row(&x, 1, row), " Sort by  8/14");
	screens_press(&x.s, &x.f, &wheel);
	show(&x);
	assert_string_equal(menu_row(&x, 8, row), " %LIM         ");
	press(&x, PRESS_HOME);
	assert_string_equal(menu_row(&x, 2, row), " PID          ");
	/* All at once where there is room, and no count. */
	canvas_resize(&x.c, 24, 80);
	press(&x, PRESS_UP);
	assert_string_equal(menu_row(&x, x.s.list.title_y, row),
			    " Sort by      ");
	assert_string_equal(menu_row(&x, x.s.list.title_y + 14, row),
			    " COMMAND      ");
	release(&x);
}

/* Titles that fill their columns have the mark as well. */
static void the_sorted_column_is_marked(void **state)
{
	static const char *const titles[] = {"PID", "RESIDUE", "GC/s", "%LIM",
					     "COMMAND"};
	struct fixture x;
	char row[4096];

	(void)state;
	start_list_at(&x, 24, 160);
	for (size_t i = 0; i < sizeof(titles) / sizeof(*titles); i++) {
		struct press p = {.key = PRESS_CLICK, .y = x.s.list.title_y};
		const char *at;

		at = strstr(canvas_row(&x.c, p.y, row), titles[i]);
		assert_non_null(at);
		p.x = text_columns(row) - text_columns(at);
		screens_press(&x.s, &x.f, &p);
		show(&x);
		at = strstr(canvas_row(&x.c, p.y, row), titles[i]);
		assert_non_null(at);
		at += strlen(titles[i]);
		assert_true(strncmp(at, "\u25bc", 3) == 0 ||
			    strncmp(at, "\u25b2", 3) == 0);
	}
	release(&x);
}

/* The watch view of a process with an endpoint, asked whether to force a GC. */
static void ask_for_gc(struct fixture *x, int rows, int cols)
{
	start_watch(x);
	strcpy(x->f.panels[0].info.endpoint, "http://127.0.0.1:6060");
	canvas_resize(&x->c, rows, cols);
	show(x);
	press(x, 'g');
	assert_int_equal(x->s.confirm.action, ACTION_FORCE_GC);
}

/* Where `text` stands: -1 when it does not. */
static int find(struct fixture *x, const char *text, int *col)
{
	char row[4096];

	for (int y = 0; y < x->c.rows; y++) {
		const char *at = strstr(canvas_row(&x->c, y, row), text);

		if (!at)
			continue;
		*col = text_columns(row) - text_columns(at);
		return y;
	}
	return -1;
}

static void click_on(struct fixture *x, const char *text)
{
	struct press p = {.key = PRESS_CLICK};

	p.y = find(x, text, &p.x);
	assert_true(p.y >= 0);
	screens_press(&x->s, &x->f, &p);
	show(x);
}

static void answers_are_clicked(void **state)
{
	static const struct {
		const char *label;
		unsigned requests;
		const char *text, *said;
	} answers[] = {{"y once", 1, "", "forcing a GC"},
		       {"2 twice in a row", 1, "2", "forcing two GCs"},
		       {"n no", 0, "", "nothing was done"},
		       {"Force a GC in", 0, "", "nothing was done"}};

	(void)state;
	for (size_t i = 0; i < sizeof(answers) / sizeof(*answers); i++)
		/* At 20 columns they are below each other. */
		for (int cols = 20; cols <= 100; cols += 40) {
			struct fixture x;

			ask_for_gc(&x, 24, cols);
			click_on(&x, answers[i].label);
			assert_string_equal(x.s.say, answers[i].said);
			assert_int_equal(x.s.confirm.action, ACTION_NONE);
			assert_int_equal(x.s.request_count,
					 answers[i].requests);
			if (x.s.request_count) {
				assert_int_equal(x.s.requests[0].kind,
						 REQUEST_GC);
				assert_string_equal(x.s.requests[0].text,
						    answers[i].text);
			}
			release(&x);
		}
}

static void answers_are_seen_at_any_size(void **state)
{
	struct fixture x;
	int col;

	(void)state;
	for (int rows = 1; rows < 12; rows++)
		for (int cols = 18; cols < 60; cols++) {
			ask_for_gc(&x, rows, cols);
			assert_int_equal(find(&x, "n no", &col), rows - 1);
			assert_true(rows < 3 || find(&x, "y once", &col) >= 0);
			release(&x);
		}
}

/* Between the question and its answer the process has gone. */
static void what_was_asked_is_looked_at_again(void **state)
{
	struct fixture x;

	(void)state;
	ask_for_gc(&x, 24, 80);
	x.f.panels[0].info.phase = TARGET_EXITED;
	press(&x, '2');
	assert_int_equal(x.s.request_count, 0);
	assert_string_equal(x.s.say, "nothing was done: the process has ended");
	release(&x);
	ask_for_gc(&x, 24, 80);
	x.f.panels[0].present = false;
	x.f.row_count = 0;
	press(&x, 'y');
	assert_int_equal(x.s.request_count, 0);
	assert_string_equal(x.s.say, "nothing was done: the process is gone");
	release(&x);
}

/* Keys that were there before the question was. */
static void answers_come_after_questions(void **state)
{
	struct press g = {.key = 'g'}, y = {.key = 'y'};
	struct fixture x;

	(void)state;
	start_watch(&x);
	strcpy(x.f.panels[0].info.endpoint, "http://127.0.0.1:6060");
	screens_press(&x.s, &x.f, &g);
	screens_press(&x.s, &x.f, &y);
	assert_int_equal(x.s.request_count, 0);
	assert_non_null(strstr(show(&x), "Force a GC in"));
	screens_press(&x.s, &x.f, &y);
	assert_int_equal(x.s.request_count, 1);
	/* A no is one at any time. */
	screens_press(&x.s, &x.f, &g);
	screens_press(&x.s, &x.f, &(struct press){.key = 'n'});
	assert_int_equal(x.s.confirm.action, ACTION_NONE);
	assert_int_equal(x.s.request_count, 1);
	release(&x);
}

static void add_log(struct fixture *x, const char *who, const char *text)
{
	struct log_line *l = &x->f.log[x->f.log_count++];

	*l = (struct log_line){.wall_ns = NOW, .pid = *who ? 11 : 0};
	snprintf(l->who, sizeof(l->who), "%s", who);
	snprintf(l->text, sizeof(l->text), "%s", text);
	x->f.log_total = x->f.log_count;
}

/* All the words of all lines come by when one scrolls, one row at a time. */
static void the_log_is_read_to_its_end(void **state)
{
	static const int sizes[][2] = {{5, 30}, {8, 40}, {10, 80}, {24, 200}};
	int col;

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		struct fixture x;
		unsigned seen = 0;

		start_list(&x);
		frame_reserve_log(&x.f, 20);
		for (int n = 0; n < 20; n++)
			add_log(&x, n % 3 ? "orders" : "",
				"a line of many words: what was done to it by "
				"whom, and why that was so at last here it is "
				"no more than these, up to the end.");
		canvas_resize(&x.c, sizes[i][0], sizes[i][1]);
		show(&x);
		press(&x, 'L');
		assert_true(find(&x, "a line of", &col) >= 2);
		for (unsigned top = 0; top <= x.s.log_last; top++) {
			assert_int_equal(x.s.log_top, top);
			seen += find(&x, "the end.", &col) == 2;
			press(&x, PRESS_DOWN);
		}
		assert_int_equal(x.s.log_top, x.s.log_last);
		assert_true(x.s.log_last == 0 || sizes[i][1] < 40 ||
			    find(&x, "to 20 of 20 lines", &col) == 0);
		assert_true(find(&x, "the end.", &col) >= 0);
		assert_true(seen > 0 || sizes[i][0] == 24);
		press(&x, PRESS_HOME);
		press(&x, PRESS_END);
		assert_int_equal(x.s.log_top, x.s.log_last);
		/* A line of its own for what is longer than the rest of its
		 * row, on narrow screens. */
		press(&x, PRESS_HOME);
		assert_int_equal(find(&x, "a line of", &col),
				 sizes[i][1] < 64 ? 3 : 2);
		release(&x);
	}
}

/* Names are whole, with a blank behind them. */
static void help_names_all_figures(void **state)
{
	struct fixture x;
	char text[64];
	int col;

	(void)state;
	start_list_at(&x, 200, 100);
	press(&x, '?');
	for (unsigned f = 0; f < FIELD_COUNT; f++) {
		snprintf(text, sizeof(text), "   %s  ", field_info[f].title);
		assert_true(find(&x, text, &col) >= 0);
	}
	for (unsigned k = 0; k < EVENT_COUNT; k++) {
		snprintf(text, sizeof(text), " %c %s  ",
			 event_kind_info[k].letter, event_kind_info[k].title);
		assert_true(find(&x, text, &col) >= 0);
	}
	release(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_menu_scrolls_where_rows_are_few),
		cmocka_unit_test(the_sorted_column_is_marked),
		cmocka_unit_test(the_log_is_read_to_its_end),
		cmocka_unit_test(help_names_all_figures),
		cmocka_unit_test(answers_are_clicked),
		cmocka_unit_test(answers_are_seen_at_any_size),
		cmocka_unit_test(what_was_asked_is_looked_at_again),
		cmocka_unit_test(answers_come_after_questions),
	};

	setlocale(LC_ALL, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
