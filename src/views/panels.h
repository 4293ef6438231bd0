/*
 * panels.h - private to views: one graph of one target with all around it.
 */
#ifndef VIEWS_PANELS_H
#define VIEWS_PANELS_H

#include "look.h"

/* The fields that watch and compare ask for, in this order; the first ones are
 * the sixteen that a stack needs. */
/* clang-format off */
enum panel_field {
	PANEL_RSS, PANEL_ANON, PANEL_FILE, PANEL_LAZY,
	PANEL_ALLOC, PANEL_LIVE, PANEL_INUSE, PANEL_IDLE, PANEL_RELEASED,
	PANEL_STACK, PANEL_STACK_SYS, PANEL_SYS, PANEL_GOAL, PANEL_LIMIT,
	PANEL_PPROF, PANEL_TOTAL_ALLOC,
	PANEL_FIELDS
};
/* clang-format on */
extern const enum field panel_field[PANEL_FIELDS];
void panels_want(struct frame_want *want);

/* A profile of it can be had: from its endpoint, or from its memory. */
bool panel_has_profile(const struct panel *p);
extern const char no_profile_reason[];

/* What SNAPSHOT, PROFILE, MARK and SMAPS ask for of the n targets, and the words
 * for it; false where the action is none of them. */
bool targets_request(struct screens *s, const struct frame *f,
		     enum action action, const char (*ids)[TARGET_ID_MAX],
		     unsigned n);
/* Why that action does nothing for a target now, or NULL. */
const char *target_blocked(const struct panel *p, enum action action);

/* What a key of the graphs is called now, where its table's word does not fit;
 * `own` is what leaving the common scale is called. */
const char *panels_label(const struct screens *s, enum action action,
			 const char *own);

/* Make the frame's spans ready to draw: where history begins later, what the
 * list's rows know; between samples, the one before. */
void panels_prepare(const struct frame *f, const struct timeline *t);

/* How large a graph is inside a frame of that width; the same for every panel
 * of a screen, so that columns agree. */
int panel_graph_width(int w, bool compact);

enum graph_kind { GRAPH_RES, GRAPH_HEAP, GRAPH_STACK };

struct graph_panel {
	const struct screens *s;
	const struct frame *f;
	const struct panel *p;
	const struct moment *m;
	const struct timeline *time;
	struct rect box;
	enum graph_kind kind;
	enum role role;	    /* of a filled graph */
	const char *prefix; /* before the title: "A ", or "" */
	int64_t top;	    /* a shared scale; 0: its own */
	bool compact;	    /* no frame, no labels */
};

void graph_panel_draw(struct canvas *c, const struct graph_panel *g);
/* The largest value that the panel will draw. */
int64_t graph_panel_max(const struct panel *p, enum graph_kind kind,
			unsigned columns);
/* Which field the heap graph shows: PANEL_PPROF, else PANEL_LIVE, else
 * PANEL_ALLOC. */
enum panel_field panel_heap(const struct panel *p);

#endif
