/* arena.c - a bump allocator with a hard cap. */
#include "arena.h"

#include <stdlib.h>

#define ARENA_MAX ((size_t)1 << 20)
#define ARENA_MIN ((size_t)8 << 10)
/* Bytes a byte of a message can cost: an empty submessage has two and becomes
 * 48, a pointer to it, and up to 80 of parser state. */
#define EXPANSION ((size_t)80)
#define ALIGNMENT ((size_t)16)

static void *arena_alloc(void *data, size_t size)
{
	struct arena *a = data;
	void *p;

	if (size > a->size - a->used) {
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

void arena_init(struct arena *a)
{
	*a = (struct arena){.block = NULL};
	a->allocator = (ProtobufCAllocator){arena_alloc, arena_free, a};
}

void arena_release(struct arena *a)
{
	free(a->block);
	a->block = NULL;
}

int arena_reset(struct arena *a, size_t message, struct err *err)
{
	size_t want = ARENA_MAX;

	a->used = 0;
	a->refused = false;
	if (message < (ARENA_MAX - ARENA_MIN) / EXPANSION)
		want = ARENA_MIN + message * EXPANSION;
	if (want <= a->size)
		return 0;
	/* Nothing in the old block is needed any more. */
	free(a->block);
	a->block = malloc(want);
	a->size = a->block ? want : 0;
	if (!a->block)
		return err_set(err, ERR_LIMIT, "no memory to decode a profile");
	return 0;
}
