/* list.c - all processes, and which of them are wanted. */
#include <residue/proc/list.h>

#include <residue/base/clock.h>
#include <residue/base/hash.h>
#include <residue/base/mem.h>
#include <residue/proc/stat.h>

#include "exes.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define YOUNG_NS  (10 * NS_PER_SEC)
#define PATH_ROOM 4096
#define ROUNDS	  16 /* the older ones are checked at every so many scans */

/* One process as of the last scan. */
struct seen {
	pid_t pid;
	uint64_t inode;	    /* of /proc/PID: changes with the process */
	uint64_t starttime; /* read for those that are wanted or guessed */
	int64_t since_ns;   /* first seen, CLOCK_BOOTTIME */
	uint64_t scan;	    /* last scan it was in */
	enum proc_skip skip;
	struct exe *exe; /* NULL: not known */
	bool guessed;
	unsigned generation;
	UT_hash_handle hh;
};

struct proc_list {
	const struct procfs *fs;
	struct proc_list_hooks hooks;
	struct exes exes;
	struct seen *table;
	uint64_t scan;
	struct proc_entry *entries;
	size_t n, room;
	size_t counts[PROC_SKIP_N];
};

struct proc_list *proc_list_new(const struct procfs *fs,
				const struct proc_list_hooks *hooks)
{
	struct proc_list *l = mem_zalloc(1, sizeof(*l));

	l->fs = fs;
	l->hooks = *hooks;
	l->exes.hooks = &l->hooks;
	return l;
}

static void seen_free(struct proc_list *l, struct seen *s)
{
	/* The table goes with its last item, and the loop with the table. */
	HASH_DEL(l->table, s); /* NOLINT(clang-analyzer-unix.Malloc) */
	exes_drop(s->exe);
	free(s);
}

void proc_list_free(struct proc_list *l)
{
	struct seen *s, *next;

	if (!l)
		return;
	s = l->table;
	HASH_CLEAR(hh, l->table);
	for (; s; s = next) {
		next = s->hh.next;
		free(s);
	}
	exes_free(&l->exes);
	free(l->entries);
	free(l);
}

/* Take over what the process runs now. */
static void runs(struct seen *s, struct exe *exe, bool guessed)
{
	if (s->exe && exe && exe != s->exe)
		s->generation++;
	exes_drop(s->exe);
	s->exe = exe;
	s->guessed = exe && guessed;
	s->skip = exe_facts(exe) ? PROC_WANTED : PROC_SKIP_OTHER;
}

static void skipped(struct seen *s, enum proc_skip why)
{
	exes_drop(s->exe);
	s->exe = NULL;
	s->guessed = false;
	s->skip = why;
}

/* The file that a command line begins with: a path, or a name in one of the
 * folders of programs. */
static bool find_program(char path[PATH_ROOM], struct stat *st)
{
	static const char *const folders[] = {
		"/usr/local/sbin", "/usr/local/bin", "/usr/sbin",
		"/usr/bin",	   "/sbin",	     "/bin"};
	char name[PATH_ROOM / 2];

	if (path[0] == '/')
		return stat(path, st) == 0 && S_ISREG(st->st_mode);
	if (!path[0] || strchr(path, '/') || strlen(path) >= sizeof(name))
		return false;
	memcpy(name, path, strlen(path) + 1);
	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
		snprintf(path, PATH_ROOM, "%s/%s", folders[i], name);
		if (stat(path, st) == 0 && S_ISREG(st->st_mode))
			return true;
	}
	return false;
}

/* /proc/PID/exe is closed to us: does the command line begin with a file whose
 * name fits comm? A process may write there what it likes, hence "guessed".
 * Our own root directory only: another /proc's paths are not ours. */
static bool guess(struct proc_list *l, struct seen *s, int dir,
		  const struct proc_stat *about)
{
	char path[PATH_ROOM], want[PROC_COMM_MAX];
	struct stat st;
	struct exe *exe;

	if (!l->fs->live ||
	    procfs_read(dir, "cmdline", path, sizeof(path), NULL) <= 0 ||
	    !find_program(path, &st))
		return false;
	/* TASK_COMM_LEN - 1 */
	snprintf(want, sizeof(want), "%.15s", strrchr(path, '/') + 1);
	if (strcmp(want, about->comm) != 0)
		return false;
	exe = exes_take(&l->exes, AT_FDCWD, path, &st);
	if (!exe)
		return false;
	runs(s, exe, true);
	return true;
}

/* No executable to be seen: why? */
static void without_exe(struct proc_list *l, struct seen *s, bool denied)
{
	struct proc_id id = {.pid = s->pid};
	struct proc_stat st;
	int dir = procfs_pid_open(l->fs, &id, NULL);

	/* Nothing of it may be looked at: hidepid=1. */
	skipped(s, dir < 0 && denied ? PROC_SKIP_DENIED : PROC_SKIP_ZOMBIE);
	if (dir < 0)
		return;
	if (proc_stat_read(dir, &st, NULL) == 0) {
		s->starttime = st.starttime;
		if (st.kernel_thread)
			s->skip = PROC_SKIP_KERNEL;
		else if (denied && !guess(l, s, dir, &st))
			s->skip = PROC_SKIP_DENIED;
	}
	close(dir);
}

