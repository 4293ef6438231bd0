/*
 * test_extremes.c - figures that no process has: a target may say anything from
 * -2^63 to 2^63 - 1, and every screen of it is drawn and every key answered.
 * What overflows is seen under the sanitizers, what hangs is ended by cmocka-tap.
 */
#include "decode_fixture.h"
#include "screen_fixture.h"

#include <residue/base/units.h>
#include <residue/decode/encode.h>
#include <residue/model/sites.h>

#include <stdlib.h>

/* What a figure is, by its number. */
static int64_t (*figure_of)(unsigned n);
static unsigned figures, made;
static bool just_begun; /* two columns of the graphs are all there is */

static int64_t figure(void)
{
	return figure_of(figures++);
}

static int64_t zero(unsigned n)
{
	(void)n;
	return 0;
}

static int64_t largest(unsigned n)
{
	(void)n;
	return INT64_MAX;
}

static int64_t least(unsigned n)
{
	(void)n;
	return INT64_MIN;
}

static int64_t quarter(unsigned n)
{
	(void)n;
	return INT64_C(1) << 62;
}

/* The largest that the judge still breaks down. */
static int64_t judged(unsigned n)
{
	(void)n;
	return INT64_C(1) << 56;
}

static int64_t mixed(unsigned n)
{
	static const int64_t edges[] = {0,
					1,
					-1,
					4096,
					INT64_C(1) << 32,
					INT64_C(1) << 52,
					INT64_C(1) << 56,
					INT64_C(1) << 62,
					-(INT64_C(1) << 62),
					INT64_MAX - 1,
					INT64_MAX,
					INT64_MIN,
					INT64_MIN + 1};

	(void)n;
	return edges[(size_t)rand() % (sizeof(edges) / sizeof(*edges))];
}

/* All of it can be broken down, into parts that differ. */
static int64_t large(unsigned n)
{
	(void)n;
	return rand() % 4 ? INT64_C(1) << 56 >> rand() % 32 : 0;
}

static int64_t all_or_nothing(unsigned n)
{
	return rand() % 2 ? judged(n) : 0;
}

/* Mostly that, so that there are parts beside what is too large. */
static int64_t seldom(unsigned n)
{
	return rand() % 16 ? large(n) : mixed(n);
}

static void fill_values(struct values *v)
{
	for (unsigned f = 0; f < FIELD_COUNT; f++)
		values_set(v, (enum field)f, figure());
}

static void fill_origins(struct origin_state *o)
{
	for (unsigned i = 0; i < ORIGIN_COUNT; i++) {
		o[i].ever = true;
		o[i].end_ns = NOW - i * S;
	}
}

static void fill_brief(struct brief *b)
{
	b->step_ns = S;
	b->end_step = NOW / S;
	for (unsigned i = 0; i < BRIEF_SAMPLES; i++) {
		b->rss[i] = (uint32_t)figure();
		b->heap[i] = (uint32_t)(figure() >> 12);
	}
}

static void fill_row(struct frame *f, const char *id)
{
	struct list_row *r = &f->rows[f->row_count++];

	*r = (struct list_row){.gc_per_s = -1, .live = figure()};
	snprintf(r->info.id, sizeof(r->info.id), "%s", id);
	snprintf(r->info.comm, sizeof(r->info.comm), "odd");
	snprintf(r->info.endpoint, sizeof(r->info.endpoint), "http://odd:1");
	r->info.pid = 10 + (int)f->row_count;
	r->info.read = READ_EXPVAR;
	fill_values(&r->values);
	fill_origins(r->origins);
	fill_brief(&r->brief);
}

static void fill_events(struct panel *p)
{
	panel_reserve_events(p, 16);
	for (unsigned i = 0; i < 16; i++) {
		struct event *ev = &p->events[p->event_count++];

		*ev = event_make(i % 6 ? EVENT_GC : EVENT_SCAVENGE,
				 EVENT_FROM_RUNTIME,
				 i % 3 < 2 ? NOW - (20 - i) * S : figure());
		ev->num_gc = i < 12 ? i : figure();
		ev->bytes = figure();
		ev->pause_ns = figure();
	}
}

static void free_profile(void *p)
{
	profile_free(p);
}

/* A profile of three sites, as if it came so long ago. */
static void fill_profile(struct panel *p, int64_t ago_s)
{
	static const char text[] = "\0main.a\0/a.go\0main.b\0main.c";
	static const struct encode_frame frames[] = {
		{.address = 16, .function = 1, .file = 8, .line = 3},
		{.address = 32, .function = 14, .file = 8, .line = 7},
		{.address = 48, .function = 21}};
	static const uint32_t stacks[] = {0, 1, 1, 2};
	struct encode_site sites[] = {{.stack = 0, .depth = 2},
				      {.stack = 2, .depth = 2},
				      {.stack = 3, .depth = 1}};
	const struct encode_input in = {.period = 524288,
					.binary = "",
					.text = text,
					.frames = frames,
					.n_frames = 3,
					.stacks = stacks,
					.sites = sites,
					.n_sites = 3};
	struct profile *profile;
	struct buf b;
	struct doc *d;

	for (unsigned i = 0; i < 3; i++) {
		sites[i].inuse_space = figure();
		sites[i].inuse_objects = figure();
		sites[i].alloc_space = figure();
		sites[i].alloc_objects = figure();
	}
	buf_init(&b, 1 << 20);
	assert_int_equal(profile_encode(&in, &b, NULL), 0);
	profile = fixture_decode(b.data, b.len, NULL);
	buf_release(&b);
	d = doc_new(DOC_PROFILE, NOW - ago_s * S, profile, profile->memory,
		    free_profile);
	p->trail[p->trail_count++] = site_column_new(profile, d->t_ns);
	doc_replace(&p->profile, d);
	doc_unref(d);
}

