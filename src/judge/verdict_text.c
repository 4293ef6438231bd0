/*
 * verdict_text.c - a verdict in words: one sentence for everybody, then what
 * it rests on, then what would help. Never more than the figures say.
 */
#include "verdict_text.h"

#include <residue/base/units.h>

#include <stdio.h>
#include <string.h>

/* "398 of 508 MiB", or "900 KiB of 2.31 GiB" where the units differ. */
static const char *of_rss(char out[2 * UNITS_MAX + 8], int64_t bytes,
			  int64_t rss)
{
	char a[UNITS_MAX], b[UNITS_MAX];

	units_bytes(a, bytes);
	units_bytes(b, rss);
	char *ua = strchr(a, ' '), *ub = strchr(b, ' ');
	if (ua && ub && !strcmp(ua, ub))
		*ua = '\0';
	snprintf(out, 2 * UNITS_MAX + 8, "%s of %s", a, b);
	return out;
}

struct words {
	char part[2 * UNITS_MAX + 8]; /* "398 of 508 MiB" */
	char rss[UNITS_MAX], live[UNITS_MAX], alloc[UNITS_MAX];
	char release[UNITS_MAX], grew[UNITS_MAX], span[UNITS_MAX];
	char limit[UNITS_MAX], profile[UNITS_MAX], goal[UNITS_MAX];
	char missing[UNITS_MAX], swapped[UNITS_MAX], age[UNITS_MAX];
};

static int64_t part_bytes(const struct breakdown *b, enum verdict_kind kind)
{
	static const enum part of[VERDICT_COUNT] = {
		[VERDICT_IN_USE] = PART_LIVE_HEAP,
		[VERDICT_GC_HEADROOM] = PART_GC_HEADROOM,
		[VERDICT_CACHE] = PART_CACHE,
		[VERDICT_FRAGMENTATION] = PART_FRAGMENTATION,
		[VERDICT_LEAK] = PART_LIVE_HEAP,
		[VERDICT_STACKS] = PART_STACKS,
		[VERDICT_STACK_LEAK] = PART_STACKS,
		[VERDICT_NON_GO] = PART_NON_GO,
		[VERDICT_NON_GO_LEAK] = PART_NON_GO,
		[VERDICT_FILE_BACKED] = PART_FILE_BACKED,
		[VERDICT_FILE_LEAK] = PART_FILE_BACKED,
		[VERDICT_LAZY_FREE] = PART_LAZY_FREE,
		[VERDICT_HUGE_PAGES] = PART_HUGE_PAGES,
		[VERDICT_UNTOUCHED] = PART_UNTOUCHED,
		[VERDICT_LIMIT_THRASH] = PART_LIVE_HEAP,
	};
	return b->parts[of[kind]].bytes;
}

static void words_make(struct words *w, const struct finding *f)
{
	const struct breakdown *b = f->b;
	const struct values *v = f->v;

	of_rss(w->part, part_bytes(b, f->kind), b->rss);
	units_bytes(w->rss, b->rss);
	units_bytes(w->live, b->parts[PART_LIVE_HEAP].bytes);
	units_bytes(w->alloc, values_get(v, FIELD_HEAP_ALLOC, 0));
	units_bytes(w->release, b->releasable);
	units_bytes(w->grew, f->grew_bytes);
	units_duration(w->span, f->grew_ns);
	units_bytes(w->limit, values_get(v, FIELD_MEMORY_LIMIT, 0));
	units_bytes(w->profile, values_get(v, FIELD_PPROF_INUSE, 0));
	units_bytes(w->goal, values_get(v, FIELD_NEXT_GC, 0));
	units_bytes(w->missing, -b->parts[PART_UNTOUCHED].bytes - b->swapped);
	units_bytes(w->swapped, b->swapped);
	units_duration(w->age, f->runtime_age_ms * 1000000);
}

#define SENTENCE(...)                                                          \
	snprintf(out->sentence, sizeof(out->sentence), __VA_ARGS__)
#define WHY(...) snprintf(out->why, sizeof(out->why), __VA_ARGS__)
#define ADVICE(...) snprintf(out->advice, sizeof(out->advice), __VA_ARGS__)

