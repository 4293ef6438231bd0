/* attach.c - which ELF file of a process has a Go runtime, and where. */
#include "known.h"

#include <residue/base/mem.h>
#include <residue/proc/stat.h>

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LIBRARIES_MAX 256 /* mapped files that are looked into */
#define PATH_ROOM     4096

#define AUXV_ROOM 64 /* pairs; Linux has some 22 */

/* Address of a loaded program's entry, from its auxiliary vector. */
static int read_entry(const char *dir, uint64_t *entry, struct err *err)
{
	char path[PATH_ROOM];
	uint64_t pair[AUXV_ROOM][2];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/auxv", dir);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(err, errno, "cannot open %.150s", path);
	*entry = 0;
	n = read(fd, pair, sizeof(pair));
	for (size_t i = 0; n > 0 && i < (size_t)n / sizeof(pair[0]); i++)
		if (pair[i][0] == AT_ENTRY)
			*entry = pair[i][1];
	close(fd);
	if (*entry == 0)
		return err_set(err, ERR_GONE, "the process has ended");
	return 0;
}

/*
 * Open a path that the target may have arranged: nothing but a regular file
 * with the inode that is expected is opened for reading. (Of a mapping, the
 * device cannot be compared: maps and stat disagree about it on btrfs and
 * overlayfs.) The descriptor, or -1.
 */
static int open_regular(const char *path, ino_t ino)
{
	int at = open(path, O_PATH | O_CLOEXEC), fd = -1;
	char again[64];
	struct stat st;

	if (at < 0)
		return -1;
	if (fstat(at, &st) == 0 && st.st_ino == ino && S_ISREG(st.st_mode)) {
		snprintf(again, sizeof(again), "/proc/self/fd/%d", at);
		fd = open(again, O_RDONLY | O_CLOEXEC);
	}
	close(at);
	return fd;
}

/* The file as it was when a process of it was read before. */
static bool use_known(struct gomem *g, const struct stat *st)
{
	struct known *k = mem_alloc(sizeof(*k));

	g->key = known_key(st, g->owner);
	if (!known_find(&g->key, k)) {
		free(k);
		return false;
	}
	g->known = k;
	g->elf = k->elf;
	g->exe = k->exe;
	return true;
}

/* `fd` becomes ours. */
static int use_file(struct gomem *g, int fd, const char *path, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st)) {
		err_sys(err, errno, "cannot look at the executable");
		close(fd);
		return -1;
	}
	if (use_known(g, &st)) {
		close(fd);
	} else {
		if (elf_open(&g->elf, fd, err)) {
			close(fd);
			return -1;
		}
		goexe_identify_image(&g->elf, &g->exe);
		g->exe_fd = fd;
	}
	g->exe_path = mem_strdup(path);
	return 0;
}

static void drop_file(struct gomem *g)
{
	attach_close_file(g);
	free(g->exe_path);
	g->exe_path = NULL;
}

void attach_close_file(struct gomem *g)
{
	if (g->exe_fd < 0)
		return;
	close(g->exe_fd);
	g->exe_fd = -1;
	elf_close(&g->elf);
	g->elf.fd = -1;
}

int attach_open_file(struct gomem *g, struct err *err)
{
	struct known_key now;
	struct stat st;
	int fd;

	if (g->exe_fd >= 0)
		return 0;
	fd = open_regular(g->exe_path, (ino_t)g->key.ino);
	if (fd >= 0 && fstat(fd, &st) == 0) {
		now = known_key(&st, g->owner);
		if (memcmp(&now, &g->key, sizeof(now)) == 0 &&
		    elf_open(&g->elf, fd, NULL) == 0) {
			g->exe_fd = fd;
			return 0;
		}
	}
	if (fd >= 0)
		close(fd);
	return err_set(err, ERR_GONE,
		       "the executable is no longer there, or was changed");
}

/* One line of maps: true for the first mapping of a file (offset 0). */
static bool parse_map(const char *line, uint64_t *lo, ino_t *ino,
		      const char **path)
{
	uint64_t off, inode;
	int used = 0;

	if (sscanf(line, "%" SCNx64 "-%*x %*4s %" SCNx64 " %*s %" SCNu64 " %n",
		   lo, &off, &inode, &used) != 3 ||
	    used == 0 || off != 0 || inode == 0 || line[used] != '/')
		return false;
	*ino = inode;
	*path = line + used;
	return true;
}

