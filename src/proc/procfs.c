/* procfs.c - the /proc root, process directories, pidfd. */
#include <residue/proc/procfs.h>

#include <residue/base/clock.h>
#include <residue/base/mem.h>
#include <residue/proc/rights.h>
#include <residue/proc/stat.h>

#include "scan.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* In procfs of our own pid namespace "self" is our PID, and status lists no
 * PID of namespaces between that procfs and us. */
static bool is_live(int fd)
{
	char link[32], status[4096];
	ssize_t n = readlinkat(fd, "self", link, sizeof(link) - 1);
	const char *p, *stop;
	int64_t pid;

	if (n <= 0)
		return false;
	link[n] = '\0';
	if (strtol(link, NULL, 10) != (long)getpid())
		return false;
	n = procfs_read(fd, "self/status", status, sizeof(status), NULL);
	if (n < 0)
		return false;
	p = scan_line(status, status + n, "NSpid", &stop);
	return !p || (scan_number(&p, stop, &pid) &&
		      !scan_number(&p, stop, &pid)); /* Linux < 4.1: !p */
}

int procfs_open(struct procfs *fs, const char *root, struct err *err)
{
	struct rlimit files;

	if (!root)
		root = "/proc";
	memset(fs, 0, sizeof(*fs));
	fs->fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fs->fd < 0)
		return err_sys(err, errno, "cannot open %s", root);
	fs->root = mem_strdup(root);
	fs->live = is_live(fs->fd);
	fs->page_size = sysconf(_SC_PAGESIZE);
	fs->clock_ticks = sysconf(_SC_CLK_TCK);
	fs->kept_max = 512;
	if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < 1 << 20)
		fs->kept_max = (int)(files.rlim_cur / 8 * 5);
	atomic_init(&fs->kept, 0);
	return 0;
}

void procfs_release(struct procfs *fs)
{
	close(fs->fd);
	free(fs->root);
	fs->root = NULL;
}

static int gone(struct err *err, pid_t pid)
{
	return err_set(err, ERR_GONE, "process %d is gone", (int)pid);
}

/* No directory of that number: it does not exist, or hidepid hides it from
 * us, whereas kill(2) tells the two apart. One of our own may be hidden too, if
 * it is not dumpable; or it has only now begun. */
static int absent(const struct procfs *fs, const char *name, pid_t pid,
		  struct err *err)
{
	if (!fs->live || pid <= 0)
		return gone(err, pid);
	if (kill(pid, 0) ? errno != EPERM
			 : faccessat(fs->fd, name, F_OK, 0) == 0)
		return gone(err, pid);
	return rights_hidden(fs->fd, pid, err);
}

int procfs_pid_open(const struct procfs *fs, const struct proc_id *id,
		    struct err *err)
{
	struct proc_stat st;
	char name[16];
	int dir;

	snprintf(name, sizeof(name), "%d", (int)id->pid);
	dir = openat(fs->fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0 && (errno == ENOENT || errno == ESRCH))
		return absent(fs, name, id->pid, err);
	if (dir < 0 && errno == EPERM) /* hidepid=1: to be seen, but closed */
		return rights_hidden(fs->fd, id->pid, err);
	if (dir < 0)
		return err_sys(err, errno, "cannot open process %d",
			       (int)id->pid);
	if (id->starttime == 0)
		return dir;
	if (proc_stat_read(dir, &st, err)) {
		close(dir);
		return -1;
	}
	if (st.starttime != id->starttime) {
		close(dir);
		return gone(err, id->pid);
	}
	return dir;
}

ssize_t procfs_read(int dir, const char *name, char *out, size_t size,
		    struct err *err)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	size_t used = 0;
	ssize_t n;

	out[0] = '\0';
	if (fd < 0)
		return err_sys(err, errno, "cannot open %s", name);
	while (used < size - 1) {
		n = read(fd, out + used, size - 1 - used);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			err_sys(err, errno, "cannot read %s", name);
			close(fd);
			return -1;
		}
		if (n == 0)
			break;
		used += (size_t)n;
	}
	close(fd);
	out[used] = '\0';
	return (ssize_t)used;
}

int procfs_open_regular(int dir, const char *name, struct stat *st)
{
	char again[32];
	int path = openat(dir, name, O_PATH | O_CLOEXEC), fd = -1, sysno;

	if (path < 0)
		return -1;
	if (fstat(path, st) == 0) {
		errno = EACCES;
		if (S_ISREG(st->st_mode)) {
			snprintf(again, sizeof(again), "/proc/self/fd/%d",
				 path);
			fd = open(again, O_RDONLY | O_CLOEXEC);
		}
	}
	sysno = errno;
	close(path);
	errno = sysno;
	return fd;
}

int64_t procfs_cpu_ns(const struct procfs *fs, pid_t pid)
{
	struct timespec used;
	/* As clock_getcpuclockid(3) puts it together, which asks the kernel
	 * first whether there is such a clock: uapi/linux/posix-timers_types.h,
	 * MAKE_PROCESS_CPUCLOCK(pid, CPUCLOCK_SCHED). */
	clockid_t clock = (clockid_t)(~(unsigned)pid << 3 | 2);

	if (!fs->live || pid <= 0 || clock_gettime(clock, &used))
		return -1;
	return used.tv_sec * NS_PER_SEC + used.tv_nsec;
}

int procfs_read_all(int dir, const char *name, struct buf *out, struct err *err)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	char piece[16384];
	ssize_t n;

	if (fd < 0)
		return err_sys(err, errno, "cannot open %s", name);
	while ((n = read(fd, piece, sizeof(piece))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			err_sys(err, errno, "cannot read %s", name);
			break;
		}
		n = buf_append(out, piece, (size_t)n, err);
		if (n) {
			err_prefix(err, "%s", name);
			break;
		}
	}
	close(fd);
	return n ? -1 : 0;
}

int procfs_pidfd(const struct procfs *fs, const struct proc_id *id,
		 struct err *err)
{
	int fd, dir;

	if (!fs->live)
		return err_set(err, ERR_UNSUPPORTED,
			       "%s is not our own /proc: its PIDs may be other "
			       "processes here",
			       fs->root);
	fd = (int)syscall(SYS_pidfd_open, id->pid, 0);
	if (fd < 0 && (errno == ENOSYS || errno == EINVAL))
		return err_set(err, ERR_UNSUPPORTED,
			       "no pidfd_open here: Linux 5.3 and later have "
			       "it");
	if (fd < 0 && errno == ESRCH)
		return gone(err, id->pid);
	if (fd < 0)
		return err_sys(err, errno, "cannot open a pidfd of %d",
			       (int)id->pid);
	/* The right process only if it still is after the pidfd was made. */
	dir = procfs_pid_open(fs, id, err);
	if (dir < 0) {
		close(fd);
		return -1;
	}
	close(dir);
	return fd;
}

bool procfs_pidfd_alive(int pidfd)
{
	struct pollfd p = {.fd = pidfd, .events = POLLIN};

	return poll(&p, 1, 0) == 0;
}
