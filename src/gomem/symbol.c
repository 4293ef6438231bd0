/* symbol.c - globals by name, where the program was not stripped. */
#include "propose.h"

#include <residue/goelf/symtab.h>

enum {
	MEMSTATS,
	GC_CONTROLLER,
	MHEAP,
	ALLGS,
	ALLP,
	SCHED,
	MBUCKETS,
	PROFILE_RATE,
	WANTS,
};

bool propose_by_symbol(struct gomem *g)
{
	struct symtab_want want[WANTS] = {
		[MEMSTATS] = {.name = "runtime.memstats"},
		[GC_CONTROLLER] = {.name = "runtime.gcController"},
		[MHEAP] = {.name = "runtime.mheap_"},
		[ALLGS] = {.name = "runtime.allgs"},
		[ALLP] = {.name = "runtime.allp"},
		[SCHED] = {.name = "runtime.sched"},
		[MBUCKETS] = {.name = "runtime.mbuckets"},
		[PROFILE_RATE] = {.name = "runtime.MemProfileRate"},
	};

	if (symtab_find(&g->elf, want, WANTS) == 0 ||
	    want[MEMSTATS].addr == 0 || want[GC_CONTROLLER].addr == 0)
		return false;
	for (int i = 0; i < WANTS; i++)
		if (want[i].addr)
			want[i].addr += g->bias;
	g->at = (struct places){
		.memstats = want[MEMSTATS].addr,
		.gc = want[GC_CONTROLLER].addr,
		.mheap = want[MHEAP].addr,
		.allgs = want[ALLGS].addr,
		.allp = want[ALLP].addr,
		.sched = want[SCHED].addr,
		.mbuckets = want[MBUCKETS].addr,
		.profile_rate = want[PROFILE_RATE].addr,
	};
	return true;
}
