/*
 * by_size.h - objects by size class, as runtime.MemStats.BySize has them.
 *
 * Every small object is rounded up to the size of its class (Go source,
 * runtime/sizeclasses.go); objects above 32 KiB have none. MemStats shows 61
 * entries, the first of them empty; here are all classes.
 */
#ifndef RESIDUE_MODEL_BY_SIZE_H
#define RESIDUE_MODEL_BY_SIZE_H

#include <stdint.h>

#define BY_SIZE_MOST 68

/* What a DOC_BY_SIZE holds. */
struct by_size {
	unsigned n; /* entries, ascending by size */
	struct by_size_class {
		uint32_t size;		 /* bytes of one object */
		uint64_t mallocs, frees; /* objects since the program began */
	} of[BY_SIZE_MOST];
};

#endif
