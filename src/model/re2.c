/*
 * re2.c - Go's regular expressions in the words of PCRE2, item by item.
 *
 * Only what Go knows is passed on, so that PCRE2's own inventions (look-around,
 * back-references, verbs, possessive repeats) are refused, as Go refuses them.
 */
#include "re2.h"

#include <residue/base/text.h>

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REPEAT_MAX 1000 /* nested repeats multiplied */
#define DEPTH_MAX  1000 /* of groups */
#define RUNE_MAX   0x10ffff

/* What a repetition operator finds before it. */
enum before { NOTHING, ITEM, REPETITION };

struct reader {
	const char *start, *p; /* what is read */
	struct buf *out;
	struct err *err;
	enum before before;
	int weight; /* of the item before: its repeats, multiplied */
	int depth;  /* of open groups */
	struct {
		int heaviest;	  /* item */
		bool fold, lines; /* (?i), (?m) */
	} group[DEPTH_MAX + 1];	  /* each of them, and outside */
};

static int refuse(const struct reader *r, const char *why)
{
	return err_set(r->err, ERR_USAGE,
		       "pattern \"%.60s\": %s at character %d", r->start, why,
		       (int)(r->p - r->start) + 1);
}

static int put(struct reader *r, const char *s)
{
	return buf_append(r->out, s, strlen(s), r->err);
}

static int put_item(struct reader *r, const char *s)
{
	r->before = ITEM;
	r->weight = 1;
	return put(r, s);
}

/* A character that stands for itself, in brackets or out of them. */
static int put_rune(struct reader *r, uint32_t c)
{
	if (c < 0x80 && isalnum((int)c))
		return buf_printf(r->out, r->err, "%c", (int)c);
	return buf_printf(r->out, r->err, "\\x{%x}", (unsigned)c);
}

