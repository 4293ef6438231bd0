/* pclntab.c - Go's function table: names to code, pcs to frames. */
#include <residue/goelf/pclntab.h>
#include <residue/base/mem.h>

#include "window.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

#define MAGIC_118	 0xfffffff0u
#define MAGIC_120	 0xfffffff1u
#define HEADER		 72	      /* bytes of the 64-bit header */
#define SEARCH_MAX	 (256u << 20) /* bytes searched where no section tells */
#define NFUNC_MAX	 (1u << 24)
#define BULK		 65536 /* window for passes over a table */
#define BITE		 4096  /* window for single look-ups */
#define STEPS_MAX	 65536 /* of one pc table */
#define PCDATA_INLTREE	 2
#define FUNCDATA_INLTREE 3
#define PACKAGE		 "runtime." /* where all functions that we look for are */

struct pclntab {
	const struct elf_image *elf;
	uint64_t off;  /* file offset of the header */
	uint64_t size; /* bytes from there to the end of section or segment */
	uint64_t addr, text;
	uint32_t nfunc;
	uint8_t quantum;
	bool old;				/* Go 1.18 and 1.19 */
	uint64_t names, cus, files, pcs, funcs; /* offsets from the header */
	struct window bulk, ftab, data;
};

struct func {
	uint64_t at; /* offset of the _func from the header */
	uint32_t entry, end;
	uint32_t name, pcfile, pcln, npcdata, cu;
	uint8_t nfuncdata;
	unsigned size; /* bytes of the fixed part */
};

static uint32_t u32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static uint64_t u64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

/* n bytes of the table at offset `at`, or NULL. */
static const uint8_t *bytes(const struct pclntab *t, struct window *w,
			    uint64_t at, size_t n)
{
	if (at > t->size || n > t->size - at)
		return NULL;
	return window_get(w, t->off + at, n);
}

static bool parse_header(struct pclntab *t, const uint8_t *p)
{
	uint32_t magic = u32(p);
	uint64_t nfunc = u64(p + 8);

	if ((magic != MAGIC_118 && magic != MAGIC_120) || p[4] || p[5] ||
	    (p[6] != 1 && p[6] != 2 && p[6] != 4) || p[7] != 8 || nfunc == 0 ||
	    nfunc > NFUNC_MAX)
		return false;
	t->old = magic == MAGIC_118;
	t->quantum = p[6];
	t->nfunc = (uint32_t)nfunc;
	t->text = u64(p + 24);
	t->names = u64(p + 32);
	t->cus = u64(p + 40);
	t->files = u64(p + 48);
	t->pcs = u64(p + 56);
	t->funcs = u64(p + 64);
	/* The linker writes the parts in this order. */
	return t->names >= HEADER && t->names < t->cus && t->cus <= t->files &&
	       t->files < t->pcs && t->pcs < t->funcs && t->funcs < t->size &&
	       nfunc * 8 + 4 <= t->size - t->funcs;
}

static bool try_at(struct pclntab *t, uint64_t off, uint64_t size,
		   uint64_t addr)
{
	uint8_t head[HEADER];

	if (size < HEADER || elf_pread(t->elf, off, head, sizeof(head), NULL))
		return false;
	t->off = off;
	t->size = size;
	t->addr = addr;
	return parse_header(t, head);
}

static bool by_section(struct pclntab *t)
{
	static const char *const name[] = {".gopclntab",
					   ".data.rel.ro.gopclntab"};

	for (size_t i = 0; i < sizeof(name) / sizeof(name[0]); i++) {
		const struct elf_section *s = elf_section(t->elf, name[i]);

		if (s && try_at(t, s->off, s->size, s->addr))
			return true;
	}
	return false;
}

