/*
 * profile_reading.h - bytes of a heap profile to what the stream carries: its
 * totals as figures, its table, the bytes themselves, and its sites' column.
 */
#ifndef RESIDUE_DECODE_PROFILE_READING_H
#define RESIDUE_DECODE_PROFILE_READING_H

#include <residue/base/buf.h>
#include <residue/model/reading.h>

/* Fill values and docs of *out, as of out->end_ns; the bytes are moved out of
 * the buffer. Errors as profile_decode's; *out is then as it was. */
int profile_reading(struct buf *bytes, struct reading *out,
		    struct err *err) RESIDUE_CHECK;

#endif
