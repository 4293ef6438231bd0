/*
 * theme.h - what colours mean: roles, and the files that give them colours.
 *
 * Views paint with roles, never with colours. A theme is an INI file (libinih):
 *
 *   [theme]
 *   role = FG [on BG] [bold] [dim] [underline] [reverse]
 *
 * A colour is default, one of the terminal's sixteen (red, bright-red, ...),
 * a number of the 256-colour palette, or #rrggbb; alternatives for terminals
 * that can do less follow after a slash: "#e0af68/179/yellow". A missing
 * alternative is the nearest of the smaller palette. A role that a theme
 * leaves out looks like the role named in its line below.
 */
#ifndef RESIDUE_UI_THEME_H
#define RESIDUE_UI_THEME_H

#include <residue/base/err.h>

#include <stdbool.h>
#include <stdint.h>

/* clang-format off */
/* X(ID, name in files, role it looks like when it is left out, meaning) */
#define ROLES(X) \
X(TEXT,         "text",         TEXT,   "figures and sentences; its background is the screen's") \
X(DIM,          "dim",          TEXT,   "labels, units, sources and ages") \
X(FAINT,        "faint",        DIM,    "axes, and what is of no consequence") \
X(STALE,        "stale",        DIM,    "figures that are no longer fresh") \
X(BRAND,        "brand",        TEXT,   "the program's name") \
X(TARGET,       "target",       TEXT,   "the name of the target on top") \
X(ANSWER,       "answer",       TEXT,   "the sentence that answers") \
X(FRAME,        "frame",        FAINT,  "lines around panels") \
X(HEADER,       "header",       TEXT,   "the list's column titles") \
X(HEADER_SORT,  "header_sort",  HEADER, "the title of the column sorted by") \
X(SELECTED,     "selected",     TEXT,   "the row under the cursor: its background") \
X(TAGGED,       "tagged",       TEXT,   "tagged rows") \
X(CURSOR,       "cursor",       TEXT,   "the cursor on the time axis") \
X(KEY,          "key",          TEXT,   "a key in the footer") \
X(KEY_LABEL,    "key_label",    TEXT,   "what the key does") \
X(KEY_OFF,      "key_off",      DIM,    "the label of a key that does nothing now") \
X(PROMPT,       "prompt",       TEXT,   "the line that is typed") \
X(TOAST,        "toast",        TEXT,   "the answer to a key") \
X(GOOD,         "good",         TEXT,   "nothing to do; live; less memory") \
X(WARN,         "warn",         TEXT,   "worth a look") \
X(BAD,          "bad",          TEXT,   "a leak, an error; more memory") \
X(RES,          "res",          TEXT,   "RES") \
X(HEAP,         "heap",         TEXT,   "the heap") \
X(OTHER,        "other",        TEXT,   "the second process of a comparison") \
X(LIVE,         "live",         HEAP,   "live objects") \
X(HEADROOM,     "headroom",     TEXT,   "room for the next GC") \
X(CACHE,        "cache",        TEXT,   "idle heap that the runtime keeps") \
X(FRAG,         "fragmentation",TEXT,  "free slots in used spans") \
X(STACKS,       "stacks",       TEXT,   "goroutine stacks") \
X(RUNTIME,      "runtime",      TEXT,   "the Go runtime's own memory") \
X(FILE,         "file",         TEXT,   "file pages and shared memory") \
X(LAZY,         "lazy_free",    TEXT,   "given back with MADV_FREE") \
X(HUGE,         "huge_pages",   TEXT,   "made resident by huge pages") \
X(NON_GO,       "non_go",       TEXT,   "memory the Go runtime does not know") \
X(UNTOUCHED,    "untouched",    FAINT,  "counted by Go, not resident") \
X(UNEXPLAINED,  "unexplained",  FAINT,  "what the known figures do not tell") \
X(GOAL,         "goal",         DIM,    "the GC goal's line") \
X(LIMIT,        "limit",        BAD,    "the memory limit's line") \
X(EVENT,        "event",        TEXT,   "an event without a colour of its own") \
X(EVENT_GC,     "event_gc",     EVENT,  "a garbage collection") \
X(EVENT_FREE,   "event_free",   EVENT,  "memory given back: FreeOSMemory, drop, scavenger") \
X(EVENT_USER,   "event_user",   EVENT,  "snapshots and marks") \
X(EVENT_END,    "event_end",    BAD,    "exec and exit")
/* clang-format on */

enum role {
#define X(id, ...) ROLE_##id,
	ROLES(X)
#undef X
		ROLE_COUNT
};

struct role_info {
	const char *name;
	enum role like; /* itself for ROLE_TEXT */
	const char *meaning;
};
extern const struct role_info role_info[ROLE_COUNT];

/* What the terminal can show. */
enum colour_depth {
	DEPTH_MONO, /* attributes only */
	DEPTH_8,    /* eight colours; the bright ones are bold, grey is dim */
	DEPTH_16,
	DEPTH_256,
	DEPTH_RGB,
};

#define COLOUR_DEFAULT (-1)

/* One colour, with what it is at each depth; COLOUR_DEFAULT is the
 * terminal's own. All three are always filled in. */
struct colour {
	int32_t rgb;  /* 0xrrggbb */
	int16_t c256; /* 0 to 255 */
	int16_t c16;  /* 0 to 15 */
};

enum { STYLE_BOLD = 1, STYLE_DIM = 2, STYLE_UNDERLINE = 4, STYLE_REVERSE = 8 };

struct style {
	struct colour fg, bg;
	uint8_t attrs;
};

struct theme {
	struct style style[ROLE_COUNT];
};

/* A theme that is part of the program: themes/NAME.theme. */
struct theme_file {
	const char *name;
	const char *text;
};
extern const struct theme_file theme_files[];
extern const unsigned theme_file_count;

/* `text` as a theme; `name` is for messages: "NAME:LINE: unknown role ...".
 * ERR_FORMAT, and *t untouched, when a line is bad. */
int theme_parse(struct theme *t, const char *name, const char *text,
		struct err *err) RESIDUE_CHECK;

/* The theme called `name`: a path when it has a slash, else
 * CONFIG_DIR/themes/NAME.theme (config_dir may be NULL), else one of the
 * program's own. The error names those there are. */
int theme_load(struct theme *t, const char *name, const char *config_dir,
	       struct err *err) RESIDUE_CHECK;

/* The colour at that depth: COLOUR_DEFAULT, a palette index, or for DEPTH_RGB
 * 0xrrggbb (`*indexed` false) or the index of one of the terminal's sixteen
 * (true), which have no RGB of their own. */
int32_t colour_at(const struct colour *c, enum colour_depth depth,
		  bool *indexed);

#endif
