/*
 * rates.h - private to views: what a process does a second, and what our heap
 * profiles of it cost it.
 */
#ifndef VIEWS_RATES_H
#define VIEWS_RATES_H

#include "look.h"

/* The row of the rates: those that there is room for, what is watched for
 * first; in few columns with short words, and what GOGC and its like are set to
 * first. `time` is the timeline of the graphs. */
void rates_draw(const struct screens *s, const struct panel *p,
		const struct moment *m, const struct timeline *time, int y,
		struct canvas *c);

/* What the profiles that are fetched cost the target, in words from short to
 * long:
 *
 *   COST_LEAST  0.9% of its CPU                             the larger share
 *   COST_SHARES 0.9% of its CPU, 0.3% of allocations
 *   COST_ALL    12 ms CPU, 4.1 MiB each, every 40 s: 0.9% of its CPU, ...
 *
 * "" where none are fetched time and again, because its memory is read. */
enum cost_words { COST_LEAST, COST_SHARES, COST_ALL, COST_WORDS };
#define COST_MAX 192
const char *cost_text(const struct values *v, enum cost_words words,
		      char out[COST_MAX]);
/* The longest of them that `w` columns hold, or "". */
const char *cost_fit(const struct values *v, int w, char out[COST_MAX]);

#endif
