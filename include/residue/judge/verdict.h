/*
 * verdict.h - the judge: one word and one sentence about where RES went.
 *
 * A judge looks at one target's figures over time and says which part of RES
 * matters. It is fed once a row, allocates nothing and takes microseconds. A
 * leak needs time: until enough was seen the judge does not say so.
 */
#ifndef RESIDUE_JUDGE_VERDICT_H
#define RESIDUE_JUDGE_VERDICT_H

#include <residue/judge/breakdown.h>
#include <residue/model/history.h>
#include <residue/model/verdict.h>

/* What can grow without end. */
enum trend { TREND_LIVE, TREND_STACKS, TREND_NON_GO, TREND_FILE, TREND_COUNT };

#define JUDGE_PAST    32 /* figures of the last seconds, thinned */
#define JUDGE_LIVES   16 /* live heap after each of the last GCs */
#define JUDGE_BUCKETS 48 /* the least of each figure over everything seen */

struct judge_past {
	int64_t t_ns;
	int64_t num_gc;	    /* -1: not known */
	int64_t heap_alloc; /* bytes; -1: not known */
	int64_t figure[TREND_COUNT];
};

struct judge_live {
	int64_t t_ns;
	int64_t bytes;
	int64_t goal; /* NextGC, which follows the live heap; -1: not known */
};

struct judge_bucket {
	int64_t t_ns;		    /* where it begins */
	int64_t least[TREND_COUNT]; /* INT64_MAX: nothing seen */
};

/* One target's judge: plain memory, no pointers, may be copied. */
struct judge {
	struct judge_past past[JUDGE_PAST]; /* oldest first */
	unsigned past_count;
	struct judge_live lives[JUDGE_LIVES]; /* oldest first */
	unsigned live_count;
	struct judge_bucket buckets[JUDGE_BUCKETS]; /* oldest first */
	unsigned bucket_count;
	int64_t bucket_ns;  /* length of a bucket; doubles when all are used */
	int64_t last_ns;    /* of the newest row; 0: none yet */
	struct values last; /* that row */
	/* The newest complete figures of the runtime, with /proc's nearest to
	 * them: when they were read (CLOCK_BOOTTIME; 0: never), and both. */
	int64_t paired_ns;
	struct values paired;
	int64_t num_gc;		/* of the newest row; -1: not known yet */
	int64_t floor;		/* least HeapAlloc since the last GC seen */
	int64_t profile;	/* newest profile's total; -1: none yet */
	int64_t profile_gc;	/* num_gc when it was taken, or when it came */
	int64_t profile_live;	/* live heap when it came */
	int64_t big_gc;		/* num_gc when the live heap became large */
	enum verdict_kind kind; /* said last */
	/* What the figures of smaps_rollup leave unexplained (bytes; negative:
	 * less is there than they say): in the newest row, and when they were
	 * read (CLOCK_BOOTTIME; 0: never). */
	int64_t odd, odd_smaps, smaps_ns;
	/* That has changed since by what only a new reading of it can name:
	 * pages given back that the kernel has kept or put back are anonymous
	 * memory beyond what Go counts, like C's. */
	bool wants_smaps;
};

/* Ready for a new target, or for one that has called exec. */
void judge_init(struct judge *j);

/* Runtime figures are set beside the /proc figures of their own moment, not
 * beside newer ones that they cannot explain; a reading that lacks some is
 * passed over. Older than this they are taken for unknown. */
#define JUDGE_STALE_MS 15000

/*
 * One row: what was known at one tick, with the age of each origin. Rows must
 * not go back in time; one that does is judged but not remembered. *out is
 * filled in completely; *b, when not NULL, gets the breakdown that the verdict
 * rests on (of the moment of the newest runtime figures).
 */
void judge_step(struct judge *j, const struct row *row, struct verdict *out,
		struct breakdown *b);

#endif
