/*
 * locate.c - which proposal is right: the one that adds up in the target.
 *
 * Earlier processes, names, code and contents only propose. The pair (memstats, gcController) is
 * accepted when one reading of both fulfils every identity (figures.h); of
 * several pairs that do, none is believed.
 */
#include "known.h"
#include "propose.h"

#include <residue/base/clock.h>
#include <residue/base/mem.h>

#include <elf.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ROUNDS		  40 /* looks at a busy target, at growing distance */
#define GOROUTINES_MAX	  (1u << 27)
#define DEFAULT_RATE	  (512u << 10)
#define DEFAULT_MAXMCOUNT 10000	      /* runtime/proc.go: schedinit */
#define SCAVTRACE	  "scavtrace" /* in GODEBUG */
#define IN_VAIN_MAX	  3 /* processes of a file searched for all places */
/* What a search may cost: some ten times what the slowest of programs that are
 * Go takes (by code, of a large one). */
#define SEARCH_NS   (300 * NS_PER_MS)
#define MODULES_MAX 16 /* places of the module's pointer that are tried */

bool locate_spent(struct gomem *g)
{
	if (g->search_ends_ns && !g->spent)
		g->spent = clock_cpu_ns() > g->search_ends_ns;
	return g->spent;
}

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

/* Is what g->at has right? `named`: variables by their names are, if the row
 * is. */
static bool accept_places(struct gomem *g, const struct layout *l, bool exact,
			  bool named, int *sysno)
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
	return named && exact && plausible;
}

/* Try every pair of candidates; exactly one must add up. */
static bool accept_pair(struct gomem *g, const struct layout *l, bool exact,
			const struct pairs *p, uint64_t bias, int *sysno)
{
	unsigned found = 0;
	int any = 0;

	for (unsigned round = 0; round < ROUNDS && !found; round++) {
		for (unsigned i = 0; i < p->nmemstats && !locate_spent(g); i++)
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
		if (!any || g->spent) /* none of it ever comes close */
			return false;
		if (!found)
			pause_round(round);
	}
	return found == 1;
}

static bool locate_pair(struct gomem *g, const struct layout *l, bool exact,
			struct proposals *p, const struct symbols *named,
			int *sysno)
{
	if (named->at.memstats && named->at.gc) {
		g->at = named->at;
		g->info.how = GOMEM_BY_SYMBOL;
		if (accept_places(g, l, exact, true, sysno))
			return true;
	}
	g->at = (struct places){0};
	if (*sysno && *sysno != EFAULT)
		return false;
	g->info.how = GOMEM_BY_CODE;
	return propose_by_code(g, l, p) &&
	       accept_pair(g, l, exact, &p->pairs, g->bias, sysno);
}

/* ---- the rest: each is checked, each may be missing ---- */

static bool mheap_check(struct gomem *g, uint64_t addr)
{
	const struct layout *l = g->layout;
	uint64_t span, cache, spans, caches;
	struct remote_piece piece[] = {
		{addr + (uint64_t)l->mheap_span_objsize, &span, 8},
		{addr + (uint64_t)l->mheap_cache_objsize, &cache, 8},
		{addr + (uint64_t)l->mheap_span_inuse, &spans, 8},
		{addr + (uint64_t)l->mheap_cache_inuse, &caches, 8},
	};

	return remote_readv(&g->remote, piece, 4) == 0 &&
	       span == (uint64_t)l->mspan_size &&
	       cache == (uint64_t)l->mcache_size && spans > 0 &&
	       spans % span == 0 && caches > 0 && caches % cache == 0;
}

