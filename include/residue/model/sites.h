/*
 * sites.h - allocation sites over time, and one of them in full.
 *
 * A profile's table (profile.h, top.h) is of one moment. What its sites held
 * before is kept as one column a profile: immutable, small, shared by
 * reference, with the largest sites only.
 *
 *   profile of 12:40:00   12:40:15   12:40:31          site_trail, oldest first
 *     main.fill  120 MiB   130 MiB    141 MiB
 *     main.load    4 MiB     4 MiB    (too small)      DOC_SITES, one a profile
 *
 * A site is a row of the profile: a function by its name as Go wrote it (top.h:
 * true_names). A column knows a name by 64 bits of a hash.
 */
#ifndef RESIDUE_MODEL_SITES_H
#define RESIDUE_MODEL_SITES_H

#include <residue/base/err.h>
#include <residue/model/doc.h>
#include <residue/model/profile.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SITES_KEPT	256 /* sites of a column: the largest */
#define SITES_COLUMNS	240 /* profiles that are remembered: an hour at 15 s */
#define SITE_LINES_MOST 64  /* lines and callers of a detail: the largest */

struct site_value {
	uint64_t key;  /* site_key of its name */
	int64_t bytes; /* flat inuse_space, not 0 */
};

/* What a DOC_SITES holds. */
struct site_column {
	bool cut; /* there were more sites than are kept */
	size_t n;
	struct site_value site[]; /* by key */
};

uint64_t site_key(const char *name);

/* The column of a profile taken at t_ns (CLOCK_BOOTTIME); one reference, the
 * caller's. NULL where the profile has no inuse_space, or without memory. */
struct doc *site_column_new(const struct profile *p, int64_t t_ns);
/* Bytes of that site; 0 where it held nothing; -1 where that is not known,
 * because it was not among the largest. */
int64_t site_column_get(const struct site_column *c, uint64_t key);

/* The newest columns of a target: a ring of references. */
struct site_trail {
	struct doc *column[SITES_COLUMNS];
	unsigned first, count;
};

/* Takes the reference `d`. Returns the oldest column where there was no room
 * for both (its reference is the caller's now), else NULL. */
struct doc *site_trail_push(struct site_trail *t, struct doc *take_d);
/* Column n, 0 is the oldest; borrowed. */
struct doc *site_trail_at(const struct site_trail *t, unsigned n);
void site_trail_clear(struct site_trail *t);

/* One site, of one sample type: its lines, and who called it. */
struct site_line {
	const char *file; /* the profile's; "" if not known */
	int64_t line;	  /* 0 if not known */
	int64_t flat, cum;
};

struct site_caller {
	const char *name; /* the profile's */
	int64_t bytes;	  /* what came through it */
};

struct site_detail {
	int64_t flat, cum;
	/* Half width of the 95% band of flat, as profile_error_bytes; -1 where
	 * it is not known, or the type is another one than inuse_space. */
	int64_t error;
	struct site_line line[SITE_LINES_MOST]; /* most cum first */
	unsigned line_count, more_lines;
	struct site_caller caller[SITE_LINES_MOST]; /* most bytes first */
	unsigned caller_count, more_callers;
};

/* The site of that key in a profile: one pass over its samples. ERR_GONE: the
 * profile has no such site; ERR_LIMIT: no memory. */
int site_detail_make(const struct profile *p, unsigned type, uint64_t key,
		     struct site_detail *out, struct err *err) RESIDUE_CHECK;

#endif
