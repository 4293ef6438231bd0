/*
 * test_procdir.c - the list of processes: who is wanted, by the executable or a
 * library, asked once a file; new, gone, reused and exec'ed ones.
 */
#include <residue/proc/list.h>

#include <residue/base/mem.h>
#include <residue/proc/mapped.h>

#include "proc_fixture.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Wants files that begin with "GO"; the facts are the rest. */
struct judge {
	int asked, dropped;
};

static void *classify(void *ctx, int fd, const char *path)
{
	struct judge *j = ctx;
	char text[32] = "";

	assert_non_null(path);
	j->asked++;
	if (read(fd, text, sizeof(text) - 1) < 2 || strncmp(text, "GO", 2))
		return NULL;
	return mem_strdup(text + 2);
}

static void drop(void *ctx, void *facts)
{
	struct judge *j = ctx;

	j->dropped++;
	free(facts);
}

struct fixture {
	char *root;
	struct procfs fs;
	struct judge judge;
	struct proc_list *list;
};

static void fixture_open(struct fixture *f)
{
	const struct proc_list_hooks hooks = {.classify = classify,
					      .drop = drop,
					      .ctx = &f->judge,
					      .library_bytes = 1 << 24};

	memset(f, 0, sizeof(*f));
	f->root = fixture_dir();
	assert_int_equal(procfs_open(&f->fs, f->root, NULL), 0);
	f->list = proc_list_new(&f->fs, &hooks);
}

static void fixture_close(struct fixture *f)
{
	proc_list_free(f->list);
	procfs_release(&f->fs);
	fixture_remove(f->root);
}

/* exe is a link, as in /proc; one file may be many processes'. */
static void process(struct fixture *f, int pid, const char *exe, int starttime)
{
	char *link = mem_printf("%s/%d/exe", f->root, pid);
	char *file = mem_printf("../%s", exe);

	fixture_process(f->root, pid, "x", (unsigned long long)starttime);
	unlink(link);
	assert_int_equal(symlink(file, link), 0);
	free(file);
	free(link);
}

static void process_gone(struct fixture *f, int pid)
{
	fixture_remove(mem_printf("%s/%d", f->root, pid));
}

static const struct proc_entry *scan(struct fixture *f, size_t expect)
{
	const struct proc_entry *e;
	struct err err = ERR_INIT;
	size_t n;

	if (proc_list_scan(f->list, &err))
		fail_msg("%s", err.msg);
	e = proc_list_entries(f->list, &n);
	assert_int_equal(n, expect);
	return e;
}

static void asked_once_a_file(void **state)
{
	const struct proc_entry *e;
	const size_t *counts;
	struct fixture f;

	(void)state;
	fixture_open(&f);
	fixture_file(f.root, "bin/a", "GOa");
	fixture_file(f.root, "bin/b", "other");
	fixture_file(f.root, "version", "not a process");
	for (int pid = 30; pid > 20; pid--)
		process(&f, pid, pid % 2 ? "bin/a" : "bin/b", 1000 + pid);
	for (int i = 0; i < 20; i++)
		e = scan(&f, 5);
	assert_int_equal(f.judge.asked, 2);
	for (int i = 0; i < 5; i++) {
		assert_int_equal(e[i].id.pid, 21 + 2 * i);
		assert_int_equal(e[i].id.starttime, 1021 + 2 * i);
		assert_string_equal(e[i].facts, "a");
		assert_int_equal(e[i].generation, 0);
		assert_false(e[i].guessed);
	}
	counts = proc_list_counts(f.list);
	assert_int_equal(counts[PROC_WANTED], 5);
	assert_int_equal(counts[PROC_SKIP_OTHER], 5);
	process_gone(&f, 21);
	e = scan(&f, 4);
	assert_int_equal(e[0].id.pid, 23);
	fixture_close(&f);
	assert_int_equal(f.judge.dropped, 1);
}

static void exec_and_reuse(void **state)
{
	const struct proc_entry *e;
	struct fixture f;

	(void)state;
	fixture_open(&f);
	fixture_file(f.root, "bin/a", "GOa");
	fixture_file(f.root, "bin/c", "GOccc");
	fixture_file(f.root, "bin/b", "other");
	process(&f, 7, "bin/b", 50);
	scan(&f, 0);
	/* A young process is looked at every time. */
	process(&f, 7, "bin/a", 50);
	e = scan(&f, 1);
	assert_string_equal(e->facts, "a");
	process(&f, 7, "bin/c", 50);
	e = scan(&f, 1);
	assert_string_equal(e->facts, "ccc");
	assert_int_equal(e->generation, 1);
	/* Its PID given to another process: a directory of its own. */
	assert_int_equal(renameat(f.fs.fd, "7", f.fs.fd, "was7"), 0);
	process(&f, 7, "bin/a", 99);
	e = scan(&f, 1);
	assert_int_equal(e->id.starttime, 99);
	assert_int_equal(e->generation, 0);
	assert_int_equal(f.judge.asked, 3);
	fixture_close(&f);
}

