/*
 * err.h - how a function says what went wrong.
 *
 * A function that can fail returns int (0, or -1 with *err filled in), takes
 * `struct err *` last and is marked RESIDUE_CHECK. The message is written for
 * the user who reads it: what, where, what to do; it starts in lower case and
 * ends without a full stop. `err` may be NULL where the caller does not care.
 */
#ifndef RESIDUE_BASE_ERR_H
#define RESIDUE_BASE_ERR_H

#include <stdarg.h>

#define RESIDUE_CHECK		   __attribute__((warn_unused_result))
#define RESIDUE_PRINTF(fmt, first) __attribute__((format(printf, fmt, first)))

/* What kind of failure: decides retry, exit code and how a figure goes stale. */
enum err_code {
	ERR_NONE = 0,
	ERR_SYS,     /* a system call failed; `sys` is its errno */
	ERR_GONE,    /* the target does not exist, or no longer */
	ERR_DENIED,  /* the kernel or the endpoint refuses us */
	ERR_LIMIT,   /* one of our caps was reached */
	ERR_FORMAT,  /* malformed data from a target or a file */
	ERR_TIMEOUT, /* no answer in time */
	ERR_NET,     /* could not connect, or the connection broke */
	ERR_HTTP,    /* an HTTP status that is not 200; `sys` is the status */
	ERR_UNSUPPORTED, /* this target, kernel or build cannot do that */
	ERR_USAGE,	 /* the user's words are off */
};

struct err {
	enum err_code code;
	int sys;       /* errno, or the HTTP status, or 0 */
	char msg[256]; /* always NUL-terminated */
};

#define ERR_INIT                                                               \
	{                                                                      \
		ERR_NONE, 0, ""                                                \
	}

/* Fill *err; always returns -1, so `return err_set(...)` reads well. */
int err_set(struct err *err, enum err_code code, const char *fmt, ...)
	RESIDUE_PRINTF(3, 4);

/* As err_set with ERR_SYS (ERR_GONE for ENOENT and ESRCH, ERR_DENIED for
 * EACCES and EPERM); `sysno` is kept and its text appended: "...: No such". */
int err_sys(struct err *err, int sysno, const char *fmt, ...)
	RESIDUE_PRINTF(3, 4);

/* Of a file of ours: that it is not there is no target that has gone, ERR_GONE
 * becomes ERR_SYS. Returns -1. */
int err_of_file(struct err *err);

/* Put "CONTEXT: " before the message already in *err; returns -1. */
int err_prefix(struct err *err, const char *fmt, ...) RESIDUE_PRINTF(2, 3);

#endif
