/*
 * buf.h - a growable byte buffer with a hard cap.
 *
 * Everything whose size a target chooses is collected here: an append past
 * the cap, or one for which there is no memory, fails and leaves the contents
 * as they were. data[len] is always NUL once anything was appended.
 */
#ifndef RESIDUE_BASE_BUF_H
#define RESIDUE_BASE_BUF_H

#include <residue/base/err.h>

#include <stddef.h>

struct buf {
	char *data;  /* owned; NULL while nothing was appended */
	size_t len;  /* bytes used, without the NUL */
	size_t room; /* bytes allocated */
	size_t cap;  /* most bytes that `len` may reach */
};

void buf_init(struct buf *b, size_t cap);
void buf_release(struct buf *b);
/* Forget the contents, keep the memory. */
void buf_clear(struct buf *b);
/* ERR_LIMIT past the cap or out of memory. */
int buf_append(struct buf *b, const void *bytes, size_t n,
	       struct err *err) RESIDUE_CHECK;
int buf_printf(struct buf *b, struct err *err, const char *fmt, ...)
	RESIDUE_PRINTF(3, 4) RESIDUE_CHECK;
/* Make room for n more bytes and return where they go; *b unchanged until
 * the caller adds to b->len. NULL with *err set as in buf_append. */
char *buf_reserve(struct buf *b, size_t n, struct err *err) RESIDUE_CHECK;

#endif
