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

/* clang-format off */
/* X(ID, name of cli.md, title) */
#define VERDICTS(X) \
X(UNKNOWN,       "unknown",       "not known") \
X(IN_USE,        "in_use",        "in use") \
X(GC_HEADROOM,   "gc_headroom",   "GC headroom") \
X(CACHE,         "cache",         "runtime cache") \
X(FRAGMENTATION, "fragmentation", "fragmentation") \
X(LEAK,          "leak",          "live heap grows") \
X(STACKS,        "stacks",        "stacks") \
X(STACK_LEAK,    "stack_leak",    "stacks grow") \
X(NON_GO,        "non_go",        "non-Go memory") \
X(NON_GO_LEAK,   "non_go_leak",   "non-Go memory grows") \
X(FILE_BACKED,   "file_backed",   "file pages") \
X(FILE_LEAK,     "file_leak",     "file pages grow") \
X(LAZY_FREE,     "lazy_free",     "lazily freed") \
X(HUGE_PAGES,    "huge_pages",    "huge pages") \
X(UNTOUCHED,     "untouched",     "untouched heap") \
X(LIMIT_THRASH,  "limit_thrash",  "limit too tight") \
X(NO_PROFILE,    "no_profile",    "profiling is off") \
X(STALE_PROFILE, "stale_profile", "profile stale")
/* clang-format on */

enum verdict_kind {
#define X(id, ...) VERDICT_##id,
	VERDICTS(X)
#undef X
		VERDICT_COUNT
};

struct verdict_info {
	const char *name;  /* in JSON */
	const char *title; /* on screens */
};
extern const struct verdict_info verdict_info[VERDICT_COUNT];

#define VERDICT_WHY_MAX 200
#define VERDICT_SENTENCE_MAX 200
#define VERDICT_ADVICE_MAX 200

struct verdict {
	enum verdict_kind kind;
	double confidence;		     /* 0 to 1 */
	char sentence[VERDICT_SENTENCE_MAX]; /* the headline, with bytes */
	char why[VERDICT_WHY_MAX];	     /* what it rests on, with figures */
	char advice[VERDICT_ADVICE_MAX];     /* what would help; "" for none */
};

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
