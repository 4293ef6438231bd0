/*
 * globals.c - memory of the program's own variables: resident pages of .data
 * and .bss that are its alone. MemStats do not have them, and RssAnon does not
 * tell them from what C has allocated.
 *
 * Source: Documentation/admin-guide/mm/pagemap.rst: bit 63 page present, bit 61
 * page of a file or shared. Nothing is touched by looking.
 */
#include "target.h"

#include <residue/base/mem.h>

#include <elf.h>
#include <fcntl.h>
#include <unistd.h>

#define ENTRIES 512
#define PRESENT (1ull << 63)
#define OF_FILE (1ull << 61)
/* More than this of variables is not looked at: it takes tens of ms. */
#define SPAN_MOST (4ull << 30)

void globals_note(struct gomem *g)
{
	g->nglobals = 0;
	for (unsigned i = 0; i < g->elf.nseg; i++) {
		const struct elf_segment *s = &g->elf.seg[i];
		uint64_t lo = s->vaddr + g->bias, hi = lo + s->memsz;

		/* The file says: they must not wrap around. */
		if ((s->flags & PF_W) && lo < hi && hi < 1ull << 56 &&
		    g->nglobals < GLOBALS_MAX)
			g->globals[g->nglobals++] = (struct range){lo, hi};
	}
}

/* Pages of [lo, hi) that are the process's own; false: cannot be read. */
static bool count(int fd, uint64_t lo, uint64_t hi, uint64_t page,
		  uint64_t *pages)
{
	uint64_t entry[ENTRIES], at = lo / page, end = (hi + page - 1) / page;

	while (at < end) {
		size_t want = end - at < ENTRIES ? (size_t)(end - at) : ENTRIES;
		ssize_t n = pread(fd, entry, want * sizeof(entry[0]),
				  (off_t)(at * sizeof(entry[0])));

		if (n < (ssize_t)sizeof(entry[0]))
			return false;
		n /= (ssize_t)sizeof(entry[0]);
		for (ssize_t i = 0; i < n; i++)
			*pages += (entry[i] & (PRESENT | OF_FILE)) == PRESENT;
		at += (uint64_t)n;
	}
	return true;
}

int64_t gomem_globals(struct gomem *g)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), pages = 0, span = 0;
	bool known = g->nglobals > 0;
	int fd;

	for (unsigned i = 0; i < g->nglobals; i++)
		span += g->globals[i].hi - g->globals[i].lo;
	if (!known || span > SPAN_MOST || !g->pagemap)
		return -1;
	fd = open(g->pagemap, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	for (unsigned i = 0; i < g->nglobals && known; i++)
		known = count(fd, g->globals[i].lo, g->globals[i].hi, page,
			      &pages);
	close(fd);
	return known && attach_alive(g, NULL) == 0 ? (int64_t)(pages * page)
						   : -1;
}
