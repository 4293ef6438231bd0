/*
 * locate.c - which proposal is right: the one that adds up in the target.
 *
 * Names, code and contents only propose. The pair (memstats, gcController) is
 * accepted when one reading of both fulfils every identity (figures.h); of
 * several pairs that do, none is believed.
 */
#include "propose.h"

#include <residue/base/clock.h>
#include <residue/base/mem.h>

#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ROUNDS		  40 /* looks at a busy target, at growing distance */
#define GOROUTINES_MAX	  (1u << 27)
#define DEFAULT_RATE	  (512u << 10)
#define DEFAULT_MAXMCOUNT 10000 /* runtime/proc.go: schedinit */

static void pause_round(unsigned round)
{
	struct timespec ts = {0, 20000L * (round + 1)};

	nanosleep(&ts, NULL);
}

int locate_try(struct gomem *g, const struct layout *l, uint64_t memstats,
	       uint64_t gc, struct figures *out, int *sysno)
{
	struct remote_piece piece[] = {
		{memstats, g->raw.mstats, figures_mstats_len(l)},
		{gc, g->raw.gc, figures_gc_len(l)},
	};

	*sysno = remote_readv(&g->remote, piece, 2);
	if (*sysno)
		return -1;
	figures_decode(l, &g->raw, out);
	return (int)figures_identities(out);
}

/* What a row that was not made for this version must fulfil besides. */
static int required(bool exact)
{
	return exact ? FIGURES_ALL : FIGURES_ALL | FIGURES_MAPPED;
}

/* Named variables: right by name, if the row is. */
static bool accept_symbols(struct gomem *g, const struct layout *l, bool exact,
			   int *sysno)
{
	bool plausible = false;
	struct figures f;

	for (unsigned i = 0; i < ROUNDS; i++) {
		int id = locate_try(g, l, g->at.memstats, g->at.gc, &f, sysno);

		if (id < 0)
			return false;
		if ((id & required(exact)) == required(exact))
			return true;
		plausible = figures_plausible(&f);
		pause_round(i);
	}
	return exact && plausible;
}

/* Try every pair of candidates; exactly one must add up. */
static bool accept_pair(struct gomem *g, const struct layout *l, bool exact,
			const struct proposals *p, uint64_t bias, int *sysno)
{
	unsigned found = 0;
	int any = 0;

	for (unsigned round = 0; round < ROUNDS && !found; round++) {
		for (unsigned i = 0; i < p->nmemstats; i++)
			for (unsigned k = 0; k < p->ngc; k++) {
				uint64_t m = p->memstats[i].addr + bias;
				uint64_t c = p->gc[k].addr + bias;
				struct figures f;
				int id = locate_try(g, l, m, c, &f, sysno);

				if (id < 0 && *sysno != EFAULT)
					return false;
				any |= id > 0;
				if (id < 0 ||
				    (id & required(exact)) != required(exact))
					continue;
				g->at.memstats = m;
				g->at.gc = c;
				found++;
			}
		if (!any) /* none of it ever comes close */
			return false;
		if (!found)
			pause_round(round);
	}
	return found == 1;
}

static bool locate_pair(struct gomem *g, const struct layout *l, bool exact,
			struct proposals *p, int *sysno)
{
	if (propose_by_symbol(g)) {
		g->info.how = GOMEM_BY_SYMBOL;
		if (accept_symbols(g, l, exact, sysno))
			return true;
	}
	g->at = (struct places){0};
	if (*sysno && *sysno != EFAULT)
		return false;
	if (propose_by_code(g, l, p) &&
	    accept_pair(g, l, exact, p, g->bias, sysno)) {
		g->info.how = GOMEM_BY_CODE;
		return true;
	}
	if (*sysno && *sysno != EFAULT)
		return false;
	g->info.how = GOMEM_BY_SCAN;
	return propose_by_scan(g, l, p) &&
	       accept_pair(g, l, exact, p, 0, sysno);
}

/* ---- the rest: each is checked, each may be missing ---- */

static bool mheap_check(struct gomem *g, uint64_t addr)
{
	const struct layout *l = g->layout;
	uint64_t span, cache, spans, caches;

	return remote_word(&g->remote, addr + (uint64_t)l->mheap_span_objsize,
			   &span) &&
	       remote_word(&g->remote, addr + (uint64_t)l->mheap_cache_objsize,
			   &cache) &&
	       remote_word(&g->remote, addr + (uint64_t)l->mheap_span_inuse,
			   &spans) &&
	       remote_word(&g->remote, addr + (uint64_t)l->mheap_cache_inuse,
			   &caches) &&
	       span == (uint64_t)l->mspan_size &&
	       cache == (uint64_t)l->mcache_size && spans > 0 &&
	       spans % span == 0 && caches > 0 && caches % cache == 0;
}

static void find_mheap(struct gomem *g)
{
	if (!g->at.mheap)
		g->at.mheap = scan_mheap(g);
	if (g->at.mheap && !mheap_check(g, g->at.mheap))
		g->at.mheap = 0;
}

