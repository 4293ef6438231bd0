/* test_sites_view.c - the sites' screen, and what asks before it acts. */
#include "decode_fixture.h"
#include "screen_fixture.h"

#include "../../src/views/rates.h"
#include "../../src/views/site_detail.h"

#include <residue/model/sites.h>
#include <residue/model/top.h>

static void free_profile(void *p)
{
	profile_free(p);
}

/* A profile came, so long ago. */
static void profile_came(struct fixture *x, const char *name, int64_t ago_s)
{
	struct panel *p = &x->f.panels[0];
	struct buf b = fixture_read(name);
	struct profile *profile = fixture_decode(b.data, b.len, NULL);
	struct doc *d = doc_new(DOC_PROFILE, NOW - ago_s * S, profile,
				profile->memory, free_profile);

	buf_release(&b);
	p->trail[p->trail_count++] = site_column_new(profile, d->t_ns);
	doc_replace(&p->profile, d);
	doc_unref(d);
	p->origins[ORIGIN_PPROF].ever = true;
	p->origins[ORIGIN_PPROF].by = READ_PPROF;
	values_set(&p->values, FIELD_PPROF_INUSE,
		   profile_total(profile, "inuse_space"));
	values_set(&p->values, FIELD_PPROF_NUM_GC, 17);
}

/* On the sites of a1, opened from the watch screen. */
static void make(struct fixture *x, const char *profile)
{
	static const char ids[][TARGET_ID_MAX] = {"a1"};
	struct panel *p = &x->f.panels[0];

	fixture_init(x, 40, 160);
	p->present = true;
	snprintf(p->info.id, sizeof(p->info.id), "a1");
	snprintf(p->info.comm, sizeof(p->info.comm), "orders");
	p->info.pid = 4121;
	p->live = -1;
	if (profile)
		profile_came(x, profile, 12);
	screens_start(&x->s, ids, 1, true);
}

static const char *show(struct fixture *x)
{
	screens_want(&x->s, x->c.rows, x->c.cols, &x->want);
	panel_reserve_spans(&x->f.panels[0],
			    (size_t)x->want.columns * x->want.field_count + 1);
	memset(x->f.panels[0].spans, 0,
	       x->f.panels[0].span_room * sizeof(struct span));
	x->f.end_ns = NOW;
	return fixture_draw(x);
}

static struct top *top_of(const struct fixture *x, const char *type)
{
	const struct profile *p = x->f.panels[0].profile->data;
	struct top_options o = {.type = (unsigned)profile_find_type(p, type),
				.true_names = true};
	struct top *t;

	assert_int_equal(top_select(p, &o, &t, NULL), 0);
	return t;
}

/* Where a row's function is on the screen: its line, or NULL. */
static const char *line_of(const struct fixture *x, const char *name)
{
	const char *at = strstr(x->text, name);

	while (at && at > x->text && at[-1] != '\n')
		at--;
	return at;
}

/* Rows, order and shares are those of residue top, for each sample type. */
static void rows_are_those_of_top(void **state)
{
	static const char *const types[] = {"inuse_space", "inuse_objects",
					    "alloc_space", "alloc_objects"};
	struct fixture x;
	int shares = 0;

	(void)state;
	make(&x, "profiles/leak.rate524288.3.pb.gz");
	press(&x, 'a');
	for (unsigned i = 0; i < 4; i++) {
		struct top *t = top_of(&x, types[i]);
		const char *before = x.text;

		assert_true(t->n_rows > 3);
		for (size_t k = 0; k < t->n_rows && k < 20; k++) {
			const char *line = line_of(&x, t->rows[k].name), *at;
			char share[16];

			assert_non_null(line);
			assert_true(line > before);
			before = line;
			snprintf(share, sizeof(share), "%.2f%%",
				 100.0 * (double)t->rows[k].flat /
					 (double)t->total);
			/* From 1% to 10% there are two digits after the point.
			 */
			if (t->rows[k].flat >= t->total / 10 ||
			    t->rows[k].flat < t->total / 100)
				continue;
			at = strstr(line, share);
			assert_non_null(at);
			assert_true(at < strchr(line, '\n'));
			shares++;
		}
		top_free(t);
		press(&x, PRESS_TAB);
	}
	assert_true(shares > 3);
	release(&x);
}

