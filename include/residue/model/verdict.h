/*
 * verdict.h - one word, and one sentence, about where RES went.
 *
 * A verdict is made by the judge (judge/verdict.h) from a target's figures over
 * time; it travels in the stream like an event, and views and output show it.
 * The names are those of residue(1).
 */
#ifndef RESIDUE_MODEL_VERDICT_H
#define RESIDUE_MODEL_VERDICT_H

/* clang-format off */
/* X(ID, name of residue(1), title) */
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

#define VERDICT_WHY_MAX	     200
#define VERDICT_SENTENCE_MAX 200
#define VERDICT_ADVICE_MAX   200

struct verdict {
	enum verdict_kind kind;
	double confidence;		     /* 0 to 1 */
	char sentence[VERDICT_SENTENCE_MAX]; /* the headline, with bytes */
	char why[VERDICT_WHY_MAX];	 /* what it rests on, with figures */
	char advice[VERDICT_ADVICE_MAX]; /* what would help; "" for none */
};

#endif
