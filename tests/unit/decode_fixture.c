/* decode_fixture.c - test data of the decoders. */
#include "decode_fixture.h"

#include <residue/decode/profile.h>

#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include <cmocka.h>

#define FILE_MAX ((size_t)8 << 20)

struct buf fixture_read(const char *name)
{
	const char *top = getenv("abs_top_srcdir");
	char path[4096], *to;
	struct buf b;
	FILE *f;
	size_t n;

	snprintf(path, sizeof(path), "%s/tests/data/%s", top ? top : ".", name);
	f = fopen(path, "rb");
	if (!f)
		fail_msg("cannot open %s", path);
	buf_init(&b, FILE_MAX);
	do {
		to = buf_reserve(&b, 65536, NULL);
		assert_non_null(to);
		n = fread(to, 1, 65536, f);
		b.len += n;
	} while (n > 0);
	b.data[b.len] = '\0';
	fclose(f);
	return b;
}

static void append(struct buf *b, const void *bytes, size_t n)
{
	assert_int_equal(buf_append(b, bytes, n, NULL), 0);
}

static void varint(struct buf *b, uint64_t v)
{
	uint8_t byte;

	for (; v >= 0x80; v >>= 7) {
		byte = (uint8_t)(v | 0x80);
		append(b, &byte, 1);
	}
	byte = (uint8_t)v;
	append(b, &byte, 1);
}

void pb_varint(struct buf *b, unsigned field, uint64_t value)
{
	varint(b, (uint64_t)field << 3);
	varint(b, value);
}

void pb_bytes(struct buf *b, unsigned field, const void *bytes, size_t n)
{
	varint(b, (uint64_t)field << 3 | 2);
	varint(b, n);
	if (n > 0)
		append(b, bytes, n);
}

void pb_text(struct buf *b, unsigned field, const char *text)
{
	pb_bytes(b, field, text, strlen(text));
}

void pb_small(struct buf *b)
{
	static const char *const strings[] = {
		"",	 "inuse_objects", "count",   "inuse_space",
		"bytes", "main.main",	  "main.go", "space"};

	pb_bytes(b, 1, "\x08\x01\x10\x02", 4);
	pb_bytes(b, 1, "\x08\x03\x10\x04", 4);
	pb_bytes(b, 2, "\x0a\x01\x01\x12\x02\x01\x0a", 7);
	pb_bytes(b, 4, "\x08\x01\x22\x04\x08\x01\x10\x07", 8);
	pb_bytes(b, 5, "\x08\x01\x10\x05\x18\x05\x20\x06", 8);
	for (size_t i = 0; i < sizeof(strings) / sizeof(*strings); i++)
		pb_text(b, 6, strings[i]);
	pb_bytes(b, 11, "\x08\x07\x10\x04", 4);
	pb_varint(b, 12, 524288);
}

void gzip(struct buf *out, const void *in, size_t n)
{
	z_stream z = {0};
	size_t bound;
	char *to;

	assert_int_equal(
		deflateInit2(&z, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY),
		Z_OK);
	bound = deflateBound(&z, n);
	to = buf_reserve(out, bound, NULL);
	assert_non_null(to);
	z.next_in = (Bytef *)(uintptr_t)in;
	z.avail_in = (uInt)n;
	z.next_out = (Bytef *)to;
	z.avail_out = (uInt)bound;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	out->len += z.total_out;
	deflateEnd(&z);
}

struct profile *fixture_decode(const void *body, size_t n, const char *fault)
{
	struct err err = ERR_INIT;
	struct profile *p;
	int rc = profile_decode(body, n, &p, &err);

	if (fault) {
		assert_int_equal(rc, -1);
		assert_null(p);
		assert_string_equal(err.msg, fault);
		return NULL;
	}
	if (rc < 0)
		fail_msg("refused: %s", err.msg);
	return p;
}
