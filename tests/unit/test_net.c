/*
 * test_net.c - the net lane on a live Go process: a GC is forced when it is
 * asked for, as often as that, and never else.
 */
#include <residue/sampler/sampler.h>

#include <residue/base/clock.h>

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define WAIT_NS (60 * NS_PER_SEC) /* a test that waits this long has failed */

/* The workload, holding still, and a sampler that watches it. */
struct watched {
	pid_t pid;
	FILE *said; /* what it prints; closed early it would end when it does */
	char url[128];
	struct sampler *sampler;
	struct frame_want want;
	struct frame frame;
};

static const char *workload(void)
{
	const char *path = getenv("WORKLOAD");

	return path && access(path, X_OK) == 0 ? path : NULL;
}

static void start_workload(struct watched *w)
{
	int out[2];
	char line[256];

	assert_int_equal(pipe(out), 0);
	w->pid = fork();
	if (w->pid == 0) {
		dup2(out[1], 1);
		close(out[0]);
		execl(workload(), "workload", "-scenario", "steady", "-listen",
		      "127.0.0.1:0", "-scale", "0.1", "-dwell", "1ms",
		      "-linger", "300s", (char *)NULL);
		_exit(127);
	}
	close(out[1]);
	w->said = fdopen(out[0], "r");
	assert_non_null(w->said);
	while (fgets(line, sizeof(line), w->said) && strncmp(line, "ready", 5))
		sscanf(line, "listening %127s", w->url);
	assert_memory_equal(w->url, "http://", 7);
}

static const struct panel *look(struct watched *w)
{
	sampler_frame(w->sampler, &w->want, &w->frame);
	return &w->frame.panels[0];
}

static int64_t forced(struct watched *w)
{
	return values_get(&look(w)->values, FIELD_NUM_FORCED_GC, -1);
}

static int start(void **state)
{
	static struct watched w;
	struct sampler_options opt = {.interval_ns = 100 * NS_PER_MS,
				      .profile_every_ns = 15 * NS_PER_SEC,
				      .read = READ_COUNT};
	struct err err = ERR_INIT;
	int64_t end = clock_boot_ns() + WAIT_NS;

	*state = NULL;
	if (!workload())
		return 0;
	start_workload(&w);
	w.sampler = sampler_new(&opt, &err);
	assert_non_null(w.sampler);
	w.want.step_ns = NS_PER_SEC;
	frame_init(&w.frame);
	if (sampler_add(w.sampler, w.pid, w.url, true, w.want.target[0],
			&err) ||
	    sampler_run(w.sampler, 0, &err))
		fail_msg("%s", err.msg);
	/* The scenario begins with two of its own. */
	while (forced(&w) < 2 || !look(&w)->origins[ORIGIN_PPROF].ever) {
		assert_true(clock_boot_ns() < end);
		sampler_wait(w.sampler, 100);
	}
	*state = &w;
	return 0;
}

static int stop(void **state)
{
	struct watched *w = *state;

	if (!w)
		return 0;
	frame_release(&w->frame);
	sampler_free(w->sampler);
	kill(w->pid, SIGKILL);
	waitpid(w->pid, NULL, 0);
	fclose(w->said);
	return 0;
}

/* Watch for so many readings of the runtime. */
static void watch(struct watched *w, unsigned readings)
{
	int64_t end = clock_boot_ns() + WAIT_NS, last = 0;

	while (readings) {
		int64_t now = look(w)->origins[ORIGIN_RUNTIME].end_ns;

		readings -= now != last;
		last = now;
		assert_true(clock_boot_ns() < end);
		sampler_wait(w->sampler, 100);
	}
}

static unsigned marks(struct watched *w)
{
	static const char text[] = "GC forced by residue (heap?gc=1), took ";
	const struct panel *p = look(w);
	unsigned n = 0;

	for (unsigned i = 0; i < p->event_count; i++)
		n += p->events[i].kind == EVENT_MARK &&
		     p->events[i].source == EVENT_FROM_USER &&
		     !strncmp(p->events[i].text, text, sizeof(text) - 1);
	return n;
}

/* Ask, and wait for the answer: an event for each. A busy machine says that
 * samples were lost where the answer is told. */
static void ask(struct watched *w, const char *times)
{
	struct request req = {.kind = REQUEST_GC};
	struct err err = ERR_INIT;
	int64_t before = clock_boot_ns();
	unsigned all = marks(w) + (*times ? 2 : 1);

	memcpy(req.target, w->want.target[0], sizeof(req.target));
	snprintf(req.text, sizeof(req.text), "%s", times);
	assert_int_equal(sampler_post(w->sampler, &req, &err), 0);
	do {
		assert_true(clock_boot_ns() < before + WAIT_NS);
		sampler_wait(w->sampler, 100);
	} while (marks(w) < all);
	if (!strstr(w->frame.toast, "lost"))
		assert_false(w->frame.toast_is_error);
}

static void test_forced_gcs(void **state)
{
	struct watched *w = *state;
	int64_t first;

	if (!w)
		skip();
	first = forced(w);
	watch(w, 20);
	assert_int_equal(forced(w), first);
	ask(w, "");
	watch(w, 3);
	assert_int_equal(forced(w), first + 1);
	assert_int_equal(marks(w), 1);
	ask(w, "2");
	watch(w, 20);
	assert_int_equal(forced(w), first + 3);
	assert_int_equal(marks(w), 3);
	/* A busy machine may have had the last word. */
	if (!strstr(w->frame.toast, "lost"))
		assert_memory_equal(w->frame.toast, "2 GCs forced", 12);
}

static void test_no_endpoint(void **state)
{
	struct watched *w = *state;
	struct request req = {.kind = REQUEST_GC};
	struct err err = ERR_INIT;

	if (!w)
		skip();
	if (sampler_add(w->sampler, getpid(), NULL, false, req.target, &err))
		fail_msg("%s", err.msg);
	assert_int_equal(sampler_post(w->sampler, &req, &err), -1);
	assert_int_equal(err.code, ERR_UNSUPPORTED);
	assert_non_null(strstr(err.msg, "endpoint"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forced_gcs),
		cmocka_unit_test(test_no_endpoint),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
