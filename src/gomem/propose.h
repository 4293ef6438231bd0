/*
 * propose.h - three ways to find runtime globals, from cheap to costly. Each
 * only proposes; locate.c accepts what adds up in the target's memory.
 */
#ifndef GOMEM_PROPOSE_H
#define GOMEM_PROPOSE_H

#include "target.h"
#include "votes.h"

#define PROPOSALS 12 /* candidates a variable */

/* symbol.c: fill g->at (and the module) from .symtab; false: stripped. */
bool propose_by_symbol(struct gomem *g);

struct proposals {
	struct candidate memstats[PROPOSALS], gc[PROPOSALS];
	unsigned nmemstats, ngc;
	/* Evidence for the rest: addresses that functions use. */
	struct coderefs goroutines;	    /* allgs */
	struct coderefs processors;	    /* allp */
	struct coderefs scheduler;	    /* sched */
	struct coderefs profile;	    /* mbuckets */
	struct coderefs sample_a, sample_b; /* MemProfileRate is in both */
};

/* code.c: votes of the code of always-linked runtime functions. Addresses
 * are link-time. False: no function table, or its functions are not found. */
bool propose_by_code(struct gomem *g, const struct layout *l,
		     struct proposals *out);

/* scan.c: look at the data itself. memstats and gc by what they hold
 * (addresses are the target's). */
bool propose_by_scan(struct gomem *g, const struct layout *l,
		     struct proposals *out);
/* mheap_, by the object sizes of its span and cache allocators; 0: none. */
uint64_t scan_mheap(struct gomem *g);
/* moduledata, by its pointer to the function table. */
bool scan_module(struct gomem *g, const struct layout *l, struct module *out);
/* allp, in data and bss; 0: none. */
uint64_t scan_allp(struct gomem *g);

#endif
