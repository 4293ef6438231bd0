/*
 * pool.h - memory for what a target sends, under one budget.
 *
 * Arrays that grow (struct vec) and strings are taken from a pool. When its
 * budget or the machine's memory is used up the call fails with ERR_LIMIT.
 * Each allocation is a struct profile_block, so that the arrays of a finished
 * profile are handed over without a copy.
 */
#ifndef RESIDUE_DECODE_POOL_H
#define RESIDUE_DECODE_POOL_H

#include <residue/base/err.h>
#include <residue/model/profile.h>

#include <stddef.h>

struct pool {
	size_t used;		       /* bytes held, block headers included */
	size_t limit;		       /* most that `used` may reach */
	size_t held;		       /* by other profiles: why it is so low */
	struct profile_block *strings; /* newest first; filled to string_used */
	size_t string_used;
};

/* An array in a block of its own; data == NULL while it is empty. */
struct vec {
	void *data;
	size_t n;	/* elements used */
	size_t room;	/* elements there is room for */
	size_t element; /* bytes of one */
};

#define VEC_INIT(type)                                                         \
	{                                                                      \
		.element = sizeof(type)                                        \
	}
#define VEC_AT(v, type, i) (&((type *)(v)->data)[i])

/* Append `count` (> 0) elements, not initialised; NULL with *err set. */
void *vec_extend(struct vec *v, struct pool *pool, size_t count,
		 struct err *err) RESIDUE_CHECK;
void vec_free(struct vec *v, struct pool *pool);
/* Push the block of `v`, cut to what is used, on *list and empty `v`; the pool
 * still counts it. The array may move: returns where it is, and its length;
 * NULL if it was empty. */
void *vec_give(struct vec *v, struct pool *pool, struct profile_block **list,
	       size_t *n);

/* Room for a string of n bytes; the caller may use fewer and says so with
 * pool_string_used (the NUL counted). NULL with *err set. */
char *pool_string(struct pool *pool, size_t n, struct err *err) RESIDUE_CHECK;
void pool_string_used(struct pool *pool, size_t n);
void pool_free_strings(struct pool *pool);

#endif
