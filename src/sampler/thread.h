/*
 * thread.h - starting a thread that leaves signals to the main thread.
 */
#ifndef RESIDUE_SAMPLER_THREAD_H
#define RESIDUE_SAMPLER_THREAD_H

#include <pthread.h>

/* As pthread_create: 0 or an errno. Signals that tell of a crash stay open, so
 * that the terminal is restored whichever thread crashes. */
int thread_start(pthread_t *thread, void *(*entry)(void *), void *arg);

#endif
