/*
 * stall.h - is a thread held by the kernel, or only slow?
 *
 * A thread that reads a page from a slow disk, then the next, is slow: each
 * costs some CPU time, and what it does ends. One whose CPU time stands still
 * is held. Time counts only as far as it was watched: after a stop of the whole
 * program or machine (Ctrl-Z, a suspended virtual machine) nobody was held.
 */
#ifndef RESIDUE_SAMPLER_STALL_H
#define RESIDUE_SAMPLER_STALL_H

#include <stdbool.h>
#include <stdint.h>

/* One that makes progress is given so many times the patience. */
#define STALL_SLOW_TIMES 5

struct stall {		 /* zeroed: nothing was seen yet */
	int64_t seen_ns; /* the last look; CLOCK_BOOTTIME */
	int64_t work_ns; /* when that work began; CLOCK_BOOTTIME */
	int64_t cpu_ns;	 /* the thread's CPU time then */
	int64_t held_ns; /* for so long it stood still since, */
	int64_t took_ns; /* of all that the work was watched for */
};

/*
 * A look at the thread: `work_ns` is when its present work began (0: none),
 * `cpu_ns` its CPU time (CLOCK_THREAD_CPUTIME_ID of it; pthread_getcpuclockid(3)).
 * True when it has stood still for `patience_ns` (more than 0), or works for
 * STALL_SLOW_TIMES as long. No step between two looks counts for more than half
 * the patience: three looks are the least.
 */
bool stall_look(struct stall *s, int64_t now_ns, int64_t work_ns,
		int64_t cpu_ns, int64_t patience_ns);

#endif
