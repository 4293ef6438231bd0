/*
 * debug1.h - runtime.MemStats at the end of a heap?debug=1 text, and the
 * totals at its beginning.
 *
 * The text can be hundreds of MB; its first line and its last 64 KiB are
 * enough (Go source, runtime/pprof/pprof.go: writeHeapInternal).
 */
#ifndef RESIDUE_DECODE_DEBUG1_H
#define RESIDUE_DECODE_DEBUG1_H

#include <residue/base/err.h>
#include <residue/model/fields.h>
#include <residue/model/pauses.h>

#include <stddef.h>
#include <stdint.h>

/* The last bytes of a text that certainly hold the whole footer: two rings of
 * 256 numbers of 20 digits and about 30 short lines. */
#define DEBUG1_TAIL ((size_t)64 << 10)

/* "heap profile: 3: 1088 [741: 18280472] @ heap/1048576". Sampled and not
 * scaled, unlike the binary form: never to be shown as sizes. */
struct debug1_header {
	int64_t inuse_objects, inuse_bytes;
	int64_t alloc_objects, alloc_bytes;
	int64_t rate; /* MemProfileRate, bytes a sample; the line has twice it
		       */
};

/* Decode the footer in the last bytes of a text, as expvar_decode does.
 * ERR_UNSUPPORTED where there is none; ERR_FORMAT where a line is broken. */
int debug1_decode(const char *tail, size_t n, struct values *v,
		  struct pause_ring *pauses, struct err *err) RESIDUE_CHECK;

/* Decode the first line of a text. ERR_FORMAT if it is another. */
int debug1_decode_header(const char *head, size_t n, struct debug1_header *h,
			 struct err *err) RESIDUE_CHECK;

#endif
