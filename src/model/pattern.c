/* pattern.c - RE2 syntax as a POSIX extended regular expression. */
#include "pattern.h"

#include <residue/base/buf.h>

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#define PATTERN_MAX ((size_t)4096)

struct translation {
	const char *start, *p; /* what is read */
	struct buf out;
	int flags; /* of regcomp */
};

static int unsupported(const struct translation *t, struct err *err)
{
	return err_set(err, ERR_USAGE,
		       "pattern \"%.60s\": not supported at character %d",
		       t->start, (int)(t->p - t->start) + 1);
}

static int put(struct translation *t, const char *s, struct err *err)
{
	return buf_append(&t->out, s, strlen(s), err);
}

/* A character that stands for itself. */
static int put_literal(struct translation *t, char c, struct err *err)
{
	const char escaped[] = {'\\', c, '\0'};

	return put(t, strchr("\\.[]*+?{}()|^$", c) ? escaped : escaped + 1,
		   err);
}

/* The character behind an escape such as \n; 0 if it is none. */
static char control(char c)
{
	static const char names[] = "a\ab\bf\fn\nr\rt\tv\v";

	for (const char *p = names; *p; p += 2)
		if (*p == c && c != 'b')
			return p[1];
	return 0;
}

/* \Q...\E, at the Q. */
static int quoted(struct translation *t, struct err *err)
{
	for (t->p++; *t->p; t->p++) {
		if (t->p[0] == '\\' && t->p[1] == 'E') {
			t->p += 2;
			return 0;
		}
		if (put_literal(t, *t->p, err) < 0)
			return -1;
	}
	return 0;
}

/* An escape outside brackets, after the backslash. */
static int escape(struct translation *t, struct err *err)
{
	static const struct {
		char c;
		const char *posix;
	} classes[] = {
		{'d', "[0-9]"},
		{'D', "[^0-9]"},
		{'w', "[[:alnum:]_]"},
		{'W', "[^[:alnum:]_]"},
		{'s', "[[:space:]]"},
		{'S', "[^[:space:]]"},
		{'b', "\\b"},
		{'B', "\\B"},
		{'A', "^"},
		{'z', "$"},
	};
	char c = *t->p;

	if (c == 'Q')
		return quoted(t, err);
	for (size_t i = 0; i < sizeof(classes) / sizeof(*classes); i++) {
		if (classes[i].c != c)
			continue;
		t->p++;
		return put(t, classes[i].posix, err);
	}
	if (control(c))
		c = control(c);
	else if (!ispunct((unsigned char)c))
		return unsupported(t, err);
	t->p++;
	return put_literal(t, c, err);
}

/* Members of a bracket expression whose place matters to POSIX. */
struct bracket {
	bool right, caret, dash; /* ], ^ and - are members */
	struct buf rest;
};

/* One escape inside brackets, after the backslash. */
static int bracket_escape(struct translation *t, struct bracket *b,
			  struct err *err)
{
	char c = control(*t->p) ? control(*t->p) : *t->p;
	const char *set = NULL;

	if (c == 'd')
		set = "0-9";
	else if (c == 'w')
		set = "[:alnum:]_";
	else if (c == 's')
		set = "[:space:]";
	else if (isalnum((unsigned char)c) || !c)
		return unsupported(t, err);
	t->p++;
	b->right |= c == ']';
	b->caret |= c == '^';
	b->dash |= c == '-';
	if (set)
		return buf_append(&b->rest, set, strlen(set), err);
	if (strchr("]^-", c))
		return 0;
	return buf_append(&b->rest, &c, 1, err);
}

/* The members of a bracket expression, up to its end. */
static int bracket_members(struct translation *t, struct bracket *b,
			   struct err *err)
{
	const char *first = t->p, *end;

	while (*t->p && (*t->p != ']' || t->p == first)) {
		int rc;

		if (*t->p == '\\') {
			t->p++;
			if (bracket_escape(t, b, err) < 0)
				return -1;
			continue;
		}
		if (t->p[0] == '[' && t->p[1] == ':') {
			end = strstr(t->p, ":]");
			if (!end)
				return unsupported(t, err);
			rc = buf_append(&b->rest, t->p,
					(size_t)(end + 2 - t->p), err);
			t->p = end + 2;
		} else if (*t->p == ']' || *t->p == '^' ||
			   (*t->p == '-' &&
			    (t->p == first || t->p[1] == ']'))) {
			b->right |= *t->p == ']';
			b->caret |= *t->p == '^';
			b->dash |= *t->p == '-';
			t->p++;
			rc = 0;
		} else {
			rc = buf_append(&b->rest, t->p++, 1, err);
		}
		if (rc < 0)
			return -1;
	}
	if (!*t->p)
		return unsupported(t, err);
	t->p++;
	return 0;
}

