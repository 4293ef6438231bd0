/*
 * propose.h - ways to find runtime globals, from cheap to costly. Each
 * only proposes; locate.c accepts what adds up in the target's memory.
 */
#ifndef GOMEM_PROPOSE_H
#define GOMEM_PROPOSE_H

#include "target.h"
#include "votes.h"

#define PROPOSALS 12 /* candidates a variable */

/* What .symtab names, as link-time addresses; 0: nothing, or stripped. */
struct symbols {
	struct places at;
	uint64_t module;  /* runtime.firstmoduledata */
	uint64_t dbgvars; /* runtime.dbgvars */
};

/* symbol.c */
void symbols_find(struct gomem *g, struct symbols *out);

/* Any of the one may go with any of the other. */
struct pairs {
	struct candidate memstats[PROPOSALS], gc[PROPOSALS];
	unsigned nmemstats, ngc;
};

struct proposals {	    /* zeroed: nothing was looked at yet */
	struct pairs pairs; /* link-time addresses */
	uint64_t text;	    /* where the code was read; 0: it was not */
	/* Addresses that functions use: evidence for the pair, */
	struct coderefs memstats, gc;
	/* and for the rest. */
	struct coderefs goroutines;	    /* allgs */
	struct coderefs processors;	    /* allp */
	struct coderefs scheduler;	    /* sched */
	struct coderefs profile;	    /* mbuckets */
	struct coderefs sample_a, sample_b; /* MemProfileRate is in both */
};

/* code.c: votes of the code of always-linked runtime functions, which is read
 * once for all rows. Addresses are link-time. False: no function table, or its
 * functions are not found. */
bool propose_by_code(struct gomem *g, const struct layout *l,
		     struct proposals *out);

/* scan.c: look at the data itself. memstats and gc by what they hold, for `n`
 * rows at once: pairs of each row (addresses are the target's). */
void propose_by_scan(struct gomem *g, const struct layout *const *row, size_t n,
		     struct pairs *out);
/* mheap_, by the object sizes of its span and cache allocators; 0: none. */
uint64_t scan_mheap(struct gomem *g);
/* moduledata at a link-time address, checked by its pointer to the function
 * table. False: it is not there. */
bool module_at(struct gomem *g, const struct layout *l, uint64_t addr,
	       struct module *out);
/* Where that pointer is in the data: link-time addresses, at most `max`. */
unsigned scan_modules(struct gomem *g, uint64_t *out, unsigned max);
/* allp, in data and bss; 0: none. */
uint64_t scan_allp(struct gomem *g);
/* The variable of that name in GODEBUG, in data; 0: none. */
uint64_t scan_debugvar(struct gomem *g, const char *name);

/* debugvar.c: the same by runtime.dbgvars (address in the target); and by 24
 * bytes that may be an entry of it. */
uint64_t debugvar_find(struct gomem *g, uint64_t dbgvars, const char *name);
uint64_t debugvar_at(struct gomem *g, const uint8_t *bytes, const char *name);

#endif
