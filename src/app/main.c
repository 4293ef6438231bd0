/* main.c - from the command line to a command, and its exit code. */
#include <config.h>

#include "command.h"
#include "config.h"

#include <residue/base/mem.h>
#include <residue/base/text.h>
#include <residue/ui/theme.h>

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <locale.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int exit_code_of(const struct err *err)
{
	switch (err->code) {
	case ERR_USAGE:
		return EXIT_USAGE;
	case ERR_GONE:
		return EXIT_GONE;
	default:
		return EXIT_FAILED;
	}
}

/*
 * A standard stream that we were started without is one on which every read and
 * write fails: else the next file that we open takes its number, and gets what
 * we print.
 */
static void hold_standard_streams(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 &&
		    open("/dev/null",
			 fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
			_exit(EXIT_FAILED);
}

/* Output that did not reach its reader is a failure; a reader that has seen
 * enough is not. */
static int close_stdout(int code, struct err *err)
{
	errno = 0;
	if (fflush(stdout) == 0 && !ferror(stdout))
		return code;
	if (err->code == ERR_NONE)
		err_sys(err, errno ? errno : EIO, "cannot write the output");
	if (err->sys == EPIPE) {
		*err = (struct err)ERR_INIT;
		return EXIT_FINE;
	}
	return code ? code : EXIT_FAILED;
}

/* Said where nothing is drawn as well: it is meant for when something is. */
static int check_theme(const struct options *o, struct err *err)
{
	struct theme theme;
	char *config;
	int rc;

	if (!o->theme)
		return 0;
	config = config_dir();
	rc = theme_load(&theme, o->theme, config, err);
	free(config);
	return rc ? err_of_file(err) : 0;
}

static int run(struct options *o, const struct command *command,
	       struct err *err)
{
	if (o->help) {
		options_help(stdout);
		return EXIT_FINE;
	}
	if (o->version) {
		puts(PACKAGE_STRING);
		return EXIT_FINE;
	}
	if (check_theme(o, err))
		return exit_code_of(err);
	return command->run(o, err);
}

/*
 * Six threads and bodies of any size: one arena, large blocks given back at
 * once. It is what keeps a monitor of memory small itself.
 */
static void keep_small(void)
{
	mallopt(M_ARENA_MAX, 1);
	mallopt(M_MMAP_THRESHOLD, 128 * 1024);
	mallopt(M_TRIM_THRESHOLD, 64 * 1024);
	mallopt(M_TOP_PAD, 32 * 1024);
}

void complain(const char *msg, const char *more)
{
	char shown[4 * sizeof(((struct err *)0)->msg)];

	text_visible(shown, sizeof(shown), msg, strlen(msg));
	fprintf(stderr, "residue: %s%s\n", shown, more);
}

int main(int argc, char **argv)
{
	const struct command *command;
	struct err err = ERR_INIT;
	struct options o;
	int code;

	hold_standard_streams();
	keep_small();
	/* jansson itself overlooks some failures, and loses text. */
	json_set_alloc_funcs(mem_alloc, free);
	setlocale(LC_ALL, "");
	/* Numbers are written as JSON and CSV want them. */
	setlocale(LC_NUMERIC, "C");
	if (options_parse(&o, argc, argv, &command, &err))
		code = EXIT_USAGE;
	else
		code = run(&o, command, &err);
	code = close_stdout(code, &err);
	if (err.code != ERR_NONE)
		complain(err.msg,
			 err.code == ERR_USAGE ? "; try 'residue --help'" : "");
	options_release(&o);
	if (o.ended_by && o.ended_by != SIGINT) {
		/* Everything is closed: end as the sender expects. */
		signal(o.ended_by, SIG_DFL);
		raise(o.ended_by);
	}
	return code;
}
