/* test_views.c - what keys do to the screens, on frames made by hand. */
#include "views_fixture.h"

static void the_largest_is_first(void **state)
{
	struct fixture x;

	(void)state;
	start_list(&x);
	assert_non_null(strstr(x.text, "cart"));
	assert_string_equal(x.s.list.selected, "a2");
	assert_true(strstr(x.text, "cart") < strstr(x.text, "orders"));
	press(&x, 'I');
	assert_true(strstr(x.text, "orders") < strstr(x.text, "cart"));
	assert_string_equal(x.s.list.selected, "a3");
	release(&x);
}

static void the_cursor_stays_on_its_process(void **state)
{
	struct fixture x;

	(void)state;
	start_list(&x);
	press(&x, PRESS_DOWN);
	assert_string_equal(x.s.list.selected, "a1");
	values_set(&x.f.rows[0].values, FIELD_RSS, 900 << 20);
	show(&x);
	assert_string_equal(x.s.list.selected, "a1");
	/* Gone: the row that took its place. */
	x.f.rows[0] = x.f.rows[2];
	x.f.row_count = 2;
	show(&x);
	assert_string_equal(x.s.list.selected, "a2");
	release(&x);
}

static void typing_filters_and_searches(void **state)
{
	struct fixture x;

	(void)state;
	start_list(&x);
	press(&x, '\\');
	type(&x, "BAT");
	assert_int_equal(x.s.list.count, 1);
	press(&x, PRESS_ENTER);
	assert_int_equal(x.s.list.count, 1);
	/* Keys are keys again. */
	press(&x, '/');
	press(&x, PRESS_ESC);
	press(&x, '\\');
	press(&x, PRESS_ESC);
	assert_int_equal(x.s.list.count, 3);
	press(&x, '/');
	type(&x, "33");
	assert_string_equal(x.s.list.selected, "a3");
	assert_int_equal(x.s.list.count, 3);
	press(&x, PRESS_ENTER);
	release(&x);
}

/* What the filter hides is not acted on; Esc shows all again. */
static void hidden_rows_are_left_alone(void **state)
{
	struct fixture x;

	(void)state;
	start_list(&x);
	press(&x, '\\');
	type(&x, "zzz");
	press(&x, PRESS_ENTER);
	assert_non_null(strstr(x.text, "filter \"zzz\""));
	press(&x, 's');
	assert_int_equal(x.s.request_count, 0);
	assert_non_null(strstr(x.s.say, "filter"));
	press(&x, PRESS_ENTER);
	assert_ptr_equal(x.s.view, view_at(IN_LIST));
	press(&x, PRESS_SPACE);
	assert_int_equal(x.s.list.tag_count, 0);
	press(&x, PRESS_ESC);
	assert_int_equal(x.s.list.count, 3);
	press(&x, 's');
	assert_int_equal(x.s.request_count, 1);
	release(&x);
}

static void a_third_target_is_in_the_list(void **state)
{
	static const char ids[3][TARGET_ID_MAX] = {"a1", "a2", "a3"};
	struct fixture x;

	(void)state;
	make(&x);
	screens_start(&x.s, ids, 3, false);
	show(&x);
	assert_non_null(strstr(x.text, "2 of 3 targets"));
	press(&x, PRESS_ESC);
	assert_ptr_equal(x.s.view, view_at(IN_LIST));
	assert_non_null(strstr(x.text, "batch"));
	release(&x);
}

/* Who is not on the screen is said there, and n shows them. */
static void more_than_two_take_turns(void **state)
{
	static const char ids[3][TARGET_ID_MAX] = {"a1", "a2", "a3"};
	struct fixture x;

	(void)state;
	make(&x);
	x.f.panels[1].present = true;
	screens_start(&x.s, ids, 3, false);
	x.s.request_count = 0;
	show(&x);
	assert_true(x.want.list);
	assert_non_null(strstr(x.text, "not shown: batch 33"));
	press(&x, 'n');
	assert_string_equal(x.s.target[0], "a1");
	assert_string_equal(x.s.target[1], "a3");
	assert_string_equal(x.s.requests[0].target, "a3");
	assert_non_null(strstr(x.text, "not shown: cart 22"));
	press(&x, PRESS_TAB);
	press(&x, 'n');
	assert_string_equal(x.s.target[0], "a3");
	assert_string_equal(x.s.target[1], "a2");
	canvas_resize(&x.c, 10, 40);
	assert_non_null(strstr(show(&x), "+1: n"));
	release(&x);
}

