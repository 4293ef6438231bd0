/*
 * measure.h - numbers as `go tool pprof` writes them.
 *
 * Source: github.com/google/pprof/internal/measurement of Go 1.26.8. units.h
 * is for our own screens; this is for text that must equal pprof's.
 */
#ifndef RESIDUE_MODEL_MEASURE_H
#define RESIDUE_MODEL_MEASURE_H

#include <stdint.h>

#define MEASURE_MAX 96 /* any label fits; a longer unit is cut */

/* The unit that suits `value` of unit `from`: "kB" for bytes; "" where the
 * unit says nothing (count). The string is a constant. */
const char *measure_unit(int64_t value, const char *from);

/* "24.11kB": value of unit `from`, shown in unit `to`; "minimum" chooses one
 * that suits the value. "0" has no unit. */
char *measure_label(char out[MEASURE_MAX], int64_t value, const char *from,
		    const char *to);

/* " 3.74%", "  100%", "    0%", "1e-05%": at least 5 columns and the sign. */
char *measure_percent(char out[MEASURE_MAX], int64_t value, int64_t total);

#endif
