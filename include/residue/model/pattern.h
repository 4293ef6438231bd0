/*
 * pattern.h - the regular expressions of `go tool pprof -focus`, on PCRE2.
 *
 * Go's syntax (RE2) in the words of PCRE2 (re2.h); what Go refuses is refused.
 * Matched as an automaton (pcre2_dfa_match), not by backtracking: the time is
 * that of the text times the square of the pattern, whatever the pattern is.
 */
#ifndef RESIDUE_MODEL_PATTERN_H
#define RESIDUE_MODEL_PATTERN_H

#include <residue/base/err.h>

#include <stddef.h>
#include <stdint.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#define PATTERN_MAX ((size_t)4096) /* bytes */

struct pattern {
	pcre2_code *code;
	pcre2_match_data *match;
	int *workspace; /* of the automaton */
	size_t workspace_size;
	struct pattern_guard *guard; /* NULL: its matches may take their time */
};

/* ERR_USAGE with what is wrong and where; ERR_LIMIT without memory, or where
 * only Go can hold an automaton so large. */
int pattern_compile(struct pattern *p, const char *re2,
		    struct err *err) RESIDUE_CHECK;
/* The same for a pattern that a stranger chose: all of its matches together
 * get cpu_ns of the thread's CPU time from now on, then ERR_LIMIT. */
int pattern_compile_guarded(struct pattern *p, const char *re2, int64_t cpu_ns,
			    struct err *err) RESIDUE_CHECK;
void pattern_release(struct pattern *p);
/* 1 if it matches anywhere in s, 0 if not; -1 without memory, or out of time,
 * to tell. */
int pattern_matches(const struct pattern *p, const char *s,
		    struct err *err) RESIDUE_CHECK;

#endif