static int put_bracket(struct translation *t, const struct bracket *b,
		       bool negated, struct err *err)
{
	/* "[^]" would negate: a lone caret is a literal. */
	if (b->caret && !negated && !b->right && !b->dash && !b->rest.len)
		return put(t, "\\^", err);
	if (put(t, negated ? "[^" : "[", err) < 0 ||
	    put(t, b->right ? "]" : "", err) < 0 ||
	    buf_append(&t->out, b->rest.data, b->rest.len, err) < 0)
		return -1;
	/* A caret may not come first, a dash must come last. */
	if (b->caret && !negated && !b->right && !b->rest.len)
		return put(t, "-^]", err);
	return buf_printf(&t->out, err, "%s%s]", b->caret ? "^" : "",
			  b->dash ? "-" : "");
}

/* A bracket expression, after its '['. */
static int bracket(struct translation *t, struct err *err)
{
	struct bracket b = {.right = false};
	bool negated = *t->p == '^';
	int rc;

	buf_init(&b.rest, PATTERN_MAX);
	t->p += negated;
	rc = bracket_members(t, &b, err);
	if (rc == 0)
		rc = put_bracket(t, &b, negated, err);
	buf_release(&b.rest);
	return rc;
}

/* A group, at its '('. */
static int group(struct translation *t, struct err *err)
{
	if (strncmp(t->p, "(?i)", 4) == 0 && t->p == t->start) {
		t->flags |= REG_ICASE;
		t->p += 4;
		return 0;
	}
	if (strncmp(t->p, "(?:", 3) == 0) {
		t->p += 3;
	} else if (strncmp(t->p, "(?P<", 4) == 0 ||
		   strncmp(t->p, "(?<", 3) == 0) {
		const char *end = strchr(t->p, '>');

		if (!end)
			return unsupported(t, err);
		t->p = end + 1;
	} else if (t->p[1] == '?') {
		return unsupported(t, err);
	} else {
		t->p++;
	}
	return put(t, "(", err);
}

/* "{3}", "{3,}" and "{3,5}" repeat; any other brace is itself. */
static size_t repeat_length(const char *p)
{
	size_t digits = strspn(p + 1, "0123456789"), n = 1 + digits;

	if (p[n] == ',')
		n += 1 + strspn(p + n + 1, "0123456789");
	return digits > 0 && p[n] == '}' ? n + 1 : 0;
}

static int one(struct translation *t, struct err *err)
{
	size_t n = 1;

	switch (*t->p) {
	case '\\':
		t->p++;
		return escape(t, err);
	case '[':
		t->p++;
		return bracket(t, err);
	case '(':
		return group(t, err);
	case '{':
		n = repeat_length(t->p);
		if (n == 0)
			return put_literal(t, *t->p++, err);
		break;
	case '}':
	case ']':
		return put_literal(t, *t->p++, err);
	case '*':
	case '+':
	case '?':
		break;
	default:
		return buf_append(&t->out, t->p++, 1, err);
	}
	if (buf_append(&t->out, t->p, n, err) < 0)
		return -1;
	t->p += n;
	t->p += *t->p == '?'; /* lazy */
	return 0;
}

static int compile(struct pattern *p, const struct translation *t,
		   struct err *err)
{
	char words[128];
	int rc = regcomp(&p->regex, t->out.len ? t->out.data : "",
			 REG_EXTENDED | REG_NOSUB | t->flags);

	if (rc == 0)
		return 0;
	regerror(rc, &p->regex, words, sizeof(words));
	return err_set(err, rc == REG_ESPACE ? ERR_LIMIT : ERR_USAGE,
		       "pattern \"%.60s\": %s", t->start, words);
}

int pattern_compile(struct pattern *p, const char *re2, struct err *err)
{
	struct translation t = {.start = re2, .p = re2};
	int rc = 0;

	buf_init(&t.out, PATTERN_MAX);
	while (rc == 0 && *t.p)
		rc = one(&t, err);
	if (rc == 0)
		rc = compile(p, &t, err);
	buf_release(&t.out);
	return rc;
}

void pattern_release(struct pattern *p)
{
	regfree(&p->regex);
}

int pattern_matches(const struct pattern *p, const char *s, struct err *err)
{
	int rc = regexec(&p->regex, s, 0, NULL, 0);

	if (rc != 0 && rc != REG_NOMATCH)
		return err_set(err, ERR_LIMIT, "no memory to match a pattern");
	return rc == 0;
}
