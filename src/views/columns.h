/*
 * columns.h - private to views: the columns of the list, in one table.
 */
#ifndef VIEWS_COLUMNS_H
#define VIEWS_COLUMNS_H

#include "look.h"

/* A row with what is computed for it once. */
struct cell_context {
	const struct screens *s;
	const struct frame *f;
	const struct list_row *row;
	struct moment m;
	enum role on; /* background */
};

struct list_column {
	const char *title;
	int width, most;
	int priority; /* 0: never dropped; the highest goes first */
	bool right;   /* numbers are aligned to the right */
	enum role role;
	const char *meaning; /* for help */
	/* The text; "" draws a dash. NULL: `draw` does it all. */
	const char *(*text)(const struct cell_context *x, char out[96]);
	/* < 0, 0, > 0 as the row's figure is below the other's; the larger
	 * comes first unless `ascending`. */
	double (*key)(const struct cell_context *x);
	int (*compare)(const struct list_row *a, const struct list_row *b);
	bool ascending;
};

/* clang-format off */
enum {
	COLUMN_PID, COLUMN_USER, COLUMN_RES, COLUMN_HEAP, COLUMN_CACHE,
	COLUMN_STACK, COLUMN_NONGO, COLUMN_RESIDUE, COLUMN_LIMIT, COLUMN_GCS,
	COLUMN_SPARK, COLUMN_VERDICT, COLUMN_HOW, COLUMN_COMMAND,
	COLUMNS
};
/* clang-format on */
extern const struct list_column list_column[COLUMNS];

void cell_context_make(struct cell_context *x, const struct screens *s,
		       const struct frame *f, const struct list_row *row);

#endif
