/* test_snapshot.c - a snapshot directory: whole, private, or not at all. */
#include <residue/base/clock.h>
#include <residue/base/mem.h>
#include <residue/record/snapshot.h>

#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define NOW_NS	(50000 * NS_PER_SEC)
#define WALL_NS (1763870000 * NS_PER_SEC) /* 2025-11-23T03:53:20Z */
#define SECRET	"hunter2"

static char parent[64]; /* a directory of the test's own */

static const char heap[] = "\x1f\x8b\x08\0\xff\0as received";
static const char expvar[] =
	"{\"cmdline\":[\"svc\",\"--password=" SECRET "\"],\"token\":\"" SECRET
	"\",\"memstats\":{\"HeapSys\":9007199254740993,\"BySize\":[]}}";
static const char smaps[] = "c000-d000 rw-p 0 00:00 0  [anon: \x1b[2J]\n"
			    "Rss:\t   4 kB\n";

struct rows {
	unsigned count;
};

/* One row a second up to now; the first ones are more than an hour old. */
static void each_row(void *ctx, void (*row)(void *ctx, const struct row *row),
		     void *row_ctx)
{
	const struct rows *rows = ctx;

	for (unsigned i = 0; i < rows->count; i++) {
		int64_t ago_ns = (rows->count - 1 - i) * NS_PER_SEC;
		struct row r = {.t_ns = NOW_NS - ago_ns,
				.wall_ns = WALL_NS - ago_ns};

		values_set(&r.values, FIELD_RSS, 1000 + i);
		row(row_ctx, &r);
	}
}

struct fixture {
	struct snapshot_input in;
	struct target_info info;
	struct values values;
	struct origin_state origins[ORIGIN_COUNT];
	struct verdict verdict;
	struct event events[2];
	struct rows rows;
};

static void fresh(struct origin_state *o, int64_t age_ns)
{
	o->ever = true;
	o->begin_ns = o->end_ns = NOW_NS - age_ns;
}

static void fixture_figures(struct fixture *f)
{
	static const struct {
		enum field field;
		int64_t mib;
	} figures[] = {
		{FIELD_RSS, 500},	 {FIELD_RSS_ANON, 490},
		{FIELD_RSS_FILE, 10},	 {FIELD_HEAP_ALLOC, 100},
		{FIELD_HEAP_LIVE, 90},	 {FIELD_HEAP_INUSE, 110},
		{FIELD_HEAP_IDLE, 380},	 {FIELD_HEAP_RELEASED, 20},
		{FIELD_HEAP_SYS, 490},	 {FIELD_STACK_SYS, 2},
		{FIELD_STACK_INUSE, 1},	 {FIELD_SYS, 500},
		{FIELD_PPROF_INUSE, 88}, {FIELD_RESIDUE, 412},
	};

	for (size_t i = 0; i < sizeof(figures) / sizeof(*figures); i++)
		values_set(&f->values, figures[i].field, figures[i].mib << 20);
	fresh(&f->origins[ORIGIN_PROC], 0);
	fresh(&f->origins[ORIGIN_RUNTIME], 100 * NS_PER_MS);
	fresh(&f->origins[ORIGIN_PPROF], 15 * NS_PER_SEC);
	f->origins[ORIGIN_RUNTIME].by = READ_EXPVAR;
}

static void fixture_init(struct fixture *f)
{
	*f = (struct fixture){
		.info = {.id = "a1",
			 .pid = 4121,
			 .starttime = 8231,
			 .comm = "orders",
			 .cmdline = "orders --password=" SECRET,
			 .go_version = "go1.26.8",
			 .endpoint = "http://127.0.0.1:6060"},
		.verdict = {.kind = VERDICT_CACHE,
			    .confidence = 0.97,
			    .sentence = "360 of 500 MiB RES is idle memory",
			    .why = "idle is 380 MiB"},
		.rows = {3700},
	};
	fixture_figures(f);
	f->events[0] = event_make(EVENT_MARK, EVENT_FROM_USER,
				  WALL_NS - 2 * SNAPSHOT_PAST_NS);
	f->events[1] =
		event_make(EVENT_GC, EVENT_FROM_RUNTIME, WALL_NS - NS_PER_SEC);
	f->events[1].num_gc = 17;
	f->in = (struct snapshot_input){
		.info = &f->info,
		.now_ns = NOW_NS,
		.wall_ns = WALL_NS,
		.values = &f->values,
		.origins = f->origins,
		.verdict = &f->verdict,
		.live = -1,
		.files = {[SNAPSHOT_HEAP] = {heap, sizeof(heap) - 1},
			  [SNAPSHOT_MEMSTATS] = {expvar, strlen(expvar),
						 NOW_NS},
			  [SNAPSHOT_SMAPS] = {smaps, strlen(smaps)},
			  [SNAPSHOT_STATUS] = {"Name:\torders\n", 13},
			  [SNAPSHOT_LIMITS] = {.why = "permission denied"}},
		.gogc = "200",
		.gomemlimit = "",
		.events = f->events,
		.event_count = 2,
		.each_row = each_row,
		.rows = &f->rows,
	};
}

