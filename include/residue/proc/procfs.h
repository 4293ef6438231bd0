/*
 * procfs.h - one /proc root, and the directories of its processes.
 *
 * Everything in this folder reads through an open directory, never by a path
 * put together anew: a descriptor of /proc/PID stays with its process, so that
 * a reused PID gives ESRCH and never a stranger's figures. The root may be
 * another one than /proc (`--proc DIR`: a container's host, or a fixture).
 *
 *   struct procfs --(pid, start time)--> "dir": descriptor of /proc/PID
 *                                         |- smaps_read(dir)
 *                                         |- cgroup_find(dir)
 *                                         '- proc_exe_read(dir), ...
 */
#ifndef RESIDUE_PROC_PROCFS_H
#define RESIDUE_PROC_PROCFS_H

#include <residue/base/buf.h>
#include <residue/base/err.h>

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

/* Who a process is while this boot lasts: the kernel reuses a PID, but not
 * within the same clock tick. */
struct proc_id {
	pid_t pid;
	uint64_t starttime; /* clock ticks since boot, stat(5) field 22;
			     * 0: not known, any process of that PID */
};

struct procfs {
	int fd;		     /* the root directory */
	bool live;	     /* it is procfs of our own pid namespace: pidfd and
			      * process_vm_readv by number reach the same process */
	int64_t page_size;   /* bytes; our own kernel's */
	int64_t clock_ticks; /* of starttime, utime and stime, a second */
	char *root;   /* as given, for messages and for /proc/PID/root/... */
	int kept_max; /* descriptors that handles may keep open in all */
	atomic_int kept;
};

/* root NULL is /proc. Handles may keep 5/8 of the soft descriptor limit, so
 * raise that first. ERR_GONE, ERR_DENIED, ERR_SYS. Usable from every thread
 * afterwards. */
int procfs_open(struct procfs *fs, const char *root,
		struct err *err) RESIDUE_CHECK;
void procfs_release(struct procfs *fs);

/* The directory of a process (O_DIRECTORY, O_CLOEXEC), or -1: ERR_GONE when
 * there is no such process or the PID is another one's now (message: "process
 * 1234 is gone"), ERR_DENIED (hidepid too), ERR_SYS. The caller closes it. */
int procfs_pid_open(const struct procfs *fs, const struct proc_id *id,
		    struct err *err) RESIDUE_CHECK;

/* Read one small file below `dir` from its start into out (size bytes, always
 * NUL-terminated; longer files are cut). Returns the bytes read, or -1. One
 * read(2) for what fits a page, so the figures are of one moment. */
ssize_t procfs_read(int dir, const char *name, char *out, size_t size,
		    struct err *err) RESIDUE_CHECK;

/* Open a file that a target may have put there, for reading, only if it is a
 * regular one: opening a device or a pipe can act on it, opening a path (O_PATH)
 * acts on nothing. The descriptor, or -1 with errno, EACCES where it is none;
 * *st is filled in. */
int procfs_open_regular(int dir, const char *name, struct stat *st);

/* CPU time in ns that all threads of the process have used, those that have
 * ended too, by its clock (clock_getcpuclockid(3)): one system call without
 * rights or files, and to the nanosecond where stat(5) has ticks of 10 ms. What
 * runs at this moment may lack up to a tick of the scheduler. -1 where there is
 * no such clock, or the root is not live. The clock goes by PID: the caller
 * makes sure that the process lives yet. */
int64_t procfs_cpu_ns(const struct procfs *fs, pid_t pid);

/* Append a whole file of any size (smaps, limits: what a snapshot keeps);
 * ERR_LIMIT past out->cap. */
int procfs_read_all(int dir, const char *name, struct buf *out,
		    struct err *err) RESIDUE_CHECK;

/* A descriptor that names the process itself (pidfd_open(2), Linux 5.3):
 * readable when it has exited. -1 with ERR_UNSUPPORTED when the root is not
 * live or the kernel too old, ERR_GONE as procfs_pid_open. */
int procfs_pidfd(const struct procfs *fs, const struct proc_id *id,
		 struct err *err) RESIDUE_CHECK;
/* Not exited yet, zombies being exited. What process_vm_readv(2) read before
 * this said yes is of that process. */
bool procfs_pidfd_alive(int pidfd);

#endif
