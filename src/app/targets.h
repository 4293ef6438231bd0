/*
 * targets.h - the sampler that a command works with: made from the options,
 * with the targets that were named.
 */
#ifndef RESIDUE_APP_TARGETS_H
#define RESIDUE_APP_TARGETS_H

#include "options.h"

#include <residue/sampler/sampler.h>

struct targets {
	struct sampler *sampler;
	char (*ids)[TARGET_ID_MAX]; /* of the targets named, in that order */
	unsigned count;
	bool scripted;
	bool named;	/* the user named targets: begin with those */
	bool has_list;	/* the sampler keeps a list of all Go processes */
	bool endpoints; /* one of them has a URL */
};

enum targets_flags {
	TARGETS_ITEMS = 1,    /* an item stream, for batch mode */
	TARGETS_DISCOVER = 2, /* keep the list of all Go processes */
	TARGETS_ONCE = 4,     /* one profile, the endpoint's where it works */
};

/* Open the targets in o->args and o->pids (or the script). Nothing is read
 * yet: sampler_run does that. ERR_GONE: a target is not there. */
int targets_open(struct targets *s, const struct options *o, unsigned flags,
		 struct err *err) RESIDUE_CHECK;
/* One more target: a process that we started. */
int targets_add(struct targets *s, pid_t pid, const char *url,
		struct err *err) RESIDUE_CHECK;
/* End all reading; what frames hold stays theirs. */
void targets_end(struct targets *s);
void targets_close(struct targets *s);

/* Of an endpoint alone: that it has given something. Of a process there is
 * always something. ERR_GONE: there was no answer, or not a whole one; else
 * what is wrong with its answers. */
int targets_answered(struct targets *s, const char *id,
		     struct err *err) RESIDUE_CHECK;
/* An error of an endpoint alone: one that gave no answer, or not a whole one,
 * is a target that was never there. Returns -1. */
int no_such_endpoint(struct err *err);
/* "URL: words": those of a fetch name the URL already, a decoder's do not. */
void name_endpoint(const struct target_info *info, struct err *err);

#endif
