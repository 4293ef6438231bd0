/*
 * votes.h - where does a structure start, given addresses that code uses?
 *
 * Code that uses a field of a structure shows the address of the field, not
 * of the structure. Each address, less the offset of each field it might be,
 * votes for a start; a start for which many different fields are in use is a
 * candidate. Votes propose; only what is in memory there decides.
 */
#ifndef GOMEM_VOTES_H
#define GOMEM_VOTES_H

#include <residue/goelf/coderef.h>

#define VOTES_OFFSETS 32

struct candidate {
	uint64_t addr; /* as the code has it: link-time */
	unsigned score;
};

/* The best `max` starts, most votes first; how many there are. Offsets below
 * 0 are fields that this version lacks. At most VOTES_OFFSETS offsets. */
unsigned votes_rank(const struct coderefs *refs, const int32_t *off, unsigned n,
		    struct candidate *out, unsigned max);

#endif
