/* test_csv_out.c - CSV: one header, fixed columns, RFC 4180 quoting. */
#include "output_fixture.h"

#define CELLS_MAX 128
#define CELL_MAX  160

static const struct output_options csv = {.format = OUTPUT_CSV};

struct table {
	unsigned rows, columns[8];
	char cell[8][CELLS_MAX][CELL_MAX];
};

/* A reader of RFC 4180, strict: quotes only where they belong, CRLF. */
static void read_csv(const char *p, struct table *t)
{
	unsigned col = 0;

	memset(t, 0, sizeof(*t));
	while (*p) {
		char *to = t->cell[t->rows][col];
		bool quoted = *p == '"';

		assert_true(t->rows < 8 && col < CELLS_MAX);
		for (p += quoted; quoted || (*p != ',' && *p != '\r'); p++) {
			assert_true(*p && (quoted || *p != '"'));
			if (quoted && *p == '"' && *++p != '"')
				break;
			*to++ = *p;
		}
		col++;
		if (*p == ',') {
			p++;
			continue;
		}
		assert_true(p[0] == '\r' && p[1] == '\n');
		p += 2;
		t->columns[t->rows++] = col;
		col = 0;
	}
}

static const char *at(const struct table *t, unsigned row, const char *name)
{
	for (unsigned c = 0; c < t->columns[0]; c++)
		if (!strcmp(t->cell[0][c], name))
			return t->cell[row][c];
	fail_msg("no column %s", name);
	return NULL;
}

static void test_rows(void **unused)
{
	static struct table t;
	struct sheet s;

	(void)unused;
	sheet_open(&s, &csv);
	sheet_all(&s);
	read_csv(s.text, &t);
	sheet_close(&s);
	assert_int_equal(t.rows, 5);
	for (unsigned r = 1; r < t.rows; r++)
		assert_int_equal(t.columns[r], t.columns[0]);
	assert_string_equal(at(&t, 1, "type"), "target");
	assert_string_equal(at(&t, 1, "t"), "1763870000.123");
	assert_string_equal(at(&t, 1, "starttime"), "8231");
	assert_string_equal(at(&t, 1, "endpoint"), "http://127.0.0.1:6060");
	assert_string_equal(at(&t, 2, "type"), "sample");
	assert_string_equal(at(&t, 2, "rss"), "9007199254740993");
	assert_string_equal(at(&t, 2, "pss"), "");
	assert_string_equal(at(&t, 2, "residue"), "-5");
	assert_string_equal(at(&t, 2, "residue_of"), "pprof");
	assert_string_equal(at(&t, 2, "pprof_stale"), "");
	assert_string_equal(at(&t, 2, "age_ms_smaps"), "900");
	assert_string_equal(at(&t, 2, "age_ms_cgroup"), "");
	assert_string_equal(at(&t, 3, "kind"), "gc");
	assert_string_equal(at(&t, 3, "t"), "1763870000.123453");
	assert_string_equal(at(&t, 3, "forced"), "false");
	assert_string_equal(at(&t, 3, "num_gc"), "17");
	assert_string_equal(at(&t, 3, "bytes"), "");
	assert_string_equal(at(&t, 3, "before_attach"), "true");
	assert_string_equal(at(&t, 4, "verdict"), "cache");
	assert_string_equal(at(&t, 4, "confidence"), "0.970");
	assert_string_equal(at(&t, 4, "why"), "idle, \"kept\" for reuse");
}

static void test_every_field_has_a_column(void **unused)
{
	static struct table t;
	struct target_info info = fixture_target();
	struct row row = fixture_row();
	struct sheet s;
	char text[32];

	(void)unused;
	for (unsigned f = 0; f < FIELD_COUNT; f++)
		values_set(&row.values, (enum field)f, 1000 + f);
	sheet_open(&s, &csv);
	assert_int_equal(fixture_sample(s.out, &info, &row, NULL), 0);
	read_csv(s.text, &t);
	sheet_close(&s);
	for (unsigned f = 0; f < FIELD_COUNT; f++) {
		snprintf(text, sizeof(text), "%u", 1000 + f);
		assert_string_equal(at(&t, 1, field_info[f].name), text);
	}
}

static void test_parts(void **unused)
{
	static struct table t;
	struct target_info info = fixture_target();
	struct row row = fixture_row();
	struct sheet s;
	int64_t sum = 0;
	char name[32];

	(void)unused;
	fixture_memory(&row.values);
	sheet_open(&s, &csv);
	assert_int_equal(fixture_sample(s.out, &info, &row, NULL), 0);
	read_csv(s.text, &t);
	sheet_close(&s);
	for (unsigned i = 0; i < PART_COUNT; i++) {
		snprintf(name, sizeof(name), "part_%s", part_info[i].name);
		assert_true(at(&t, 1, name)[0]);
		sum += strtoll(at(&t, 1, name), NULL, 10);
	}
	assert_int_equal(sum, row.values.v[FIELD_RSS]);
	assert_string_equal(at(&t, 1, "part_lazy_free"), "2097152");
	assert_string_equal(at(&t, 1, "part_file_backed"), "10485760");
}

static void test_profile_before_the_first_gc(void **unused)
{
	static struct table t;
	struct target_info info = fixture_target();
	struct row row = fixture_row();
	struct sheet s;

	(void)unused;
	values_set(&row.values, FIELD_NUM_GC, 0);
	sheet_open(&s, &csv);
	assert_int_equal(fixture_sample(s.out, &info, &row, NULL), 0);
	read_csv(s.text, &t);
	sheet_close(&s);
	assert_string_equal(at(&t, 1, "pprof_stale"), "true");
}

static void test_header_comes_once(void **unused)
{
	struct sheet s;

	(void)unused;
	sheet_open(&s, &csv);
	sheet_all(&s);
	sheet_all(&s);
	assert_int_equal(strncmp(s.text, "type,target,t,pid,rss,", 22), 0);
	assert_null(strstr(s.text + 1, "type,target"));
	sheet_close(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_every_field_has_a_column),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_profile_before_the_first_gc),
		cmocka_unit_test(test_header_comes_once),
	};

	return cmocka_run_group_tests_name("csv_out", tests, NULL, NULL);
}
