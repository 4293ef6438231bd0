/*
 * target.h - who is watched: the facts of a target that are not figures.
 *
 * A process is boot id + PID + start time + exec generation: exec changes
 * neither PID nor start time, so the generation counts it. A target that is
 * only a URL has no process and no RES. Texts are made visible already.
 */
#ifndef RESIDUE_MODEL_TARGET_H
#define RESIDUE_MODEL_TARGET_H

#include <residue/base/err.h>
#include <residue/model/reading.h>

#include <stdbool.h>
#include <sys/types.h>

enum target_kind {
	TARGET_PROCESS,
	TARGET_URL, /* an endpoint alone: no process, no RES */
};

enum target_phase {
	TARGET_LIVE,
	TARGET_ZOMBIE, /* exited, not yet reaped: no memory left */
	TARGET_EXITED, /* gone, or its PID belongs to another process now */
};

#define TARGET_ID_MAX 12

struct target_info {
	char id[TARGET_ID_MAX]; /* "a1": in every line of output */
	enum target_kind kind;
	enum target_phase phase;
	pid_t pid;	    /* 0 of TARGET_URL */
	uint64_t starttime; /* clock ticks since boot, stat field 22 */
	unsigned exec_gen;  /* execs seen since we watch */
	uid_t uid;
	char user[33]; /* name, or the number */
	char comm[64];
	char cmdline[256];
	char go_version[32]; /* "go1.26.8"; "" where not known */
	char module[128];    /* main module's path; "" where not known */
	char endpoint[160];  /* base URL, no credentials; "" without one */
	char listens[96];    /* what it listens on, as suggestions for one:
			      * "127.0.0.1:6060 unix:/run/x"; "" not known */
	bool stopped;	     /* by a signal, a terminal or a debugger */
	enum read_by read;   /* how the runtime's figures come now */
	int64_t since_ns;    /* CLOCK_BOOTTIME when we began to watch */
};

/* What a user types: residue(1), TARGETS. Texts are owned by the caller's argv. */
enum target_spec_kind { SPEC_PID, SPEC_NAME, SPEC_URL };

struct target_spec {
	enum target_spec_kind kind;
	pid_t pid;	  /* SPEC_PID */
	const char *name; /* SPEC_NAME: after the "=" */
	const char *url;  /* SPEC_URL, or tied to a PID by "PID@URL"; or NULL */
};

/* ERR_USAGE with words when `text` is none of them. */
int target_spec_parse(const char *text, struct target_spec *out,
		      struct err *err) RESIDUE_CHECK;

/* What the user typed, as it may be quoted: visible, and without what a URL
 * may hide, be it one or not: what stands before the last '@' and after a '?'
 * ("htp://...@host/path?..."). `size` is 1 or more. */
void target_visible(char *out, size_t size, const char *text);

#endif
