/* signals.c - a signalfd, and the child's defaults. */
#include "signals.h"

#include <errno.h>
#include <sys/signalfd.h>

static int fd = -1;

static void our_set(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGHUP);
}

int signals_open(struct err *err)
{
	sigset_t set;

	if (fd >= 0)
		return 0;
	signal(SIGPIPE, SIG_IGN);
	our_set(&set);
	sigprocmask(SIG_BLOCK, &set, NULL);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? err_sys(err, errno, "signalfd") : 0;
}

int signals_fd(void)
{
	return fd;
}

void signals_reset_in_child(void)
{
	sigset_t none;

	signal(SIGPIPE, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}
