/* test_top.c - `top` is `go tool pprof -top`, byte for byte. */
#include <residue/model/top.h>

#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decode_fixture.h"

#define TEXT_MAX ((size_t)1 << 20)

static struct profile *profile_of(const char *path)
{
	struct buf b = fixture_read(path);
	struct profile *p = fixture_decode(b.data, b.len, NULL);

	buf_release(&b);
	return p;
}

static struct top *select_rows(const struct profile *p, const char *type,
			       struct top_options o)
{
	struct err err = ERR_INIT;
	struct top *top;
	int index = profile_type_index(p, type, &err);

	assert_int_not_equal(index, -1);
	o.type = (unsigned)index;
	if (top_select(p, &o, &top, &err) < 0)
		fail_msg("%s", err.msg);
	return top;
}

/* The options after a "$ " of a golden, as pprof has them. */
static struct top *select_as(const struct profile *p, char *line)
{
	struct top_options o = {0};
	const char *type = "";
	char *rest = NULL;

	for (char *w = strtok_r(line, " ", &rest); w;
	     w = strtok_r(NULL, " ", &rest)) {
		char *value = strchr(w, '=');

		if (strcmp(w, "-cum") == 0)
			o.cum = true;
		else if (strncmp(w, "-nodecount=", 11) == 0)
			o.rows = strtoul(value + 1, NULL, 10);
		else if (strncmp(w, "-focus=", 7) == 0)
			o.focus = value + 1;
		else if (strncmp(w, "-sample_index=", 14) == 0)
			type = value + 1;
		else
			fail_msg("option %s", w);
	}
	return select_rows(p, type, o);
}

/* Every part of a golden file; returns how many there were. */
static int compare(const struct profile *p, const char *name, char *golden)
{
	int parts = 0;

	for (char *part = golden; *part; parts++) {
		char *expected = strchr(part, '\n') + 1;
		char *next = strstr(expected, "\n$ "), end = '\0';
		struct buf text;
		struct top *top;

		next = next ? next + 1 : expected + strlen(expected);
		end = *next;
		*next = '\0';
		expected[-1] = '\0';
		top = select_as(p, part + 2);
		buf_init(&text, TEXT_MAX);
		assert_int_equal(top_text(top, &text, NULL), 0);
		if (strcmp(text.data, expected) != 0)
			print_error("%s, part %d\n", name, parts + 1);
		assert_string_equal(text.data, expected);
		buf_release(&text);
		top_free(top);
		*next = end;
		part = next;
	}
	return parts;
}

/* NAME.top for each NAME.pb.gz in a folder of tests/data; returns how many,
 * each with `parts` parts, or with any number of them. */
static int goldens_of(const char *folder, int parts)
{
	const char *top = getenv("abs_top_srcdir");
	char path[4096];
	struct dirent *d;
	int files = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/tests/data/%s", top ? top : ".",
		 folder);
	dir = opendir(path);
	assert_non_null(dir);
	while ((d = readdir(dir))) {
		size_t n = strlen(d->d_name);
		struct profile *p;
		struct buf golden;
		int n_parts;

		if (n < 4 || strcmp(d->d_name + n - 4, ".top") != 0)
			continue;
		snprintf(path, sizeof(path), "%s/%.*s.pb.gz",
			 strcmp(d->d_name, "names.top") == 0 ? "hostile"
							     : folder,
			 (int)n - 4, d->d_name);
		p = profile_of(path);
		snprintf(path, sizeof(path), "%s/%s", folder, d->d_name);
		golden = fixture_read(path);
		n_parts = compare(p, d->d_name, golden.data);
		if (parts)
			assert_int_equal(n_parts, parts);
		assert_true(n_parts > 0);
		buf_release(&golden);
		profile_free(p);
		files++;
	}
	closedir(dir);
	return files;
}

static void goldens(void **state)
{
	(void)state;
	assert_int_equal(goldens_of("profiles", 12), 24);
	assert_int_equal(goldens_of("profiles/kinds", 0), 16);
}

static int64_t flat_of(const struct top *t, const char *name)
{
	for (size_t i = 0; i < t->n_rows; i++)
		if (!strcmp(t->rows[i].name, name))
			return t->rows[i].flat;
	return -1;
}

/* pb_small with the stack main.main, a.(*T).alloc of 20 bytes more, and what
 * it wants dropped. */
static struct top *pruned(struct profile **p, const char *drop,
			  const char *keep)
{
	struct buf b;
	struct top *top;

	buf_init(&b, TEXT_MAX);
	pb_small(&b);
	pb_text(&b, 6, "a.(*T).alloc");
	pb_text(&b, 6, drop);
	pb_text(&b, 6, keep);
	pb_bytes(&b, 5, "\x08\x02\x10\x08", 4);
	pb_bytes(&b, 4, "\x08\x02\x22\x02\x08\x02", 6);
	pb_bytes(&b, 2, "\x0a\x02\x02\x01\x12\x02\x01\x14", 8);
	pb_varint(&b, 7, 9);
	pb_varint(&b, 8, 10);
	*p = fixture_decode(b.data, b.len, NULL);
	top = select_rows(*p, "inuse_space", (struct top_options){0});
	buf_release(&b);
	return top;
}

