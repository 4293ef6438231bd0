/* test_smaps.c - smaps_rollup, and the policy that spares the target. */
#include <residue/proc/smaps.h>

#include "proc_fixture.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include <unistd.h>

#define GIB (1LL << 30)

static const char text[] =
	"00400000-7ffd0000 ---p 00000000 00:00 0       [rollup]\n"
	"Rss:             1000 kB\nPss:              900 kB\n"
	"Pss_Dirty:        500 kB\nPss_Anon:         600 kB\n"
	"Pss_File:         290 kB\nPss_Shmem:         10 kB\n"
	"Shared_Clean:     200 kB\nShared_Dirty:       4 kB\n"
	"Private_Clean:     96 kB\nPrivate_Dirty:    700 kB\n"
	"Referenced:       900 kB\nAnonymous:        650 kB\n"
	"KSM:                0 kB\nLazyFree:         120 kB\n"
	"AnonHugePages:    512 kB\nSwap:              16 kB\n"
	"SwapPss:            8 kB\nLocked:             0 kB\n";

static void parse_in_bytes(void **state)
{
	struct smaps_rollup s = {0};

	(void)state;
	assert_int_equal(smaps_parse(&s, text, sizeof(text) - 1, NULL), 0);
	assert_int_equal(s.known, (SMAPS_LOCKED << 1) - 1);
	assert_int_equal(s.rss, 1000 * 1024);
	assert_int_equal(s.pss, 900 * 1024);
	assert_int_equal(s.pss_anon, 600 * 1024);
	assert_int_equal(s.pss_file, 290 * 1024);
	assert_int_equal(s.shared_clean, 200 * 1024);
	assert_int_equal(s.shared_dirty, 4 * 1024);
	assert_int_equal(s.private_clean, 96 * 1024);
	assert_int_equal(s.private_dirty, 700 * 1024);
	assert_int_equal(s.anonymous, 650 * 1024);
	assert_int_equal(s.lazy_free, 120 * 1024);
	assert_int_equal(s.anon_huge, 512 * 1024);
	assert_int_equal(s.swap, 16 * 1024);
	assert_int_equal(s.swap_pss, 8 * 1024);
}

static void parse_refuses_without_rss(void **state)
{
	struct smaps_rollup s = {0};
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(smaps_parse(&s, "Pss: 4 kB\n", 10, &err), -1);
	assert_int_equal(err.code, ERR_FORMAT);
}

static int open_dir(struct procfs *fs, const char *root, pid_t pid)
{
	struct proc_id id = {.pid = pid};
	struct err err = ERR_INIT;
	int dir;

	assert_int_equal(procfs_open(fs, root, &err), 0);
	dir = procfs_pid_open(fs, &id, &err);
	if (dir < 0)
		fail_msg("%s", err.msg);
	return dir;
}

static void read_ourselves(void **state)
{
	struct smaps_rollup s;
	struct procfs fs;
	struct err err = ERR_INIT;
	int dir = open_dir(&fs, NULL, getpid());

	(void)state;
	if (smaps_read(dir, &s, &err))
		fail_msg("%s", err.msg);
	assert_true(s.rss > 0 && s.pss > 0 && s.pss <= s.rss);
	assert_true(s.begin_ns <= s.end_ns);
	assert_true(s.cost_ns > 0);
	close(dir);
	procfs_release(&fs);
}

static void old_kernel_is_unsupported(void **state)
{
	char *root = fixture_dir();
	struct smaps_rollup s;
	struct procfs fs;
	struct err err = ERR_INIT;
	int dir;

	(void)state;
	fixture_process(root, 77, "old", 5);
	dir = open_dir(&fs, root, 77);
	assert_int_equal(smaps_read(dir, &s, &err), -1);
	assert_int_equal(err.code, ERR_UNSUPPORTED);
	assert_non_null(strstr(err.msg, "4.14"));
	/* A process that has exited reads as nothing. */
	fixture_file(root, "77/smaps_rollup", "");
	assert_int_equal(smaps_read(dir, &s, &err), -1);
	assert_int_equal(err.code, ERR_GONE);
	close(dir);
	procfs_release(&fs);
	fixture_remove(root);
}

static void denied_says_what_would_permit(void **state)
{
	char *root = fixture_dir();
	struct smaps_rollup s;
	struct procfs fs;
	struct err err = ERR_INIT;
	int dir;

	(void)state;
	/* Init's is root's: only an ordinary user is refused. */
	dir = open_dir(&fs, NULL, 1);
	if (smaps_read(dir, &s, &err) != 0) {
		assert_int_equal(err.code, ERR_DENIED);
		assert_non_null(strstr(err.msg, "cap_sys_ptrace"));
	}
	close(dir);
	procfs_release(&fs);
	fixture_remove(root);
}

static void policy_before_the_first_read(void **state)
{
	const struct smaps_policy none = {0};

	(void)state;
	assert_int_equal(smaps_policy_predict_ns(&none, 0), 0);
	assert_int_equal(smaps_policy_predict_ns(&none, GIB), 6500000);
	assert_int_equal(smaps_policy_predict_ns(&none, 8 * GIB), 52000000);
	assert_true(smaps_policy_automatic(&none, GIB));
	assert_true(smaps_policy_automatic(&none, 1500 * GIB / 1000));
	assert_false(smaps_policy_automatic(&none, 2 * GIB));
	assert_int_equal(smaps_policy_period_ns(&none, GIB / 100),
			 SMAPS_PERIOD_MIN_NS);
	/* 52 ms may be spent every 520 s. */
	assert_int_equal(smaps_policy_period_ns(&none, 8 * GIB),
			 520 * NS_PER_SEC);
	assert_true(smaps_policy_predict_ns(&none, INT64_MAX) > 0);
	assert_true(smaps_policy_period_ns(&none, INT64_MAX) > 0);
}

static void policy_learns(void **state)
{
	struct smaps_policy p = {0};

	(void)state;
	/* Huge pages: 8 GiB cost 1 ms. */
	smaps_policy_learn(&p, 8 * GIB, NS_PER_MS);
	assert_int_equal(smaps_policy_predict_ns(&p, 8 * GIB), NS_PER_MS);
	assert_int_equal(smaps_policy_predict_ns(&p, 4 * GIB), NS_PER_MS / 2);
	assert_true(smaps_policy_automatic(&p, 8 * GIB));
	/* What came on top need not be huge pages. */
	assert_int_equal(smaps_policy_predict_ns(&p, 10 * GIB),
			 NS_PER_MS + 13000000);
	assert_false(smaps_policy_automatic(&p, 10 * GIB));
	/* Dearer than expected: less often, then not at all. */
	smaps_policy_learn(&p, GIB, 9 * NS_PER_MS);
	assert_true(smaps_policy_automatic(&p, GIB));
	assert_false(smaps_policy_automatic(&p, 5 * GIB / 4));
	/* A read that says nothing changes nothing. */
	smaps_policy_learn(&p, 0, 5);
	assert_int_equal(p.rss, GIB);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parse_in_bytes),
		cmocka_unit_test(parse_refuses_without_rss),
		cmocka_unit_test(read_ourselves),
		cmocka_unit_test(old_kernel_is_unsupported),
		cmocka_unit_test(denied_says_what_would_permit),
		cmocka_unit_test(policy_before_the_first_read),
		cmocka_unit_test(policy_learns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
