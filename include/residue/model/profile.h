/*
 * profile.h - a decoded heap profile: immutable, bounded, shared by reference.
 *
 * The table of functions is what views and exporters read. The stacks behind
 * it stay, because the answers to "only stacks that match" and "inlined into
 * whom" depend on what was selected (top.h).
 *
 *   samples[i] ── values[i * n_types ...]      one value a sample type
 *      │  └────── labels[first_label ...]
 *      └ stack[first_frame ...] ── locations[] ── lines[first_line ...]
 *        leaf first                   innermost     │           │
 *                                     inlined first functions[] rows[]
 *
 * Every string is NUL-terminated and went through text_visible: it is safe to
 * print. Values are as `go tool pprof` reads them: the runtime has scaled the
 * samples already (Go source, runtime/pprof/protomem.go: scaleHeapSample).
 */
#ifndef RESIDUE_MODEL_PROFILE_H
#define RESIDUE_MODEL_PROFILE_H

#include <residue/base/err.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PROFILE_TYPES_MAX 16

struct profile_type {
	const char *name; /* "inuse_space" */
	const char *unit; /* "bytes", "count", ... as the profile has it */
	int64_t total;	  /* sum of |value| over all samples, saturating */
};

/* A function of the profile, by its id there. */
struct profile_function {
	const char *name;	/* as Go wrote it */
	const char *pprof_name; /* as pprof prints it; often == name */
	const char *file;	/* "" if not known */
	int64_t start_line;	/* 0 if not known */
};

/* A line of the function table: all functions of one name together. */
struct profile_row {
	const char *name;	/* true name, "[binary]" or "<unknown>" */
	const char *pprof_name; /* as `go tool pprof` prints it */
	const char *file;	/* "" if not known */
	int64_t start_line;	/* of the function; 0 if not known */
	int64_t line;	/* where its largest stack allocates; 0 if not known */
	uint32_t group; /* rows that pprof shows as one share it */
	bool maybe_inlined;  /* somewhere it was inlined into its caller */
	const int64_t *flat; /* n_types values */
	const int64_t *cum;  /* n_types values */
};

struct profile_line {
	uint32_t function; /* in functions[]; PROFILE_NONE without symbols */
	uint32_t row;	   /* in rows[] */
	int64_t line;	   /* in the function's file; 0 if not known */
};
#define PROFILE_NONE UINT32_MAX

struct profile_location {
	uint32_t first_line;
	uint32_t n_lines;   /* 1 at least */
	const char *binary; /* file of its mapping; "" if not known */
};

struct profile_sample {
	uint32_t first_frame;
	uint32_t n_frames;
	uint32_t first_label;
	uint32_t n_labels;
};

struct profile_label {
	const char *key;
	const char *str;  /* "" for a number */
	const char *unit; /* "" if none was given */
	int64_t num;
};

struct profile {
	struct profile_type type[PROFILE_TYPES_MAX];
	unsigned n_types;
	unsigned default_type; /* what `top` shows when nothing was asked */
	bool saturated;	       /* a sum passed 2^63 - 1 and was held there */

	int64_t time_ns;     /* CLOCK_REALTIME when it was taken, or 0 */
	int64_t duration_ns; /* or 0 */
	int64_t period;	     /* MemProfileRate: bytes a sample, or 0 */
	const char *period_type, *period_unit; /* "space", "bytes" */
	const char *const *comments;
	size_t n_comments;
	const char *binary;   /* file of the first mapping, or "" */
	const char *build_id; /* of the first mapping, or "" */

	const struct profile_row *rows;
	size_t n_rows;
	size_t n_groups; /* < n_rows where pprof's names merge functions */

	const struct profile_function *functions;
	size_t n_functions;
	const struct profile_line *lines;
	size_t n_lines;
	const struct profile_location *locations;
	size_t n_locations;
	const struct profile_sample *samples;
	size_t n_samples;
	const uint32_t *stack;
	size_t n_stack;
	const struct profile_label *labels;
	size_t n_labels;
	const int64_t *values;
	int64_t base_total[PROFILE_TYPES_MAX]; /* of samples of a diff base */

	size_t memory;		     /* bytes that profile_free gives back */
	struct profile_block *owned; /* all of the above lies in these */
};

/* A malloc'd block; its bytes follow. */
struct profile_block {
	struct profile_block *next;
	size_t size; /* of the bytes that follow */
};

/* NULL is fine. */
void profile_free(struct profile *p);

/* The sample type of that name, or of that number as pprof counts them ("0");
 * "" or NULL is the profile's default. "inuse_space" also finds "space".
 * Returns its index, or -1 with ERR_USAGE and the names there are. */
int profile_type_index(const struct profile *p, const char *name,
		       struct err *err) RESIDUE_CHECK;

/* The sample type of exactly that name, or -1. */
int profile_find_type(const struct profile *p, const char *name);

/* Sum over all samples of |value| of a type; 0 if the profile lacks it. */
int64_t profile_total(const struct profile *p, const char *type);

/* Half width of the 95% band of the inuse_space total that sampling leaves,
 * in bytes. An object of s bytes is in the profile with the probability
 * 1 - exp(-s / rate) (runtime/malloc.go: nextSample; the runtime divides by
 * it, protomem.go), so n objects of one size estimated that way have a
 * variance of s^2 * n * (1 - p) / p bytes squared. What no sample saw is not
 * in it. -1 where the profile has no rate or no inuse columns. */
int64_t profile_error_bytes(const struct profile *p);

#endif
