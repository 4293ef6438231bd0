/*
 * gunzip.h - a gzip body as a stream of bytes, with limits.
 *
 * Takes and refuses what Go's compress/gzip does (gunzip.go, Go 1.26), because
 * that is what `go tool pprof` reads with: members may follow one another,
 * anything else after the last one is an error, checksum and size must match.
 * zlib does the inflating; header and trailer are read here, since zlib's own
 * reading of them differs (reserved flags, what follows a member).
 */
#ifndef RESIDUE_DECODE_GUNZIP_H
#define RESIDUE_DECODE_GUNZIP_H

#include <residue/base/err.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <zlib.h>

/* Limits that real servers never reach. */
#define GUNZIP_BODY_MAX	  ((size_t)64 << 20)  /* compressed */
#define GUNZIP_OUT_MAX	  ((size_t)256 << 20) /* inflated */
#define GUNZIP_RATIO_FROM ((size_t)16 << 20)  /* inflated; above it ... */
#define GUNZIP_RATIO_MAX  100		      /* ... this times what was read */

struct gunzip {
	z_stream z;
	const uint8_t *in; /* the body; borrowed */
	size_t n;	   /* bytes of it */
	size_t at;	   /* bytes of it read, while between members */
	size_t out;	   /* bytes inflated, all members */
	uint32_t crc;	   /* of this member */
	uint32_t size;	   /* of this member, modulo 2^32 */
	bool in_member;
	bool ended;
};

/* True where pprof would take the body for gzip. */
bool gunzip_looks_like(const void *body, size_t n);

/* The body must stay until gunzip_close, which is due after success only. */
int gunzip_open(struct gunzip *g, const void *body, size_t n,
		struct err *err) RESIDUE_CHECK;
void gunzip_close(struct gunzip *g);

/* Inflate up to `room` (> 0) bytes; *got is 0 only at the end. ERR_FORMAT for
 * what Go would refuse, ERR_LIMIT past the limits. */
int gunzip_read(struct gunzip *g, void *out, size_t room, size_t *got,
		struct err *err) RESIDUE_CHECK;

#endif