static void reasons_for_the_others(void **state)
{
	const size_t *counts;
	struct fixture f;

	(void)state;
	fixture_open(&f);
	/* A kernel thread and a zombie have no executable to be seen. */
	fixture_file(f.root, "2/stat",
		     "2 (kthreadd) S 0 0 0 0 -1 2129984 0 0 0 0 0 0 0 0 20 0 1 "
		     "0 4 0 0 0\n");
	fixture_file(f.root, "9/stat",
		     "9 (dead) Z 1 0 0 0 -1 4194560 0 0 0 0 0 0 0 0 20 0 1 0 9 "
		     "0 0 0\n");
	/* Not a regular file: opening it could act on something. */
	fixture_process(f.root, 11, "pipe", 1);
	assert_int_equal(mkfifoat(f.fs.fd, "11/exe", 0600), 0);
	scan(&f, 0);
	counts = proc_list_counts(f.list);
	assert_int_equal(counts[PROC_SKIP_KERNEL], 1);
	assert_int_equal(counts[PROC_SKIP_ZOMBIE], 1);
	assert_int_equal(counts[PROC_SKIP_DENIED], 1);
	assert_int_equal(f.judge.asked, 0);
	fixture_close(&f);
}

/* ---- libraries ------------------------------------------------------------ */

/* Mapped as maps has it; `rights`: "r-xp". */
static void map(struct fixture *f, int pid, const char *file,
		const char *rights, int inode_off)
{
	char *name = mem_printf("%s/%d/maps", f->root, pid);
	char *path = mem_printf("%s/%s", f->root, file);
	struct stat st;
	FILE *maps;

	assert_int_equal(stat(path, &st), 0);
	maps = fopen(name, "ae");
	assert_non_null(maps);
	fprintf(maps,
		"55d0c0000000-55d0c0001000 rw-p 00000000 00:00 0 \n"
		"7f1c0e000000-7f1c0e021000 %s 00026000 fe:01 %llu%19s/%s\n"
		"7ffd0e000000-7ffd0e021000 r-xp 00000000 00:00 0   [vdso]\n",
		rights, (unsigned long long)st.st_ino + (unsigned)inode_off, "",
		file);
	assert_int_equal(fclose(maps), 0);
	free(path);
	free(name);
}

/* A process that is not wanted for its executable. */
static void host(struct fixture *f, int pid, int threads)
{
	char name[64], *root = mem_printf("%s/%d/root", f->root, pid);

	process(f, pid, "bin/c", 1000 + pid);
	unlink(root);
	assert_int_equal(symlink("..", root), 0);
	free(root);
	for (int i = 0; i < threads; i++) {
		snprintf(name, sizeof(name), "%d/task/%d/comm", pid, pid + i);
		fixture_file(f->root, name, "x");
	}
}

/* Whether this file system counts the folders in one, as procfs does. */
static bool counts_folders(const struct fixture *f)
{
	struct stat st;

	return fstatat(f->fs.fd, "6/task", &st, 0) == 0 && st.st_nlink == 3;
}

static void by_library(void **state)
{
	const struct proc_entry *e;
	struct fixture f;
	size_t n;

	(void)state;
	fixture_open(&f);
	fixture_file(f.root, "bin/c", "other");
	fixture_file(f.root, "lib/one", "GOone");
	fixture_file(f.root, "lib/two", "GOtwo");
	fixture_file(f.root, "lib/libc", "other");
	for (int pid = 5; pid <= 10; pid++) {
		host(&f, pid, pid == 6 ? 1 : 2);
		map(&f, pid, "lib/libc", "r-xp", 0);
		map(&f, pid, "lib/one", pid == 7 ? "r--p" : "r-xp", pid == 9);
	}
	fixture_file(f.root, "10/statm", "4 1 0 0 0 0 0\n"); /* too small */
	map(&f, 8, "lib/two", "r-xp", 0);
	map(&f, 8, "lib/one", "r-xp", 0); /* in two pieces */
	n = counts_folders(&f) ? 2 : 3;
	for (int i = 0; i < 20; i++)
		e = scan(&f, n);
	assert_int_equal(e[0].id.pid, 5);
	assert_int_equal(e[0].id.starttime, 1005);
	assert_string_equal(e[0].facts, "one");
	assert_int_equal(e[0].libraries, 1);
	assert_int_equal(e[n - 1].id.pid, 8);
	assert_int_equal(e[n - 1].libraries, 2);
	assert_int_equal(f.judge.asked, 4);
	/* Another program, without the library. */
	fixture_file(f.root, "bin/a", "GOa");
	process(&f, 5, "bin/a", 1005);
	e = scan(&f, n);
	assert_string_equal(e[0].facts, "a");
	assert_int_equal(e[0].libraries, 0);
	assert_int_equal(e[0].generation, 1);
	fixture_close(&f);
	assert_int_equal(f.judge.dropped, 3);
}

