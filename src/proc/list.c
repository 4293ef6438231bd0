/* list.c - all processes, and which of them are wanted. */
#include <residue/proc/list.h>

#include <residue/base/clock.h>
#include <residue/base/hash.h>
#include <residue/base/mem.h>
#include <residue/proc/stat.h>

#include "libraries.h"
#include "scan.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define YOUNG_NS  (10 * NS_PER_SEC)
#define MAPS_NS	  NS_PER_MS /* of CPU time for maps, a scan */
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
	struct exe *library; /* a wanted one; only where *exe is not wanted */
	unsigned libraries;  /* how many */
	bool to_look_into;   /* its maps are due */
	uint64_t looked;     /* the scan in which they were read; 0: never */
	unsigned generation;
	UT_hash_handle hh;
};

struct proc_list {
	const struct procfs *fs;
	struct proc_list_hooks hooks;
	struct exes exes;
	struct libraries libraries;
	struct seen *table;
	uint64_t scan;
	int64_t maps_ns; /* CPU time that is left for maps; may be negative */
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
	l->libraries.exes = &l->exes;
	return l;
}

static void seen_free(struct proc_list *l, struct seen *s)
{
	/* The table goes with its last item, and the loop with the table. */
	HASH_DEL(l->table, s); /* NOLINT(clang-analyzer-unix.Malloc) */
	exes_drop(s->exe);
	exes_drop(s->library);
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
	libraries_forget(&l->libraries);
	exes_free(&l->exes);
	free(l->entries);
	free(l);
}

/* Takes the reference to `library`, or NULL. */
static void set_library(struct seen *s, struct exe *library, unsigned n)
{
	exes_drop(s->library);
	s->library = library;
	s->libraries = n;
}

static void set_skip(struct seen *s)
{
	s->skip =
		s->library || exe_facts(s->exe) ? PROC_WANTED : PROC_SKIP_OTHER;
}

/* Take over what the process runs now. */
static void runs(struct seen *s, struct exe *exe, bool guessed)
{
	if (exe != s->exe)
		set_library(s, NULL, 0);
	if (s->exe && exe && exe != s->exe)
		s->generation++;
	exes_drop(s->exe);
	s->exe = exe;
	s->guessed = exe && guessed;
	set_skip(s);
}

static void skipped(struct seen *s, enum proc_skip why)
{
	set_library(s, NULL, 0);
	exes_drop(s->exe);
	s->exe = NULL;
	s->guessed = s->to_look_into = false;
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

static bool enter(const struct proc_list *l, const struct seen *s,
		  enum proc_look what)
{
	return !l->hooks.enter || l->hooks.enter(l->hooks.ctx, s->pid, what);
}

/* What two cheap looks tell, 2 and 5 us. A directory of procfs has two links
 * and one for each folder in it; where it has not, nothing is known. */
static bool may_have_library(const struct proc_list *l, const struct seen *s)
{
	char name[32], text[128];
	const char *p = text;
	struct stat st;
	int64_t pages;
	ssize_t n;

	snprintf(name, sizeof(name), "%d/task", (int)s->pid);
	if (fstatat(l->fs->fd, name, &st, 0) == 0 && st.st_nlink == 3)
		return false;
	snprintf(name, sizeof(name), "%d/statm", (int)s->pid);
	n = procfs_read(l->fs->fd, name, text, sizeof(text), NULL);
	return n <= 0 || !scan_number(&p, text + n, &pages) ||
	       pages >= l->hooks.library_bytes / l->fs->page_size;
}

static void check(struct proc_list *l, struct seen *s)
{
	char name[32];
	struct stat st;
	struct exe *exe;

	if (!enter(l, s, PROC_LOOK_EXE))
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
	s->to_look_into = !exe_facts(exe) && may_have_library(l, s);
	if (!s->to_look_into) /* it may have called exec with its own file */
		set_library(s, NULL, 0);
	runs(s, exe, false);
	if (s->skip == PROC_WANTED)
		identify(l, s);
}

/* ---- libraries ------------------------------------------------------------ */

static void look_into(struct proc_list *l, struct seen *s)
{
	struct proc_id id = {.pid = s->pid};
	struct exe *library;
	unsigned n;
	int dir;

	s->to_look_into = false;
	s->looked = l->scan;
	if (!enter(l, s, PROC_LOOK_MAPS))
		return;
	dir = procfs_pid_open(l->fs, &id, NULL);
	if (dir < 0)
		return;
	if (libraries_find(&l->libraries, dir, &library, &n) == 0) {
		set_library(s, library, n);
		set_skip(s);
		if (library)
			identify(l, s);
	}
	close(dir);
}

static int by_look(const void *a, const void *b)
{
	const struct seen *x = *(struct seen *const *)a;
	const struct seen *y = *(struct seen *const *)b;

	return x->looked != y->looked ? (x->looked > y->looked ? 1 : -1)
				      : (x->pid > y->pid) - (x->pid < y->pid);
}

/* The maps that are due, as far as the time goes: one process with very many
 * mappings costs the others their turns, and nobody more. */
static void look_into_all(struct proc_list *l)
{
	struct seen **due =
		mem_alloc((HASH_COUNT(l->table) + 1) * sizeof(struct seen *));
	int64_t began = clock_cpu_ns(), left = l->maps_ns + MAPS_NS;
	struct seen *s, *next;
	size_t n = 0;

	left = left > MAPS_NS ? MAPS_NS : left;
	HASH_ITER (hh, l->table, s, next)
		if (s->to_look_into && s->scan == l->scan)
			due[n++] = s;
	qsort(due, n, sizeof(struct seen *), by_look);
	for (size_t i = 0; i < n; i++) {
		if (l->scan > 1 && clock_cpu_ns() - began >= left)
			break;
		look_into(l, due[i]);
	}
	/* All of them in the first scan: that is nobody's debt. */
	l->maps_ns = l->scan > 1 ? left - (clock_cpu_ns() - began) : 0;
	libraries_forget(&l->libraries);
	free(due);
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
			.facts = exe_facts(s->library ? s->library : s->exe),
			.generation = s->generation,
			.guessed = s->guessed,
			.libraries = s->libraries,
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
	look_into_all(l);
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
