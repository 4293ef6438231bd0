/*
 * child.h - a process that we started: `run` and `demo`.
 *
 * Its output goes to files, for the screen is ours. It is ended only by the
 * handle that its start gave us.
 */
#ifndef RESIDUE_APP_CHILD_H
#define RESIDUE_APP_CHILD_H

#include <residue/base/err.h>

#include <stdbool.h>
#include <sys/types.h>

struct child {
	pid_t pid; /* 0: none */
	char *out; /* paths of its stdout and stderr */
	char *errout;
	bool reaped;
	int status; /* of waitpid, when reaped */
};

/* Start argv[0] (looked up in PATH). ERR_GONE or ERR_DENIED as execvp. */
int child_start(struct child *c, char *const argv[],
		struct err *err) RESIDUE_CHECK;
/* Its exit status as a shell gives it (128 + signal), or -1: still running. */
int child_status(struct child *c);
/* Wait for it to end by itself; 0, or the signal that told us not to. */
int child_wait(struct child *c);
/* Ask it to end (SIGTERM), wait a little, insist (SIGKILL); reap it. */
void child_end(struct child *c);
void child_release(struct child *c);

#endif
