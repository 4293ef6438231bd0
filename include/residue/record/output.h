/*
 * output.h - the stream as lines: what -b, export and snapshots print.
 *
 * One object, one line, flushed: a reader at the other end of a pipe sees it
 * at once. Three formats share the calls:
 *
 *   JSON  the objects of residue(1), one a line; what is not known is
 *         absent, integers are exact
 *   CSV   RFC 4180; one header, the same columns for every type of line
 *   text  a table for people, as top -b: a line a sample, events between
 *
 * Every line carries the target's id. A failed write is reported (ERR_SYS,
 * err->sys is the errno): EPIPE is the caller's to keep quiet about, and
 * SIGPIPE the caller's to ignore. Not for use by two threads at once.
 */
#ifndef RESIDUE_RECORD_OUTPUT_H
#define RESIDUE_RECORD_OUTPUT_H

#include <residue/base/err.h>
#include <residue/judge/breakdown.h>
#include <residue/model/event.h>
#include <residue/model/history.h>
#include <residue/model/target.h>
#include <residue/model/verdict.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum output_format { OUTPUT_TEXT, OUTPUT_JSON, OUTPUT_CSV, OUTPUT_FORMATS };

struct output_options {
	enum output_format format;
	unsigned columns;    /* text: cells of a line; 0: 80 */
	bool ascii;	     /* text: "-" for what is not known, not a dash */
	int64_t interval_ns; /* between samples: figures that are older than
			      * two of them, and than their origin's own
			      * limit, are marked stale in text */
};

struct output;

/* Writes to `to`, which stays the caller's. */
struct output *output_new(const struct output_options *options, FILE *to);
void output_free(struct output *o);

/* A target was found, or a fact of it changed, at `wall_ns`. */
int output_target(struct output *o, const struct target_info *info,
		  int64_t wall_ns, struct err *err) RESIDUE_CHECK;
/* A row, and what its RES is made of. Its "t" never falls from line to line:
 * when the wall clock was set back it stands still until the clock has caught
 * up. */
int output_sample(struct output *o, const struct target_info *info,
		  const struct row *row, const struct breakdown *parts,
		  struct err *err) RESIDUE_CHECK;
int output_event(struct output *o, const struct target_info *info,
		 const struct event *ev, struct err *err) RESIDUE_CHECK;

int output_verdict(struct output *o, const struct target_info *info,
		   int64_t wall_ns, const struct verdict *verdict,
		   struct err *err) RESIDUE_CHECK;

/* Two origins disagree, in words; "": they do no longer. */
int output_warning(struct output *o, const struct target_info *info,
		   int64_t wall_ns, const char *text,
		   struct err *err) RESIDUE_CHECK;

#endif
