/* test_debug1.c - MemStats at the end of a heap?debug=1 text. */
#include <residue/decode/debug1.h>

#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "decode_fixture.h"

#define TITLE "\n# runtime.MemStats\n"

static void fails(const char *text, enum err_code code, const char *message)
{
	struct pause_ring pauses;
	struct values v = {0};
	struct err err = ERR_INIT;

	assert_int_equal(debug1_decode(text, strlen(text), &v, &pauses, &err),
			 -1);
	assert_string_equal(err.msg, message);
	assert_int_equal(err.code, code);
	assert_int_equal(v.known, 0);
}

/* The whole text, and only its last bytes. */
static void nats(void **state)
{
	struct buf b = fixture_read("profiles/nats.debug1.txt");

	(void)state;
	for (size_t tail = b.len; tail > 6000; tail /= 2) {
		struct pause_ring pauses;
		struct values v = {0};

		assert_int_equal(debug1_decode(b.data + b.len - tail, tail, &v,
					       &pauses, NULL),
				 0);
		assert_int_equal(values_get(&v, FIELD_HEAP_ALLOC, -1), 2196632);
		assert_int_equal(values_get(&v, FIELD_HEAP_SYS, -1), 7897088);
		assert_int_equal(values_get(&v, FIELD_STACK_INUSE, -1), 491520);
		assert_int_equal(values_get(&v, FIELD_MSPAN_SYS, -1), 81360);
		assert_int_equal(values_get(&v, FIELD_MCACHE_SYS, -1), 15600);
		assert_int_equal(values_get(&v, FIELD_OTHER_SYS, -1), 593158);
		assert_int_equal(values_get(&v, FIELD_NEXT_GC, -1), 4672920);
		assert_int_equal(values_get(&v, FIELD_NUM_GC, -1), 159);
		assert_int_equal(values_get(&v, FIELD_NUM_FORCED_GC, -1), 0);
		assert_int_equal(pauses.num_gc, 159);
		assert_int_equal(pauses.end_ns[pause_index(159)],
				 v.v[FIELD_LAST_GC]);
		assert_int_equal(pauses.pause_ns[0], 48229);
	}
	buf_release(&b);
}

/* A number cut short is not a number. */
static void cut_anywhere(void **state)
{
	struct buf b = fixture_read("profiles/containerd.debug1.txt");
	size_t from = (size_t)(strstr(b.data, TITLE) - b.data);

	(void)state;
	for (size_t n = 0; from + n < b.len; n++) {
		char *copy = malloc(n ? n : 1);
		struct pause_ring pauses;
		struct values v = {0};
		struct err err = ERR_INIT;

		assert_non_null(copy);
		memcpy(copy, b.data + from, n);
		if (debug1_decode(copy, n, &v, &pauses, &err) < 0) {
			assert_true(err.code == ERR_UNSUPPORTED ||
				    err.code == ERR_FORMAT);
		} else {
			assert_int_equal(v.v[FIELD_HEAP_INUSE], 6774784);
			assert_int_equal(values_get(&v, FIELD_NUM_GC, 6), 6);
			assert_int_equal(values_get(&v, FIELD_NEXT_GC, 6579664),
					 6579664);
		}
		free(copy);
	}
	buf_release(&b);
}

static void versions(void **state)
{
	/* Older and newer footers lack lines or have more. */
	static const char text[] =
		"# HeapInuse = 1\n" TITLE "# HeapInuse = 2\n"
		"# NextGC = 18446744073709551615\n"
		"# Frees = 99999999999999999999999999\n"
		"# LastGC = 0\n# Future = a b c\n# PauseNs = [1 2 3 ";
	struct pause_ring pauses;
	struct values v = {0};

	(void)state;
	assert_int_equal(debug1_decode(text, strlen(text), &v, &pauses, NULL),
			 0);
	assert_int_equal(v.known, FIELD_BIT(HEAP_INUSE));
	assert_int_equal(v.v[FIELD_HEAP_INUSE], 2);
	assert_int_equal(pauses.num_gc, 0);
}

static void refused(void **state)
{
	(void)state;
	fails("", ERR_UNSUPPORTED,
	      "no runtime.MemStats at the end of the text");
	fails("# runtime.MemStats\n# HeapInuse = 1\n", ERR_UNSUPPORTED,
	      "no runtime.MemStats at the end of the text");
	fails(TITLE "# HeapAlloc = 3\n", ERR_FORMAT,
	      "runtime.MemStats at the end is cut short");
	fails(TITLE "# HeapInuse = 3x\n", ERR_FORMAT,
	      "broken line 17 bytes before the end of runtime.MemStats");
	fails(TITLE "# Stack = 3\n", ERR_FORMAT,
	      "broken line 12 bytes before the end of runtime.MemStats");
	fails(TITLE "HeapInuse = 3\n", ERR_FORMAT,
	      "broken line 14 bytes before the end of runtime.MemStats");
	fails(TITLE "# PauseNs = [1 2]\n", ERR_FORMAT,
	      "broken line 18 bytes before the end of runtime.MemStats");
}

static void header(void **state)
{
	static const char *const bad[] = {
		"",
		"heap profile: 3: 1088 [741: 18280472] @ heap/1048576",
		"heap profile: 3: 1088 [741: 18280472] @ heap/\n",
		"heap profile: 3: -1 [741: 18280472] @ heap/1048576\n",
		"heap profile: 3: 1088 [741: 9223372036854775808] @ heap/1\n",
		"heap profile: 3: 1088 [741: 18280472] @ heap/1048576 x\n",
	};
	struct buf b = fixture_read("profiles/nats.debug1.txt");
	struct debug1_header h;

	(void)state;
	assert_int_equal(debug1_decode_header(b.data, b.len, &h, NULL), 0);
	assert_int_equal(h.inuse_objects, 3);
	assert_int_equal(h.inuse_bytes, 1088);
	assert_int_equal(h.alloc_objects, 741);
	assert_int_equal(h.alloc_bytes, 18280472);
	assert_int_equal(h.rate, 524288);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(
			debug1_decode_header(bad[i], strlen(bad[i]), &h, NULL),
			-1);
	buf_release(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nats),	    cmocka_unit_test(cut_anywhere),
		cmocka_unit_test(versions), cmocka_unit_test(refused),
		cmocka_unit_test(header),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
