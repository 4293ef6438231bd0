/* test_encode.c - decode(encode(x)) is x, and what cannot be is refused. */
#include <residue/decode/encode.h>
#include <residue/decode/profile.h>
#include <residue/model/top.h>

#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decode_fixture.h"

#define MAIN	1
#define MAIN_GO 11
#define LEAK	19
#define LEAK_GO 29
#define GOEXIT	37
static const char text[] =
	"\0main.main\0main.go\0main.leak\0leak.go\0runtime.goexit";

static const struct encode_frame frames[] = {
	{0x401000, LEAK, LEAK_GO, 7, 0}, {0x401100, LEAK, LEAK_GO, 9, 0},
	{0x402000, MAIN, MAIN_GO, 3, 0}, {0x403000, 0, 0, 0, 0}, /* no name */
	{0x404000, GOEXIT, 0, 0, 0},
};
static const uint32_t stacks[] = {0, 2, 1, 2, 4, 3};
static const struct encode_site sites[] = {
	{40, 4000, 30, 3000, 100, 0, 2},
	{5, 1 << 20, 0, 0, 1 << 18, 2, 3}, /* goexit is left out */
	{INT64_MAX, 16, 1, 16, UINT64_MAX, 5, 1},
	{1, 1, 1, 1, 0, 0, 0},
};

static struct encode_input example(void)
{
	return (struct encode_input){
		.time_ns = INT64_C(1700000000123456789),
		.period = 524288,
		.binary = "/usr/bin/\\x1bserver",
		.text = text,
		.frames = frames,
		.n_frames = 5,
		.stacks = stacks,
		.sites = sites,
		.n_sites = 4,
	};
}

static struct profile *round_trip(const struct encode_input *in)
{
	struct err err = ERR_INIT;
	struct profile *p;
	struct buf b;

	buf_init(&b, 1 << 20);
	if (profile_encode(in, &b, &err))
		fail_msg("%s", err.msg);
	assert_memory_equal(b.data, "\x1f\x8b", 2);
	p = fixture_decode(b.data, b.len, NULL);
	buf_release(&b);
	return p;
}

static void header(void **state)
{
	static const char *const names[] = {"alloc_objects", "alloc_space",
					    "inuse_objects", "inuse_space"};
	struct encode_input in = example();
	struct profile *p = round_trip(&in);

	(void)state;
	assert_int_equal(p->n_types, 4);
	for (unsigned i = 0; i < 4; i++) {
		assert_string_equal(p->type[i].name, names[i]);
		assert_string_equal(p->type[i].unit, i % 2 ? "bytes" : "count");
	}
	assert_int_equal(p->default_type, 3);
	assert_string_equal(p->period_type, "space");
	assert_string_equal(p->period_unit, "bytes");
	assert_int_equal(p->period, 524288);
	assert_int_equal(p->time_ns, INT64_C(1700000000123456789));
	assert_string_equal(p->binary, in.binary);
	profile_free(p);
}

static void same_location(const struct profile *p, uint32_t number,
			  const struct encode_frame *f)
{
	const struct profile_location *l = &p->locations[number];
	const struct profile_line *line = &p->lines[l->first_line];

	assert_int_equal(l->n_lines, 1);
	if (!text[f->function]) {
		assert_int_equal(line->function, PROFILE_NONE);
		return;
	}
	assert_string_equal(p->functions[line->function].name,
			    text + f->function);
	assert_string_equal(p->functions[line->function].file, text + f->file);
	assert_int_equal(line->line, f->line);
}

