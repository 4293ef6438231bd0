/*
 * command.h - the commands of the program: one file each, cmd_NAME.c.
 *
 * To add one: src/app/cmd_NAME.c defines `const struct command command_cmd_NAME`
 * and src/app/module.mk lists it in COMMANDS.
 */
#ifndef RESIDUE_APP_COMMAND_H
#define RESIDUE_APP_COMMAND_H

#include "options.h"

/* Exit codes (residue(1), EXIT STATUS). */
enum { EXIT_FINE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_GONE = 3 };

struct command {
	const char *name;     /* as typed; "" of the default command */
	const char *synopsis; /* what follows the name */
	const char *summary;  /* one line for --help */
	bool verbatim;	 /* everything after the first argument is not ours */
	bool prints_csv; /* with -b */
	/* Returns an exit code; *err says why it is not 0. */
	int (*run)(struct options *o, struct err *err);
};

extern const struct command *const command_registry[];
extern const unsigned command_count;

/* A line on stderr; the words may quote a file, a server, or an argument, so
 * that control characters in them are made visible. */
void complain(const char *msg, const char *more);
/* The exit code that fits an error. */
int exit_code_of(const struct err *err);

#endif
