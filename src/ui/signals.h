/* signals.h - private to ui: the signals that concern the terminal. */
#ifndef UI_SIGNALS_H
#define UI_SIGNALS_H

#include <stddef.h>

/* What came since the last signals_take: bits. */
enum {
	SIGNALS_END = 1,   /* INT, TERM, HUP, QUIT, USR1, ALRM, ... */
	SIGNALS_STOP = 2,  /* TSTP */
	SIGNALS_AGAIN = 4, /* CONT or WINCH: draw all anew */
};

/* Catch the signals and keep the terminal's present modes. Returns an eventfd
 * that is readable when something came, or -1 with errno set. */
int signals_catch(void);
/* From now on a crash writes these n bytes (copied, at most 512) to fd 1 and
 * sets the kept modes before it goes on. */
void signals_on_crash(const char *restore, size_t n);
void signals_release(void);
unsigned signals_take(void);
/* The signal behind SIGNALS_END, 0 when there was none. */
int signals_end(void);
/* Stop as SIGTSTP would have; returns when the process goes on. */
void signals_stop(void);
/* Write what signals_on_crash was given; usable in a signal handler. */
void signals_restore(void);

#endif
