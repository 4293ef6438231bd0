/* gunzip.c - RFC 1952 members around zlib's raw inflate. */
#include "gunzip.h"

#include <limits.h>
#include <string.h>

#define HEADER_BYTES   10
#define TRAILER_BYTES  8
#define NAME_MAX_BYTES 512 /* Go: len(Reader.buf), the NUL included */

enum { FLAG_HCRC = 2, FLAG_EXTRA = 4, FLAG_NAME = 8, FLAG_COMMENT = 16 };

bool gunzip_looks_like(const void *body, size_t n)
{
	const uint8_t *b = body;

	return n >= 2 && b[0] == 0x1f && b[1] == 0x8b;
}

static int truncated(struct err *err)
{
	return err_set(err, ERR_FORMAT, "gzip: unexpected end of the body");
}

static int bad_header(const struct gunzip *g, struct err *err)
{
	return err_set(err, ERR_FORMAT, "gzip: no valid header at byte %zu",
		       g->at);
}

static uint32_t le32(const uint8_t *b)
{
	return b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 |
	       (uint32_t)b[3] << 24;
}

/* Pass a NUL-terminated string at *pos. */
static int skip_string(const struct gunzip *g, size_t *pos, struct err *err)
{
	size_t left = g->n - *pos;
	const uint8_t *end;

	end = memchr(g->in + *pos, 0,
		     left < NAME_MAX_BYTES ? left : NAME_MAX_BYTES);
	if (!end)
		return left < NAME_MAX_BYTES ? truncated(err)
					     : bad_header(g, err);
	*pos = (size_t)(end - g->in) + 1;
	return 0;
}

/* The optional parts of a header, from *pos on. */
static int skip_options(const struct gunzip *g, unsigned flags, size_t *pos,
			struct err *err)
{
	if (flags & FLAG_EXTRA) {
		size_t extra;

		if (g->n - *pos < 2)
			return truncated(err);
		extra = g->in[*pos] | (size_t)g->in[*pos + 1] << 8;
		*pos += 2;
		if (g->n - *pos < extra)
			return truncated(err);
		*pos += extra;
	}
	if (flags & FLAG_NAME && skip_string(g, pos, err) < 0)
		return -1;
	if (flags & FLAG_COMMENT && skip_string(g, pos, err) < 0)
		return -1;
	if (flags & FLAG_HCRC) {
		const uint8_t *b = g->in + *pos;
		uLong crc = crc32(0, g->in + g->at, (uInt)(*pos - g->at));

		if (g->n - *pos < 2)
			return truncated(err);
		if ((crc & 0xffff) != (b[0] | (uLong)b[1] << 8))
			return bad_header(g, err);
		*pos += 2;
	}
	return 0;
}

/* Begin the member at g->at; g->ended at the end of the body. */
static int next_member(struct gunzip *g, struct err *err)
{
	const uint8_t *b = g->in + g->at;
	size_t pos = g->at + HEADER_BYTES;

	if (g->at == g->n) {
		g->ended = true;
		return 0;
	}
	if (g->n - g->at < HEADER_BYTES)
		return truncated(err);
	if (b[0] != 0x1f || b[1] != 0x8b || b[2] != Z_DEFLATED)
		return bad_header(g, err);
	if (skip_options(g, b[3], &pos, err) < 0)
		return -1;
	g->z.next_in = (Bytef *)(uintptr_t)(g->in + pos);
	g->z.avail_in = (uInt)(g->n - pos);
	g->crc = 0;
	g->size = 0;
	g->in_member = true;
	return inflateReset(&g->z) == Z_OK
		       ? 0
		       : err_set(err, ERR_FORMAT, "gzip: cannot inflate");
}

static int end_member(struct gunzip *g, struct err *err)
{
	const uint8_t *b = g->z.next_in;

	g->at = g->n - g->z.avail_in;
	if (g->z.avail_in < TRAILER_BYTES)
		return truncated(err);
	if (le32(b) != g->crc)
		return err_set(err, ERR_FORMAT,
			       "gzip: the checksum does not match");
	if (le32(b + 4) != g->size)
		return err_set(err, ERR_FORMAT,
			       "gzip: the size does not match");
	g->at += TRAILER_BYTES;
	g->in_member = false;
	return 0;
}

static int check_limits(const struct gunzip *g, struct err *err)
{
	/* Of what was read so far: a bomb ends early, however long it is. */
	size_t in = g->n - g->z.avail_in;

	if (g->out > GUNZIP_OUT_MAX)
		return err_set(err, ERR_LIMIT,
			       "inflates to more than the limit of %zu MiB",
			       GUNZIP_OUT_MAX >> 20);
	if (g->out > GUNZIP_RATIO_FROM && g->out / GUNZIP_RATIO_MAX > in)
		return err_set(err, ERR_LIMIT,
			       "inflates to more than %d times its size",
			       GUNZIP_RATIO_MAX);
	return 0;
}

int gunzip_open(struct gunzip *g, const void *body, size_t n, struct err *err)
{
	*g = (struct gunzip){.in = body, .n = n};
	if (n > GUNZIP_BODY_MAX)
		return err_set(err, ERR_LIMIT,
			       "%zu bytes are more than the limit of %zu MiB",
			       n, GUNZIP_BODY_MAX >> 20);
	if (inflateInit2(&g->z, -MAX_WBITS) != Z_OK)
		return err_set(err, ERR_LIMIT, "no memory to inflate");
	return 0;
}

void gunzip_close(struct gunzip *g)
{
	inflateEnd(&g->z);
}

int gunzip_read(struct gunzip *g, void *out, size_t room, size_t *got,
		struct err *err)
{
	*got = 0;
	while (*got == 0 && !g->ended) {
		int rc;

		if (!g->in_member) {
			if (next_member(g, err) < 0)
				return -1;
			continue;
		}
		g->z.next_out = out;
		g->z.avail_out = room < UINT_MAX ? (uInt)room : UINT_MAX;
		rc = inflate(&g->z, Z_NO_FLUSH);
		*got = (size_t)(g->z.next_out - (Bytef *)out);
		g->crc = (uint32_t)crc32(g->crc, out, (uInt)*got);
		g->size += (uint32_t)*got;
		g->out += *got;
		if (check_limits(g, err) < 0)
			return -1;
		if (rc == Z_STREAM_END) {
			if (end_member(g, err) < 0)
				return -1;
		} else if (rc == Z_BUF_ERROR || (rc == Z_OK && *got == 0)) {
			return truncated(err);
		} else if (rc != Z_OK) {
			return err_set(err, ERR_FORMAT,
				       "gzip: damaged at byte %zu (%s)",
				       g->n - g->z.avail_in,
				       g->z.msg ? g->z.msg : zError(rc));
		}
	}
	return 0;
}