/* What is too long loses its beginning, with a mark, and keeps its line. */
static void cut_names_are_marked(void **state)
{
	static const char name[] =
		"github.com/prometheus/prometheus/tsdb.(*Head).resetState";
	static const char file[] = "/src/prometheus/model/properties.go";
	struct glyphs g = glyphs_make(GLYPHS_BRAILLE, false);
	char out[SITE_TEXT_MAX];

	(void)state;
	assert_string_equal(site_name(&g, name, 56, out), name);
	assert_string_equal(site_name(&g, name, 40, out),
			    "\u2026/prometheus/tsdb.(*Head).resetState");
	assert_string_equal(site_name(&g, name, 30, out),
			    "\u2026/tsdb.(*Head).resetState");
	assert_string_equal(site_name(&g, name, 24, out),
			    "\u2026tsdb.(*Head).resetState");
	assert_string_equal(site_name(&g, name, 5, out),
			    "\u2026tsdb.(*Head).resetState");
	assert_string_equal(site_name(&g, "f[go.shape/x]", 4, out),
			    "f[go.shape/x]");
	assert_string_equal(site_name(&g, "[a/b]", 2, out), "[a/b]");
	assert_string_equal(site_place_fit(&g, file, 512, true, 60, out),
			    "/src/prometheus/model/properties.go:512");
	assert_string_equal(site_place_fit(&g, file, 512, true, 30, out),
			    "\u2026/model/properties.go:512");
	assert_string_equal(site_place_fit(&g, file, 512, false, 16, out),
			    "\u2026operties.go:512");
	assert_string_equal(site_place_fit(&g, file, 512, true, 9, out),
			    "\u2026s.go:512");
	assert_string_equal(
		site_place_fit(&g, "\u00e9\u00e9.go", 1, true, 6, out),
		"\u2026.go:1");
	assert_string_equal(site_place_fit(&g, "", 0, true, 6, out), "");
}

static void keys_sort_search_and_filter(void **state)
{
	struct fixture x;

	(void)state;
	make(&x, "profiles/prometheus.pb.gz");
	press(&x, 'a');
	/* By function, the first letters first. */
	press(&x, '>');
	while (x.s.sites.menu.open && x.s.sites.menu.at != 6)
		press(&x, PRESS_DOWN);
	press(&x, PRESS_ENTER);
	assert_true(line_of(&x, "bufio.(*Writer).Flush") <
		    line_of(&x, "gzip.NewReader"));
	press(&x, 'I');
	/* It is at the end now. */
	assert_null(line_of(&x, "bufio.(*Writer).Flush"));
	press(&x, '/');
	type(&x, "writer).flush");
	press(&x, PRESS_ENTER);
	assert_non_null(line_of(&x, "bufio.(*Writer).Flush"));
	assert_non_null(strstr(x.text, "bufio.go:"));
	press(&x, '\\');
	type(&x, "tsdb");
	press(&x, PRESS_ENTER);
	assert_null(line_of(&x, "bufio.(*Writer).Flush"));
	assert_non_null(strstr(x.text, "filter \"tsdb\""));
	press(&x, PRESS_ESC);
	assert_ptr_equal(x.s.view, view_at(IN_SITES));
	press(&x, PRESS_HOME);
	press(&x, PRESS_ESC);
	assert_ptr_equal(x.s.view, view_at(IN_WATCH));
	release(&x);
}

/* While it is paused, a newer profile waits. */
static void pausing_keeps_the_profile(void **state)
{
	struct fixture x;

	(void)state;
	make(&x, "profiles/leak.rate524288.1.pb.gz");
	press(&x, 'a');
	press(&x, PRESS_SPACE);
	profile_came(&x, "profiles/nats.pb.gz", 1);
	show(&x);
	assert_non_null(strstr(x.text, "paused"));
	assert_non_null(strstr(x.text, "profile 12 s old"));
	press(&x, PRESS_SPACE);
	assert_non_null(strstr(x.text, "profile 1.0 s old"));
	assert_non_null(strstr(x.text, "nats-server"));
	release(&x);
}

static void a_site_in_full(void **state)
{
	struct fixture x;

	(void)state;
	make(&x, "profiles/leak.rate524288.1.pb.gz");
	profile_came(&x, "profiles/leak.rate524288.2.pb.gz", 8);
	profile_came(&x, "profiles/leak.rate524288.3.pb.gz", 1);
	press(&x, 'a');
	press(&x, PRESS_ENTER);
	assert_non_null(strstr(x.text, "3 profiles in 12 s"));
	assert_non_null(strstr(x.text, "THROUGH CALLER"));
	assert_non_null(strstr(x.text, "sampled, within"));
	press(&x, PRESS_ESC);
	assert_null(strstr(x.text, "THROUGH CALLER"));
	assert_ptr_equal(x.s.view, view_at(IN_SITES));
	release(&x);
}

