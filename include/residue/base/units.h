/*
 * units.h - numbers for people: sizes (IEC, 1024), durations, counts.
 *
 * Every function writes into the caller's buffer and returns it.
 */
#ifndef RESIDUE_BASE_UNITS_H
#define RESIDUE_BASE_UNITS_H

#include <stddef.h>
#include <stdint.h>

#define UNITS_MAX 24 /* any text made here fits, NUL included */

/* "6.31 GiB", "412 MiB", "0 B", "-4 MiB": three significant digits. */
char *units_bytes(char out[UNITS_MAX], int64_t bytes);
/* As htop's columns, five cells at most ("6.31G", " 412M" unpadded "412M",
 * "1023K", "-486M" may take six): for tables and axes. */
char *units_bytes_short(char out[UNITS_MAX], int64_t bytes);
/* "7 us"/"0.21 ms"/"2.5 s"/"4 min"/"3 h"/"2 d"; `ns` may be negative. */
char *units_duration(char out[UNITS_MAX], int64_t ns);
/* "412", "16.8k", "4.61M": SI, three significant digits. */
char *units_count(char out[UNITS_MAX], int64_t n);

#endif
