/* test_history.c - rows survive sealing, and graphs draw what was appended. */
#include <residue/model/history.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SEC 1000000000LL

/* A row whose every figure is a function of its number. */
static struct row row_number(int64_t i, int64_t step_ns)
{
	struct row r;

	memset(&r, 0, sizeof(r));
	r.t_ns = 1000 * SEC + i * step_ns;
	r.wall_ns = r.t_ns + 77 * SEC;
	r.age_ms[ORIGIN_PPROF] = (int32_t)(i % 15000) - 1;
	values_set(&r.values, FIELD_RSS, (100 << 20) + (i % 1000) * 8192);
	values_set(&r.values, FIELD_NUM_GC, i / 7);
	if (i % 3)
		values_set(&r.values, FIELD_HEAP_ALLOC, i * 4096);
	if (i % 100 == 5)
		values_set(&r.values, FIELD_RESIDUE, INT64_MIN + i);
	return r;
}

static void append(struct history *h, const struct row *row)
{
	static struct row rows[BLOCK_ROWS];
	struct block *dead[4];

	history_append(h, row);
	if (history_seal_take(h, rows)) {
		unsigned n = history_seal_put(h, block_seal(rows, BLOCK_ROWS),
					      dead, 4);

		while (n)
			block_unref(dead[--n]);
	}
}

static void test_block_keeps_every_figure(void **unused)
{
	static struct row rows[BLOCK_ROWS], back[BLOCK_ROWS];
	struct block *b;

	(void)unused;
	for (unsigned i = 0; i < BLOCK_ROWS; i++)
		rows[i] = row_number(i, SEC);
	b = block_seal(rows, BLOCK_ROWS);
	assert_int_equal(block_open(b, back), BLOCK_ROWS);
	assert_memory_equal(rows, back, sizeof(rows));
	assert_int_equal(block_last_ns(b), rows[BLOCK_ROWS - 1].t_ns);
	block_unref(b);
}

struct counting {
	int64_t next;
	int64_t step_ns;
};

static void expect_next(void *ctx, const struct row *row)
{
	struct counting *c = ctx;
	struct row want = row_number(c->next++, c->step_ns);

	assert_memory_equal(row, &want, sizeof(want));
}

static void test_rows_come_back_in_order(void **unused)
{
	struct history *h = history_new();
	struct history_cut *cut = history_cut_new();
	struct counting c = {0, SEC};

	(void)unused;
	for (int64_t i = 0; i < 5000; i++) {
		struct row r = row_number(i, SEC);

		append(h, &r);
	}
	history_cut_reserve(cut, 0, TAIL_ROWS);
	history_cut_rows(h, 0, INT64_MAX, cut);
	history_each_row(cut, expect_next, &c);
	assert_int_equal(c.next, 5000);

	c.next = 1500; /* within a block, to within the tail */
	history_cut_rows(h, 2500 * SEC, 5500 * SEC, cut);
	history_each_row(cut, expect_next, &c);
	assert_int_equal(c.next, 4501);
	history_cut_free(cut);
	history_free(h);
}

static void test_time_never_goes_back(void **unused)
{
	struct history *h = history_new();
	struct row late = row_number(5, SEC), early = row_number(4, SEC);

	(void)unused;
	history_append(h, &late);
	history_append(h, &early);
	assert_int_equal(history_last(h)->t_ns, late.t_ns);
	history_free(h);
}

/* min, max and last of what was appended, computed the slow way. */
static struct span slow_span(enum field f, int64_t from, int64_t to,
			     int64_t rows)
{
	struct span s = {0};

	for (int64_t i = 0; i < rows; i++) {
		struct row r = row_number(i, SEC);

		if (r.t_ns < from || r.t_ns >= to || !values_has(&r.values, f))
			continue;
		if (!s.known)
			s = (struct span){true, r.values.v[f], r.values.v[f],
					  0};
		s.min = r.values.v[f] < s.min ? r.values.v[f] : s.min;
		s.max = r.values.v[f] > s.max ? r.values.v[f] : s.max;
		s.last = r.values.v[f];
	}
	return s;
}

