/*
 * options.h - what the user asked for on the command line and in the config.
 *
 * One table (options.c) makes getopt's, --help's and the config file's; an
 * option is one line in it and one member here.
 */
#ifndef RESIDUE_APP_OPTIONS_H
#define RESIDUE_APP_OPTIONS_H

#include <residue/base/err.h>
#include <residue/model/reading.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* A list of strings, borrowed from argv or owned by the options. */
struct strings {
	const char **v; /* NULL-terminated when not NULL */
	size_t n;
};

struct options {
	/* what to do */
	bool help, version, batch;
	bool json, csv;
	int64_t interval_ns; /* -d */
	int64_t samples;     /* -n; -1: no end */
	struct strings pids; /* -p, as top has it */
	const char *sort;    /* list */
	const char *output;  /* -o: a directory of snapshots */
	int64_t scale;	     /* demo */
	/* top */
	bool cum;
	const char *focus, *sample_index;
	/* endpoints */
	const char *endpoint; /* -H */
	struct strings headers;
	bool netrc, insecure;
	const char *cacert, *cert, *key;
	int64_t timeout_ns;
	int64_t profile_every_ns; /* 0: the default, within a budget */
	bool probe, no_probe;
	const char *read;
	/* looks */
	const char *theme, *color;
	bool ascii, no_mouse;
	/* where from */
	const char *config, *proc_root, *script;
	/* left over */
	char **args;
	int arg_count;
	int ended_by; /* the signal that ended the screens, or 0 */
	/* texts read from the config file */
	char **owned;
	size_t owned_count;
};

struct command;

/* Parse argv; *command is the one named, or the default one (watch). ERR_USAGE
 * with words. Reads the config file too; options on the command line win. */
int options_parse(struct options *o, int argc, char **argv,
		  const struct command **command,
		  struct err *err) RESIDUE_CHECK;
void options_release(struct options *o);

/* The text of --help. */
void options_help(FILE *to);

/* --read: READ_COUNT where it was not given, READ_NONE where it is no way. */
enum read_by read_by(const struct options *o);

#endif