static bool allgs_check(struct gomem *g, uint64_t addr, uint64_t slice[3])
{
	uint64_t first;

	return remote_read(&g->remote, addr, slice, 24) && slice[1] > 0 &&
	       slice[1] <= slice[2] && slice[2] <= GOROUTINES_MAX &&
	       slice[0] % 8 == 0 && remote_word(&g->remote, slice[0], &first) &&
	       first > 0x1000 && first % 8 == 0;
}

/* runtime.allgadd keeps allglen = len(allgs) and allgptr = &allgs[0]: a slice
 * for which both are among the words that it uses is allgs. */
static void find_allgs(struct gomem *g, const struct coderefs *refs)
{
	uint64_t slice[3], value;

	if (g->at.allgs && !allgs_check(g, g->at.allgs, slice))
		g->at.allgs = 0;
	for (unsigned i = 0; i < refs->n && !g->at.allgs; i++) {
		uint64_t at = refs->addr[i] + g->bias;
		bool ptr = false, len = false;

		if (!coderefs_has(refs, refs->addr[i] + 8) ||
		    !allgs_check(g, at, slice))
			continue;
		for (unsigned k = 0; k < refs->n; k++) {
			uint64_t a = refs->addr[k] + g->bias;

			if ((a >= at && a < at + 24) ||
			    !remote_word(&g->remote, a, &value))
				continue;
			ptr |= value == slice[0];
			len |= value == slice[1];
		}
		if (ptr && len)
			g->at.allgs = at;
	}
}

static bool p_check(struct gomem *g, uint64_t addr, unsigned index,
		    bool *has_cache)
{
	const struct layout *l = g->layout;
	uint64_t mcache, span[SPAN_CLASSES], elemsize;
	uint8_t class;
	uint32_t id, status;

	if (!remote_read(&g->remote, addr + (uint64_t)l->p_id, &id, 4) ||
	    !remote_read(&g->remote, addr + (uint64_t)l->p_status, &status,
			 4) ||
	    !remote_word(&g->remote, addr + (uint64_t)l->p_mcache, &mcache) ||
	    id != index || status > 5)
		return false;
	if (mcache == 0)
		return true;
	*has_cache = true;
	/* Which span a class has must be a span of that class. */
	if (!remote_read(&g->remote, mcache + (uint64_t)l->mcache_alloc, span,
			 sizeof(span)))
		return false;
	for (unsigned k = 0; k < SPAN_CLASSES; k += 9) {
		if (!remote_word(&g->remote,
				 span[k] + (uint64_t)l->mspan_elemsize,
				 &elemsize) ||
		    !remote_read(&g->remote,
				 span[k] + (uint64_t)l->mspan_spanclass, &class,
				 1))
			return false;
		if (elemsize && class != k)
			return false;
	}
	return true;
}

bool ps_load(struct gomem *g)
{
	uint64_t h[3];

	if (!remote_read(&g->remote, g->at.allp, h, sizeof(h)) || h[1] == 0 ||
	    h[1] > h[2] || h[1] > PS_MAX ||
	    !remote_read(&g->remote, h[0], g->ps, h[1] * 8))
		return false;
	memcpy(g->ps_header, h, sizeof(h));
	g->nps = (unsigned)h[1];
	return true;
}

bool ps_check(struct gomem *g, uint64_t addr)
{
	bool has_cache = false;

	g->at.allp = addr;
	if (!ps_load(g)) {
		g->at.allp = 0;
		return false;
	}
	for (unsigned i = 0; i < g->nps; i++)
		if (!p_check(g, g->ps[i], i, &has_cache)) {
			g->at.allp = 0;
			return false;
		}
	if (!has_cache)
		g->at.allp = 0;
	return has_cache;
}

static void find_allp(struct gomem *g, const struct coderefs *refs)
{
	if (g->at.allp && ps_check(g, g->at.allp))
		return;
	g->at.allp = 0;
	for (unsigned i = 0; i < refs->n; i++)
		if (ps_check(g, refs->addr[i] + g->bias))
			return;
	g->at.allp = scan_allp(g);
}

static bool sched_check(struct gomem *g, uint64_t addr, bool named)
{
	const struct layout *l = g->layout;
	int32_t max, sys;

	/* A program may change maxmcount (debug.SetMaxThreads); then only the
	 * name tells. */
	return remote_read(&g->remote, addr + (uint64_t)l->sched_maxmcount,
			   &max, 4) &&
	       remote_read(&g->remote, addr + (uint64_t)l->sched_ngsys, &sys,
			   4) &&
	       sys >= 0 && sys < 10000 && max > 0 &&
	       (named || max == DEFAULT_MAXMCOUNT);
}

