/* arena.c - a bump allocator with a hard cap. */
#include "arena.h"

#include <stdlib.h>

/* Enough for the largest message within the other limits: 4,096 locations or
 * lines, each a pointer, a 48-byte message and 40 bytes of parser state. */
#define ARENA_BYTES ((size_t)1 << 20)
#define ALIGNMENT   ((size_t)16)

static void *arena_alloc(void *data, size_t size)
{
	struct arena *a = data;
	void *p;

	if (size > ARENA_BYTES - a->used) {
		a->refused = true;
		return NULL;
	}
	p = a->block + a->used;
	a->used += (size + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
	return p;
}

static void arena_free(void *data, void *pointer)
{
	(void)data;
	(void)pointer;
}

int arena_init(struct arena *a, struct err *err)
{
	*a = (struct arena){.block = malloc(ARENA_BYTES)};
	if (!a->block)
		return err_set(err, ERR_LIMIT, "no memory to decode a profile");
	a->allocator = (ProtobufCAllocator){arena_alloc, arena_free, a};
	return 0;
}

void arena_release(struct arena *a)
{
	free(a->block);
	a->block = NULL;
}

void arena_reset(struct arena *a)
{
	a->used = 0;
	a->refused = false;
}
