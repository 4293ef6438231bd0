/*
 * sites_table.h - private to views: the sites' rows, in which order, and where
 * the cursor is.
 *
 * Made of a profile once, when it arrives: rows and figures are those of
 * `residue top` (model/top.h). Filter and order are made anew when they change.
 */
#ifndef VIEWS_SITES_TABLE_H
#define VIEWS_SITES_TABLE_H

#include <residue/model/top.h>
#include <residue/views/view.h>

/* clang-format off */
enum {
	SITE_FLAT, SITE_FLAT_SHARE, SITE_SUM_SHARE, SITE_CUM, SITE_CUM_SHARE,
	SITE_TREND, SITE_NAME, SITE_PLACE,
	SITE_COLUMNS
};
/* clang-format on */

struct site_columns_info {
	const char *title;
	int width, most, priority; /* as in ui/layout.h */
	bool right, ascending;
	const char *meaning; /* for help */
};
extern const struct site_columns_info site_column_info[SITE_COLUMNS];

struct sites_table {
	struct doc *doc; /* DOC_PROFILE, a reference */
	unsigned type;	 /* index of the sample type */
	struct top *top; /* NULL: it could not be made, `why` says why */
	char why[160];
	size_t sites;	  /* functions with bytes of their own, those that top
			 * drops too */
	int64_t error;	  /* band of the inuse_space total; -1: not known */
	int64_t num_gc;	  /* GCs when it was taken; -1: not known, then: */
	int64_t gc_least; /* so many, or some more; -1: not known either */
	bool stale;	  /* from before the first GC */
	enum read_by by;
	int64_t *before; /* by row of top: inuse_space at first; -1: unknown */
	unsigned *order; /* rows of top as shown */
	unsigned count;
	int64_t shown; /* sum of flat over them */
	/* The site in full that was made last; `detail_key` 0: none. */
	uint64_t detail_key;
	struct site_detail detail;
};

/* To the sites of s->target[0]: another target's choices are forgotten. */
void sites_open(struct screens *s);
void sites_table_free(struct sites_table *t); /* NULL is fine */
/* Bring s->sites.table up to the frame, unless it is paused. */
void sites_update(struct screens *s, const struct frame *f);
/* Filter and sort anew. */
void sites_order(struct screens *s);
unsigned sites_sort(const struct screens *s);
bool sites_falls(const struct screens *s); /* the largest comes first */
/* Sort by that column; by the same one again: the other way round. */
void sites_sort_by(struct screens *s, unsigned column);
/* The row under the cursor, or NULL where none is shown. */
const struct top_row *sites_selected(const struct screens *s);
/* Row n of the order becomes the selected one; clamped. */
void sites_select(struct screens *s, int n);
/* Keep the selected row within the `page` rows of the screen. */
void sites_scroll(struct screens *s, unsigned page);
/* The selected site in full, or NULL. */
const struct site_detail *sites_detail(struct screens *s);
/* Keys that move, search, filter, invert and change the type. */
void sites_act(struct screens *s, const struct frame *f, enum action action);

/* What a site held when each profile came: *n bytes of each, oldest first, -1
 * where it is not known, and their times in t_ns. Only profiles up to the one
 * that is shown. Returns how many. */
unsigned sites_history(const struct sites_table *t, const struct panel *p,
		       uint64_t key, int64_t t_ns[SITES_COLUMNS],
		       int64_t bytes[SITES_COLUMNS]);

#endif
