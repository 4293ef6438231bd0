/*
 * scan.h - small pieces that the parsers of /proc text share.
 *
 * Every function reads within [p, end) and takes no byte on trust: with
 * `--proc DIR` the text is anybody's.
 */
#ifndef PROC_SCAN_H
#define PROC_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Skip blanks, read decimal digits into *out, move *p behind them. False, and
 * *p where it was, when there is no digit or the number passes INT64_MAX. */
bool scan_number(const char **p, const char *end, int64_t *out);

/* The text behind "NAME:" and its blanks, up to the end of its line; NULL when
 * no line begins so. */
const char *scan_line(const char *text, const char *end, const char *name,
		      const char **line_end);

/* One line "NAME:   1234 kB" that a parser wants. */
struct scan_row {
	const char *name;
	unsigned bit;  /* to set in the answer */
	size_t offset; /* of the int64_t in the struct to fill */
};

/* Fill in the rows that the text has, in bytes (kB lines) or as they are;
 * returns their bits. A row that makes no sense counts as absent. */
unsigned scan_rows(const char *text, const char *end,
		   const struct scan_row *rows, size_t n, void *out);

#endif
