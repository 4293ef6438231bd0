/* symtab.h - addresses of named variables, from an ELF symbol table. */
#ifndef RESIDUE_GOELF_SYMTAB_H
#define RESIDUE_GOELF_SYMTAB_H

#include <residue/goelf/elf.h>

#define SYMTAB_WANTS 32

struct symtab_want {
	const char *name; /* of package runtime: "runtime.memstats" */
	uint64_t addr;	  /* out: link-time address, 0 when not found */
};

/* Look up `n` (at most SYMTAB_WANTS) names in one pass over .symtab of a
 * 64-bit image. Returns how many were found: 0 for a stripped program. */
unsigned symtab_find(const struct elf_image *e, struct symtab_want *want,
		     unsigned n);

#endif