static void words_unknown(struct verdict *out, const struct finding *f,
			  const struct words *w)
{
	if (!f->b->known) {
		SENTENCE("RES is not known, so there is nothing to explain.");
		WHY("no reading of /proc for this target");
	} else if (f->runtime_stale) {
		SENTENCE("RES %s; the runtime's figures are %s old and say "
			 "nothing about it now.", w->rss, w->age);
		WHY("the runtime no longer answers; figures older than 15 s "
		    "are not set beside a newer RES");
		ADVICE("see why its endpoint or memory can no longer be read");
	} else if (f->b->parts[PART_FILE_BACKED].known) {
		char file[UNITS_MAX], rest[UNITS_MAX];

		SENTENCE("RES %s; without the runtime's figures nobody can "
			 "say what its anonymous memory is for.", w->rss);
		WHY("/proc alone: %s of files, %s anonymous",
		    units_bytes(file, f->b->parts[PART_FILE_BACKED].bytes),
		    units_bytes(rest, f->b->parts[PART_UNEXPLAINED].bytes));
		ADVICE("give its endpoint with -H URL, or the right to read "
		       "the process (same user, or CAP_SYS_PTRACE)");
	} else {
		SENTENCE("RES %s; nothing else is known about it.", w->rss);
		WHY("neither /proc/PID/status nor the runtime's figures");
		ADVICE("give its endpoint with -H URL");
	}
}

static void words_in_use(struct verdict *out, const struct finding *f,
			 const struct words *w)
{
	if (f->b->rss < 48 << 20) {
		SENTENCE("RES is %s: small, nothing to explain.", w->rss);
		WHY("live heap %s, HeapAlloc %s", w->live, w->alloc);
	} else if (f->b->unsplit) {
		SENTENCE("RES %s is memory that the program uses; HeapAlloc "
			 "is %s, live or not yet collected.", w->rss, w->alloc);
		WHY("no other part of RES is large; nothing tells live "
		    "objects from garbage yet");
	} else {
		SENTENCE("%s is live heap, and no other part of RES is large: "
			 "the program holds it.", w->part);
		WHY("live heap %s of HeapAlloc %s", w->live, w->alloc);
		ADVICE("residue top names the functions that allocated it");
	}
}

static void words_headroom(struct verdict *out, const struct finding *f,
			   const struct words *w)
{
	if (values_get(f->v, FIELD_NUM_GC, -1) == 0) {
		SENTENCE("%s was allocated and no GC has run yet: what of it "
			 "is garbage is not known.", w->part);
		if (f->profile_stale)
			WHY("NumGC is 0: the profile (%s) is from before the "
			    "first GC, stale until one ends", w->profile);
		else
			WHY("NumGC is 0, HeapAlloc %s", w->alloc);
		ADVICE("with GOGC=off only a memory limit or runtime.GC "
		       "starts one");
		return;
	}
	SENTENCE("%s is garbage or room up to the next GC. Not a leak.",
		 w->part);
	if (values_has(f->v, FIELD_NEXT_GC))
		WHY("live heap %s, HeapAlloc %s, the next GC ends at %s",
		    w->live, w->alloc, w->goal);
	else
		WHY("live heap %s, HeapAlloc %s", w->live, w->alloc);
	ADVICE("a lower GOGC, or GOMEMLIMIT, makes the GC run earlier and "
	       "costs CPU");
}

static void words_growing(struct verdict *out, const struct finding *f,
			  const struct words *w)
{
	switch (f->kind) {
	case VERDICT_LEAK:
		SENTENCE("live heap grew by %s in %s, GC after GC: a leak if "
			 "it goes on.", w->grew, w->span);
		WHY("what each GC left alive rises; it is %s now", w->live);
		ADVICE("take two snapshots some time apart and compare them: "
		       "residue diff A B");
		break;
	case VERDICT_STACK_LEAK:
		SENTENCE("stacks grew by %s in %s: a goroutine leak if it "
			 "goes on.", w->grew, w->span);
		WHY("stacks %s", w->part);
		ADVICE("see where goroutines wait: /debug/pprof/goroutine");
		break;
	case VERDICT_NON_GO_LEAK:
		SENTENCE("memory outside the Go runtime grew by %s in %s: a "
			 "leak in C or mmap if it goes on.", w->grew, w->span);
		WHY("anonymous pages beyond Sys - HeapReleased: %s", w->part);
		ADVICE("no Go profile shows it: look at cgo and mmap users, "
		       "and at /proc/PID/smaps");
		break;
	default:
		SENTENCE("file pages grew by %s in %s.", w->grew, w->span);
		WHY("file pages and shared memory: %s", w->part);
		ADVICE("/proc/PID/smaps names the files");
		break;
	}
}

static void words_cache(struct verdict *out, const struct words *w)
{
	SENTENCE("%s is idle memory the Go runtime keeps for reuse. "
		 "Not a leak.", w->part);
	WHY("HeapIdle - HeapReleased is %s, above what the next GC cycle "
	    "needs; live heap %s", w->release, w->live);
	ADVICE("debug.FreeOSMemory would return %s; else the scavenger does, "
	       "after the next GCs; GOMEMLIMIT bounds it", w->release);
}

static void words_limit(struct verdict *out, const struct finding *f,
			const struct words *w)
{
	SENTENCE("GOMEMLIMIT leaves too little room: %.0f GCs a second over a "
		 "heap of %s.", f->gc_per_s, w->alloc);
	if (values_has(f->v, FIELD_MEMORY_LIMIT))
		WHY("limit %s, GC goal %s, live heap %s", w->limit, w->goal,
		    w->live);
	else
		WHY("GC goal %s, live heap %s", w->goal, w->live);
	ADVICE("raise GOMEMLIMIT, or hold less: the CPU goes into GC");
}

