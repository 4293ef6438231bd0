/* stream.c - framing of the outer message over a sliding window. */
#include "stream.h"

#include "gunzip.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define WINDOW_FIRST ((size_t)64 << 10)
/* A field, its tag and its length: two varints of ten bytes. */
#define WINDOW_MAX (STREAM_FIELD_MAX + 20)
#define VARINT_MAX 10

enum { BAD = -1, MORE = -2 };

/* What follows the bytes of a field in the window, or BAD or MORE. */
struct cursor {
	const uint8_t *p, *end;
};

int stream_varint(const uint8_t **p, const uint8_t *end, uint64_t *value)
{
	uint64_t v = 0;

	for (int i = 0; i < VARINT_MAX; i++) {
		if (*p + i == end)
			return MORE;
		v |= (uint64_t)((*p)[i] & 0x7f) << (7 * i);
		if ((*p)[i] < 0x80) {
			*p += i + 1;
			*value = v;
			return 0;
		}
	}
	return BAD;
}

static int fixed(struct cursor *c, unsigned bytes, uint64_t *value)
{
	if ((size_t)(c->end - c->p) < bytes)
		return MORE;
	*value = 0;
	for (unsigned i = bytes; i-- > 0;)
		*value = *value << 8 | c->p[i];
	c->p += bytes;
	return 0;
}

/* One field at the cursor: 0, BAD or MORE. f->size is known, if the length
 * was read, also where MORE is returned. */
static int one_field(struct cursor *c, struct stream_field *f)
{
	uint64_t tag, n;
	int rc;

	*f = (struct stream_field){.data = NULL};
	rc = stream_varint(&c->p, c->end, &tag);
	if (rc < 0)
		return rc;
	f->number = tag >> 3;
	f->wire = (enum wire)(tag & 7);
	switch (f->wire) {
	case WIRE_VARINT:
		return stream_varint(&c->p, c->end, &f->value);
	case WIRE_64:
		return fixed(c, 8, &f->value);
	case WIRE_32:
		return fixed(c, 4, &f->value);
	case WIRE_BYTES:
		rc = stream_varint(&c->p, c->end, &n);
		if (rc < 0)
			return rc;
		f->size = n > SIZE_MAX ? SIZE_MAX : (size_t)n;
		if ((uint64_t)(c->end - c->p) < n)
			return MORE;
		f->data = c->p;
		c->p += n;
		return 0;
	}
	return BAD;
}

/* Visit the complete fields of a window; *used bytes of it were consumed. */
static int visit_window(const uint8_t *window, size_t n, uint64_t offset,
			bool last, size_t *used, stream_visit *visit, void *ctx,
			struct err *err)
{
	struct cursor c = {window, window + n};
	struct stream_field f;

	*used = 0;
	while (c.p < c.end) {
		int rc = one_field(&c, &f);

		f.offset = offset + *used;
		if (rc == MORE && !last && f.size <= STREAM_FIELD_MAX)
			return 0;
		if (rc == MORE && !last)
			return err_set(err, ERR_LIMIT,
				       "a field of %zu bytes at byte %llu is "
				       "over the limit of %zu",
				       f.size, (unsigned long long)f.offset,
				       STREAM_FIELD_MAX);
		if (rc < 0)
			return err_set(err, ERR_FORMAT,
				       "not a profile: %s field at byte %llu",
				       rc == MORE ? "truncated" : "malformed",
				       (unsigned long long)f.offset);
		if (f.size > STREAM_FIELD_MAX)
			return err_set(err, ERR_LIMIT,
				       "a field of %zu bytes at byte %llu is "
				       "over the limit of %zu",
				       f.size, (unsigned long long)f.offset,
				       STREAM_FIELD_MAX);
		if (visit(ctx, &f, err) < 0)
			return -1;
		*used = (size_t)(c.p - window);
	}
	return 0;
}

static int grow(uint8_t **window, size_t *room, struct err *err)
{
	size_t want = *room * 2 < WINDOW_MAX ? *room * 2 : WINDOW_MAX;
	uint8_t *w = realloc(*window, want);

	if (!w)
		return err_set(err, ERR_LIMIT, "no memory to inflate");
	*window = w;
	*room = want;
	return 0;
}

static int read_gzip(struct gunzip *g, stream_visit *visit, void *ctx,
		     uint64_t *size, struct err *err)
{
	size_t room = WINDOW_FIRST, have = 0, got, used;
	uint8_t *window = malloc(room);
	int rc = -1;

	if (!window)
		return err_set(err, ERR_LIMIT, "no memory to inflate");
	do {
		if (have == room && grow(&window, &room, err) < 0)
			break;
		if (gunzip_read(g, window + have, room - have, &got, err) < 0)
			break;
		have += got;
		/* Wait for a full window: a partial one costs a move. */
		if (got > 0 && have < room)
			continue;
		if (visit_window(window, have, *size, got == 0, &used, visit,
				 ctx, err) < 0)
			break;
		have -= used;
		memmove(window, window + used, have);
		*size += used;
		rc = got == 0 ? 0 : -1;
	} while (rc < 0);
	free(window);
	return rc;
}

int stream_read(const void *body, size_t n, stream_visit *visit, void *ctx,
		uint64_t *size, struct err *err)
{
	struct gunzip g;
	size_t used;
	int rc;

	*size = 0;
	if (gunzip_looks_like(body, n)) {
		if (gunzip_open(&g, body, n, err) < 0)
			return -1;
		rc = read_gzip(&g, visit, ctx, size, err);
		gunzip_close(&g);
		return rc;
	}
	if (n > GUNZIP_BODY_MAX)
		return err_set(err, ERR_LIMIT,
			       "%zu bytes are more than the limit of %zu MiB",
			       n, GUNZIP_BODY_MAX >> 20);
	rc = visit_window(body, n, 0, true, &used, visit, ctx, err);
	*size = used;
	return rc;
}