static void what_is_missing_is_said(void **state)
{
	struct fixture x;
	struct panel *p = &x.f.panels[0];

	(void)state;
	make(&x, NULL);
	press(&x, 'a');
	assert_non_null(strstr(x.text, "no endpoint is known"));
	snprintf(p->info.listens, sizeof(p->info.listens), "127.0.0.1:6060");
	assert_non_null(strstr(show(&x), "listens on 127.0.0.1:6060; e asks"));
	p->info.read = READ_AGENTLESS;
	assert_non_null(strstr(show(&x), "p fetches one"));
	err_set(&p->origins[ORIGIN_PPROF].fail, ERR_UNSUPPORTED,
		"the program has no heap profiler linked in");
	assert_non_null(strstr(show(&x), "no heap profiler linked in"));
	press(&x, PRESS_ENTER);
	assert_non_null(strstr(x.text, "there is no profile"));
	release(&x);
}

static void before_the_first_gc_it_says_so(void **state)
{
	struct fixture x;

	(void)state;
	make(&x, "profiles/leak.rate524288.1.pb.gz");
	values_set(&x.f.panels[0].values, FIELD_PPROF_NUM_GC, 0);
	press(&x, 'a');
	assert_non_null(strstr(x.text, "before the first GC"));
	assert_non_null(strstr(x.text, "No GC had ended"));
	release(&x);
}

static unsigned gc_requests(const struct fixture *x)
{
	unsigned n = 0;

	for (unsigned i = 0; i < x->s.request_count; i++)
		n += x->s.requests[i].kind == REQUEST_GC;
	return n;
}

static void a_gc_is_forced_only_after_a_yes(void **state)
{
	struct fixture x;
	struct panel *p = &x.f.panels[0];

	(void)state;
	make(&x, NULL);
	press(&x, 'g');
	assert_non_null(strstr(x.text, "socket that can be seen"));
	snprintf(p->info.listens, sizeof(p->info.listens), "127.0.0.1:6060");
	canvas_resize(&x.c, 24, 80);
	press(&x, 'g');
	assert_non_null(strstr(x.text, "none is known: e looks for one"));
	canvas_resize(&x.c, 40, 160);
	snprintf(p->info.endpoint, sizeof(p->info.endpoint),
		 "http://127.0.0.1:6060");
	values_set(&p->values, FIELD_HEAP_OBJECTS, 1600000);
	press(&x, 'g');
	assert_non_null(strstr(x.text, "32.0 ms of its CPU"));
	assert_non_null(strstr(x.text, "orders (pid 4121)"));
	press(&x, 'n');
	press(&x, 'g');
	press(&x, PRESS_ESC);
	press(&x, 'g');
	press(&x, PRESS_ENTER); /* not a yes */
	assert_int_equal(gc_requests(&x), 0);
	assert_ptr_equal(x.s.view, view_at(IN_WATCH));
	press(&x, 'g');
	press(&x, 'y');
	assert_int_equal(gc_requests(&x), 1);
	x.s.request_count = 0;
	press(&x, 'g');
	press(&x, '2');
	assert_int_equal(gc_requests(&x), 1);
	assert_string_equal(x.s.requests[0].text, "2");
	press(&x, 'g');
	press(&x, 'q');
	assert_true(x.s.quit);
	release(&x);
}

static void a_probe_says_what_it_sends(void **state)
{
	struct fixture x;
	struct panel *p = &x.f.panels[0];

	(void)state;
	make(&x, NULL);
	press(&x, 'e');
	assert_non_null(strstr(x.text, "listens on no socket"));
	snprintf(p->info.listens, sizeof(p->info.listens), "127.0.0.1:6060");
	x.s.request_count = 0;
	press(&x, 'e');
	assert_non_null(strstr(x.text, "GET /debug/pprof/ goes to each"));
	press(&x, '2'); /* no answer to this */
	assert_int_equal(x.s.request_count, 0);
	press(&x, 'e');
	press(&x, 'y');
	assert_int_equal(x.s.request_count, 1);
	assert_int_equal(x.s.requests[0].kind, REQUEST_PROBE);
	release(&x);
}

/* Each goes back to where it was opened, through all of them. */
static void screens_go_back_as_they_came(void **state)
{
	struct fixture x;

	(void)state;
	make(&x, "profiles/nats.pb.gz");
	press(&x, 'a');
	press(&x, 'L');
	assert_ptr_equal(x.s.view, view_at(IN_LOG));
	press(&x, PRESS_F(1));
	assert_ptr_equal(x.s.view, view_at(IN_HELP));
	press(&x, PRESS_ESC);
	assert_ptr_equal(x.s.view, view_at(IN_LOG));
	press(&x, PRESS_ESC);
	assert_ptr_equal(x.s.view, view_at(IN_SITES));
	press(&x, PRESS_ESC);
	assert_ptr_equal(x.s.view, view_at(IN_WATCH));
	release(&x);
}

