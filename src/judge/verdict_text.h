/* verdict_text.h - the words of a verdict; private to the judge. */
#ifndef RESIDUE_JUDGE_VERDICT_TEXT_H
#define RESIDUE_JUDGE_VERDICT_TEXT_H

#include <residue/judge/breakdown.h>
#include <residue/model/verdict.h>

#include <stdbool.h>

/* What the words of a verdict rest on. */
struct finding {
	enum verdict_kind kind;
	const struct breakdown *b;
	const struct values *v; /* runtime figures already dropped if stale */
	bool runtime_stale;	/* they were dropped for their age ... */
	int64_t runtime_age_ms; /* ... which is this */
	bool profile_stale;	/* profile from before the first GC */
	bool smaps_old;		/* more is to be told apart than it tells */
	bool no_gc;		/* NumGC is 0: none has ended yet */
	/* The live heap is told by something else than HeapAlloc now. */
	bool live_known;
	double gc_per_s; /* < 0: not known */
	/* Of a figure that grows: how much, in how long. */
	int64_t grew_bytes, grew_ns;
};

/* Fills in sentence, why and advice of *out. */
void verdict_words(struct verdict *out, const struct finding *f);

#endif
