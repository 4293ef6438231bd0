/*
 * top.h - what `go tool pprof -top` shows of a profile: rows, and its text.
 *
 * Which rows there are, their order, their "(inline)" marks and the unit of
 * the columns follow pprof (github.com/google/pprof of Go 1.26.8, internal/
 * report and internal/graph), so that the text is the same byte for byte from
 * "Showing nodes" down. Two things differ: sums stay at 2^63 - 1 instead of
 * wrapping around, and names that a terminal would act on are made visible.
 */
#ifndef RESIDUE_MODEL_TOP_H
#define RESIDUE_MODEL_TOP_H

#include <residue/base/buf.h>
#include <residue/base/err.h>
#include <residue/model/profile.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct top_options {
	unsigned type;	   /* index of the sample type */
	size_t rows;	   /* the first so many only; 0: all that are kept */
	bool cum;	   /* sort by cum, not by flat */
	const char *focus; /* only stacks with a frame whose function, file or
			    * binary matches this RE2 pattern; NULL: all */
	bool true_names;   /* one row a function name as Go wrote it, where
			    * pprof's names would merge some */
	bool thorough;	   /* follow a million calls between functions for the
			    * marks, in 72 MiB, not half of that: for a program
			    * that does nothing else */
};

enum top_inlined {
	TOP_NOT_INLINED,
	TOP_INLINED,	    /* into every caller shown: "(inline)" */
	TOP_PARTLY_INLINED, /* into some: "(partial-inline)" */
};

struct top_row {
	const struct profile_row *row; /* one of them, where rows merged */
	const char *name;	       /* true or pprof's, as asked */
	int64_t flat, cum;
	enum top_inlined inlined;
};

struct top {
	const struct profile *profile; /* borrowed */
	struct profile_type type;
	struct top_row *rows;
	size_t n_rows;
	size_t n_kept;	  /* rows there would be without a limit */
	size_t n_dropped; /* rows under 0.5% of the total, not kept */
	int64_t total;	  /* of the profile, not of the focus */
	int64_t shown;	  /* sum of flat over the rows */
	bool matched;	  /* the focus matched something, or there is none */
	bool unmarked; /* too many calls between functions: no row has a mark */
};

/* The profile must outlive *out, which the caller frees with top_free.
 * ERR_USAGE for a bad pattern, ERR_LIMIT without memory. */
int top_select(const struct profile *p, const struct top_options *o,
	       struct top **out, struct err *err) RESIDUE_CHECK;
void top_free(struct top *t); /* NULL is fine */

/* Takes the next bytes of a text; -1 with *err set ends it. */
typedef int top_text_sink(void *ctx, const char *text, size_t n,
			  struct err *err);
/* pprof's text of the rows, from "Showing nodes" down, in pieces: all of it at
 * once may be as large as the profile. */
int top_text_each(const struct top *t, top_text_sink *sink, void *ctx,
		  struct err *err) RESIDUE_CHECK;
/* Append it as a whole. */
int top_text(const struct top *t, struct buf *out,
	     struct err *err) RESIDUE_CHECK;

#endif
