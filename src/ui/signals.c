/* signals.c - leaving the terminal as it was, whatever ends the program. */
#include "signals.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <termios.h>
#include <unistd.h>

static const int caught[] = {SIGINT,  SIGTERM, SIGHUP,	SIGQUIT,
			     SIGTSTP, SIGCONT, SIGWINCH};
/* They end a program as SIGTERM does, unless whoever started it said no. */
static const int fatal[] = {SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM,
			    SIGPROF, SIGIO,   SIGPWR,  SIGSTKFLT};
static const int crashes[] = {SIGSEGV, SIGBUS, SIGFPE,	SIGILL, SIGABRT,
			      SIGTRAP, SIGSYS, SIGXCPU, SIGXFSZ};
#define COUNT(a)  (sizeof(a) / sizeof(*(a)))
#define ALT_STACK 65536

static struct {
	int wake; /* eventfd, written by the handler; -1: not catching */
	volatile sig_atomic_t end, stop, again;
	struct sigaction old[COUNT(caught)], old_fatal[COUNT(fatal)];
	struct sigaction old_crash[COUNT(crashes)];
	stack_t old_stack;
	struct termios modes;
	volatile sig_atomic_t restores; /* modes and text below are set */
	char text[512];
	size_t text_len;
	unsigned char alt[ALT_STACK];
} sig = {.wake = -1};

static void on_signal(int signo)
{
	static const uint64_t one = 1;
	int saved = errno;

	if (signo == SIGTSTP)
		sig.stop = 1;
	else if (signo == SIGCONT || signo == SIGWINCH)
		sig.again = 1;
	else
		sig.end = signo;
	/* It fails only when full, and full is readable. */
	(void)!write(sig.wake, &one, sizeof(one));
	errno = saved;
}

void signals_restore(void)
{
	const char *p = sig.text;
	size_t left = sig.text_len;

	if (!sig.restores)
		return;
	sig.restores = 0;
	while (left > 0) {
		ssize_t n = write(STDOUT_FILENO, p, left);

		if (n <= 0)
			break;
		p += n;
		left -= (size_t)n;
	}
	tcsetattr(STDIN_FILENO, TCSANOW, &sig.modes);
}

static bool is_fault(int signo)
{
	return signo == SIGSEGV || signo == SIGBUS || signo == SIGFPE ||
	       signo == SIGILL;
}

/* Restore, then let the crash happen as it would have without us. */
static void on_crash(int signo, siginfo_t *info, void *context)
{
	(void)context;
	signals_restore();
	for (size_t i = 0; i < COUNT(crashes); i++)
		if (crashes[i] == signo)
			sigaction(signo, &sig.old_crash[i], NULL);
	/* A fault happens again when the instruction is run again; what was
	 * sent, a trap and a limit do not. */
	if (info->si_code <= 0 || !is_fault(signo))
		raise(signo);
}

static void catch_unless_ignored(const int *signos, size_t n,
				 const struct sigaction *sa,
				 struct sigaction *old)
{
	for (size_t i = 0; i < n; i++) {
		sigaction(signos[i], sa, &old[i]);
		if (old[i].sa_handler == SIG_IGN)
			sigaction(signos[i], &old[i], NULL);
	}
}

int signals_catch(void)
{
	struct sigaction sa = {.sa_handler = on_signal, .sa_flags = SA_RESTART};

	sig.wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (sig.wake < 0)
		return -1;
	sig.end = sig.stop = sig.again = 0;
	tcgetattr(STDIN_FILENO, &sig.modes);
	sigemptyset(&sa.sa_mask);
	for (size_t i = 0; i < COUNT(caught); i++)
		sigaction(caught[i], &sa, &sig.old[i]);
	catch_unless_ignored(fatal, COUNT(fatal), &sa, sig.old_fatal);
	return sig.wake;
}

void signals_on_crash(const char *restore, size_t n)
{
	struct sigaction sa = {.sa_sigaction = on_crash,
			       .sa_flags = SA_SIGINFO | SA_ONSTACK};
	stack_t stack = {.ss_sp = sig.alt, .ss_size = sizeof(sig.alt)};

	sig.text_len = n < sizeof(sig.text) ? n : sizeof(sig.text);
	memcpy(sig.text, restore, sig.text_len);
	sig.restores = 1;
	sigaltstack(&stack, &sig.old_stack);
	sigemptyset(&sa.sa_mask);
	catch_unless_ignored(crashes, COUNT(crashes), &sa, sig.old_crash);
}

void signals_release(void)
{
	if (sig.wake < 0)
		return;
	for (size_t i = 0; i < COUNT(caught); i++)
		sigaction(caught[i], &sig.old[i], NULL);
	for (size_t i = 0; i < COUNT(fatal); i++)
		sigaction(fatal[i], &sig.old_fatal[i], NULL);
	if (sig.text_len) {
		for (size_t i = 0; i < COUNT(crashes); i++)
			sigaction(crashes[i], &sig.old_crash[i], NULL);
		sigaltstack(&sig.old_stack, NULL);
	}
	sig.text_len = 0;
	sig.restores = 0;
	close(sig.wake);
	sig.wake = -1;
}

unsigned signals_take(void)
{
	unsigned got = 0;
	uint64_t n;

	if (read(sig.wake, &n, sizeof(n)) < 0)
		n = 0;
	if (sig.end)
		got |= SIGNALS_END;
	if (sig.stop)
		got |= SIGNALS_STOP;
	if (sig.again)
		got |= SIGNALS_AGAIN;
	sig.stop = sig.again = 0;
	return got;
}

int signals_end(void)
{
	return sig.end;
}

void signals_stop(void)
{
	struct sigaction standard = {.sa_handler = SIG_DFL}, ours;

	sigaction(SIGTSTP, &standard, &ours);
	raise(SIGTSTP);
	sigaction(SIGTSTP, &ours, NULL);
}
