/* detect.c - runs every detector of the registry over a target's readings. */
#include <residue/base/mem.h>
#include <residue/detect/detect.h>

#include <stdalign.h>
#include <stddef.h>
#include <string.h>

/* Bytes a detector's state takes in the one allocation that holds all. */
static size_t room(const struct detector *d)
{
	size_t align = alignof(max_align_t);

	return (d->state_size + align - 1) / align * align;
}

static size_t room_for_all(void)
{
	size_t size = 0;

	for (unsigned i = 0; i < detector_count; i++)
		size += room(detector_registry[i]);
	return size;
}

void *detectors_new(void)
{
	return mem_zalloc(1, room_for_all());
}

void detectors_reset(void *states)
{
	memset(states, 0, room_for_all());
}

/* Figures are a target's word, and detectors add them up: what no process has
 * is no observation. The largest is of all bytes that it ever allocated; limits
 * and goals may be anything, and are only compared. */
static bool believed(const struct values *v, enum origin origin)
{
	const uint64_t any = FIELD_BIT(MEMORY_LIMIT) | FIELD_BIT(NEXT_GC) |
			     FIELD_BIT(GC_TRIGGER) | FIELD_BIT(SCAV_GOAL) |
			     FIELD_BIT(GOGC) | FIELD_BIT(LAST_GC);

	for (unsigned f = 0; f < FIELD_COUNT; f++)
		if (field_info[f].origin == origin &&
		    v->known & ~any & UINT64_C(1) << f &&
		    (v->v[f] < 0 || v->v[f] > INT64_C(1) << 60))
			return false;
	return true;
}

void detectors_observe(void *states, const struct observation *o,
		       event_sink *sink, void *sink_ctx)
{
	char *state = states;

	if (!believed(&o->now->values, o->now->origin) ||
	    !believed(&o->before, o->now->origin))
		return;
	for (unsigned i = 0; i < detector_count; i++) {
		detector_registry[i]->observe(state, o, sink, sink_ctx);
		state += room(detector_registry[i]);
	}
}
