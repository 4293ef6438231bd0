/*
 * signals.h - signals as a descriptor, for modes without a screen: Ctrl-C and
 * SIGTERM end a command cleanly, a closed pipe is a write error and not the
 * end of the program.
 */
#ifndef RESIDUE_APP_SIGNALS_H
#define RESIDUE_APP_SIGNALS_H

#include <residue/base/err.h>

#include <signal.h>
#include <stdbool.h>

/* Block INT, TERM and HUP and make them readable; ignore PIPE. Again is fine. */
int signals_open(struct err *err) RESIDUE_CHECK;
/* The descriptor: readable when one has come. -1 before signals_open. */
int signals_fd(void);
/* What a child must get back before exec. */
void signals_reset_in_child(void);

#endif
