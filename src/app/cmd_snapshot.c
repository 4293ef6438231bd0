/* cmd_snapshot.c - write one snapshot directory and print its path. */
#include "command.h"
#include "targets.h"

#include <residue/base/clock.h>

#include <stdio.h>

/* A first sample waits for the endpoint this long at most. */
#define WARM_NS (6 * NS_PER_SEC)

/* The first tick's row: without it the summary has no RES. */
static void wait_for_row(struct sampler *s, int64_t interval_ns)
{
	int64_t end = clock_boot_ns() + interval_ns + NS_PER_SEC;
	struct item it;

	while (clock_boot_ns() < end && sampler_live(s)) {
		while (sampler_next(s, &it))
			if (it.kind == ITEM_SAMPLE)
				return;
		sampler_wait(s, 20);
	}
}

static int run(struct options *o, struct err *err)
{
	struct targets s;
	char path[4096];
	int rc = EXIT_FINE;

	if (targets_open(&s, o, TARGETS_ITEMS | TARGETS_ONCE, err) == 0 &&
	    s.count != 1)
		err_set(err, ERR_USAGE, "snapshot takes one target");
	if (err->code != ERR_NONE) {
		rc = exit_code_of(err);
	} else if (!s.scripted && sampler_run(s.sampler, WARM_NS, err)) {
		rc = EXIT_FAILED;
	} else {
		if (!s.scripted)
			wait_for_row(s.sampler, o->interval_ns);
		if ((!s.scripted && targets_answered(&s, s.ids[0], err)) ||
		    sampler_snapshot(s.sampler, s.ids[0], path, sizeof(path),
				     err))
			rc = exit_code_of(err);
		else
			puts(path);
	}
	targets_close(&s);
	return rc;
}

const struct command command_cmd_snapshot = {
	.name = "snapshot",
	.synopsis = "[-o DIR] TARGET",
	.summary = "write one snapshot directory, print its path",
	.run = run,
};