/* A wanted process is named by its start time; read it from the very process
 * whose executable was looked at. */
static void identify(struct proc_list *l, struct seen *s)
{
	struct proc_id id = {.pid = s->pid};
	struct proc_stat st;
	int dir = procfs_pid_open(l->fs, &id, NULL);
	bool fine = dir >= 0 && proc_stat_read(dir, &st, NULL) == 0 &&
		    !proc_stat_exited(&st);

	if (dir >= 0)
		close(dir);
	if (!fine)
		skipped(s, PROC_SKIP_ZOMBIE);
	else if (s->starttime != st.starttime) {
		s->starttime = st.starttime;
		s->generation = 0;
	}
}

static void check(struct proc_list *l, struct seen *s)
{
	char name[32];
	struct stat st;
	struct exe *exe;

	if (l->hooks.enter && !l->hooks.enter(l->hooks.ctx, s->pid))
		return;
	snprintf(name, sizeof(name), "%d/exe", (int)s->pid);
	if (fstatat(l->fs->fd, name, &st, 0)) {
		without_exe(l, s, errno == EACCES || errno == EPERM);
		return;
	}
	errno = EACCES;
	exe = S_ISREG(st.st_mode) ? exes_take(&l->exes, l->fs->fd, name, &st)
				  : NULL;
	if (!exe) {
		skipped(s, errno == ENOENT || errno == ESRCH
				   ? PROC_SKIP_ZOMBIE
				   : PROC_SKIP_DENIED);
		return;
	}
	runs(s, exe, false);
	if (s->skip == PROC_WANTED)
		identify(l, s);
}

static bool is_due(const struct proc_list *l, const struct seen *s,
		   int64_t now_ns)
{
	if (s->skip == PROC_SKIP_KERNEL)
		return false;
	return now_ns - s->since_ns < YOUNG_NS ||
	       ((uint64_t)s->pid + l->scan) % ROUNDS == 0;
}

static void visit(struct proc_list *l, pid_t pid, uint64_t inode,
		  int64_t now_ns)
{
	struct seen *s;

	HASH_FIND_INT(l->table, &pid, s);
	if (s && s->inode != inode) {
		seen_free(l, s);
		s = NULL;
	}
	if (!s) {
		s = mem_zalloc(1, sizeof(*s));
		s->pid = pid;
		s->inode = inode;
		s->since_ns = now_ns;
		s->skip = PROC_SKIP_ASIDE;
		HASH_ADD_INT(l->table, pid, s);
		check(l, s);
	} else if (is_due(l, s, now_ns)) {
		check(l, s);
	}
	s->scan = l->scan;
}

static int by_pid(const void *a, const void *b)
{
	const struct proc_entry *x = a, *y = b;

	return (x->id.pid > y->id.pid) - (x->id.pid < y->id.pid);
}

/* Drop who is gone, count the rest, list the wanted. */
static void settle(struct proc_list *l)
{
	struct seen *s, *next;

	memset(l->counts, 0, sizeof(l->counts));
	l->n = 0;
	HASH_ITER (hh, l->table, s, next) {
		if (s->scan != l->scan) {
			seen_free(l, s);
			continue;
		}
		l->counts[s->skip]++;
		if (s->skip != PROC_WANTED)
			continue;
		if (l->n == l->room) {
			l->room = l->room ? 2 * l->room : 64;
			l->entries = mem_realloc(l->entries, l->room,
						 sizeof(*l->entries));
		}
		l->entries[l->n++] = (struct proc_entry){
			.id = {s->pid, s->starttime},
			.facts = exe_facts(s->exe),
			.generation = s->generation,
			.guessed = s->guessed,
		};
	}
	if (l->n)
		qsort(l->entries, l->n, sizeof(*l->entries), by_pid);
}

static pid_t pid_of(const char *name)
{
	char *end;
	long v;

	if (name[0] < '1' || name[0] > '9')
		return 0;
	v = strtol(name, &end, 10);
	return *end == '\0' && v <= 1 << 22 ? (pid_t)v : 0; /* PID_MAX_LIMIT */
}

int proc_list_scan(struct proc_list *l, struct err *err)
{
	int fd = openat(l->fs->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	int64_t now = clock_boot_ns();
	struct dirent *e;

	if (!d) {
		err_sys(err, errno, "cannot list %s", l->fs->root);
		if (fd >= 0)
			close(fd);
		return -1;
	}
	l->scan++;
	while ((e = readdir(d))) {
		pid_t pid = pid_of(e->d_name);

		if (pid)
			visit(l, pid, e->d_ino, now);
	}
	closedir(d);
	settle(l);
	exes_trim(&l->exes);
	return 0;
}

const struct proc_entry *proc_list_entries(const struct proc_list *l, size_t *n)
{
	*n = l->n;
	return l->entries;
}

const size_t *proc_list_counts(const struct proc_list *l)
{
	return l->counts;
}