static void costs(const struct values *v, enum cost_words words,
		  const char *text)
{
	char out[COST_MAX];

	assert_string_equal(cost_text(v, words, out), text);
}

/* What profiles cost, in as many words as there is room for. */
static void the_cost_has_three_lengths(void **state)
{
	struct values v = {0};
	char out[COST_MAX];

	(void)state;
	costs(&v, COST_ALL, "");
	values_set(&v, FIELD_PPROF_CPU, 12400000);
	values_set(&v, FIELD_PPROF_GARBAGE, 4 << 20);
	/* Its memory is read: one was fetched because a key asked for it. */
	costs(&v, COST_ALL, "");
	values_set(&v, FIELD_PPROF_EVERY, 40 * S);
	costs(&v, COST_LEAST, "12.4 ms CPU, 4.00 MiB each, every 40 s");
	values_set(&v, FIELD_PPROF_CPU_SHARE, 1400);
	values_set(&v, FIELD_PPROF_GARBAGE_SHARE, 9600);
	costs(&v, COST_ALL,
	      "12.4 ms CPU, 4.00 MiB each, every 40 s: 0.1% of its CPU, 1.0% "
	      "of its allocations");
	costs(&v, COST_SHARES, "0.1% of its CPU, 1.0% of allocations");
	/* The larger one is what the budget is about. */
	costs(&v, COST_LEAST, "1.0% of allocations");
	values_set(&v, FIELD_PPROF_CPU_SHARE, 123456);
	costs(&v, COST_LEAST, "12% of its CPU");
	assert_string_equal(cost_fit(&v, 14, out), "12% of its CPU");
	assert_string_equal(cost_fit(&v, 13, out), "");
	assert_string_equal(cost_fit(&v, 70, out),
			    "12% of its CPU, 1.0% of allocations");
	values_unset(&v, FIELD_PPROF_EVERY);
	costs(&v, COST_LEAST, "on p only");
	costs(&v, COST_SHARES, "12.4 ms CPU, 4.00 MiB each, on p only");
	costs(&v, COST_ALL,
	      "12.4 ms CPU, 4.00 MiB each, on p only: above 1% of what it "
	      "uses");
}

/* It stands on screens of any usual size, beside what else there is to say. */
static void the_cost_is_shown(void **state)
{
	struct fixture x;
	struct values *v;

	(void)state;
	make(&x, "profiles/leak.rate1.3.pb.gz");
	v = &x.f.panels[0].values;
	canvas_resize(&x.c, 24, 80);
	press(&x, 'a');
	assert_non_null(
		strstr(x.text, " under 0.5%, as in go tool pprof -top"));
	assert_null(strstr(x.text, "cost: "));
	values_set(v, FIELD_PPROF_EVERY, 40 * S);
	values_set(v, FIELD_PPROF_CPU_SHARE, 8700);
	values_set(v, FIELD_PPROF_GARBAGE_SHARE, 3400);
	show(&x);
	assert_non_null(strstr(x.text, " under 0.5% "));
	assert_non_null(strstr(
		x.text, "cost: 0.9% of its CPU, 0.3% of allocations \n"));
	type(&x, "\\main\n");
	assert_non_null(strstr(x.text, "cost: 0.9% of its CPU \n"));
	release(&x);
}

static void any_size_draws_something(void **state)
{
	struct fixture x;

	(void)state;
	make(&x, "profiles/prometheus.pb.gz");
	press(&x, 'a');
	for (int rows = 1; rows < 40; rows++)
		for (int cols = 1; cols < 170; cols += cols < 80 ? 1 : 7) {
			canvas_resize(&x.c, rows, cols);
			show(&x);
			press(&x, PRESS_ENTER);
			press(&x, PRESS_ENTER);
			press(&x, 'g');
			press(&x, 'n');
		}
	release(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_those_of_top),
		cmocka_unit_test(cut_names_are_marked),
		cmocka_unit_test(keys_sort_search_and_filter),
		cmocka_unit_test(pausing_keeps_the_profile),
		cmocka_unit_test(a_site_in_full),
		cmocka_unit_test(what_is_missing_is_said),
		cmocka_unit_test(before_the_first_gc_it_says_so),
		cmocka_unit_test(a_gc_is_forced_only_after_a_yes),
		cmocka_unit_test(a_probe_says_what_it_sends),
		cmocka_unit_test(screens_go_back_as_they_came),
		cmocka_unit_test(the_cost_has_three_lengths),
		cmocka_unit_test(the_cost_is_shown),
		cmocka_unit_test(any_size_draws_something),
	};

	setlocale(LC_ALL, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
