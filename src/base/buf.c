/* buf.c - growable bytes with a hard cap. */
#include <residue/base/buf.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buf_init(struct buf *b, size_t cap)
{
	*b = (struct buf){.cap = cap};
}

void buf_release(struct buf *b)
{
	free(b->data);
	*b = (struct buf){.cap = b->cap};
}

void buf_clear(struct buf *b)
{
	b->len = 0;
	if (b->data)
		b->data[0] = '\0';
}

char *buf_reserve(struct buf *b, size_t n, struct err *err)
{
	size_t want, room;
	char *p;

	if (n > b->cap || b->len > b->cap - n) {
		err_set(err, ERR_LIMIT, "larger than the limit of %zu bytes",
			b->cap);
		return NULL;
	}
	want = b->len + n + 1;
	if (want <= b->room)
		return b->data + b->len;
	room = b->room ? b->room : 64;
	while (room < want)
		room *= 2;
	if (room > b->cap + 1)
		room = b->cap + 1;
	p = realloc(b->data, room);
	if (!p) {
		err_set(err, ERR_LIMIT, "no memory for %zu bytes", room);
		return NULL;
	}
	b->data = p;
	b->room = room;
	return p + b->len;
}

int buf_append(struct buf *b, const void *bytes, size_t n, struct err *err)
{
	char *to = buf_reserve(b, n, err);

	if (!to)
		return -1;
	if (n)
		memcpy(to, bytes, n);
	b->len += n;
	b->data[b->len] = '\0';
	return 0;
}

int buf_printf(struct buf *b, struct err *err, const char *fmt, ...)
{
	va_list ap;
	char *to;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		return err_set(err, ERR_FORMAT, "cannot format text");
	to = buf_reserve(b, (size_t)n, err);
	if (!to)
		return -1;
	va_start(ap, fmt);
	vsnprintf(to, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->len += (size_t)n;
	return 0;
}
