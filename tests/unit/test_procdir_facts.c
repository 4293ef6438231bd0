/* test_procdir_facts.c - command line, executable, user, Go's environment,
 * namespaces. */
#include <residue/proc/facts.h>

#include "proc_fixture.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int open_dir(struct procfs *fs, const char *root, pid_t pid)
{
	struct proc_id id = {.pid = pid};
	int dir;

	assert_int_equal(procfs_open(fs, root, NULL), 0);
	dir = procfs_pid_open(fs, &id, NULL);
	assert_true(dir >= 0);
	return dir;
}

static void command_lines(void **state)
{
	static const struct {
		const char *raw;
		size_t len;
		const char *shown;
	} cases[] = {
		{"srv\0-a\0b c\0", 11, "srv -a b c"},
		{"", 0, ""},
		{"x\0\0\0", 4, "x"},
		{"a\033]0;b\007\0\xff", 9, "a\\x1b]0;b\\a \\xff"},
		{"no end", 6, "no end"},
	};
	char *root = fixture_dir(), out[32];
	struct procfs fs;
	int dir;

	(void)state;
	fixture_process(root, 5, "x", 1);
	dir = open_dir(&fs, root, 5);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		fixture_bytes(root, "5/cmdline", cases[i].raw, cases[i].len);
		assert_int_equal(proc_cmdline(dir, out, sizeof(out), NULL), 0);
		assert_string_equal(out, cases[i].shown);
	}
	fixture_file(root, "5/cmdline",
		     "a very long command line that goes on and on");
	assert_int_equal(proc_cmdline(dir, out, sizeof(out), NULL), 0);
	assert_int_equal(strlen(out), sizeof(out) - 1);
	close(dir);
	procfs_release(&fs);
	fixture_remove(root);
}

static void go_environment(void **state)
{
	static const char env[] = "PATH=/bin\0GOGCX=1\0GOGC=off\0XGOGC=2\0"
				  "GOGC=50\0GODEBUG=a=1,\033b=2\0SECRET=x\0"
				  "GOMEMLIMIT=";
	char *root = fixture_dir();
	struct proc_goenv g;
	struct procfs fs;
	int dir;

	(void)state;
	fixture_process(root, 5, "x", 1);
	dir = open_dir(&fs, root, 5);
	fixture_bytes(root, "5/environ", env, sizeof(env));
	assert_int_equal(proc_goenv_read(dir, &g, NULL), 0);
	assert_true(g.has_gogc);
	assert_string_equal(g.gogc, "off"); /* the first counts */
	assert_true(g.has_godebug);
	assert_string_equal(g.godebug, "a=1,\\x1bb=2");
	assert_true(g.has_gomemlimit);
	assert_string_equal(g.gomemlimit, "");
	fixture_file(root, "5/environ", "");
	assert_int_equal(proc_goenv_read(dir, &g, NULL), 0);
	assert_false(g.has_gogc || g.has_godebug || g.has_gomemlimit);
	close(dir);
	procfs_release(&fs);
	fixture_remove(root);
}

static void our_own(void **state)
{
	struct proc_namespaces ns;
	struct proc_owner owner;
	struct proc_exe exe;
	struct procfs fs;
	struct stat st;
	int dir = open_dir(&fs, NULL, getpid());

	(void)state;
	assert_int_equal(proc_exe_read(dir, &exe, NULL), 0);
	assert_int_equal(stat("/proc/self/exe", &st), 0);
	assert_int_equal(exe.ino, st.st_ino);
	assert_int_equal(exe.dev, st.st_dev);
	assert_int_equal(exe.size, st.st_size);
	assert_non_null(strstr(exe.path, "test_procdir_facts"));
	assert_false(exe.deleted);
	assert_int_equal(proc_owner_read(dir, &owner, NULL), 0);
	assert_int_equal(owner.uid, geteuid());
	if (getpwuid(geteuid()))
		assert_string_equal(owner.name, getpwuid(geteuid())->pw_name);
	assert_int_equal(proc_namespaces_read(dir, &ns, NULL), 0);
	assert_int_equal(ns.depth, 0);
	assert_int_equal(ns.inner_pid, getpid());
	assert_false(ns.other_net || ns.other_mnt || ns.other_user);
	close(dir);
	procfs_release(&fs);
}

static void exe_deleted(void **state)
{
	char *root = fixture_dir();
	struct err err = ERR_INIT;
	struct proc_exe exe;
	struct procfs fs;
	int dir;

	(void)state;
	fixture_process(root, 5, "x", 1);
	dir = open_dir(&fs, root, 5);
	assert_int_equal(proc_exe_read(dir, &exe, &err), -1);
	assert_int_equal(err.code, ERR_GONE);
	fixture_file(root, "5/srv (deleted)", "ELF");
	assert_int_equal(symlinkat("srv (deleted)", dir, "exe"), 0);
	assert_int_equal(proc_exe_read(dir, &exe, &err), 0);
	assert_true(exe.deleted);
	assert_string_equal(exe.path, "srv");
	assert_int_equal(exe.size, 3);
	close(dir);
	procfs_release(&fs);
	fixture_remove(root);
}

static void nested_pids(void **state)
{
	char *root = fixture_dir();
	struct proc_namespaces ns;
	struct proc_owner owner;
	struct err err = ERR_INIT;
	struct procfs fs;
	int dir;

	(void)state;
	fixture_process(root, 5, "x", 1);
	dir = open_dir(&fs, root, 5);
	fixture_file(root, "5/status",
		     "Name:\tx\nState:\tS\nUid:\t7\t4000000000\t0\t0\n"
		     "NSpid:\t5\t3\t1\n");
	assert_int_equal(proc_namespaces_read(dir, &ns, NULL), 0);
	assert_int_equal(ns.depth, 2);
	assert_int_equal(ns.inner_pid, 1);
	assert_int_equal(proc_owner_read(dir, &owner, NULL), 0);
	assert_int_equal(owner.uid, 4000000000u);
	assert_string_equal(owner.name, "4000000000");
	fixture_file(root, "5/status", "Name:\tx\n");
	assert_int_equal(proc_namespaces_read(dir, &ns, &err), -1);
	assert_int_equal(err.code, ERR_FORMAT);
	assert_int_equal(proc_owner_read(dir, &owner, &err), -1);
	assert_int_equal(err.code, ERR_FORMAT);
	close(dir);
	procfs_release(&fs);
	fixture_remove(root);
}

/* What a snapshot keeps: whole files, under a cap. */
static void whole_files(void **state)
{
	char *root = fixture_dir();
	struct err err = ERR_INIT;
	struct procfs fs;
	struct buf b;
	int dir;

	(void)state;
	fixture_process(root, 5, "x", 1);
	fixture_file(root, "5/limits", "Max open files 1024\n");
	dir = open_dir(&fs, root, 5);
	buf_init(&b, 64);
	assert_int_equal(procfs_read_all(dir, "limits", &b, &err), 0);
	assert_string_equal(b.data, "Max open files 1024\n");
	assert_int_equal(procfs_read_all(dir, "stat", &b, &err), -1);
	assert_int_equal(err.code, ERR_LIMIT);
	assert_int_equal(procfs_read_all(dir, "smaps", &b, &err), -1);
	assert_int_equal(err.code, ERR_GONE);
	buf_release(&b);
	close(dir);
	procfs_release(&fs);
	fixture_remove(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(command_lines),
		cmocka_unit_test(go_environment),
		cmocka_unit_test(our_own),
		cmocka_unit_test(exe_deleted),
		cmocka_unit_test(nested_pids),
		cmocka_unit_test(whole_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
