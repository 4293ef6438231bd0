/*
 * debugvar.c - a variable of GODEBUG, by its name.
 *
 * The runtime has a table of names and addresses, to parse GODEBUG by
 * (runtime/runtime1.go: dbgvars): of entries in Go 1.19 and 1.20, of pointers to
 * entries since. An entry begins with the name, a string, and then the address
 * of the variable. So what is found is proven by its name, stripped or not.
 */
#include "propose.h"

#include <elf.h>
#include <string.h>

#define ENTRIES_MAX   256
#define ENTRY_INLINE  24 /* bytes of an entry of Go 1.19 and 1.20 */
#define POINTERS_FROM 21
#define NAME_MAX_LEN  32

/* The address of its variable, where the entry has that name; else 0. */
static uint64_t variable_of(struct gomem *g, const uint64_t entry[3],
			    const char *name)
{
	char text[NAME_MAX_LEN];
	size_t len = strlen(name);
	uint64_t at = entry[2] - g->bias, lo, hi;

	if (entry[1] != len || len > sizeof(text) || at % 4 ||
	    !elf_span(&g->elf, PF_W, &lo, &hi) || at < lo || at >= hi ||
	    hi - at < 4 || !remote_read(&g->remote, entry[0], text, len) ||
	    memcmp(text, name, len) != 0)
		return 0;
	return entry[2];
}

uint64_t debugvar_find(struct gomem *g, uint64_t dbgvars, const char *name)
{
	bool pointers = g->layout->minor >= POINTERS_FROM;
	uint64_t slice[3], entry[3], at, found = 0;

	if (!remote_read(&g->remote, dbgvars, slice, sizeof(slice)) ||
	    slice[1] == 0 || slice[1] > ENTRIES_MAX || slice[2] < slice[1])
		return 0;
	for (uint64_t i = 0; i < slice[1] && !found; i++) {
		at = slice[0] + i * (pointers ? 8 : ENTRY_INLINE);
		if ((pointers && !remote_word(&g->remote, at, &at)) ||
		    !remote_read(&g->remote, at, entry, sizeof(entry)))
			return 0;
		found = variable_of(g, entry, name);
	}
	return found;
}

uint64_t debugvar_at(struct gomem *g, const uint8_t *bytes, const char *name)
{
	uint64_t entry[3];

	memcpy(entry, bytes, sizeof(entry));
	return variable_of(g, entry, name);
}
