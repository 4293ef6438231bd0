/*
 * encode.c - allocation sites as a gzip'd profile.proto.
 *
 * The outer message is written field by field, its parts by protobuf-c: the
 * message tree of a whole profile is never in memory. Strings and functions
 * are numbered as they are met, by their offsets in the input's text.
 */
#include <residue/decode/encode.h>

#include "build.h"

#include <string.h>
#include <zlib.h>

#include "decode/profile.pb-c.h"

#define MESSAGE_MAX ((size_t)64 << 20)
#define MEMORY_MAX  ((size_t)64 << 20) /* of the tables below */
#define LINES_MAX   64		       /* of a location */
#define WIRE_BYTES  2		       /* a length and so many bytes */

/* Strings that every heap profile has, by their number in the table. */
enum {
	STR_EMPTY,
	STR_ALLOC_OBJECTS,
	STR_COUNT,
	STR_ALLOC_SPACE,
	STR_BYTES,
	STR_INUSE_OBJECTS,
	STR_INUSE_SPACE,
	STR_SPACE,
	STR_BINARY, /* the executable's path */
	STR_FIXED
};
static const char *const fixed[STR_BINARY] = {
	"",	 "alloc_objects", "count",	 "alloc_space",
	"bytes", "inuse_objects", "inuse_space", "space",
};

struct encode {
	const struct encode_input *in;
	struct buf message;
	struct pool pool;
	struct idmap strings;	/* offset in the text -> number - STR_FIXED */
	struct vec offsets;	/* uint32_t by that number */
	struct idmap functions; /* name and file -> id - 1 */
	struct vec pairs;	/* uint64_t by that number */
	struct vec ids;		/* uint64_t: locations of one sample */
	struct vec used;	/* bool a frame: it begins a location */
};

/* ---- the wire format ---------------------------------------------------- */

static size_t varint(uint8_t out[10], uint64_t value)
{
	size_t n = 0;

	for (; value >= 0x80; value >>= 7)
		out[n++] = (uint8_t)(value | 0x80);
	out[n++] = (uint8_t)value;
	return n;
}

static int put_number(struct encode *e, unsigned tag, int64_t value,
		      struct err *err)
{
	uint8_t head[20];
	size_t n = varint(head, tag << 3);

	n += varint(head + n, (uint64_t)value);
	return buf_append(&e->message, head, n, err);
}

static int put_head(struct encode *e, unsigned tag, size_t size,
		    struct err *err)
{
	uint8_t head[20];
	size_t n = varint(head, tag << 3 | WIRE_BYTES);

	n += varint(head + n, size);
	return buf_append(&e->message, head, n, err);
}

static int put_string(struct encode *e, const char *s, struct err *err)
{
	size_t n = strlen(s);

	return put_head(e, PROFILE_STRING, n, err) ||
			       buf_append(&e->message, s, n, err)
		       ? -1
		       : 0;
}

static int put_message(struct encode *e, unsigned tag,
		       const ProtobufCMessage *m, struct err *err)
{
	size_t n = protobuf_c_message_get_packed_size(m);
	char *to;

	if (put_head(e, tag, n, err))
		return -1;
	to = buf_reserve(&e->message, n, err);
	if (!to)
		return -1;
	e->message.len += protobuf_c_message_pack(m, (uint8_t *)to);
	return 0;
}

static int put_type(struct encode *e, unsigned tag, int64_t name, int64_t unit,
		    struct err *err)
{
	Pprof__ValueType m = PPROF__VALUE_TYPE__INIT;

	m.type = name;
	m.unit = unit;
	return put_message(e, tag, &m.base, err);
}

/* ---- tables ------------------------------------------------------------- */

/* Index of the string at that offset of the text. */
static int string_index(struct encode *e, uint32_t offset, int64_t *index,
			struct err *err)
{
	uint32_t number, *to;

	*index = STR_EMPTY;
	if (!e->in->text[offset])
		return 0;
	if (idmap_number(&e->strings, &e->pool, offset, &number, err) < 0)
		return -1;
	if (number == e->offsets.n) {
		to = vec_extend(&e->offsets, &e->pool, 1, err);
		if (!to)
			return -1;
		*to = offset;
	}
	*index = (int64_t)number + STR_FIXED;
	return 0;
}

static int function_id(struct encode *e, const struct encode_frame *f,
		       uint64_t *id, struct err *err)
{
	uint64_t pair = (uint64_t)f->function << 32 | f->file, *to;
	uint32_t number;

	if (idmap_number(&e->functions, &e->pool, pair, &number, err) < 0)
		return -1;
	if (number == e->pairs.n) {
		to = vec_extend(&e->pairs, &e->pool, 1, err);
		if (!to)
			return -1;
		*to = pair;
	}
	*id = (uint64_t)number + 1;
	return 0;
}

