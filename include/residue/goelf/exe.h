/*
 * exe.h - is this executable a Go program, of which version and module?
 *
 * Cheap enough for every process of a machine (a few reads; at most 64 KiB of
 * a file that is not Go's), safe on any file: see elf.h. Looked at in turn:
 *   .go.buildinfo        version and module (debug/buildinfo; inline strings
 *                        since Go 1.18, pointers before)
 *   .gopclntab           Go without build information (esbuild): the version
 *                        is taken from runtime.buildVersion in the data
 *   no section table     the first MiB of the data segment is searched for
 *                        the build information, as debug/buildinfo does, then
 *                        the segments for a function table
 */
#ifndef RESIDUE_GOELF_EXE_H
#define RESIDUE_GOELF_EXE_H

#include <residue/goelf/elf.h>

#define GOEXE_VERSION 64
#define GOEXE_MODULE  256

struct goexe {
	bool is_go;
	bool stripped;	  /* no symbol table in it */
	bool cgo;	  /* built with CGO_ENABLED=1; false when not known */
	uint16_t machine; /* as elf_image.machine */
	uint8_t bits;	  /* 32 or 64 */
	/* "go1.26.8", "devel go1.28-..."; "" when it cannot be told. */
	char version[GOEXE_VERSION];
	/* Main module's path, or the main package's where there is no module
	 * ("command-line-arguments"); "" when it cannot be told. */
	char module[GOEXE_MODULE];
};

/* Fill *out from the file behind `fd`, which stays the caller's. Texts are
 * made visible (text.h). 0 with is_go false: an ELF file that is not Go's.
 * -1: not an ELF file, or unreadable (ERR_FORMAT, ERR_SYS, ...). */
int goexe_identify(int fd, struct goexe *out, struct err *err) RESIDUE_CHECK;

/* The same for an image that is open already. */
void goexe_identify_image(const struct elf_image *e, struct goexe *out);

/* The minor of a version text: 26 for "go1.26.8" and "devel go1.26-abc",
 * -1 when there is none. */
int goexe_minor(const char *version);

#endif
