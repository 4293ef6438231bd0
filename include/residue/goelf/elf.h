/*
 * elf.h - a bounded reader of ELF files that somebody else chose.
 *
 * Everything is read with pread(2) from a descriptor the caller keeps open:
 * a file that is cut or rewritten meanwhile gives an error or other bytes,
 * never a fault. Little-endian ELF32 and ELF64 (what Linux runs on amd64,
 * arm64, 386 and arm); at most ELF_SEGMENTS program headers and ELF_SECTIONS
 * sections are looked at, whatever the file claims to have.
 *
 * Source of the format: System V ABI, "Object Files"; elf(5).
 */
#ifndef RESIDUE_GOELF_ELF_H
#define RESIDUE_GOELF_ELF_H

#include <residue/base/err.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ELF_SEGMENTS 64	 /* Go's linker writes about 7, GNU ld about 13 */
#define ELF_SECTIONS 512 /* Go: about 25; gcc: about 35 */

struct elf_segment {
	uint64_t vaddr, memsz; /* link-time address and size in memory, bytes */
	uint64_t off, filesz;  /* where its first bytes are in the file */
	uint32_t flags;	       /* PF_R, PF_W, PF_X */
};

struct elf_section {
	uint64_t addr;	    /* link-time address, 0 if not loaded */
	uint64_t off, size; /* in the file; may point outside it */
	uint32_t type, link, name;
};

struct elf_image {
	int fd;	       /* borrowed */
	uint64_t size; /* of the file when it was opened, bytes */
	uint64_t entry;
	uint16_t machine; /* EM_X86_64, EM_AARCH64, ... */
	uint16_t type;	  /* ET_EXEC, ET_DYN, ... */
	uint8_t bits;	  /* 32 or 64 */
	unsigned nseg;	  /* PT_LOAD only, in file order */
	struct elf_segment seg[ELF_SEGMENTS];
	unsigned nsec; /* 0: no section table, or one we cannot trust */
	struct elf_section *sec; /* owned */
	char *names;		 /* owned; section names, NUL at the end */
	uint32_t names_len;
};

/* Read the headers of `fd` (a regular file, stays the caller's). ERR_FORMAT:
 * not an ELF file of a kind described above, or cut short. A section table
 * that is damaged is not an error: it is left out (nsec = 0). */
int elf_open(struct elf_image *e, int fd, struct err *err) RESIDUE_CHECK;
void elf_close(struct elf_image *e);

/* n bytes at file offset `off`: all of them, or -1. */
int elf_pread(const struct elf_image *e, uint64_t off, void *buf, size_t n,
	      struct err *err) RESIDUE_CHECK;
/* n bytes at the link-time address `addr`, from the file's part of one
 * segment: all of them, or -1 (bss has no bytes in the file). */
int elf_read_at(const struct elf_image *e, uint64_t addr, void *buf, size_t n,
		struct err *err) RESIDUE_CHECK;

/* NULL when there is no section of that name. Its bounds are the file's
 * claim: reads through elf_pread stay safe whatever they say. */
const struct elf_section *elf_section(const struct elf_image *e,
				      const char *name);

/* The span of all segments that have `flag` (PF_X: the text; PF_W: data and
 * bss) as link-time addresses [*lo, *hi). False when there is none. */
bool elf_span(const struct elf_image *e, uint32_t flag, uint64_t *lo,
	      uint64_t *hi);

#endif
