/* test_script.c - scripted streams: every line type, every complaint. */
#include <residue/base/clock.h>
#include <residue/model/pauses.h>
#include <residue/model/profile.h>
#include <residue/record/script.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ITEMS_MAX 16

struct taken {
	struct script_item items[ITEMS_MAX];
	unsigned count;
};

static int take(void *ctx, struct script_item *item, struct err *err)
{
	struct taken *t = ctx;

	(void)err;
	assert_true(t->count < ITEMS_MAX);
	t->items[t->count++] = *item;
	return 0;
}

static void release(struct taken *t)
{
	for (unsigned i = 0; i < t->count; i++)
		for (unsigned d = 0; d < READING_DOCS; d++)
			if (t->items[i].kind == SCRIPT_READING)
				doc_unref(t->items[i].reading.docs[d]);
}

static int read_bytes(const char *text, size_t n, struct taken *t,
		      struct err *err)
{
	FILE *f = fmemopen((void *)text, n, "r");
	int ret;

	*t = (struct taken){0};
	assert_non_null(f);
	ret = script_read_file(f, "s.jsonl", take, t, err);
	fclose(f);
	return ret;
}

static void read_text(const char *text, struct taken *t)
{
	struct err err = ERR_INIT;

	if (read_bytes(text, strlen(text), t, &err))
		fail_msg("%s", err.msg);
}

static void complains(const char *text, const char *words)
{
	struct err err = ERR_INIT;
	struct taken t;

	assert_int_equal(read_bytes(text, strlen(text), &t, &err), -1);
	assert_int_equal(err.code, ERR_FORMAT);
	if (!strstr(err.msg, words))
		fail_msg("'%s' lacks '%s'", err.msg, words);
	release(&t);
}

static void test_machine_target_tick(void **unused)
{
	struct taken t;

	(void)unused;
	read_text("{\"type\":\"machine\",\"processes\":90,"
		  "\"mem_total\":16000000000,\"interval\":0.1}\n"
		  "\n"
		  "{\"type\":\"target\",\"target\":\"a1\",\"t\":1763870000.123,"
		  "\"pid\":4121,\"comm\":\"or\\u001bders\",\"go\":\"go1.26.8\","
		  "\"read\":\"expvar\"}\n"
		  "{\"type\":\"target\",\"target\":\"u1\",\"t\":1,"
		  "\"endpoint\":\"http://h\",\"url_only\":true,"
		  "\"opened\":false}\n"
		  "{\"type\":\"tick\",\"target\":\"a1\",\"t\":2}\n"
		  "{\"type\":\"tick\",\"t\":3}",
		  &t);
	assert_int_equal(t.count, 5);
	assert_int_equal(t.items[0].kind, SCRIPT_MACHINE);
	assert_int_equal(t.items[0].machine.processes, 90);
	assert_int_equal(t.items[0].machine.mem_total, 16000000000);
	assert_int_equal(t.items[0].machine.mem_available, -1);
	assert_int_equal(t.items[0].machine.interval_ns, 100000000);
	assert_int_equal(t.items[1].kind, SCRIPT_TARGET);
	assert_int_equal(t.items[1].t_ns, 1763870000123000000);
	assert_string_equal(t.items[1].id, "a1");
	assert_string_equal(t.items[1].target.info.id, "a1");
	assert_string_equal(t.items[1].target.info.comm, "or\\x1bders");
	assert_int_equal(t.items[1].target.info.read, READ_EXPVAR);
	assert_int_equal(t.items[1].target.info.kind, TARGET_PROCESS);
	assert_true(t.items[1].target.opened);
	assert_int_equal(t.items[2].target.info.kind, TARGET_URL);
	assert_false(t.items[2].target.opened);
	assert_int_equal(t.items[3].kind, SCRIPT_TICK);
	assert_string_equal(t.items[3].id, "a1");
	assert_string_equal(t.items[4].id, "");
	assert_int_equal(t.items[4].t_ns, 3 * NS_PER_SEC);
}

/* A profile is what the program would have served. */
static void test_profile(void **unused)
{
	static const char line[] =
		"{\"type\":\"reading\",\"target\":\"a1\",\"t\":10,"
		"\"origin\":\"pprof\",\"by\":\"agentless\",\"profile\":"
		"{\"rate\":4096,\"sites\":[[[\"main.fill /s/fill.go:88\","
		"\"main.main\"],2,600,3,900],[[\"main.main /s/m.go:7\"],"
		"1,400,1,400]]}%s}";
	const struct profile *p;
	char text[600];
	struct taken t;

	(void)unused;
	snprintf(text, sizeof(text), line, ",\"values\":{\"pprof_num_gc\":4}");
	read_text(text, &t);
	assert_int_equal(t.items[0].reading.values.v[FIELD_PPROF_INUSE], 1000);
	assert_int_equal(t.items[0].reading.values.v[FIELD_PPROF_ALLOC], 1300);
	assert_int_equal(t.items[0].reading.values.v[FIELD_PPROF_NUM_GC], 4);
	assert_int_equal(t.items[0].reading.docs[0]->kind, DOC_PROFILE);
	p = t.items[0].reading.docs[0]->data;
	assert_int_equal(p->period, 4096);
	assert_int_equal(p->n_rows, 2);
	assert_string_equal(p->rows[0].name, "main.fill");
	assert_string_equal(p->rows[0].file, "/s/fill.go");
	assert_int_equal(p->rows[0].line, 88);
	release(&t);

	complains("{\"type\":\"reading\",\"target\":\"a1\",\"t\":10,"
		  "\"origin\":\"pprof\",\"profile\":{\"sites\":[[[],1,2]]}}",
		  "a site is");
	complains("{\"type\":\"reading\",\"target\":\"a1\",\"t\":10,"
		  "\"origin\":\"proc\",\"profile\":{\"sites\":[]}}",
		  "comes with origin 'pprof'");
	complains("{\"type\":\"reading\",\"target\":\"a1\",\"t\":10,"
		  "\"origin\":\"pprof\",\"values\":{},\"stopped\":true}",
		  "comes with origin 'proc'");
}

