/* test_profile.c - the heap profile decoder: values, references, limits. */
#include <residue/decode/profile.h>

#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "decode_fixture.h"

#define BODY_MAX ((size_t)128 << 20)

static struct buf small(void)
{
	struct buf b;

	buf_init(&b, BODY_MAX);
	pb_small(&b);
	return b;
}

/* pb_small plus one more field of bytes, or of a number where n is 0. */
static void refused(unsigned field, const void *bytes, size_t n,
		    uint64_t number, const char *fault)
{
	struct buf b = small();

	if (n > 0)
		pb_bytes(&b, field, bytes, n);
	else
		pb_varint(&b, field, number);
	fixture_decode(b.data, b.len, fault);
	buf_release(&b);
}

static void every_part(void **state)
{
	struct buf b = small();
	struct profile *p = fixture_decode(b.data, b.len, NULL);
	const struct profile_row *row = &p->rows[0];

	(void)state;
	assert_int_equal(p->n_types, 2);
	assert_string_equal(p->type[1].name, "inuse_space");
	assert_string_equal(p->type[1].unit, "bytes");
	assert_int_equal(p->type[1].total, 10);
	assert_int_equal(p->default_type, 1);
	assert_int_equal(p->period, 524288);
	assert_string_equal(p->period_type, "space");
	assert_string_equal(p->period_unit, "bytes");
	assert_false(p->saturated);
	assert_int_equal(p->n_samples, 1);
	assert_int_equal(p->n_rows, 1);
	assert_int_equal(p->n_groups, 1);
	assert_string_equal(row->name, "main.main");
	assert_ptr_equal(row->pprof_name, row->name);
	assert_string_equal(row->file, "main.go");
	assert_int_equal(row->line, 7);
	assert_int_equal(row->flat[0], 1);
	assert_int_equal(row->flat[1], 10);
	assert_int_equal(row->cum[1], 10);
	assert_int_equal(profile_total(p, "inuse_space"), 10);
	assert_int_equal(profile_total(p, "alloc_space"), 0);
	profile_free(p);
	buf_release(&b);
}

static void real_totals(void **state)
{
	struct buf b = fixture_read("profiles/prometheus.pb.gz");
	struct profile *p = fixture_decode(b.data, b.len, NULL);

	(void)state;
	assert_int_equal(profile_total(p, "alloc_objects"), 26965430);
	assert_int_equal(profile_total(p, "alloc_space"), 2943648404);
	assert_int_equal(profile_total(p, "inuse_objects"), 102290);
	assert_int_equal(profile_total(p, "inuse_space"), 24687465);
	assert_int_equal(p->n_samples, 703);
	assert_string_equal(p->type[p->default_type].name, "inuse_space");
	assert_string_equal(p->binary, "/usr/bin/prometheus");
	assert_string_equal(p->build_id,
			    "7c70e08457648609a728f201858408269834e0eb");
	assert_int_equal(p->time_ns / 1000000000, 1795406072);
	assert_true(p->n_labels > 0);
	assert_string_equal(p->labels[0].key, "bytes");
	assert_true(p->memory < 1 << 20);
	profile_free(p);
	buf_release(&b);
}

static void types_by_name(void **state)
{
	struct buf b = small();
	struct profile *p = fixture_decode(b.data, b.len, NULL);
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(profile_type_index(p, NULL, &err), 1);
	assert_int_equal(profile_type_index(p, "", &err), 1);
	assert_int_equal(profile_type_index(p, "inuse_objects", &err), 0);
	assert_int_equal(profile_type_index(p, "0", &err), 0);
	assert_int_equal(profile_type_index(p, "2", &err), -1);
	assert_int_equal(profile_type_index(p, "alloc_space", &err), -1);
	assert_int_equal(err.code, ERR_USAGE);
	assert_string_equal(err.msg, "no sample type \"alloc_space\"; there is "
				     "inuse_objects, inuse_space");
	profile_free(p);
	buf_release(&b);
}

/* The band of that profile with this period: the last of a scalar counts. */
static int64_t band_at(struct buf *b, uint64_t period)
{
	struct profile *p;
	int64_t band;

	pb_varint(b, 12, period);
	p = fixture_decode(b->data, b->len, NULL);
	band = profile_error_bytes(p);
	profile_free(p);
	return band;
}

/* Nothing was sampled: a heap of up to three times the rate is missed whole
 * with a chance of more than 5%. */
