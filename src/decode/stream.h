/*
 * stream.h - the fields of the outer message, while it is being inflated.
 *
 * Fields are read as `go tool pprof` reads them (Go source,
 * github.com/google/pprof/profile/proto.go: decodeField): a number too large
 * or unknown is passed over, a group or a bad varint is an error.
 */
#ifndef RESIDUE_DECODE_STREAM_H
#define RESIDUE_DECODE_STREAM_H

#include <residue/base/err.h>

#include <stddef.h>
#include <stdint.h>

#define STREAM_FIELD_MAX ((size_t)1 << 20) /* bytes of one field */

enum wire { WIRE_VARINT = 0, WIRE_64 = 1, WIRE_BYTES = 2, WIRE_32 = 5 };

struct stream_field {
	uint64_t number;
	enum wire wire;
	uint64_t value;	     /* of a varint or a fixed number */
	const uint8_t *data; /* WIRE_BYTES: valid during the visit */
	size_t size;
	uint64_t offset; /* in the inflated profile, for messages */
};

typedef int stream_visit(void *ctx, const struct stream_field *f,
			 struct err *err);

/* Visit every field of a body (gzip or raw), in order; ends early when a
 * visit returns -1. *size is the number of inflated bytes seen. */
int stream_read(const void *body, size_t n, stream_visit *visit, void *ctx,
		uint64_t *size, struct err *err) RESIDUE_CHECK;

/* Read a varint at *p (`end` is one past the last byte) as Go does; -1 where
 * there is none, -2 where more bytes are needed to tell. */
int stream_varint(const uint8_t **p, const uint8_t *end, uint64_t *value);

#endif