static void test_readings(void **unused)
{
	const struct pause_ring *ring;
	const struct reading *r;
	struct taken t;

	(void)unused;
	read_text("{\"type\":\"reading\",\"target\":\"a1\",\"t\":10,"
		  "\"origin\":\"runtime\",\"by\":\"agentless\",\"took\":0.25,"
		  "\"values\":{\"heap_alloc\":9007199254740993,\"num_gc\":300},"
		  "\"pauses\":[[299,8.000001,1000],[300,9,2000]]}\n"
		  "{\"type\":\"reading\",\"target\":\"a1\",\"t\":11,"
		  "\"origin\":\"pprof\",\"fail\":{\"code\":\"timeout\","
		  "\"msg\":\"no answer\\n\"}}\n"
		  "{\"type\":\"zombie\",\"target\":\"a1\",\"t\":12}\n"
		  "{\"type\":\"exit\",\"target\":\"a1\",\"t\":12}\n"
		  "{\"type\":\"exec\",\"target\":\"a1\",\"t\":12}\n"
		  "{\"type\":\"reading\",\"target\":\"a1\",\"t\":13,"
		  "\"origin\":\"proc\",\"values\":{},\"stopped\":true}\n",
		  &t);
	assert_int_equal(t.count, 6);
	assert_true(t.items[5].reading.stopped);
	r = &t.items[0].reading;
	assert_false(r->stopped);
	assert_int_equal(r->origin, ORIGIN_RUNTIME);
	assert_int_equal(r->by, READ_AGENTLESS);
	assert_int_equal(r->end_ns, 10 * NS_PER_SEC);
	assert_int_equal(r->begin_ns, 9750000000);
	assert_int_equal(r->values.known,
			 FIELD_BIT(HEAP_ALLOC) | FIELD_BIT(NUM_GC));
	assert_int_equal(r->values.v[FIELD_HEAP_ALLOC], 9007199254740993);
	assert_int_equal(r->docs[0]->kind, DOC_PAUSES);
	ring = r->docs[0]->data;
	assert_int_equal(ring->num_gc, 300);
	assert_int_equal(ring->end_ns[pause_index(299)], 8000001000);
	assert_int_equal(ring->pause_ns[pause_index(300)], 2000);
	r = &t.items[1].reading;
	assert_int_equal(r->fail.code, ERR_TIMEOUT);
	assert_string_equal(r->fail.msg, "no answer\\n");
	assert_int_equal(r->values.known, 0);
	assert_int_equal(t.items[2].reading.life, LIFE_ZOMBIE);
	assert_int_equal(t.items[3].reading.life, LIFE_EXITED);
	assert_int_equal(t.items[4].reading.life, LIFE_EXECED);
	release(&t);
}

static void test_event_note_toast(void **unused)
{
	struct taken t;

	(void)unused;
	read_text("{\"type\":\"event\",\"target\":\"a1\",\"t\":5,"
		  "\"kind\":\"mark\",\"text\":\"deploy\"}\n"
		  "{\"type\":\"event\",\"target\":\"a1\",\"t\":6,"
		  "\"kind\":\"reclaim\",\"bytes\":4096,"
		  "\"source\":\"inferred\"}\n"
		  "{\"type\":\"note\",\"pid\":7,\"text\":\"denied\"}\n"
		  "{\"type\":\"toast\",\"t\":8,\"text\":\"saved\","
		  "\"error\":true}\n",
		  &t);
	assert_int_equal(t.count, 4);
	assert_int_equal(t.items[0].event.kind, EVENT_MARK);
	assert_int_equal(t.items[0].event.source, EVENT_FROM_USER);
	assert_int_equal(t.items[0].event.wall_ns, 5 * NS_PER_SEC);
	assert_int_equal(t.items[0].event.bytes, -1);
	assert_string_equal(t.items[0].event.text, "deploy");
	assert_int_equal(t.items[1].event.source, EVENT_FROM_INFERRED);
	assert_int_equal(t.items[1].event.bytes, 4096);
	assert_int_equal(t.items[2].note.pid, 7);
	assert_string_equal(t.items[3].toast.text, "saved");
	assert_true(t.items[3].toast.error);
}