static void check_zoom(struct history *h, int64_t step, int64_t rows)
{
	enum field fields[] = {FIELD_RSS, FIELD_HEAP_ALLOC, FIELD_NUM_GC};
	struct history_cut *cut = history_cut_new();
	struct history_query q = {.step_ns = step,
				  .columns = 50,
				  .fields = fields,
				  .field_count = 3};
	struct span out[150];
	int64_t last = row_number(rows - 1, SEC).t_ns;

	q.end_ns = (last / step + 1) * step;
	history_cut_reserve(cut, 150, 0);
	history_cut(h, &q, cut);
	history_draw(cut, &q, out);
	for (unsigned f = 0; f < 2; f++)
		for (unsigned c = 0; c < q.columns; c++) {
			int64_t from = q.end_ns - step * (q.columns - c);
			struct span want =
				slow_span(fields[f], from, from + step, rows);
			const struct span *got = &out[f * q.columns + c];

			assert_int_equal(got->known, want.known);
			assert_int_equal(got->min, want.min);
			assert_int_equal(got->max, want.max);
			assert_int_equal(got->last, want.last);
		}
	/* A field that is no graph's is unknown in the pyramids. */
	assert_int_equal(out[149].known, step < 10 * SEC);
	history_cut_free(cut);
}

static void test_every_zoom_draws_the_rows(void **unused)
{
	static const int64_t steps[] = {1, 2, 5, 10, 30, 60, 300, 600, 1800};
	struct history *h = history_new();

	(void)unused;
	for (int64_t i = 0; i < 9000; i++) {
		struct row r = row_number(i, SEC);

		append(h, &r);
	}
	for (unsigned i = 0; i < sizeof(steps) / sizeof(*steps); i++)
		check_zoom(h, steps[i] * SEC, 9000);
	history_free(h);
}

static void test_gap_is_unknown(void **unused)
{
	enum field f = FIELD_RSS;
	struct history *h = history_new();
	struct history_cut *cut = history_cut_new();
	struct row a = row_number(0, SEC), b = row_number(300, SEC);
	struct history_query q = {.end_ns = b.t_ns / (60 * SEC) * 60 * SEC +
					    60 * SEC,
				  .step_ns = 60 * SEC,
				  .columns = 6,
				  .fields = &f,
				  .field_count = 1};
	struct span out[6];

	(void)unused;
	history_append(h, &a);
	history_append(h, &b);
	history_cut_reserve(cut, 6, 0);
	history_cut(h, &q, cut);
	history_draw(cut, &q, out);
	assert_true(out[0].known && out[5].known);
	for (unsigned i = 1; i < 5; i++)
		assert_false(out[i].known);
	history_cut_free(cut);
	history_free(h);
}

/* Seven days at 1 Hz of figures that move as real ones do, in 10 MiB. */
static void test_a_week_fits(void **unused)
{
	struct history *h = history_new();
	uint64_t rng = 1;
	int64_t rss = 400 << 20;

	(void)unused;
	for (int64_t i = 0; i < 7 * 86400; i++) {
		struct row r = row_number(i, SEC);

		rng = rng * 6364136223846793005ULL + 1442695040888963407ULL;
		rss += ((int64_t)(rng >> 33) % 64 - 32) * 4096;
		memset(&r.values, 0, sizeof(r.values));
		for (unsigned f = 0; f < FIELD_COUNT; f++)
			values_set(&r.values, (enum field)f,
				   f % 4 == 0 ? rss * (f + 1)
					      : (int64_t)f << 20);
		append(h, &r);
	}
	assert_true(history_bytes(h) > 1 << 20);
	assert_true(history_bytes(h) <= 10 << 20);
	history_free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_block_keeps_every_figure),
		cmocka_unit_test(test_rows_come_back_in_order),
		cmocka_unit_test(test_time_never_goes_back),
		cmocka_unit_test(test_every_zoom_draws_the_rows),
		cmocka_unit_test(test_gap_is_unknown),
		cmocka_unit_test(test_a_week_fits),
	};

	return cmocka_run_group_tests_name("history", tests, NULL, NULL);
}
