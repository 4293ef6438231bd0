/* test_expvar.c - memstats out of /debug/vars, whatever is around it. */
#include <residue/decode/expvar.h>

#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "decode_fixture.h"

static int decode(const char *text, struct values *v, struct err *err)
{
	struct pause_ring pauses;

	*v = (struct values){0};
	*err = (struct err)ERR_INIT;
	return expvar_decode(text, strlen(text), v, &pauses, err);
}

static void fails(const char *text, enum err_code code, const char *message)
{
	struct values v;
	struct err err;

	assert_int_equal(decode(text, &v, &err), -1);
	assert_string_equal(err.msg, message);
	assert_int_equal(err.code, code);
	assert_int_equal(v.known, 0);
}

static void etcd(void **state)
{
	struct buf b = fixture_read("profiles/etcd.vars.json");
	struct pause_ring pauses;
	struct values v = {0};

	(void)state;
	assert_int_equal(expvar_decode(b.data, b.len, &v, &pauses, NULL), 0);
	assert_int_equal(values_get(&v, FIELD_HEAP_ALLOC, -1), 17173336);
	assert_int_equal(values_get(&v, FIELD_HEAP_SYS, -1), 45252608);
	assert_int_equal(values_get(&v, FIELD_HEAP_IDLE, -1), 23257088);
	assert_int_equal(values_get(&v, FIELD_HEAP_INUSE, -1), 21995520);
	assert_int_equal(values_get(&v, FIELD_HEAP_RELEASED, -1), 16498688);
	assert_int_equal(values_get(&v, FIELD_STACK_INUSE, -1), 884736);
	assert_int_equal(values_get(&v, FIELD_GC_SYS, -1), 10310872);
	assert_int_equal(values_get(&v, FIELD_SYS, -1), 59290888);
	assert_int_equal(values_get(&v, FIELD_NEXT_GC, -1), 25889960);
	assert_int_equal(values_get(&v, FIELD_LAST_GC, -1),
			 1795407913266393840);
	assert_int_equal(values_get(&v, FIELD_NUM_GC, -1), 1836);
	assert_int_equal(values_get(&v, FIELD_NUM_FORCED_GC, -1), 21);
	assert_int_equal(values_get(&v, FIELD_PAUSE_TOTAL, -1), 6768710956);
	assert_false(values_has(&v, FIELD_HEAP_LIVE));
	assert_int_equal(pauses.num_gc, 1836);
	assert_int_equal(pauses.end_ns[pause_index(1836)], 1795407913266393840);
	assert_int_equal(pauses.pause_ns[0], 92758);
	buf_release(&b);
}

/* Every cut of a real body ends in an error that is no crash. */
static void cut_anywhere(void **state)
{
	struct buf b = fixture_read("profiles/syn_go126.vars.json");
	size_t end = (size_t)(strrchr(b.data, '}') - b.data);

	(void)state;
	for (size_t n = 0; n < end; n++) {
		struct pause_ring pauses;
		struct values v = {0};
		struct err err = ERR_INIT;
		char *copy = malloc(n ? n : 1);

		assert_non_null(copy);
		memcpy(copy, b.data, n);
		if (expvar_decode(copy, n, &v, &pauses, &err) < 0)
			assert_int_equal(err.code, ERR_FORMAT);
		else /* only the outer brace is missing */
			assert_int_equal(v.v[FIELD_HEAP_ALLOC], 118723248);
		free(copy);
	}
	buf_release(&b);
}

static void odd_neighbours(void **state)
{
	static const char text[] =
		" {\"huge\": 99999999999999999999999,\n"
		"\"nest\":[{\"memstats\":{\"Sys\":1}}],"
		"\"text\":\"}\\\"\\\\\", \"x\":-1e999, \"no\":null,"
		"\"memstats\" : {\"Sys\":7,\"s\":\"99999999999999999999\","
		"\"NextGC\":18446744073709551615,\"LastGC\":0,"
		"\"Frees\":9223372036854775807,"
		"\"Mallocs\":9223372036854775806,"
		"\"HeapAlloc\":-5,\"HeapSys\":1.5,\"HeapIdle\":\"6\"},"
		"\"after\":";
	struct values v;
	struct err err;

	(void)state;
	assert_int_equal(decode(text, &v, &err), 0);
	assert_int_equal(v.known, FIELD_BIT(SYS) | FIELD_BIT(MALLOCS));
	assert_int_equal(v.v[FIELD_SYS], 7);
	assert_int_equal(v.v[FIELD_MALLOCS], INT64_MAX - 1);
}

