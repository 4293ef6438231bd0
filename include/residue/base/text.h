/*
 * text.h - making text that came from a target safe to show.
 *
 * Command lines, file names, HTTP status lines and function names are
 * attacker's data. What reaches a terminal or a text file went through
 * text_visible: control characters, C1 codes, bidirectional overrides,
 * zero-width characters and invalid UTF-8 come out as visible escapes
 * (\n, \x1b, \u202e), never raw.
 */
#ifndef RESIDUE_BASE_TEXT_H
#define RESIDUE_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Write the first `n` bytes of `in` to out, made visible, always valid UTF-8
 * and NUL-terminated; cuts at a character when out (`size` bytes) is full.
 * Returns the bytes written without the NUL. */
size_t text_visible(char *out, size_t size, const char *in, size_t n);

/* Decode one character: its length in bytes, and *cp; an invalid byte gives
 * length 1 and *cp = UINT32_MAX. n must be > 0. */
size_t text_decode(const char *s, size_t n, uint32_t *cp);

/* Terminal columns of a string that text_visible has made. */
int text_columns(const char *s);

/* The longest prefix of s that fits `columns`: its length in bytes. */
size_t text_fit(const char *s, int columns);

#endif
