/*
 * ladder.h - ways to ask an endpoint for MemStats, one after another.
 *
 *   /debug/vars -> /metrics -> heap?debug=1 -> the end: from the top, in a while
 *       |             |             |
 *       '-------------+-------------'--- the first that works is kept
 *
 * What the user's URL names stands first. An answer that says "not here" (404,
 * forbidden, no such data, too large) leads to the next rung at once, one that
 * does not come in time to the next one after the back-off; an endpoint that
 * cannot be reached may come back with what it had. Of the thread that asks.
 */
#ifndef RESIDUE_SAMPLER_LADDER_H
#define RESIDUE_SAMPLER_LADDER_H

#include <residue/fetch/url.h>
#include <residue/source/source.h>

struct ladder {
	enum read_by read; /* only this way; READ_COUNT: any */
	enum url_what named;
	const struct source *source; /* to ask; NULL: there is no such way */
	unsigned rung;
	bool settled;	  /* it has worked */
	bool ended;	  /* every rung has said "not here" */
	unsigned missing; /* bits of rungs that said 404 */
	struct err why;	  /* the most telling answer since the top */
};

enum ladder_step {
	LADDER_STAYS, /* ask the same again, after the back-off */
	LADDER_LATER, /* ask another one then */
	LADDER_NEXT,  /* ask the next one at once */
	LADDER_END,   /* there is no other */
};

void ladder_init(struct ladder *l, enum read_by read, enum url_what named);
/* From the top: nothing is known of it any more. */
void ladder_begin(struct ladder *l);
void ladder_worked(struct ladder *l);
/* It failed with *why, which becomes what all rungs came to at the end. */
enum ladder_step ladder_failed(struct ladder *l, struct err *why);

/* 404: nothing is served at that path. */
bool ladder_is_missing(const struct err *why);
/* Append the paths that said so, ", " before each but a first. */
void ladder_paths(const struct ladder *l, char *paths, size_t size);

#endif
