/*
 * probes.h - --probe without a target: every Go process's own sockets are asked,
 * once each, and each try is a line on stderr.
 */
#ifndef RESIDUE_APP_PROBES_H
#define RESIDUE_APP_PROBES_H

#include <residue/sampler/sampler.h>

/* What was tried of one target. */
struct probed {
	char id[TARGET_ID_MAX];
	struct probe_try *tries;
	int count; /* -1: err says why */
	struct err err;
};

struct probes { /* zeroed: none */
	struct probed *list;
	unsigned count;
};

/* Before sampler_run. Of all processes in the sampler's list; `f` is used for
 * it. What was found is their endpoint from then on. */
void probes_run(struct probes *p, struct sampler *s, struct frame *f);
/* That of a target, or NULL. */
const struct probed *probes_of(const struct probes *p, const char *id);
void probes_release(struct probes *p);

#endif