static void words_profile(struct verdict *out, const struct finding *f,
			  const struct words *w)
{
	if (f->kind == VERDICT_STALE_PROFILE) {
		SENTENCE("RES %s; the heap profile (%s) is from before the "
			 "first GC and stale until one ends.", w->rss,
			 w->profile);
		WHY("NumGC is 0");
		ADVICE("with GOGC=off only a memory limit or runtime.GC "
		       "starts a GC");
	} else {
		SENTENCE("%s is live heap that the profile does not show: "
			 "heap profiling is off.", w->live);
		WHY("the profile's total is %s after %lld GCs", w->profile,
		    (long long)values_get(f->v, FIELD_NUM_GC, 0));
		ADVICE("runtime.MemProfileRate is 0 or very large in this "
		       "program: set it first thing in main");
	}
}

static void words_kernel(struct verdict *out, const struct finding *f,
			 const struct words *w)
{
	switch (f->kind) {
	case VERDICT_FILE_BACKED:
		SENTENCE("%s are pages of files or shared memory, not heap.",
			 w->part);
		WHY("RssFile + RssShmem");
		ADVICE("clean file pages are reclaimed when memory is short; "
		       "/proc/PID/smaps names the files");
		break;
	case VERDICT_LAZY_FREE:
		SENTENCE("%s were given back with MADV_FREE: the kernel takes "
			 "them when it needs memory.", w->part);
		WHY("LazyFree of smaps_rollup; RES falls only under pressure");
		ADVICE("GODEBUG=madvdontneed=1 makes RES fall at once (Go 1.16 "
		       "and newer do so by default)");
		break;
	case VERDICT_HUGE_PAGES:
		SENTENCE("%s was released by Go and is resident again inside "
			 "huge pages.", w->part);
		WHY("anonymous pages beyond Sys - HeapReleased, within "
		    "AnonHugePages");
		ADVICE("see /sys/kernel/mm/transparent_hugepage: "
		       "khugepaged/max_ptes_none 0 stops it");
		break;
	default:
		SENTENCE("%s is anonymous memory outside the Go runtime: C "
			 "libraries or mmap.", w->part);
		WHY("anonymous pages beyond Sys - HeapReleased");
		ADVICE("no Go profile shows it: look at cgo and mmap users");
		break;
	}
}

static void words_untouched(struct verdict *out, const struct finding *f,
			    const struct words *w)
{
	SENTENCE("the heap counts %s that was never written: RES %s is below "
		 "the heap, and that is fine.", w->missing, w->rss);
	if (f->b->swapped > 0)
		WHY("Sys - HeapReleased exceeds the anonymous pages; %s more "
		    "is in swap", w->swapped);
	else
		WHY("Sys - HeapReleased exceeds the anonymous pages; nothing "
		    "is in swap");
}

void verdict_words(struct verdict *out, const struct finding *f)
{
	struct words w;

	words_make(&w, f);
	switch (f->kind) {
	case VERDICT_IN_USE:
		words_in_use(out, f, &w);
		break;
	case VERDICT_GC_HEADROOM:
		words_headroom(out, f, &w);
		break;
	case VERDICT_CACHE:
		words_cache(out, &w);
		break;
	case VERDICT_FRAGMENTATION:
		SENTENCE("%s is free slots inside spans that still hold an "
			 "object: fragmentation.", w.part);
		WHY("HeapInuse - HeapAlloc; FreeOSMemory cannot return it");
		ADVICE("allocate objects that live long apart from those that "
		       "do not");
		break;
	case VERDICT_STACKS:
		SENTENCE("%s is stacks of goroutines.", w.part);
		WHY("StackSys; stacks shrink only in a GC, by half each");
		ADVICE("see where goroutines are: /debug/pprof/goroutine");
		break;
	case VERDICT_LEAK:
	case VERDICT_STACK_LEAK:
	case VERDICT_NON_GO_LEAK:
	case VERDICT_FILE_LEAK:
		words_growing(out, f, &w);
		break;
	case VERDICT_UNTOUCHED:
		words_untouched(out, f, &w);
		break;
	case VERDICT_LIMIT_THRASH:
		words_limit(out, f, &w);
		break;
	case VERDICT_NO_PROFILE:
	case VERDICT_STALE_PROFILE:
		words_profile(out, f, &w);
		break;
	case VERDICT_NON_GO:
	case VERDICT_FILE_BACKED:
	case VERDICT_LAZY_FREE:
	case VERDICT_HUGE_PAGES:
		words_kernel(out, f, &w);
		break;
	default:
		words_unknown(out, f, &w);
		break;
	}
}