/* GNU ld merges the section into others: look for the header itself. */
static bool by_search(struct pclntab *t, const struct elf_segment *s)
{
	uint64_t len = s->filesz < SEARCH_MAX ? s->filesz : SEARCH_MAX;

	for (uint64_t at = 0; at < len;) {
		size_t n;
		const uint8_t *p = window_some(&t->bulk, s->off + at, &n);

		if (!p)
			return false;
		if (n > len - at)
			n = (size_t)(len - at);
		for (size_t i = 0; i + 8 <= n; i += 8)
			if ((u32(p + i) | 1) == MAGIC_120 &&
			    try_at(t, s->off + at + i, s->filesz - at - i,
				   s->vaddr + at + i))
				return true;
		at += n;
	}
	return false;
}

struct pclntab *pclntab_open(const struct elf_image *e, struct err *err)
{
	struct pclntab *t = mem_zalloc(1, sizeof(*t));
	bool found;

	t->elf = e;
	window_init(&t->bulk, e, BULK);
	window_init(&t->ftab, e, BITE);
	window_init(&t->data, e, BITE);
	found = e->bits == 64 && by_section(t);
	for (unsigned i = 0; !found && e->bits == 64 && i < e->nseg; i++)
		found = by_search(t, &e->seg[i]);
	if (found)
		return t;
	pclntab_close(t);
	err_set(err, ERR_UNSUPPORTED,
		"no function table (.gopclntab) of Go 1.18 or newer");
	return NULL;
}

void pclntab_rest(struct pclntab *t)
{
	window_release(&t->bulk);
	window_release(&t->ftab);
	window_release(&t->data);
}

void pclntab_close(struct pclntab *t)
{
	if (!t)
		return;
	pclntab_rest(t);
	free(t);
}

uint64_t pclntab_addr(const struct pclntab *t)
{
	return t->addr;
}

uint64_t pclntab_text(const struct pclntab *t)
{
	return t->text;
}

/* ---- by name ---- */

struct name_at {
	uint32_t name;
	unsigned want;
};

struct names {
	struct name_at at[PCLNTAB_WANTS];
	unsigned n;
};

/* Few names are as long as one that is wanted: strings are compared then. */
struct wants {
	const struct pclntab_want *want;
	unsigned n;
	size_t len[PCLNTAB_WANTS];
};

static void wants_init(struct wants *w, const struct pclntab_want *want,
		       unsigned n)
{
	*w = (struct wants){.want = want, .n = n};
	for (unsigned i = 0; i < n && i < PCLNTAB_WANTS; i++)
		w->len[i] = strlen(want[i].name);
}

static void add_names(const uint8_t *name, size_t len, uint64_t at,
		      const struct wants *w, struct names *out)
{
	for (unsigned i = 0; i < w->n && out->n < PCLNTAB_WANTS; i++)
		if (len == w->len[i] && memcmp(name, w->want[i].name, len) == 0)
			out->at[out->n++] = (struct name_at){(uint32_t)at, i};
}

static void match_names(const uint8_t *p, size_t n, uint64_t base,
			const struct wants *w, struct names *out)
{
	const uint8_t *end = p + n;

	/* Names are NUL-terminated, one after the other. */
	for (const uint8_t *at = p; at < end;) {
		const uint8_t *nul = memchr(at, '\0', (size_t)(end - at));
		size_t len;

		if (!nul)
			return;
		len = (size_t)(nul - at);
		if (len >= sizeof(PACKAGE) &&
		    memcmp(at, PACKAGE, sizeof(PACKAGE) - 1) == 0)
			add_names(at, len, base + (size_t)(at - p), w, out);
		at += len + 1;
	}
}

