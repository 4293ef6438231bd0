/*
 * test_pidfd.c - who a process is: exit, zombie, exec and PID reuse seen by
 * the fast lane's handle, with kept descriptors and without.
 */
#include <residue/proc/handle.h>

#include "proc_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static struct proc_handle *opened(struct procfs *fs, pid_t pid)
{
	struct proc_id id = {.pid = pid};
	struct err err = ERR_INIT;
	struct proc_handle *h = proc_handle_open(fs, &id, &err);

	if (!h)
		fail_msg("%s", err.msg);
	return h;
}

static struct proc_fast read_ok(struct proc_handle *h)
{
	struct proc_fast f;
	struct err err = ERR_INIT;

	if (proc_read_fast(h, &f, &err))
		fail_msg("%s", err.msg);
	return f;
}

static void live_root(struct procfs *fs, int kept_max)
{
	assert_int_equal(procfs_open(fs, NULL, NULL), 0);
	assert_true(fs->live);
	fs->kept_max = kept_max;
}

static void alive_zombie_exited(int kept_max)
{
	struct procfs fs;
	pid_t pid = fixture_child();
	struct proc_handle *h;
	struct proc_fast f;

	live_root(&fs, kept_max);
	h = opened(&fs, pid);
	f = read_ok(h);
	assert_int_equal(f.life, PROC_ALIVE);
	assert_true(f.known & PROC_FAST_RSS && f.rss > 0);
	/* A sanitizer may have a thread of its own. */
	assert_true(f.known & PROC_FAST_THREADS && f.threads >= 1);
	assert_true(f.begin_ns > 0 && f.begin_ns <= f.end_ns);
	fixture_kill(pid, false);
	f = read_ok(h);
	assert_int_equal(f.life, PROC_ZOMBIE);
	assert_int_equal(f.known, 0);
	waitpid(pid, NULL, 0);
	f = read_ok(h);
	assert_int_equal(f.life, PROC_EXITED);
	assert_int_equal(f.known, 0);
	assert_int_equal(read_ok(h).life, PROC_EXITED);
	proc_handle_free(h);
	assert_int_equal(atomic_load(&fs.kept), 0);
	procfs_release(&fs);
}

static void life_with_kept_descriptors(void **state)
{
	(void)state;
	alive_zombie_exited(512);
}

static void life_without(void **state)
{
	(void)state;
	alive_zombie_exited(0);
}

/* A child that waits for a byte, then execs `argv`; its end of `done` closes
 * with the exec. */