static int open_mapped(const char *dir, const char *path, ino_t ino, char *full)
{
	if (snprintf(full, PATH_ROOM, "%s/root%.*s", dir,
		     (int)strcspn(path, "\n"), path) >= PATH_ROOM)
		return -1;
	return open_regular(full, ino);
}

static bool library_bias(const struct elf_image *e, uint64_t lo, uint64_t *bias)
{
	for (unsigned i = 0; i < e->nseg; i++)
		if (e->seg[i].off == 0) {
			*bias = lo - e->seg[i].vaddr;
			return true;
		}
	return false;
}

/* Closes `fd`. */
static bool is_go_file(int fd)
{
	struct elf_image elf;
	struct goexe exe = {.is_go = false};

	if (elf_open(&elf, fd, NULL) == 0) {
		goexe_identify_image(&elf, &exe);
		elf_close(&elf);
	}
	close(fd);
	return exe.is_go;
}

/* A C program with a Go runtime in a shared library (buildmode=c-shared). Each
 * such library has a runtime of its own: one of several would pass for all. */
static int attach_library(struct gomem *g, const char *dir, struct err *err)
{
	char path[PATH_ROOM], line[PATH_ROOM + 256], full[PATH_ROOM];
	unsigned looked = 0;
	ino_t last = 0;
	int found = -1;
	FILE *f;

	snprintf(path, sizeof(path), "%s/maps", dir);
	f = fopen(path, "re");
	if (!f)
		return err_set(err, ERR_UNSUPPORTED, "not a Go program");
	while (looked < LIBRARIES_MAX && fgets(line, sizeof(line), f)) {
		const char *name;
		uint64_t lo;
		ino_t ino;
		int fd;

		if (!parse_map(line, &lo, &ino, &name) || ino == last)
			continue;
		last = ino;
		looked++;
		fd = open_mapped(dir, name, ino, full);
		if (fd >= 0 && found == 0 && is_go_file(fd)) {
			drop_file(g);
			fclose(f);
			return err_set(err, ERR_UNSUPPORTED,
				       "several Go runtimes in one process "
				       "(shared libraries): none is read, as "
				       "it would pass for the whole");
		}
		if (fd < 0 || found == 0 || use_file(g, fd, full, NULL))
			continue;
		if (g->exe.is_go && library_bias(&g->elf, lo, &g->bias))
			found = 0;
		else
			drop_file(g);
	}
	fclose(f);
	return found ? err_set(err, ERR_UNSUPPORTED, "not a Go program") : 0;
}

static int explain_exe(const struct gomem *g, const char *dir, int sysno,
		       struct err *err)
{
	struct stat st;

	if (sysno == EACCES || sysno == EPERM)
		return remote_explain(&g->remote, EPERM, err);
	/* A zombie has none any more, a kernel thread never had. */
	if (sysno == ENOENT && attach_alive(g, err))
		return -1;
	if (sysno == ENOENT && stat(dir, &st) == 0)
		return err_set(err, ERR_UNSUPPORTED,
			       "not a Go program (a kernel thread)");
	if (sysno == ENOENT && g->pidfd >= 0)
		return remote_explain(&g->remote, EPERM, err); /* hidepid */
	return err_sys(err, sysno, "cannot open %.180s/exe", dir);
}

/* Where the executable is mapped, from maps. auxv is for its owner's eyes:
 * CAP_SYS_PTRACE, which opens all else, does not open it. */
static int mapped_bias(struct gomem *g, const char *dir, struct err *err)
{
	char path[PATH_ROOM], line[PATH_ROOM + 256];
	const char *name;
	bool found = false;
	uint64_t lo;
	ino_t ino;
	FILE *f;

	snprintf(path, sizeof(path), "%s/maps", dir);
	f = fopen(path, "re");
	if (!f)
		return err_sys(err, errno, "cannot open %.150s", path);
	while (!found && fgets(line, sizeof(line), f))
		found = parse_map(line, &lo, &ino, &name) &&
			ino == g->key.ino &&
			library_bias(&g->elf, lo, &g->bias);
	fclose(f);
	return found ? 0
		     : err_set(err, ERR_GONE, "the executable is not in %.150s",
			       path);
}

