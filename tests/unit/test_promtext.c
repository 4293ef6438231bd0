/* test_promtext.c - Go's figures out of /metrics. */
#include <residue/decode/promtext.h>

#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "decode_fixture.h"

#define INUSE "go_memstats_heap_inuse_bytes 4096\n"

static struct values decode(const char *text)
{
	struct values v = {0};
	struct err err = ERR_INIT;

	if (promtext_decode(text, strlen(text), &v, &err) < 0)
		fail_msg("%s", err.msg);
	return v;
}

static void fails(const char *text, enum err_code code, const char *message)
{
	struct values v = {0};
	struct err err = ERR_INIT;

	assert_int_equal(promtext_decode(text, strlen(text), &v, &err), -1);
	assert_string_equal(err.msg, message);
	assert_int_equal(err.code, code);
	assert_int_equal(v.known, 0);
}

static void prometheus(void **state)
{
	struct buf b = fixture_read("profiles/prometheus.metrics.txt");
	struct values v = decode(b.data);

	(void)state;
	assert_int_equal(values_get(&v, FIELD_HEAP_ALLOC, -1), 45784208);
	assert_int_equal(values_get(&v, FIELD_HEAP_SYS, -1), 78446592);
	assert_int_equal(values_get(&v, FIELD_HEAP_IDLE, -1), 28778496);
	assert_int_equal(values_get(&v, FIELD_HEAP_INUSE, -1), 49668096);
	assert_int_equal(values_get(&v, FIELD_HEAP_RELEASED, -1), 16023552);
	assert_int_equal(values_get(&v, FIELD_HEAP_OBJECTS, -1), 476801);
	assert_int_equal(values_get(&v, FIELD_SYS, -1), 95863064);
	assert_int_equal(values_get(&v, FIELD_NEXT_GC, -1), 61839448);
	assert_int_equal(values_get(&v, FIELD_NUM_GC, -1), 210);
	assert_int_equal(values_get(&v, FIELD_PAUSE_TOTAL, -1), 522430950);
	assert_int_equal(values_get(&v, FIELD_TOTAL_ALLOC, -1), 4404125896);
	assert_int_equal(values_get(&v, FIELD_GOROUTINES, -1), 45);
	/* A float of seconds: to a microsecond. */
	assert_in_range(values_get(&v, FIELD_LAST_GC, -1), 1795407891105545000,
			1795407891105546000);
	assert_false(values_has(&v, FIELD_NUM_FORCED_GC));
	buf_release(&b);
}

static void forms_of_a_line(void **state)
{
	struct values v =
		decode("# HELP go_goroutines 7\n" INUSE
		       "go_goroutines{a=\"}\\\"{\",b=\"\"}\t8 1700000000000\r\n"
		       "go_goroutines_max 9\n"
		       "xgo_goroutines 9\n"
		       "\n"
		       "go_gc_heap_live_bytes 1.5e+06\n"
		       "go_gc_gogc_percent 1.8446744073709552e+19\n"
		       "go_gc_gomemlimit_bytes 9.223372036854776e+18\n"
		       "go_memstats_next_gc_bytes 1.8446744073709552e+19\n"
		       "go_memstats_frees_total +Inf\n"
		       "go_memstats_mallocs_total NaN\n"
		       "go_memstats_heap_objects -3\n"
		       "go_memstats_sys_bytes 12");

	(void)state;
	assert_int_equal(v.known,
			 FIELD_BIT(HEAP_INUSE) | FIELD_BIT(GOROUTINES) |
				 FIELD_BIT(HEAP_LIVE) | FIELD_BIT(GOGC));
	assert_int_equal(v.v[FIELD_GOROUTINES], 8);
	assert_int_equal(v.v[FIELD_HEAP_LIVE], 1500000);
	assert_int_equal(v.v[FIELD_GOGC], -1);
	v = decode(INUSE "go_gc_gogc_percent 100\n"
			 "go_gc_gomemlimit_bytes 1.073741824e+09\n");
	assert_int_equal(v.v[FIELD_GOGC], 100);
	assert_int_equal(values_get(&v, FIELD_MEMORY_LIMIT, -1), 1 << 30);
}

static void refused(void **state)
{
	(void)state;
	fails("", ERR_UNSUPPORTED,
	      "no Go memory metrics (go_memstats_...) among 0 lines");
	fails("up 1\ngo_goroutines 3\n", ERR_UNSUPPORTED,
	      "no Go memory metrics (go_memstats_...) among 2 lines");
	fails("<html>\n", ERR_UNSUPPORTED,
	      "no Go memory metrics (go_memstats_...) among 1 lines");
	fails(INUSE INUSE, ERR_UNSUPPORTED,
	      "go_memstats_heap_inuse_bytes is there twice: metrics of more "
	      "than one process");
	fails(INUSE "go_goroutines twelve\n", ERR_FORMAT,
	      "line 2: go_goroutines has no valid number");
	fails("go_goroutines\n", ERR_FORMAT,
	      "line 1: go_goroutines has no valid number");
	fails("go_goroutines{a=\"\n", ERR_FORMAT,
	      "line 1: go_goroutines has no valid number");
	fails("go_goroutines 0000000000000000000000000000000000000000000000000"
	      "000000000000000\n",
	      ERR_FORMAT, "line 1: go_goroutines has no valid number");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prometheus),
		cmocka_unit_test(forms_of_a_line),
		cmocka_unit_test(refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
