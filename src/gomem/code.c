/*
 * code.c - globals by the code that uses them.
 *
 * Function names survive stripping (.gopclntab). The functions below are in
 * every program, in some version or other; those that a version lacks, or
 * that were inlined away, cost nothing.
 */
#include "propose.h"

#include <residue/base/mem.h>

#include <elf.h>
#include <stdlib.h>
#include <string.h>

#define CODE_MAX (256u << 10) /* bytes of one function that are decoded */

enum {
	FOR_MEMSTATS = 1,
	FOR_GC = 2,
	FOR_GOROUTINES = 4,
	FOR_PROCESSORS = 8,
	FOR_SCHEDULER = 16,
	FOR_PROFILE = 32,
	FOR_SAMPLE_A = 64,
	FOR_SAMPLE_B = 128,
};

static const struct {
	const char *name;
	unsigned uses;
} functions[] = {
	{"runtime.gcMarkTermination", FOR_MEMSTATS | FOR_GC},
	{"runtime.gcMarkTermination.func1", FOR_MEMSTATS},
	{"runtime.gcMarkTermination.func2", FOR_MEMSTATS},
	{"runtime.gcMarkTermination.func3", FOR_MEMSTATS},
	{"runtime.gcMarkTermination.func4", FOR_MEMSTATS},
	{"runtime.(*mheap).init", FOR_MEMSTATS},
	{"runtime.readmemstats_m", FOR_MEMSTATS | FOR_GC},
	{"runtime.readGCStats_m", FOR_MEMSTATS},
	{"runtime.gcStart", FOR_MEMSTATS | FOR_GC},
	{"runtime.gcenable", FOR_MEMSTATS},
	{"runtime.schedinit",
	 FOR_MEMSTATS | FOR_SCHEDULER | FOR_PROCESSORS | FOR_SAMPLE_B},
	{"runtime.(*mheap).allocSpan", FOR_GC},
	{"runtime.(*mheap).freeSpanLocked", FOR_GC},
	{"runtime.(*mheap).grow", FOR_GC},
	{"runtime.(*mcache).refill", FOR_GC},
	{"runtime.(*mcache).allocLarge", FOR_GC},
	{"runtime.(*mcache).releaseAll", FOR_GC},
	{"runtime.gcControllerCommit", FOR_GC},
	{"runtime.gcinit", FOR_GC},
	{"runtime.sysMapOS", FOR_GC},
	{"runtime.sysMap", FOR_GC},
	{"runtime.sysUsed", FOR_GC},
	{"runtime.allgadd", FOR_GOROUTINES},
	{"runtime.procresize", FOR_PROCESSORS | FOR_SCHEDULER},
	{"runtime.gcount", FOR_SCHEDULER | FOR_PROCESSORS},
	{"runtime.newproc1", FOR_SCHEDULER},
	{"runtime.gfget", FOR_SCHEDULER},
	{"runtime.gfput", FOR_SCHEDULER},
	{"runtime.gfpurge", FOR_SCHEDULER},
	{"runtime.checkmcount", FOR_SCHEDULER},
	{"runtime.malg", FOR_SCHEDULER},
	{"runtime.retake", FOR_PROCESSORS | FOR_SCHEDULER},
	{"runtime.stkbucket", FOR_PROFILE},
	{"runtime.mProf_FlushLocked", FOR_PROFILE},
	{"runtime.mProf_Flush", FOR_PROFILE},
	{"runtime.MemProfile", FOR_PROFILE},
	{"runtime.memProfileInternal", FOR_PROFILE},
	{"runtime.nextSample", FOR_SAMPLE_A},
	{"runtime.profilealloc", FOR_SAMPLE_A},
	{"runtime.mallocgc", FOR_SAMPLE_B},
	{"runtime.mallocgcTiny", FOR_SAMPLE_B},
	{"runtime.mallocgcLarge", FOR_SAMPLE_B},
	{"runtime.mallocgcSmallNoscan", FOR_SAMPLE_B},
	{"runtime.parsedebugvars", FOR_SAMPLE_B},
};
#define FUNCTIONS (sizeof(functions) / sizeof(functions[0]))