static int next_rune(struct reader *r, uint32_t *c)
{
	size_t n = text_decode(r->p, strlen(r->p), c);

	if (*c > RUNE_MAX)
		return refuse(r, "invalid UTF-8");
	r->p += n;
	return 0;
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* \x7F or \x{10FFFF}, after the x. */
static int hex_escape(struct reader *r, uint32_t *c)
{
	bool braces = *r->p == '{';
	int digits = 0;

	r->p += braces;
	for (*c = 0; hex_value(*r->p) >= 0 && (braces || digits < 2);
	     digits++) {
		*c = *c * 16 + (uint32_t)hex_value(*r->p++);
		if (*c > RUNE_MAX)
			return refuse(r, "no such character");
	}
	if (digits == 0 || (!braces && digits < 2) || (braces && *r->p != '}'))
		return refuse(r, "invalid escape");
	r->p += braces;
	return 0;
}

/* \0, \012: a lone digit from 1 to 7 would be a back-reference. */
static int octal_escape(struct reader *r, uint32_t *c)
{
	if (r->p[0] != '0' && (r->p[1] < '0' || r->p[1] > '7'))
		return refuse(r, "back-reference");
	*c = 0;
	for (int i = 0; i < 3 && *r->p >= '0' && *r->p <= '7'; i++)
		*c = *c * 8 + (uint32_t)(*r->p++ - '0');
	return 0;
}

/* An escape that is one character, after the backslash. */
static int char_escape(struct reader *r, uint32_t *c)
{
	static const char controls[] = "a\af\fn\nr\rt\tv\v";

	for (const char *p = controls; *p; p += 2)
		if (*p == *r->p) {
			*c = (unsigned char)p[1];
			r->p++;
			return 0;
		}
	if (*r->p == 'x') {
		r->p++;
		return hex_escape(r, c);
	}
	if (*r->p >= '0' && *r->p <= '7')
		return octal_escape(r, c);
	if (!ispunct((unsigned char)*r->p) && *r->p != ' ')
		return refuse(r, "invalid escape");
	return next_rune(r, c);
}

/* Unicode's general categories by their short names, in any case. */
static bool is_category(const char *name)
{
	static const char all[] =
		" C Cc Cf Cn Co Cs L Ll Lm Lo Lt Lu M Mc Me Mn N Nd Nl No P Pc "
		"Pd Pe Pf Pi Po Ps S Sc Sk Sm So Z Zl Zp Zs Any ";
	char word[8];

	if (strlen(name) > 3)
		return false;
	snprintf(word, sizeof(word), " %s ", name);
	return strcasestr(all, word) != NULL;
}

/* By their long names (Go 1.25, unicode/tables.go, CategoryAliases): as
 * name_of_class makes them. */
static const char *short_category(const char *name)
{
	static const char *const of[][2] = {
		{"lc", "L&"},
		{"casedletter", "L&"},
		{"closepunctuation", "Pe"},
		{"combiningmark", "M"},
		{"connectorpunctuation", "Pc"},
		{"control", "Cc"},
		{"currencysymbol", "Sc"},
		{"dashpunctuation", "Pd"},
		{"decimalnumber", "Nd"},
		{"enclosingmark", "Me"},
		{"finalpunctuation", "Pf"},
		{"format", "Cf"},
		{"initialpunctuation", "Pi"},
		{"letter", "L"},
		{"letternumber", "Nl"},
		{"lineseparator", "Zl"},
		{"lowercaseletter", "Ll"},
		{"mark", "M"},
		{"mathsymbol", "Sm"},
		{"modifierletter", "Lm"},
		{"modifiersymbol", "Sk"},
		{"nonspacingmark", "Mn"},
		{"number", "N"},
		{"openpunctuation", "Ps"},
		{"other", "C"},
		{"otherletter", "Lo"},
		{"othernumber", "No"},
		{"otherpunctuation", "Po"},
		{"othersymbol", "So"},
		{"paragraphseparator", "Zp"},
		{"privateuse", "Co"},
		{"punctuation", "P"},
		{"separator", "Z"},
		{"spaceseparator", "Zs"},
		{"spacingmark", "Mc"},
		{"surrogate", "Cs"},
		{"symbol", "S"},
		{"titlecaseletter", "Lt"},
		{"unassigned", "Cn"},
		{"uppercaseletter", "Lu"},
		{"cntrl", "Cc"},
		{"digit", "Nd"},
		{"punct", "P"},
	};

	for (size_t i = 0; i < sizeof(of) / sizeof(*of); i++)
		if (!strcmp(name, of[i][0]))
			return of[i][1];
	return NULL;
}

static size_t name_length(const char *s)
{
	size_t n = 0;

	while (isalnum((unsigned char)s[n]) || s[n] == '_')
		n++;
	return n;
}

#define CLASS_MAX 40 /* characters of the name of a class and its NUL */

/* In lower case, without what does not count (regexp/syntax, canonicalName).
 * False: it is longer than any, or has what is in none. */
static bool name_of_class(const char *s, size_t n, char out[CLASS_MAX])
{
	size_t len = 0;

	for (; n; s++, n--) {
		if (strchr("_- ", *s))
			continue;
		if (len + 1 == CLASS_MAX || !isalpha((unsigned char)*s))
			return false;
		out[len++] = (char)tolower((unsigned char)*s);
	}
	out[len] = '\0';
	return len > 0;
}

/* \pL, \p{Greek}, \P{^Greek}, at the p. A name that is no category is a
 * script, as PCRE2 will say if it is not. */
static int unicode_class(struct reader *r, bool in_brackets)
{
	bool negated = *r->p++ == 'P', braces = *r->p == '{', cased;
	const char *kind = "", *is;
	char name[CLASS_MAX];
	size_t n;

	r->p += braces;
	if (braces && *r->p == '^') {
		negated = !negated;
		r->p++;
	}
	n = braces ? strcspn(r->p, "}") : 1;
	if (!name_of_class(r->p, n, name) || (braces && !r->p[n]))
		return refuse(r, "unknown class of characters");
	r->p += n + braces;
	if (!strcmp(name, "ascii"))
		return buf_printf(r->out, r->err, "%s[:%sascii:]%s",
				  in_brackets ? "" : "[", negated ? "^" : "",
				  in_brackets ? "" : "]") < 0
			       ? -1
			       : 0;
	is = short_category(name);
	if (!strcmp(name, "assigned")) {
		negated = !negated;
		is = "Cn";
	} else if (!is) {
		is = name;
		kind = is_category(name) ? "" : "sc:";
	}
	/* No script has a shorter name. */
	if (kind[0] && strlen(name) < 3)
		return refuse(r, "unknown class of characters");
	/* PCRE2 does not fold upper, lower and title case of a class. */
	cased = r->group[r->depth].fold && !kind[0] && strlen(is) == 2 &&
		strchr("Ll", is[0]) && strchr("ultULT", is[1]);
	return buf_printf(r->out, r->err, "\\%c{%s%s}", negated ? 'P' : 'p',
			  kind, cased ? "L&" : is) < 0
		       ? -1
		       : 0;
}

/* \d and its like, after the backslash; *done says whether it is one. Go's \s
 * has no vertical tab. */
static int perl_class(struct reader *r, bool in_brackets, bool *done)
{
	static const struct {
		char c;
		const char *inside, *outside;
	} classes[] = {
		{'d', "\\d", "\\d"},
		{'D', "\\D", "\\D"},
		{'w', "\\w", "\\w"},
		{'W', "\\W", "\\W"},
		{'s', "\\t\\n\\f\\r\\x{20}", "[\\t\\n\\f\\r\\x{20}]"},
		{'S', "\\x{0}-\\x{8}\\x{b}\\x{e}-\\x{1f}\\x{21}-\\x{10ffff}",
		 "[^\\t\\n\\f\\r\\x{20}]"},
	};

	*done = true;
	if (*r->p == 'p' || *r->p == 'P')
		return unicode_class(r, in_brackets);
	for (size_t i = 0; i < sizeof(classes) / sizeof(*classes); i++) {
		if (classes[i].c != *r->p)
			continue;
		r->p++;
		return put(r, in_brackets ? classes[i].inside
					  : classes[i].outside);
	}
	*done = false;
	return 0;
}

/* \Q...\E, at the Q. */
static int quoted(struct reader *r)
{
	uint32_t c;

	for (r->p++; *r->p;) {
		if (r->p[0] == '\\' && r->p[1] == 'E') {
			r->p += 2;
			return 0;
		}
		if (next_rune(r, &c) < 0 || put_rune(r, c) < 0)
			return -1;
		r->before = ITEM;
		r->weight = 1;
	}
	return 0;
}

/* An escape outside brackets, after the backslash. */
static int escape(struct reader *r)
{
	static const char *const places[] = {"(?:\\A)", "(?:\\b)", "(?:\\B)",
					     "(?:\\z)"};
	uint32_t c;
	bool done;

	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++)
		if (*r->p == places[i][4]) {
			r->p++;
			return put_item(r, places[i]);
		}
	if (*r->p == 'Q') {
		r->before = NOTHING;
		return quoted(r);
	}
	r->before = ITEM;
	r->weight = 1;
	if (perl_class(r, false, &done) < 0)
		return -1;
	if (done)
		return 0;
	return char_escape(r, &c) < 0 ? -1 : put_rune(r, c);
}

