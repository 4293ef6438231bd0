/*
 * view.h - a screen, and what all screens share.
 *
 * A view is one file that defines `const struct view view_NAME`; VIEWS in
 * src/views/module.mk lists it. It says what it wants (struct frame_want),
 * draws a frame on a canvas, and acts on keys. What the user has chosen lives
 * in one struct screens, so that a view keeps nothing of its own.
 */
#ifndef RESIDUE_VIEWS_VIEW_H
#define RESIDUE_VIEWS_VIEW_H

#include <residue/model/frame.h>
#include <residue/ui/canvas.h>
#include <residue/ui/glyphs.h>
#include <residue/ui/keymap.h>
#include <residue/ui/prompt.h>
#include <residue/ui/theme.h>

#define TAGS_MAX     16
#define NAMED_MAX    16
#define REQUESTS_MAX 8
#define VIEWS_DEEP   4

/* A menu of columns to sort by, over a table's titles. */
struct sort_menu {
	bool open;
	unsigned at;
	unsigned top, page; /* as it was drawn: the first entry, entries */
};

/* The list: what is shown, in which order, where the cursor is. */
struct list_state {
	char selected[TARGET_ID_MAX]; /* "" before the first frame */
	bool moved;    /* by the user; until then the first row is selected */
	unsigned top;  /* first row on the screen */
	unsigned page; /* rows on the screen */
	unsigned sort; /* column, see list_columns.h */
	bool inverted;
	char filter[PROMPT_MAX];
	char search[PROMPT_MAX];
	char tags[TAGS_MAX][TARGET_ID_MAX];
	unsigned tag_count;
	struct sort_menu menu;
	unsigned *order; /* rows of the frame as shown; owned */
	unsigned count, room;
	int title_y; /* row of the column titles */
};

struct sites_table;

/* The sites of one target: what is shown, in which order. */
struct sites_state {
	char target[TARGET_ID_MAX]; /* whose; choices last as long */
	struct sites_table *table;  /* owned; NULL before there was a profile */
	unsigned type; /* of the profile; UINT32_MAX: its default */
	unsigned sort; /* column, see sites_table.h */
	bool inverted;
	uint64_t selected; /* site_key */
	bool moved; /* by the user; until then the first row is selected */
	unsigned top, page; /* as in list_state */
	char filter[PROMPT_MAX];
	char search[PROMPT_MAX];
	struct sort_menu menu;
	bool detail; /* of the selected one, below the table */
	bool paused;
};

/* An action on a target that waits for the user's yes. */
struct confirm {
	enum action action; /* NONE: nothing is asked */
	char target[TARGET_ID_MAX];
	char text[480];
	bool shown; /* the question has been on the screen */
	int bottom; /* its last row, where it was drawn */
};

/* The time axis of watch and compare. */
struct axis_state {
	int64_t step_ns;     /* a dot column; 0: as fits what there is */
	int64_t covered_ns;  /* how far history reaches, and the time between */
	int64_t interval_ns; /* two samples; see screens_saw */
	int64_t end_ns;	     /* exclusive; 0: now, moving on */
	/* Since it does not move on: a dot column, and whose figures stand. */
	int64_t held_ns, last_ns;
	int64_t cursor_ns; /* 0: none */
	bool paused;
};

struct view;

struct screens {
	const struct view *view;
	/* What help, log and sites go back to: each is on top of the last. */
	const struct view *under[VIEWS_DEEP];
	unsigned depth;
	struct glyphs glyphs;
	bool ascii_only; /* the terminal shows nothing else */
	bool plain;	 /* no colours: letters must do */
	int rows, cols;	 /* of the views' canvas, footer excluded */
	char target[FRAME_PANELS][TARGET_ID_MAX]; /* watched; A and B */
	/* The first of those that it started with, where there are more than
	 * two: they take turns. */
	char named[NAMED_MAX][TARGET_ID_MAX];
	unsigned named_count;
	bool has_list; /* watch and compare came from a list */
	struct list_state list;
	struct sites_state sites;
	struct axis_state axis;
	struct confirm confirm;
	bool classes;  /* graphs are stacks */
	bool unlocked; /* each graph has a scale of its own */
	unsigned help_top, help_lines;
	/* Row of the log on top: now, and at its end. */
	unsigned log_top, log_last;
	enum action asking; /* the prompt is SEARCH's or FILTER's; NONE: off */
	struct prompt prompt;
	/* What a key has to say, until it is replaced or read. */
	char say[160];
	bool say_error;
	int64_t said_ns;		       /* CLOCK_BOOTTIME */
	struct request requests[REQUESTS_MAX]; /* for the backend */
	unsigned request_count;
	bool quit;
};

struct view {
	const char *name;
	enum place place;
	/* Fill in what this screen needs; *want is zeroed. */
	void (*want)(struct screens *s, struct frame_want *want);
	void (*draw)(struct screens *s, const struct frame *f,
		     struct canvas *c);
	/* Why the action does nothing now, or NULL when it works. */
	const char *(*blocked)(const struct screens *s, const struct frame *f,
			       enum action action);
	/* What the action is called now; NULL: as in the table. */
	const char *(*label)(const struct screens *s, enum action action);
	void (*act)(struct screens *s, const struct frame *f,
		    enum action action);
	/* What the table is filtered by, where FILTER works. */
	const char *(*filter)(const struct screens *s);
	/* A press that is no key: clicks on the canvas. May be NULL. */
	void (*click)(struct screens *s, const struct frame *f, int y, int x);
	/* Takes keys before the key table does (menus): true when taken. May
	 * be NULL. */
	bool (*press)(struct screens *s, const struct frame *f, uint32_t key);
};

extern const struct view *const view_registry[]; /* made from VIEWS */
extern const unsigned view_count;

const struct view *view_at(enum place place);

void screens_init(struct screens *s, bool ascii_only, enum glyph_kind glyphs);
void screens_release(struct screens *s);
/* Begin with the list (n 0), with one target, or with two side by side. */
void screens_start(struct screens *s, const char ids[][TARGET_ID_MAX],
		   unsigned n, bool has_list);

/* A key or click, with the frame that is on the screen. */
void screens_press(struct screens *s, const struct frame *f,
		   const struct press *press);
/* The whole screen: the view, and the footer or what stands in its place. */
void screens_draw(struct screens *s, const struct frame *f, struct canvas *c);
void screens_want(struct screens *s, int rows, int cols,
		  struct frame_want *want);
/* Take note of what a frame says; true when the view wants another one now,
 * because the time axis follows what history there is. */
bool screens_saw(struct screens *s, const struct frame *f,
		 const struct frame_want *asked);
/* Words for the user, in the footer's place for a while. */
void screens_say(struct screens *s, const struct frame *f, bool error,
		 const char *fmt, ...) RESIDUE_PRINTF(4, 5);
/* True while such words are shown; until when they will be. */
bool screens_saying(const struct screens *s, int64_t now_ns, int64_t *until_ns);

/* For views: */
/* Returns the request, for its text, or NULL when too many wait already. */
struct request *screens_request(struct screens *s, enum request_kind kind,
				const char *target);
void screens_go(struct screens *s, enum place place);
/* To a screen that goes back to this one, and back. */
void screens_over(struct screens *s, enum place place);
void screens_back(struct screens *s);
/* What the screen with a process below wants: a key that comes right after the
 * one that goes back to it finds its process in the frame. */
void screens_want_under(struct screens *s, struct frame_want *want);

#endif