static pid_t exec_child(int *go, int *done, char *const argv[])
{
	int start[2], over[2];
	pid_t pid;
	char c;

	assert_int_equal(pipe2(start, O_CLOEXEC), 0);
	assert_int_equal(pipe2(over, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(over[0]);
		if (read(start[0], &c, 1) == 1)
			execv(argv[0], argv);
		_exit(9);
	}
	close(start[0]);
	close(over[1]);
	*go = start[1];
	*done = over[0];
	return pid;
}

static void let_exec(int go, int done)
{
	char c;

	assert_int_equal(write(go, "x", 1), 1);
	assert_int_equal(read(done, &c, 1), 0);
	close(go);
	close(done);
}

static void exec_seen(int kept_max, char *const argv[], bool suspect)
{
	struct procfs fs;
	struct proc_handle *h;
	struct proc_fast f;
	int go, done;
	pid_t pid = exec_child(&go, &done, argv);

	live_root(&fs, kept_max);
	h = opened(&fs, pid);
	assert_int_equal(read_ok(h).life, PROC_ALIVE);
	proc_handle_suspect_exec(h); /* unfounded */
	assert_int_equal(read_ok(h).life, PROC_ALIVE);
	let_exec(go, done);
	if (suspect)
		proc_handle_suspect_exec(h);
	f = read_ok(h);
	assert_int_equal(f.life, PROC_EXECED);
	assert_true(f.known & PROC_FAST_RSS && f.rss > 0);
	assert_int_equal(proc_handle_generation(h), 1);
	f = read_ok(h);
	assert_int_equal(f.life, PROC_ALIVE);
	fixture_kill(pid, true);
	assert_int_equal(read_ok(h).life, PROC_EXITED);
	proc_handle_free(h);
	procfs_release(&fs);
}

static void exec_of_another_program(void **state)
{
	char *const argv[] = {"/bin/sleep", "600", NULL};

	(void)state;
	exec_seen(512, argv, false);
	exec_seen(0, argv, false);
}

/* The same file again: same comm, same inode. */
static void exec_of_itself(void **state)
{
	char *const argv[] = {"/proc/self/exe", "--pause", NULL};

	(void)state;
	exec_seen(512, argv, true);
}

static void reuse_seen(void **state)
{
	char *root = fixture_dir();
	struct proc_id id = {.pid = 99, .starttime = 1000};
	struct err err = ERR_INIT;
	struct proc_handle *h;
	struct procfs fs;

	(void)state;
	fixture_process(root, 99, "first", 1000);
	assert_int_equal(procfs_open(&fs, root, NULL), 0);
	assert_false(fs.live);
	fs.kept_max = 0;
	h = opened(&fs, 99);
	assert_int_equal(proc_handle_id(h)->starttime, 1000);
	assert_string_equal(proc_handle_comm(h), "first");
	assert_int_equal(read_ok(h).life, PROC_ALIVE);
	fixture_process(root, 99, "second", 2000);
	assert_int_equal(read_ok(h).life, PROC_REUSED);
	proc_handle_free(h);
	/* And it cannot be opened by its old identity. */
	assert_null(proc_handle_open(&fs, &id, &err));
	assert_int_equal(err.code, ERR_GONE);
	procfs_release(&fs);
	fixture_remove(root);
}

/* Another user's process: no start of stack to compare. */
static void exec_judged_by_comm_and_peak(void **state)
{
	static const char hidden[] =
		"5 (%s) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 50 0 0 0\n";
	char *root = fixture_dir(), text[256];
	struct procfs fs;
	struct proc_handle *h;

	(void)state;
	fixture_process(root, 5, "a", 50);
	snprintf(text, sizeof(text), hidden, "a");
	fixture_file(root, "5/stat", text);
	assert_int_equal(procfs_open(&fs, root, NULL), 0);
	h = opened(&fs, 5);
	/* A new name alone is prctl(PR_SET_NAME). */
	fixture_file(root, "5/status",
		     "Name:\tb\nState:\tS\nVmHWM:\t20000 kB\n");
	assert_int_equal(read_ok(h).life, PROC_ALIVE);
	assert_string_equal(proc_handle_comm(h), "b");
	fixture_file(root, "5/status",
		     "Name:\tb\nState:\tS\nVmHWM:\t19990 kB\n");
	assert_int_equal(read_ok(h).life, PROC_ALIVE);
	fixture_file(root, "5/status",
		     "Name:\tc\nState:\tS\nVmHWM:\t19000 kB\n");
	assert_int_equal(read_ok(h).life, PROC_EXECED);
	fixture_file(root, "5/status",
		     "Name:\tc\nState:\tS\nVmHWM:\t4000 kB\n");
	assert_int_equal(read_ok(h).life, PROC_EXECED);
	assert_int_equal(proc_handle_generation(h), 2);
	proc_handle_free(h);
	procfs_release(&fs);
	fixture_remove(root);
}

/* The first thread of a program may end before the others. */
static void dead_leader_is_no_zombie(void **state)
{
	char *root = fixture_dir();
	struct procfs fs;
	struct proc_handle *h;
	struct proc_fast f;

	(void)state;
	fixture_process(root, 5, "a", 50);
	assert_int_equal(procfs_open(&fs, root, NULL), 0);
	h = opened(&fs, 5);
	fixture_file(root, "5/statm", "0 0 0 0 0 0 0\n");
	fixture_file(root, "5/status", "Name:\ta\nState:\tZ\nThreads:\t3\n");
	f = read_ok(h);
	assert_int_equal(f.life, PROC_ALIVE);
	assert_int_equal(f.known, 0);
	proc_handle_free(h);
	procfs_release(&fs);
	fixture_remove(root);
}

static int lowest_free(void)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	close(fd);
	return fd;
}

/* No descriptor to keep: still read, still right. */
static void descriptors_run_out(void **state)
{
	struct procfs fs;
	struct rlimit was, few;
	pid_t pid = fixture_child();
	struct proc_handle *h;

	(void)state;
	live_root(&fs, 512);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &was), 0);
	few = was;
	few.rlim_cur = (rlim_t)lowest_free() + 2;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	h = opened(&fs, pid);
	assert_true(atomic_load(&fs.kept) < 2);
	assert_int_equal(read_ok(h).life, PROC_ALIVE);
	/* What was kept had to be given back for that. */
	assert_int_equal(atomic_load(&fs.kept), 0);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &was), 0);
	/* Kept again when the next look for an exec finds room. */
	proc_handle_suspect_exec(h);
	assert_int_equal(read_ok(h).life, PROC_ALIVE);
	assert_int_equal(atomic_load(&fs.kept), 2);
	fixture_kill(pid, true);
	assert_int_equal(read_ok(h).life, PROC_EXITED);
	assert_int_equal(atomic_load(&fs.kept), 0);
	proc_handle_free(h);
	procfs_release(&fs);
}

