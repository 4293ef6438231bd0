/*
 * scan.c - globals by what the data holds: the way that works without names
 * and without code (garble), and the slowest.
 *
 * Only pages that the target has touched are read: reading a page of
 * untouched bss would create it there.
 */
#include "propose.h"

#include <residue/base/mem.h>

#include <elf.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK	 (1u << 20)		 /* bytes looked at in one go */
#define OVERLAP	 (LAYOUT_MSTATS_MAX * 2) /* the longest thing we look for */
#define SPAN_MAX (64ull << 30)		 /* of one segment that is walked */
#define READ_MAX (1ull << 30)		 /* of all, that is read */

/* Called for each position of the data; true ends the scan. */
typedef bool scan_fn(struct gomem *g, const uint8_t *at, uint64_t addr,
		     void *arg);

/* Copy what is in memory of [addr, addr + len); the rest is zero. */
static uint64_t read_block(struct gomem *g, uint64_t addr, size_t len,
			   uint8_t *buf)
{
	uint64_t at = addr, run, got = 0;

	memset(buf, 0, len);
	while (remote_next_run(&g->remote, &at, addr + len, &run)) {
		if (remote_read(&g->remote, at, buf + (at - addr), (size_t)run))
			got += run;
		at += run;
	}
	return got;
}

/* Go through a segment; `need` bytes are valid at each position given. */
static bool scan_segment(struct gomem *g, uint64_t lo, uint64_t hi, size_t need,
			 scan_fn *fn, void *arg, uint64_t *budget)
{
	uint8_t *buf = mem_alloc(BLOCK + OVERLAP);
	bool done = false;

	for (uint64_t at = lo; at < hi && !done; at += BLOCK) {
		uint64_t first = at, run;
		size_t len;

		/* Pass over what was never touched, in whole blocks. */
		if (!remote_next_run(&g->remote, &first, hi, &run))
			break;
		at += (first - at) / BLOCK * BLOCK;
		len = hi - at < BLOCK + OVERLAP ? (size_t)(hi - at)
						: BLOCK + OVERLAP;
		run = read_block(g, at, len, buf);
		if (run > *budget)
			break;
		*budget -= run;
		for (size_t i = 0; i < BLOCK && i + need <= len && !done;
		     i += 8)
			done = fn(g, buf + i, at + i, arg);
	}
	free(buf);
	return done;
}

enum scan_part {
	SCAN_ALL,
	SCAN_INITIALIZED, /* what has bytes in the file: not bss */
};

static bool scan(struct gomem *g, enum scan_part part, size_t need, scan_fn *fn,
		 void *arg)
{
	uint64_t budget = READ_MAX;

	for (unsigned i = 0; i < g->elf.nseg; i++) {
		const struct elf_segment *s = &g->elf.seg[i];
		uint64_t all = part == SCAN_ALL ? s->memsz : s->filesz;
		uint64_t len = all < SPAN_MAX ? all : SPAN_MAX;
		uint64_t lo = (s->vaddr + g->bias + 7) & ~(uint64_t)7;
		uint64_t hi = s->vaddr + g->bias + len;

		/* The addresses are the file's: they must not wrap around. */
		if ((s->flags & PF_W) && lo < hi && hi < 1ull << 56 &&
		    scan_segment(g, lo, hi, need, fn, arg, &budget))
			return true;
	}
	return false;
}

