/* test_sites.c - sites over time, and one of them in full. */
#include <residue/model/sites.h>
#include <residue/model/state.h>
#include <residue/model/top.h>

#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decode_fixture.h"

#define S INT64_C(1000000000)

static struct profile *load(const char *name)
{
	char path[128];
	struct profile *p;
	struct buf b;

	snprintf(path, sizeof(path), "profiles/%s", name);
	b = fixture_read(path);
	p = fixture_decode(b.data, b.len, NULL);
	buf_release(&b);
	return p;
}

static struct top *rows_of(const struct profile *p, const char *type)
{
	struct top_options o = {.type = (unsigned)profile_find_type(p, type),
				.true_names = true};
	struct err err = ERR_INIT;
	struct top *t;

	if (top_select(p, &o, &t, &err))
		fail_msg("%s", err.msg);
	return t;
}

/* A column holds what top shows, of every site that is kept. */
static void column_is_top(const char *name)
{
	struct profile *p = load(name);
	struct top *t = rows_of(p, "inuse_space");
	struct doc *d = site_column_new(p, 5 * S);
	const struct site_column *c = d->data;
	int64_t least = INT64_MAX;

	assert_int_equal(d->kind, DOC_SITES);
	assert_int_equal(d->t_ns, 5 * S);
	assert_true(c->n <= SITES_KEPT);
	for (size_t i = 0; i < c->n; i++)
		if (c->site[i].bytes < least)
			least = c->site[i].bytes;
	for (size_t i = 0; i < t->n_rows; i++) {
		uint64_t key = site_key(t->rows[i].name);
		int64_t kept = site_column_get(c, key);

		if (kept >= 0)
			assert_int_equal(kept, t->rows[i].flat);
		else
			assert_true(c->cut && t->rows[i].flat <= least);
	}
	assert_int_equal(site_column_get(c, site_key("no.such")),
			 c->cut ? -1 : 0);
	doc_unref(d);
	top_free(t);
	profile_free(p);
}

static void columns(void **state)
{
	(void)state;
	column_is_top("prometheus.pb.gz");
	column_is_top("leak.rate524288.1.pb.gz");
	column_is_top("s5k.pb.gz");
	column_is_top("caddy.pb.gz");
}

static struct doc *empty_column(int64_t t_ns)
{
	return doc_new(DOC_SITES, t_ns, calloc(1, sizeof(struct site_column)),
		       sizeof(struct site_column), free);
}

static void trail_keeps_the_newest(void **state)
{
	struct site_trail t = {.first = 0};
	struct doc *oldest;

	(void)state;
	for (int i = 0; i < SITES_COLUMNS; i++)
		assert_null(site_trail_push(&t, empty_column(i)));
	for (int i = 0; i < 3; i++) {
		oldest = site_trail_push(&t, empty_column(1000 + i));
		assert_int_equal(oldest->t_ns, i);
		doc_unref(oldest);
	}
	assert_int_equal(t.count, SITES_COLUMNS);
	assert_int_equal(site_trail_at(&t, 0)->t_ns, 3);
	assert_int_equal(site_trail_at(&t, SITES_COLUMNS - 1)->t_ns, 1002);
	site_trail_clear(&t);
	assert_int_equal(t.count, 0);
}

static void tell(struct state *s, int64_t t_ns)
{
	struct reading r = {.origin = ORIGIN_PPROF,
			    .by = READ_PPROF,
			    .begin_ns = t_ns,
			    .end_ns = t_ns,
			    .docs = {NULL, NULL, empty_column(t_ns)}};

	state_reading(s, &r);
	for (unsigned i = 0; i < READING_DOCS; i++)
		doc_unref(r.docs[i]);
}

