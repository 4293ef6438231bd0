/*
 * arena.h - the allocator protobuf-c gets: one block, reset for each message.
 *
 * protobuf-c's own allocator turns 44 KB of gzip into 600 MB (millions of
 * empty submessages). Here a message that would need more than 1 MiB is
 * refused, and arena.refused tells that from a malformed one.
 */
#ifndef RESIDUE_DECODE_ARENA_H
#define RESIDUE_DECODE_ARENA_H

#include <protobuf-c/protobuf-c.h>
#include <residue/base/err.h>

#include <stdbool.h>
#include <stddef.h>

struct arena {
	ProtobufCAllocator allocator; /* for the *_unpack functions */
	char *block;
	size_t size; /* bytes of the block */
	size_t used;
	bool refused; /* since the last reset an allocation did not fit */
};

void arena_init(struct arena *a);
void arena_release(struct arena *a);
/* Forget every allocation and be ready for a message of that many bytes. */
int arena_reset(struct arena *a, size_t message, struct err *err) RESIDUE_CHECK;

#endif