/* With two there is nobody to take turns with. */
static void two_are_all_there_are(void **state)
{
	static const char ids[2][TARGET_ID_MAX] = {"a1", "a2"};
	struct fixture x;

	(void)state;
	make(&x);
	x.f.panels[1].present = true;
	screens_start(&x.s, ids, 2, false);
	assert_null(strstr(show(&x), "not shown"));
	press(&x, 'n');
	assert_string_equal(x.s.target[1], "a2");
	assert_non_null(strstr(x.text, "no others"));
	release(&x);
}

/* Names and PIDs of two in one row: PIDs are whole or left out. */
static void headers_of_two_are_whole(void **state)
{
	static const char ids[2][TARGET_ID_MAX] = {"a1", "a2"};
	char row[4096];
	struct fixture x;

	(void)state;
	make(&x);
	x.f.panels[1].present = true;
	x.f.panels[0].info.pid = 31329;
	x.f.panels[1].info.pid = 31331;
	strcpy(x.f.panels[0].info.comm, "workload");
	strcpy(x.f.panels[1].info.comm, "workload");
	screens_start(&x.s, ids, 2, false);
	for (int cols = 12; cols < 130; cols++) {
		canvas_resize(&x.c, 10, cols);
		show(&x);
		canvas_row(&x.c, 0, row);
		assert_true(!strstr(row, " 3") ||
			    (strstr(row, "31329") && strstr(row, "31331")));
		assert_true(strstr(row, "\u2026") || strstr(row, "B workload"));
	}
	assert_non_null(strstr(row, "31331"));
	release(&x);
}

static void two_are_compared_by_tags(void **state)
{
	struct fixture x;

	(void)state;
	start_list(&x);
	press(&x, 'c');
	/* It does not work yet, and says why. */
	assert_ptr_equal(x.s.view, view_at(IN_LIST));
	assert_non_null(strstr(x.s.say, "tag"));
	press(&x, PRESS_SPACE);
	press(&x, 'c');
	assert_ptr_equal(x.s.view, view_at(IN_COMPARE));
	assert_string_equal(x.s.target[0], "a2");
	assert_string_equal(x.s.target[1], "a1");
	assert_int_equal(x.s.request_count, 2);
	assert_int_equal(x.s.requests[0].kind, REQUEST_OPEN);
	press(&x, PRESS_TAB);
	assert_string_equal(x.s.target[0], "a1");
	press(&x, PRESS_ESC);
	assert_ptr_equal(x.s.view, view_at(IN_LIST));
	release(&x);
}

static void home_is_where_rows_begin(void **state)
{
	struct fixture x;
	struct panel *p = &x.f.panels[0];

	(void)state;
	start_watch(&x);
	/* first_ns is rounded down to a bucket of history. */
	p->info.since_ns = NOW - 400 * S;
	press(&x, '+');
	press(&x, PRESS_HOME);
	assert_true(x.s.axis.end_ns > p->info.since_ns);
	assert_true(x.s.axis.end_ns <= NOW);
	assert_true(x.want.columns * x.want.step_ns >=
		    x.s.axis.end_ns - x.want.step_ns - p->info.since_ns);
	release(&x);
}

static void pausing_freezes_the_axis(void **state)
{
	struct fixture x;

	(void)state;
	start_watch(&x);
	assert_int_equal(x.want.end_ns, 0);
	press(&x, PRESS_SPACE);
	assert_int_not_equal(x.want.end_ns, 0);
	x.f.now_ns += 50 * S;
	show(&x);
	assert_in_range(x.want.end_ns, NOW, NOW + 20 * S);
	/* Figures and events are those of the moment, not of what the last
	 * cell gets. */
	assert_int_equal(x.want.cursor_ns, NOW);
	panel_reserve_events(&x.f.panels[0], 8);
	x.f.panels[0].events[2] =
		event_make(EVENT_MARK, EVENT_FROM_USER, NOW + 1);
	x.f.panels[0].event_count = 3;
	assert_true(x.want.end_ns > NOW + 1);
	assert_null(strstr(show(&x), " m mark  "));
	press(&x, PRESS_PGUP);
	assert_int_equal(x.want.cursor_ns, x.want.end_ns);
	press(&x, PRESS_ESC);
	assert_int_equal(x.want.end_ns, 0);
	release(&x);
}

