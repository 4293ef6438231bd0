/*
 * layout.h - where the fields of the runtime's structures are, one row a Go
 * minor and machine. layouts.inc is made by tools/gen-layouts from DWARF.
 */
#ifndef GOMEM_LAYOUT_H
#define GOMEM_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <residue/gomem/gomem.h>

#define LAYOUT_OLDEST 19 /* the oldest minor that we can read */
#define LAYOUTS	      64 /* at most so many rows fit one machine */
#define SPAN_CLASSES  (2 * GOMEM_CLASSES)
/* Upper bounds of what rows may say; test_layout checks them. */
#define LAYOUT_MSTATS_MAX 8192 /* up to and with lastHeapInUse, bytes */
#define LAYOUT_GC_MAX	  512  /* up to and with mappedReady, bytes */

struct layout {
	const char *version; /* the release the row was made from */
	int minor;
	uint16_t machine; /* EM_X86_64, EM_AARCH64 */
#define FIELD(name, need, paths) int32_t name;
#include "layout_fields.h"
#undef FIELD
};

extern const struct layout layouts[];
extern const size_t layouts_count;

/* Bytes of each size class: internal/runtime/gc/sizeclasses.go, the same in
 * Go 1.19 to 1.27. */
extern const uint16_t layout_class_size[GOMEM_CLASSES];

/*
 * Rows to try for a program of `version` on `machine`, best first, at most
 * LAYOUTS: the one of its minor; or, for a newer or hidden version (""),
 * every row from the newest down. *exact: it is the row of its minor, and of a
 * runtime without experiments ("go1.26.8-X:staticlockranking" moves fields).
 * 0 for Go before 1.19 and for other machines.
 */
size_t layout_choose(const char *version, uint16_t machine,
		     const struct layout *out[LAYOUTS], bool *exact);

#endif