static void fill_panel(struct frame *f, unsigned i)
{
	struct panel *p = &f->panels[i];

	p->present = true;
	p->info = f->rows[i].info;
	p->gc_per_s = -1;
	p->live = figure();
	p->first_ns = p->info.since_ns = NOW - 100 * S;
	p->last_ns = NOW;
	p->cursor_known = true;
	p->cursor.t_ns = p->cursor.wall_ns = NOW - 5 * S;
	fill_values(&p->values);
	fill_values(&p->cursor.values);
	fill_origins(p->origins);
	fill_brief(&p->brief);
	fill_events(p);
	for (int64_t ago = 90; ago > 0; ago -= 30)
		fill_profile(p, ago);
}

static void make(struct fixture *x, int rows, int cols)
{
	srand(++made);
	fixture_init(x, rows, cols);
	frame_reserve_rows(&x->f, 4);
	fill_row(&x->f, "a1");
	fill_row(&x->f, "a2");
	fill_row(&x->f, "a3");
	fill_panel(&x->f, 0);
	fill_panel(&x->f, 1);
	x->f.wall_offset_ns = 3 * S;
	x->f.mem_total = figure();
	x->f.mem_available = figure();
	screens_start(&x->s, NULL, 0, true);
}

static void fill_spans(struct panel *p, size_t n)
{
	panel_reserve_spans(p, n + 1);
	for (size_t i = 0; i < n; i++) {
		struct span *span = &p->spans[i];

		*span = (struct span){
			.known = i % 5 != 3, .max = figure(), .last = figure()};
		span->min = span->max;
	}
}

/* As if it had begun a column ago: from nothing to all there is. */
static void fill_last_two(struct panel *p, size_t n, size_t columns)
{
	memset(p->spans, 0, n * sizeof(*p->spans));
	for (size_t i = columns; i > 0 && i <= n; i += columns) {
		p->spans[i - 2].known = true;
		p->spans[i - 1] = (struct span){
			.known = true, .max = INT64_MAX, .last = INT64_MAX};
	}
}

static const char *show(struct fixture *x)
{
	screens_want(&x->s, x->c.rows, x->c.cols, &x->want);
	x->f.end_ns =
		((x->want.end_ns ? x->want.end_ns : NOW) / x->want.step_ns +
		 1) *
		x->want.step_ns;
	if (screens_saw(&x->s, &x->f, &x->want))
		screens_want(&x->s, x->c.rows, x->c.cols, &x->want);
	for (unsigned i = 0; i < FRAME_PANELS; i++) {
		struct panel *p = &x->f.panels[i];
		size_t n = (size_t)x->want.columns * x->want.field_count;

		fill_spans(p, n);
		if (just_begun)
			fill_last_two(p, n, x->want.columns);
	}
	return fixture_draw(x);
}

static void press_all(struct fixture *x, const uint32_t *keys)
{
	for (; *keys; keys++)
		press(x, *keys);
}

/* Every figure of the axis: classes, cursor, zoom, scales, pause. */
static const uint32_t on_axis[] = {
	PRESS_F(5),  PRESS_LEFT, PRESS_LEFT,  PRESS_UP,	 PRESS_UP,  PRESS_DOWN,
	PRESS_DOWN,  '+',	 '+',	      '-',	 '-',	    '-',
	'u',	     PRESS_HOME, PRESS_END,   PRESS_UP,	 PRESS_ESC, PRESS_SPACE,
	PRESS_SPACE, PRESS_PGUP, PRESS_RIGHT, PRESS_END, 'y',	    0};

/* By every column of a table. */
static void sort_by_all(struct fixture *x, unsigned columns)
{
	for (unsigned i = 0; i < columns; i++) {
		press(x, PRESS_F(6));
		x->s.list.menu.at = x->s.sites.menu.at = i;
		press(x, PRESS_ENTER);
	}
}

static void press_through(struct fixture *x)
{
	static const uint32_t sites[] = {PRESS_ENTER,
					 PRESS_TAB,
					 PRESS_ENTER,
					 PRESS_TAB,
					 PRESS_DOWN,
					 PRESS_ENTER,
					 PRESS_SPACE,
					 PRESS_SPACE,
					 PRESS_TAB,
					 'I',
					 0};

	sort_by_all(x, 14);
	press(x, PRESS_ENTER);
	assert_ptr_equal(x->s.view, view_at(IN_WATCH));
	press_all(x, on_axis);
	type(x, "gn");
	press(x, 'a');
	assert_ptr_equal(x->s.view, view_at(IN_SITES));
	sort_by_all(x, 8);
	press_all(x, sites);
	type(x, "\\main\n");
	screens_go(&x->s, IN_COMPARE);
	press_all(x, on_axis);
	press(x, PRESS_TAB);
}

