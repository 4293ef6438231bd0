/* expvar.c - find "memstats" in a JSON text, and read it alone. */
#include <residue/decode/expvar.h>

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "memstats.h"

/* Real ones have 5 to 25 KB. */
#define MEMSTATS_MAX ((size_t)256 << 10)

struct scan {
	const char *p, *end;
};

static int malformed(const char *what, struct err *err)
{
	return err_set(err, ERR_FORMAT, "not what /debug/vars answers: %s",
		       what);
}

static void skip_space(struct scan *s)
{
	while (s->p < s->end && memchr(" \t\r\n", *s->p, 4))
		s->p++;
}

/* Pass one expected character, and the blanks around it. */
static bool pass(struct scan *s, char c)
{
	skip_space(s);
	if (s->p == s->end || *s->p != c)
		return false;
	s->p++;
	skip_space(s);
	return true;
}

/* Pass a string; its bytes between the quotes, escapes and all. */
static bool string(struct scan *s, const char **text, size_t *n)
{
	if (s->p == s->end || *s->p != '"')
		return false;
	*text = ++s->p;
	for (; s->p < s->end; s->p++) {
		if (*s->p == '"') {
			*n = (size_t)(s->p++ - *text);
			return true;
		}
		if (*s->p == '\\' && ++s->p == s->end)
			break;
	}
	return false;
}

/* Pass a value of any kind and depth. */
static bool value(struct scan *s)
{
	const char *text;
	size_t n, depth = 0;

	do {
		if (s->p == s->end)
			return false;
		if (*s->p == '"') {
			if (!string(s, &text, &n))
				return false;
			continue;
		}
		if (*s->p == '}' || *s->p == ']') {
			if (depth-- == 0)
				return false;
		} else if (*s->p == '{' || *s->p == '[') {
			depth++;
		} else if (*s->p == ',' && depth == 0) {
			return false;
		} else if (depth == 0) { /* a number, true, false, null */
			while (s->p < s->end && !memchr(",}] \t\r\n", *s->p, 7))
				s->p++;
			return true;
		}
		s->p++;
	} while (depth > 0);
	return true;
}

struct member {
	const char *name, *text; /* as written: escapes and all */
	size_t name_length, length;
};

/* The next member of an object: 1, 0 at its end, -1 with *err set. */
static int next_member(struct scan *s, bool first, struct member *m,
		       struct err *err)
{
	if (pass(s, '}'))
		return 0;
	if (!first && !pass(s, ','))
		return malformed("it does not end with }", err);
	if (!string(s, &m->name, &m->name_length) || !pass(s, ':'))
		return malformed("a name is missing", err);
	m->text = s->p;
	if (!value(s))
		return malformed("it ends within a value", err);
	m->length = (size_t)(s->p - m->text);
	return 1;
}

/* The text of the "memstats" member of the object that the body is; NULL with
 * *err set. */
static const char *find_memstats(const char *body, size_t n, size_t *length,
				 struct err *err)
{
	static const char name[] = "memstats";
	struct scan s = {body, body + n};
	struct member m = {0};
	bool first = true;
	int rc;

	if (!pass(&s, '{')) {
		malformed("it does not begin with {", err);
		return NULL;
	}
	while ((rc = next_member(&s, first, &m, err)) > 0) {
		if (m.name_length == sizeof(name) - 1 &&
		    memcmp(m.name, name, m.name_length) == 0) {
			*length = m.length;
			return m.text;
		}
		first = false;
	}
	if (rc == 0)
		err_set(err, ERR_UNSUPPORTED, "no memstats in /debug/vars");
	return NULL;
}

/* The JSON library refuses integers that do not fit: write INT64_MAX in their
 * place, which no figure accepts as a size. */
