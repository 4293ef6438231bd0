/*
 * verdict_text.c - a verdict in words: one sentence for everybody, then what
 * it rests on, then what would help. Never more than the figures say.
 */
#include "verdict_text.h"

#include <residue/base/units.h>

#include <stdio.h>
#include <string.h>

/* The finding, and room for the numbers of a sentence: made as they are
 * needed, for a judge speaks once a row of every target. */
struct words {
	const struct finding *f;
	unsigned used;
	char text[8][2 * UNITS_MAX + 40];
};

static char *room(struct words *w)
{
	return w->text[w->used++ % 8];
}

static const char *size(struct words *w, int64_t bytes)
{
	return units_bytes(room(w), bytes);
}

static const char *span(struct words *w, int64_t ns)
{
	return units_duration(room(w), ns);
}

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

/* "398 of 508 MiB", or "900 KiB of 2.31 GiB" where the units differ. What is
 * partly unwritten or in swap may be more than RES: "265 MiB (RES 242 MiB)". */
static const char *part(struct words *w)
{
	const struct breakdown *b = w->f->b;
	char bytes[UNITS_MAX], rss[UNITS_MAX], *out = room(w);

	/* What was allocated before the first GC is not split. */
	int64_t of_part = w->f->kind == VERDICT_GC_HEADROOM && w->f->no_gc
				  ? b->parts[PART_LIVE_HEAP].bytes
				  : part_bytes(b, w->f->kind);

	units_bytes(bytes, of_part);
	units_bytes(rss, b->rss);
	if (of_part > b->rss) {
		snprintf(out, sizeof(w->text[0]), "%s (RES %s)", bytes, rss);
		return out;
	}
	char *unit = strchr(bytes, ' '), *of = strchr(rss, ' ');
	if (unit && of && !strcmp(unit, of))
		*unit = '\0';
	snprintf(out, sizeof(w->text[0]), "%s of %s", bytes, rss);
	return out;
}

static const char *rss(struct words *w)
{
	return size(w, w->f->b->rss);
}

static const char *live(struct words *w)
{
	return size(w, w->f->b->parts[PART_LIVE_HEAP].bytes);
}

static const char *figure(struct words *w, enum field field)
{
	return size(w, values_get(w->f->v, field, 0));
}

/* "live heap 40.0 MiB", or that nothing tells it. */
static const char *live_heap(struct words *w)
{
	char *out = room(w), bytes[UNITS_MAX];

	if (w->f->live_known)
		snprintf(out, sizeof(w->text[0]), "live heap %s",
			 units_bytes(bytes,
				     w->f->b->parts[PART_LIVE_HEAP].bytes));
	else
		snprintf(out, sizeof(w->text[0]), "live heap not known%s",
			 w->f->no_gc ? " yet" : "");
	return out;
}

/* The same beside HeapAlloc: the figure that is known goes first. */
static const char *heap(struct words *w)
{
	const char *live_text = live_heap(w);
	const char *alloc = figure(w, FIELD_HEAP_ALLOC);
	char *out = room(w);

	if (w->f->live_known)
		snprintf(out, sizeof(w->text[0]), "%s, HeapAlloc %s", live_text,
			 alloc);
	else
		snprintf(out, sizeof(w->text[0]), "HeapAlloc %s, %s", alloc,
			 live_text);
	return out;
}

#define SENTENCE(...)                                                          \
	snprintf(out->sentence, sizeof(out->sentence), __VA_ARGS__)
#define WHY(...)    snprintf(out->why, sizeof(out->why), __VA_ARGS__)
#define ADVICE(...) snprintf(out->advice, sizeof(out->advice), __VA_ARGS__)

static void words_unknown(struct verdict *out, const struct finding *f,
			  struct words *w)
{
	if (!f->b->known) {
		SENTENCE("RES is not known, so there is nothing to explain.");
		WHY("RES needs the process: an endpoint is tied to it by "
		    "PID@URL");
	} else if (f->runtime_stale) {
		SENTENCE("RES %s; the runtime's figures are %s old and say "
			 "nothing about it now.",
			 rss(w), span(w, f->runtime_age_ms * 1000000));
		WHY("no newer figures of the runtime have come; those older "
		    "than 15 s are not set beside a newer RES");
		ADVICE("see why its endpoint or memory is not read now; one "
		       "that serves profiles alone is asked with each");
	} else if (f->b->parts[PART_FILE_BACKED].known) {
		char file[UNITS_MAX], rest[UNITS_MAX];

		SENTENCE("RES %s; without the runtime's figures nobody can "
			 "say what its anonymous memory is for.",
			 rss(w));
		WHY("/proc alone: %s of files, %s anonymous",
		    units_bytes(file, f->b->parts[PART_FILE_BACKED].bytes),
		    units_bytes(rest, f->b->parts[PART_UNEXPLAINED].bytes));
		ADVICE("give its endpoint with -H URL, or the right to read "
		       "the process (same user, or CAP_SYS_PTRACE)");
	} else {
		SENTENCE("RES %s; nothing else is known about it.", rss(w));
		WHY("neither /proc/PID/status nor the runtime's figures");
		ADVICE("give its endpoint with -H URL");
	}
}