static int find_bias(struct gomem *g, const char *dir, struct err *err)
{
	struct err why = ERR_INIT;
	uint64_t entry;

	g->bias = 0;
	if (g->elf.type == ET_EXEC)
		return 0; /* linked for where it is */
	if (read_entry(dir, &entry, &why) == 0) {
		g->bias = entry - g->elf.entry;
		return 0;
	}
	if (why.code == ERR_DENIED)
		return mapped_bias(g, dir, err);
	if (err)
		*err = why;
	return -1;
}

static int open_exe(struct gomem *g, const char *dir, struct err *err)
{
	char path[PATH_ROOM];
	struct stat st;
	int fd;

	snprintf(path, sizeof(path), "%s/exe", dir);
	if (stat(path, &st) == 0 && use_known(g, &st)) {
		g->exe_path = mem_strdup(path);
		return 0;
	}
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return explain_exe(g, dir, errno, err);
	return use_file(g, fd, path, err);
}

static int attach_file(struct gomem *g, const char *dir, struct err *err)
{
	struct stat st;

	if (stat(dir, &st) == 0)
		g->owner = st.st_uid;
	if (open_exe(g, dir, err))
		return -1;
	if (g->exe.is_go)
		return find_bias(g, dir, err);
	drop_file(g);
	if (attach_library(g, dir, err))
		return -1;
	g->info.in_library = true;
	return 0;
}

/* pidfds are kept of as many targets as leave most descriptors to others. */
#define PIDFD_PART 4
static atomic_int pidfds;

static int open_pidfd(struct gomem *g, pid_t pid)
{
	struct rlimit files;
	int most = INT_MAX;

	if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < INT_MAX)
		most = (int)files.rlim_cur / PIDFD_PART;
	errno = 0;
	if (atomic_fetch_add(&pidfds, 1) < most)
		g->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (g->pidfd < 0)
		atomic_fetch_sub(&pidfds, 1);
	return g->pidfd < 0 ? errno : 0;
}

void attach_close_pidfd(struct gomem *g)
{
	if (g->pidfd < 0)
		return;
	close(g->pidfd);
	g->pidfd = -1;
	atomic_fetch_sub(&pidfds, 1);
}

/* Clock ticks since boot; 0: not to be seen. */
static uint64_t starttime_of(pid_t pid)
{
	char path[32];
	struct proc_stat st = {.starttime = 0};
	int dir;

	snprintf(path, sizeof(path), "/proc/%d", (int)pid);
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return 0;
	if (proc_stat_read(dir, &st, NULL))
		st.starttime = 0;
	close(dir);
	return st.starttime;
}

int attach(struct gomem *g, pid_t pid, const char *proc_dir, struct err *err)
{
	char dir[PATH_ROOM / 2];

	if (snprintf(dir, sizeof(dir), "%s/%d", proc_dir ? proc_dir : "/proc",
		     (int)pid) >= (int)sizeof(dir))
		return err_set(err, ERR_USAGE, "the path %.64s... is too long",
			       proc_dir);
	if (proc_dir) {
		if (remote_file(&g->remote, dir, err))
			return -1;
		return attach_file(g, dir, err);
	}
	if (open_pidfd(g, pid) == ESRCH)
		return err_set(err, ERR_GONE, "the process has ended");
	if (g->pidfd < 0)
		g->starttime = starttime_of(pid);
	remote_live(&g->remote, pid);
	if (attach_file(g, dir, err))
		return -1;
	return attach_alive(g, err);
}

int attach_alive(const struct gomem *g, struct err *err)
{
	struct pollfd p = {.fd = g->pidfd, .events = POLLIN};

	if ((g->pidfd >= 0 && poll(&p, 1, 0) > 0) ||
	    (g->starttime && starttime_of(g->remote.pid) != g->starttime))
		return err_set(err, ERR_GONE, "the process has ended");
	return 0;
}