static void find_mheap(struct gomem *g)
{
	uint64_t addr;

	if (g->at.mheap)
		return;
	addr = scan_mheap(g);
	if (addr && mheap_check(g, addr))
		g->at.mheap = addr;
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

	for (unsigned i = 0; i < refs->n && !g->at.allgs && !locate_spent(g);
	     i++) {
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

static void find_allp(struct gomem *g, const struct coderefs *refs)
{
	for (unsigned i = 0; i < refs->n && !g->at.allp; i++)
		if (ps_check(g, refs->addr[i] + g->bias))
			return;
	if (!g->at.allp)
		g->at.allp = scan_allp(g);
}

static bool sched_check(struct gomem *g, uint64_t addr, bool named)
{
	const struct layout *l = g->layout;
	int32_t max, sys;
	struct remote_piece piece[] = {
		{addr + (uint64_t)l->sched_maxmcount, &max, 4},
		{addr + (uint64_t)l->sched_ngsys, &sys, 4},
	};

	/* A program may change maxmcount (debug.SetMaxThreads); then only what
	 * named the place tells. */
	return remote_readv(&g->remote, piece, 2) == 0 && sys >= 0 &&
	       sys < 10000 && max > 0 && (named || max == DEFAULT_MAXMCOUNT);
}

static void find_sched(struct gomem *g, const struct coderefs *refs)
{
	const struct layout *l = g->layout;
	const int32_t off[] = {l->sched_maxmcount,     l->sched_ngsys,
			       l->sched_gfree_n,       l->sched_gfree_stack,
			       l->sched_gfree_nostack, 0};
	struct candidate c[PROPOSALS];
	unsigned n;

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

/* What was named, or known of another process, and is not so in this one, is
 * to be searched for. */
static void check_rest(struct gomem *g)
{
	uint64_t slice[3];

	if (g->at.mheap && !mheap_check(g, g->at.mheap))
		g->at.mheap = 0;
	if (g->at.allgs && !allgs_check(g, g->at.allgs, slice))
		g->at.allgs = 0;
	if (g->at.allp && !ps_check(g, g->at.allp))
		g->at.allp = 0;
	if (g->at.sched && !sched_check(g, g->at.sched, true))
		g->at.sched = 0;
}

static bool complete(const struct gomem *g)
{
	return g->at.mheap && g->at.allgs && g->at.allp && g->at.sched &&
	       g->at.profile_rate && g->at.scavtrace && g->module.text;
}

static void find_rest(struct gomem *g, struct proposals *p)
{
	/* A stripped program: the code tells where to look. */
	bool code_read = g->info.how == GOMEM_BY_CODE && !g->info.known;

	if (!code_read && (g->info.how == GOMEM_BY_SYMBOL ||
			   !propose_by_code(g, g->layout, p)))
		*p = (struct proposals){.text = 0};
	find_mheap(g);
	find_allgs(g, &p->goroutines);
	find_allp(g, &p->processors);
	find_sched(g, &p->scheduler);
	find_rate(g, p);
	if (!g->at.scavtrace)
		g->at.scavtrace = scan_debugvar(g, SCAVTRACE);
	g->nhints = p->profile.n < HINTS_MAX ? p->profile.n : HINTS_MAX;
	memcpy(g->hints, p->profile.addr, g->nhints * sizeof(g->hints[0]));
}

static int explain(struct gomem *g, int sysno, struct err *err)
{
	const char *go =
		g->exe.version[0] ? g->exe.version : "Go of hidden version";

	if (sysno && sysno != EFAULT)
		return remote_explain(&g->remote, sysno, err);
	if (attach_alive(g, err))
		return -1;
	if (g->spent)
		return err_set(err, ERR_FORMAT,
			       "%s, and too much to search: no figures of a Go "
			       "heap that add up in the first %" PRIu64 " MiB "
			       "of its variables",
			       go, g->searched >> 20);
	return err_set(err, ERR_FORMAT,
		       "%s: no figures of a Go heap that add up were found "
		       "(by symbols, code and contents)",
		       go);
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

/* All places by `by` bytes: between the file's addresses and the target's. */
static void move_places(struct places *at, uint64_t by)
{
	uint64_t *addr[] = {&at->memstats, &at->gc,	      &at->mheap,
			    &at->allgs,	   &at->allp,	      &at->sched,
			    &at->mbuckets, &at->profile_rate, &at->scavtrace};

	for (size_t i = 0; i < sizeof(addr) / sizeof(addr[0]); i++)
		if (*addr[i])
			*addr[i] += by;
}

/* As in another process of the same file. */
static bool locate_known(struct gomem *g, int *sysno)
{
	const struct known *k = g->known;

	g->layout = k->layout;
	g->at = k->at;
	move_places(&g->at, g->bias);
	g->module = k->module;
	g->nhints = k->nhints;
	memcpy(g->hints, k->hints, sizeof(g->hints));
	g->info.how = k->how;
	g->info.row_exact = k->row_exact;
	g->info.known = accept_places(g, k->layout, k->row_exact,
				      k->how == GOMEM_BY_SYMBOL, sysno);
	return g->info.known;
}

/* Where moduledata may be. */
struct modules {
	uint64_t addr[1 + MODULES_MAX]; /* link-time */
	unsigned n;
};

static void find_modules(struct gomem *g, uint64_t named, struct modules *out)
{
	struct module m;

	/* The field that tells it is the first in every version. */
	out->addr[0] = named;
	out->n = 1;
	if (!module_at(g, g->layout, named, &m))
		out->n += scan_modules(g, out->addr + 1, MODULES_MAX);
}

/* Read the target as one of that row. */
static void use_row(struct gomem *g, const struct layout *l,
		    const struct modules *modules)
{
	bool found = false;

	g->layout = l;
	for (unsigned i = 0; i < modules->n && !found; i++)
		found = module_at(g, l, modules->addr[i], &g->module);
	if (g->module.text == 0 && g->pclntab)
		g->module.text = pclntab_text(g->pclntab);
}

static bool may_go_on(struct gomem *g, int sysno)
{
	return (!sysno || sysno == EFAULT) && !locate_spent(g);
}

/* One pass for all rows: it is what takes time. */
static bool locate_by_scan(struct gomem *g, const struct layout *const *row,
			   size_t n, const struct modules *modules, int *sysno)
{
	struct pairs *pairs = mem_alloc(n * sizeof(*pairs));
	bool found = false;

	g->info.how = GOMEM_BY_SCAN;
	propose_by_scan(g, row, n, pairs);
	for (size_t i = 0; i < n && !found && may_go_on(g, *sysno); i++) {
		use_row(g, row[i], modules);
		found = accept_pair(g, row[i], g->info.row_exact, &pairs[i], 0,
				    sysno);
	}
	free(pairs);
	return found;
}

static bool locate_new(struct gomem *g, const struct layout *const *row,
		       size_t n, struct proposals *p, int *sysno)
{
	struct modules modules;
	struct symbols named;
	bool found = false;

	*sysno = 0;
	g->layout = row[0];
	symbols_find(g, &named);
	move_places(&named.at, g->bias);
	find_modules(g, named.module, &modules);
	for (size_t i = 0; i < n && !found && may_go_on(g, *sysno); i++) {
		use_row(g, row[i], &modules);
		found = locate_pair(g, row[i], g->info.row_exact, p, &named,
				    sysno);
	}
	if (!found && may_go_on(g, *sysno))
		found = locate_by_scan(g, row, n, &modules, sysno);
	if (found && named.dbgvars)
		g->at.scavtrace =
			debugvar_find(g, named.dbgvars + g->bias, SCAVTRACE);
	return found;
}

/* For the next process of this file. */
static void remember(const struct gomem *g, unsigned in_vain)
{
	struct known *k = mem_zalloc(1, sizeof(*k));

	k->key = g->key;
	k->elf = g->elf;
	k->elf.fd = -1;
	k->elf.sec = NULL;
	k->elf.names = NULL;
	k->elf.nsec = 0;
	k->exe = g->exe;
	k->layout = g->layout;
	k->row_exact = g->info.row_exact;
	k->how = g->info.how;
	k->at = g->at;
	move_places(&k->at, 0 - g->bias);
	k->module = g->module;
	k->nhints = g->nhints;
	memcpy(k->hints, g->hints, sizeof(k->hints));
	k->in_vain = in_vain;
	known_store(k);
	free(k);
}

static bool open_tables(struct gomem *g, struct err *err)
{
	if (attach_open_file(g, err))
		return false;
	if (!g->pclntab)
		g->pclntab = pclntab_open(&g->elf, NULL);
	return true;
}

/* What the target's own state hides (a place is told by what it holds) another
 * process of the same file may show: but not for ever. */
static void locate_rest(struct gomem *g, struct proposals *p)
{
	unsigned in_vain = g->info.known ? g->known->in_vain : 0;

	check_rest(g);
	if (!complete(g) && in_vain < IN_VAIN_MAX && open_tables(g, NULL)) {
		find_rest(g, p);
		remember(g, complete(g) ? 0 : in_vain + 1);
	} else if (!g->info.known) {
		remember(g, 0);
	}
	g->info.has_spans = g->at.mheap != 0;
	g->info.has_objects = g->at.allp != 0;
	g->info.has_goroutines = g->at.allgs && g->at.sched && g->at.allp;
	g->info.has_sites = g->module.text && g->at.profile_rate;
}

int locate(struct gomem *g, struct err *err)
{
	const struct layout *row[LAYOUTS];
	int64_t start = clock_boot_ns();
	struct proposals *p;
	bool found;
	int sysno = 0;
	size_t n;

	n = layout_choose(g->exe.version, g->elf.machine, row,
			  &g->info.row_exact);
	if (n == 0 || g->elf.bits != 64)
		return unsupported(g, err);
	p = mem_zalloc(1, sizeof(*p));
	g->search_ends_ns = clock_cpu_ns() + SEARCH_NS;
	found = g->known && locate_known(g, &sysno);
	if (!found && (!sysno || sysno == EFAULT)) {
		if (!open_tables(g, err)) {
			free(p);
			return -1;
		}
		found = locate_new(g, row, n, p, &sysno);
	}
	if (found)
		locate_rest(g, p);
	free(p);
	if (!found)
		return explain(g, sysno, err);
	snprintf(g->info.version, sizeof(g->info.version), "%s",
		 g->exe.version);
	g->info.row = g->layout->version;
	g->info.locate_ns = clock_boot_ns() - start;
	return 0;
}
