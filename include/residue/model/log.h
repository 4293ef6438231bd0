/*
 * log.h - what the program did to targets, and what it noticed about them.
 *
 * Probes, GCs that were forced, snapshots, fetches that began to fail and
 * worked again: each is a line that the user can read later. A ring, newest
 * last; texts are made visible already.
 */
#ifndef RESIDUE_MODEL_LOG_H
#define RESIDUE_MODEL_LOG_H

#include <residue/model/target.h>

#include <stdbool.h>
#include <stdint.h>

#define LOG_LINES    512
#define LOG_TEXT_MAX 200

struct log_line {
	int64_t wall_ns; /* CLOCK_REALTIME */
	pid_t pid;	 /* 0: of no process */
	char who[24];	 /* its name; "": of none */
	bool error;
	char text[LOG_TEXT_MAX];
};

struct log {
	struct log_line line[LOG_LINES];
	uint64_t count; /* ever */
};

/* A line about that target, or about none (NULL). What the newest line says
 * already is not said again. */
void log_add(struct log *l, int64_t wall_ns, const struct target_info *about,
	     bool error, const char *text);
unsigned log_kept(const struct log *l);
/* Line n, 0 is the newest; n < log_kept(). */
const struct log_line *log_at(const struct log *l, unsigned n);

#endif