static void clamp_integers(char *text, size_t n)
{
	static const char max[] = "9223372036854775807";
	const size_t digits_max = sizeof(max) - 1;
	struct scan s = {text, text + n};

	while (s.p < s.end) {
		char *digits = text + (s.p - text);
		const char *string_text;
		size_t length;

		if (*s.p == '"' && string(&s, &string_text, &length))
			continue;
		while (s.p < s.end && *s.p >= '0' && *s.p <= '9')
			s.p++;
		length = (size_t)(s.p - digits);
		if (length > digits_max ||
		    (length == digits_max && memcmp(digits, max, length) > 0)) {
			memset(digits, ' ', length);
			memcpy(digits, max, digits_max);
		}
		if (length == 0)
			s.p++;
	}
}

/* A ring of the object, PAUSE_RING numbers or it counts as missing. */
static bool read_ring(const json_t *object, const char *name,
		      uint64_t ring[PAUSE_RING])
{
	const json_t *a = json_object_get(object, name);

	if (!json_is_array(a) || json_array_size(a) != PAUSE_RING)
		return false;
	for (size_t i = 0; i < PAUSE_RING; i++) {
		json_int_t v = json_integer_value(json_array_get(a, i));

		ring[i] = v > 0 ? (uint64_t)v : 0;
	}
	return true;
}

static int read_object(const json_t *object, struct values *v,
		       struct pause_ring *pauses, struct err *err)
{
	struct values found = {0};
	bool have_end, have_ns;

	for (size_t i = 0; i < memstats_count; i++) {
		const json_t *m =
			json_object_get(object, memstats_names[i].name);
		json_int_t n = json_integer_value(m);

		/* INT64_MAX stands for what was larger (clamp_integers). */
		if (json_is_integer(m) && n >= 0 && n < INT64_MAX)
			memstats_set(&found, memstats_names[i].field,
				     (uint64_t)n);
	}
	if (!found.known)
		return err_set(err, ERR_UNSUPPORTED,
			       "memstats in /debug/vars is not Go's");
	for (size_t i = 0; i < memstats_count; i++) {
		enum field f = memstats_names[i].field;

		if (values_has(&found, f))
			values_set(v, f, found.v[f]);
	}
	have_end = read_ring(object, "PauseEnd", pauses->end_ns);
	have_ns = read_ring(object, "PauseNs", pauses->pause_ns);
	memstats_end_pauses(pauses, &found, have_end, have_ns);
	return 0;
}

static int load(char *text, size_t n, struct values *v,
		struct pause_ring *pauses, struct err *err)
{
	json_error_t why;
	json_t *object;
	int rc;

	clamp_integers(text, n);
	object = json_loadb(text, n, 0, &why);
	if (!object && json_error_code(&why) == json_error_out_of_memory)
		return err_set(err, ERR_LIMIT, "no memory for memstats");
	if (!object)
		return malformed("memstats is malformed", err);
	rc = json_is_object(object)
		     ? read_object(object, v, pauses, err)
		     : err_set(err, ERR_UNSUPPORTED,
			       "memstats in /debug/vars is not Go's");
	json_decref(object);
	return rc;
}

int expvar_memstats(const char *body, size_t n, const char **text,
		    size_t *length, struct err *err)
{
	*text = find_memstats(body, n, length, err);
	if (!*text)
		return -1;
	if (*length > MEMSTATS_MAX)
		return err_set(err, ERR_LIMIT,
			       "memstats of %zu bytes is over the limit of "
			       "%zu KiB",
			       *length, MEMSTATS_MAX >> 10);
	return 0;
}

int expvar_decode(const char *body, size_t n, struct values *v,
		  struct pause_ring *pauses, struct err *err)
{
	const char *found;
	size_t length;
	char *text;
	int rc;

	memset(pauses, 0, sizeof(*pauses));
	found = find_memstats(body, n, &length, err);
	if (!found)
		return -1;
	if (length > MEMSTATS_MAX)
		return err_set(err, ERR_LIMIT,
			       "memstats of %zu bytes is over the limit of "
			       "%zu KiB",
			       length, MEMSTATS_MAX >> 10);
	text = malloc(length + 1);
	if (!text)
		return err_set(err, ERR_LIMIT, "no memory for memstats");
	memcpy(text, found, length);
	rc = load(text, length, v, pauses, err);
	free(text);
	return rc;
}
