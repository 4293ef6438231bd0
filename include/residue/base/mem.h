/*
 * mem.h - allocation of sizes that we choose ourselves.
 *
 * These never return NULL: out of memory ends the program (terminal restored
 * by the hook, one line on stderr, exit 1). A size that a target chooses must
 * not come here: cap it (buf.h) and report ERR_LIMIT.
 */
#ifndef RESIDUE_BASE_MEM_H
#define RESIDUE_BASE_MEM_H

#include <stddef.h>

void *mem_alloc(size_t size) __attribute__((malloc, returns_nonnull));
/* Zeroed; count * size is checked for overflow. */
void *mem_zalloc(size_t count, size_t size)
	__attribute__((malloc, returns_nonnull));
/* Grow or shrink an array; count * size is checked for overflow. */
void *mem_realloc(void *old, size_t count, size_t size)
	__attribute__((returns_nonnull));
char *mem_strdup(const char *s) __attribute__((malloc, returns_nonnull));
char *mem_printf(const char *fmt, ...)
	__attribute__((malloc, returns_nonnull, format(printf, 1, 2)));

/* Run `hook` before the program ends for want of memory (restores the
 * terminal). Process-wide, set once at start-up; NULL clears it. */
void mem_on_exhausted(void (*hook)(void));

/* The same for what would be left half done on a disk: `undo` runs first, on
 * whichever thread ran out of memory, and must not allocate. Process-wide; NULL
 * clears it. */
void mem_undo_on_exhausted(void (*undo)(void));

/* End the program as mem_alloc would: hooks, message, _exit(1). */
void mem_exhausted(void) __attribute__((noreturn));

#endif