#define MANY 300

struct turns {
	unsigned looks[MANY];
	bool refused;
};

static bool take_turn(void *ctx, pid_t pid, enum proc_look what)
{
	struct turns *t = ctx;

	if (what == PROC_LOOK_MAPS)
		t->looks[pid - 1]++;
	return !t->refused || what != PROC_LOOK_MAPS;
}

static void *never(void *ctx, int fd, const char *path)
{
	(void)ctx;
	(void)fd;
	(void)path;
	return NULL;
}

/* Maps are costly: all are read in the first scan, then as many as the time
 * allows, those first that waited longest. */
static void maps_in_turn(void **state)
{
	struct turns t = {.looks = {0}};
	const struct proc_list_hooks hooks = {
		.classify = never, .enter = take_turn, .ctx = &t};
	char name[64], *maps = mem_zalloc(1, 1 << 17);
	struct fixture f;
	unsigned sum = 0;

	(void)state;
	fixture_open(&f);
	proc_list_free(f.list);
	f.list = proc_list_new(&f.fs, &hooks);
	fixture_file(f.root, "bin/c", "other");
	for (size_t n = 0; n < 1 << 16;)
		n += (size_t)sprintf(maps + n,
				     "7f1c0e000000-7f1c0e021000 rw-p 00000000 "
				     "00:00 0 \n");
	for (int pid = 1; pid <= MANY; pid++) {
		host(&f, pid, 0);
		snprintf(name, sizeof(name), "%d/maps", pid);
		fixture_file(f.root, name, maps);
	}
	scan(&f, 0);
	for (int i = 0; i < MANY; i++)
		assert_int_equal(t.looks[i], 1);
	for (int round = 0; round < 3; round++) {
		unsigned least = UINT_MAX, most = 0;

		scan(&f, 0);
		sum = 0;
		for (int i = 0; i < MANY; i++) {
			least = t.looks[i] < least ? t.looks[i] : least;
			most = t.looks[i] > most ? t.looks[i] : most;
			sum += t.looks[i];
		}
		assert_true(most - least <= 1);
	}
	/* The first takes its time; a debt is paid back by all. */
	assert_true(sum > MANY && sum < 4 * MANY);
	free(maps);
	fixture_close(&f);
}

static void *classify_turns(void *ctx, int fd, const char *path)
{
	struct judge j = {0};

	(void)ctx;
	return classify(&j, fd, path);
}

static void drop_turns(void *ctx, void *facts)
{
	(void)ctx;
	free(facts);
}

/* Nobody may look at its maps: what was known of it stands. */
static void maps_set_aside(void **state)
{
	struct turns t = {.refused = false};
	const struct proc_list_hooks hooks = {.classify = classify_turns,
					      .drop = drop_turns,
					      .enter = take_turn,
					      .ctx = &t};
	struct fixture f;

	(void)state;
	fixture_open(&f);
	proc_list_free(f.list);
	f.list = proc_list_new(&f.fs, &hooks);
	fixture_file(f.root, "bin/c", "other");
	fixture_file(f.root, "lib/one", "GOone");
	host(&f, 5, 2);
	map(&f, 5, "lib/one", "r-xp", 0);
	scan(&f, 1);
	t.refused = true;
	host(&f, 6, 2);
	map(&f, 6, "lib/one", "r-xp", 0);
	scan(&f, 1);
	t.refused = false;
	scan(&f, 2);
	fixture_close(&f);
}

struct files {
	char text[8192];
};

static bool add_file(void *ctx, const struct mapped *m)
{
	struct files *f = ctx;
	size_t n = strlen(f->text);

	snprintf(f->text + n, sizeof(f->text) - n, "%llx %llu %s\n",
		 (unsigned long long)m->dev, (unsigned long long)m->ino,
		 m->name);
	return true;
}

