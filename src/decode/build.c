/* build.c - messages of a profile into arrays; references are not followed. */
#include "build.h"

#include <residue/base/text.h>

#include <stdlib.h>
#include <string.h>

#include "decode/profile.pb-c.h"

/* text_visible turns a byte into four at most. */
#define VISIBLE_GROWTH 4

/* What other profiles leave of the memory; they are named where it is less than
 * one may have. */
static struct pool pool_beside(size_t held)
{
	size_t left = held < BUILD_MEMORY_ALL ? BUILD_MEMORY_ALL - held : 0;

	if (left < BUILD_MEMORY_MAX)
		return (struct pool){.limit = left, .held = held};
	return (struct pool){.limit = BUILD_MEMORY_MAX};
}

int build_init(struct build *b, size_t held, struct err *err)
{
	*b = (struct build){
		.pool = pool_beside(held),
		.strings = VEC_INIT(const char *),
		.mappings = VEC_INIT(struct build_mapping),
		.locations = VEC_INIT(struct build_location),
		.lines = VEC_INIT(struct build_line),
		.functions = VEC_INIT(struct build_function),
		.samples = VEC_INIT(struct profile_sample),
		.stack = VEC_INIT(uint32_t),
		.values = VEC_INIT(int64_t),
		.labels = VEC_INIT(union build_label),
		.comments = VEC_INIT(int64_t),
	};
	idmap_init(&b->location_ids);
	idmap_init(&b->function_ids);
	b->profile = calloc(1, sizeof(*b->profile));
	if (!b->profile)
		return err_set(err, ERR_LIMIT, "no memory to decode a profile");
	arena_init(&b->arena);
	return 0;
}

void build_release(struct build *b)
{
	vec_free(&b->strings, &b->pool);
	vec_free(&b->mappings, &b->pool);
	vec_free(&b->locations, &b->pool);
	idmap_free(&b->location_ids, &b->pool);
	vec_free(&b->lines, &b->pool);
	vec_free(&b->functions, &b->pool);
	idmap_free(&b->function_ids, &b->pool);
	vec_free(&b->samples, &b->pool);
	vec_free(&b->stack, &b->pool);
	vec_free(&b->values, &b->pool);
	vec_free(&b->labels, &b->pool);
	vec_free(&b->comments, &b->pool);
	pool_free_strings(&b->pool);
	arena_release(&b->arena);
	profile_free(b->profile);
}

const char *build_string(const struct build *b, int64_t index, const char *what,
			 struct err *err)
{
	if (index >= 0 && (uint64_t)index < b->strings.n)
		return *VEC_AT(&b->strings, const char *, index);
	err_set(err, ERR_FORMAT,
		"%s names string %lld, but there are %zu strings", what,
		(long long)index, b->strings.n);
	return NULL;
}

/* One more element within `max`, which `what` names. */
static void *add(struct build *b, struct vec *v, size_t max, const char *what,
		 struct err *err)
{
	if (v->n >= max) {
		err_set(err, ERR_LIMIT, "over the limit of %zu %s", max, what);
		return NULL;
	}
	return vec_extend(v, &b->pool, 1, err);
}

/* What protobuf-c's NULL meant. */
static int not_unpacked(const struct build *b, const struct stream_field *f,
			const char *what, struct err *err)
{
	if (b->arena.refused)
		return err_set(err, ERR_LIMIT,
			       "the %s at byte %llu has too many parts", what,
			       (unsigned long long)f->offset);
	return err_set(err, ERR_FORMAT, "malformed %s at byte %llu", what,
		       (unsigned long long)f->offset);
}

static int take_type(struct build *b, const struct stream_field *f,
		     struct build_type *type, const char *what, struct err *err)
{
	const Pprof__ValueType *m = pprof__value_type__unpack(
		&b->arena.allocator, f->size, f->data);

	if (!m)
		return not_unpacked(b, f, what, err);
	*type = (struct build_type){m->type, m->unit};
	return 0;
}