/* Bytes of DIR/NAME, NUL-terminated; NULL when there is no such file. */
static char *slurp(const char *dir, const char *name, size_t *n)
{
	char path[512];
	char *text = mem_alloc(4 << 20);
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "r");
	if (!f) {
		free(text);
		return NULL;
	}
	*n = fread(text, 1, (4 << 20) - 1, f);
	text[*n] = '\0';
	fclose(f);
	return text;
}

static void check_holds(const char *dir, const char *name, const char *words)
{
	size_t n;
	char *text = slurp(dir, name, &n);

	assert_non_null(text);
	if (!strstr(text, words))
		fail_msg("%s lacks '%s':\n%s", name, words, text);
	free(text);
}

/* How many names are in `dir`, which the caller may ask to be removed. */
static unsigned entries(const char *dir, bool remove)
{
	DIR *d = opendir(dir);
	unsigned count = 0;
	struct dirent *e;

	assert_non_null(d);
	while ((e = readdir(d))) {
		char path[1024];

		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		count++;
		snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		if (remove && unlink(path)) {
			entries(path, true);
			assert_int_equal(rmdir(path), 0);
		}
	}
	closedir(d);
	return count;
}

static int make_parent(void **unused)
{
	(void)unused;
	strcpy(parent, "/tmp/residue-test-XXXXXX");
	return mkdtemp(parent) ? 0 : -1;
}

static int remove_parent(void **unused)
{
	(void)unused;
	entries(parent, true);
	return rmdir(parent);
}

static void snap(const struct fixture *f, const char *in, char path[512])
{
	struct err err = ERR_INIT;

	if (snapshot_write(&f->in, in, path, 512, &err))
		fail_msg("%s", err.msg);
}

static void test_whole(void **unused)
{
	static const char *const names[] = {
		"summary.txt", "meta.json", "heap.pb.gz",    "memstats.json",
		"smaps",       "status",    "samples.jsonl", "events.jsonl"};
	char path[512], want[600], *text;
	struct fixture f;
	struct stat st;
	size_t n;

	(void)unused;
	fixture_init(&f);
	snap(&f, parent, path);
	snprintf(want, sizeof(want), "%s/orders-4121-20251123-035320", parent);
	assert_string_equal(path, want);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(entries(path, false), 8);
	assert_int_equal(entries(parent, false), 1);
	for (unsigned i = 0; i < 8; i++) {
		snprintf(want, sizeof(want), "%s/%s", path, names[i]);
		assert_int_equal(stat(want, &st), 0);
		assert_int_equal(st.st_mode & 07777, 0600);
		text = slurp(path, names[i], &n);
		assert_null(memmem(text, n, SECRET, strlen(SECRET)));
		free(text);
	}
	text = slurp(path, "heap.pb.gz", &n);
	assert_int_equal(n, sizeof(heap) - 1);
	assert_memory_equal(text, heap, n);
	free(text);
	text = slurp(path, "memstats.json", &n);
	assert_string_equal(text,
			    "{\"HeapSys\":9007199254740993,\"BySize\":[]}\n");
	free(text);
	check_holds(path, "smaps", "[anon: \\x1b[2J]\nRss:\t   4 kB\n");
	check_holds(path, "status", "Name:\torders\n");
}

