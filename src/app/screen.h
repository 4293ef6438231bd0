/*
 * screen.h - the TUI on opened targets: what cmd_watch, run and demo share.
 */
#ifndef RESIDUE_APP_SCREEN_H
#define RESIDUE_APP_SCREEN_H

#include "options.h"
#include "targets.h"

/* Start the sampler and the screen; returns when the user leaves it.
 * `note` (or NULL) is shown at the start: where a child's output goes. A signal
 * that ended it is left in o->ended_by. */
int screen_run(struct targets *s, struct options *o, const char *note,
	       struct err *err) RESIDUE_CHECK;

#endif