static void goals(void **state)
{
	struct values v;
	struct err err;

	(void)state;
	assert_int_equal(
		decode("{\"memstats\":{\"NextGC\":4194304}}", &v, &err), 0);
	assert_int_equal(values_get(&v, FIELD_NEXT_GC, -1), 4194304);
	assert_int_equal(decode("{\"memstats\":{\"Sys\":1,"
				"\"NextGC\":4611686018427387904}}",
				&v, &err),
			 0);
	assert_false(values_has(&v, FIELD_NEXT_GC));
	assert_int_equal(decode("{\"memstats\":{\"Sys\":1,"
				"\"NextGC\":4611686018427387903}}",
				&v, &err),
			 0);
	assert_true(values_has(&v, FIELD_NEXT_GC));
}

static void refused(void **state)
{
	(void)state;
	fails("{}", ERR_UNSUPPORTED, "no memstats in /debug/vars");
	fails("{\"cmdline\":[\"a\"],\"x\":1}", ERR_UNSUPPORTED,
	      "no memstats in /debug/vars");
	fails("{\"memstats\":3}", ERR_FORMAT,
	      "not what /debug/vars answers: memstats is malformed");
	fails("{\"memstats\":[]}", ERR_UNSUPPORTED,
	      "memstats in /debug/vars is not Go's");
	fails("{\"memstats\":{\"mine\":1}}", ERR_UNSUPPORTED,
	      "memstats in /debug/vars is not Go's");
	fails("", ERR_FORMAT,
	      "not what /debug/vars answers: it does not begin with {");
	fails("<html>", ERR_FORMAT,
	      "not what /debug/vars answers: it does not begin with {");
	fails("{\"a\":1", ERR_FORMAT,
	      "not what /debug/vars answers: it does not end with }");
	fails("{\"a\":[1,{", ERR_FORMAT,
	      "not what /debug/vars answers: it ends within a value");
	fails("{\"a\":]", ERR_FORMAT,
	      "not what /debug/vars answers: it ends within a value");
	fails("{a:1}", ERR_FORMAT,
	      "not what /debug/vars answers: a name is missing");
	fails("{\"memstats\":{\"Sys\":1 1}}", ERR_FORMAT,
	      "not what /debug/vars answers: memstats is malformed");
}

/* Depth costs nothing, size is capped. */
static void hostile(void **state)
{
	size_t n = 1 << 20;
	char *text = malloc(n + 64);
	struct values v;
	struct err err;

	(void)state;
	assert_non_null(text);
	strcpy(text, "{\"a\":");
	memset(text + 5, '[', n);
	text[5 + n] = '\0';
	fails(text, ERR_FORMAT,
	      "not what /debug/vars answers: it ends within a value");
	memset(text + 5, ' ', n);
	memcpy(text, "{\"memstats\":{", 13);
	strcpy(text + 5 + n, "\"Sys\":1}}");
	assert_int_equal(decode(text, &v, &err), -1);
	assert_int_equal(err.code, ERR_LIMIT);
	/* memstats itself too deep for the JSON library. */
	strcpy(text, "{\"memstats\":");
	memset(text + 12, '[', 100000);
	memset(text + 100012, ']', 100000);
	strcpy(text + 200012, "}");
	fails(text, ERR_FORMAT,
	      "not what /debug/vars answers: memstats is malformed");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(etcd),
		cmocka_unit_test(cut_anywhere),
		cmocka_unit_test(odd_neighbours),
		cmocka_unit_test(goals),
		cmocka_unit_test(refused),
		cmocka_unit_test(hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
