/* cmd_run.c - start a program and watch it; its exit status becomes ours. */
#include "batch.h"
#include "child.h"
#include "command.h"
#include "screen.h"
#include "signals.h"
#include "words.h"

#include <stdio.h>
#include <stdlib.h>

static int watch_child(struct targets *s, struct options *o, struct child *c,
		       struct err *err)
{
	char note[512];
	int rc;

	snprintf(note, sizeof(note), "output: %s and %s", c->out, c->errout);

	if (!o->batch) {
		rc = screen_run(s, o, note, err) ? exit_code_of(err)
						 : EXIT_FINE;
		/* The screen that named them is gone. */
		complain(note, "");
		return rc;
	}
	complain(note, "");
	return batch_run(s, o, err);
}

/* Leaving the screen does not end the program: its exit status is ours. */
static void wait_for(struct options *o, struct child *c, struct err *err)
{
	if (child_status(c) >= 0 || signals_open(err))
		return;
	fprintf(stderr, "residue: waiting for process %d to end\n",
		(int)c->pid);
	o->ended_by = child_wait(c);
}

static int run(struct options *o, struct err *err)
{
	char *const *argv = o->args;
	int argc = o->arg_count, rc, status;
	struct targets s;
	struct child c;

	if (!argc) {
		err_set(err, ERR_USAGE,
			"run needs a command: run -- CMD ARG...");
		return EXIT_USAGE;
	}
	if (!o->batch && need_terminal("residue run -b CMD", err))
		return EXIT_USAGE;
	if (child_start(&c, argv, err))
		return EXIT_FAILED;
	o->arg_count = 0; /* they are the child's, not targets */
	if (targets_open(&s, o, o->batch ? TARGETS_ITEMS : 0, err) ||
	    targets_add(&s, c.pid, o->endpoint, err))
		rc = EXIT_FAILED;
	else
		rc = watch_child(&s, o, &c, err);
	o->arg_count = argc;
	targets_close(&s);
	if (!rc && !o->ended_by)
		wait_for(o, &c, err);
	child_end(&c);
	status = child_status(&c);
	child_release(&c);
	return rc ? rc : status;
}

const struct command command_cmd_run = {
	.name = "run",
	.synopsis = "[OPTION...] [--] CMD [ARG...]",
	.summary = "start CMD and watch it; its exit status becomes ours",
	.verbatim = true,
	.prints_csv = true,
	.run = run,
};
