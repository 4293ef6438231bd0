/*
 * frame.h - what one screen needs, copied out of the store at once.
 *
 * A view says what it wants to see (struct frame_want); the store fills a
 * struct frame under its lock by copying only that (tens of microseconds);
 * the view draws from the copy. Views never see the store, sources or locks.
 */
#ifndef RESIDUE_MODEL_FRAME_H
#define RESIDUE_MODEL_FRAME_H

#include <residue/model/doc.h>
#include <residue/model/event.h>
#include <residue/model/history.h>
#include <residue/model/log.h>
#include <residue/model/state.h>
#include <residue/model/target.h>
#include <residue/model/verdict.h>

#define FRAME_PANELS  2 /* targets drawn side by side */
#define FRAME_FIELDS  16
#define FRAME_COLUMNS 2048

struct frame_want {
	/* Ids of the targets to show in full; "" for none. */
	char target[FRAME_PANELS][TARGET_ID_MAX];
	bool list; /* rows of every target */
	/* The time axis shared by all panels. */
	int64_t end_ns;	  /* CLOCK_BOOTTIME; 0: now, which is in the last
			   * cell: these stand at multiples of cell_ns, so
			   * that what is drawn moves by whole ones */
	int64_t cell_ns;  /* one or two of the next; 0: one */
	int64_t step_ns;  /* a dot column */
	unsigned columns; /* at most FRAME_COLUMNS */
	enum field fields[FRAME_FIELDS];
	unsigned field_count;
	int64_t cursor_ns;  /* row to read exactly; 0: none */
	bool trail;	    /* what the sites of the first target held */
	unsigned log_lines; /* of the log, the newest so many */
};

/* One target in the list. */
struct list_row {
	struct target_info info;
	struct values values;
	struct origin_state origins[ORIGIN_COUNT];
	struct brief brief;
	double gc_per_s; /* over the last minute; < 0: not known */
	struct verdict verdict;
	int64_t live; /* live heap as the judge knows it; -1: not known */
	unsigned live_origins; /* bits 1 << ORIGIN_x it rests on */
	bool opened;
};

/* One target in full. */
struct panel {
	bool present;
	struct target_info info;
	struct values values;
	struct origin_state origins[ORIGIN_COUNT];
	int64_t exited_ns;
	double gc_per_s; /* as in list_row, and the next three */
	struct verdict verdict;
	int64_t live;
	unsigned live_origins;
	struct brief brief; /* five minutes from before it was opened */
	bool cursor_known;
	struct row cursor;  /* the row at or before cursor_ns */
	struct span *spans; /* field_count x columns, see history_query */
	size_t span_room;
	int64_t first_ns, last_ns; /* what history covers; 0, 0: nothing */
	struct event *events;	   /* newest last: all that is kept */
	unsigned event_count, event_room;
	struct doc *profile; /* DOC_PROFILE, a reference, or NULL */
	struct doc *trail[SITES_COLUMNS]; /* DOC_SITES, references, oldest
					   * first; only where asked for */
	unsigned trail_count;
	bool endpoint_asked; /* as in struct state, and the next one */
	struct err endpoint_fail;
	char warning[160]; /* two origins disagree, in words; "": no */
	char doubt
		[160]; /* the same of the last answer alone: it may be a slip */
	bool compared; /* an answer was, by now */
	int64_t pprof_gc_least; /* as in struct state */
};

/* Why a process that may be Go is not in the list, or not read: a sentence
 * for people, for the list's foot. */
struct list_note {
	pid_t pid;
	char text[256];
};
#define FRAME_NOTES 4

struct frame {
	int64_t now_ns; /* CLOCK_BOOTTIME */
	int64_t wall_offset_ns;
	int64_t end_ns;	     /* the axis' end, aligned to step_ns */
	int64_t interval_ns; /* the sampling interval */
	unsigned processes;  /* of the machine, Go or not */
	int64_t mem_total, mem_available; /* bytes; -1: not known */
	struct list_row *rows;
	unsigned row_count, row_room;
	struct panel panels[FRAME_PANELS];
	struct list_note notes[FRAME_NOTES];
	unsigned note_count;
	struct log_line *log; /* as asked for */
	unsigned log_count, log_room;
	unsigned log_total; /* lines that are kept */
	char toast[160];    /* newest answer to a request: "" for none */
	int64_t toast_ns;   /* CLOCK_BOOTTIME when it came */
	bool toast_is_error;
};

/* The arrays and references are the frame's own and are used again by the next
 * fill; a frame is zeroed by frame_init and freed by frame_release. */
void frame_init(struct frame *f);
void frame_release(struct frame *f);
/* Forget the contents (references too), keep the memory. */
void frame_clear(struct frame *f);
/* Room for that many; contents are kept. Counts stay as they are. */
void frame_reserve_rows(struct frame *f, unsigned n);
void panel_reserve_events(struct panel *p, unsigned n);
void panel_reserve_spans(struct panel *p, size_t n);
void frame_reserve_log(struct frame *f, unsigned n);

/* What users ask for goes the other way: answered by an event or a toast. */
enum request_kind {
	REQUEST_OPEN,	  /* keep full history of `target`, poll all origins */
	REQUEST_SNAPSHOT, /* write a snapshot directory */
	REQUEST_MARK,	  /* put a mark with `text` on the axis */
	REQUEST_PROFILE,  /* fetch a heap profile now */
	REQUEST_SMAPS,	  /* read smaps_rollup now, whatever it costs */
	REQUEST_GC,	  /* make the target collect now (heap?gc=1), once, or
			   * twice in a row with `text` "2": the user has been
			   * told what it costs and said yes */
	REQUEST_PROBE,	  /* ask its own sockets, once each, whether they are
			   * Go's pprof (source/listeners.h) */
};

struct request {
	enum request_kind kind;
	char target[TARGET_ID_MAX];
	char text[EVENT_TEXT_MAX];
};

#endif