static int take_sample_type(struct build *b, const struct stream_field *f,
			    struct err *err)
{
	if (b->profile->n_types == PROFILE_TYPES_MAX)
		return err_set(err, ERR_LIMIT,
			       "over the limit of %d sample types",
			       PROFILE_TYPES_MAX);
	return take_type(b, f, &b->type[b->profile->n_types++], "sample type",
			 err);
}

/* Number of a location; one not seen yet is undefined until it comes. */
static int number_location(struct build *b, uint64_t id, uint32_t *number,
			   struct err *err)
{
	struct build_location *l;

	if (idmap_number(&b->location_ids, &b->pool, id, number, err) < 0)
		return -1;
	if (*number < b->locations.n)
		return 0;
	l = add(b, &b->locations, BUILD_LOCATIONS_MAX, "locations", err);
	if (!l)
		return -1;
	*l = (struct build_location){.id = id};
	return 0;
}

static int number_function(struct build *b, uint64_t id, uint32_t *number,
			   struct err *err)
{
	struct build_function *fn;

	if (idmap_number(&b->function_ids, &b->pool, id, number, err) < 0)
		return -1;
	if (*number < b->functions.n)
		return 0;
	fn = add(b, &b->functions, BUILD_FUNCTIONS_MAX, "functions", err);
	if (!fn)
		return -1;
	*fn = (struct build_function){.id = id};
	return 0;
}

static int take_stack(struct build *b, const Pprof__Sample *m,
		      struct profile_sample *sample, struct err *err)
{
	uint32_t *out;

	if (m->n_location_id > BUILD_FRAMES_MAX)
		return err_set(err, ERR_LIMIT,
			       "sample %zu has %zu locations; the limit is %zu",
			       b->samples.n - 1, m->n_location_id,
			       BUILD_FRAMES_MAX);
	sample->first_frame = (uint32_t)b->stack.n;
	sample->n_frames = (uint32_t)m->n_location_id;
	if (m->n_location_id == 0)
		return 0;
	out = vec_extend(&b->stack, &b->pool, m->n_location_id, err);
	if (!out)
		return -1;
	for (size_t i = 0; i < m->n_location_id; i++)
		if (number_location(b, m->location_id[i], &out[i], err) < 0)
			return -1;
	return 0;
}

static int take_values(struct build *b, const Pprof__Sample *m, struct err *err)
{
	int64_t *out;

	if (b->samples.n == 1)
		b->n_values = m->n_value;
	if (m->n_value != b->n_values)
		return err_set(err, ERR_FORMAT,
			       "sample %zu has %zu values, the first has %zu",
			       b->samples.n - 1, m->n_value, b->n_values);
	if (m->n_value > PROFILE_TYPES_MAX)
		return err_set(err, ERR_LIMIT,
			       "over the limit of %d values a sample",
			       PROFILE_TYPES_MAX);
	if (m->n_value == 0)
		return 0;
	out = vec_extend(&b->values, &b->pool, m->n_value, err);
	if (!out)
		return -1;
	memcpy(out, m->value, m->n_value * sizeof(*out));
	return 0;
}

static int take_labels(struct build *b, const Pprof__Sample *m,
		       struct profile_sample *sample, struct err *err)
{
	union build_label *out;

	sample->first_label = (uint32_t)b->labels.n;
	sample->n_labels = (uint32_t)m->n_label;
	if (m->n_label == 0)
		return 0;
	out = vec_extend(&b->labels, &b->pool, m->n_label, err);
	if (!out)
		return -1;
	for (size_t i = 0; i < m->n_label; i++) {
		const Pprof__Label *l = m->label[i];

		out[i].raw.key_s = l->key;
		out[i].raw.str_s = l->str;
		out[i].raw.num = l->num;
		out[i].raw.unit_s = l->num_unit;
	}
	return 0;
}

static int take_sample(struct build *b, const struct stream_field *f,
		       struct err *err)
{
	const Pprof__Sample *m =
		pprof__sample__unpack(&b->arena.allocator, f->size, f->data);
	struct profile_sample *sample;

