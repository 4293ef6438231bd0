/* event.c - the table of event kinds. */
#include <residue/model/event.h>

const struct event_kind_info event_kind_info[EVENT_COUNT] = {
#define X(id, name, letter, title, meaning) {name, letter, title, meaning},
	EVENTS(X)
#undef X
};

const char *const event_source_name[EVENT_SOURCES] = {
	[EVENT_FROM_RUNTIME] = "runtime",
	[EVENT_FROM_INFERRED] = "inferred",
	[EVENT_FROM_KERNEL] = "kernel",
	[EVENT_FROM_USER] = "user",
};

struct event event_make(enum event_kind kind, enum event_source source,
			int64_t wall_ns)
{
	return (struct event){.kind = kind,
			      .source = source,
			      .wall_ns = wall_ns,
			      .confidence = 1.0,
			      .num_gc = -1,
			      .bytes = -1,
			      .pause_ns = -1};
}