static void test_summary_and_meta(void **unused)
{
	char path[512], *text;
	struct fixture f;
	json_t *meta;
	size_t n;

	(void)unused;
	fixture_init(&f);
	snap(&f, parent, path);
	check_holds(path, "summary.txt", "orders, pid 4121, go1.26.8\n");
	check_holds(path, "summary.txt", "360 of 500 MiB RES is idle memory");
	check_holds(path, "summary.txt", "(cache), 97%: idle is 380 MiB");
	check_holds(path, "summary.txt", "  RES               500 MiB  100.0%");
	check_holds(path, "summary.txt", "GC 17 (runtime, 100%)");
	check_holds(path, "summary.txt", "limits         permission denied");
	check_holds(path, "summary.txt", "GOGC=200");
	check_holds(path, "summary.txt", "GOMEMLIMIT=(not set)");
	text = slurp(path, "meta.json", &n);
	meta = json_loads(text, 0, NULL);
	assert_non_null(meta);
	assert_int_equal(json_integer_value(json_object_get(meta, "starttime")),
			 8231);
	assert_string_equal(
		json_string_value(json_object_get(
			json_object_get(meta, "missing"), "limits")),
		"permission denied");
	assert_string_equal(
		json_string_value(json_object_get(
			json_object_get(meta, "environment"), "GOGC")),
		"200");
	assert_string_equal(
		json_string_value(json_object_get(
			json_object_get(meta, "environment"), "GOMEMLIMIT")),
		"");
	assert_null(json_object_get(json_object_get(meta, "environment"),
				    "GODEBUG"));
	json_decref(meta);
	free(text);
}

static void test_profile_before_the_first_gc(void **unused)
{
	char path[512], *text;
	struct fixture f;
	size_t n;

	(void)unused;
	fixture_init(&f);
	values_set(&f.values, FIELD_NUM_GC, 0);
	snap(&f, parent, path);
	check_holds(path, "summary.txt",
		    "from before the first GC: stale until one ends\n");
	check_holds(path, "summary.txt", "  heap, unsplit     100 MiB ");
	text = slurp(path, "summary.txt", &n);
	assert_null(strstr(text, "objects live at the last GC"));
	free(text);
}

static unsigned lines(const char *dir, const char *name)
{
	unsigned count = 0;
	size_t n;
	char *text = slurp(dir, name, &n);

	for (size_t i = 0; i < n; i++)
		count += text[i] == '\n';
	free(text);
	return count;
}

static void test_last_hour_only(void **unused)
{
	char path[512];
	struct fixture f;

	(void)unused;
	fixture_init(&f);
	snap(&f, parent, path);
	/* The target's line, and one row a second of an hour, both ends. */
	assert_int_equal(lines(path, "samples.jsonl"), 1 + 3601);
	check_holds(path, "samples.jsonl",
		    "\"t\":1763866400.0,\"pid\":4121,"
		    "\"rss\":1099,");
	assert_int_equal(lines(path, "events.jsonl"), 1);
	check_holds(path, "events.jsonl", "\"kind\":\"gc\"");
}

/* Little is known: the figures stand in for the reply, reasons for files. */
static void test_little_is_known(void **unused)
{
	char path[512], *text;
	struct fixture f;
	size_t n;

	(void)unused;
	fixture_init(&f);
	memset(f.in.files, 0, sizeof(f.in.files));
	f.in.verdict = NULL;
	f.in.each_row = NULL;
	f.in.event_count = 0;
	f.origins[ORIGIN_PPROF].fail.code = ERR_TIMEOUT;
	strcpy(f.origins[ORIGIN_PPROF].fail.msg, "no answer in 10 s");
	snap(&f, parent, path);
	check_holds(path, "summary.txt", "heap.pb.gz     no answer in 10 s");
	check_holds(path, "summary.txt", "smaps          not read");
	check_holds(path, "summary.txt", "no history was kept");
	check_holds(path, "memstats.json",
		    "{\"read\":\"expvar\",\"age_ms\":100,"
		    "\"heap_alloc\":104857600,");
	assert_null(slurp(path, "heap.pb.gz", &n));
	assert_null(slurp(path, "samples.jsonl", &n));
	text = slurp(path, "events.jsonl", &n);
	assert_int_equal(n, 0);
	free(text);
}

/* Numbers that are larger than jansson takes stay as they came; a reply that
 * is no expvar leaves the figures. */