static void pidfd_names_the_process(void **state)
{
	struct procfs fs;
	pid_t pid = fixture_child();
	struct proc_handle *h;
	struct proc_id other;
	struct err err = ERR_INIT;
	int fd;

	(void)state;
	live_root(&fs, 512);
	h = opened(&fs, pid);
	fd = procfs_pidfd(&fs, proc_handle_id(h), &err);
	if (fd < 0)
		fail_msg("%s", err.msg);
	assert_true(procfs_pidfd_alive(fd));
	other = *proc_handle_id(h);
	other.starttime++;
	assert_int_equal(procfs_pidfd(&fs, &other, &err), -1);
	assert_int_equal(err.code, ERR_GONE);
	fixture_kill(pid, false);
	assert_false(procfs_pidfd_alive(fd));
	waitpid(pid, NULL, 0);
	assert_int_equal(procfs_pidfd(&fs, proc_handle_id(h), &err), -1);
	assert_int_equal(err.code, ERR_GONE);
	close(fd);
	proc_handle_free(h);
	procfs_release(&fs);
}

/* Stopped, and off its CPU: what the clock says when it moves no more. */
static int64_t cpu_when_stopped(const struct procfs *fs, pid_t pid)
{
	struct timespec pause = {0, 5000000};
	int64_t was = -1, now;
	int status;

	kill(pid, SIGSTOP);
	assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
	for (;;) {
		now = procfs_cpu_ns(fs, pid);
		assert_true(now > 0);
		if (now == was)
			return now;
		was = now;
		nanosleep(&pause, NULL);
	}
}

static void cpu_clock_tells_what_has_run(void **state)
{
	struct procfs fs;
	pid_t pid = fixture_child();
	int64_t first, again;

	(void)state;
	live_root(&fs, 0);
	first = cpu_when_stopped(&fs, pid);
	for (int i = 0; i < 100; i++)
		assert_true(procfs_cpu_ns(&fs, pid) == first);
	kill(pid, SIGCONT);
	assert_int_equal(waitpid(pid, NULL, WCONTINUED), pid);
	again = cpu_when_stopped(&fs, pid);
	assert_true(again > first);
	assert_true(procfs_cpu_ns(&fs, getpid()) > 0);
	fs.live = false; /* its PIDs may be others' */
	assert_int_equal(procfs_cpu_ns(&fs, pid), -1);
	fs.live = true;
	fixture_kill(pid, true);
	assert_int_equal(procfs_cpu_ns(&fs, pid), -1);
	assert_int_equal(procfs_cpu_ns(&fs, 0), -1);
	procfs_release(&fs);
}

static void pidfd_only_of_our_own_proc(void **state)
{
	char *root = fixture_dir();
	struct proc_id id = {.pid = getpid()};
	struct err err = ERR_INIT;
	struct procfs fs;

	(void)state;
	fixture_process(root, getpid(), "me", 1);
	assert_int_equal(procfs_open(&fs, root, NULL), 0);
	assert_int_equal(procfs_pidfd(&fs, &id, &err), -1);
	assert_int_equal(err.code, ERR_UNSUPPORTED);
	procfs_release(&fs);
	fixture_remove(root);
	assert_int_equal(procfs_open(&fs, "/nonexistent", &err), -1);
	assert_int_equal(err.code, ERR_GONE);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(life_with_kept_descriptors),
		cmocka_unit_test(life_without),
		cmocka_unit_test(exec_of_another_program),
		cmocka_unit_test(exec_of_itself),
		cmocka_unit_test(reuse_seen),
		cmocka_unit_test(exec_judged_by_comm_and_peak),
		cmocka_unit_test(dead_leader_is_no_zombie),
		cmocka_unit_test(descriptors_run_out),
		cmocka_unit_test(pidfd_names_the_process),
		cmocka_unit_test(pidfd_only_of_our_own_proc),
		cmocka_unit_test(cpu_clock_tells_what_has_run),
	};

	if (argc > 1 && strcmp(argv[1], "--pause") == 0)
		for (;;)
			pause();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
