/*
 * thread.h - threads that leave signals to the main thread, and timed waits.
 */
#ifndef RESIDUE_SAMPLER_THREAD_H
#define RESIDUE_SAMPLER_THREAD_H

#include <pthread.h>
#include <stdint.h>
#include <time.h>

/* As pthread_create: 0 or an errno. Signals that tell of a crash stay open, so
 * that the terminal is restored whichever thread crashes. */
int thread_start(pthread_t *thread, void *(*entry)(void *), void *arg);

/* CPU time of a thread that has not been joined, in ns; 0: not known. */
int64_t thread_cpu_ns(pthread_t thread);

/* A condition variable whose waits go by CLOCK_MONOTONIC: it knows no
 * CLOCK_BOOTTIME. */
void thread_cond_init(pthread_cond_t *cond);
/* `ns` >= 0 from now, for pthread_cond_timedwait on such a one. */
struct timespec thread_moment(int64_t ns);

#endif