/* What the goldens have not: names as pprof cuts them before it matches. */
static void dropped_frames(void **state)
{
	static const struct {
		const char *drop, *keep;
		int64_t in_main, in_alloc;
	} cases[] = {
		{"", "", 10, 20},
		{"a\\.", "", 30, -1},
		{"a\\..*alloc", "", 10, 20},
		{"a.*", "b.*", 30, -1},
		{"a.*", "a.", 10, 20},
		{"a.*", "(", 10, 20},
		{"(", "", 10, 20},
		{"main\\.main", "", 10, 20},
		{".*", "", 10, 20},
		{"x)|(a.", "", 30, -1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct profile *p;
		struct top *t = pruned(&p, cases[i].drop, cases[i].keep);

		assert_int_equal(flat_of(t, "main.main"), cases[i].in_main);
		assert_int_equal(flat_of(t, "a..alloc") +
					 flat_of(t, "a.(*T).alloc") + 1,
				 cases[i].in_alloc);
		assert_int_equal(t->total, 30);
		top_free(t);
		profile_free(p);
	}
}

/* Names that pprof's demangler cuts: true ones for our own screens. */
static void true_names(void **state)
{
	struct profile *p = profile_of("hostile/names.pb.gz");
	struct top *top =
		select_rows(p, "", (struct top_options){.true_names = true});

	(void)state;
	assert_int_equal(top->n_rows, p->n_rows);
	assert_string_equal(top->rows[0].name, "main.(*T).plain");
	assert_int_equal(top->rows[0].inlined, TOP_INLINED);
	assert_string_equal(top->rows[5].name, "main.(*T).Do.Map[...].func1");
	assert_string_equal(top->rows[5].row->pprof_name,
			    "main..Do.Map[...].func1");
	top_free(top);
	profile_free(p);
}

/* Two functions that pprof prints as one are one row of its text. */
static void merged_names(void **state)
{
	struct buf b;
	struct profile *p;
	struct top *top;

	(void)state;
	buf_init(&b, TEXT_MAX);
	pb_small(&b);
	pb_text(&b, 6, "a.(*X).f[int]");
	pb_text(&b, 6, "a.(*Y).f[int]");
	pb_bytes(&b, 5, "\x08\x02\x10\x08\x18\x08", 6);
	pb_bytes(&b, 5, "\x08\x03\x10\x09\x18\x09", 6);
	pb_bytes(&b, 4, "\x08\x02\x22\x02\x08\x02", 6);
	pb_bytes(&b, 4, "\x08\x03\x22\x02\x08\x03", 6);
	pb_bytes(&b, 2, "\x0a\x02\x02\x03\x12\x02\x01\x14", 8);
	p = fixture_decode(b.data, b.len, NULL);
	assert_int_equal(p->n_rows, 3);
	assert_int_equal(p->n_groups, 2);
	top = select_rows(p, "inuse_space", (struct top_options){0});
	assert_int_equal(top->n_rows, 2);
	assert_string_equal(top->rows[0].name, "a..f[int]");
	assert_int_equal(top->rows[0].flat, 20);
	assert_int_equal(top->rows[0].cum, 20);
	top_free(top);
	top = select_rows(p, "inuse_space",
			  (struct top_options){.true_names = true});
	assert_int_equal(top->n_rows, 3);
	assert_string_equal(top->rows[0].name, "a.(*X).f[int]");
	top_free(top);
	profile_free(p);
	buf_release(&b);
}

static void focus_without_match(void **state)
{
	struct profile *p = profile_of("profiles/nats.pb.gz");
	struct top *top = select_rows(
		p, "", (struct top_options){.focus = "no such function"});
	struct buf text;

	(void)state;
	assert_false(top->matched);
	assert_int_equal(top->n_rows, 0);
	buf_init(&text, TEXT_MAX);
	assert_int_equal(top_text(top, &text, NULL), 0);
	assert_string_equal(
		text.data,
		"Showing nodes accounting for 0, 0% of 1.50MB total\n"
		"      flat  flat%   sum%        cum   cum%\n");
	buf_release(&text);
	top_free(top);
	profile_free(p);
}

static void bad_pattern(void **state)
{
	struct profile *p = profile_of("profiles/nats.pb.gz");
	struct top_options o = {.focus = "main.("};
	struct err err = ERR_INIT;
	struct top *top;

	(void)state;
	assert_int_equal(top_select(p, &o, &top, &err), -1);
	assert_int_equal(err.code, ERR_USAGE);
	assert_null(top);
	profile_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(goldens),
		cmocka_unit_test(dropped_frames),
		cmocka_unit_test(true_names),
		cmocka_unit_test(merged_names),
		cmocka_unit_test(focus_without_match),
		cmocka_unit_test(bad_pattern),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