/* Neither keys that go back nor what is sampled meanwhile move it. */
static void a_short_history_stays_frozen(void **state)
{
	static const uint32_t back[] = {PRESS_PGUP, PRESS_HOME, PRESS_PGUP};
	struct fixture x;
	int64_t end, step;

	(void)state;
	start_watch(&x);
	x.f.panels[0].first_ns = NOW - 30 * S;
	x.f.panels[0].info.since_ns = NOW - 30 * S;
	show(&x);
	press(&x, PRESS_SPACE);
	end = x.want.end_ns;
	step = x.want.step_ns;
	for (unsigned i = 0; i < 3; i++) {
		x.f.now_ns += 100 * S;
		press(&x, back[i]);
		assert_int_equal(x.want.end_ns, end);
		assert_int_equal(x.want.step_ns, step);
		assert_non_null(strstr(x.text, "paused"));
	}
	press(&x, PRESS_END);
	assert_int_equal(x.want.end_ns, 0);
	assert_true(x.want.step_ns > step);
	release(&x);
}

static void arrows_find_events(void **state)
{
	struct fixture x;

	(void)state;
	start_watch(&x);
	press(&x, PRESS_UP);
	assert_int_equal(x.s.axis.cursor_ns, NOW - 30 * S);
	press(&x, PRESS_UP);
	assert_int_equal(x.s.axis.cursor_ns, NOW - 90 * S);
	press(&x, PRESS_UP);
	assert_int_equal(x.s.axis.cursor_ns, NOW - 90 * S);
	assert_non_null(strstr(x.s.say, "no event"));
	press(&x, PRESS_DOWN);
	assert_int_equal(x.s.axis.cursor_ns, NOW - 30 * S);
	release(&x);
}

/* Before the first sample nothing is known, so nothing has an age. */
static void nothing_has_no_age(void **state)
{
	struct fixture x;

	(void)state;
	start_watch(&x);
	press(&x, PRESS_LEFT);
	assert_false(x.f.panels[0].cursor_known);
	assert_non_null(strstr(x.text, "/proc   \u2013   "));
	assert_non_null(strstr(x.text, "heap \u2013 \u2500"));
	assert_null(strstr(x.text, " 0 s"));
	assert_null(strstr(x.text, "0.0 s"));
	release(&x);
}

/* What is cut short is marked; a PID is whole or not there. */
static void a_pid_is_whole(void **state)
{
	static const int cols[] = {14, 16, 17, 18, 19, 20, 24, 30, 40};
	struct fixture x;

	(void)state;
	start_watch(&x);
	x.f.panels[0].info.pid = 31329;
	for (unsigned i = 0; i < sizeof(cols) / sizeof(*cols); i++) {
		canvas_resize(&x.c, 4, cols[i]);
		show(&x);
		assert_true(!strstr(x.text, "pid") ||
			    strstr(x.text, "pid 31329"));
	}
	assert_non_null(strstr(x.text, "pid 31329"));
	canvas_resize(&x.c, 4, 6);
	assert_non_null(strstr(show(&x), "\u2026"));
	release(&x);
}

static void scrolling_ends_where_history_does(void **state)
{
	struct fixture x;
	int64_t span;

	(void)state;
	start_watch(&x);
	span = x.want.step_ns * x.want.columns;
	press(&x, PRESS_PGUP);
	assert_in_range(x.want.end_ns, NOW - span, NOW - span / 4);
	for (int i = 0; i < 50; i++)
		press(&x, PRESS_PGUP);
	assert_in_range(x.want.end_ns, NOW - 1000 * S + span - 1,
			NOW - 1000 * S + span + x.want.step_ns);
	press(&x, PRESS_END);
	assert_int_equal(x.want.end_ns, 0);
	for (int i = 0; i < 400; i++)
		press(&x, PRESS_LEFT);
	assert_int_equal(x.s.axis.cursor_ns, NOW - 1000 * S);
	release(&x);
}