static void use_code(struct gomem *g, const struct pclntab_want *want,
		     unsigned uses, struct proposals *out)
{
	struct coderefs *to[] = {&out->memstats,   &out->gc,
				 &out->goroutines, &out->processors,
				 &out->scheduler,  &out->profile,
				 &out->sample_a,   &out->sample_b};
	size_t n = want->hi - want->lo;
	uint64_t addr = g->module.text + want->lo;
	uint8_t *code;

	if (n > CODE_MAX)
		return;
	code = mem_alloc(n);
	if (elf_read_at(&g->elf, addr, code, n, NULL) == 0)
		for (unsigned i = 0; i < 8; i++)
			if (uses & 1u << i)
				coderefs_add(to[i], g->elf.machine, code, n,
					     addr);
	free(code);
}

static void vote(const struct layout *l, struct proposals *p)
{
	struct pairs *out = &p->pairs;
	const int32_t m[] = {
		l->mstats_heap_gen,	    l->mstats_stacks_sys,
		l->mstats_mspan_sys,	    l->mstats_mcache_sys,
		l->mstats_buckhash_sys,	    l->mstats_gc_misc_sys,
		l->mstats_other_sys,	    l->mstats_last_gc_unix,
		l->mstats_pause_total_ns,   l->mstats_pause_ns,
		l->mstats_pause_end,	    l->mstats_numgc,
		l->mstats_numforcedgc,	    l->mstats_gc_cpu_fraction,
		l->mstats_last_gc_nanotime, l->mstats_last_heap_inuse,
		l->mstats_enablegc};
	const int32_t c[] = {
		l->gc_percent,	      l->gc_memory_limit,  l->gc_heap_minimum,
		l->gc_percent_goal,   l->gc_triggered,	   l->gc_last_heap_goal,
		l->gc_heap_live,      l->gc_heap_scan,	   l->gc_heap_marked,
		l->gc_heap_inuse,     l->gc_heap_released, l->gc_heap_free,
		l->gc_total_alloc,    l->gc_total_free,	   l->gc_mapped_ready,
		l->gc_max_stack_scan, l->gc_globals_scan};

	out->nmemstats = votes_rank(&p->memstats, m, sizeof(m) / sizeof(m[0]),
				    out->memstats, PROPOSALS);
	out->ngc = votes_rank(&p->gc, c, sizeof(c) / sizeof(c[0]), out->gc,
			      PROPOSALS);
}

static bool read_code(struct gomem *g, struct proposals *out)
{
	struct pclntab_want want[FUNCTIONS];
	struct coderefs empty = {.n = 0};

	if (!g->pclntab || g->module.text == 0 ||
	    !elf_span(&g->elf, PF_W, &empty.lo, &empty.hi))
		return false;
	for (size_t i = 0; i < FUNCTIONS; i++)
		want[i] = (struct pclntab_want){.name = functions[i].name};
	if (pclntab_find(g->pclntab, want, FUNCTIONS) == 0)
		return false;
	*out = (struct proposals){.text = g->module.text,
				  .memstats = empty,
				  .gc = empty,
				  .goroutines = empty,
				  .processors = empty,
				  .scheduler = empty,
				  .profile = empty,
				  .sample_a = empty,
				  .sample_b = empty};
	for (size_t i = 0; i < FUNCTIONS && !locate_spent(g); i++)
		if (want[i].hi > 0)
			use_code(g, &want[i], functions[i].uses, out);
	return true;
}

bool propose_by_code(struct gomem *g, const struct layout *l,
		     struct proposals *out)
{
	if ((!out->text || out->text != g->module.text) && !read_code(g, out))
		return false;
	vote(l, out);
	return out->pairs.nmemstats > 0 && out->pairs.ngc > 0;
}