static void all_are_drawn(int64_t (*of)(unsigned n))
{
	static const int sizes[][2] = {{1, 60},	 {6, 30},   {10, 40},
				       {24, 80}, {36, 120}, {50, 200}};

	figure_of = of;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		struct fixture x;

		make(&x, sizes[i][0], sizes[i][1]);
		memcpy(x.s.target[0], "a1", 3);
		memcpy(x.s.target[1], "a2", 3);
		show(&x);
		press_through(&x);
		assert_true(strspn(x.text, " \n") < strlen(x.text));
		press(&x, 'q');
		assert_true(x.s.quit);
		release(&x);
	}
}

static void nothing_at_all(void **state)
{
	(void)state;
	all_are_drawn(zero);
}

static void the_largest_there_is(void **state)
{
	(void)state;
	all_are_drawn(largest);
}

static void the_least_there_is(void **state)
{
	(void)state;
	all_are_drawn(least);
}

static void sums_that_do_not_fit(void **state)
{
	(void)state;
	all_are_drawn(quarter);
	all_are_drawn(judged);
}

static void any_mixture(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 12; i++) {
		all_are_drawn(mixed);
		all_are_drawn(large);
		all_are_drawn(all_or_nothing);
		all_are_drawn(seldom);
	}
}

/* From nothing to all there is within a tenth of a second: too large a rate to
 * be told. */
static void a_rate_beyond_all(void **state)
{
	struct fixture x;

	(void)state;
	figure_of = zero;
	just_begun = true;
	make(&x, 50, 200);
	show(&x);
	press(&x, PRESS_ENTER);
	for (unsigned i = 0; i < 4; i++) {
		show(&x);
		assert_null(strstr(x.text, "allocates -"));
		press(&x, '+');
	}
	just_begun = false;
	release(&x);
}

/* Cut at a column's width, 9223372T would be nine million. */
static void counts_have_units(void **state)
{
	char text[UNITS_MAX];

	(void)state;
	assert_string_equal(units_count(text, INT64_MAX), "9.22E");
	assert_string_equal(units_count(text, INT64_MIN), "-9.22E");
	assert_string_equal(units_count(text, INT64_C(4000000000000000)),
			    "4.00P");
}

/* The list's rows from `from` on: nothing but so much of that figure. */
static void only(struct frame *f, unsigned from, enum field field, int64_t v)
{
	for (unsigned i = from; i < f->row_count; i++) {
		struct values *values = &f->rows[i].values;

		for (unsigned n = 0; n < FIELD_COUNT; n++)
			values_set(values, (enum field)n, 0);
		values_set(values, FIELD_NUM_GC, 1);
		values_set(values, FIELD_RSS, v);
		values_set(values, FIELD_RSS_ANON, v);
		values_set(values, field, v);
		f->rows[i].live = v;
	}
}

/* Cells of the bar of the machine's memory that are Go's. */
static int bar_cells(const struct fixture *x)
{
	int n = 0;

	for (int i = x->c.cols; i < 2 * x->c.cols; i++)
		n += (x->c.cells[i].pen.attrs & STYLE_REVERSE) != 0;
	return n;
}

/* What one process may have, hundreds of them may not. */
static void sums_of_many(void **state)
{
	static const enum field fields[] = {FIELD_HEAP_ALLOC, FIELD_HEAP_IDLE,
					    FIELD_RSS_ANON, FIELD_RSS};
	struct fixture x;
	char id[16];

	(void)state;
	figure_of = zero;
	make(&x, 24, 80);
	x.f.mem_total = 1;
	frame_reserve_rows(&x.f, 1000);
	for (unsigned i = 0; i < 4; i++) {
		unsigned from = x.f.row_count;

		while (x.f.row_count < from + (i < 3 ? 200 : 2)) {
			snprintf(id, sizeof(id), "b%u", x.f.row_count);
			fill_row(&x.f, id);
		}
		only(&x.f, from, fields[i],
		     i < 3 ? INT64_C(1) << 56 : INT64_MIN);
		show(&x);
		assert_non_null(strstr(x.text, i < 3 ? "RES 8.00 EiB"
						     : "RES -8.00 EiB"));
		/* Go's part of the machine's memory: all, or nothing. */
		assert_true(i < 3 ? bar_cells(&x) > 40 : bar_cells(&x) == 1);
	}
	release(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_at_all),
		cmocka_unit_test(the_largest_there_is),
		cmocka_unit_test(the_least_there_is),
		cmocka_unit_test(sums_that_do_not_fit),
		cmocka_unit_test(any_mixture),
		cmocka_unit_test(counts_have_units),
		cmocka_unit_test(a_rate_beyond_all),
		cmocka_unit_test(sums_of_many),
	};

	setlocale(LC_ALL, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
