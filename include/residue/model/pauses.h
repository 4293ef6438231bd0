/*
 * pauses.h - the exact times of the last 256 GCs.
 *
 * runtime.MemStats keeps PauseEnd and PauseNs as rings of 256: GC number n
 * (1-based) is entry (n + 255) % 256 (Go source, runtime/mstats.go).
 */
#ifndef RESIDUE_MODEL_PAUSES_H
#define RESIDUE_MODEL_PAUSES_H

#include <stdint.h>

#define PAUSE_RING 256

struct pause_ring {
	uint32_t num_gc;	       /* GCs completed */
	uint64_t end_ns[PAUSE_RING];   /* CLOCK_REALTIME, ns */
	uint64_t pause_ns[PAUSE_RING]; /* stop-the-world time, ns */
};

/* Index of GC number n (1-based) in the rings. */
static inline unsigned pause_index(uint32_t n)
{
	return (n + PAUSE_RING - 1) % PAUSE_RING;
}

#endif
