/*
 * hash.h - uthash's tables, on the memory of mem.h; and a hash of a text.
 *
 * By itself uthash ends a program that is out of memory with exit(-1): without
 * a word, and with the terminal as it is.
 */
#ifndef RESIDUE_BASE_HASH_H
#define RESIDUE_BASE_HASH_H

#include <residue/base/mem.h>

#include <stdint.h>

#define uthash_malloc(size) mem_alloc(size)
#include <uthash.h>

/* FNV-1a, 64 bits (draft-eastlake-fnv). Quick, and no shield against a text that
 * is made to collide. */
static inline uint64_t hash_text(const char *text)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (; *text; text++)
		h = (h ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
	return h;
}

#endif
