/*
 * idmap.h - 64-bit ids of a profile to small numbers, in order of appearance.
 *
 * Go numbers its locations and functions from 1 up: those are looked up in an
 * array. Any other id goes to a hash table with open addressing.
 */
#ifndef RESIDUE_DECODE_IDMAP_H
#define RESIDUE_DECODE_IDMAP_H

#include "pool.h"

#include <residue/base/err.h>

#include <stddef.h>
#include <stdint.h>

struct idmap {
	struct vec dense; /* uint32_t by id: number + 1, or 0 */
	struct vec table; /* struct idmap_entry, a power of two of them */
	size_t n_hashed;
	uint32_t n; /* ids known; the next one gets this number */
};

/* The number of `id`; a new id gets the next one. -1 with ERR_LIMIT. */
int idmap_number(struct idmap *m, struct pool *pool, uint64_t id,
		 uint32_t *number, struct err *err) RESIDUE_CHECK;
void idmap_init(struct idmap *m);
void idmap_free(struct idmap *m, struct pool *pool);

#endif
