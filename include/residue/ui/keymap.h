/*
 * keymap.h - every key of the program, in one table.
 *
 * Dispatch, footer and F1 come from the table below. Adding a key is one line
 * here and a case in the views that act on it. A key that a place does not list
 * does nothing there.
 */
#ifndef RESIDUE_UI_KEYMAP_H
#define RESIDUE_UI_KEYMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What terminal_read gives: a Unicode character, or one of these. */
enum {
	PRESS_NONE = 0,
	PRESS_TAB = '\t',
	PRESS_ENTER = '\r',
	PRESS_ESC = 27,
	PRESS_SPACE = ' ',
	PRESS_BACKSPACE = 0x7f,
	PRESS_SPECIAL = 0x110000,
	PRESS_UP,
	PRESS_DOWN,
	PRESS_LEFT,
	PRESS_RIGHT,
	PRESS_PGUP,
	PRESS_PGDN,
	PRESS_HOME,
	PRESS_END,
	PRESS_DELETE,
	PRESS_CLICK, /* at struct press y, x */
	PRESS_WHEEL_UP,
	PRESS_WHEEL_DOWN,
	PRESS_F0, /* F1 is PRESS_F0 + 1 */
};
#define PRESS_F(n)    (PRESS_F0 + (n))
#define PRESS_CTRL(c) ((c)&0x1f)

struct press {
	uint32_t key;
	int y, x;    /* of the mouse */
	bool pasted; /* a character of a text, and no key */
};

/* Where a key works. Each view is one place. */
enum place {
	IN_LIST = 1,
	IN_WATCH = 2,
	IN_COMPARE = 4,
	IN_HELP = 8,
	IN_SITES = 16,
	IN_LOG = 32,
	IN_GRAPHS = IN_WATCH | IN_COMPARE,
	IN_TARGETS = IN_LIST | IN_GRAPHS,
	IN_ACTING = IN_TARGETS | IN_SITES, /* where a process is at hand */
	IN_TABLES = IN_LIST | IN_SITES,
	IN_ALL = 63,
};

/* How far a footer item is from being dropped where there is little room:
 * KEEP is dropped last. PAIRED belongs to the item before it: "+-". HIDDEN
 * is in the help only. */
enum footer { KEEP, OFTEN, SELDOM, PAIRED, HIDDEN };

