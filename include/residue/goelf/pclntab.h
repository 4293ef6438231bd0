/*
 * pclntab.h - Go's function table (.gopclntab), which survives stripping:
 * where a function's code is, and which function, file and line a pc is in.
 *
 *   header  magic, quantum, pointer size, counts, offsets of the parts
 *   ftab    nfunc x {entry, offset of _func}, sorted; one more for the end
 *   _func   {name, pc tables for file, line and inlining, ...}
 *   names, files, pc tables (delta-coded)
 *
 * Formats of Go 1.18/1.19 (magic fffffff0) and since 1.20 (fffffff1), 64-bit.
 * Code addresses in it are offsets from runtime.text; they are given and
 * taken as such. Source: runtime/symtab.go, symtabinl.go, internal/abi/
 * symtab.go, cmd/link/internal/ld/pcln.go. The file is somebody else's: all
 * reads are bounded and every loop has a limit.
 */
#ifndef RESIDUE_GOELF_PCLNTAB_H
#define RESIDUE_GOELF_PCLNTAB_H

#include <residue/goelf/elf.h>

#define PCLNTAB_NAME 512 /* longest name or path that is kept, with its NUL */

struct pclntab;

/* Find the table: by section, else by its header in the segments. `e` is
 * borrowed for the table's life. NULL with ERR_UNSUPPORTED: there is none we
 * can read (older Go, scrambled by garble). */
struct pclntab *pclntab_open(const struct elf_image *e,
			     struct err *err) RESIDUE_CHECK;
void pclntab_close(struct pclntab *t);
/* Nothing will be looked up for a while: hold no memory until then. */
void pclntab_rest(struct pclntab *t);

/* Link-time address of the header; moduledata.pcHeader points there. */
uint64_t pclntab_addr(const struct pclntab *t);
/* Link-time address of runtime.text as the header has it; 0 since Go 1.26
 * and in position-independent programs, where moduledata.text tells. */
uint64_t pclntab_text(const struct pclntab *t);

struct pclntab_want {
	const char *name;
	uint32_t lo, hi; /* out: code, offsets from runtime.text; hi 0: none */
};

#define PCLNTAB_WANTS 64

/* Find functions of package runtime by name ("runtime.mallocinit"), in one
 * pass. Returns how many were found. */
unsigned pclntab_find(struct pclntab *t, struct pclntab_want *want, unsigned n);

struct pclntab_frame {
	char function[PCLNTAB_NAME]; /* as in the table, raw bytes */
	char file[PCLNTAB_NAME];     /* raw bytes; "" when not known */
	uint32_t line;		     /* 0 when not known */
	uint32_t entry; /* of the physical function, offset from text */
	/* Where the call would return to that this one was inlined into, as an
	 * offset from text, in the same physical function; 0: not inlined. */
	uint32_t outer;
};

/* The innermost (possibly inlined) function of the call that returns to `pc`,
 * an offset from runtime.text; runtime.CallersFrames looks at the byte before
 * it, unless it is a function's first. `gofunc` is moduledata.gofunc as a
 * link-time address, 0 when not known: inlined calls then go by the function
 * they are inlined into. ERR_FORMAT when no function covers pc. */
int pclntab_lookup(struct pclntab *t, uint32_t pc, uint64_t gofunc,
		   struct pclntab_frame *out, struct err *err) RESIDUE_CHECK;

#endif
