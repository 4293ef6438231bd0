/* test_cgroup.c - limits under cgroup v2, v1 and both, from fixtures. */
#include <residue/proc/cgroup.h>

#include <residue/base/mem.h>
#include <residue/source/source.h>

#include "proc_fixture.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int find(const char *root, struct cgroup *cg, struct err *err)
{
	struct proc_id id = {.pid = 100};
	struct procfs fs;
	int dir, rc;

	assert_int_equal(procfs_open(&fs, root, NULL), 0);
	dir = procfs_pid_open(&fs, &id, NULL);
	assert_true(dir >= 0);
	rc = cgroup_find(&fs, dir, cg, err);
	close(dir);
	procfs_release(&fs);
	return rc;
}

static void read_fixture(const char *name, struct cgroup *cg,
			 struct cgroup_memory *m)
{
	struct err err = ERR_INIT;
	char *root = fixture_data(name);

	if (find(root, cg, &err) || cgroup_read(cg, m, &err))
		fail_msg("%s", err.msg);
	free(root);
}

static void v2(void **state)
{
	struct cgroup_memory m;
	struct cgroup cg;

	(void)state;
	read_fixture("v2", &cg, &m);
	assert_int_equal(cg.version, 2);
	assert_string_equal(cg.path, "/kubepods/pod1/app");
	assert_int_equal(m.known,
			 CGROUP_CURRENT | CGROUP_MAX | CGROUP_HIGH |
				 CGROUP_SWAP_CURRENT | CGROUP_SWAP_MAX |
				 CGROUP_INACTIVE_FILE | CGROUP_OOM_KILLS);
	assert_int_equal(m.current, 123456789);
	assert_int_equal(m.max, 536870912); /* pod1's, not kubepods' */
	assert_int_equal(m.high, 500000000);
	assert_int_equal(m.swap_current, 4096);
	assert_int_equal(m.swap_max, 1048576);
	assert_int_equal(m.inactive_file, 19000000);
	assert_int_equal(m.oom_kills, 1);
	assert_false(m.unlimited);
	cgroup_release(&cg);
}

static void v1(void **state)
{
	struct cgroup_memory m;
	struct cgroup cg;

	(void)state;
	read_fixture("v1", &cg, &m);
	assert_int_equal(cg.version, 1);
	assert_string_equal(cg.path, "/docker/abc/child");
	assert_int_equal(m.known,
			 CGROUP_CURRENT | CGROUP_MAX | CGROUP_SWAP_CURRENT |
				 CGROUP_SWAP_MAX | CGROUP_INACTIVE_FILE |
				 CGROUP_OOM_KILLS);
	assert_int_equal(m.current, 1000000);
	assert_int_equal(m.max, 268435456); /* the mount's own group's */
	assert_int_equal(m.swap_current, 500000);
	assert_int_equal(m.swap_max, 402653184 - 268435456);
	assert_int_equal(m.inactive_file, 300000); /* with its children's */
	assert_int_equal(m.oom_kills, 4);
	cgroup_release(&cg);
}

/* "No limit" of v1 on a kernel with 64 KiB pages, memory still on v1. */
static void hybrid(void **state)
{
	struct cgroup_memory m;
	struct cgroup cg;

	(void)state;
	read_fixture("hybrid", &cg, &m);
	assert_int_equal(cg.version, 1);
	assert_int_equal(m.known, CGROUP_CURRENT);
	assert_int_equal(m.current, 42000000);
	assert_true(m.unlimited);
	cgroup_release(&cg);
}

static void group_removed(void **state)
{
	char *root = fixture_dir(), *group;
	struct err err = ERR_INIT;
	struct cgroup_memory m;
	struct cgroup cg;

	(void)state;
	fixture_process(root, 100, "x", 1);
	fixture_file(root, "100/cgroup", "0::/a\n");
	/* A mount point with a blank, as mountinfo writes it. */
	fixture_file(
		root, "100/mountinfo",
		"30 22 0:26 / /cg\\040roup rw shared:4 - cgroup2 none rw\n");
	fixture_file(root, "100/root/cg roup/a/memory.max", "4096\n");
	assert_int_equal(find(root, &cg, &err), 0);
	assert_int_equal(cgroup_read(&cg, &m, &err), 0);
	assert_int_equal(m.known, CGROUP_MAX);
	assert_int_equal(m.max, 4096);
	group = mem_printf("%s/100/root/cg roup/a", root);
	fixture_remove(group);
	assert_int_equal(cgroup_read(&cg, &m, &err), -1);
	assert_int_equal(err.code, ERR_GONE);
	cgroup_release(&cg);
	fixture_remove(root);
}

