/*
 * limit.h - was the heap at its memory limit between two readings?
 *
 * At GOMEMLIMIT the allocator itself forces the scavenger, as FreeOSMemory
 * does (Go source, runtime/mheap.go, allocSpan: forceScavenge), when what is
 * mapped and not returned would exceed the limit. There the two cannot be told
 * apart by what the forced scavenge leaves behind.
 */
#ifndef RESIDUE_DETECT_LIMIT_H
#define RESIDUE_DETECT_LIMIT_H

#include <residue/model/fields.h>

/* Where nothing says how much was allocated meanwhile: this part of it. */
#define LIMIT_MARGIN 8

/* mappedReady = Sys - HeapReleased (runtime/mstats.go); -1: not known. */
static inline int64_t limit_mapped(const struct values *v)
{
	return values_have(v, FIELD_BIT(SYS) | FIELD_BIT(HEAP_RELEASED))
		       ? v->v[FIELD_SYS] - v->v[FIELD_HEAP_RELEASED]
		       : -1;
}

/* False when it cannot have been: what was mapped before or is now, with all
 * that was allocated in between, is below the limit. */
static inline bool limit_near(const struct values *before,
			      const struct values *now)
{
	int64_t limit = values_get(now, FIELD_MEMORY_LIMIT, -1);
	int64_t was = values_get(before, FIELD_MEMORY_LIMIT, -1);
	int64_t a = limit_mapped(before), b = limit_mapped(now);
	int64_t high = a > b ? a : b;

	if (limit < 0 || (was >= 0 && was < limit))
		limit = was;
	if (limit < 0)
		return false;
	if (a < 0 || b < 0)
		return true;
	if (values_has(before, FIELD_TOTAL_ALLOC) &&
	    values_has(now, FIELD_TOTAL_ALLOC))
		high += now->v[FIELD_TOTAL_ALLOC] -
			before->v[FIELD_TOTAL_ALLOC];
	else
		high += limit / LIMIT_MARGIN;
	return high >= limit;
}

#endif
