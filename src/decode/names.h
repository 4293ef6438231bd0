/*
 * names.h - the name that `go tool pprof` prints for a function.
 *
 * Its demangler takes Go's generic functions for C++ templates and cuts
 * parentheses and angle brackets out of them: main.(*T).Do.Map[...].func1 is
 * printed as main..Do.Map[...].func1 (github.com/google/pprof,
 * internal/symbolizer/symbolizer.go: demangleSingleFunction).
 */
#ifndef RESIDUE_DECODE_NAMES_H
#define RESIDUE_DECODE_NAMES_H

#include "pool.h"

/* pprof's name of a function, given its two names in the profile; may be
 * empty. Returns one of them or a new string of the pool; NULL with *err. */
const char *pprof_name(struct pool *pool, const char *name,
		       const char *system_name, struct err *err) RESIDUE_CHECK;

#endif
