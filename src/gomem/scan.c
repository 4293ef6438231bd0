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

/* Called for blocks of the data: a thing may start at each eighth of the `n`
 * bytes at `buf`, which are the target's `addr`. True ends the scan. */
typedef bool scan_fn(struct gomem *g, const uint8_t *buf, size_t n,
		     uint64_t addr, void *arg);

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

	for (uint64_t at = lo; at < hi && !done && !locate_spent(g);
	     at += BLOCK) {
		uint64_t first = at, run;
		size_t len, n;

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
		n = len < need ? 0 : len - need + 1;
		done = fn(g, buf, n < BLOCK ? n : BLOCK, at, arg);
		g->searched += BLOCK;
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
		uint64_t lo, hi;

		if (globals_range(g, s, all < SPAN_MAX ? all : SPAN_MAX, &lo,
				  &hi) &&
		    scan_segment(g, (lo + 7) & ~(uint64_t)7, hi, need, fn, arg,
				 &budget))
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

static void look_for_gc(const struct layout *l, const uint8_t *buf, size_t n,
			uint64_t addr, struct pairs *out)
{
	const uint8_t *inuse = buf + l->gc_heap_inuse;

	for (size_t i = 0; i < n && out->ngc < PROPOSALS; i += 8)
		if (figures_inuse_like(word(inuse + i)) &&
		    figures_gc_like(l, buf + i))
			out->gc[out->ngc++].addr = addr + i;
}

static void look_for_mstats(const struct layout *l, const uint8_t *buf,
			    size_t n, uint64_t addr, struct pairs *out)
{
	const uint8_t *a = buf + l->mstats_heap_stats + l->delta_in_heap;
	const uint8_t *b = a + l->delta_size, *c = b + l->delta_size;

	for (size_t i = 0; i < n && out->nmemstats < PROPOSALS; i += 8)
		if (figures_inuse_like(word(a + i) + word(b + i) +
				       word(c + i)) &&
		    figures_mstats_like(l, buf + i))
			out->memstats[out->nmemstats++].addr = addr + i;
}

/* Members of struct layout from one on and before another, all int32_t. */
#define SAME(a, b, from, to)                                                   \
	(memcmp(&(a)->from, &(b)->from,                                        \
		offsetof(struct layout, to) -                                  \
			offsetof(struct layout, from)) == 0)

static bool same_gc(const struct layout *a, const struct layout *b)
{
	return SAME(a, b, gc_percent, gc_size);
}

static bool same_mstats(const struct layout *a, const struct layout *b)
{
	return SAME(a, b, mstats_heap_stats, mstats_enablegc) &&
	       SAME(a, b, delta_committed, gc_percent);
}

struct pair_scan {
	const struct layout *const *row;
	size_t n;
	struct pairs *out; /* of each row */
};

/* The row before `i` that looks the same, or `i`: what it finds is this one's
 * too. */
static size_t twin(const struct pair_scan *p, size_t i,
		   bool (*same)(const struct layout *, const struct layout *))
{
	size_t k = 0;

	while (k < i && !same(p->row[k], p->row[i]))
		k++;
	return k;
}

static bool match_either(struct gomem *g, const uint8_t *buf, size_t n,
			 uint64_t addr, void *arg)
{
	struct pair_scan *p = arg;

	(void)g;
	for (size_t i = 0; i < p->n; i++) {
		if (twin(p, i, same_gc) == i)
			look_for_gc(p->row[i], buf, n, addr, &p->out[i]);
		if (twin(p, i, same_mstats) == i)
			look_for_mstats(p->row[i], buf, n, addr, &p->out[i]);
	}
	return false;
}

void propose_by_scan(struct gomem *g, const struct layout *const *row, size_t n,
		     struct pairs *out)
{
	struct pair_scan arg = {row, n, out};
	size_t need = 0;

	memset(out, 0, n * sizeof(*out));
	for (size_t i = 0; i < n; i++)
		if (figures_mstats_len(row[i]) > need)
			need = figures_mstats_len(row[i]);
	scan(g, SCAN_ALL, need, match_either, &arg);
	for (size_t i = 0; i < n; i++) {
		const struct pairs *gc = &out[twin(&arg, i, same_gc)];
		const struct pairs *m = &out[twin(&arg, i, same_mstats)];

		out[i].ngc = gc->ngc;
		memmove(out[i].gc, gc->gc, sizeof(gc->gc));
		out[i].nmemstats = m->nmemstats;
		memmove(out[i].memstats, m->memstats, sizeof(m->memstats));
	}
}

static bool match_mheap(struct gomem *g, const uint8_t *buf, size_t n,
			uint64_t addr, void *arg)
{
	const struct layout *l = g->layout;
	const int32_t apart = l->mheap_cache_objsize - l->mheap_span_objsize;
	uint64_t *found = arg;

	for (size_t i = 0; i < n; i += 8)
		if (word(buf + i) == (uint64_t)l->mspan_size &&
		    word(buf + i + apart) == (uint64_t)l->mcache_size) {
			*found = addr + i - (uint64_t)l->mheap_span_objsize;
			return true;
		}
	return false;
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

/* A module's text, as the target has it. */
struct module_check {
	uint64_t pcheader, lo, hi;
};

static bool module_check_init(const struct gomem *g, struct module_check *m)
{
	*m = (struct module_check){0};
	if (!g->pclntab || !elf_span(&g->elf, PF_X, &m->lo, &m->hi))
		return false;
	m->pcheader = pclntab_addr(g->pclntab) + g->bias;
	m->lo += g->bias;
	m->hi += g->bias;
	return true;
}

static bool is_module(const struct gomem *g, const struct layout *l,
		      const uint8_t *at, const struct module_check *m,
		      struct module *out)
{
	uint64_t text, etext, minpc, maxpc;

	if (word(at) != m->pcheader)
		return false;
	text = word(at + l->module_text);
	etext = word(at + l->module_etext);
	minpc = word(at + l->module_minpc);
	maxpc = word(at + l->module_maxpc);
	if (text < m->lo || etext > m->hi || text >= etext || minpc < text ||
	    minpc >= maxpc || maxpc > etext + 64)
		return false;
	out->text = text - g->bias;
	out->etext = etext - g->bias;
	out->gofunc = word(at + l->module_gofunc) - g->bias;
	return true;
}

bool module_at(struct gomem *g, const struct layout *l, uint64_t addr,
	       struct module *out)
{
	size_t len = (size_t)l->module_size;
	struct module_check m;
	uint8_t *bytes;
	bool ok;

	*out = (struct module){0};
	if (!addr || l->module_pcheader != 0 || !module_check_init(g, &m))
		return false;
	bytes = mem_alloc(len);
	ok = remote_read(&g->remote, addr + g->bias, bytes, len) &&
	     is_module(g, l, bytes, &m, out);
	free(bytes);
	return ok;
}

struct module_scan {
	uint64_t pcheader, *out;
	unsigned n, max;
};

static bool match_pcheader(struct gomem *g, const uint8_t *buf, size_t n,
			   uint64_t addr, void *arg)
{
	struct module_scan *m = arg;

	for (size_t i = 0; i < n && m->n < m->max; i += 8)
		if (word(buf + i) == m->pcheader)
			m->out[m->n++] = addr + i - g->bias;
	return m->n == m->max;
}

unsigned scan_modules(struct gomem *g, uint64_t *out, unsigned max)
{
	struct module_check m;
	struct module_scan arg = {.out = out, .max = max};

	if (!module_check_init(g, &m))
		return 0;
	arg.pcheader = m.pcheader;
	scan(g, SCAN_INITIALIZED, 8, match_pcheader, &arg);
	return arg.n;
}

static bool match_allp(struct gomem *g, const uint8_t *buf, size_t n,
		       uint64_t addr, void *arg)
{
	uint64_t *found = arg;

	for (size_t i = 0; i < n && !*found; i += 8) {
		uint64_t ptr = word(buf + i), len = word(buf + i + 8);
		uint64_t cap = word(buf + i + 16);

		if (len == 0 || len > PS_MAX || cap < len || cap > 4 * PS_MAX ||
		    ptr < 0x10000 || ptr >= 1ull << 47 || ptr % 8)
			continue;
		if (ps_check(g, addr + i))
			*found = addr + i;
	}
	return *found;
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

static bool match_debugvar(struct gomem *g, const uint8_t *buf, size_t n,
			   uint64_t addr, void *arg)
{
	struct debugvar_scan *d = arg;
	size_t len = strlen(d->name);

	(void)addr;
	for (size_t i = 0; i < n && !d->found; i += 8)
		if (word(buf + i + 8) == len)
			d->found = debugvar_at(g, buf + i, d->name);
	return d->found != 0;
}

uint64_t scan_debugvar(struct gomem *g, const char *name)
{
	struct debugvar_scan d = {.name = name};

	scan(g, SCAN_INITIALIZED, 24, match_debugvar, &d);
	return d.found;
}