/* Values that make no sense count as absent. */
static void odd_values(void **state)
{
	static const struct {
		const char *max;
		unsigned known;
		bool unlimited;
	} cases[] = {
		{"max\n", 0, true},
		{"99999999999999999999999\n", 0, true},
		{"-1\n", 0, false},
		{"\n", 0, false},
		{"0\n", CGROUP_MAX, false},
		{"12\n", CGROUP_MAX, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *root = fixture_dir();
		struct cgroup_memory m;
		struct cgroup cg;

		fixture_process(root, 100, "x", 1);
		fixture_file(root, "100/cgroup", "0::/\n");
		fixture_file(root, "100/mountinfo",
			     "30 22 0:26 / /cg rw - cgroup2 cgroup2 rw\n");
		fixture_file(root, "100/root/cg/memory.max", cases[i].max);
		assert_int_equal(find(root, &cg, NULL), 0);
		assert_int_equal(cgroup_read(&cg, &m, NULL), 0);
		assert_int_equal(m.known, cases[i].known);
		assert_int_equal(m.unlimited, cases[i].unlimited);
		cgroup_release(&cg);
		fixture_remove(root);
	}
}

static void not_to_be_found(void **state)
{
	static const struct {
		const char *cgroup, *mountinfo, *words;
	} cases[] = {
		{"", "", "no control group"},
		{"3:cpu:/x\n", "", "no control group"},
		{"0::/x\n", "", "no mount of cgroup v2"},
		{"0::/x\n", "1 2 0:1 /y /cg rw - cgroup2 c rw\n",
		 "no mount of cgroup v2"},
		{"0::/x\n", "1 2 0:1 / /cg rw - cgroup c rw,memory\n",
		 "no mount of cgroup v2"},
		{"0::/x\n", "1 2 0:1 / /missing rw - cgroup2 c rw\n",
		 "no mount of cgroup v2"},
		{"0::/../x\n", "1 2 0:1 / /cg rw - cgroup2 c rw\n",
		 "outside our own cgroup namespace"},
		{"0::/a/../../b\n", "1 2 0:1 / /cg rw - cgroup2 c rw\n",
		 "outside our own cgroup namespace"},
		{"4:memory:/x\n", "1 2 0:1 / /cg rw - cgroup c rw,cpu\n",
		 "no mount of cgroup v1"},
		{"0::/x\n", "1 2\n- -\n \n1 2 0:1 / /cg rw\n", "no mount"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *root = fixture_dir();
		struct err err = ERR_INIT;
		struct cgroup cg;

		fixture_process(root, 100, "x", 1);
		fixture_file(root, "100/cgroup", cases[i].cgroup);
		fixture_file(root, "100/mountinfo", cases[i].mountinfo);
		fixture_file(root, "100/root/cg/memory.max", "1\n");
		assert_int_equal(find(root, &cg, &err), -1);
		assert_int_equal(err.code, ERR_UNSUPPORTED);
		if (!strstr(err.msg, cases[i].words))
			fail_msg("case %zu: %s", i, err.msg);
		cgroup_release(&cg);
		fixture_remove(root);
	}
}

/* The mount that shows most wins; "/docker/abcd" is not below "/docker/abc". */
static void best_mount(void **state)
{
	char *root = fixture_dir();
	struct cgroup_memory m;
	struct cgroup cg;

	(void)state;
	fixture_process(root, 100, "x", 1);
	fixture_file(root, "100/cgroup", "0::/docker/abc/d\n");
	fixture_file(root, "100/mountinfo",
		     "1 2 0:1 /docker/ab /no rw - cgroup2 c rw\n"
		     "1 2 0:1 / /top rw - cgroup2 c rw\n"
		     "1 2 0:1 /docker/abc /near rw - cgroup2 c rw\n"
		     "1 2 0:1 /docker /mid rw - cgroup2 c rw\n");
	fixture_file(root, "100/root/no/memory.max", "1\n");
	fixture_file(root, "100/root/top/docker/abc/d/memory.max", "2\n");
	fixture_file(root, "100/root/mid/abc/d/memory.max", "3\n");
	fixture_file(root, "100/root/near/d/memory.max", "4\n");
	assert_int_equal(find(root, &cg, NULL), 0);
	assert_int_equal(cgroup_read(&cg, &m, NULL), 0);
	assert_int_equal(m.max, 4);
	cgroup_release(&cg);
	fixture_remove(root);
}

/* A v2 group without the memory controller is counted by its ancestor. */
static void controller_above(void **state)
{
	char *root = fixture_dir();
	struct cgroup_memory m;
	struct cgroup cg;

	(void)state;
	fixture_process(root, 100, "x", 1);
	fixture_file(root, "100/cgroup", "0::/a/b\n");
	fixture_file(root, "100/mountinfo",
		     "1 2 0:1 / /cg rw - cgroup2 c rw\n");
	fixture_file(root, "100/root/cg/a/b/cgroup.procs", "100\n");
	fixture_file(root, "100/root/cg/a/memory.current", "77\n");
	fixture_file(root, "100/root/cg/a/memory.max", "max\n");
	assert_int_equal(find(root, &cg, NULL), 0);
	assert_int_equal(cgroup_read(&cg, &m, NULL), 0);
	assert_int_equal(m.known, CGROUP_CURRENT);
	assert_int_equal(m.current, 77);
	assert_true(m.unlimited);
	cgroup_release(&cg);
	fixture_remove(root);
}

static void membership(void **state)
{
	char path[64];
	int version = 0;

	(void)state;
	assert_int_equal(cgroup_parse_membership("5:cpu,memory,io:/m\n0::/u\n",
						 &version, path, sizeof(path),
						 NULL),
			 0);
	assert_int_equal(version, 1);
	assert_string_equal(path, "/m");
	/* Colons belong to the path. */
	assert_int_equal(cgroup_parse_membership("0::/a:b:c", &version, path,
						 sizeof(path), NULL),
			 0);
	assert_string_equal(path, "/a:b:c");
	/* "memoryx" and "name=memory" are other hierarchies. */
	assert_int_equal(cgroup_parse_membership("1:memoryx:/a\n"
						 "2:name=memory:/b\n",
						 &version, path, sizeof(path),
						 NULL),
			 -1);
	/* A path that does not fit is not cut. */
	assert_int_equal(cgroup_parse_membership("0::/aaaaaaaaaa", &version,
						 path, 8, NULL),
			 -1);
}

static const struct source *source_of(enum origin origin)
{
	for (unsigned i = 0; i < source_count; i++)
		if (source_registry[i]->origin == origin)
			return source_registry[i];
	fail();
	return NULL;
}

static int64_t limit_read(const struct source *src, void *st)
{
	struct reading r = {.origin = ORIGIN_CGROUP};
	struct err err = ERR_INIT;

	if (src->read(st, &r, &err))
		fail_msg("%s", err.msg);
	return values_get(&r.values, FIELD_CGROUP_MAX, -1);
}

/* A process that was moved has the limit of where it is, though the group
 * where it was lives on. */
static void moved(const char *mount, const char *line, const char *file)
{
	const struct source *src = source_of(ORIGIN_CGROUP);
	struct source_subject subject = {.id = {.pid = 100, .starttime = 1}};
	char *root = fixture_dir(), text[64];
	void *st = mem_zalloc(1, src->state_size);
	struct procfs fs;

	fixture_process(root, 100, "x", 1);
	fixture_file(root, "100/mountinfo", mount);
	for (const char *group = "ab"; *group; group++) {
		snprintf(text, sizeof(text), "100/root/cg/%c/%s", *group, file);
		fixture_file(root, text, *group == 'a' ? "300\n" : "150\n");
	}
	snprintf(text, sizeof(text), line, 'a');
	fixture_file(root, "100/cgroup", text);
	assert_int_equal(procfs_open(&fs, root, NULL), 0);
	subject.fs = &fs;
	assert_int_equal(src->open(st, &subject, NULL), 0);
	assert_int_equal(limit_read(src, st), 300);
	assert_int_equal(limit_read(src, st), 300);
	snprintf(text, sizeof(text), line, 'b');
	fixture_file(root, "100/cgroup", text);
	assert_int_equal(limit_read(src, st), 150);
	src->close(st);
	free(st);
	procfs_release(&fs);
	fixture_remove(root);
}

static void moved_v2(void **state)
{
	(void)state;
	moved("1 2 0:1 / /cg rw - cgroup2 c rw\n", "0::/%c\n", "memory.max");
}

static void moved_v1(void **state)
{
	(void)state;
	moved("1 2 0:1 / /cg rw - cgroup c rw,memory\n", "4:memory:/%c\n",
	      "memory.limit_in_bytes");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(v2),
		cmocka_unit_test(v1),
		cmocka_unit_test(hybrid),
		cmocka_unit_test(group_removed),
		cmocka_unit_test(odd_values),
		cmocka_unit_test(not_to_be_found),
		cmocka_unit_test(best_mount),
		cmocka_unit_test(controller_above),
		cmocka_unit_test(membership),
		cmocka_unit_test(moved_v2),
		cmocka_unit_test(moved_v1),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
