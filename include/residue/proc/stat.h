/*
 * stat.h - /proc/PID/stat: identity, state and CPU time of a process.
 *
 * Facts: proc(5); fs/proc/array.c do_task_stat(). comm may hold spaces,
 * brackets and newlines: the fields are counted from the last ')'.
 */
#ifndef RESIDUE_PROC_STAT_H
#define RESIDUE_PROC_STAT_H

#include <residue/base/err.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Room for the kernel's 15 bytes of comm, each made visible (\xNN). */
#define PROC_COMM_MAX 64

struct proc_stat {
	pid_t pid;
	pid_t ppid;
	char comm[PROC_COMM_MAX]; /* visible (text.h) */
	char state;		  /* R S D T t Z X I ... */
	bool kernel_thread;	  /* flags & PF_KTHREAD */
	uint64_t starttime;	  /* clock ticks since boot */
	uint64_t cpu_ticks;	  /* utime + stime, clock ticks */
	/* Where the stack began: another at every exec, as the address space is
	 * randomised. 0 where we may not see it: other users' processes. */
	uint64_t start_stack;
};

/* Parse the text of a stat file; ERR_FORMAT. Pure. */
int proc_stat_parse(struct proc_stat *out, const char *text, size_t len,
		    struct err *err) RESIDUE_CHECK;
/* Read dir/stat (procfs_pid_open). */
int proc_stat_read(int dir, struct proc_stat *out,
		   struct err *err) RESIDUE_CHECK;
/* Zombie or dead. */
bool proc_stat_exited(const struct proc_stat *st);

#endif