	if (!m)
		return not_unpacked(b, f, "sample", err);
	sample = add(b, &b->samples, BUILD_SAMPLES_MAX, "samples", err);
	if (!sample || take_stack(b, m, sample, err) < 0 ||
	    take_values(b, m, err) < 0)
		return -1;
	return take_labels(b, m, sample, err);
}

static int take_mapping(struct build *b, const struct stream_field *f,
			struct err *err)
{
	const Pprof__Mapping *m =
		pprof__mapping__unpack(&b->arena.allocator, f->size, f->data);
	struct build_mapping *out;

	if (!m)
		return not_unpacked(b, f, "mapping", err);
	if (m->id == 0)
		return err_set(err, ERR_FORMAT, "a mapping has the id 0");
	out = add(b, &b->mappings, BUILD_MAPPINGS_MAX, "mappings", err);
	if (!out)
		return -1;
	*out = (struct build_mapping){m->id, m->filename, m->build_id};
	return 0;
}

static int take_lines(struct build *b, const Pprof__Location *m,
		      struct build_location *l, struct err *err)
{
	struct build_line *out;

	if (m->n_line > BUILD_LINES_MAX)
		return err_set(err, ERR_LIMIT,
			       "location %llu has %zu lines; the limit is %zu",
			       (unsigned long long)m->id, m->n_line,
			       BUILD_LINES_MAX);
	l->first_line = (uint32_t)b->lines.n;
	l->n_lines = (uint32_t)m->n_line;
	if (m->n_line == 0)
		return 0;
	out = vec_extend(&b->lines, &b->pool, m->n_line, err);
	if (!out)
		return -1;
	for (size_t i = 0; i < m->n_line; i++) {
		out[i].line = m->line[i]->line;
		if (number_function(b, m->line[i]->function_id,
				    &out[i].function, err) < 0)
			return -1;
	}
	return 0;
}

static int take_location(struct build *b, const struct stream_field *f,
			 struct err *err)
{
	const Pprof__Location *m =
		pprof__location__unpack(&b->arena.allocator, f->size, f->data);
	struct build_location *l;
	uint32_t number;

	if (!m)
		return not_unpacked(b, f, "location", err);
	if (m->id == 0)
		return err_set(err, ERR_FORMAT, "a location has the id 0");
	if (number_location(b, m->id, &number, err) < 0)
		return -1;
	l = VEC_AT(&b->locations, struct build_location, number);
	if (l->defined)
		return err_set(err, ERR_FORMAT,
			       "location %llu is there more than once",
			       (unsigned long long)m->id);
	l->defined = true;
	l->mapping_id = m->mapping_id;
	return take_lines(b, m, l, err);
}

static int take_function(struct build *b, const struct stream_field *f,
			 struct err *err)
{
	const Pprof__Function *m =
		pprof__function__unpack(&b->arena.allocator, f->size, f->data);
	struct build_function *fn;
	uint32_t number;

	if (!m)
		return not_unpacked(b, f, "function", err);
	if (m->id == 0)
		return err_set(err, ERR_FORMAT, "a function has the id 0");
	if (number_function(b, m->id, &number, err) < 0)
		return -1;
	fn = VEC_AT(&b->functions, struct build_function, number);
	if (fn->defined)
		return err_set(err, ERR_FORMAT,
			       "function %llu is there more than once",
			       (unsigned long long)m->id);
	*fn = (struct build_function){m->id,	      m->name,
				      m->system_name, m->filename,
				      m->start_line,  true};
	return 0;
}

static bool is_plain(const uint8_t *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (s[i] < 0x20 || s[i] > 0x7e)
			return false;
	return true;
}

static int take_string(struct build *b, const struct stream_field *f,
		       struct err *err)
{
	bool plain = is_plain(f->data, f->size);
	size_t room = f->size * (plain ? 1 : VISIBLE_GROWTH) + 1, used;
	const char **out;
	char *text;

	if (b->strings.n == 0 && f->size > 0)
		return err_set(err, ERR_FORMAT, "string 0 is not empty");
	out = add(b, &b->strings, BUILD_STRINGS_MAX, "strings", err);
	if (!out)
		return -1;
	text = pool_string(&b->pool, room, err);
	if (!text)
		return -1;
	if (plain) {
		memcpy(text, f->data, f->size);
		text[f->size] = '\0';
		used = f->size;
	} else {
		used = text_visible(text, room, (const char *)f->data, f->size);
	}
	pool_string_used(&b->pool, used + 1);
	*out = text;
	return 0;
}

