/*
 * own.h - GCs that residue forced itself, through an endpoint (heap?gc=1).
 *
 * The runtime counts them as forced, like the program's own calls of runtime.GC
 * and debug.FreeOSMemory. Ours are those that ended while the request was under
 * way (model/state.h: own_gc).
 */
#ifndef RESIDUE_DETECT_OWN_H
#define RESIDUE_DETECT_OWN_H

#include <residue/detect/detect.h>

/* A GC that ended at `wall_ns` (CLOCK_REALTIME). */
static inline bool own_gc(const struct observation *o, int64_t wall_ns)
{
	return state_is_own_gc(o->state, wall_ns - o->now->wall_offset_ns);
}

/* How many of the `forced` GCs among those after number `seen` are ours. Without
 * the ring only the last one has a time: it tells for all of them. */
int64_t own_gcs(const struct observation *o, int64_t seen, int64_t forced);

#endif
