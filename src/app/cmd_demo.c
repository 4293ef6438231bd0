/*
 * cmd_demo.c - the bundled workload runs the article's experiment, and we watch:
 * five times 100 MB are allocated, dropped, collected, and given back.
 */
#include "batch.h"
#include "child.h"
#include "command.h"
#include "screen.h"

#include <residue/base/clock.h>
#include <residue/base/mem.h>
#include <residue/base/units.h>
#include <residue/proc/procfs.h>
#include <residue/source/facts.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define ENDPOINT_WAIT_MS 10000
/* What the experiment holds at its peak, and some room to breathe. */
#define PEAK_BYTES (600LL << 20)

/* In the build tree it lies beside us; installed, in libexec. */
static char *find_workload(struct err *err)
{
	char self[4096], *path, *slash;
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (n > 0) {
		self[n] = '\0';
		slash = strrchr(self, '/');
		if (slash)
			*slash = '\0';
		path = mem_printf("%s/workload", self);
		if (access(path, X_OK) == 0)
			return path;
		free(path);
	}
	path = mem_strdup(RESIDUE_LIBEXECDIR "/workload");
	if (access(path, X_OK) == 0)
		return path;
	free(path);
	err_set(err, ERR_UNSUPPORTED,
		"the demo's Go workload is not installed: it is built when "
		"configure finds a go command, 1.19 or newer");
	return NULL;
}

static int check_memory(int64_t scale, struct err *err)
{
	int64_t total, available, need = scale * PEAK_BYTES;
	char a[UNITS_MAX], b[UNITS_MAX];
	struct procfs fs;

	if (procfs_open(&fs, NULL, err))
		return -1;
	machine_memory(&fs, &total, &available);
	procfs_release(&fs);
	if (available < 0 || need <= available)
		return 0;
	return err_set(err, ERR_LIMIT,
		       "the demo at scale %lld needs %s, but only %s of "
		       "memory are available: try a smaller --scale",
		       (long long)scale, units_bytes(a, need),
		       units_bytes(b, available));
}

/* The workload prints "listening URL" when it does. */
static char *read_endpoint(const char *path)
{
	char line[512], *url = NULL;
	FILE *f = fopen(path, "re");

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, "listening ", 10) && strchr(line, '\n')) {
			*strchr(line, '\n') = '\0';
			url = mem_strdup(line + 10);
			break;
		}
	if (f)
		fclose(f);
	return url;
}

static char *wait_for_endpoint(struct child *c, struct err *err)
{
	const struct timespec pause = {0, 20 * NS_PER_MS};
	char *url = NULL;

	for (int ms = 0; ms < ENDPOINT_WAIT_MS && !url; ms += 20) {
		url = read_endpoint(c->out);
		if (!url && child_status(c) >= 0)
			break;
		if (!url)
			nanosleep(&pause, NULL);
	}
	if (!url)
		err_set(err, ERR_UNSUPPORTED,
			"the demo's workload did not start; its words are in "
			"%s",
			c->errout);
	return url;
}

static int start(struct child *c, const struct options *o, bool screen,
		 struct err *err)
{
	int64_t scale = o->scale ? o->scale : 1;
	char number[UNITS_MAX], *path;
	int rc;

	if (check_memory(scale, err))
		return -1;
	path = find_workload(err);
	if (!path)
		return -1;
	snprintf(number, sizeof(number), "%lld", (long long)scale);
	{
		char *argv[] = {path,	   "-scenario",	  "article",
				"-listen", "127.0.0.1:0", "-scale",
				number,	   "-linger",	  screen ? "-1s" : "0s",
				NULL};

		rc = child_start(c, argv, err);
	}
	free(path);
	return rc;
}

static int watch(struct targets *s, struct options *o, struct child *c,
		 const char *url, bool screen, struct err *err)
{
	/* A phase takes six seconds: the usual 15 between profiles would miss
	 * most of them. */
	struct options demo = *o;
	unsigned flags = screen ? 0 : TARGETS_ITEMS;

	if (!demo.profile_every_ns || demo.profile_every_ns > 2 * NS_PER_SEC)
		demo.profile_every_ns = 2 * NS_PER_SEC;
	if (targets_open(s, &demo, flags, err) ||
	    targets_add(s, c->pid, url, err))
		return exit_code_of(err);
	if (screen)
		return screen_run(s, &demo,
				  "the article's experiment: 5 x 100 MB, "
				  "dropped, collected, given back",
				  err)
			       ? exit_code_of(err)
			       : EXIT_FINE;
	return batch_run(s, &demo, err);
}

static int run(struct options *o, struct err *err)
{
	bool screen =
		!o->batch && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
	struct targets s = {0};
	struct child c;
	char *url;
	int rc;

	if (o->arg_count) {
		err_set(err, ERR_USAGE, "demo takes no targets");
		return EXIT_USAGE;
	}
	if (start(&c, o, screen, err))
		return exit_code_of(err);
	url = wait_for_endpoint(&c, err);
	rc = url ? watch(&s, o, &c, url, screen, err) : EXIT_FAILED;
	targets_close(&s);
	child_end(&c);
	if (rc == EXIT_FINE) {
		unlink(c.out);
		unlink(c.errout);
	}
	child_release(&c);
	free(url);
	return rc;
}

const struct command command_cmd_demo = {
	.name = "demo",
	.synopsis = "[--scale=N]",
	.summary = "watch the bundled Go workload: the article's experiment",
	.prints_csv = true,
	.run = run,
};