static void zooming_keeps_the_cursor_in_place(void **state)
{
	struct fixture x;
	int64_t step, behind;

	(void)state;
	start_watch(&x);
	for (int i = 0; i < 5; i++)
		press(&x, PRESS_LEFT);
	step = x.want.step_ns;
	behind = (x.s.axis.end_ns - x.s.axis.cursor_ns) / step;
	press(&x, '+');
	assert_true(x.want.step_ns < step);
	assert_in_range((x.s.axis.end_ns - x.s.axis.cursor_ns) / x.want.step_ns,
			behind - 1, behind + 1);
	for (int i = 0; i < 40; i++)
		press(&x, '-');
	assert_non_null(strstr(x.s.say, "no further"));
	release(&x);
}

/* The commonest size has room for what the GC is set to. */
static void settings_are_seen_at_80x24(void **state)
{
	struct fixture x;
	struct panel *p = &x.f.panels[0];

	(void)state;
	start_watch(&x);
	values_set(&p->values, FIELD_GOGC, 100);
	values_set(&p->values, FIELD_NEXT_GC, 48 << 20);
	values_set(&p->values, FIELD_MEMORY_LIMIT, 512 << 20);
	values_set(&p->values, FIELD_GOROUTINES, 1234);
	values_set(&p->values, FIELD_THREADS, 12);
	values_set(&p->values, FIELD_PPROF_EVERY, 40 * S);
	values_set(&p->values, FIELD_PPROF_CPU_SHARE, 9000);
	p->gc_per_s = 0.025;
	show(&x);
	assert_non_null(strstr(x.text, "GC/s 0.025  GOGC 100  goal 48.0M  "
				       "GOMEMLIMIT 512M  goroutines 1.23k"));
	release(&x);
}

static const char *forced_or_not(struct fixture *x, int64_t forced)
{
	values_set(&x->f.panels[0].values, FIELD_NUM_FORCED_GC, forced);
	return show(x);
}

/* GCs in a row share a line only where there is no room for each. */
static void gcs_unfold_while_there_is_room(void **state)
{
	struct fixture x;
	struct panel *p = &x.f.panels[0];

	(void)state;
	start_watch(&x);
	p->event_count = 0;
	panel_reserve_events(p, 80);
	for (int i = 1; i <= 4; i++) {
		add_event(p, NOW - 100 * S + i * S);
		p->events[p->event_count - 1].num_gc = i;
	}
	canvas_resize(&x.c, 50, 100);
	show(&x);
	assert_null(strstr(x.text, "GCs"));
	assert_non_null(strstr(x.text, "GC #1"));
	for (int i = 5; i <= 80; i++) {
		add_event(p, NOW - 100 * S + i * S);
		p->events[p->event_count - 1].num_gc = i;
	}
	values_set(&p->values, FIELD_NUM_GC, 80);
	/* The newest stand alone, and no row is left blank. */
	assert_non_null(strstr(forced_or_not(&x, 33), "GC #80"));
	assert_non_null(strstr(x.text, "GC 1 to 70 in 69 s, "));
	assert_non_null(strstr(x.text, "70 GCs"));
	/* The ten above the line are not known either. */
	assert_non_null(strstr(x.text, "33 of the first 80 forced"));
	values_set(&p->values, FIELD_NUM_GC, 81);
	assert_non_null(strstr(show(&x), "forced or not is not known"));
	values_set(&p->values, FIELD_NUM_GC, 80);
	for (int i = 70; i < 80; i++)
		p->events[i].forced_known = true;
	assert_non_null(strstr(forced_or_not(&x, 33), "33 of them forced"));
	assert_non_null(strstr(forced_or_not(&x, 0), "none forced"));
	assert_non_null(strstr(forced_or_not(&x, 71), "not known"));
	/* One that was forced breaks the run. */
	p->events[76].forced = true;
	assert_non_null(strstr(forced_or_not(&x, 34), "33 of them forced"));
	for (int i = 0; i < 70; i++)
		p->events[i].forced_known = true;
	assert_non_null(strstr(forced_or_not(&x, 34), "none forced"));
	release(&x);
}

