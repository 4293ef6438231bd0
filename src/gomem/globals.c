/*
 * globals.c - memory of the program's own variables: resident pages of .data
 * and .bss that are its alone. MemStats do not have them, and RssAnon does not
 * tell them from what C has allocated.
 */
#include "target.h"

#include <elf.h>

/* More than this of variables is not looked at: it takes tens of ms. */
#define SPAN_MOST (4ull << 30)

bool globals_range(const struct gomem *g, const struct elf_segment *s,
		   uint64_t most, uint64_t *lo, uint64_t *hi)
{
	*lo = s->vaddr + g->bias;
	*hi = *lo + (s->memsz < most ? s->memsz : most);
	/* The file says: they must not wrap around. */
	return (s->flags & PF_W) && *lo < *hi && *hi < 1ull << 56;
}

int64_t gomem_globals(struct gomem *g)
{
	uint64_t lo, hi, bytes = 0, span = 0;

	for (unsigned i = 0; i < g->elf.nseg; i++)
		if (globals_range(g, &g->elf.seg[i], UINT64_MAX, &lo, &hi))
			span += hi - lo;
	if (span == 0 || span > SPAN_MOST)
		return -1;
	for (unsigned i = 0; i < g->elf.nseg; i++)
		if (globals_range(g, &g->elf.seg[i], UINT64_MAX, &lo, &hi) &&
		    !remote_own_pages(&g->remote, lo, hi, &bytes))
			return -1;
	return attach_alive(g, NULL) == 0 ? (int64_t)bytes : -1;
}