static void error_band_of_nothing(void **state)
{
	static const char *const strings[] = {
		"", "inuse_objects", "count", "inuse_space", "bytes", "space"};
	struct buf b;

	(void)state;
	buf_init(&b, BODY_MAX);
	pb_bytes(&b, 1, "\x08\x01\x10\x02", 4);
	pb_bytes(&b, 1, "\x08\x03\x10\x04", 4);
	for (size_t i = 0; i < sizeof(strings) / sizeof(*strings); i++)
		pb_text(&b, 6, strings[i]);
	pb_bytes(&b, 11, "\x08\x05\x10\x04", 4);
	assert_in_range(band_at(&b, 524288), 1570000, 1571000);
	assert_int_equal(band_at(&b, 1), 0);
	buf_release(&b);
}

/* 20 objects of 512 bytes at a rate of 512: p = 1 - 1/e, so the variance is
 * 512^2 * 20 * (1/e) / (1 - 1/e), and 1.96 of its root is 3423 bytes. */
static void error_band(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, BODY_MAX);
	pb_small(&b);
	/* The last of a scalar counts; the first sample has 1 object of 10 at
	 * p near 0, which would drown the rest: make it one of 2^20 bytes. */
	pb_bytes(&b, 2, "\x0a\x01\x01\x12\x03\x14\x80\x50", 8);
	assert_in_range(band_at(&b, 512), 3423, 3430);
	assert_int_equal(band_at(&b, 1), 0);
	assert_int_equal(band_at(&b, 0), -1);
	buf_release(&b);
}

static void references(void **state)
{
	(void)state;
	refused(2, "\x0a\x01\x02\x12\x02\x01\x0a", 7, 0,
		"a sample names location 2, which is not there");
	refused(2, "\x0a\x01\x01\x12\x01\x01", 6, 0,
		"sample 1 has 1 values, the first has 2");
	refused(4, "\x08\x01", 2, 0, "location 1 is there more than once");
	refused(4, "\x10\x01", 2, 0, "a location has the id 0");
	refused(4, "\x08\x02\x22\x02\x08\x09", 6, 0,
		"a line names function 9, which is not there");
	refused(5, "\x08\x01", 2, 0, "function 1 is there more than once");
	refused(5, "\x10\x01", 2, 0, "a function has the id 0");
	refused(5, "\x08\x02\x10\x08", 4, 0,
		"function names string 8, but there are 8 strings");
	refused(3, "\x10\x01", 2, 0, "a mapping has the id 0");
	refused(3, "\x08\x01\x28\x63", 4, 0,
		"mapping names string 99, but there are 8 strings");
	refused(13, NULL, 0, 8,
		"comment names string 8, but there are 8 strings");
	refused(14, NULL, 0, UINT64_MAX,
		"default sample type names string -1, but there are 8 strings");
	refused(1, "\x08\x01\x10\x02", 4, 0,
		"samples have 2 values for 3 sample types");
	refused(7, NULL, 0, 8,
		"drop_frames names string 8, but there are 8 strings");
	refused(8, NULL, 0, 8,
		"keep_frames names string 8, but there are 8 strings");
}

static void framing(void **state)
{
	struct buf b = small();

	(void)state;
	fixture_decode("", 0, "empty");
	fixture_decode(b.data, b.len - 1,
		       "not a profile: truncated field at byte 118");
	fixture_decode("\x0b", 1, "not a profile: malformed field at byte 0");
	fixture_decode("\x0a\x02\x08", 3,
		       "not a profile: truncated field at byte 0");
	fixture_decode("\x10\x01", 2, "field 2 at byte 0 has the wrong type");
	fixture_decode("\x12\x02\x0a\x05", 4, "malformed sample at byte 0");
	fixture_decode("\x32\x01x", 3, "string 0 is not empty");
	fixture_decode("<html>404", 9, "HTML or XML, not a profile");
	fixture_decode("heap profile: 3: 4 [5: 6] @ heap/1048576\n", 41,
		       "a heap profile in its text form (debug=1), which names "
		       "no functions: fetch it without debug=1");
	fixture_decode("heap profile: 3: 4 [5: 6] @ heapz_v2/524288\n 1", 46,
		       "a heap profile of gperftools: go tool pprof -proto "
		       "makes one of it that can be read");
	fixture_decode("--- contentionz 1 ---\n", 22,
		       "a contention profile of C++ or Java: go tool pprof "
		       "-proto makes one of it that can be read");
	fixture_decode(
		"heap_v2/524288\n", 15,
		"a heap profile of jemalloc, not of Go: jeprof reads it");
	/* Unknown fields of any kind are passed over, field 0 too. */
	pb_bytes(&b, 99, "abc", 3);
	pb_varint(&b, 1000000, 1);
	pb_varint(&b, 0, 1);
	assert_int_equal(buf_append(&b,
				    "\x85\x02"
				    "1234"
				    "\x81\x02"
				    "12345678",
				    16, NULL),
			 0);
	profile_free(fixture_decode(b.data, b.len, NULL));
	buf_release(&b);
}

