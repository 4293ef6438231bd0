/* test_sockets.c - listening sockets, of a made-up table and of ourselves. */
#include <residue/proc/sockets.h>

#include <residue/base/mem.h>

#include "http_server.h"
#include "proc_fixture.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char tcp[] =
	"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when "
	"retrnsmt   uid  timeout inode\n"
	"   0: 0100007F:17AC 00000000:0000 0A 00000000:00000000 00:00000000 "
	"00000000  1000        0 501 1 0000000000000000 100 0 0 10 0\n"
	"   1: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 "
	"00000000     0        0 502 1 0000000000000000 100 0 0 10 0\n"
	/* established, and one that is another process's */
	"   2: 0100007F:17AC 0100007F:ABCD 01 00000000:00000000 00:00000000 "
	"00000000  1000        0 503 1 0000000000000000 100 0 0 10 0\n"
	"   3: 0100007F:2222 00000000:0000 0A 00000000:00000000 00:00000000 "
	"00000000  1000        0 999 1 0000000000000000 100 0 0 10 0\n"
	/* lines that make no sense */
	"   4: 01007F:1F90 00000000:0000 0A\n"
	"   5: 0100007F:FFFFF 00000000:0000 0A 00000000:00000000 00:00000000 "
	"00000000  1000        0 504 1 0000000000000000 100 0 0 10 0\n"
	"garbage\n";

static const char tcp6[] =
	"  sl  local_address                         remote_address\n"
	"   0: 00000000000000000000000000000000:1770 "
	"00000000000000000000000000000000:0000 0A 00000000:00000000 "
	"00:00000000 00000000     0        0 505 1 0000000000000000 100 0 0 "
	"10 0\n"
	"   1: 00000000000000000000000001000000:1771 "
	"00000000000000000000000000000000:0000 0A 00000000:00000000 "
	"00:00000000 00000000     0        0 506 1 0000000000000000 100 0 0 "
	"10 0\n";

static const char unix_table[] =
	"Num       RefCount Protocol Flags    Type St Inode Path\n"
	"0000000000000000: 00000002 00000000 00010000 0001 01 507 /run/x y\n"
	"0000000000000000: 00000002 00000000 00010000 0001 01 508 @abstract\n"
	"0000000000000000: 00000003 00000000 00000000 0001 03 509 /run/conn\n"
	"0000000000000000: 00000002 00000000 00010000 0005 01 510 /run/seq\n"
	"0000000000000000: 00000002 00000000 00010000 0001 01 511\n";

/* DIR/PID with its tables; it holds the sockets 500 to 511. */
static void process(const char *root, int pid)
{
	char name[64];

	fixture_process(root, pid, "x", 1);
	snprintf(name, sizeof(name), "%d/net/tcp", pid);
	fixture_file(root, name, tcp);
	snprintf(name, sizeof(name), "%d/net/tcp6", pid);
	fixture_file(root, name, tcp6);
	snprintf(name, sizeof(name), "%d/net/unix", pid);
	fixture_file(root, name, unix_table);
	snprintf(name, sizeof(name), "%d/ns/net", pid);
	fixture_file(root, name, "");
	snprintf(name, sizeof(name), "%d/fd/x", pid);
	fixture_file(root, name, "");
	for (int i = 500; i <= 511; i++) {
		char *link = mem_printf("%s/%d/fd/%d", root, pid, i);
		char *to = mem_printf("socket:[%d]", i);

		assert_int_equal(symlink(to, link), 0);
		free(link);
		free(to);
	}
}