/* ---- the parts of a profile --------------------------------------------- */

static int put_types(struct encode *e, struct err *err)
{
	static const int64_t types[][2] = {
		{STR_ALLOC_OBJECTS, STR_COUNT},
		{STR_ALLOC_SPACE, STR_BYTES},
		{STR_INUSE_OBJECTS, STR_COUNT},
		{STR_INUSE_SPACE, STR_BYTES},
	};

	if (put_type(e, PROFILE_PERIOD_TYPE, STR_SPACE, STR_BYTES, err) ||
	    put_number(e, PROFILE_PERIOD, e->in->period, err) ||
	    put_number(e, PROFILE_DEFAULT_SAMPLE_TYPE, STR_INUSE_SPACE, err) ||
	    put_number(e, PROFILE_TIME_NANOS, e->in->time_ns, err))
		return -1;
	for (unsigned i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (put_type(e, PROFILE_SAMPLE_TYPE, types[i][0], types[i][1],
			     err))
			return -1;
	return 0;
}

/* The caller of a goroutine's function is in no profile of Go's own (Go source,
 * runtime/pprof/proto.go: allFrames). */
static bool is_goexit(const struct encode *e, uint32_t frame)
{
	const char *name = e->in->text + e->in->frames[frame].function;

	return strcmp(name, "runtime.goexit") == 0;
}

/* How many frames of the stack the location of its first one stands for: runs
 * of inlined calls (Go source, runtime/pprof/proto.go: pcDeck). */
static uint32_t covered(const struct encode_input *in, const uint32_t *stack,
			uint32_t depth)
{
	uint32_t n = 1, outer = in->frames[stack[0]].outer;

	while (outer && n < depth && n < LINES_MAX && stack[n] == outer - 1) {
		outer = in->frames[outer - 1].outer;
		n++;
	}
	return n;
}

static int put_site(struct encode *e, const struct encode_site *s,
		    struct err *err)
{
	int64_t values[] = {s->alloc_objects, s->alloc_space, s->inuse_objects,
			    s->inuse_space};
	Pprof__Label label = PPROF__LABEL__INIT, *labels[] = {&label};
	Pprof__Sample m = PPROF__SAMPLE__INIT;
	uint64_t *ids = NULL;

	if (s->depth > BUILD_FRAMES_MAX)
		return err_set(err, ERR_LIMIT, "a stack of %u frames",
			       s->depth);
	e->ids.n = 0;
	if (s->depth) {
		ids = vec_extend(&e->ids, &e->pool, s->depth, err);
		if (!ids)
			return -1;
	}
	for (uint32_t i = 0; i < s->depth;) {
		const uint32_t *stack = e->in->stacks + s->stack + i;

		i += covered(e->in, stack, s->depth - i);
		if (is_goexit(e, *stack))
			continue;
		*VEC_AT(&e->used, bool, *stack) = true;
		ids[m.n_location_id++] = (uint64_t)*stack + 1;
	}
	m.location_id = ids;
	m.n_value = sizeof(values) / sizeof(*values);
	m.value = values;
	label.key = STR_BYTES;
	label.num = s->object_size < INT64_MAX ? (int64_t)s->object_size
					       : INT64_MAX;
	m.n_label = s->object_size != 0;
	m.label = labels;
	return put_message(e, PROFILE_SAMPLE, &m.base, err);
}

/* Addresses are the process's own. A mapping from 0 to 0 is pprof's for "no
 * address is to be adjusted" (internal/elfexec: GetBase). */
static int put_mapping(struct encode *e, struct err *err)
{
	Pprof__Mapping m = PPROF__MAPPING__INIT;

	m.id = 1;
	m.filename = STR_BINARY;
	/* Else pprof looks for the executable, to name functions by it. */
	m.has_functions = 1;
	return put_message(e, PROFILE_MAPPING, &m.base, err);
}

static int put_location(struct encode *e, uint32_t i, struct err *err)
{
	const struct encode_frame *f = &e->in->frames[i];
	Pprof__Line line[LINES_MAX], *lines[LINES_MAX];
	Pprof__Location m = PPROF__LOCATION__INIT;

	m.id = (uint64_t)i + 1;
	m.mapping_id = 1;
	m.address = f->address;
	m.line = lines;
	while (f && e->in->text[f->function] && m.n_line < LINES_MAX) {
		Pprof__Line *to = lines[m.n_line] = &line[m.n_line];

		*to = (Pprof__Line)PPROF__LINE__INIT;
		if (function_id(e, f, &to->function_id, err))
			return -1;
		to->line = f->line;
		m.n_line++;
		f = f->outer ? &e->in->frames[f->outer - 1] : NULL;
	}
	return put_message(e, PROFILE_LOCATION, &m.base, err);
}

static int put_function(struct encode *e, size_t i, struct err *err)
{
	uint64_t pair = *VEC_AT(&e->pairs, uint64_t, i);
	Pprof__Function m = PPROF__FUNCTION__INIT;

	m.id = (uint64_t)i + 1;
	if (string_index(e, (uint32_t)(pair >> 32), &m.name, err) ||
	    string_index(e, (uint32_t)pair, &m.filename, err))
		return -1;
	m.system_name = m.name;
	return put_message(e, PROFILE_FUNCTION, &m.base, err);
}

static int put_strings(struct encode *e, struct err *err)
{
	for (unsigned i = 0; i < STR_BINARY; i++)
		if (put_string(e, fixed[i], err))
			return -1;
	if (put_string(e, e->in->binary, err))
		return -1;
	for (size_t i = 0; i < e->offsets.n; i++) {
		uint32_t offset = *VEC_AT(&e->offsets, uint32_t, i);

		if (put_string(e, e->in->text + offset, err))
			return -1;
	}
	return 0;
}

static int put_profile(struct encode *e, struct err *err)
{
	const struct encode_input *in = e->in;
	bool *used;

	if (in->n_sites > BUILD_SAMPLES_MAX ||
	    in->n_frames > BUILD_LOCATIONS_MAX)
		return err_set(err, ERR_LIMIT, "%zu sites, %zu locations",
			       in->n_sites, in->n_frames);
	if (in->n_frames) {
		used = vec_extend(&e->used, &e->pool, in->n_frames, err);
		if (!used)
			return -1;
		memset(used, 0, in->n_frames * sizeof(*used));
	}
	if (put_types(e, err))
		return -1;
	for (size_t i = 0; i < in->n_sites; i++)
		if (put_site(e, &in->sites[i], err))
			return -1;
	if (put_mapping(e, err))
		return -1;
	for (uint32_t i = 0; i < in->n_frames; i++)
		if (*VEC_AT(&e->used, bool, i) && put_location(e, i, err))
			return -1;
	for (size_t i = 0; i < e->pairs.n; i++)
		if (put_function(e, i, err))
			return -1;
	return put_strings(e, err);
}

/* ---- gzip --------------------------------------------------------------- */

/* One member, at the speed that runtime/pprof chooses too (proto.go). */
static int gzip(const struct buf *in, struct buf *out, struct err *err)
{
	z_stream z = {0};
	size_t bound;
	char *to;
	int rc;

	if (deflateInit2(&z, Z_BEST_SPEED, Z_DEFLATED, 15 + 16, 8,
			 Z_DEFAULT_STRATEGY) != Z_OK)
		return err_set(err, ERR_LIMIT, "no memory to compress");
	bound = deflateBound(&z, in->len);
	to = buf_reserve(out, bound, err);
	if (!to) {
		deflateEnd(&z);
		return -1;
	}
	z.next_in = (Bytef *)in->data;
	z.avail_in = (uInt)in->len; /* MESSAGE_MAX at most */
	z.next_out = (Bytef *)to;
	z.avail_out = (uInt)bound;
	rc = deflate(&z, Z_FINISH);
	out->len += z.total_out;
	deflateEnd(&z);
	if (rc != Z_STREAM_END)
		return err_set(err, ERR_LIMIT, "cannot compress a profile");
	return 0;
}

int profile_encode(const struct encode_input *in, struct buf *out,
		   struct err *err)
{
	struct encode e = {
		.in = in,
		.pool = {.limit = MEMORY_MAX},
		.offsets = VEC_INIT(uint32_t),
		.pairs = VEC_INIT(uint64_t),
		.ids = VEC_INIT(uint64_t),
		.used = VEC_INIT(bool),
	};
	int rc;

	buf_init(&e.message, MESSAGE_MAX);
	idmap_init(&e.strings);
	idmap_init(&e.functions);
	rc = put_profile(&e, err) || gzip(&e.message, out, err) ? -1 : 0;
	idmap_free(&e.strings, &e.pool);
	idmap_free(&e.functions, &e.pool);
	vec_free(&e.offsets, &e.pool);
	vec_free(&e.pairs, &e.pool);
	vec_free(&e.ids, &e.pool);
	vec_free(&e.used, &e.pool);
	buf_release(&e.message);
	return rc;
}