static void find_names(struct pclntab *t, const struct pclntab_want *want,
		       unsigned n_wants, struct names *out)
{
	uint64_t len = t->cus - t->names;
	struct wants wants;

	if (len > UINT32_MAX || n_wants > PCLNTAB_WANTS)
		return;
	wants_init(&wants, want, n_wants);
	for (uint64_t at = 0; at < len;) {
		size_t n;
		const uint8_t *p =
			window_some(&t->bulk, t->off + t->names + at, &n);
		const uint8_t *last;

		if (!p)
			return;
		if (n > len - at)
			n = (size_t)(len - at);
		/* Stop at the last whole name; one that is longer than the
		 * window is not a name we want. */
		last = memrchr(p, '\0', n);
		if (last)
			n = (size_t)(last - p) + 1;
		match_names(p, n, at, &wants, out);
		at += n;
	}
}

static int by_name(const void *a, const void *b)
{
	const struct name_at *x = a, *y = b;

	return (x->name > y->name) - (x->name < y->name);
}

unsigned pclntab_find(struct pclntab *t, struct pclntab_want *want, unsigned n)
{
	struct names names = {.n = 0};
	unsigned hits = 0;

	for (unsigned i = 0; i < n; i++)
		want[i].lo = want[i].hi = 0;
	find_names(t, want, n, &names);
	qsort(names.at, names.n, sizeof(names.at[0]), by_name);
	for (uint32_t i = 0; i < t->nfunc && hits < names.n; i++) {
		const uint8_t *p = bytes(t, &t->ftab, t->funcs + 8ull * i, 12);
		uint32_t lo, hi;
		struct name_at key, *at;

		if (!p)
			break;
		lo = u32(p);
		hi = u32(p + 8);
		p = bytes(t, &t->bulk, t->funcs + u32(p + 4) + 4, 4);
		if (!p || hi <= lo)
			continue;
		key.name = u32(p);
		at = bsearch(&key, names.at, names.n, sizeof(key), by_name);
		if (!at)
			continue;
		want[at->want].lo = lo;
		want[at->want].hi = hi;
		hits++;
	}
	return hits;
}

/* ---- by pc ---- */

static int find_func(struct pclntab *t, uint32_t pc, struct func *f)
{
	uint32_t lo = 0, hi = t->nfunc;
	const uint8_t *p;

	while (hi - lo > 1) {
		uint32_t mid = lo + (hi - lo) / 2;

		p = bytes(t, &t->ftab, t->funcs + 8ull * mid, 4);
		if (!p)
			return -1;
		if (u32(p) <= pc)
			lo = mid;
		else
			hi = mid;
	}
	p = bytes(t, &t->ftab, t->funcs + 8ull * lo, 12);
	if (!p || u32(p) > pc || u32(p + 8) <= pc)
		return -1;
	*f = (struct func){.entry = u32(p), .end = u32(p + 8)};
	f->at = t->funcs + u32(p + 4);
	f->size = t->old ? 40 : 44;
	p = bytes(t, &t->data, f->at, f->size);
	if (!p || u32(p) != f->entry)
		return -1;
	f->name = u32(p + 4);
	f->pcfile = u32(p + 20);
	f->pcln = u32(p + 24);
	f->npcdata = u32(p + 28);
	f->cu = u32(p + 32);
	f->nfuncdata = p[f->size - 1];
	return 0;
}

/* A base-128 number of a pc table; the bytes it took, 0 at its end. */
static size_t varint(const uint8_t *p, size_t n, uint32_t *out)
{
	uint32_t v = 0;

	for (size_t i = 0; i < n && i < 5; i++) {
		v |= (uint32_t)(p[i] & 127) << (7 * i);
		if (p[i] < 128) {
			*out = v;
			return i + 1;
		}
	}
	return 0;
}

/* The value that the pc table at `off` has at `pc`; -1 when it has none.
 * Each step is {zig-zag delta of the value, delta of the pc}. */
