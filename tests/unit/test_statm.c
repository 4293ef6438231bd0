/* test_statm.c - statm and status: bytes, and what is absent stays absent. */
#include <residue/proc/handle.h>

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

static void statm_in_bytes(void **state)
{
	struct proc_fast f = {0};
	const char *text = "8192 4096 1024 300 0 2000 0\n";

	(void)state;
	assert_int_equal(proc_statm_parse(&f, text, strlen(text), 4096, NULL),
			 0);
	assert_int_equal(f.size, 8192 * 4096);
	assert_int_equal(f.rss, 4096 * 4096);
	assert_int_equal(f.shared, 1024 * 4096);
	assert_int_equal(f.known,
			 PROC_FAST_SIZE | PROC_FAST_RSS | PROC_FAST_SHARED);
	/* Pages are the kernel's, 64 KiB on some arm64. */
	assert_int_equal(proc_statm_parse(&f, text, strlen(text), 65536, NULL),
			 0);
	assert_int_equal(f.rss, 4096LL * 65536);
}

static void statm_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"1 2",
		"a b c",
		"1 -2 3",
		"9223372036854775807 1 1",
		"99999999999999999999 1 1",
	};
	struct proc_fast f = {0};
	struct err err = ERR_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(proc_statm_parse(&f, bad[i], strlen(bad[i]),
						  4096, &err),
				 -1);
		assert_int_equal(err.code, ERR_FORMAT);
		assert_int_equal(f.known, 0);
	}
}

static const char now[] = "Name:\tmy srv\nUmask:\t0022\n"
			  "State:\tS (sleeping)\nTgid:\t12\nVmPeak:\t 9 kB\n"
			  "VmHWM:\t    2048 kB\nVmRSS:\t    1024 kB\n"
			  "RssAnon:\t     700 kB\nRssFile:\t     300 kB\n"
			  "RssShmem:\t      24 kB\nVmSwap:\t       8 kB\n"
			  "Threads:\t17\n";

static void status_in_bytes(void **state)
{
	struct proc_fast f = {0};
	char comm[PROC_COMM_MAX] = "";

	(void)state;
	assert_int_equal(proc_status_parse(&f, comm, now, strlen(now), NULL),
			 0);
	assert_string_equal(comm, "my srv");
	assert_int_equal(f.state, 'S');
	assert_int_equal(f.rss_anon, 700 * 1024);
	assert_int_equal(f.rss_file, 300 * 1024);
	assert_int_equal(f.rss_shmem, 24 * 1024);
	assert_int_equal(f.swap, 8 * 1024);
	assert_int_equal(f.hwm, 2048 * 1024);
	assert_int_equal(f.threads, 17);
	assert_int_equal(f.known, PROC_FAST_RSS_ANON | PROC_FAST_RSS_FILE |
					  PROC_FAST_RSS_SHMEM | PROC_FAST_SWAP |
					  PROC_FAST_HWM | PROC_FAST_THREADS);
}

/* Linux 4.4 and older have no Rss*; unknown is not 0. */
static void status_before_4_5(void **state)
{
	const char *old = "Name:\tx\nState:\tR (running)\nVmHWM:\t  4 kB\n"
			  "VmRSS:\t  4 kB\nVmSwap:\t  0 kB\nThreads:\t1\n";
	struct proc_fast f = {0};

	(void)state;
	assert_int_equal(proc_status_parse(&f, NULL, old, strlen(old), NULL),
			 0);
	assert_int_equal(f.known,
			 PROC_FAST_SWAP | PROC_FAST_HWM | PROC_FAST_THREADS);
}

static void status_odd_values(void **state)
{
	const char *odd =
		"State:\tZ (zombie)\nVmHWM:\t99999999999999999999 kB\n"
		"VmSwap:\t9223372036854775807 kB\nRssAnon: kB\n"
		"RssAnonX:\t5 kB\nRss:\t5 kB\nThreads:\t-4\n";
	struct proc_fast f = {0};
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(proc_status_parse(&f, NULL, odd, strlen(odd), NULL),
			 0);
	assert_int_equal(f.state, 'Z');
	assert_int_equal(f.known, 0);
	assert_int_equal(proc_status_parse(&f, NULL, "Name:\tx\n", 8, &err),
			 -1);
	assert_int_equal(err.code, ERR_FORMAT);
}

/* A name may hold what looks like a line of its own; the kernel escapes its
 * newline, and only the text at a line's start counts. */
static void status_name_is_no_line(void **state)
{
	const char *text = "Name:\tState:\tZ\\nVmHWM:\t1 kB\nState:\tS\n";
	struct proc_fast f = {0};
	char comm[PROC_COMM_MAX] = "";

	(void)state;
	assert_int_equal(proc_status_parse(&f, comm, text, strlen(text), NULL),
			 0);
	assert_int_equal(f.state, 'S');
	assert_int_equal(f.known, 0);
}

static void every_truncation(void **state)
{
	(void)state;
	for (size_t n = 0; n < sizeof(now); n++) {
		char *exact = test_malloc(n + 1), comm[PROC_COMM_MAX];
		struct proc_fast f = {0};
		int r;

		memcpy(exact, now, n);
		r = proc_status_parse(&f, comm, exact, n, NULL);
		assert_true(r == 0 || f.known == 0);
		test_free(exact);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(statm_in_bytes),
		cmocka_unit_test(statm_refused),
		cmocka_unit_test(status_in_bytes),
		cmocka_unit_test(status_before_4_5),
		cmocka_unit_test(status_odd_values),
		cmocka_unit_test(status_name_is_no_line),
		cmocka_unit_test(every_truncation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
