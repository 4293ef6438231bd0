/*
 * test_profile_hostile.c - malformed, damaged and exploding profiles.
 *
 * Each ends in a profile or in one line that says what is wrong, never in a
 * crash, and the memory stays under 300 MiB whatever the file does.
 */
#include <residue/decode/profile.h>
#include <residue/model/top.h>

#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <zlib.h>

#include "decode_fixture.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED true
#elif defined(__has_feature)
#define SANITIZED                                                              \
	(__has_feature(address_sanitizer) || __has_feature(thread_sanitizer))
#else
#define SANITIZED false
#endif

#define BODY_MAX ((size_t)300 << 20)

/* What we say of the files of tests/data/hostile; NULL: accepted. */
static const struct {
	const char *file, *fault;
} hostile[] = {
	{"bad_crc.pb.gz", "gzip: the checksum does not match"},
	{"bad_utf8.pb.gz", NULL},
	{"concat_gz.pb.gz", "location 1 is there more than once"},
	{"empty.pb.gz", "empty"},
	{"field0.pb.gz", NULL},
	{"html.pb.gz", "HTML or XML, not a profile"},
	{"len_beyond.pb.gz", "not a profile: truncated field at byte 24"},
	{"loc_id_2_63.pb.gz", NULL},
	{"many_tiny_samples.pb.gz", "over the limit of 4194304 samples"},
	{"names.pb.gz", NULL},
	{"no_strings.pb.gz", "not a profile: it has no strings"},
	{"ok.pb.gz", NULL},
	{"raw_ungz.pb", NULL},
	{"strindex_neg.pb.gz",
	 "function names string -1, but there are 9 strings"},
	{"trailing_garbage.pb.gz", "gzip: unexpected end of the body"},
	{"unknown_fn.pb.gz", "a line names function 1, which is not there"},
	{"unpacked.pb.gz", NULL},
	{"values_missing.pb.gz", "samples have 2 values for 4 sample types"},
};

/* Our verdicts, and that they are those of `go tool pprof`. */
static void as_pprof(void **state)
{
	struct buf verdicts = fixture_read("hostile/verdicts");
	size_t n = sizeof(hostile) / sizeof(*hostile), lines = 0;

	(void)state;
	for (const char *p = verdicts.data; *p; p++)
		lines += *p == '\n';
	assert_int_equal(lines, n);
	for (size_t i = 0; i < n; i++) {
		char path[128], line[128];
		struct buf b;

		snprintf(path, sizeof(path), "hostile/%s", hostile[i].file);
		b = fixture_read(path);
		profile_free(fixture_decode(b.data, b.len, hostile[i].fault));
		buf_release(&b);
		snprintf(line, sizeof(line), "%s %s\n", hostile[i].file,
			 hostile[i].fault ? "refused" : "accepted");
		if (!strstr(verdicts.data, line))
			fail_msg("pprof differs: %s", line);
	}
	buf_release(&verdicts);
}

/* Decode and, if it is accepted, show all that can be shown. */
static bool survives(const void *body, size_t n)
{
	struct top_options o = {.focus = "main"};
	struct err err = ERR_INIT;
	struct profile *p;
	struct top *top;
	struct buf out;

	if (profile_decode(body, n, &p, &err) < 0) {
		assert_int_not_equal(err.code, ERR_NONE);
		assert_int_not_equal(err.msg[0], '\0');
		assert_null(strchr(err.msg, '\n'));
		return false;
	}
	buf_init(&out, 1 << 20);
	o.type = p->default_type;
	assert_int_equal(top_select(p, &o, &top, &err), 0);
	assert_int_equal(top_text(top, &out, &err), 0);
	profile_error_bytes(p);
	top_free(top);
	profile_free(p);
	buf_release(&out);
	return true;
}

/* Ten small profiles: made by hand, and from two programs at three times. */
static const char *const few_bytes[] = {
	"hostile/ok.pb.gz",
	"hostile/names.pb.gz",
	"hostile/unpacked.pb.gz",
	"hostile/loc_id_2_63.pb.gz",
	"profiles/churn.rate524288.1.pb.gz",
	"profiles/churn.rate524288.2.pb.gz",
	"profiles/churn.rate524288.3.pb.gz",
	"profiles/leak.rate524288.1.pb.gz",
	"profiles/leak.rate524288.2.pb.gz",
	"profiles/leak.rate524288.3.pb.gz",
};
#define FEW (sizeof(few_bytes) / sizeof(*few_bytes))

static struct buf inflated(const struct buf *z)
{
	uLongf n = 1 << 20;
	struct buf b;
	z_stream s = {.next_in = (Bytef *)z->data, .avail_in = (uInt)z->len};

	buf_init(&b, BODY_MAX);
	assert_non_null(buf_reserve(&b, n, NULL));
	s.next_out = (Bytef *)b.data;
	s.avail_out = (uInt)n;
	assert_int_equal(inflateInit2(&s, 31), Z_OK);
	assert_int_equal(inflate(&s, Z_FINISH), Z_STREAM_END);
	b.len = s.total_out;
	inflateEnd(&s);
	return b;
}