static void test_memstats_in_other_forms(void **unused)
{
	static const char *const replies[] = {
		"go_memstats_sys_bytes 1\n", "[]",
		"{\"memstats\":", "{\"cmdline\":\"" SECRET "\"}"};
	static const char huge[] =
		"{\"x\":1e999,\"memstats\":"
		"{\"NextGC\":18446744073709551615,\"\x1b\":1}}";
	char path[512];
	struct fixture f;

	(void)unused;
	fixture_init(&f);
	for (unsigned i = 0; i < 4; i++) {
		f.in.files[SNAPSHOT_MEMSTATS] = (struct snapshot_bytes){
			replies[i], strlen(replies[i]), NOW_NS};
		snap(&f, parent, path);
		check_holds(path, "memstats.json", "{\"read\":\"expvar\",");
	}
	f.in.files[SNAPSHOT_MEMSTATS] =
		(struct snapshot_bytes){huge, strlen(huge), NOW_NS};
	snap(&f, parent, path);
	check_holds(path, "memstats.json",
		    "{\"NextGC\":18446744073709551615,\"\\x1b\":1}\n");
	/* Figures were read from memory since: an old reply is none. */
	f.in.files[SNAPSHOT_MEMSTATS].t_ns = NOW_NS - 3600 * NS_PER_SEC;
	snap(&f, parent, path);
	check_holds(path, "memstats.json", "{\"read\":\"expvar\",");
}

/* From memory, with their age. */
static void test_by_size(void **unused)
{
	const struct by_size sizes = {2, {{8, 7, 5}, {16, UINT32_MAX, 1}}};
	char path[512];
	struct fixture f;

	(void)unused;
	fixture_init(&f);
	f.in.files[SNAPSHOT_MEMSTATS] = (struct snapshot_bytes){0};
	f.in.by_size = &sizes;
	f.in.by_size_ns = NOW_NS - 2 * NS_PER_SEC;
	f.origins[ORIGIN_RUNTIME].by = READ_AGENTLESS;
	snap(&f, parent, path);
	check_holds(path, "memstats.json",
		    "\"by_size_age_ms\":2000,\"by_size\":["
		    "{\"size\":8,\"mallocs\":7,\"frees\":5},"
		    "{\"size\":16,\"mallocs\":4294967295,\"frees\":1}]}");
}

static void test_names(void **unused)
{
	char path[512], want[128];
	struct fixture f;

	(void)unused;
	fixture_init(&f);
	strcpy(f.info.comm, "../a b\n\xc3\xa9");
	snap(&f, parent, path);
	snprintf(want, sizeof(want), "%s/_._a_b___-4121-20251123-035320",
		 parent);
	assert_string_equal(path, want);
	snap(&f, parent, path);
	strcat(want, "-2");
	assert_string_equal(path, want);
	snap(&f, parent, path);
	want[strlen(want) - 1] = '3';
	assert_string_equal(path, want);
	assert_int_equal(entries(parent, false), 3);

	f.info.kind = TARGET_URL;
	f.info.pid = 0;
	snap(&f, parent, path);
	snprintf(want, sizeof(want), "%s/127.0.0.1_6060-20251123-035320",
		 parent);
	assert_string_equal(path, want);
}