static void gzip_rules(void **state)
{
	struct buf b = small(), z;
	struct profile *p;
	size_t half = b.len / 2;
	char fault[64];

	(void)state;
	buf_init(&z, BODY_MAX);
	/* One profile in two members is one profile. */
	gzip(&z, b.data, half);
	gzip(&z, b.data + half, b.len - half);
	p = fixture_decode(z.data, z.len, NULL);
	assert_int_equal(p->type[1].total, 10);
	profile_free(p);
	assert_int_equal(buf_append(&z, "x", 1, NULL), 0);
	fixture_decode(z.data, z.len, "gzip: unexpected end of the body");
	buf_clear(&z);
	gzip(&z, b.data, b.len);
	assert_int_equal(buf_append(&z, "0123456789", 10, NULL), 0);
	snprintf(fault, sizeof(fault), "gzip: no valid header at byte %zu",
		 z.len - 10);
	fixture_decode(z.data, z.len, fault);
	z.len -= 10;
	/* Go does not look at the reserved flags. */
	z.data[3] = (char)0xe0;
	profile_free(fixture_decode(z.data, z.len, NULL));
	z.data[3] = 0;
	z.data[z.len - 1] ^= 1;
	fixture_decode(z.data, z.len, "gzip: the size does not match");
	z.data[z.len - 5] ^= 1;
	fixture_decode(z.data, z.len, "gzip: the checksum does not match");
	fixture_decode(z.data, z.len - 9, "gzip: unexpected end of the body");
	fixture_decode(z.data, 12, "gzip: unexpected end of the body");
	buf_release(&b);
	buf_release(&z);
}

/* Names, flags of the header: skipped as Go does. */
static void gzip_header(void **state)
{
	static const char head[] = "\x1f\x8b\x08\x1c\0\0\0\0\0\xff"
				   "\x03\0abc"
				   "name\0"
				   "comment";
	struct buf b = small(), z, all;

	(void)state;
	buf_init(&z, BODY_MAX);
	buf_init(&all, BODY_MAX);
	gzip(&z, b.data, b.len);
	assert_int_equal(buf_append(&all, head, sizeof(head), NULL), 0);
	assert_int_equal(buf_append(&all, z.data + 10, z.len - 10, NULL), 0);
	profile_free(fixture_decode(all.data, all.len, NULL));
	/* A name may have 512 bytes with its NUL. */
	all.len = 0;
	assert_int_equal(buf_printf(&all, NULL, "%c%c%c%c%6s%600s", 0x1f, 0x8b,
				    8, 8, "", ""),
			 0);
	fixture_decode(all.data, all.len, "gzip: no valid header at byte 0");
	buf_release(&b);
	buf_release(&z);
	buf_release(&all);
}

static void sums_saturate(void **state)
{
	/* 2^63 - 1, twice. */
	static const char huge[] = "\x0a\x01\x01\x12\x0a\x01"
				   "\xff\xff\xff\xff\xff\xff\xff\xff\x7f";
	struct buf b = small();
	struct profile *p;

	(void)state;
	pb_bytes(&b, 2, huge, sizeof(huge) - 1);
	pb_bytes(&b, 2, huge, sizeof(huge) - 1);
	p = fixture_decode(b.data, b.len, NULL);
	assert_true(p->saturated);
	assert_int_equal(p->type[1].total, INT64_MAX);
	assert_int_equal(p->rows[0].flat[1], INT64_MAX);
	assert_int_equal(p->type[0].total, 3);
	profile_free(p);
	buf_release(&b);
}