/* The first bytes in a block of just their size, so that a read past is seen. */
static char *block(const struct buf *b, size_t n)
{
	char *copy = malloc(n ? n : 1);

	assert_non_null(copy);
	memcpy(copy, b->data, n);
	return copy;
}

/* A gzip stream that ends early is refused; fields may end anywhere. */
static void truncate_all(const struct buf *b, bool gzipped)
{
	for (size_t n = 0; n < b->len; n++) {
		char *copy = block(b, n);
		bool accepted = survives(copy, n);

		free(copy);
		if (gzipped && accepted)
			fail_msg("accepted when cut at %zu", n);
	}
}

static void flip_all(const struct buf *b)
{
	char *copy = block(b, b->len);

	for (size_t bit = 0; bit < b->len * 8; bit++) {
		copy[bit / 8] ^= (char)(1 << bit % 8);
		survives(copy, b->len);
		copy[bit / 8] ^= (char)(1 << bit % 8);
	}
	assert_memory_equal(copy, b->data, b->len);
	free(copy);
}

static void damage(bool gzipped)
{
	for (size_t i = 0; i < FEW; i++) {
		struct buf z = fixture_read(few_bytes[i]);
		struct buf raw = inflated(&z);

		assert_true(survives(z.data, z.len));
		assert_true(survives(raw.data, raw.len));
		truncate_all(gzipped ? &z : &raw, gzipped);
		flip_all(gzipped ? &z : &raw);
		buf_release(&z);
		buf_release(&raw);
	}
}

static void damaged_gzip(void **state)
{
	(void)state;
	damage(true);
}

static void damaged_raw(void **state)
{
	(void)state;
	damage(false);
}

/* A small profile and `count` times what `piece` appends, gzipped. */
static struct buf many(void (*piece)(struct buf *b, size_t i), size_t count)
{
	struct buf b, z;

	buf_init(&b, BODY_MAX);
	buf_init(&z, BODY_MAX);
	pb_small(&b);
	for (size_t i = 0; i < count; i++)
		piece(&b, i);
	gzip(&z, b.data, b.len);
	buf_release(&b);
	return z;
}

static void explodes(void (*piece)(struct buf *b, size_t i), size_t count,
		     const char *fault)
{
	struct buf z = many(piece, count);

	fixture_decode(z.data, z.len, fault);
	buf_release(&z);
}

static void empty_string(struct buf *b, size_t i)
{
	(void)i;
	pb_bytes(b, 6, NULL, 0);
}

static void location(struct buf *b, size_t i)
{
	char m[8] = {8};

	i += 2; /* location 1 is in the small profile */
	m[1] = (char)(i | 0x80);
	m[2] = (char)(i >> 7 | 0x80);
	m[3] = (char)(i >> 14 | 0x80);
	m[4] = (char)(i >> 21 & 0x7f);
	pb_bytes(b, 4, m, 5);
}

/* Names a location that is not there: 2^40 and up, by hash. */
static void lost_location(struct buf *b, size_t i)
{
	char m[] = "\x0a\x06....\x80\x20\x12\x02\x01\x0a";

	for (int k = 0; k < 4; k++)
		m[2 + k] = (char)(i >> 7 * k | 0x80);
	pb_bytes(b, 2, m, sizeof(m) - 1);
}

/* Four labels of 24 bytes of text each make 128 bytes. */
static void labelled(struct buf *b, size_t i)
{
	(void)i;
	pb_bytes(b, 2, "\x12\x02\x01\x0a\x1a\0\x1a\0\x1a\0\x1a\0", 12);
}

static void unknown_field(struct buf *b, size_t i)
{
	(void)i;
	pb_varint(b, 99, 0);
}

static void bombs(void **state)
{
	struct buf z, twice;

	(void)state;
	explodes(empty_string, 5000000, "over the limit of 4194304 strings");
	explodes(location, 2000000, "over the limit of 1048576 locations");
	explodes(lost_location, 1500000, "over the limit of 1048576 locations");
	explodes(labelled, 2000000,
		 "the profile needs more than the limit of 160 MiB");
	z = many(unknown_field, 12000000);
	fixture_decode(z.data, z.len,
		       "inflates to more than 100 times its size");
	buf_init(&twice, BODY_MAX);
	gzip(&twice, z.data, z.len);
	fixture_decode(twice.data, twice.len,
		       "not a profile: malformed field at byte 0");
	buf_release(&z);
	buf_release(&twice);
}

/* Last: the largest resident size this process ever had. */
static void memory_held(void **state)
{
	struct rusage usage;

	(void)state;
	if (SANITIZED)
		skip();
	assert_int_equal(getrusage(RUSAGE_SELF, &usage), 0);
	assert_true(usage.ru_maxrss < 300 << 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_pprof),    cmocka_unit_test(damaged_gzip),
		cmocka_unit_test(damaged_raw), cmocka_unit_test(bombs),
		cmocka_unit_test(memory_held),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
