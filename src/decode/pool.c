/* pool.c - growing arrays and strings under one budget. */
#include "pool.h"

#include <stdint.h>
#include <stdlib.h>

#define STRING_BLOCK ((size_t)32 << 10)
#define FIRST_BYTES  ((size_t)512) /* of a new array */
#define LARGE_BYTES  ((size_t)1 << 20)

static int over_budget(const struct pool *pool, struct err *err)
{
	if (pool->held)
		return err_set(err, ERR_LIMIT,
			       "the profile needs more than the %zu MiB that "
			       "are left: %zu MiB are taken by profiles that "
			       "are kept, and by its bytes",
			       pool->limit >> 20, pool->held >> 20);
	return err_set(err, ERR_LIMIT,
		       "the profile needs more than the limit of %zu MiB",
		       pool->limit >> 20);
}

/* A block of `size` bytes in place of `old` (may be NULL). */
static struct profile_block *resize(struct pool *pool,
				    struct profile_block *old, size_t size,
				    struct err *err)
{
	size_t held = old ? sizeof(*old) + old->size : 0;
	struct profile_block *b;

	if (size > pool->limit ||
	    pool->used - held > pool->limit - size - sizeof(*b)) {
		over_budget(pool, err);
		return NULL;
	}
	b = realloc(old, sizeof(*b) + size);
	if (!b) {
		err_set(err, ERR_LIMIT, "no memory for %zu bytes of a profile",
			size);
		return NULL;
	}
	b->size = size;
	pool->used = pool->used - held + sizeof(*b) + size;
	return b;
}

static struct profile_block *block_of(const struct vec *v)
{
	return v->data ? (struct profile_block *)v->data - 1 : NULL;
}

/* Grown in place or moved by its page table (mremap(2)), so more often, and
 * with less that counts and is not used. */
static bool is_large(const struct vec *v)
{
	return v->room > LARGE_BYTES / v->element;
}

void *vec_extend(struct vec *v, struct pool *pool, size_t count,
		 struct err *err)
{
	struct profile_block *b;
	size_t want, room;

	if (count <= v->room - v->n) {
		v->n += count;
		return (char *)v->data + (v->n - count) * v->element;
	}
	if (count > SIZE_MAX / 4 / v->element - v->n) {
		over_budget(pool, err);
		return NULL;
	}
	want = v->n + count;
	room = v->room ? v->room + v->room / (is_large(v) ? 8 : 2)
		       : FIRST_BYTES / v->element;
	if (room < want)
		room = want;
	b = resize(pool, block_of(v), room * v->element, err);
	if (!b)
		return NULL;
	v->data = b + 1;
	v->room = room;
	v->n = want;
	return (char *)v->data + (want - count) * v->element;
}

void vec_free(struct vec *v, struct pool *pool)
{
	struct profile_block *b = block_of(v);

	if (b)
		pool->used -= sizeof(*b) + b->size;
	free(b);
	*v = (struct vec){.element = v->element};
}

void *vec_give(struct vec *v, struct pool *pool, struct profile_block **list,
	       size_t *n)
{
	struct profile_block *b = block_of(v), *cut;
	size_t used = v->n * v->element;

	*n = v->n;
	if (b && used < b->size) {
		cut = realloc(b, sizeof(*b) + used);
		b = cut ? cut : b;
		if (cut) {
			pool->used -= b->size - used;
			b->size = used;
		}
	}
	*v = (struct vec){.element = v->element};
	if (!b)
		return NULL;
	b->next = *list;
	*list = b;
	return b + 1;
}

char *pool_string(struct pool *pool, size_t n, struct err *err)
{
	struct profile_block *b = pool->strings;

	if (!b || b->size - pool->string_used < n) {
		b = resize(pool, NULL, n > STRING_BLOCK ? n : STRING_BLOCK,
			   err);
		if (!b)
			return NULL;
		b->next = pool->strings;
		pool->strings = b;
		pool->string_used = 0;
	}
	return (char *)(b + 1) + pool->string_used;
}

void pool_string_used(struct pool *pool, size_t n)
{
	pool->string_used += n;
}

void pool_free_strings(struct pool *pool)
{
	struct profile_block *next;

	for (struct profile_block *b = pool->strings; b; b = next) {
		next = b->next;
		pool->used -= sizeof(*b) + b->size;
		free(b);
	}
	pool->strings = NULL;
}