/* What came before it was opened is the first; a new program has none. */
static void a_state_keeps_a_trail(void **ctx)
{
	const struct target_info info = {.kind = TARGET_PROCESS, .pid = 1};
	struct state_room room;
	struct state s;

	(void)ctx;
	state_init(&s, &info, false);
	tell(&s, 1 * S);
	tell(&s, 2 * S);
	assert_null(s.trail);
	state_room_new(&room);
	state_open(&s, &room);
	state_room_free(&room);
	assert_int_equal(s.trail->count, 1);
	assert_int_equal(site_trail_at(s.trail, 0)->t_ns, 2 * S);
	for (int i = 3; i < SITES_COLUMNS + 10; i++)
		tell(&s, i * S);
	assert_int_equal(s.trail->count, SITES_COLUMNS);
	assert_int_equal(site_trail_at(s.trail, SITES_COLUMNS - 1)->t_ns,
			 (SITES_COLUMNS + 9) * S);
	state_exec(&s);
	assert_int_equal(s.trail->count, 0);
	assert_null(s.docs[DOC_SITES]);
	state_release(&s);
}

/* Of every row of top: flat and cum are top's, the lines' flat sum to it, and
 * no line and no caller has more than all of it. */
static void detail_is_top(const struct profile *p, const char *type)
{
	struct top *t = rows_of(p, type);

	for (size_t i = 0; i < t->n_rows; i++) {
		const struct top_row *r = &t->rows[i];
		struct site_detail d;
		struct err err = ERR_INIT;
		int64_t flat = 0;

		if (site_detail_make(p, (unsigned)profile_find_type(p, type),
				     site_key(r->name), &d, &err))
			fail_msg("%s: %s", r->name, err.msg);
		assert_int_equal(d.flat, r->flat);
		assert_int_equal(d.cum, r->cum);
		assert_true(d.line_count > 0);
		for (unsigned k = 0; k < d.line_count; k++) {
			flat += d.line[k].flat;
			assert_true(d.line[k].cum <= d.cum);
			assert_true(k == 0 ||
				    d.line[k].cum <= d.line[k - 1].cum);
		}
		if (!d.more_lines)
			assert_int_equal(flat, r->flat);
		for (unsigned k = 0; k < d.caller_count; k++)
			assert_true(d.caller[k].bytes <= d.cum);
	}
	top_free(t);
}

static void details(void **state)
{
	static const char *const names[] = {"prometheus.pb.gz",
					    "leak.rate524288.3.pb.gz",
					    "syncthing.pb.gz", "nats.pb.gz"};

	(void)state;
	for (unsigned i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct profile *p = load(names[i]);

		detail_is_top(p, "inuse_space");
		detail_is_top(p, "alloc_objects");
		profile_free(p);
	}
}

/* The noise of all sites together is the profile's. */
static void noise(void **state)
{
	struct profile *p = load("prometheus.pb.gz");
	unsigned type = (unsigned)profile_find_type(p, "inuse_space");
	double squares = 0, whole = (double)profile_error_bytes(p);
	struct site_detail d;

	(void)state;
	assert_true(whole > 0);
	for (size_t i = 0; i < p->n_rows; i++) {
		assert_int_equal(site_detail_make(p, type,
						  site_key(p->rows[i].name), &d,
						  NULL),
				 0);
		squares += (double)d.error * (double)d.error;
	}
	assert_true(squares > whole * whole * 0.99 &&
		    squares < whole * whole * 1.01);
	assert_int_equal(
		site_detail_make(p, 0, site_key(p->rows[0].name), &d, NULL), 0);
	assert_int_equal(d.error, -1); /* of another type */
	profile_free(p);
}

static void no_such_site(void **state)
{
	struct profile *p = load("nats.pb.gz");
	struct site_detail d;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(site_detail_make(p, 0, site_key("no.such"), &d, &err),
			 -1);
	assert_int_equal(err.code, ERR_GONE);
	profile_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns),
		cmocka_unit_test(trail_keeps_the_newest),
		cmocka_unit_test(a_state_keeps_a_trail),
		cmocka_unit_test(details),
		cmocka_unit_test(noise),
		cmocka_unit_test(no_such_site),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
