/* test_pclntab.c - names, files and lines out of a function table. */
#include <residue/goelf/pclntab.h>

#include "goelf_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct open_table {
	int fd;
	struct elf_image elf;
	struct pclntab *t;
};

static bool open_table(struct open_table *o, const void *bytes, size_t n,
		       int named, size_t len)
{
	struct err err = ERR_INIT;

	*o = (struct open_table){.fd = fixture_program(bytes, n, named, len)};
	if (elf_open(&o->elf, o->fd, &err) == 0)
		o->t = pclntab_open(&o->elf, &err);
	return o->t != NULL;
}

static void close_table(struct open_table *o)
{
	pclntab_close(o->t);
	elf_close(&o->elf);
	close(o->fd);
}

static void expect(struct pclntab *t, uint32_t pc, const char *function,
		   const char *file, uint32_t line)
{
	struct pclntab_frame f;
	struct err err = ERR_INIT;

	assert_int_equal(pclntab_lookup(t, pc, FIXTURE_GOFUNC, &f, &err), 0);
	assert_string_equal(f.function, function);
	assert_string_equal(f.file, file);
	assert_int_equal(f.line, line);
}

static void test_lookup(void **state)
{
	struct pclntab_frame f;
	struct fixture_table t;
	struct open_table o;

	(void)state;
	fixture_table(&t);
	for (int named = 0; named < 2; named++) {
		assert_true(open_table(&o, t.bytes, t.len, named, 0));
		assert_int_equal(pclntab_addr(o.t), FIXTURE_TABLE_ADDR);
		assert_int_equal(pclntab_text(o.t), FIXTURE_TEXT);
		expect(o.t, 0, "main.first", "/src/a.go", 10);
		/* A return address belongs to the call before it. */
		expect(o.t, 0x20, "main.first", "/src/a.go", 10);
		expect(o.t, 0x21, "main.first", "/src/a.go", 20);
		expect(o.t, 0x40, "runtime.mallocinit", "/src/malloc.go", 100);
		expect(o.t, 0xff, "runtime.mallocinit", "/src/malloc.go", 100);
		expect(o.t, 0x110, "main.Pair[go.shape.int].Get", "/src/a.go",
		       30);
		expect(o.t, 0x111, "main.inlined", "/src/a.go", 40);
		expect(o.t, 0x120, "main.inlined", "/src/a.go", 40);
		expect(o.t, 0x121, "main.Pair[go.shape.int].Get", "/src/a.go",
		       30);
		assert_int_equal(
			pclntab_lookup(o.t, FIXTURE_TEXT_LEN, 0, &f, NULL), -1);
		/* Without gofunc the inlined call's line goes by the name of
		 * the function around it. */
		assert_int_equal(pclntab_lookup(o.t, 0x111, 0, &f, NULL), 0);
		assert_string_equal(f.function, "main.Pair[go.shape.int].Get");
		close_table(&o);
	}
}

static void test_find(void **state)
{
	struct pclntab_want want[] = {{.name = "runtime.mallocinit"},
				      {.name = "runtime.malloc"},
				      {.name = "runtime.gone"}};
	struct fixture_table t;
	struct open_table o;

	(void)state;
	fixture_table(&t);
	assert_true(open_table(&o, t.bytes, t.len, 1, 0));
	assert_int_equal(pclntab_find(o.t, want, 3), 1);
	assert_int_equal(want[0].lo, 0x40);
	assert_int_equal(want[0].hi, 0x100);
	assert_int_equal(want[1].hi, 0);
	assert_int_equal(want[2].hi, 0);
	close_table(&o);
}

static void use(struct open_table *o)
{
	struct pclntab_want want[] = {{.name = "runtime.mallocinit"}};
	struct pclntab_frame f;

	pclntab_find(o->t, want, 1);
	for (uint32_t pc = 0; pc < FIXTURE_TEXT_LEN + 16; pc += 7)
		if (pclntab_lookup(o->t, pc, FIXTURE_GOFUNC, &f, NULL) == 0) {
			assert_true(strlen(f.function) < PCLNTAB_NAME);
			assert_true(strlen(f.file) < PCLNTAB_NAME);
		}
}

/* Every byte of the table wrong in three ways, and every truncation of table
 * and file: answers or errors, in bounds (the sanitizers watch). */
static void test_damage(void **state)
{
	static const uint8_t wrong[] = {0, 0x7f, 0xff};
	struct fixture_table t;
	struct open_table o;

	(void)state;
	fixture_table(&t);
	for (size_t i = 0; i < t.len; i++)
		for (size_t k = 0; k < sizeof(wrong); k++) {
			uint8_t old = t.bytes[i];

			t.bytes[i] = wrong[k];
			if (open_table(&o, t.bytes, t.len, 1, 0))
				use(&o);
			close_table(&o);
			t.bytes[i] = old;
		}
	for (size_t n = 0; n < t.len; n++) {
		if (open_table(&o, t.bytes, n, 1, 0))
			use(&o);
		close_table(&o);
	}
	for (size_t n = 1; n < 0x5000; n += 37) {
		if (open_table(&o, t.bytes, t.len, 0, n))
			use(&o);
		close_table(&o);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lookup),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
