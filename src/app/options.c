/* options.c - the table of options: getopt, help and config in one. */
#include "options.h"
#include "command.h"
#include "config.h"

#include <residue/base/clock.h>
#include <residue/base/mem.h>
#include <residue/base/text.h>
#include <residue/model/target.h>

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum type { FLAG, TEXT, LIST, SECONDS, COUNT, COUNT_OR_ALL };

struct option_info {
	const char *name;
	char letter; /* 0: none */
	enum type type;
	size_t member; /* offsetof(struct options, ...) */
	const char *arg;
	const char *help;
};

#define M(member) offsetof(struct options, member)
/* clang-format off */
static const struct option_info table[] = {
{"batch",         'b', FLAG,    M(batch),           NULL,    "print samples and events instead of the screen"},
{"delay",         'd', SECONDS, M(interval_ns),     "SECS",  "time between samples, 0.1 and up (default 1)"},
{"iterations",    'n', COUNT_OR_ALL, M(samples),    "N",     "samples to print of each target; top: rows, 0 for all"},
{"pid",           'p', LIST,    M(pids),            "PID",   "watch this process (as top has it)"},
{"json",           0,  FLAG,    M(json),            NULL,    "print JSON lines"},
{"csv",            0,  FLAG,    M(csv),             NULL,    "print CSV"},
{"sort",           0,  TEXT,    M(sort),            "FIELD", "list: sort by this column or figure (default rss)"},
{"output",        'o', TEXT,    M(output),          "DIR",   "where snapshots go"},
{"scale",          0,  COUNT,   M(scale),           "N",     "demo: sizes times N (20 is the article's 10 GB)"},
{"cum",            0,  FLAG,    M(cum),             NULL,    "top: sort by cumulative value"},
{"focus",          0,  TEXT,    M(focus),           "RE",    "top: only stacks through a match (Go's regexp)"},
{"sample_index",   0,  TEXT,    M(sample_index),    "TYPE",  "top: inuse_space, inuse_objects, alloc_space or alloc_objects"},
{"endpoint",      'H', TEXT,    M(endpoint),        "URL",   "the target's net/http/pprof or expvar address"},
{"header",         0,  LIST,    M(headers),         "LINE",  "send this header (\"Authorization: Bearer ...\")"},
{"netrc",          0,  FLAG,    M(netrc),           NULL,    "take passwords from ~/.netrc"},
{"cacert",         0,  TEXT,    M(cacert),          "FILE",  "trust the certificates in this PEM file"},
{"cert",           0,  TEXT,    M(cert),            "FILE",  "client certificate (PEM)"},
{"key",            0,  TEXT,    M(key),             "FILE",  "its key (PEM)"},
{"insecure",       0,  FLAG,    M(insecure),        NULL,    "do not verify certificates"},
{"timeout",        0,  SECONDS, M(timeout_ns),      "SECS",  "give an endpoint up after this long (default 5)"},
{"profile-every",  0,  SECONDS, M(profile_every_ns),"SECS",  "time between heap profiles (default: 15 and up, at 1% of the target's own use)"},
{"read",           0,  TEXT,    M(read),            "HOW",   "read the runtime by agentless, expvar, metrics or pprof only"},
{"probe",          0,  FLAG,    M(probe),           NULL,    "ask the targets' own listening sockets, once, for Go's pprof or expvar"},
{"no-probe",       0,  FLAG,    M(no_probe),        NULL,    "never open a connection that was not asked for"},
{"theme",          0,  TEXT,    M(theme),           "NAME",  "colours: default, midnight, mono, ... or a file"},
{"color",          0,  TEXT,    M(color),           "WHEN",  "auto, always or never"},
{"ascii",          0,  FLAG,    M(ascii),           NULL,    "draw with ASCII characters only"},
{"no-mouse",       0,  FLAG,    M(no_mouse),        NULL,    "leave the mouse to the terminal"},
{"config",        'C', TEXT,    M(config),          "FILE",  "read options from this file"},
{"proc",           0,  TEXT,    M(proc_root),       "DIR",   "another /proc root"},
{"script",         0,  TEXT,    M(script),          "FILE",  "take the stream from a script (docs/script-format.md)"},
{"help",          'h', FLAG,    M(help),            NULL,    "this text"},
{"version",       'V', FLAG,    M(version),         NULL,    "the version"},
};
/* clang-format on */
#undef M
#define TABLE_SIZE (sizeof(table) / sizeof(*table))

