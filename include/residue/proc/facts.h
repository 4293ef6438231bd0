/*
 * facts.h - what changes only at exec: command line, executable, user, Go's
 * environment variables, namespaces.
 *
 * All of it is the target's own choice of bytes; every string here was made
 * visible (text.h) and cut to its array. For the slow lane: the user's name
 * may ask a directory service, the environment lies in the target's memory.
 */
#ifndef RESIDUE_PROC_FACTS_H
#define RESIDUE_PROC_FACTS_H

#include <residue/base/err.h>
#include <residue/proc/procfs.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Arguments joined with spaces (an argument with a space or an escape is shown
 * as it is), cut to `size`. A process without one (zombie, kernel thread)
 * gives "". */
int proc_cmdline(int dir, char *out, size_t size,
		 struct err *err) RESIDUE_CHECK;

struct proc_exe {
	uint64_t dev, ino; /* st_dev, st_ino of the running executable */
	int64_t size;	   /* bytes */
	int64_t mtime_ns;  /* CLOCK_REALTIME */
	bool deleted;	   /* its file was removed or replaced since */
	char path[512];	   /* visible, without " (deleted)" */
};

/* ERR_DENIED: another user's process, the message says what would permit it;
 * ERR_GONE: exited, or a kernel thread. */
int proc_exe_read(int dir, struct proc_exe *out, struct err *err) RESIDUE_CHECK;

struct proc_owner {
	uid_t uid;     /* effective */
	char name[33]; /* visible; the number when it has no name */
};

int proc_owner_read(int dir, struct proc_owner *out,
		    struct err *err) RESIDUE_CHECK;

/* The three variables the runtime reads at its start (runtime/extern.go); no
 * other byte of the environment is kept. */
struct proc_goenv {
	bool has_gogc, has_gomemlimit, has_godebug;
	char gogc[32];
	char gomemlimit[32];
	char godebug[256];
};

/* As the process was started: os.Setenv does not change it. ERR_DENIED as
 * proc_exe_read; ERR_LIMIT past 8 MiB. */
int proc_goenv_read(int dir, struct proc_goenv *out,
		    struct err *err) RESIDUE_CHECK;

struct proc_namespaces {
	int depth;	 /* pid namespaces below ours; 0: our own */
	pid_t inner_pid; /* its PID in its innermost namespace */
	/* In another one than residue is; false too when not known, for
	 * ns/ is readable for our own processes only. */
	bool other_net, other_mnt, other_user;
};

/* From NSpid of status (Linux >= 4.1) and the ns/ links. */
int proc_namespaces_read(int dir, struct proc_namespaces *out,
			 struct err *err) RESIDUE_CHECK;

#endif
