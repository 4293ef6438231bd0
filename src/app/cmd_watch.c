/* cmd_watch.c - no command: the list, one target, or several side by side; and
 * their headless twin, -b. */
#include "batch.h"
#include "command.h"
#include "probes.h"
#include "screen.h"
#include "words.h"

/* All Go processes there are; their sockets are asked only by --probe. */
static int find_all(struct targets *s, const struct options *o, struct err *err)
{
	struct probes probes = {.count = 0};
	struct frame f;

	if (sampler_discover(s->sampler, true, err))
		return -1;
	if (!o->probe)
		return 0;
	frame_init(&f);
	probes_run(&probes, s->sampler, &f);
	probes_release(&probes);
	frame_release(&f);
	return 0;
}

static int batch(struct options *o, struct err *err)
{
	struct targets s;
	bool all = !o->script && !o->arg_count && !o->pids.n && !o->endpoint;
	int rc;

	if (targets_open(&s, o, TARGETS_ITEMS | (all ? TARGETS_DISCOVER : 0),
			 err))
		rc = exit_code_of(err);
	else if (all && find_all(&s, o, err))
		rc = exit_code_of(err);
	else
		rc = batch_run(&s, o, err);
	targets_close(&s);
	return rc;
}

static int watch(struct options *o, struct err *err)
{
	struct targets s;
	int rc = 0;

	if (o->json || o->csv)
		rc = err_set(err, ERR_USAGE,
			     "--json and --csv need -b here: 'residue -b "
			     "--json TARGET'");
	if (rc)
		return EXIT_USAGE;
	/* What is wrong with a target is said with and without a terminal. */
	if (targets_open(&s, o, TARGETS_DISCOVER, err) ||
	    need_terminal("residue -b' or 'residue list", err) ||
	    screen_run(&s, o, NULL, err))
		rc = exit_code_of(err);
	targets_close(&s);
	return rc;
}

static int run(struct options *o, struct err *err)
{
	return o->batch ? batch(o, err) : watch(o, err);
}

const struct command command_cmd_watch = {
	.name = "",
	.synopsis = "[TARGET...]",
	.summary = "every Go process; or watch one, or compare two at a time",
	.prints_csv = true,
	.run = run,
};
