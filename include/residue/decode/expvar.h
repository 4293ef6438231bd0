/*
 * expvar.h - runtime.MemStats out of a /debug/vars body.
 *
 * Only the text of the "memstats" member is given to the JSON library: an
 * application's own variables may hold numbers that make it refuse the whole
 * document. Numbers that do not fit 64 bits signed are absent, as NextGC is
 * where there is no goal (GOGC=off).
 */
#ifndef RESIDUE_DECODE_EXPVAR_H
#define RESIDUE_DECODE_EXPVAR_H

#include <residue/base/err.h>
#include <residue/model/fields.h>
#include <residue/model/pauses.h>

#include <stddef.h>

/* Where the value of "memstats" is in the body, as it came; the rest may hold
 * the command line and other secrets. Errors as of expvar_decode. */
int expvar_memstats(const char *body, size_t n, const char **text,
		    size_t *length, struct err *err) RESIDUE_CHECK;

/* Set what the body has in *v; the rest of *v stays. *pauses is filled, or
 * all zero where the body has no complete rings. ERR_UNSUPPORTED: JSON, but
 * no memstats in it; ERR_FORMAT: malformed; ERR_LIMIT: memstats too large. */
int expvar_decode(const char *body, size_t n, struct values *v,
		  struct pause_ring *pauses, struct err *err) RESIDUE_CHECK;

#endif
