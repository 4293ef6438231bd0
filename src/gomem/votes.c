/* votes.c - candidates for the start of a structure. */
#include "votes.h"

#include <residue/base/mem.h>

#include <stdlib.h>
#include <string.h>

static int ascending(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static int by_score(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	if (x->score != y->score)
		return x->score < y->score ? 1 : -1;
	return (x->addr > y->addr) - (x->addr < y->addr);
}

static unsigned distinct(const int32_t *off, unsigned n,
			 int32_t out[VOTES_OFFSETS])
{
	unsigned count = 0;

	for (unsigned i = 0; i < n && count < VOTES_OFFSETS; i++) {
		bool seen = off[i] < 0;

		for (unsigned k = 0; k < count; k++)
			seen |= out[k] == off[i];
		if (!seen)
			out[count++] = off[i];
	}
	return count;
}

/* A reference to the start itself says more than one to a field. */
static unsigned score(const uint64_t *ref, size_t refs, uint64_t start,
		      const int32_t *off, unsigned n)
{
	unsigned sum = 0;

	for (unsigned i = 0; i < n; i++) {
		uint64_t at = start + (uint64_t)off[i];

		if (bsearch(&at, ref, refs, sizeof(at), ascending))
			sum += off[i] ? 2 : 3;
	}
	return sum;
}

unsigned votes_rank(const struct coderefs *refs, const int32_t *off, unsigned n,
		    struct candidate *out, unsigned max)
{
	uint64_t *ref = mem_alloc(sizeof(refs->addr));
	uint64_t *start = mem_alloc(sizeof(refs->addr) * VOTES_OFFSETS);
	int32_t use[VOTES_OFFSETS];
	struct candidate *all;
	unsigned offs = distinct(off, n, use), found = 0;
	size_t starts = 0;

	memcpy(ref, refs->addr, sizeof(refs->addr));
	qsort(ref, refs->n, sizeof(*ref), ascending);
	for (unsigned i = 0; i < refs->n; i++)
		for (unsigned k = 0; k < offs; k++)
			if (ref[i] >= refs->lo + (uint64_t)use[k] &&
			    (ref[i] - (uint64_t)use[k]) % 8 == 0)
				start[starts++] = ref[i] - (uint64_t)use[k];
	qsort(start, starts, sizeof(*start), ascending);
	all = mem_alloc((starts + 1) * sizeof(*all));
	for (size_t i = 0; i < starts; i++)
		if (i == 0 || start[i] != start[i - 1])
			all[found++] = (struct candidate){
				start[i],
				score(ref, refs->n, start[i], use, offs)};
	qsort(all, found, sizeof(*all), by_score);
	if (found > max)
		found = max;
	memcpy(out, all, found * sizeof(*all));
	free(all);
	free(start);
	free(ref);
	return found;
}