static int64_t pc_value(struct pclntab *t, const struct func *f, uint32_t off,
			uint32_t pc)
{
	uint64_t at = t->pcs + off, here = f->entry;
	int64_t value = -1;

	if (off == 0)
		return -1;
	for (unsigned i = 0; i < STEPS_MAX; i++) {
		size_t left = t->funcs > at ? (size_t)(t->funcs - at) : 0;
		size_t n = left < 10 ? left : 10, used, more;
		const uint8_t *p = bytes(t, &t->data, at, n);
		uint32_t dv, dp;

		if (!p)
			return -1;
		used = varint(p, n, &dv);
		if (used == 0 || (dv == 0 && i > 0))
			return -1;
		more = varint(p + used, n - used, &dp);
		if (more == 0)
			return -1;
		value += (int32_t)(dv & 1 ? ~(dv >> 1) : dv >> 1);
		here += (uint64_t)dp * t->quantum;
		if (pc < here)
			return value;
		at += used + more;
	}
	return -1;
}

static void copy_string(struct pclntab *t, uint64_t at, uint64_t end, char *out)
{
	uint64_t left = at < end ? end - at : 0;
	size_t n = left < PCLNTAB_NAME - 1 ? (size_t)left : PCLNTAB_NAME - 1;
	const uint8_t *p = bytes(t, &t->data, at, n);

	out[0] = '\0';
	if (!p || n == 0)
		return;
	n = strnlen((const char *)p, n);
	memcpy(out, p, n);
	out[n] = '\0';
}

/* Offset of the name of the call inlined at pc, or of the function's own;
 * *outer as in pclntab_frame. */
static uint32_t innermost_name(struct pclntab *t, const struct func *f,
			       uint32_t pc, uint64_t gofunc, uint32_t *outer)
{
	unsigned size = t->old ? 20 : 16, name_at = t->old ? 12 : 4;
	unsigned parent_at = t->old ? 16 : 8;
	const uint8_t *p;
	uint8_t call[20];
	uint32_t tree;
	int64_t ix;

	if (gofunc == 0 || f->npcdata <= PCDATA_INLTREE || f->npcdata > 256 ||
	    f->nfuncdata <= FUNCDATA_INLTREE)
		return f->name;
	p = bytes(t, &t->data,
		  f->at + f->size + 4 * (f->npcdata + FUNCDATA_INLTREE), 4);
	if (!p || u32(p) == UINT32_MAX)
		return f->name;
	tree = u32(p);
	p = bytes(t, &t->data, f->at + f->size + 4 * PCDATA_INLTREE, 4);
	if (!p)
		return f->name;
	ix = pc_value(t, f, u32(p), pc);
	if (ix < 0 || elf_read_at(t->elf, gofunc + tree + (uint64_t)ix * size,
				  call, size, NULL))
		return f->name;
	if (u32(call + parent_at) < f->end - f->entry)
		*outer = f->entry + u32(call + parent_at) + 1;
	return u32(call + name_at);
}

static void find_file(struct pclntab *t, const struct func *f, uint32_t pc,
		      char *out)
{
	int64_t n = pc_value(t, f, f->pcfile, pc);
	const uint8_t *p;

	out[0] = '\0';
	if (n < 0)
		return;
	p = bytes(t, &t->data, t->cus + 4 * (f->cu + (uint64_t)n), 4);
	if (p && u32(p) != UINT32_MAX)
		copy_string(t, t->files + u32(p), t->pcs, out);
}

int pclntab_lookup(struct pclntab *t, uint32_t pc, uint64_t gofunc,
		   struct pclntab_frame *out, struct err *err)
{
	struct func f;
	int64_t line;

	*out = (struct pclntab_frame){.line = 0};
	if (find_func(t, pc, &f))
		return err_set(err, ERR_FORMAT,
			       "no function covers text offset %#x", pc);
	if (pc > f.entry)
		pc--;
	out->entry = f.entry;
	copy_string(t,
		    t->names + innermost_name(t, &f, pc, gofunc, &out->outer),
		    t->cus, out->function);
	find_file(t, &f, pc, out->file);
	line = pc_value(t, &f, f.pcln, pc);
	out->line = line > 0 ? (uint32_t)line : 0;
	return 0;
}