/* clang-format off */
/* X(ID, places, footer, label, keys, what help says) */
#define ACTIONS(X) \
X(HELP,      IN_ALL,     KEEP,   "Help",     K(PRESS_F(1), 'h', '?'), "keys, events, and what the figures mean") \
X(WATCH,     IN_LIST,    KEEP,   "Watch",    K(PRESS_ENTER, 'w'), "watch the process under the cursor") \
X(DETAIL,    IN_SITES,   KEEP,   "Lines",    K(PRESS_ENTER), "the lines of this function, its callers, and its bytes over time") \
X(TYPE,      IN_SITES,   OFTEN,  "Type",     K(PRESS_TAB, 't'), "next sample type: bytes or objects, in use or allocated since the start") \
X(SEARCH,    IN_TABLES,  OFTEN,  "Search",   K(PRESS_F(3), '/'), "go to the next row with this text in it") \
X(FILTER,    IN_TABLES,  OFTEN,  "Filter",   K(PRESS_F(4), '\\'), "show only rows with this text in them; Esc shows all") \
X(SORT,      IN_TABLES,  SELDOM, "Sort",     K(PRESS_F(6), '>', '<'), "choose the column to sort by; a click on a title does too") \
X(INVERT,    IN_TABLES,  HIDDEN, "Invert",   K('I'), "sort the other way round") \
X(TAG,       IN_LIST,    OFTEN,  "Tag",      K(PRESS_SPACE, 't'), "tag or untag a process, for a comparison") \
X(CLASSES,   IN_GRAPHS,  OFTEN,  "Classes",  K(PRESS_F(5), 'v'), "graph of RES as a stack of what it is made of, or RES alone") \
X(COMPARE,   IN_TARGETS, OFTEN,  "Compare",  K('c'), "compare the tagged process with this one, side by side") \
X(SITES,     IN_TARGETS, OFTEN,  "Sites",    K('a'), "allocation sites: 'go tool pprof -top', with each site's bytes over time") \
X(SWAP,      IN_COMPARE, SELDOM, "Swap",     K(PRESS_TAB), "exchange A and B") \
X(NEXT,      IN_COMPARE, SELDOM, "Next",     K('n'), "compare A with the next of the other targets named at the start") \
X(UNLOCK,    IN_GRAPHS,  SELDOM, "Scale",    K('u'), "one scale for all graphs, or each its own") \
X(SNAPSHOT,  IN_ACTING,  OFTEN,  "Snapshot", K('s'), "write heap profile, figures and smaps into a directory") \
X(MARK,      IN_GRAPHS,  SELDOM, "Mark",     K('m'), "put a mark on the time axis") \
X(PROFILE,   IN_GRAPHS | IN_SITES, SELDOM, "Profile",  K('p'), "a heap profile now: from memory, or the endpoint's, which costs the target some MB of garbage") \
X(FORCE_GC,  IN_ACTING,  SELDOM, "GC",       K('g'), "make the process collect its garbage, once or twice; asks first") \
X(PROBE,     IN_ACTING,  HIDDEN, "Probe",    K('e'), "ask the process's own sockets whether they are Go's pprof; asks first") \
X(SMAPS,     IN_GRAPHS,  HIDDEN, "Smaps",    K('M'), "read smaps_rollup now; holds up the target's mmap for its time") \
X(PAUSE,     IN_GRAPHS | IN_SITES, OFTEN,  "Pause",    K(PRESS_SPACE, 'Z'), "freeze the view; sampling goes on") \
X(LEFT,      IN_GRAPHS,  OFTEN,  "Cursor",   K(PRESS_LEFT), "cursor back in time: reads all figures of that moment") \
X(RIGHT,     IN_GRAPHS,  PAIRED, "Cursor",   K(PRESS_RIGHT), "cursor forward in time") \
X(ZOOM_IN,   IN_GRAPHS,  OFTEN,  "Zoom",     K('+', '='), "a shorter time axis") \
X(ZOOM_OUT,  IN_GRAPHS,  PAIRED, "Zoom",     K('-'), "a longer time axis") \
X(UP,        IN_ALL,     HIDDEN, "Up",       K(PRESS_UP, 'k'), "one line up; in graphs: cursor to the event before") \
X(DOWN,      IN_ALL,     HIDDEN, "Down",     K(PRESS_DOWN, 'j'), "one line down; in graphs: cursor to the event after") \
X(PAGE_UP,   IN_ALL,     HIDDEN, "PgUp",     K(PRESS_PGUP), "a page up; in graphs: half a screen back in time") \
X(PAGE_DOWN, IN_ALL,     HIDDEN, "PgDn",     K(PRESS_PGDN), "a page down; in graphs: half a screen forward in time") \
X(HOME,      IN_ALL,     HIDDEN, "Home",     K(PRESS_HOME), "to the top; in graphs: to the oldest figures") \
X(END,       IN_ALL,     HIDDEN, "End",      K(PRESS_END), "to the end; in graphs: to now") \
X(SYMBOLS,   IN_ALL,     HIDDEN, "Symbols",  K('y'), "draw graphs with braille, blocks or ASCII") \
X(LOG,       IN_ACTING,  HIDDEN, "Log",      K('L'), "what residue did to processes, and noticed about them") \
X(BACK,      IN_GRAPHS | IN_HELP | IN_SITES | IN_LOG, KEEP, "Back", K(PRESS_ESC), "leave: a prompt, the cursor, a pause, then the view") \
X(QUIT,      IN_ALL,     KEEP,   "Quit",     K(PRESS_F(10), 'q', PRESS_CTRL('c')), "end the program; in the help, q ends the help")
/* clang-format on */

enum action {
#define X(id, ...) ACTION_##id,
	ACTIONS(X)
#undef X
		ACTION_COUNT,
	ACTION_NONE = ACTION_COUNT
};

#define ACTION_KEYS 3
struct action_info {
	unsigned places; /* bits of enum place */
	enum footer footer;
	const char *label;
	uint32_t keys[ACTION_KEYS]; /* 0: none; the first is in the footer */
	const char *help;
};
extern const struct action_info action_info[ACTION_COUNT];

/* What `key` does in that place, or ACTION_NONE. */
enum action keymap_find(uint32_t key, enum place place);

/* "F1", "Enter", "Space", "C-c", "s"; arrows as words where `ascii`. */
char *press_name(uint32_t key, bool ascii, char out[8]);

/* An item of the footer: where it is and what it does. */
struct footer_item {
	int x, key_w, w; /* columns: of the key, of key and label */
	enum action action;
	char key[16];
};
#define FOOTER_MAX ACTION_COUNT

/* The items of that place that fit `width` columns, left to right; SELDOM ones
 * go first, then OFTEN. `label(ctx, action)` says what an action is called
 * now. Returns how many. */
unsigned keymap_footer(enum place place, int width, bool ascii,
		       const char *(*label)(void *ctx, enum action action),
		       void *ctx, struct footer_item out[FOOTER_MAX]);

#endif