static void what_does_not_work_says_why(void **state)
{
	struct fixture x;

	(void)state;
	start_watch(&x);
	press(&x, 'p');
	assert_non_null(strstr(x.s.say, "no endpoint"));
	assert_int_equal(x.s.request_count, 0);
	press(&x, 's');
	assert_int_equal(x.s.requests[0].kind, REQUEST_SNAPSHOT);
	assert_string_equal(x.s.requests[0].target, "a1");
	x.f.panels[0].info.phase = TARGET_EXITED;
	press(&x, 's');
	assert_non_null(strstr(x.s.say, "ended"));
	assert_int_equal(x.s.request_count, 1);
	assert_non_null(strstr(show(&x), "exited"));
	release(&x);
}

/* Every screen, every size, every key: nothing but a sanitizer may object. */
static void any_size_draws_something(void **state)
{
	static const uint32_t keys[] = {
		PRESS_F(5), 'u',       PRESS_UP,   PRESS_LEFT,	PRESS_PGUP,
		'+',	    '-',       PRESS_HOME, PRESS_END,	PRESS_SPACE,
		'n',	    'y',       PRESS_F(6), PRESS_ENTER, PRESS_F(1),
		PRESS_PGDN, PRESS_ESC, PRESS_ESC};
	static const char ids[][TARGET_ID_MAX] = {"a1", "a2", "a3"};

	(void)state;
	for (unsigned n = 0; n < 4; n++)
		for (int rows = 0; rows < 60; rows += 1 + rows / 12)
			for (int cols = 0; cols < 210; cols += 1 + cols / 6) {
				struct fixture x;

				make(&x);
				x.f.panels[1].present = n >= 2;
				canvas_resize(&x.c, rows, cols);
				screens_start(&x.s, ids, n, true);
				show(&x);
				for (size_t k = 0;
				     k < sizeof(keys) / sizeof(*keys); k++)
					press(&x, keys[k]);
				if (rows > 0 && cols >= 8)
					assert_true(strspn(x.text, " \n") <
						    strlen(x.text));
				release(&x);
			}
}

static void clicks_find_keys_and_titles(void **state)
{
	struct press p = {.key = PRESS_CLICK, .y = 23, .x = 1};
	struct fixture x;

	(void)state;
	start_list(&x);
	screens_press(&x.s, &x.f, &p);
	assert_ptr_equal(x.s.view, view_at(IN_HELP));
	press(&x, PRESS_ESC);
	assert_ptr_equal(x.s.view, view_at(IN_LIST));
	/* The title PID ends at column 7. */
	p.y = x.s.list.title_y;
	p.x = 5;
	screens_press(&x.s, &x.f, &p);
	show(&x);
	assert_string_equal(x.f.rows[x.s.list.order[0]].info.id, "a1");
	screens_press(&x.s, &x.f, &p);
	show(&x);
	assert_string_equal(x.f.rows[x.s.list.order[0]].info.id, "a3");
	release(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_largest_is_first),
		cmocka_unit_test(the_cursor_stays_on_its_process),
		cmocka_unit_test(typing_filters_and_searches),
		cmocka_unit_test(hidden_rows_are_left_alone),
		cmocka_unit_test(a_third_target_is_in_the_list),
		cmocka_unit_test(more_than_two_take_turns),
		cmocka_unit_test(two_are_all_there_are),
		cmocka_unit_test(headers_of_two_are_whole),
		cmocka_unit_test(home_is_where_rows_begin),
		cmocka_unit_test(two_are_compared_by_tags),
		cmocka_unit_test(pausing_freezes_the_axis),
		cmocka_unit_test(a_short_history_stays_frozen),
		cmocka_unit_test(arrows_find_events),
		cmocka_unit_test(nothing_has_no_age),
		cmocka_unit_test(a_pid_is_whole),
		cmocka_unit_test(scrolling_ends_where_history_does),
		cmocka_unit_test(zooming_keeps_the_cursor_in_place),
		cmocka_unit_test(settings_are_seen_at_80x24),
		cmocka_unit_test(gcs_unfold_while_there_is_room),
		cmocka_unit_test(what_does_not_work_says_why),
		cmocka_unit_test(any_size_draws_something),
		cmocka_unit_test(clicks_find_keys_and_titles),
	};

	setlocale(LC_ALL, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
