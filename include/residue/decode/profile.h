/*
 * profile.h - bytes of a heap profile to a struct profile.
 *
 * Pure: no files, no threads. Accepts what `go tool pprof` accepts
 * of the protobuf form (gzip or raw), within limits that real servers never
 * reach: body 64 MiB, inflated 256 MiB and 100 times the body above 16 MiB,
 * 4 M samples and strings, 1 M locations and functions, 4,096 locations a
 * sample, 16 sample types, 160 MiB of memory beside the body, half a second of
 * CPU for the frames that a profile wants dropped. Sums saturate instead of
 * wrapping around. Names that a C++ or Rust compiler has mangled stay so.
 */
#ifndef RESIDUE_DECODE_PROFILE_H
#define RESIDUE_DECODE_PROFILE_H

#include <residue/base/err.h>
#include <residue/model/profile.h>

#include <stddef.h>

/* The caller owns *out and ends with profile_free. The bytes may go after the
 * call. ERR_FORMAT: not a profile, or a damaged one; ERR_LIMIT: over a limit;
 * ERR_UNSUPPORTED. The message says what and where. */
int profile_decode(const void *bytes, size_t n, struct profile **out,
		   struct err *err) RESIDUE_CHECK;

/* The same where `held` bytes are taken by profiles that are kept, and by their
 * bodies, this one's too: ERR_LIMIT where all together would need more than
 * 224 MiB. */
int profile_decode_beside(const void *bytes, size_t n, size_t held,
			  struct profile **out, struct err *err) RESIDUE_CHECK;

#endif
