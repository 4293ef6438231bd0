/*
 * script.h - reading a scripted stream (docs/script-format.md).
 *
 * A script is a stream written by hand, one JSON object a line, so that views,
 * detectors and output can be tested without processes and without a clock.
 * It is a user's file: what is wrong with it is named as FILE:LINE, unknown
 * keys included, and nothing in it is trusted.
 *
 * A script's boot clock equals its wall clock: t_ns and every time inside an
 * item are Unix ns, and readings have a wall_offset_ns of 0.
 */
#ifndef RESIDUE_RECORD_SCRIPT_H
#define RESIDUE_RECORD_SCRIPT_H

#include <residue/base/err.h>
#include <residue/model/event.h>
#include <residue/model/frame.h>
#include <residue/model/reading.h>
#include <residue/model/target.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum script_kind {
	SCRIPT_MACHINE,
	SCRIPT_TARGET,
	SCRIPT_READING, /* also exec, exit and zombie: its `life` says so */
	SCRIPT_TICK,
	SCRIPT_EVENT,
	SCRIPT_NOTE,
	SCRIPT_TOAST,
};

struct script_item {
	enum script_kind kind;
	int64_t t_ns; /* 0 of MACHINE, NOTE */
	/* Whose it is; "" of MACHINE, NOTE, TOAST, and of a TICK of all. */
	char id[TARGET_ID_MAX];
	union {
		struct {
			int64_t processes, mem_total, mem_available; /* or -1 */
			int64_t interval_ns; /* 0: not given */
		} machine;
		struct {
			struct target_info info; /* since_ns is t_ns */
			bool opened;
		} target;
		struct reading reading; /* begin = t - took, end = t */
		struct event event;	/* seq is 0 */
		struct list_note note;
		struct {
			char text[160];
			bool error;
		} toast;
	};
};

/* Called for each line in turn; must consume item->reading (state_reading
 * does). A failure ends the reading and is reported with the line before it. */
typedef int script_sink(void *ctx, struct script_item *item, struct err *err);

/* ERR_GONE, ERR_DENIED, ERR_SYS: the file cannot be read; ERR_FORMAT: what is
 * wrong in which line; or what the sink said. */
int script_read(const char *path, script_sink *sink, void *ctx,
		struct err *err) RESIDUE_CHECK;
/* The same from an open file; `name` is for messages. */
int script_read_file(FILE *f, const char *name, script_sink *sink, void *ctx,
		     struct err *err) RESIDUE_CHECK;

#endif
