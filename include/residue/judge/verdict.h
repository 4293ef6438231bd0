/*
 * verdict.h - one word, and one sentence, about where RES went.
 *
 * A judge looks at one target's figures over time and says which part of RES
 * matters. It is fed once a row, allocates nothing and takes microseconds. A
 * leak needs time: until enough was seen the judge does not say so.
 */
#ifndef RESIDUE_JUDGE_VERDICT_H
#define RESIDUE_JUDGE_VERDICT_H

#include <residue/judge/breakdown.h>
#include <residue/model/verdict.h>

#define JUDGE_PAST 32	 /* figures of the last seconds, thinned */
#define JUDGE_LIVES 16	 /* live heap after each of the last GCs */
#define JUDGE_BUCKETS 48 /* live heap over everything seen */

/* What a judge looks back on: figures of one moment. */
struct judge_past {
	int64_t t_ns;
	int64_t num_gc;
	int64_t stacks, non_go, file;
};

/* Live heap after a GC, or the least of those in a stretch of time. */
struct judge_live {
	int64_t t_ns;
	int64_t bytes;
};

/* One target's judge: plain memory, no pointers, may be copied. */
struct judge {
	struct judge_past past[JUDGE_PAST]; /* ring */
	unsigned past_end, past_count;
	struct judge_live lives[JUDGE_LIVES]; /* oldest first */
	unsigned live_count;
	struct judge_live buckets[JUDGE_BUCKETS]; /* oldest first */
	unsigned bucket_count;
	int64_t bucket_ns; /* length of a bucket; doubles when all are used */
	int64_t first_ns;  /* of the first row; 0: none yet */
	int64_t num_gc;	   /* of the newest row; -1: not known yet */
	int64_t profile;   /* total of the newest profile; -1: none yet */
	int64_t profile_gc; /* num_gc when that profile was fetched */
	int64_t floor;	   /* least HeapAlloc since the last GC seen */
	int64_t live;	   /* live heap now; -1: not known */
	unsigned live_origins;
};

/* Ready for a new target, or for one that has called exec. */
void judge_init(struct judge *j);

/*
 * One row: `t_ns` (CLOCK_BOOTTIME, must not fall; a row that does is only
 * judged, not remembered) and the figures known then. *out is complete and
 * valid until overwritten; *b, when not NULL, gets the breakdown that the
 * verdict rests on.
 */
void judge_step(struct judge *j, int64_t t_ns, const struct values *v,
		struct verdict *out, struct breakdown *b);

#endif
