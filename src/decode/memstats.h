/*
 * memstats.h - the figures of runtime.MemStats, whatever text they came in.
 *
 * One table of names serves /debug/vars and heap?debug=1 (Go source, runtime/
 * mstats.go: type MemStats). Private to the decoders.
 */
#ifndef RESIDUE_DECODE_MEMSTATS_H
#define RESIDUE_DECODE_MEMSTATS_H

#include <residue/model/fields.h>
#include <residue/model/pauses.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct memstats_name {
	const char *name; /* in MemStats */
	enum field field;
};

extern const struct memstats_name memstats_names[];
extern const size_t memstats_count;

/* The field of a name of n bytes, or FIELD_COUNT. */
enum field memstats_field(const char *name, size_t n);

/* Set a figure unless it means "none": numbers that do not fit, a goal or a
 * limit of 2^62 and up, a last GC at 0. */
void memstats_set(struct values *v, enum field f, uint64_t value);

/* Complete *pauses after its rings were read: all zero unless both came. */
void memstats_end_pauses(struct pause_ring *pauses, const struct values *v,
			 bool have_end, bool have_ns);

#endif