static void of_a_table(void **state)
{
	static const struct listener want[] = {
		{AF_UNIX, 0, false, "/run/x y", 507},
		{AF_UNIX, 0, false, "@abstract", 508},
		{AF_INET, 80, true, "0.0.0.0", 502},
		{AF_INET, 6060, false, "127.0.0.1", 501},
		{AF_INET6, 6000, true, "::", 505},
		{AF_INET6, 6001, false, "::1", 506},
	};
	char *root = fixture_dir();
	struct socket_tables *t = socket_tables_new();
	struct listener got[LISTENERS_MAX];
	struct proc_id id = {.pid = 5};
	struct err err = ERR_INIT;
	struct procfs fs;
	int dir, n;

	(void)state;
	process(root, 5);
	assert_int_equal(procfs_open(&fs, root, NULL), 0);
	dir = procfs_pid_open(&fs, &id, NULL);
	/* Twice from one reading, and once more after forgetting it. */
	for (int round = 0; round < 3; round++) {
		n = socket_tables_of(t, dir, got, &err);
		if (n < 0)
			fail_msg("%s", err.msg);
		assert_int_equal(n, sizeof(want) / sizeof(want[0]));
		for (int i = 0; i < n; i++) {
			assert_int_equal(got[i].family, want[i].family);
			assert_int_equal(got[i].port, want[i].port);
			assert_int_equal(got[i].any, want[i].any);
			assert_string_equal(got[i].addr, want[i].addr);
			assert_int_equal(got[i].inode, want[i].inode);
		}
		if (round == 0)
			fixture_file(root, "5/net/tcp", "");
		else
			fixture_file(root, "5/net/tcp", tcp);
		if (round == 1)
			socket_tables_forget(t);
	}
	close(dir);
	socket_tables_free(t);
	procfs_release(&fs);
	fixture_remove(root);
}

/* The table of a namespace is read once, whoever of it is asked about. */
static void one_reading_for_all(void **state)
{
	char *root = fixture_dir(), *a, *b;
	struct socket_tables *t = socket_tables_new();
	struct listener got[LISTENERS_MAX];
	struct procfs fs;

	(void)state;
	process(root, 5);
	process(root, 6);
	a = mem_printf("%s/5/ns/net", root);
	b = mem_printf("%s/6/ns/net", root);
	unlink(b);
	assert_int_equal(link(a, b), 0); /* the same namespace */
	fixture_file(root, "6/net/tcp", "");
	assert_int_equal(procfs_open(&fs, root, NULL), 0);
	for (pid_t pid = 5; pid <= 6; pid++) {
		struct proc_id id = {.pid = pid};
		int dir = procfs_pid_open(&fs, &id, NULL);

		assert_int_equal(socket_tables_of(t, dir, got, NULL), 6);
		close(dir);
	}
	free(a);
	free(b);
	socket_tables_free(t);
	procfs_release(&fs);
	fixture_remove(root);
}

static void our_own(void **state)
{
	struct http_server *s = http_server_start(NULL), *u;
	struct socket_tables *t = socket_tables_new();
	struct listener got[LISTENERS_MAX];
	struct proc_id id = {.pid = getpid()};
	struct err err = ERR_INIT;
	struct procfs fs;
	bool has_tcp = false, has_unix = false;
	char name[64];
	int dir, n;

	(void)state;
	snprintf(name, sizeof(name), "@residue-test-sockets-%d", (int)getpid());
	u = http_server_start(name);
	assert_int_equal(procfs_open(&fs, NULL, NULL), 0);
	dir = procfs_pid_open(&fs, &id, NULL);
	n = socket_tables_of(t, dir, got, &err);
	if (n < 0)
		fail_msg("%s", err.msg);
	for (int i = 0; i < n; i++) {
		has_tcp = has_tcp || (got[i].family == AF_INET &&
				      got[i].port == http_server_port(s) &&
				      !strcmp(got[i].addr, "127.0.0.1"));
		has_unix = has_unix || (got[i].family == AF_UNIX &&
					!strcmp(got[i].addr, name));
	}
	assert_true(has_tcp);
	assert_true(has_unix);
	close(dir);
	socket_tables_free(t);
	procfs_release(&fs);
	http_server_stop(s);
	http_server_stop(u);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_a_table),
		cmocka_unit_test(one_reading_for_all),
		cmocka_unit_test(our_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