static void files_of(const char *root, pid_t pid, struct files *out)
{
	struct proc_id id = {.pid = pid};
	struct procfs fs;
	int dir;

	out->text[0] = '\0';
	assert_int_equal(procfs_open(&fs, root, NULL), 0);
	dir = procfs_pid_open(&fs, &id, NULL);
	assert_true(dir >= 0);
	assert_int_equal(mapped_each(dir, add_file, out, NULL), 0);
	close(dir);
	procfs_release(&fs);
}

/* What the kernel answers is what the text of maps says. */
static void mapped_both_ways(void **state)
{
	char *root = fixture_dir(), text[65536];
	struct files asked, read;
	ssize_t n;
	int self = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);

	(void)state;
	n = procfs_read(self, "maps", text, sizeof(text), NULL);
	assert_true(n > 0 && (size_t)n < sizeof(text) - 1);
	close(self);
	fixture_process(root, 5, "x", 1);
	fixture_file(root, "5/maps", text);
	files_of(NULL, getpid(), &asked);
	files_of(root, 5, &read);
	assert_non_null(strstr(asked.text, "test_procdir"));
	assert_non_null(strstr(asked.text, "/libc"));
	assert_string_equal(asked.text, read.text);
	fixture_remove(root);
}

static void *by_name(void *ctx, int fd, const char *path)
{
	(void)ctx;
	(void)fd;
	(void)path;
	return mem_strdup("any");
}

/* The real /proc: we are there, and so is a child until it is reaped. */
static void live(void **state)
{
	struct judge j = {0};
	const struct proc_list_hooks hooks = {
		.classify = by_name, .drop = drop, .ctx = &j};
	const struct proc_entry *e;
	struct proc_list *l;
	struct procfs fs;
	pid_t child = fixture_child();
	bool us = false, it = false;
	size_t n;

	(void)state;
	assert_int_equal(procfs_open(&fs, NULL, NULL), 0);
	l = proc_list_new(&fs, &hooks);
	assert_int_equal(proc_list_scan(l, NULL), 0);
	e = proc_list_entries(l, &n);
	for (size_t i = 0; i < n; i++) {
		us = us || e[i].id.pid == getpid();
		it = it || e[i].id.pid == child;
		assert_true(i == 0 || e[i - 1].id.pid < e[i].id.pid);
		assert_int_not_equal(e[i].id.starttime, 0);
	}
	assert_true(us && it);
	fixture_kill(child, true);
	assert_int_equal(proc_list_scan(l, NULL), 0);
	e = proc_list_entries(l, &n);
	for (size_t i = 0; i < n; i++)
		assert_int_not_equal(e[i].id.pid, child);
	proc_list_free(l);
	procfs_release(&fs);
	assert_true(j.dropped > 0);
}

/* Not root: another user's executable is closed to us, but /bin/sleep as the
 * command line has it is not. Root stands in for another user here. */
static void guessed_by_an_ordinary_user(void **state)
{
	char *const argv[] = {"/bin/sleep", "600", NULL};
	int over[2], status;
	char c;
	pid_t pid, reader;

	(void)state;
	if (geteuid() != 0)
		return;
	assert_int_equal(pipe2(over, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(over[0]);
		execv(argv[0], argv);
		_exit(1);
	}
	close(over[1]);
	assert_int_equal(read(over[0], &c, 1), 0); /* exec is over */
	close(over[0]);
	reader = fork();
	if (reader == 0) {
		struct judge j = {0};
		const struct proc_list_hooks hooks = {
			.classify = by_name, .drop = drop, .ctx = &j};
		const struct proc_entry *e;
		struct proc_list *l;
		struct procfs fs;
		size_t n;
		int verdict = 1;

		if (setgid(65534) || setuid(65534) ||
		    procfs_open(&fs, NULL, NULL))
			_exit(2);
		l = proc_list_new(&fs, &hooks);
		if (proc_list_scan(l, NULL))
			_exit(3);
		e = proc_list_entries(l, &n);
		for (size_t i = 0; i < n; i++)
			if (e[i].id.pid == pid)
				verdict = e[i].guessed ? 0 : 4;
		if (proc_list_counts(l)[PROC_SKIP_DENIED] == 0)
			verdict = 5; /* init's, at least */
		_exit(verdict);
	}
	assert_int_equal(waitpid(reader, &status, 0), reader);
	fixture_kill(pid, true);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(asked_once_a_file),
		cmocka_unit_test(exec_and_reuse),
		cmocka_unit_test(reasons_for_the_others),
		cmocka_unit_test(by_library),
		cmocka_unit_test(maps_in_turn),
		cmocka_unit_test(maps_set_aside),
		cmocka_unit_test(mapped_both_ways),
		cmocka_unit_test(live),
		cmocka_unit_test(guessed_by_an_ordinary_user),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