static void samples(void **state)
{
	struct encode_input in = example();
	struct profile *p = round_trip(&in);

	(void)state;
	assert_int_equal(p->n_samples, 4);
	assert_int_equal(p->n_functions, 2);
	for (unsigned i = 0; i < 4; i++) {
		const struct profile_sample *s = &p->samples[i];
		const int64_t *v = &p->values[4 * i];

		assert_int_equal(v[0], sites[i].alloc_objects);
		assert_int_equal(v[1], sites[i].alloc_space);
		assert_int_equal(v[2], sites[i].inuse_objects);
		assert_int_equal(v[3], sites[i].inuse_space);
		assert_int_equal(s->n_frames,
				 sites[i].depth < 2 ? sites[i].depth : 2);
		for (uint32_t k = 0; k < s->n_frames; k++)
			same_location(p, p->stack[s->first_frame + k],
				      &frames[stacks[sites[i].stack + k]]);
		assert_int_equal(s->n_labels, sites[i].object_size != 0);
		if (!s->n_labels)
			continue;
		assert_string_equal(p->labels[s->first_label].key, "bytes");
		assert_int_equal(p->labels[s->first_label].num,
				 sites[i].object_size > INT64_MAX
					 ? INT64_MAX
					 : (int64_t)sites[i].object_size);
	}
	profile_free(p);
}

/* A program that has not been sampled yet. */
static void nothing(void **state)
{
	struct encode_input in = {.period = 1, .binary = "", .text = ""};
	struct profile *p = round_trip(&in);

	(void)state;
	assert_int_equal(p->n_samples, 0);
	assert_int_equal(p->n_types, 4);
	assert_int_equal(profile_total(p, "inuse_space"), 0);
	profile_free(p);
}

static void refused(const struct encode_input *in, size_t cap, const char *word)
{
	struct err err = ERR_INIT;
	struct buf b;

	buf_init(&b, cap);
	assert_int_equal(profile_encode(in, &b, &err), -1);
	assert_int_equal(err.code, ERR_LIMIT);
	if (!strstr(err.msg, word))
		fail_msg("%s", err.msg);
	assert_int_equal(b.len, 0);
	buf_release(&b);
}

static void limits(void **state)
{
	struct encode_input in = example();
	struct encode_site deep = {.depth = 4097};

	(void)state;
	refused(&in, 16, "");
	in.n_sites = (size_t)5 << 20;
	refused(&in, 1 << 20, "sites");
	in = example();
	in.n_frames = (size_t)2 << 20;
	refused(&in, 1 << 20, "locations");
	in = example();
	in.sites = &deep;
	in.n_sites = 1;
	refused(&in, 1 << 20, "4097 frames");
}

/* Calls that were inlined are lines of the location they were inlined into, also
 * of a stack that was cut off below them; a chain that bites its tail ends. */
static void inlined(void **state)
{
	static const struct encode_frame nested[] = {
		{0x401000, LEAK, LEAK_GO, 7, 2},
		{0x401000, MAIN, MAIN_GO, 3, 0},
		{0x402000, LEAK, LEAK_GO, 9, 4},
		{0x402000, MAIN, MAIN_GO, 4, 3},
	};
	static const uint32_t calls[] = {0, 1, 1, 2, 3};
	static const struct encode_site site[] = {
		{1, 100, 1, 100, 100, 0, 3},
		{1, 100, 1, 100, 100, 0, 1},
		{1, 100, 1, 100, 100, 3, 2},
	};
	struct encode_input in = example();
	const struct profile_sample *s;
	const struct profile_location *l;
	struct profile *p;

	(void)state;
	in.frames = nested;
	in.n_frames = 4;
	in.stacks = calls;
	in.sites = site;
	in.n_sites = 3;
	p = round_trip(&in);
	s = p->samples;
	assert_int_equal(s[0].n_frames, 2);
	assert_int_equal(s[1].n_frames, 1);
	assert_int_equal(p->stack[s[0].first_frame],
			 p->stack[s[1].first_frame]);
	l = &p->locations[p->stack[s[0].first_frame]];
	assert_int_equal(l->n_lines, 2);
	assert_int_equal(p->lines[l->first_line].line, 7);
	assert_int_equal(p->lines[l->first_line + 1].line, 3);
	l = &p->locations[p->stack[s[0].first_frame + 1]];
	assert_int_equal(l->n_lines, 1);
	assert_int_equal(p->lines[l->first_line].line, 3);
	assert_int_equal(s[2].n_frames, 1);
	assert_true(p->locations[p->stack[s[2].first_frame]].n_lines <= 64);
	profile_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(header),  cmocka_unit_test(samples),
		cmocka_unit_test(inlined), cmocka_unit_test(nothing),
		cmocka_unit_test(limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
