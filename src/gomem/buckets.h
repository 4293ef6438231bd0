/*
 * buckets.h - the chain of runtime.mbuckets: one record of the heap profiler
 * for each distinct stack and object size (runtime/mprof.go).
 */
#ifndef GOMEM_BUCKETS_H
#define GOMEM_BUCKETS_H

#include "target.h"

#define BUCKETS_MAX	  200000
#define BUCKETS_PCS_MAX	  (4u << 20)
#define BUCKETS_DEPTH_MAX 1024 /* runtime/mprof.go: maxProfStackDepth */

struct counts {
	uint64_t allocs, frees, alloc_bytes, free_bytes;
};

struct bucket {
	uint64_t size;	       /* of one object */
	struct counts active;  /* published: as of the last finished GC */
	struct counts pending; /* not published yet: all of it */
	uint32_t pc, npc;      /* in buckets.pc, innermost first */
};

struct buckets {
	struct bucket *bucket; /* owned */
	uint64_t *pc;	       /* owned; return addresses in the target */
	size_t n, npc, room, pc_room;
	bool truncated;
};

/* Find runtime.mbuckets if that was not done yet. False: there is none. */
bool buckets_find(struct gomem *g);

/* Copy the whole chain; `numgc` says which cycle is being published. */
int buckets_read(struct gomem *g, uint32_t numgc, struct buckets *out,
		 struct err *err) RESIDUE_CHECK;
void buckets_release(struct buckets *b);

#endif
