/*
 * top_print.h - `residue top`, printed: the table, and where it comes from.
 */
#ifndef RESIDUE_APP_TOP_PRINT_H
#define RESIDUE_APP_TOP_PRINT_H

#include <residue/model/state.h>
#include <residue/model/top.h>

#include <stdbool.h>

/* How a target's profile came, and what is known of it beside; all zero of a
 * file. */
struct top_from {
	bool live;
	const char *endpoint;	    /* "" without one; borrowed */
	struct origin_state origin; /* ORIGIN_PPROF as it was */
	struct values values;
	int64_t gc_least; /* as pprof_gc_least of struct state */
	int64_t now_ns;	  /* CLOCK_BOOTTIME of its age */
};

/* To stdout, row by row: a table may be as large as its profile. What goes with
 * it is in the object, or on stderr, so that the text is pprof's alone. */
int top_print(const struct top *t, const struct top_from *from, bool json,
	      struct err *err) RESIDUE_CHECK;

#endif