/* "0.5", "10", "2m", "1h". */
static int parse_seconds(const char *text, int64_t *ns, struct err *err)
{
	char *end, shown[64];
	double v;

	errno = 0;
	v = strtod(text, &end);
	if (end != text && (*end == 's' || *end == 'm' || *end == 'h')) {
		v *= *end == 'm' ? 60 : *end == 'h' ? 3600 : 1;
		end++;
	}
	if (end == text || *end || errno || !isfinite(v) || v <= 0 ||
	    v > 7 * 86400) {
		text_visible(shown, sizeof(shown), text, strlen(text));
		return err_set(err, ERR_USAGE,
			       "'%s' is no length of time: give seconds, or "
			       "2m, 1h (a week at most)",
			       shown);
	}
	*ns = (int64_t)(v * 1e9);
	return 0;
}

static int parse_count(const char *text, int64_t least, int64_t *out,
		       struct err *err)
{
	char *end, shown[64];
	long long v;

	errno = 0;
	v = strtoll(text, &end, 10);
	if (end == text || *end || errno || v < least) {
		text_visible(shown, sizeof(shown), text, strlen(text));
		return err_set(err, ERR_USAGE,
			       "'%s' is no number: give %d or more", shown,
			       (int)least);
	}
	*out = v;
	return 0;
}

static void add_string(struct strings *l, const char *text)
{
	l->v = mem_realloc(l->v, l->n + 2, sizeof(*l->v));
	l->v[l->n++] = text;
	l->v[l->n] = NULL;
}

static int set(struct options *o, const struct option_info *info,
	       const char *arg, struct err *err)
{
	char *at = (char *)o + info->member;
	int rc = 0;

	switch (info->type) {
	case FLAG:
		*(bool *)at = true;
		break;
	case TEXT:
		*(const char **)at = arg;
		break;
	case LIST:
		add_string((struct strings *)at, arg);
		break;
	case SECONDS:
		rc = parse_seconds(arg, (int64_t *)at, err);
		break;
	case COUNT:
		rc = parse_count(arg, 1, (int64_t *)at, err);
		break;
	case COUNT_OR_ALL:
		rc = parse_count(arg, 0, (int64_t *)at, err);
		break;
	}
	return rc ? err_prefix(err, "--%s", info->name) : 0;
}

/* ---- the config file ------------------------------------------------------ */

static int set_from_config(void *ctx, const char *name, const char *value,
			   struct err *err)
{
	struct options *o = ctx;

	for (size_t i = 0; i < TABLE_SIZE; i++) {
		const struct option_info *info = &table[i];
		char *copy;

		if (strcmp(info->name, name) ||
		    info->member == offsetof(struct options, config))
			continue;
		if (info->type == FLAG) {
			bool on =
				!strcmp(value, "yes") || !strcmp(value, "true");

			if (!on && strcmp(value, "no") &&
			    strcmp(value, "false"))
				return err_set(err, ERR_USAGE,
					       "%s takes yes or no", name);
			*(bool *)((char *)o + info->member) = on;
			return 0;
		}
		copy = mem_strdup(value);
		o->owned = mem_realloc(o->owned, o->owned_count + 1,
				       sizeof(*o->owned));
		o->owned[o->owned_count++] = copy;
		return set(o, info, copy, err);
	}
	return err_set(err, ERR_USAGE, "there is no option '%s'", name);
}

/* ---- the command line --------------------------------------------------- */

static const struct option_info *by_letter(int letter)
{
	for (size_t i = 0; i < TABLE_SIZE; i++)
		if (table[i].letter == letter)
			return &table[i];
	return NULL;
}

