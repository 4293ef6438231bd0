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
	MODULE,
	DBGVARS,
	WANTS,
};

void symbols_find(struct gomem *g, struct symbols *out)
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
		[MODULE] = {.name = "runtime.firstmoduledata"},
		[DBGVARS] = {.name = "runtime.dbgvars"},
	};

	symtab_find(&g->elf, want, WANTS);
	out->module = want[MODULE].addr;
	out->dbgvars = want[DBGVARS].addr;
	out->at = (struct places){
		.memstats = want[MEMSTATS].addr,
		.gc = want[GC_CONTROLLER].addr,
		.mheap = want[MHEAP].addr,
		.allgs = want[ALLGS].addr,
		.allp = want[ALLP].addr,
		.sched = want[SCHED].addr,
		.mbuckets = want[MBUCKETS].addr,
		.profile_rate = want[PROFILE_RATE].addr,
	};
}