/* A character in brackets, by itself or as the end of a range. */
static int bracket_rune(struct reader *r, uint32_t *c)
{
	if (!*r->p)
		return refuse(r, "missing ]");
	if (*r->p != '\\')
		return next_rune(r, c);
	r->p++;
	return char_escape(r, c);
}

/* [:alpha:] at its first bracket: the end of it; NULL: it is none. */
static const char *named_class(const char *p)
{
	const char *end =
		p[0] == '[' && p[1] == ':' ? strstr(p + 2, ":]") : NULL;

	return end ? end + 2 : NULL;
}

static int bracket_member(struct reader *r)
{
	const char *named = named_class(r->p);
	uint32_t low, high;
	bool done = false;

	if (named) {
		size_t n = (size_t)(named - r->p);

		if (n - 4 != strspn(r->p + 2, "^abcdefghiklmnoprstuwx"))
			return refuse(r, "unknown class of characters");
		if (buf_append(r->out, r->p, n, r->err) < 0)
			return -1;
		r->p = named;
		return 0;
	}
	if (*r->p == '\\') {
		r->p++;
		if (perl_class(r, true, &done) < 0)
			return -1;
		r->p -= !done;
	}
	if (done)
		return 0;
	if (bracket_rune(r, &low) < 0 || put_rune(r, low) < 0)
		return -1;
	/* A dash before the end is a dash. */
	if (r->p[0] != '-' || !r->p[1] || r->p[1] == ']')
		return 0;
	r->p++;
	if (bracket_rune(r, &high) < 0)
		return -1;
	if (high < low)
		return refuse(r, "range out of order");
	return put(r, "-") < 0 ? -1 : put_rune(r, high);
}

