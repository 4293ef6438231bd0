/*
 * batch.h - batch mode: samples and events to standard output until there is
 * nothing left to watch, enough was printed, or the user ends it.
 */
#ifndef RESIDUE_APP_BATCH_H
#define RESIDUE_APP_BATCH_H

#include "options.h"
#include "targets.h"

/* Start the sampler of opened targets and print. Returns an exit code. */
int batch_run(struct targets *s, const struct options *o, struct err *err);

#endif