/* The option that getopt stumbled over. What stands behind it may be a
 * password. */
static void name_option(char *out, size_t size, const char *word)
{
	const char letter[] = {'-', (char)optopt};

	if (optopt > 0 && optopt < 256)
		text_visible(out, size, letter, sizeof(letter));
	else
		text_visible(out, size, word, strcspn(word, "="));
}

/* Parse argv[1..] until its end, or (`stop`) the first argument that is no
 * option; leaves getopt's optind there. `dry` sets only --config. */
static int parse(struct options *o, int argc, char **argv, bool stop,
		 struct err *err)
{
	struct option longs[TABLE_SIZE + 1] = {0};
	char shorts[2 * TABLE_SIZE + 3], *p = shorts;
	int c, index;

	*p++ = stop ? '+' : '-'; /* '-': arguments come in order, as 1 */
	*p++ = ':';
	for (size_t i = 0; i < TABLE_SIZE; i++) {
		int has =
			table[i].type == FLAG ? no_argument : required_argument;

		longs[i] =
			(struct option){table[i].name, has, NULL, 256 + (int)i};
		if (table[i].letter) {
			*p++ = table[i].letter;
			if (has)
				*p++ = ':';
		}
	}
	*p = '\0';
	opterr = 0;
	while ((c = getopt_long(argc, argv, shorts, longs, &index)) != -1) {
		const struct option_info *info;

		if (c == 1) {
			o->args[o->arg_count++] = optarg;
			continue;
		}
		if (c == '?' || c == ':') {
			char shown[64];

			name_option(shown, sizeof(shown), argv[optind - 1]);
			return err_set(err, ERR_USAGE,
				       c == ':' ? "option '%s' needs a value"
						: "there is no option '%s', or "
						  "it takes no value",
				       shown);
		}
		info = c >= 256 ? &table[c - 256] : by_letter(c);
		if (set(o, info, optarg, err))
			return -1;
	}
	return 0;
}

static const struct command *find_command(const char *name)
{
	for (unsigned i = 0; i < command_count; i++)
		if (!strcmp(command_registry[i]->name, name))
			return command_registry[i];
	return NULL;
}

/* The value of -C, --config or --config=, looked for before anything else so
 * that the command line wins over the file. */
static const char *config_named(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--"); i++) {
		if (!strncmp(argv[i], "--config=", 9))
			return argv[i] + 9;
		if ((!strcmp(argv[i], "-C") || !strcmp(argv[i], "--config")) &&
		    i + 1 < argc)
			return argv[i + 1];
		if (!strcmp(argv[i], "run"))
			break; /* what follows is another program's */
	}
	return NULL;
}

enum read_by read_by(const struct options *o)
{
	for (unsigned i = READ_NONE + 1; o->read && i < READ_COUNT; i++)
		if (!strcmp(o->read, read_by_name[i]))
			return (enum read_by)i;
	return o->read ? READ_NONE : READ_COUNT;
}

static int check(const struct options *o, const struct command *command,
		 struct err *err)
{
	/* As of pprof's -nodecount, 0 is no limit. */
	if (o->samples == 0 && strcmp(command->name, "top"))
		return err_set(err, ERR_USAGE, "-n: give 1 or more");
	if (o->json && o->csv)
		return err_set(err, ERR_USAGE,
			       "--json and --csv exclude each other");
	if (o->csv && !command->prints_csv)
		return err_set(err, ERR_USAGE,
			       "%s prints no CSV: --json, or -b --csv for "
			       "samples",
			       command->name);
	if (o->probe && o->no_probe)
		return err_set(err, ERR_USAGE,
			       "--probe and --no-probe exclude each other");
	if (o->interval_ns < NS_PER_SEC / 10)
		return err_set(err, ERR_USAGE,
			       "-d: 0.1 seconds is the shortest interval");
	if (read_by(o) == READ_NONE)
		return err_set(err, ERR_USAGE,
			       "--read takes agentless, expvar, metrics or "
			       "pprof");
	if (o->color && strcmp(o->color, "auto") &&
	    strcmp(o->color, "always") && strcmp(o->color, "never"))
		return err_set(err, ERR_USAGE,
			       "--color takes auto, always or never");
	return 0;
}

