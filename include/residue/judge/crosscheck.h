/*
 * crosscheck.h - do the target's memory and its endpoint tell of one process?
 *
 * Where the runtime's figures are read from memory, an endpoint that was given
 * is asked for them now and then all the same. An answer is compared with the
 * readings of memory before and after it:
 *
 *       memory          answer          memory        time ->
 *   ------*-------------[----]------------*------
 *         a      <=        e       <=     b           counters only grow
 *      min(a, b) - moved <= e <= max(a, b) + moved    gauges: no further than
 *                                                     what was allocated and
 *                                                     freed between a and b
 *
 * What lies outside is beyond what time explains: the endpoint is another
 * process's (PID@URL tied by hand), its figures are kept from earlier by
 * something in between, or one of the two is read wrongly. It is said, never
 * hidden, and never averaged away: memory's figures stay those shown.
 *
 * Source of the rules: runtime/mstats.go (readmemstats_m flushes the caches of
 * all Ps first, so that `e` of the allocation counters is not below `a`, nor
 * above a `b` that is read later).
 */
#ifndef RESIDUE_JUDGE_CROSSCHECK_H
#define RESIDUE_JUDGE_CROSSCHECK_H

#include <residue/model/reading.h>

#include <stdbool.h>
#include <stdint.h>

/* Figures that are compared, CROSS_FIELDS of crosscheck.c. */
#define CROSS_FIELD_COUNT 10
/* Readings of memory that are kept, CROSS_APART apart or more: an answer that
 * took longer than all of them has nothing before it to be compared with. */
#define CROSS_KEPT  4
#define CROSS_APART INT64_C(2000000000)
/* Answers in a row that must disagree: one may be a slip of the reader's. */
#define CROSS_SURE 2

#define CROSS_TEXT_MAX 160

struct cross_point {
	int64_t begin_ns, end_ns; /* CLOCK_BOOTTIME; end 0: none */
	uint32_t known;		  /* bits of v */
	bool uncached;		  /* without what the Ps hold in their caches */
	int64_t v[CROSS_FIELD_COUNT];
};

/* One target's: plain memory, zeroed for a new target or another program. */
struct crosscheck {
	struct cross_point memory[CROSS_KEPT]; /* newest first */
	struct cross_point answer;	       /* waits for memory to be read */
	unsigned settled;		       /* answers that were compared */
	unsigned differed;		       /* of which in a row, the last */
	char last[CROSS_TEXT_MAX]; /* what disagreed in the last, for people;
				    * "": nothing */
	char text[CROSS_TEXT_MAX]; /* the same of those that make it sure */
};

/* The two take good readings of ORIGIN_RUNTIME, in order of arrival, from
 * memory and from the endpoint. The first returns true when c->text changed. */
bool crosscheck_memory(struct crosscheck *c, const struct reading *r);
void crosscheck_answer(struct crosscheck *c, const struct reading *r);

#endif