static void find_sched(struct gomem *g, const struct coderefs *refs)
{
	const struct layout *l = g->layout;
	const int32_t off[] = {l->sched_maxmcount,     l->sched_ngsys,
			       l->sched_gfree_n,       l->sched_gfree_stack,
			       l->sched_gfree_nostack, 0};
	struct candidate c[PROPOSALS];
	unsigned n;

	if (g->at.sched && sched_check(g, g->at.sched, true))
		return;
	g->at.sched = 0;
	n = votes_rank(refs, off, sizeof(off) / sizeof(off[0]), c, PROPOSALS);
	/* maxmcount and two more of its fields are in use there. */
	for (unsigned i = 0; i < n && !g->at.sched; i++)
		if (c[i].score >= 6 &&
		    coderefs_has(refs, c[i].addr + (uint64_t)off[0]) &&
		    sched_check(g, c[i].addr + g->bias, false))
			g->at.sched = c[i].addr + g->bias;
}

/*
 * MemProfileRate is used where an allocation is sampled, and where a program
 * starts or allocates; and it starts at 512 KiB, in the file (it is set to 0
 * at run time when nothing reads the profile). Go 1.19 sets it at run time:
 * there only a value in use tells. Of several such, none.
 */
static void find_rate(struct gomem *g, const struct proposals *p)
{
	unsigned initial = 0, in_use = 0;
	uint64_t by_file = 0, by_value = 0;

	for (unsigned i = 0; i < p->sample_a.n; i++) {
		uint64_t at = p->sample_a.addr[i], v;

		if (!coderefs_has(&p->sample_b, at))
			continue;
		if (elf_read_at(&g->elf, at, &v, 8, NULL) == 0 &&
		    v == DEFAULT_RATE) {
			by_file = at + g->bias;
			initial++;
		}
		if (remote_word(&g->remote, at + g->bias, &v) && v > 0 &&
		    v < 1ull << 40) {
			by_value = at + g->bias;
			in_use++;
		}
	}
	if (g->at.profile_rate)
		return;
	if (initial == 1)
		g->at.profile_rate = by_file;
	else if (initial == 0 && in_use == 1)
		g->at.profile_rate = by_value;
}

static void locate_rest(struct gomem *g, struct proposals *p)
{
	bool named = g->info.how == GOMEM_BY_SYMBOL;

	/* A stripped program: the code tells where to look. */
	if (named || !propose_by_code(g, g->layout, p))
		*p = (struct proposals){.ngc = 0};
	find_mheap(g);
	find_allgs(g, &p->goroutines);
	find_allp(g, &p->processors);
	find_sched(g, &p->scheduler);
	find_rate(g, p);
	g->nhints = p->profile.n < HINTS_MAX ? p->profile.n : HINTS_MAX;
	memcpy(g->hints, p->profile.addr, g->nhints * sizeof(g->hints[0]));
	g->info.has_spans = g->at.mheap != 0;
	g->info.has_objects = g->at.allp != 0;
	g->info.has_goroutines = g->at.allgs && g->at.sched && g->at.allp;
	g->info.has_sites = g->pclntab && g->module.text && g->at.profile_rate;
}

static int explain(struct gomem *g, int sysno, struct err *err)
{
	if (sysno && sysno != EFAULT)
		return remote_explain(&g->remote, sysno, err);
	if (attach_alive(g, err))
		return -1;
	return err_set(err, ERR_FORMAT,
		       "%s: no figures of a Go heap that add up were found "
		       "(by %s)",
		       g->exe.version[0] ? g->exe.version
					 : "Go of hidden version",
		       "symbols, code and contents");
}

static int unsupported(const struct gomem *g, struct err *err)
{
	if (g->elf.machine != EM_X86_64 && g->elf.machine != EM_AARCH64)
		return err_set(err, ERR_UNSUPPORTED,
			       "%s for another machine than amd64 and arm64 "
			       "cannot be read from outside",
			       g->exe.version);
	return err_set(err, ERR_UNSUPPORTED,
		       "%s cannot be read from outside: Go 1.%d is the oldest "
		       "that can",
		       g->exe.version, LAYOUT_OLDEST);
}

int locate(struct gomem *g, struct err *err)
{
	const struct layout *row[LAYOUTS];
	int64_t start = clock_boot_ns();
	struct proposals *p;
	bool exact, found = false;
	int sysno = 0;
	size_t n;

	n = layout_choose(g->exe.version, g->elf.machine, row, &exact);
	if (n == 0 || g->elf.bits != 64)
		return unsupported(g, err);
	g->pclntab = pclntab_open(&g->elf, NULL);
	p = mem_alloc(sizeof(*p));
	for (size_t i = 0; i < n && !found; i++) {
		if (sysno && sysno != EFAULT)
			break;
		scan_module(g, row[i], &g->module);
		if (g->module.text == 0 && g->pclntab)
			g->module.text = pclntab_text(g->pclntab);
		found = locate_pair(g, row[i], exact, p, &sysno);
		g->layout = row[i];
	}
	if (found)
		locate_rest(g, p);
	free(p);
	if (g->pclntab)
		pclntab_rest(g->pclntab);
	if (!found)
		return explain(g, sysno, err);
	snprintf(g->info.version, sizeof(g->info.version), "%s",
		 g->exe.version);
	g->info.row = g->layout->version;
	g->info.row_exact = exact;
	g->info.locate_ns = clock_boot_ns() - start;
	return 0;
}
