/*
 * window.h - a cached stretch of an ELF file, for tables read in small bites.
 *
 * A table of hundreds of MB costs one window of memory, and its size is never
 * the file's to choose.
 */
#ifndef RESIDUE_GOELF_WINDOW_H
#define RESIDUE_GOELF_WINDOW_H

#include <residue/goelf/elf.h>

struct window {
	const struct elf_image *elf; /* borrowed */
	uint64_t off;		     /* file offset of buf[0] */
	size_t len;		     /* bytes of buf that are filled */
	size_t room;
	uint8_t *buf; /* owned */
};

void window_init(struct window *w, const struct elf_image *elf, size_t room);
/* Give the memory back; the next use takes it again. */
void window_release(struct window *w);

/* n bytes at file offset `off` (n <= room), valid until the next call; NULL
 * when the file does not have them. */
const uint8_t *window_get(struct window *w, uint64_t off, size_t n);

/* As many bytes as there are at `off`, at least one and at most room:
 * *n says how many. NULL at the end of the file. */
const uint8_t *window_some(struct window *w, uint64_t off, size_t *n);

#endif
