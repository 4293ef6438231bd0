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

void detectors_observe(void *states, const struct observation *o,
		       event_sink *sink, void *sink_ctx)
{
	char *state = states;

	for (unsigned i = 0; i < detector_count; i++) {
		detector_registry[i]->observe(state, o, sink, sink_ctx);
		state += room(detector_registry[i]);
	}
}