static uint64_t word(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

struct pair_scan {
	const struct layout *layout;
	struct proposals *out;
};

static bool match_either(struct gomem *g, const uint8_t *at, uint64_t addr,
			 void *arg)
{
	struct pair_scan *p = arg;

	(void)g;
	if (p->out->ngc < PROPOSALS && figures_gc_like(p->layout, at))
		p->out->gc[p->out->ngc++].addr = addr;
	if (p->out->nmemstats < PROPOSALS && figures_mstats_like(p->layout, at))
		p->out->memstats[p->out->nmemstats++].addr = addr;
	return false;
}

bool propose_by_scan(struct gomem *g, const struct layout *l,
		     struct proposals *out)
{
	struct pair_scan arg = {l, out};

	*out = (struct proposals){.ngc = 0};
	scan(g, SCAN_ALL, figures_mstats_len(l), match_either, &arg);
	return out->ngc > 0 && out->nmemstats > 0;
}

static bool match_mheap(struct gomem *g, const uint8_t *at, uint64_t addr,
			void *arg)
{
	const struct layout *l = g->layout;
	uint64_t *found = arg;

	if (word(at) != (uint64_t)l->mspan_size ||
	    word(at + l->mheap_cache_objsize - l->mheap_span_objsize) !=
		    (uint64_t)l->mcache_size)
		return false;
	*found = addr - (uint64_t)l->mheap_span_objsize;
	return true;
}

uint64_t scan_mheap(struct gomem *g)
{
	const struct layout *l = g->layout;
	uint64_t found = 0;

	scan(g, SCAN_ALL,
	     (size_t)(l->mheap_cache_objsize - l->mheap_span_objsize) + 8,
	     match_mheap, &found);
	return found;
}

struct module_scan {
	const struct layout *layout;
	uint64_t pcheader; /* as the target has it */
	uint64_t lo, hi;   /* the text, as the target has it */
	struct module *out;
};

static bool match_module(struct gomem *g, const uint8_t *at, uint64_t addr,
			 void *arg)
{
	const struct module_scan *m = arg;
	const struct layout *l = m->layout;
	uint64_t text, etext, minpc, maxpc;

	(void)addr;
	if (word(at) != m->pcheader)
		return false;
	text = word(at + l->module_text);
	etext = word(at + l->module_etext);
	minpc = word(at + l->module_minpc);
	maxpc = word(at + l->module_maxpc);
	if (text < m->lo || etext > m->hi || text >= etext || minpc < text ||
	    minpc >= maxpc || maxpc > etext + 64)
		return false;
	m->out->text = text - g->bias;
	m->out->etext = etext - g->bias;
	m->out->gofunc = word(at + l->module_gofunc) - g->bias;
	return true;
}

static bool module_scan_init(const struct gomem *g, const struct layout *l,
			     struct module *out, struct module_scan *m)
{
	*m = (struct module_scan){.layout = l, .out = out};
	*out = (struct module){0};
	if (!g->pclntab || l->module_pcheader != 0 ||
	    !elf_span(&g->elf, PF_X, &m->lo, &m->hi))
		return false;
	m->pcheader = pclntab_addr(g->pclntab) + g->bias;
	m->lo += g->bias;
	m->hi += g->bias;
	return true;
}

bool module_at(struct gomem *g, const struct layout *l, uint64_t addr,
	       struct module *out)
{
	size_t len = (size_t)l->module_size;
	struct module_scan m;
	uint8_t *bytes;
	bool ok;

	if (!addr || !module_scan_init(g, l, out, &m))
		return false;
	addr += g->bias;
	bytes = mem_alloc(len);
	ok = remote_read(&g->remote, addr, bytes, len) &&
	     match_module(g, bytes, addr, &m);
	free(bytes);
	return ok;
}

bool scan_module(struct gomem *g, const struct layout *l, struct module *out)
{
	struct module_scan m;

	return module_scan_init(g, l, out, &m) &&
	       scan(g, SCAN_INITIALIZED, (size_t)l->module_size, match_module,
		    &m);
}

static bool match_allp(struct gomem *g, const uint8_t *at, uint64_t addr,
		       void *arg)
{
	uint64_t ptr = word(at), len = word(at + 8), cap = word(at + 16);
	uint64_t *found = arg;

	if (len == 0 || len > PS_MAX || cap < len || cap > 4 * PS_MAX ||
	    ptr < 0x10000 || ptr >= 1ull << 47 || ptr % 8 || !ps_check(g, addr))
		return false;
	*found = addr;
	return true;
}

uint64_t scan_allp(struct gomem *g)
{
	uint64_t found = 0;

	scan(g, SCAN_ALL, 24, match_allp, &found);
	return found;
}

struct debugvar_scan {
	const char *name;
	uint64_t found;
};

static bool match_debugvar(struct gomem *g, const uint8_t *at, uint64_t addr,
			   void *arg)
{
	struct debugvar_scan *d = arg;

	(void)addr;
	d->found = debugvar_at(g, at, d->name);
	return d->found != 0;
}

uint64_t scan_debugvar(struct gomem *g, const char *name)
{
	struct debugvar_scan d = {.name = name};

	scan(g, SCAN_INITIALIZED, 24, match_debugvar, &d);
	return d.found;
}