#define READING "{\"type\":\"reading\",\"target\":\"a1\",\"t\":1,\"origin\":"

static void test_complaints(void **unused)
{
	(void)unused;
	complains("{\"type\":\"tick\",\"t\":1}\n{\"type\"", "s.jsonl:2: ");
	complains("[1]\n", "s.jsonl:1: ");
	complains("{\"type\":\"tock\",\"t\":1}", "no type 'tock'");
	complains("{\"type\":\"tick\",\"t\":1,\"x\":2}", "x");
	complains("{\"type\":\"tick\",\"t\":1,\"t\":2}", "duplicate");
	complains("{\"type\":\"tick\",\"t\":-1}", "no time");
	complains("{\"type\":\"tick\",\"t\":1e300}", "no time");
	complains("{\"type\":\"exit\",\"t\":1}", "target");
	complains("{\"type\":\"exit\",\"t\":1,\"target\":\"abcdefghijkl\"}",
		  "characters");
	complains("{\"type\":\"event\",\"t\":1,\"target\":\"a\","
		  "\"kind\":\"\\u001b[2J\"}",
		  "event kind '\\x1b[2J'");
	complains(READING "\"proc\",\"values\":{\"rsss\":1}}", "field 'rsss'");
	complains(READING "\"proc\",\"values\":{\"sys\":1}}", "'runtime'");
	complains(READING "\"proc\",\"values\":{\"rss\":1.5}}", "integer");
	complains(READING "\"proc\",\"values\":{\"rss\":9223372036854775808}}",
		  "too big");
	complains(READING "\"proc\",\"values\":[]}", "no object");
	complains(READING "\"proc\"}", "either");
	complains(READING "\"derived\",\"values\":{}}", "origin 'derived'");
	complains(READING "\"proc\",\"fail\":{\"code\":\"x\"}}", "failure 'x'");
	complains(READING "\"proc\",\"values\":{},\"pauses\":[]}", "pauses");
	complains(READING "\"runtime\",\"values\":{},\"pauses\":[[0,1,1]]}",
		  "pauses");
	complains(READING "\"runtime\",\"values\":{},\"pauses\":[[1,2]]}",
		  "pauses");
	complains(READING "\"runtime\",\"values\":{},\"by\":\"magic\"}",
		  "magic");
}

static void test_deep_and_long_lines(void **unused)
{
	size_t n = (1 << 20) + 1;
	char *text = malloc(n + 1);
	struct err err = ERR_INIT;
	struct taken t;

	(void)unused;
	memset(text, '[', n);
	text[n - 1] = '\n';
	assert_int_equal(read_bytes(text, n, &t, &err), -1);
	assert_int_equal(err.code, ERR_FORMAT);
	text[n - 1] = '[';
	assert_int_equal(read_bytes(text, n, &t, &err), -1);
	assert_int_equal(err.code, ERR_LIMIT);
	assert_int_equal(t.count, 0);
	free(text);
}

/* Any damage to a line is a complaint or another item, never worse. */
static void test_damaged_lines(void **unused)
{
	static const char good[] =
		READING "\"runtime\",\"values\":{\"num_gc\":3},\"took\":1,"
			"\"pauses\":[[3,1.5,2]]}\n";
	char bad[sizeof(good)];
	struct taken t;

	(void)unused;
	for (size_t i = 0; i < sizeof(good) - 1; i++)
		for (int c = 0; c < 256; c++) {
			memcpy(bad, good, sizeof(good));
			bad[i] = (char)c;
			if (read_bytes(bad, sizeof(good) - 1, &t, NULL) == 0)
				assert_true(t.count <= 2);
			release(&t);
		}
}

static int refuse(void *ctx, struct script_item *item, struct err *err)
{
	(void)ctx;
	(void)item;
	return err_set(err, ERR_USAGE, "no target 'a9' yet");
}

static void test_sink_and_file_errors(void **unused)
{
	struct err err = ERR_INIT;
	FILE *f = fmemopen((void *)"{\"type\":\"tick\",\"t\":1}", 21, "r");

	(void)unused;
	assert_int_equal(script_read_file(f, "x", refuse, NULL, &err), -1);
	assert_string_equal(err.msg, "x:1: no target 'a9' yet");
	fclose(f);
	assert_int_equal(script_read("/nonexistent", take, NULL, &err), -1);
	assert_int_equal(err.code, ERR_GONE);
	assert_int_equal(script_read("/", take, NULL, &err), -1);
	assert_int_equal(err.code, ERR_SYS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_machine_target_tick),
		cmocka_unit_test(test_readings),
		cmocka_unit_test(test_profile),
		cmocka_unit_test(test_event_note_toast),
		cmocka_unit_test(test_complaints),
		cmocka_unit_test(test_deep_and_long_lines),
		cmocka_unit_test(test_damaged_lines),
		cmocka_unit_test(test_sink_and_file_errors),
	};

	return cmocka_run_group_tests_name("script", tests, NULL, NULL);
}
