/* thread.c - threads without signals. */
#include "thread.h"

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
