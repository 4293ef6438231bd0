/*
 * re2.h - the regular expressions of Go (RE2's syntax) in the words of PCRE2.
 */
#ifndef RESIDUE_MODEL_RE2_H
#define RESIDUE_MODEL_RE2_H

#include <residue/base/buf.h>
#include <residue/base/err.h>

/*
 * Append to `out` an expression that PCRE2 (PCRE2_UTF | PCRE2_ALT_CIRCUMFLEX,
 * newline is LF) matches wherever Go's regexp package (regexp/syntax/parse.go
 * of Go 1.26) matches `re`; groups do not capture. ERR_USAGE, with what is
 * wrong and where, for what Go refuses. Two differences: a repetition right
 * after flags, as in a(?i)*, is refused; and (?i) adds no long s and no Kelvin
 * sign to classes such as \w.
 */
int re2_to_pcre(const char *re, struct buf *out, struct err *err) RESIDUE_CHECK;

#endif