/* A first word that is no target was meant to be a command: said before its
 * options are found to be none of ours. */
static int check_word(const char *word, struct err *err)
{
	struct target_spec spec;
	char shown[64];

	if (!word[0] || !target_spec_parse(word, &spec, NULL))
		return 0;
	target_visible(shown, sizeof(shown), word);
	if (!word[strspn(word, "0123456789")])
		return err_set(err, ERR_USAGE, "no process has the PID %s",
			       shown);
	return err_set(err, ERR_USAGE,
		       "there is no command '%s', and it is no target (a PID, "
		       "=NAME, a URL or PID@URL)",
		       shown);
}

int options_parse(struct options *o, int argc, char **argv,
		  const struct command **command, struct err *err)
{
	const struct command *named;

	*o = (struct options){.interval_ns = NS_PER_SEC,
			      .samples = -1,
			      .timeout_ns = 5 * NS_PER_SEC};
	o->args = mem_zalloc((size_t)argc + 1, sizeof(*o->args));
	*command = find_command("");
	if (config_read(config_named(argc, argv), set_from_config, o, err))
		return -1;
	optind = 0; /* GNU: start anew */
	if (parse(o, argc, argv, true, err))
		return -1;
	if (optind > 1 && !strcmp(argv[optind - 1], "--")) {
		/* No command and no option comes after it. */
		while (optind < argc)
			o->args[o->arg_count++] = argv[optind++];
		return check(o, *command, err);
	}
	named = optind < argc ? find_command(argv[optind]) : NULL;
	if (!named && optind < argc && !o->script &&
	    check_word(argv[optind], err))
		return -1;
	if (named && named->name[0]) {
		*command = named;
		/* The command's name stands where argv[0] does for getopt. */
		argc -= optind;
		argv += optind;
	} else if (optind > 0) {
		argc -= optind - 1;
		argv += optind - 1;
	}
	optind = 0;
	if (parse(o, argc, argv, (*command)->verbatim, err))
		return -1;
	while (optind < argc)
		o->args[o->arg_count++] = argv[optind++];
	return check(o, *command, err);
}

void options_release(struct options *o)
{
	for (size_t i = 0; i < o->owned_count; i++)
		free(o->owned[i]);
	free(o->owned);
	free(o->pids.v);
	free(o->headers.v);
	free(o->args);
}

void options_help(FILE *to)
{
	fprintf(to,
		"Usage: residue [OPTION...] [TARGET...]\n"
		"       residue COMMAND [OPTION...] [ARGUMENT...]\n"
		"Show where a Go process's memory went: RES beside the live "
		"heap, over time.\n\n"
		"A TARGET is a PID, =NAME of a Go process, a URL, or "
		"PID@URL.\n\nCommands:\n");
	for (unsigned i = 0; i < command_count; i++) {
		const struct command *c = command_registry[i];
		char head[64];

		snprintf(head, sizeof(head), "%s %s",
			 c->name[0] ? c->name : "(none)", c->synopsis);
		fprintf(to, "  %-34s %s\n", head, c->summary);
	}
	fprintf(to, "\nOptions:\n");
	for (size_t i = 0; i < TABLE_SIZE; i++) {
		const struct option_info *t = &table[i];
		char head[64];

		snprintf(head, sizeof(head), "%c%c%c --%s%s%s",
			 t->letter ? '-' : ' ', t->letter ? t->letter : ' ',
			 t->letter ? ',' : ' ', t->name, t->arg ? "=" : "",
			 t->arg ? t->arg : "");
		fprintf(to, "  %-26s %s\n", head, t->help);
	}
	fprintf(to, "\nExit status: 0 fine, 1 failed, 2 wrong usage, 3 the "
		    "target was never there\nor went before the samples "
		    "asked for.\n");
}