static int take_comment(struct build *b, uint64_t index, struct err *err)
{
	int64_t *out = add(b, &b->comments, BUILD_STRINGS_MAX, "comments", err);

	if (!out)
		return -1;
	*out = (int64_t)index;
	return 0;
}

static int wrong_type(const struct stream_field *f, struct err *err)
{
	return err_set(err, ERR_FORMAT,
		       "field %u at byte %llu has the wrong type",
		       (unsigned)f->number, (unsigned long long)f->offset);
}

/* Packed or one by one. */
static int take_comments(struct build *b, const struct stream_field *f,
			 struct err *err)
{
	const uint8_t *p, *end;
	uint64_t index;

	if (f->wire == WIRE_VARINT)
		return take_comment(b, f->value, err);
	if (f->wire != WIRE_BYTES)
		return wrong_type(f, err);
	for (p = f->data, end = p + f->size; p < end;) {
		if (stream_varint(&p, end, &index) < 0)
			return err_set(err, ERR_FORMAT,
				       "malformed comment at byte %llu",
				       (unsigned long long)f->offset);
		if (take_comment(b, index, err) < 0)
			return -1;
	}
	return 0;
}

/* A number of the outer message; the last one counts. */
static int take_number(const struct stream_field *f, int64_t *to,
		       struct err *err)
{
	if (f->wire != WIRE_VARINT)
		return wrong_type(f, err);
	*to = (int64_t)f->value;
	return 0;
}

static int take_time(struct build *b, const struct stream_field *f,
		     struct err *err)
{
	if (b->profile->time_ns != 0)
		return err_set(err, ERR_FORMAT,
			       "more than one profile in one body");
	return take_number(f, &b->profile->time_ns, err);
}

static int take_message(struct build *b, const struct stream_field *f,
			struct err *err)
{
	if (f->wire != WIRE_BYTES)
		return wrong_type(f, err);
	if (arena_reset(&b->arena, f->size, err) < 0)
		return -1;
	switch (f->number) {
	case PROFILE_SAMPLE_TYPE:
		return take_sample_type(b, f, err);
	case PROFILE_SAMPLE:
		return take_sample(b, f, err);
	case PROFILE_MAPPING:
		return take_mapping(b, f, err);
	case PROFILE_LOCATION:
		return take_location(b, f, err);
	case PROFILE_FUNCTION:
		return take_function(b, f, err);
	case PROFILE_STRING:
		return take_string(b, f, err);
	default:
		return take_type(b, f, &b->period_type, "period type", err);
	}
}

int build_field(void *ctx, const struct stream_field *f, struct err *err)
{
	struct build *b = ctx;

	switch (f->number) {
	case PROFILE_SAMPLE_TYPE:
	case PROFILE_SAMPLE:
	case PROFILE_MAPPING:
	case PROFILE_LOCATION:
	case PROFILE_FUNCTION:
	case PROFILE_STRING:
	case PROFILE_PERIOD_TYPE:
		return take_message(b, f, err);
	case PROFILE_DROP_FRAMES:
		return take_number(f, &b->drop_s, err);
	case PROFILE_KEEP_FRAMES:
		return take_number(f, &b->keep_s, err);
	case PROFILE_TIME_NANOS:
		return take_time(b, f, err);
	case PROFILE_DURATION_NANOS:
		return take_number(f, &b->profile->duration_ns, err);
	case PROFILE_PERIOD:
		return take_number(f, &b->profile->period, err);
	case PROFILE_COMMENT:
		return take_comments(b, f, err);
	case PROFILE_DEFAULT_SAMPLE_TYPE:
		return take_number(f, &b->default_type_s, err);
	case PROFILE_DOC_URL:
		return take_number(f, &b->doc_url_s, err);
	default: /* a field of a later version */
		return 0;
	}
}
