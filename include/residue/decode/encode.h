/*
 * encode.h - a heap profile as runtime/pprof writes it: gzip'd profile.proto.
 *
 * The other direction of profile.h, for profiles that were read from a
 * program's memory instead of its endpoint (Go source, runtime/pprof:
 * protomem.go, writeHeapProto, and proto.go, build). `go tool pprof` opens it
 * like one that the program had served.
 *
 * Pure: no files, no threads, no clock.
 */
#ifndef RESIDUE_DECODE_ENCODE_H
#define RESIDUE_DECODE_ENCODE_H

#include <residue/base/buf.h>
#include <residue/base/err.h>

#include <stddef.h>
#include <stdint.h>

/* One call: a line of the profile. Those inlined into one another are one
 * location, as in a profile that the program had served. */
struct encode_frame {
	uint64_t address;
	uint32_t function, file; /* offsets into `text`; "" if not known */
	uint32_t line;		 /* 0: not known */
	uint32_t outer; /* 1 + index of the frame that this call was inlined
			 * into, and that is next in stacks; 0: it was not */
};

/* One allocation site, scaled: a sample of the profile. */
struct encode_site {
	int64_t alloc_objects, alloc_space, inuse_objects, inuse_space;
	uint64_t object_size; /* bytes: the label "bytes"; 0: none */
	uint32_t stack;	      /* index of its innermost frame in `stacks` */
	uint32_t depth;	      /* frames */
};

/* All borrowed. Strings are NUL-terminated UTF-8. */
struct encode_input {
	int64_t time_ns;    /* CLOCK_REALTIME */
	int64_t period;	    /* MemProfileRate: bytes a sample */
	const char *binary; /* path of the executable; "" if not known */
	const char *text;   /* names and paths; each is stored once a offset */
	const struct encode_frame *frames;
	size_t n_frames;
	const uint32_t *stacks; /* indexes into frames, outermost last */
	const struct encode_site *sites;
	size_t n_sites;
};

/* Append the gzip'd profile to *out. ERR_LIMIT: over out's cap, 64 MiB of
 * profile, or the limits of profile_decode. */
int profile_encode(const struct encode_input *in, struct buf *out,
		   struct err *err) RESIDUE_CHECK;

#endif
