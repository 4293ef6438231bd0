/* proc_fixture.c - throw-away /proc trees and child processes. */
#include "proc_fixture.h"

#include <residue/base/mem.h>

#include <ftw.h>
#include <signal.h>
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

char *fixture_dir(void)
{
	const char *tmp = getenv("TMPDIR");
	char *dir = mem_printf("%s/residue-test-XXXXXX", tmp ? tmp : "/tmp");

	assert_non_null(mkdtemp(dir));
	return dir;
}

static int remove_one(const char *path, const struct stat *st, int kind,
		      struct FTW *at)
{
	(void)st;
	(void)kind;
	(void)at;
	return remove(path);
}

void fixture_remove(char *dir)
{
	assert_int_equal(nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
	free(dir);
}

void fixture_bytes(const char *dir, const char *name, const void *bytes,
		   size_t len)
{
	char *path = mem_printf("%s/%s", dir, name);
	FILE *f;

	for (char *s = path + strlen(dir) + 1; (s = strchr(s, '/')); s++) {
		*s = '\0';
		mkdir(path, 0755);
		*s = '/';
	}
	f = fopen(path, "we");
	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
	free(path);
}

void fixture_file(const char *dir, const char *name, const char *text)
{
	fixture_bytes(dir, name, text, strlen(text));
}

void fixture_process(const char *dir, int pid, const char *comm,
		     unsigned long long starttime)
{
	char name[64], text[512];

	snprintf(name, sizeof(name), "%d/stat", pid);
	snprintf(text, sizeof(text),
		 "%d (%s) S 1 1 1 0 -1 4194560 100 0 0 0 7 3 0 0 20 0 5 0 %llu "
		 "1000000 4096 18446744073709551615 1 1 140000 0 0 0 0 0 0 0 0 "
		 "0 17 1 0 0 0 0 0 0 0 0 0 0 0 0 0\n",
		 pid, comm, starttime);
	fixture_file(dir, name, text);
	snprintf(name, sizeof(name), "%d/statm", pid);
	fixture_file(dir, name, "8192 4096 1024 300 0 2000 0\n");
	snprintf(name, sizeof(name), "%d/status", pid);
	snprintf(text, sizeof(text),
		 "Name:\t%s\nState:\tS (sleeping)\nPid:\t%d\n"
		 "Uid:\t0\t0\t0\t0\nVmHWM:\t   20000 kB\nVmRSS:\t   16384 kB\n"
		 "RssAnon:\t   12288 kB\nRssFile:\t    4000 kB\n"
		 "RssShmem:\t      96 kB\nVmSwap:\t      64 kB\n"
		 "Threads:\t5\n",
		 comm, pid);
	fixture_file(dir, name, text);
}

char *fixture_data(const char *name)
{
	const char *top = getenv("abs_top_srcdir");

	return mem_printf("%s/tests/data/proc/%s", top ? top : ".", name);
}

pid_t fixture_child(void)
{
	pid_t parent = getpid(), pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		/* It outlives no failed test, not even one that is over. */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(0);
		for (;;)
			pause();
	}
	return pid;
}

void fixture_kill(pid_t pid, bool reap)
{
	siginfo_t info;

	kill(pid, SIGKILL);
	assert_int_equal(
		waitid(P_PID, (id_t)pid, &info, WEXITED | (reap ? 0 : WNOWAIT)),
		0);
}
