/* debug1.c - "# Name = value" lines after "# runtime.MemStats". */
#include <residue/decode/debug1.h>

#include <stdbool.h>
#include <string.h>

#include "memstats.h"

static const char title[] = "\n# runtime.MemStats\n";

struct text {
	const char *p, *end;
};

/* The last occurrence of the title; NULL if there is none. */
static const char *find_footer(const char *tail, size_t n)
{
	const char *found = NULL, *p = tail, *end = tail + n;

	while ((p = memmem(p, (size_t)(end - p), title, sizeof(title) - 1)))
		found = p++;
	return found ? found + sizeof(title) - 1 : NULL;
}

static bool pass(struct text *t, const char *word)
{
	size_t n = strlen(word);

	if ((size_t)(t->end - t->p) < n || memcmp(t->p, word, n) != 0)
		return false;
	t->p += n;
	return true;
}

/* Pass a decimal number; one too large becomes UINT64_MAX. */
static bool number(struct text *t, uint64_t *value)
{
	const char *start = t->p;

	*value = 0;
	for (; t->p < t->end && *t->p >= '0' && *t->p <= '9'; t->p++)
		if (__builtin_mul_overflow(*value, 10, value) ||
		    __builtin_add_overflow(*value, (uint64_t)(*t->p - '0'),
					   value)) {
			while (t->p < t->end && *t->p >= '0' && *t->p <= '9')
				t->p++;
			*value = UINT64_MAX;
			return true;
		}
	return t->p > start;
}

/* "[1 2 ... 256]" and the end of the line. */
static bool ring(struct text *t, uint64_t out[PAUSE_RING])
{
	if (!pass(t, "["))
		return false;
	for (unsigned i = 0; i < PAUSE_RING; i++)
		if ((i > 0 && !pass(t, " ")) || !number(t, &out[i]))
			return false;
	return pass(t, "]") && t->p == t->end;
}

/* Names whose line is "in use / from the system". */
static const struct {
	const char *name;
	enum field inuse, sys;
} pairs[] = {
	{"Stack", FIELD_STACK_INUSE, FIELD_STACK_SYS},
	{"MSpan", FIELD_MSPAN_INUSE, FIELD_MSPAN_SYS},
	{"MCache", FIELD_MCACHE_INUSE, FIELD_MCACHE_SYS},
};

/* True if the name is one of `pairs`; *good tells whether its line is. */
static bool read_pair(const char *name, size_t n, struct text *t,
		      struct values *v, bool *good)
{
	uint64_t inuse, sys;

	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		if (strlen(pairs[i].name) != n ||
		    memcmp(pairs[i].name, name, n) != 0)
			continue;
		*good = number(t, &inuse) && pass(t, " / ") &&
			number(t, &sys) && t->p == t->end;
		if (*good) {
			memstats_set(v, pairs[i].inuse, inuse);
			memstats_set(v, pairs[i].sys, sys);
		}
		return true;
	}
	return false;
}

struct footer {
	struct values values;
	struct pause_ring *pauses;
	bool have_end, have_ns;
};

/* One line, "# Name = value"; a name that is not known is passed over. */
static bool read_line(struct text t, struct footer *f)
{
	const char *name;
	bool good = true;
	enum field field;
	uint64_t value;
	size_t n;

	if (!pass(&t, "# "))
		return false;
	name = t.p;
	while (t.p < t.end && *t.p != ' ')
		t.p++;
	n = (size_t)(t.p - name);
	if (!pass(&t, " = "))
		return false;
	if (n == 8 && memcmp(name, "PauseEnd", n) == 0)
		return f->have_end = ring(&t, f->pauses->end_ns);
	if (n == 7 && memcmp(name, "PauseNs", n) == 0)
		return f->have_ns = ring(&t, f->pauses->pause_ns);
	if (read_pair(name, n, &t, &f->values, &good))
		return good;
	field = memstats_field(name, n);
	if (field == FIELD_COUNT)
		return true;
	if (!number(&t, &value) || t.p != t.end)
		return false;
	memstats_set(&f->values, field, value);
	return true;
}

int debug1_decode(const char *tail, size_t n, struct values *v,
		  struct pause_ring *pauses, struct err *err)
{
	const char *p = find_footer(tail, n), *end = tail + n, *stop;
	struct footer f = {.pauses = pauses};

	memset(pauses, 0, sizeof(*pauses));
	if (!p)
		return err_set(err, ERR_UNSUPPORTED,
			       "no runtime.MemStats at the end of the text");
	/* A last line without its newline may be cut and is not read. */
	for (; (stop = memchr(p, '\n', (size_t)(end - p))); p = stop + 1)
		if (stop > p && !read_line((struct text){p, stop}, &f))
			return err_set(err, ERR_FORMAT,
				       "broken line %zu bytes before the end "
				       "of runtime.MemStats",
				       (size_t)(end - p));
	if (!values_has(&f.values, FIELD_HEAP_INUSE))
		return err_set(err, ERR_FORMAT,
			       "runtime.MemStats at the end is cut short");
	for (unsigned i = 0; i < FIELD_COUNT; i++)
		if (values_has(&f.values, (enum field)i))
			values_set(v, (enum field)i, f.values.v[i]);
	memstats_end_pauses(pauses, &f.values, f.have_end, f.have_ns);
	return 0;
}

/* A number that fits, and the words after it. */
static bool count(struct text *t, int64_t *out, const char *after)
{
	uint64_t value;

	if (!number(t, &value) || value > INT64_MAX)
		return false;
	*out = (int64_t)value;
	return pass(t, after);
}

int debug1_decode_header(const char *head, size_t n, struct debug1_header *h,
			 struct err *err)
{
	const char *stop = memchr(head, '\n', n);
	struct text t = {head, stop ? stop : head};

	if (!pass(&t, "heap profile: ") ||
	    !count(&t, &h->inuse_objects, ": ") ||
	    !count(&t, &h->inuse_bytes, " [") ||
	    !count(&t, &h->alloc_objects, ": ") ||
	    !count(&t, &h->alloc_bytes, "] @ heap/") ||
	    !count(&t, &h->rate, "") || t.p != t.end)
		return err_set(err, ERR_FORMAT, "not the text of heap?debug=1");
	h->rate /= 2;
	return 0;
}
