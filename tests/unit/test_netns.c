/*
 * test_netns.c - sockets opened where a target lives. The targets are children
 * that unshare namespaces; where this machine forbids that, the test is
 * skipped and says so.
 */
#include <residue/proc/netns.h>

#include "proc_fixture.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static void loopback_up(void)
{
	struct ifreq r = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (ioctl(fd, SIOCSIFFLAGS, &r))
		_exit(3);
	close(fd);
}

/* The child: new namespaces, a listener on 127.0.0.1 that greets whoever
 * comes, its port said through `to`. */
static void serve(int flags, int to)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
				.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);
	int fd, c, port;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (unshare(flags))
		_exit(2);
	loopback_up();
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(fd, (struct sockaddr *)&a, len) || listen(fd, 4) ||
	    getsockname(fd, (struct sockaddr *)&a, &len))
		_exit(4);
	port = ntohs(a.sin_port);
	if (write(to, &port, sizeof(port)) != sizeof(port))
		_exit(5);
	while ((c = accept(fd, NULL, NULL)) >= 0) {
		if (write(c, "inside", 6) != 6)
			_exit(6);
		close(c);
	}
	_exit(7);
}

/* 0 when the namespaces cannot be made here. */
static pid_t target(int flags, int *port)
{
	int said[2];
	pid_t pid;
	ssize_t n;

	assert_int_equal(pipe2(said, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		serve(flags, said[1]);
	close(said[1]);
	n = read(said[0], port, sizeof(*port));
	close(said[0]);
	if (n == sizeof(*port))
		return pid;
	waitpid(pid, NULL, 0);
	return 0;
}

/* Connect through a socket of the target's: does its server answer? */
static int reach(pid_t pid, int port, struct err *err)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
				.sin_port = htons((uint16_t)port),
				.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct proc_id id = {.pid = pid};
	char got[7] = "";
	struct procfs fs;
	int dir, fd;

	if (procfs_open(&fs, NULL, err))
		return -1;
	dir = procfs_pid_open(&fs, &id, err);
	fd = dir < 0 ? -1 : netns_socket(dir, AF_INET, SOCK_STREAM, 0, err);
	if (dir >= 0)
		close(dir);
	procfs_release(&fs);
	if (fd < 0)
		return -1;
	if (!(fcntl(fd, F_GETFD) & FD_CLOEXEC) ||
	    connect(fd, (struct sockaddr *)&a, sizeof(a)) ||
	    recv(fd, got, 6, MSG_WAITALL) != 6 || strcmp(got, "inside") != 0) {
		close(fd);
		return err_sys(err, errno, "the target's server");
	}
	close(fd);
	return 0;
}

static void same_namespace(void **state)
{
	struct proc_id id = {.pid = getpid()};
	struct err err = ERR_INIT;
	struct procfs fs;
	int dir, fd;

	(void)state;
	assert_int_equal(procfs_open(&fs, NULL, NULL), 0);
	dir = procfs_pid_open(&fs, &id, NULL);
	fd = netns_socket(dir, AF_INET, SOCK_STREAM, 0, &err);
	if (fd < 0)
		fail_msg("%s", err.msg);
	close(fd);
	close(dir);
	procfs_release(&fs);
}

static void another_namespace(void **state)
{
	struct stat before, after;
	struct err err = ERR_INIT;
	int port = 0;
	pid_t pid = target(CLONE_NEWNET, &port);

	(void)state;
	if (!pid) {
		print_message("no new network namespace here\n");
		skip();
	}
	assert_int_equal(stat("/proc/self/ns/net", &before), 0);
	if (reach(pid, port, &err))
		fail_msg("%s", err.msg);
	/* We are where we were. */
	assert_int_equal(stat("/proc/self/ns/net", &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	fixture_kill(pid, true);
}

/* An ordinary user, whose target lives in a user namespace of its own: only
 * the forked helper gets in. */
static void rootless(void **state)
{
	int status, port = 0;
	pid_t user = fork(), pid;

	(void)state;
	assert_true(user >= 0);
	if (user == 0) {
		struct err err = ERR_INIT;

		if (geteuid() == 0 && (setgid(65534) || setuid(65534)))
			_exit(2);
		/* setuid makes us undumpable, our /proc files root's. */
		prctl(PR_SET_DUMPABLE, 1);
		pid = target(CLONE_NEWUSER | CLONE_NEWNET, &port);
		if (!pid)
			_exit(77);
		status = reach(pid, port, &err);
		if (status)
			fprintf(stderr, "%s\n", err.msg);
		kill(pid, SIGKILL);
		_exit(status ? 1 : 0);
	}
	assert_int_equal(waitpid(user, &status, 0), user);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
		print_message("no unprivileged user namespaces here\n");
		skip();
	}
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* Another user's target: words, and no socket in the wrong place. */
static void refused(void **state)
{
	int status, port = 0;
	pid_t pid = target(CLONE_NEWNET, &port), user;

	(void)state;
	if (!pid || geteuid() != 0) {
		print_message("needs root and a new network namespace\n");
		skip();
	}
	user = fork();
	if (user == 0) {
		struct err err = ERR_INIT;

		if (setgid(65534) || setuid(65534))
			_exit(2);
		if (reach(pid, port, &err) == 0)
			_exit(3);
		_exit(err.code == ERR_DENIED &&
				      strstr(err.msg, "cap_sys_ptrace")
			      ? 0
			      : 4);
	}
	assert_int_equal(waitpid(user, &status, 0), user);
	fixture_kill(pid, true);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void paths(void **state)
{
	char *root = fixture_dir(), out[256], want[256];
	struct err err = ERR_INIT;
	struct procfs fs;

	(void)state;
	/* Our own root: as it is. */
	assert_int_equal(procfs_open(&fs, NULL, NULL), 0);
	assert_int_equal(netns_path(&fs, getpid(), "/run/x.sock", out,
				    sizeof(out), &err),
			 0);
	assert_string_equal(out, "/run/x.sock");
	procfs_release(&fs);
	/* Another: through the process. */
	fixture_process(root, 5, "x", 1);
	fixture_file(root, "5/root/run/x.sock", "");
	assert_int_equal(procfs_open(&fs, root, NULL), 0);
	assert_int_equal(
		netns_path(&fs, 5, "/run/x.sock", out, sizeof(out), &err), 0);
	snprintf(want, sizeof(want), "%s/5/root/run/x.sock", root);
	assert_string_equal(out, want);
	assert_int_equal(netns_path(&fs, 5, "/run/x.sock", out, 16, &err), -1);
	assert_int_equal(err.code, ERR_LIMIT);
	procfs_release(&fs);
	fixture_remove(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_namespace),
		cmocka_unit_test(another_namespace),
		cmocka_unit_test(rootless),
		cmocka_unit_test(refused),
		cmocka_unit_test(paths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
