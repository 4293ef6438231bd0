/*
 * build.h - a profile while its messages arrive, in whatever order.
 *
 * Samples come before the locations, functions and strings they name, so
 * indices are kept as they are read and resolved when all is there
 * (resolve.c). Private to the decoder.
 */
#ifndef RESIDUE_DECODE_BUILD_H
#define RESIDUE_DECODE_BUILD_H

#include "arena.h"
#include "idmap.h"
#include "pool.h"
#include "stream.h"

#include <residue/model/profile.h>

#include <stdbool.h>
#include <stdint.h>

/* Limits that real profiles never reach. */
#define BUILD_SAMPLES_MAX   ((size_t)4 << 20)
#define BUILD_LOCATIONS_MAX ((size_t)1 << 20)
#define BUILD_FUNCTIONS_MAX ((size_t)1 << 20)
#define BUILD_MAPPINGS_MAX  ((size_t)1 << 16)
#define BUILD_STRINGS_MAX   ((size_t)4 << 20)
#define BUILD_FRAMES_MAX    ((size_t)4096) /* locations of a sample */
#define BUILD_LINES_MAX	    ((size_t)4096) /* of a location */
/* With the rows and the marks of `top` beside it, and the body, less than
 * 300 MiB. */
#define BUILD_MEMORY_MAX ((size_t)160 << 20)
/* The same of all profiles that are kept, bodies and the one in work too. */
#define BUILD_MEMORY_ALL ((size_t)224 << 20)

/* Fields of the outer message (github.com/google/pprof/profile/encode.go). */
enum {
	PROFILE_SAMPLE_TYPE = 1,
	PROFILE_SAMPLE = 2,
	PROFILE_MAPPING = 3,
	PROFILE_LOCATION = 4,
	PROFILE_FUNCTION = 5,
	PROFILE_STRING = 6,
	PROFILE_DROP_FRAMES = 7,
	PROFILE_KEEP_FRAMES = 8,
	PROFILE_TIME_NANOS = 9,
	PROFILE_DURATION_NANOS = 10,
	PROFILE_PERIOD_TYPE = 11,
	PROFILE_PERIOD = 12,
	PROFILE_COMMENT = 13,
	PROFILE_DEFAULT_SAMPLE_TYPE = 14,
	PROFILE_DOC_URL = 15,
};

/* Members called `..._s` are indices of the string table. */
struct build_type {
	int64_t name_s, unit_s;
};

struct build_mapping {
	uint64_t id;
	int64_t file_s, build_id_s;
};

struct build_location {
	uint64_t id, mapping_id;
	uint32_t first_line, n_lines;
	bool defined; /* a sample may name it before it comes */
};

struct build_line {
	uint32_t function; /* number in functions */
	int64_t line;
};

struct build_function {
	uint64_t id;
	int64_t name_s, system_name_s, file_s, start_line;
	bool defined;
};

/* A label changes from one to the other in place. */
union build_label {
	struct {
		int64_t key_s, str_s, num, unit_s;
	} raw;
	struct profile_label done;
};

struct build {
	struct pool pool;
	struct arena arena;
	struct profile *profile; /* scalars are put here as they come */
	struct vec strings;	 /* const char *, made visible */
	struct vec mappings;	 /* struct build_mapping */
	struct vec locations;	 /* struct build_location, by number */
	struct idmap location_ids;
	struct vec lines;     /* struct build_line */
	struct vec functions; /* struct build_function, by number */
	struct idmap function_ids;
	struct vec samples;  /* struct profile_sample */
	struct vec stack;    /* uint32_t: numbers of locations, leaf first */
	struct vec values;   /* int64_t */
	struct vec labels;   /* union build_label */
	struct vec comments; /* int64_t string indices, then const char * */
	struct build_type type[PROFILE_TYPES_MAX];
	struct build_type period_type;
	size_t n_values; /* of each sample; known from the first */
	int64_t drop_s, keep_s, default_type_s, doc_url_s;
};

/* `held`: bytes of BUILD_MEMORY_ALL that are not to be had. */
int build_init(struct build *b, size_t held, struct err *err) RESIDUE_CHECK;
void build_release(struct build *b);

/* stream_visit: take one field of the outer message; ctx is the build. */
int build_field(void *ctx, const struct stream_field *f, struct err *err);

/* The string of that index, or NULL with *err set: `what` names the place. */
const char *build_string(const struct build *b, int64_t index, const char *what,
			 struct err *err) RESIDUE_CHECK;

/* Check all references and move everything into b->profile (resolve.c). */
int build_resolve(struct build *b, struct err *err) RESIDUE_CHECK;

/* Take off the frames that the profile wants dropped (prune.c). */
int build_prune(struct build *b, struct err *err) RESIDUE_CHECK;

/* Rows, and their flat and cum of every sample type (aggregate.c). */
int build_aggregate(struct build *b, struct err *err) RESIDUE_CHECK;

#endif
