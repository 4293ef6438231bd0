/* window.c - a cached stretch of an ELF file. */
#include "window.h"

#include <residue/base/mem.h>

#include <stdlib.h>

void window_init(struct window *w, const struct elf_image *elf, size_t room)
{
	*w = (struct window){.elf = elf, .room = room};
}

void window_release(struct window *w)
{
	free(w->buf);
	w->buf = NULL;
	w->len = 0;
}

static bool fill(struct window *w, uint64_t off)
{
	uint64_t left;

	w->len = 0;
	if (off >= w->elf->size)
		return false;
	left = w->elf->size - off;
	if (!w->buf)
		w->buf = mem_alloc(w->room);
	if (left > w->room)
		left = w->room;
	if (elf_pread(w->elf, off, w->buf, (size_t)left, NULL))
		return false;
	w->off = off;
	w->len = (size_t)left;
	return true;
}

const uint8_t *window_get(struct window *w, uint64_t off, size_t n)
{
	if (off < w->off || off - w->off > w->len ||
	    n > w->len - (off - w->off)) {
		if (!fill(w, off) || n > w->len)
			return NULL;
	}
	return w->buf + (off - w->off);
}

const uint8_t *window_some(struct window *w, uint64_t off, size_t *n)
{
	if (!fill(w, off))
		return NULL;
	*n = w->len;
	return w->buf;
}
