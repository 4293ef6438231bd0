/*
 * symtab.c - .symtab of a big program without loading it.
 *
 * Two sequential passes: the string table, for the offsets of the names that
 * are wanted; then the symbols, for those offsets.
 */
#include <residue/goelf/symtab.h>

#include "window.h"

#include <elf.h>
#include <string.h>

#define TABLE_MAX    (128u << 20) /* bytes of either table that are looked at */
#define ROOM	     65536
#define NAME_MAX_LEN 64
#define PACKAGE	     "runtime."

/* Linkers share the tails of strings, so one name may be found twice. */
struct found {
	uint32_t name[SYMTAB_WANTS * 2];
	uint8_t want[SYMTAB_WANTS * 2];
	unsigned n;
};

/* A name that is wanted, with its NUL, and what it starts with after the
 * package: few of a program's names do. */
struct wants {
	const struct symtab_want *want;
	unsigned n;
	size_t size[SYMTAB_WANTS];
	bool first[256];
};

static void wants_init(struct wants *w, const struct symtab_want *want,
		       unsigned n)
{
	*w = (struct wants){.want = want, .n = n};
	for (unsigned i = 0; i < n; i++) {
		w->size[i] = strlen(want[i].name) + 1;
		w->first[(uint8_t)want[i].name[sizeof(PACKAGE) - 1]] = true;
	}
}

static void match_names(const uint8_t *p, size_t n, uint64_t base,
			const struct wants *w, struct found *f)
{
	const uint8_t *end = p + n, *at = p;

	while ((at = memmem(at, (size_t)(end - at), PACKAGE,
			    sizeof(PACKAGE) - 1))) {
		size_t left = (size_t)(end - at);
		bool some = left >= sizeof(PACKAGE) &&
			    w->first[at[sizeof(PACKAGE) - 1]];

		for (unsigned i = 0; some && i < w->n; i++) {
			if (w->size[i] > left ||
			    memcmp(at, w->want[i].name, w->size[i]) != 0 ||
			    f->n == sizeof(f->want))
				continue;
			f->name[f->n] = (uint32_t)(base + (size_t)(at - p));
			f->want[f->n++] = (uint8_t)i;
		}
		at++;
	}
}

static void find_names(struct window *w, const struct elf_section *s,
		       const struct symtab_want *want, unsigned n_wants,
		       struct found *f)
{
	struct wants wants;
	uint64_t size = s->size < TABLE_MAX ? s->size : TABLE_MAX;

	wants_init(&wants, want, n_wants);
	for (uint64_t at = 0; at < size;) {
		size_t n;
		const uint8_t *p = window_some(w, s->off + at, &n);

		if (!p)
			return;
		if (n > size - at)
			n = (size_t)(size - at);
		match_names(p, n, at, &wants, f);
		if (n <= NAME_MAX_LEN)
			return;
		/* A name may lie across two windows. */
		at += n - NAME_MAX_LEN;
		while (f->n && f->name[f->n - 1] >= at)
			f->n--; /* it will be found again */
	}
}

static void match_symbol(const uint8_t *p, const struct found *f,
			 struct symtab_want *want)
{
	Elf64_Sym sym;

	memcpy(&sym, p, sizeof(sym));
	if (ELF64_ST_TYPE(sym.st_info) == STT_FUNC || sym.st_value == 0)
		return;
	for (unsigned i = 0; i < f->n; i++)
		if (f->name[i] == sym.st_name)
			want[f->want[i]].addr = sym.st_value;
}

unsigned symtab_find(const struct elf_image *e, struct symtab_want *want,
		     unsigned n)
{
	const struct elf_section *s = elf_section(e, ".symtab");
	struct found f = {.n = 0};
	struct window w;
	unsigned hits = 0;
	uint64_t count;

	for (unsigned i = 0; i < n; i++)
		want[i].addr = 0;
	if (!s || e->bits != 64 || s->link >= e->nsec || n > SYMTAB_WANTS)
		return 0;
	window_init(&w, e, ROOM);
	find_names(&w, &e->sec[s->link], want, n, &f);
	count = (s->size < TABLE_MAX ? s->size : TABLE_MAX) / sizeof(Elf64_Sym);
	for (uint64_t i = 0; f.n && i < count; i++) {
		const uint8_t *p = window_get(
			&w, s->off + i * sizeof(Elf64_Sym), sizeof(Elf64_Sym));

		if (!p)
			break;
		match_symbol(p, &f, want);
	}
	window_release(&w);
	for (unsigned i = 0; i < n; i++)
		hits += want[i].addr != 0;
	return hits;
}
