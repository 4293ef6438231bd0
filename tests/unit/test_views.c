/* test_views.c - what keys do to the screens, on frames made by hand. */
#include "screen_fixture.h"

#include <residue/base/text.h>

static void add_row(struct frame *f, const char *id, int pid, const char *comm,
		    int64_t rss)
{
	struct list_row *r = &f->rows[f->row_count++];

	*r = (struct list_row){
		.gc_per_s = -1, .live = -1, .brief = {.step_ns = S}};
	snprintf(r->info.id, sizeof(r->info.id), "%s", id);
	snprintf(r->info.comm, sizeof(r->info.comm), "%s", comm);
	snprintf(r->info.cmdline, sizeof(r->info.cmdline), "%s", comm);
	r->info.pid = pid;
	values_set(&r->values, FIELD_RSS, rss);
}

static void add_event(struct panel *p, int64_t t_ns)
{
	p->events[p->event_count++] =
		event_make(EVENT_GC, EVENT_FROM_RUNTIME, t_ns);
}

/* Three processes in the list, a1 also as a panel with two GCs. */
static void make(struct fixture *x)
{
	struct panel *p = &x->f.panels[0];

	fixture_init(x, 24, 80);
	frame_reserve_rows(&x->f, 4);
	add_row(&x->f, "a1", 11, "orders", 300 << 20);
	add_row(&x->f, "a2", 22, "cart", 500 << 20);
	add_row(&x->f, "a3", 33, "batch", 100 << 20);
	p->present = true;
	p->info = x->f.rows[0].info;
	p->live = -1;
	p->brief.step_ns = S;
	p->gc_per_s = -1;
	p->first_ns = NOW - 1000 * S;
	p->last_ns = NOW;
	p->info.since_ns = p->first_ns;
	panel_reserve_events(p, 4);
	add_event(p, NOW - 90 * S);
	add_event(p, NOW - 30 * S);
	x->f.panels[1].info = x->f.rows[1].info;
}

/* Draw as the loop does: want, frame, screen. */
static const char *show(struct fixture *x)
{
	screens_want(&x->s, x->c.rows, x->c.cols, &x->want);
	for (unsigned i = 0; i < FRAME_PANELS; i++) {
		struct panel *p = &x->f.panels[i];
		size_t spans = (size_t)x->want.columns * x->want.field_count;

		panel_reserve_spans(p, spans + 1);
		memset(p->spans, 0, spans * sizeof(*p->spans));
	}
	if (x->want.step_ns)
		x->f.end_ns = ((x->want.end_ns ? x->want.end_ns : NOW) /
				       x->want.step_ns +
			       1) *
			      x->want.step_ns;
	if (screens_saw(&x->s, &x->f, &x->want))
		screens_want(&x->s, x->c.rows, x->c.cols, &x->want);
	for (unsigned i = 0; i < FRAME_PANELS; i++)
		panel_reserve_spans(&x->f.panels[i],
				    (size_t)x->want.columns *
					    (x->want.field_count + 1));
	return fixture_draw(x);
}

static void start_list(struct fixture *x)
{
	make(x);
	screens_start(&x->s, NULL, 0, true);
	show(x);
}

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

static void start_watch(struct fixture *x)
{
	static const char ids[][TARGET_ID_MAX] = {"a1"};

	make(x);
	screens_start(&x->s, ids, 1, false);
	x->s.request_count = 0;
	show(x);
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
	make(&x);
	canvas_resize(&x.c, 10, 40);
	screens_start(&x.s, NULL, 0, true);
	show(&x);
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
	make(&x);
	canvas_resize(&x.c, 24, 160);
	screens_start(&x.s, NULL, 0, true);
	show(&x);
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
	make(&x);
	canvas_resize(&x.c, 200, 100);
	screens_start(&x.s, NULL, 0, true);
	show(&x);
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
