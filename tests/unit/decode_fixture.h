/*
 * decode_fixture.h - files of tests/data, and profiles made byte by byte.
 */
#ifndef DECODE_FIXTURE_H
#define DECODE_FIXTURE_H

#include <residue/base/buf.h>
#include <residue/model/profile.h>

#include <stdint.h>

/* Read tests/data/NAME; fails the test if it cannot. Release with
 * buf_release. */
struct buf fixture_read(const char *name);

/* Append one field of a protobuf message to b. */
void pb_varint(struct buf *b, unsigned field, uint64_t value);
void pb_bytes(struct buf *b, unsigned field, const void *bytes, size_t n);
void pb_text(struct buf *b, unsigned field, const char *text);

/* A profile with one sample, main.main: 1 object, 10 bytes in use; strings
 * "", inuse_objects, count, inuse_space, bytes, main.main, main.go, space. */
void pb_small(struct buf *b);

/* `in` gzipped as one member, appended to `out`. */
void gzip(struct buf *out, const void *in, size_t n);

/* Decode; the message is compared when `fault` is not NULL, and NULL comes
 * back; otherwise the profile must be accepted. */
struct profile *fixture_decode(const void *body, size_t n, const char *fault);

#endif