static void words_in_use(struct verdict *out, const struct finding *f,
			 struct words *w)
{
	if (f->b->rss < 48 << 20) {
		SENTENCE("RES is %s: small, nothing to explain.", rss(w));
		WHY("%s", heap(w));
	} else if (values_get(f->v, FIELD_GLOBALS, 0) > f->b->rss / 2) {
		SENTENCE("%s of RES %s are the program's own variables.",
			 figure(w, FIELD_GLOBALS), rss(w));
		WHY("pages of .data and .bss, which are no heap: large arrays "
		    "declared at package level");
	} else if (!f->live_known) {
		SENTENCE("RES %s is memory that the program uses; HeapAlloc "
			 "is %s, live or not yet collected.",
			 rss(w), figure(w, FIELD_HEAP_ALLOC));
		WHY("no other part of RES is large; nothing tells live "
		    "objects from garbage yet");
	} else {
		SENTENCE("%s is live heap, and no other part of RES is large: "
			 "the program holds it.",
			 part(w));
		WHY("live heap %s of HeapAlloc %s", live(w),
		    figure(w, FIELD_HEAP_ALLOC));
		ADVICE("residue top names the functions that allocated it");
	}
}

static void words_headroom(struct verdict *out, const struct finding *f,
			   struct words *w)
{
	if (f->no_gc) {
		SENTENCE("%s was allocated and no GC has run yet: what of it "
			 "is garbage is not known.",
			 part(w));
		if (f->profile_stale)
			WHY("NumGC is 0: the profile (%s) is from before the "
			    "first GC, stale until one ends",
			    figure(w, FIELD_PPROF_INUSE));
		else
			WHY("NumGC is 0, %s", heap(w));
		ADVICE("with GOGC=off only a memory limit or runtime.GC "
		       "starts one");
		return;
	}
	SENTENCE("%s is garbage or room up to the next GC. Not a leak.",
		 part(w));
	if (values_has(f->v, FIELD_NEXT_GC))
		WHY("%s, the next GC ends at %s", heap(w),
		    figure(w, FIELD_NEXT_GC));
	else
		WHY("%s", heap(w));
	ADVICE("a lower GOGC, or GOMEMLIMIT, makes the GC run earlier and "
	       "costs CPU");
}

static void words_growing(struct verdict *out, const struct finding *f,
			  struct words *w)
{
	switch (f->kind) {
	case VERDICT_LEAK:
		SENTENCE("live heap grew by %s in %s, GC after GC: a leak if "
			 "it goes on.",
			 size(w, f->grew_bytes), span(w, f->grew_ns));
		WHY("what each GC left alive rises; it is %s now", live(w));
		ADVICE("take two snapshots some time apart: go tool pprof "
		       "-diff_base on their heap.pb.gz names what grew");
		break;
	case VERDICT_STACK_LEAK:
		SENTENCE("stacks grew by %s in %s: a goroutine leak if it "
			 "goes on.",
			 size(w, f->grew_bytes), span(w, f->grew_ns));
		WHY("stacks %s", part(w));
		ADVICE("see where goroutines wait: /debug/pprof/goroutine");
		break;
	case VERDICT_NON_GO_LEAK:
		SENTENCE("memory outside the Go runtime grew by %s in %s: a "
			 "leak in C or mmap if it goes on.",
			 size(w, f->grew_bytes), span(w, f->grew_ns));
		WHY("anonymous pages beyond Sys - HeapReleased: %s", part(w));
		ADVICE("no Go profile shows it: look at cgo and mmap users, "
		       "and at /proc/PID/smaps");
		break;
	default:
		SENTENCE("file pages grew by %s in %s.", size(w, f->grew_bytes),
			 span(w, f->grew_ns));
		WHY("file pages and shared memory: %s", part(w));
		ADVICE("/proc/PID/smaps names the files");
		break;
	}
}

static void words_cache(struct verdict *out, const struct finding *f,
			struct words *w)
{
	SENTENCE("%s is idle memory the Go runtime keeps for reuse. "
		 "Not a leak.",
		 part(w));
	WHY("HeapIdle - HeapReleased is %s, above what the next GC cycle "
	    "needs; %s",
	    size(w, f->b->releasable), live_heap(w));
	if (values_has(f->v, FIELD_DUE_NOW) &&
	    values_has(f->v, FIELD_DUE_NEXT_GC))
		ADVICE("debug.FreeOSMemory would return %s; returned by "
		       "itself: %s now, %s after the next GC; GOMEMLIMIT "
		       "bounds it",
		       size(w, f->b->releasable), figure(w, FIELD_DUE_NOW),
		       figure(w, FIELD_DUE_NEXT_GC));
	else
		ADVICE("debug.FreeOSMemory would return %s; else the scavenger "
		       "does, after the next GCs; GOMEMLIMIT bounds it",
		       size(w, f->b->releasable));
}