/* A bracket expression, after its '['. */
static int bracket(struct reader *r)
{
	const char *first;

	if (put_item(r, *r->p == '^' ? "[^" : "[") < 0)
		return -1;
	r->p += *r->p == '^';
	for (first = r->p; *r->p != ']' || r->p == first;)
		if (bracket_member(r) < 0)
			return -1;
	r->p++;
	return put(r, "]");
}

static int open_group(struct reader *r)
{
	if (r->depth == DEPTH_MAX)
		return refuse(r, "too many groups in each other");
	r->depth++;
	r->group[r->depth] = r->group[r->depth - 1];
	r->group[r->depth].heaviest = 1;
	r->before = NOTHING;
	return put(r, "(?:");
}

static void weigh(struct reader *r, int weight)
{
	r->before = ITEM;
	r->weight = weight;
	if (weight > r->group[r->depth].heaviest)
		r->group[r->depth].heaviest = weight;
}

static int close_group(struct reader *r)
{
	int weight = r->group[r->depth].heaviest;

	if (r->depth == 0)
		return refuse(r, "unexpected )");
	r->depth--;
	r->p++;
	weigh(r, weight);
	return put(r, ")");
}

/* A number without leading zeros, held at 9999; false: there is none. */
static bool repeat_number(const char **p, int *n)
{
	const char *s = *p;

	if (!isdigit((unsigned char)*s) ||
	    (*s == '0' && isdigit((unsigned char)s[1])))
		return false;
	for (*n = 0; isdigit((unsigned char)*s); s++)
		*n = *n > 999 ? 9999 : *n * 10 + (*s - '0');
	*p = s;
	return true;
}

/* "{3}", "{3,}" and "{3,5}" repeat; any other brace is itself: NULL. Else the
 * end of it; *most is -1 without an upper bound. */
static const char *repeat_end(const char *p, int *least, int *most)
{
	p++;
	if (!repeat_number(&p, least))
		return NULL;
	*most = *least;
	if (*p == ',') {
		p++;
		*most = -1;
		if (*p != '}' && !repeat_number(&p, most))
			return NULL;
	}
	return *p == '}' ? p + 1 : NULL;
}

/* An operator up to `end`, and the question mark that makes it lazy. */
static int repetition(struct reader *r, const char *end)
{
	size_t n;

	if (r->before == NOTHING)
		return refuse(r, "nothing to repeat");
	if (r->before == REPETITION)
		return refuse(r, "a repetition of a repetition");
	n = (size_t)(end - r->p) + (*end == '?');
	if (buf_append(r->out, r->p, n, r->err) < 0)
		return -1;
	r->p += n;
	r->before = REPETITION;
	return 0;
}

