/*
 * pattern.h - the regular expressions of `go tool pprof -focus`, on regcomp.
 *
 * Go's syntax (RE2) is written as a POSIX extended expression: what both have
 * is passed on; \d \w \s \Q..\E, (?:..), (?P<name>..), a leading (?i) and
 * lazy repeats are translated. Whether something matches does not depend on
 * laziness or groups. The rest is refused, never taken for something else.
 */
#ifndef RESIDUE_MODEL_PATTERN_H
#define RESIDUE_MODEL_PATTERN_H

#include <residue/base/err.h>

#include <regex.h>

struct pattern {
	regex_t regex;
};

/* ERR_USAGE with the place or regcomp's words; ERR_LIMIT without memory. */
int pattern_compile(struct pattern *p, const char *re2,
		    struct err *err) RESIDUE_CHECK;
void pattern_release(struct pattern *p);
/* 1 if it matches anywhere in s, 0 if not; -1 without memory to tell. */
int pattern_matches(const struct pattern *p, const char *s,
		    struct err *err) RESIDUE_CHECK;

#endif
