/* pattern.c - Go's regular expressions, matched by PCRE2's automaton. */
#include <residue/model/pattern.h>

#include "re2.h"

#include <residue/base/buf.h>
#include <residue/base/clock.h>
#include <residue/base/text.h>

#include <stdlib.h>
#include <string.h>

#define TRANSLATION_MAX ((size_t)16 * PATTERN_MAX)
#define DEPTH_MAX	2000 /* of parentheses: Go's 1000, and our own */
#define GUARD_EVERY	256 /* callouts from one look at the clock to the next */

/* What keeps the matches of a stranger's pattern within their time. */
struct pattern_guard {
	pcre2_match_context *context;
	int64_t end_ns; /* of the thread's CPU time */
	unsigned callouts;
};

static int no_memory(struct err *err)
{
	return err_set(err, ERR_LIMIT, "no memory for a pattern");
}

/* At every state of the automaton that is looked at. */
static int on_callout(pcre2_callout_block *block, void *ctx)
{
	struct pattern_guard *guard = ctx;

	(void)block;
	if (++guard->callouts % GUARD_EVERY)
		return 0;
	return clock_cpu_ns() > guard->end_ns ? PCRE2_ERROR_CALLOUT : 0;
}

static int make_guard(struct pattern *p, int64_t cpu_ns, struct err *err)
{
	p->guard = calloc(1, sizeof(*p->guard));
	if (!p->guard)
		return no_memory(err);
	p->guard->end_ns = clock_cpu_ns() + cpu_ns;
	p->guard->context = pcre2_match_context_create(NULL);
	if (!p->guard->context)
		return no_memory(err);
	pcre2_set_callout(p->guard->context, on_callout, p->guard);
	return 0;
}

static int compile(struct pattern *p, const char *re2, const struct buf *pcre,
		   pcre2_compile_context *context, struct err *err)
{
	uint32_t options = PCRE2_UTF | PCRE2_ALT_CIRCUMFLEX;
	int code;
	PCRE2_SIZE at;
	PCRE2_UCHAR words[128];

	pcre2_set_newline(context, PCRE2_NEWLINE_LF);
	pcre2_set_parens_nest_limit(context, DEPTH_MAX);
	p->code = pcre2_compile((PCRE2_SPTR)(pcre->data ? pcre->data : ""),
				pcre->len,
				options | (p->guard ? PCRE2_AUTO_CALLOUT : 0),
				&code, &at, context);
	if (p->code)
		return 0;
	if (code == PCRE2_ERROR_HEAP_FAILED)
		return no_memory(err);
	pcre2_get_error_message(code, words, sizeof(words));
	return err_set(err,
		       code == PCRE2_ERROR_PATTERN_TOO_LARGE ? ERR_LIMIT
							     : ERR_USAGE,
		       "pattern \"%.60s\": %s", re2, (const char *)words);
}

/* Six numbers for each state (two lists of three), and a state for each byte
 * of the code at the most. */
static int make_workspace(struct pattern *p, struct err *err)
{
	size_t code = 0;

	pcre2_pattern_info(p->code, PCRE2_INFO_SIZE, &code);
	p->workspace_size = 64 + 6 * code;
	p->workspace = calloc(p->workspace_size, sizeof(*p->workspace));
	p->match = pcre2_match_data_create(1, NULL);
	return p->workspace && p->match ? 0 : no_memory(err);
}

static int build(struct pattern *p, const char *re2, struct err *err)
{
	pcre2_compile_context *context;
	struct buf pcre;
	int rc = -1;

	if (strlen(re2) > PATTERN_MAX)
		return err_set(err, ERR_USAGE,
			       "a pattern has at most %zu bytes", PATTERN_MAX);
	buf_init(&pcre, TRANSLATION_MAX);
	context = pcre2_compile_context_create(NULL);
	if (!context)
		no_memory(err);
	else if (re2_to_pcre(re2, &pcre, err) == 0 &&
		 compile(p, re2, &pcre, context, err) == 0)
		rc = make_workspace(p, err);
	pcre2_compile_context_free(context);
	buf_release(&pcre);
	return rc;
}

int pattern_compile(struct pattern *p, const char *re2, struct err *err)
{
	*p = (struct pattern){.code = NULL};
	if (build(p, re2, err) == 0)
		return 0;
	pattern_release(p);
	return -1;
}

int pattern_compile_guarded(struct pattern *p, const char *re2, int64_t cpu_ns,
			    struct err *err)
{
	*p = (struct pattern){.code = NULL};
	if (make_guard(p, cpu_ns, err) == 0 && build(p, re2, err) == 0)
		return 0;
	pattern_release(p);
	return -1;
}

void pattern_release(struct pattern *p)
{
	pcre2_code_free(p->code);
	pcre2_match_data_free(p->match);
	free(p->workspace);
	if (p->guard)
		pcre2_match_context_free(p->guard->context);
	free(p->guard);
	*p = (struct pattern){.code = NULL};
}

static int match(const struct pattern *p, const char *s, size_t n)
{
	return pcre2_dfa_match(p->code, (PCRE2_SPTR)s, n, 0, PCRE2_DFA_SHORTEST,
			       p->match, p->guard ? p->guard->context : NULL,
			       p->workspace, p->workspace_size);
}

/* To Go, each byte that is not UTF-8 is U+FFFD. */
static int match_repaired(const struct pattern *p, const char *s, size_t n,
			  struct err *err)
{
	struct buf b;
	uint32_t c;
	size_t k;
	int rc = 0;

	buf_init(&b, 4 * n);
	for (; n && rc == 0; s += k, n -= k) {
		k = text_decode(s, n, &c);
		rc = c == UINT32_MAX ? buf_append(&b, "\xef\xbf\xbd", 3, err)
				     : buf_append(&b, s, k, err);
	}
	rc = rc < 0 ? PCRE2_ERROR_NOMEMORY : match(p, b.data, b.len);
	buf_release(&b);
	return rc;
}

int pattern_matches(const struct pattern *p, const char *s, struct err *err)
{
	size_t n = strlen(s);
	int rc = match(p, s, n);

	if (rc <= PCRE2_ERROR_UTF8_ERR1 && rc >= PCRE2_ERROR_UTF8_ERR21)
		rc = match_repaired(p, s, n, err);
	if (rc == PCRE2_ERROR_CALLOUT)
		return err_set(err, ERR_LIMIT,
			       "a pattern takes too long to match");
	if (rc < 0 && rc != PCRE2_ERROR_NOMATCH)
		return err_set(err, ERR_LIMIT,
			       "a pattern cannot be matched (PCRE2 error %d)",
			       rc);
	return rc >= 0;
}
