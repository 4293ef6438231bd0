/*
 * event.h - something happened to a target.
 *
 * Detectors find events in readings; the kernel, the user and the program
 * itself add others. The kinds, with their letter on the time axis, are one
 * table: screens, help, batch output and the manual come from it.
 */
#ifndef RESIDUE_MODEL_EVENT_H
#define RESIDUE_MODEL_EVENT_H

#include <stdbool.h>
#include <stdint.h>

/* clang-format off */
/* X(ID, name of residue(1), letter, title, meaning) */
#define EVENTS(X) \
X(GC,             "gc",             'g', "GC",            "a garbage collection ended") \
X(FREE_OS_MEMORY, "free_os_memory", 'F', "FreeOSMemory",  "the program returned all idle memory at once") \
X(DROP,           "drop",           'd', "drop",          "RES fell as FreeOSMemory makes it fall; inferred from /proc alone") \
X(SCAVENGE,       "scavenge",       's', "scavenger",     "the runtime returned idle memory of its own accord") \
X(GROWTH,         "growth",         '^', "growth",        "RES grew") \
X(RECLAIM,        "reclaim",        'r', "reclaim",       "the kernel took pages") \
X(NATIVE_FREE,    "native_free",    'n', "non-Go free",   "memory outside the Go runtime was freed") \
X(UNMAP,          "unmap",          'u', "unmap",         "file pages left RES") \
X(EXEC,           "exec",           'x', "exec",          "the process became another program") \
X(EXIT,           "exit",           '!', "exit",          "the process ended") \
X(SNAPSHOT,       "snapshot",       '*', "snapshot",      "a snapshot was taken") \
X(MARK,           "mark",           'm', "mark",          "the user set a mark")
/* clang-format on */

enum event_kind {
#define X(id, ...) EVENT_##id,
	EVENTS(X)
#undef X
		EVENT_COUNT
};

struct event_kind_info {
	const char *name; /* in JSON */
	char letter;	  /* on the axis */
	const char *title;
	const char *meaning;
};
extern const struct event_kind_info event_kind_info[EVENT_COUNT];

/* The "source" of residue(1): who says so. */
enum event_source {
	EVENT_FROM_RUNTIME,  /* the Go runtime's own records */
	EVENT_FROM_INFERRED, /* concluded from figures */
	EVENT_FROM_KERNEL,
	EVENT_FROM_USER,
	EVENT_SOURCES
};
extern const char *const event_source_name[EVENT_SOURCES];

#define EVENT_TEXT_MAX 120

struct event {
	uint64_t seq;	 /* order of arrival in the store, from 1 */
	int64_t wall_ns; /* when it happened, CLOCK_REALTIME */
	enum event_kind kind;
	enum event_source source;
	double confidence;  /* 0 to 1 */
	bool before_attach; /* it happened before we watched */
	bool forced_known;  /* GC: the next one is; else it is not said */
	bool forced;	    /* GC: the program, or residue, asked for it */
	bool periodic;	    /* GC: by the runtime's two-minute rule */
	int64_t num_gc;	    /* GC: its number; -1: does not apply */
	int64_t bytes;	    /* how much memory moved; -1: not known */
	int64_t pause_ns;   /* GC: stop-the-world time; -1: not known */
	char text[EVENT_TEXT_MAX]; /* one line for people, made visible */
};

/* An event of that kind with nothing known yet and confidence 1. */
struct event event_make(enum event_kind kind, enum event_source source,
			int64_t wall_ns);

#endif