static void words_limit(struct verdict *out, const struct finding *f,
			struct words *w)
{
	SENTENCE("GOMEMLIMIT leaves too little room: %.0f GCs a second over a "
		 "heap of %s.",
		 f->gc_per_s, figure(w, FIELD_HEAP_ALLOC));
	if (values_has(f->v, FIELD_MEMORY_LIMIT))
		WHY("limit %s, GC goal %s, %s", figure(w, FIELD_MEMORY_LIMIT),
		    figure(w, FIELD_NEXT_GC), live_heap(w));
	else
		WHY("GC goal %s, %s", figure(w, FIELD_NEXT_GC), live_heap(w));
	ADVICE("raise GOMEMLIMIT, or hold less: the CPU goes into GC");
}

static void words_profile(struct verdict *out, const struct finding *f,
			  struct words *w)
{
	if (f->kind == VERDICT_STALE_PROFILE) {
		SENTENCE("RES %s; the heap profile (%s) is from before the "
			 "first GC and stale until one ends.",
			 rss(w), figure(w, FIELD_PPROF_INUSE));
		WHY("NumGC was 0 when it was taken");
		ADVICE("with GOGC=off only a memory limit or runtime.GC "
		       "starts a GC");
	} else {
		SENTENCE("%s is live heap that the profile does not show: "
			 "heap profiling is off.",
			 live(w));
		WHY("the profile's total is %s after %lld GCs",
		    figure(w, FIELD_PPROF_INUSE),
		    (long long)values_get(f->v, FIELD_NUM_GC, 0));
		ADVICE("runtime.MemProfileRate is 0 or very large in this "
		       "program: set it first thing in main");
	}
}

static void words_kernel(struct verdict *out, const struct finding *f,
			 struct words *w)
{
	switch (f->kind) {
	case VERDICT_FILE_BACKED:
		SENTENCE("%s are pages of files or shared memory, not heap.",
			 part(w));
		WHY("RssFile + RssShmem");
		ADVICE("clean file pages are reclaimed when memory is short; "
		       "/proc/PID/smaps names the files");
		break;
	case VERDICT_LAZY_FREE:
		SENTENCE("%s were given back with MADV_FREE: the kernel takes "
			 "them when it needs memory.",
			 part(w));
		WHY("LazyFree of smaps_rollup; RES falls only under pressure");
		ADVICE("GODEBUG=madvdontneed=1 makes RES fall at once (Go 1.16 "
		       "and newer do so by default)");
		break;
	case VERDICT_HUGE_PAGES:
		SENTENCE("%s was released by Go and is resident again inside "
			 "huge pages.",
			 part(w));
		WHY("anonymous pages beyond Sys - HeapReleased, within "
		    "AnonHugePages");
		ADVICE("see /sys/kernel/mm/transparent_hugepage: "
		       "khugepaged/max_ptes_none 0 stops it");
		break;
	default:
		SENTENCE("%s is anonymous memory outside the Go runtime: C "
			 "libraries or mmap.",
			 part(w));
		if (f->smaps_old)
			WHY("anonymous pages beyond Sys - HeapReleased; some "
			    "may be pages that Go gave back: smaps_rollup is "
			    "older");
		else
			WHY("anonymous pages beyond Sys - HeapReleased");
		ADVICE("no Go profile shows it: look at cgo and mmap users");
		break;
	}
}

static void words_untouched(struct verdict *out, const struct finding *f,
			    struct words *w)
{
	SENTENCE("the heap counts %s that was never written: RES %s is below "
		 "the heap, and that is fine.",
		 size(w, -f->b->parts[PART_UNTOUCHED].bytes - f->b->swapped),
		 rss(w));
	if (f->b->swapped > 0)
		WHY("Sys - HeapReleased exceeds the anonymous pages; %s more "
		    "is in swap",
		    size(w, f->b->swapped));
	else
		WHY("Sys - HeapReleased exceeds the anonymous pages; nothing "
		    "is in swap");
}

void verdict_words(struct verdict *out, const struct finding *f)
{
	struct words w = {.f = f};

	switch (f->kind) {
	case VERDICT_IN_USE:
		words_in_use(out, f, &w);
		break;
	case VERDICT_GC_HEADROOM:
		words_headroom(out, f, &w);
		break;
	case VERDICT_CACHE:
		words_cache(out, f, &w);
		break;
	case VERDICT_FRAGMENTATION:
		SENTENCE("%s is free slots inside spans that still hold an "
			 "object: fragmentation.",
			 part(&w));
		WHY("HeapInuse - HeapAlloc; FreeOSMemory cannot return it");
		ADVICE("allocate objects that live long apart from those that "
		       "do not");
		break;
	case VERDICT_STACKS:
		SENTENCE("%s is stacks of goroutines.", part(&w));
		WHY("StackSys%s; stacks shrink only in a GC, by half each",
		    f->b->parts[PART_STACKS].bytes > f->b->rss
			    ? ", of which a part is not in memory"
			    : "");
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