static void names_made_safe(void **state)
{
	struct buf b = small();
	struct profile *p;

	(void)state;
	pb_text(&b, 6,
		"evil\x1b[2J\xff"
		".f");
	pb_bytes(&b, 5, "\x08\x02\x10\x08\x18\x08", 6);
	pb_bytes(&b, 4, "\x08\x02\x22\x02\x08\x02", 6);
	pb_bytes(&b, 2, "\x0a\x01\x02\x12\x02\x01\x0a", 7);
	p = fixture_decode(b.data, b.len, NULL);
	assert_int_equal(p->n_rows, 2);
	assert_string_equal(p->rows[1].name, "evil\\x1b[2J\\xff.f");
	profile_free(p);
	buf_release(&b);
}

/* Frames without a function are named after their binary. */
static void nameless_frames(void **state)
{
	struct buf b = small();
	struct profile *p;

	(void)state;
	pb_text(&b, 6, "/usr/lib/libc.so.6");
	pb_bytes(&b, 3, "\x08\x01\x28\x08", 4);
	pb_bytes(&b, 4, "\x08\x02\x10\x01", 4);
	pb_bytes(&b, 4, "\x08\x03", 2);
	pb_bytes(&b, 2, "\x0a\x02\x02\x03\x12\x02\x01\x05", 8);
	p = fixture_decode(b.data, b.len, NULL);
	assert_int_equal(p->n_rows, 3);
	assert_string_equal(p->rows[1].name, "[libc.so.6]");
	assert_int_equal(p->rows[1].flat[1], 5);
	assert_string_equal(p->rows[2].name, "<unknown>");
	assert_int_equal(p->rows[2].flat[1], 0);
	assert_int_equal(p->rows[2].cum[1], 5);
	profile_free(p);
	buf_release(&b);
}

/* A name that the string table has twice is one function's all the same. */
static void name_in_two_places(void **state)
{
	struct buf b = small();
	struct profile *p;

	(void)state;
	pb_text(&b, 6, "main.main");
	pb_bytes(&b, 5, "\x08\x02\x10\x05\x18\x08", 6);
	pb_bytes(&b, 4, "\x08\x02\x22\x02\x08\x02", 6);
	pb_bytes(&b, 2, "\x0a\x01\x02\x12\x02\x01\x14", 7);
	p = fixture_decode(b.data, b.len, NULL);
	assert_int_equal(p->n_rows, 1);
	assert_int_equal(p->rows[0].flat[1], 30);
	profile_free(p);
	buf_release(&b);
}

static void limits(void **state)
{
	struct buf b = small(), sample, z;

	(void)state;
	buf_init(&sample, BODY_MAX);
	buf_init(&z, BODY_MAX);
	/* 4,097 locations. */
	assert_int_equal(buf_append(&sample, "\x0a\x81\x20", 3, NULL), 0);
	for (int i = 0; i < 4097; i++)
		assert_int_equal(buf_append(&sample, "\x01", 1, NULL), 0);
	assert_int_equal(buf_append(&sample, "\x12\x02\x01\x01", 4, NULL), 0);
	refused(2, sample.data, sample.len, 0,
		"sample 1 has 4097 locations; the limit is 4096");
	/* A field of 1 MiB and one byte. */
	sample.len = 0;
	assert_non_null(buf_reserve(&sample, (1 << 20) + 1, NULL));
	memset(sample.data, 'x', (1 << 20) + 1);
	refused(6, sample.data, (1 << 20) + 1, 0,
		"a field of 1048577 bytes at byte 122 is over the limit of "
		"1048576");
	/* The same within a gzip stream. */
	pb_bytes(&b, 6, sample.data, (1 << 20) + 1);
	gzip(&z, b.data, b.len);
	fixture_decode(z.data, z.len,
		       "a field of 1048577 bytes at byte 122 is over the "
		       "limit of 1048576");
	/* Half a million empty lines in one location. */
	for (size_t i = 0; i + 1 < 1 << 20; i += 2)
		memcpy(sample.data + i, "\x22", 2);
	refused(4, sample.data, 1 << 20, 0,
		"the location at byte 122 has too many parts");
	buf_release(&b);
	buf_release(&sample);
	buf_release(&z);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_part),
		cmocka_unit_test(real_totals),
		cmocka_unit_test(types_by_name),
		cmocka_unit_test(error_band),
		cmocka_unit_test(error_band_of_nothing),
		cmocka_unit_test(references),
		cmocka_unit_test(framing),
		cmocka_unit_test(gzip_rules),
		cmocka_unit_test(gzip_header),
		cmocka_unit_test(sums_saturate),
		cmocka_unit_test(names_made_safe),
		cmocka_unit_test(nameless_frames),
		cmocka_unit_test(name_in_two_places),
		cmocka_unit_test(limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
