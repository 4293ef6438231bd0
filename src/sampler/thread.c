/* thread.c - threads without signals, and timed waits. */
#include "thread.h"

#include <residue/base/clock.h>

#include <signal.h>

int thread_start(pthread_t *thread, void *(*entry)(void *), void *arg)
{
	static const int crashes[] = {SIGSEGV, SIGBUS,	SIGFPE,
				      SIGILL,  SIGABRT, SIGSYS};
	sigset_t set, old;
	int rc;

	sigfillset(&set);
	for (unsigned i = 0; i < sizeof(crashes) / sizeof(*crashes); i++)
		sigdelset(&set, crashes[i]);
	pthread_sigmask(SIG_SETMASK, &set, &old);
	rc = pthread_create(thread, NULL, entry, arg);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return rc;
}

int64_t thread_cpu_ns(pthread_t thread)
{
	struct timespec ts;
	clockid_t clock;

	if (pthread_getcpuclockid(thread, &clock) || clock_gettime(clock, &ts))
		return 0;
	return ts.tv_sec * NS_PER_SEC + ts.tv_nsec;
}

void thread_cond_init(pthread_cond_t *cond)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(cond, &attr);
	pthread_condattr_destroy(&attr);
}

struct timespec thread_moment(int64_t ns)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	ns += ts.tv_nsec;
	ts.tv_sec += ns / NS_PER_SEC;
	ts.tv_nsec = ns % NS_PER_SEC;
	return ts;
}
