/* test_rights.c - why memory may not be read, from made-up /proc trees. */
#include <residue/proc/rights.h>

#include "proc_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define SETCAP "sudo setcap cap_sys_ptrace+ep $(command -v residue)"

struct scene {
	unsigned uid; /* of the process; ours with OURS */
	const char *its_caps, *our_caps;
	int yama;    /* -1: there is none */
	int seccomp; /* of ours */
	const char *says, *grants;
};

#define OURS 0xffffffffu

static void status(const char *root, const char *name, unsigned uid,
		   const char *caps, const char *effective, int seccomp)
{
	char text[512];

	snprintf(text, sizeof(text),
		 "Name:\tserver\nState:\tS (sleeping)\n"
		 "Uid:\t%u\t%u\t%u\t%u\nCapPrm:\t%s\nCapEff:\t%s\n"
		 "Seccomp:\t%d\n",
		 uid, uid, uid, uid, caps, effective, seccomp);
	fixture_file(root, name, text);
}

static void explains(const struct scene *s)
{
	char *root = fixture_dir();
	unsigned uid = s->uid == OURS ? (unsigned)geteuid() : s->uid;
	struct err err = ERR_INIT;
	char scope[8];

	status(root, "4388/status", uid, s->its_caps, s->its_caps, 0);
	status(root, "self/status", (unsigned)geteuid(), s->our_caps,
	       s->our_caps, s->seccomp);
	snprintf(scope, sizeof(scope), "%d\n", s->yama);
	if (s->yama >= 0)
		fixture_file(root, "sys/kernel/yama/ptrace_scope", scope);
	assert_int_equal(rights_explain(root, 4388, false, &err), -1);
	assert_int_equal(err.code, ERR_DENIED);
	if (!strstr(err.msg, s->says) || !strstr(err.msg, s->grants) ||
	    strlen(err.msg) + 1 >= sizeof(err.msg))
		fail_msg("\"%s\" does not say \"%s\" and \"%s\"", err.msg,
			 s->says, s->grants);
	fixture_remove(root);
}

#define NONE "0000000000000000"

static void test_reasons(void **state)
{
	static const struct scene scenes[] = {
		{12345, NONE, NONE, 0, 0,
		 "4388 belongs to another user (uid 12345)", SETCAP},
		{12345, NONE, NONE, 1, 0,
		 "4388 belongs to another user (uid 12345)", SETCAP},
		{OURS, "0000000000000400", NONE, -1, 0,
		 "has capabilities of its own (CapPrm 400)", SETCAP},
		{OURS, "0000000000000400", NONE, 1, 0,
		 "has capabilities of its own (CapPrm 400)", SETCAP},
		{OURS, NONE, NONE, 1, 0, "ptrace_scope is 1", SETCAP},
		{OURS, NONE, NONE, 1, 0, "residue run", SETCAP},
		{OURS, NONE, NONE, 2, 0, "ptrace_scope is 2", SETCAP},
		{OURS, NONE, NONE, 3, 0, "ptrace_scope is 3", "4388@URL"},
		{12345, NONE, NONE, 3, 0, "root neither", "/etc/sysctl.d"},
		{OURS, NONE, NONE, -1, 2, "a seccomp filter",
		 "--cap-add SYS_PTRACE"},
		{OURS, NONE, NONE, 0, 0, "not dumpable", SETCAP},
		{12345, NONE, "0000000000080000", 0, 0, "a security module",
		 "sudo"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(scenes) / sizeof(scenes[0]); i++)
		explains(&scenes[i]);
}

static void test_hidden(void **state)
{
	char *root = fixture_dir();
	struct err err = ERR_INIT;

	(void)state;
	fixture_file(root, "4388/stat", "");
	fixture_file(root, "self/mountinfo",
		     "23 28 0:21 / /sys rw - sysfs sysfs rw\n"
		     "24 28 0:22 / /proc rw - proc proc rw,hidepid=noaccess\n"
		     "25 28 0:22 / /proc rw,relatime shared:14 - proc proc "
		     "rw,gid=0,hidepid=invisible\n"
		     "26 28 0:22 / /srv/proc rw - proc proc rw,hidepid=4\n");
	assert_int_equal(rights_explain(root, 4388, false, &err), -1);
	assert_non_null(strstr(err.msg, "mounted with hidepid=invisible)"));
	assert_non_null(strstr(err.msg, SETCAP));
	assert_null(strstr(err.msg, "usermod"));
	fixture_remove(root);
}

static void hidden_text(const char *options, struct err *err)
{
	char *root = fixture_dir(), text[256];

	snprintf(text, sizeof(text),
		 "25 28 0:22 / /proc rw - proc proc rw,%s\n", options);
	fixture_file(root, "self/mountinfo", text);
	*err = (struct err)ERR_INIT;
	assert_int_equal(rights_explain(root, 4388, false, err), -1);
	fixture_remove(root);
}

/* The group of the mount is named: by its number where it has no name. Of
 * "ptraceable" no group is exempt. */
static void test_hidden_from_all_but(void **state)
{
	struct err err;

	(void)state;
	hidden_text("gid=4123456789,hidepid=invisible", &err);
	assert_non_null(strstr(err.msg, "hidepid=invisible)"));
	assert_non_null(strstr(err.msg, "usermod -aG 4123456789 $USER"));
	hidden_text("hidepid=2,gid=4123456789", &err);
	assert_non_null(strstr(err.msg, "usermod -aG 4123456789 $USER"));
	for (int i = 0; i < 2; i++) {
		hidden_text(i ? "gid=4123456789,hidepid=ptraceable"
			      : "gid=4123456789,hidepid=4",
			    &err);
		assert_non_null(strstr(err.msg, "mounted with hidepid="));
		assert_null(strstr(err.msg, "usermod"));
	}
	/* A made-up /proc may say anything. */
	hidden_text("hidepid=\033[31m", &err);
	assert_null(strchr(err.msg, '\033'));
}

/* Of a tree that is not our own /proc, PID 1 is nobody we know. */
static void test_hides(void **state)
{
	char *root = fixture_dir(), text[256];
	struct procfs fs;
	pid_t child;
	int status;

	(void)state;
	assert_int_equal(procfs_open(&fs, root, NULL), 0);
	child = fork();
	if (child == 0) {
		if (geteuid() == 0 && setuid(65534))
			_exit(2);
		_exit(rights_hides(&fs, text, sizeof(text)));
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	procfs_release(&fs);
	fixture_remove(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reasons),
		cmocka_unit_test(test_hidden),
		cmocka_unit_test(test_hidden_from_all_but),
		cmocka_unit_test(test_hides),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