static void test_default_parent(void **unused)
{
	char path[512], want[128], data[128];
	struct fixture f;
	struct stat st;

	(void)unused;
	fixture_init(&f);
	snprintf(data, sizeof(data), "%s/data", parent);
	setenv("HOME", parent, 1);
	setenv("XDG_DATA_HOME", data, 1);
	snap(&f, NULL, path);
	snprintf(want, sizeof(want), "%s/data/residue/orders-", parent);
	assert_int_equal(strncmp(path, want, strlen(want)), 0);
	want[strlen(want) - strlen("/orders-")] = '\0';
	assert_int_equal(stat(want, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	setenv("XDG_DATA_HOME", "not/absolute", 1);
	snap(&f, NULL, path);
	snprintf(want, sizeof(want), "%s/.local/share/residue/orders-", parent);
	assert_int_equal(strncmp(path, want, strlen(want)), 0);

	setenv("HOME", "/proc/self", 1);
	assert_int_equal(chdir(parent), 0);
	snap(&f, NULL, path);
	assert_int_equal(strncmp(path, "./orders-", 9), 0);
	assert_int_equal(chdir("/"), 0);
}

static void test_no_place(void **unused)
{
	char path[512];
	struct err err = ERR_INIT;
	struct fixture f;

	(void)unused;
	fixture_init(&f);
	assert_int_equal(snapshot_write(&f.in, "/proc/self/x", path, 512, &err),
			 -1);
	assert_non_null(strstr(err.msg, "/proc/self/x"));
	assert_int_equal(snapshot_write(&f.in, "", path, 512, &err), -1);
	assert_int_equal(err.code, ERR_USAGE);
	assert_int_equal(snapshot_write(&f.in, "/dev/null", path, 512, &err),
			 -1);
}

/* In a child: no file may grow past any of these sizes. */
static void test_file_size_limit(void **unused)
{
	struct fixture f;
	int status;
	pid_t pid;

	(void)unused;
	fixture_init(&f);
	pid = fork();
	if (pid == 0) {
		signal(SIGXFSZ, SIG_IGN);
		for (rlim_t most = 0; most < 1000000; most = most * 5 + 7) {
			struct rlimit limit = {most, RLIM_INFINITY};
			struct err err = ERR_INIT;
			char path[512];

			setrlimit(RLIMIT_FSIZE, &limit);
			if (!snapshot_write(&f.in, parent, path, 512, &err))
				_exit(most < 300000 ? 1 : 0);
			if (err.sys != EFBIG || entries(parent, false))
				_exit(2);
		}
		_exit(3);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(entries(parent, false), 1);
}

/* Mount a file system of `options` over the parent and try: 0 when the
 * snapshot came whole, 1 when it failed for want of room and left nothing. */
static int try_in_small_disk(const struct fixture *f, const char *options)
{
	struct err err = ERR_INIT;
	char path[512];
	int ret;

	if (mount("none", parent, "tmpfs", 0, options))
		return -1;
	if (snapshot_write(&f->in, parent, path, 512, &err) == 0)
		ret = entries(parent, false) == 1 && entries(path, false) == 8
			      ? 0
			      : -2;
	else
		ret = err.sys == ENOSPC && entries(parent, false) == 0 ? 1 : -3;
	umount(parent);
	return ret;
}

/* Grow the disk until a snapshot fits: status 0 when every smaller one was
 * left empty and at least one was too small. */
static int grow_disk(const struct fixture *f, const char *unit)
{
	char options[64];

	for (unsigned n = 1; n < 4000; n += n < 20 ? 1 : 13) {
		int ret;

		snprintf(options, sizeof(options), unit, n);
		ret = try_in_small_disk(f, options);
		if (ret <= 0)
			return ret == 0 && n > 1 ? 0 : 1;
	}
	return 2;
}

static void interrupt_row(void *ctx,
			  void (*row)(void *ctx, const struct row *row),
			  void *row_ctx)
{
	raise(SIGINT);
	each_row(ctx, row, row_ctx);
}

/* Ctrl-C in the middle of a file: the program ends by it, and nothing stays. */
static void test_interrupted(void **unused)
{
	struct fixture f;
	int status;
	pid_t pid;

	(void)unused;
	fixture_init(&f);
	f.in.each_row = interrupt_row;
	pid = fork();
	if (pid == 0) {
		char path[512];
		struct err err = ERR_INIT;

		signal(SIGINT, SIG_DFL);
		if (snapshot_write(&f.in, parent, path, sizeof(path), &err))
			_exit(2);
		_exit(3);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT);
	assert_int_equal(entries(parent, false), 0);
}

/* One that the caller holds up itself is none of ours. */
static void test_held_up(void **unused)
{
	sigset_t set, was;
	struct fixture f;
	char path[512];
	int number;

	(void)unused;
	fixture_init(&f);
	f.in.each_row = interrupt_row;
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, &was);
	snap(&f, parent, path);
	assert_int_equal(sigwait(&set, &number), 0);
	sigprocmask(SIG_SETMASK, &was, NULL);
	assert_int_equal(entries(parent, false), 1);
}

static void test_full_disk(void **unused)
{
	struct fixture f;
	int status;
	pid_t pid;

	(void)unused;
	fixture_init(&f);
	pid = fork();
	if (pid == 0) {
		if (unshare(CLONE_NEWNS) ||
		    mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) ||
		    mount("none", parent, "tmpfs", 0, "size=4k"))
			_exit(77);
		umount(parent);
		_exit(grow_disk(&f, "size=%uk") ||
		      grow_disk(&f, "nr_inodes=%u"));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		skip(); /* mounting is not permitted here */
	assert_int_equal(status, 0);
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, make_parent, remove_parent)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_whole),
		TEST(test_summary_and_meta),
		TEST(test_profile_before_the_first_gc),
		TEST(test_last_hour_only),
		TEST(test_little_is_known),
		TEST(test_memstats_in_other_forms),
		TEST(test_by_size),
		TEST(test_names),
		TEST(test_default_parent),
		TEST(test_no_place),
		TEST(test_file_size_limit),
		TEST(test_interrupted),
		TEST(test_held_up),
		TEST(test_full_disk),
	};

	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests_name("snapshot", tests, NULL, NULL);
}