static int counted_repetition(struct reader *r)
{
	int least, most, times;
	const char *end = repeat_end(r->p, &least, &most);

	if (!end) {
		r->p++;
		return put_item(r, "\\{");
	}
	times = most < 0 ? least : most;
	if (least > REPEAT_MAX || most > REPEAT_MAX ||
	    (most >= 0 && least > most) ||
	    (times > 1 && r->before == ITEM && times * r->weight > REPEAT_MAX))
		return refuse(r, "invalid number of repeats");
	if (r->before == ITEM)
		weigh(r, times > 1 ? times * r->weight : r->weight);
	return repetition(r, end);
}

/* Flags between an item and its repetition are of what comes after it. */
static int repeat_here(struct reader *r)
{
	if (*r->p == '{')
		return counted_repetition(r);
	return *r->p && strchr("*+?", *r->p) ? repetition(r, r->p + 1) : 0;
}

/* (?P<name> or (?<name>, at the name. */
static int named_group(struct reader *r)
{
	size_t n = name_length(r->p);

	if (n == 0 || r->p[n] != '>')
		return refuse(r, "invalid name of a group");
	r->p += n + 1;
	return open_group(r);
}

/* (?i), (?s-m:...: after the question mark. */
static int flags(struct reader *r)
{
	bool negated = false, any = false;
	bool fold = r->group[r->depth].fold, lines = r->group[r->depth].lines;
	const char *from = r->p;
	int n;

	for (; *r->p && strchr("imsU-", *r->p); r->p++) {
		any = *r->p != '-';
		if (!any && negated)
			return refuse(r, "unknown group");
		negated |= !any;
		if (*r->p == 'i')
			fold = !negated;
		if (*r->p == 'm')
			lines = !negated;
	}
	if ((*r->p != ':' && *r->p != ')') || (negated && !any))
		return refuse(r, "unknown group");
	n = (int)(r->p - from);
	if (*r->p++ == ':') {
		if (open_group(r) < 0)
			return -1;
		r->before = NOTHING;
	} else if (r->before == ITEM && repeat_here(r) < 0) {
		return -1;
	}
	r->group[r->depth].fold = fold;
	r->group[r->depth].lines = lines;
	return buf_printf(r->out, r->err, "(?%.*s)", n, from);
}

/* After the '('. */
static int group(struct reader *r)
{
	if (*r->p != '?')
		return open_group(r);
	r->p++;
	if (!strncmp(r->p, "P<", 2) || *r->p == '<') {
		r->p += *r->p == 'P' ? 2 : 1;
		return named_group(r);
	}
	return flags(r);
}

static int one(struct reader *r)
{
	uint32_t c;

	switch (*r->p) {
	case '\\':
		r->p++;
		return escape(r);
	case '[':
		r->p++;
		return bracket(r);
	case '(':
		r->p++;
		return group(r);
	case ')':
		return close_group(r);
	case '{':
		return counted_repetition(r);
	case '*':
	case '+':
	case '?':
		return repetition(r, r->p + 1);
	case '|':
		r->p++;
		r->before = NOTHING;
		return put(r, "|");
	case '^':
		r->p++;
		return put_item(r, "(?:^)");
	case '$':
		r->p++;
		/* Of a text, not before its last newline. */
		return put_item(r,
				r->group[r->depth].lines ? "(?:$)" : "(?:\\z)");
	case '.':
		r->p++;
		return put_item(r, ".");
	default:
		r->before = ITEM;
		r->weight = 1;
		return next_rune(r, &c) < 0 ? -1 : put_rune(r, c);
	}
}

int re2_to_pcre(const char *re, struct buf *out, struct err *err)
{
	struct reader r = {.start = re, .p = re, .out = out, .err = err};

	r.group[0].heaviest = 1;
	while (*r.p)
		if (one(&r) < 0)
			return -1;
	return r.depth ? refuse(&r, "missing )") : 0;
}
