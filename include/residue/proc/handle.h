/*
 * handle.h - the fast lane's reading of one process: statm and status.
 *
 * The two files are kept open and read with pread(2): 0.5 and 3 us, no lock of
 * the target taken, never blocks. A kept descriptor belongs to one process, so
 * a reused PID reads ESRCH. Where descriptors run short (procfs.kept_max or
 * EMFILE), a handle opens and closes them around each read and compares the
 * start time instead: slower (about 30 us), never wrong. status goes first:
 * what does not move is told by statm alone (proc_handle_changed).
 *
 * exec(2) changes neither PID nor start time. It is suspected when comm
 * changes or VmHWM falls, looked for every 5 s besides, and confirmed by where
 * the stack begins (stat.h). Of other users' processes that is not to be seen:
 * there, comm and a fall of VmHWM together are taken for one, or a fall to
 * less than half. The executable is not looked at: stat of a file on a dead
 * network mount would block.
 *
 * Facts: proc(5), Documentation/filesystems/proc.rst; fs/proc/task_mmu.c
 * task_statm() and task_mem(). On kernels before 6.2 with many CPUs both may
 * lag by per-CPU counters; smaps_rollup (smaps.h) is the exact one.
 */
#ifndef RESIDUE_PROC_HANDLE_H
#define RESIDUE_PROC_HANDLE_H

#include <residue/base/err.h>
#include <residue/proc/procfs.h>
#include <residue/proc/stat.h>

#include <stddef.h>
#include <stdint.h>

/* Bits of proc_fast.known: which members hold a figure. */
enum proc_fast_bit {
	PROC_FAST_SIZE = 1 << 0,
	PROC_FAST_RSS = 1 << 1,
	PROC_FAST_SHARED = 1 << 2,
	PROC_FAST_RSS_ANON = 1 << 3, /* this and the next two: Linux >= 4.5 */
	PROC_FAST_RSS_FILE = 1 << 4,
	PROC_FAST_RSS_SHMEM = 1 << 5,
	PROC_FAST_SWAP = 1 << 6,
	PROC_FAST_HWM = 1 << 7,
	PROC_FAST_THREADS = 1 << 8,
};

/* What became of the process since the last read. */
enum proc_life {
	PROC_ALIVE,
	PROC_EXECED, /* another program since; the figures are the new one's.
		      * Said once for each exec that was seen. */
	PROC_ZOMBIE, /* exited, its parent has not waited: no memory left */
	PROC_EXITED, /* gone */
	PROC_REUSED, /* gone, and its PID is another process's by now */
};

struct proc_fast {
	int64_t begin_ns, end_ns; /* CLOCK_BOOTTIME around the reads */
	enum proc_life life;
	unsigned known; /* PROC_FAST_* bits; 0 unless ALIVE or EXECED */
	char state;	/* of status: R S D T ...; 0 when not known */
	/* statm: bytes */
	int64_t size;
	int64_t rss;
	int64_t shared; /* file pages and shmem */
	/* status: bytes */
	int64_t rss_anon;
	int64_t rss_file;
	int64_t rss_shmem;
	int64_t swap;
	int64_t hwm; /* largest RSS so far */
	int64_t threads;
};

struct proc_handle;

/* Takes the process that has id->pid now; with id->starttime not 0 it must be
 * that one. ERR_GONE, ERR_DENIED (hidepid), ERR_FORMAT. `fs` must outlive the
 * handle. One thread at a time. */
struct proc_handle *proc_handle_open(struct procfs *fs,
				     const struct proc_id *id,
				     struct err *err) RESIDUE_CHECK;
void proc_handle_free(struct proc_handle *h);

/* With the start time filled in. */
const struct proc_id *proc_handle_id(const struct proc_handle *h);
/* comm as last read, visible. */
const char *proc_handle_comm(const struct proc_handle *h);
/* How often PROC_EXECED was returned. */
unsigned proc_handle_generation(const struct proc_handle *h);

/* 0 with *out, whatever became of the process (out->life); -1 only when the
 * files cannot be read (ERR_DENIED, ERR_SYS) or make no sense (ERR_FORMAT). */
int proc_read_fast(struct proc_handle *h, struct proc_fast *out,
		   struct err *err) RESIDUE_CHECK;

/* RES alone, in bytes, of a process whose statm is kept open: a fifth of what
 * proc_read_fast costs, for the kernel adds up much for status. -1 where it
 * cannot be had so (not kept, gone, a zombie): proc_read_fast tells. */
int64_t proc_read_rss(const struct proc_handle *h);

/* Whether a read now would find anything new, as far as statm tells (0.6 us):
 * its bytes are others than at the last read, that was 15 s ago, or it is not
 * known. False: the figures stand; what is in status alone (swap, threads) may
 * be 15 s old. */
bool proc_handle_changed(struct proc_handle *h);

/* Look for an exec at the next read: another reader saw signs of one (a kept
 * descriptor of memory gone, runtime data not where it was). */
void proc_handle_suspect_exec(struct proc_handle *h);

/* The parsers behind it, pure. They set the members and bits they know and
 * leave the rest. status gives comm too when `comm` is not NULL. */
int proc_statm_parse(struct proc_fast *out, const char *text, size_t len,
		     int64_t page_size, struct err *err) RESIDUE_CHECK;
int proc_status_parse(struct proc_fast *out, char comm[PROC_COMM_MAX],
		      const char *text, size_t len,
		      struct err *err) RESIDUE_CHECK;

#endif
