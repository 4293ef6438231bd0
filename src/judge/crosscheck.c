/* crosscheck.c - an endpoint's figures beside those of memory. */
#include <residue/judge/crosscheck.h>

#include <residue/base/units.h>

#include <stdio.h>
#include <string.h>

#define MIB (INT64_C(1) << 20)

/* How far a figure may be from where the counters or the heap's movement put
 * it: metrics are floating-point numbers, seconds among them. */
#define SLACK_WALL  INT64_C(1000000)
#define SLACK_BYTES MIB
/* /metrics is made from runtime/metrics, which does not count what the Ps hold
 * in their caches; ReadMemStats and our reading of an opened target do. */
#define CACHES (16 * MIB)
/* The largest span of one object is as large as the object; the smallest
 * object may take a span of a page of 8 KiB (runtime/sizeclasses.go). */
#define SPAN_LEAST 8192

enum rule {
	GROWS,	  /* a counter */
	MOVES,	  /* by the bytes that were allocated and freed */
	OF_SPANS, /* by those, and a span for each object at the most */
};

static const struct {
	enum field field;
	enum rule rule;
	int64_t slack;
	bool cached; /* the caches of the Ps have a share in it */
} rules[CROSS_FIELD_COUNT] = {
	{FIELD_NUM_GC, GROWS, 0, false},
	{FIELD_NUM_FORCED_GC, GROWS, 0, false},
	{FIELD_TOTAL_ALLOC, GROWS, 0, true},
	{FIELD_MALLOCS, GROWS, 0, true},
	{FIELD_FREES, GROWS, 0, true}, /* blocks of tiny objects count here */
	{FIELD_PAUSE_TOTAL, GROWS, SLACK_WALL, false},
	{FIELD_LAST_GC, GROWS, SLACK_WALL, false},
	{FIELD_SYS, GROWS, SLACK_BYTES, false},
	{FIELD_HEAP_ALLOC, MOVES, SLACK_BYTES, true},
	{FIELD_HEAP_INUSE, OF_SPANS, SLACK_BYTES, false},
};

/* What may lie between two readings for one figure. */
struct bounds {
	int64_t low, high;
};

static void point_make(struct cross_point *p, const struct reading *r)
{
	*p = (struct cross_point){.begin_ns = r->begin_ns,
				  .end_ns = r->end_ns,
				  .uncached = r->by == READ_METRICS};
	for (unsigned i = 0; i < CROSS_FIELD_COUNT; i++) {
		if (!values_has(&r->values, rules[i].field))
			continue;
		p->known |= 1u << i;
		p->v[i] = r->values.v[rules[i].field];
	}
}

/* The figure's rise from a to b; -1 where either is not known. */
static int64_t rise(const struct cross_point *a, const struct cross_point *b,
		    enum field field)
{
	for (unsigned i = 0; i < CROSS_FIELD_COUNT; i++)
		if (rules[i].field == field && (a->known & b->known) >> i & 1 &&
		    b->v[i] >= a->v[i])
			return b->v[i] - a->v[i];
	return -1;
}

/* How far a gauge may have been from both its values; -1: nothing says. */
static int64_t moved(const struct cross_point *a, const struct cross_point *b,
		     enum rule rule)
{
	int64_t bytes = rise(a, b, FIELD_TOTAL_ALLOC);
	int64_t mallocs = rise(a, b, FIELD_MALLOCS);
	int64_t frees = rise(a, b, FIELD_FREES);
	int64_t objects = mallocs + frees;

	if (bytes < 0 || mallocs < 0 || frees < 0)
		return -1;
	if (rule == MOVES)
		return bytes;
	return objects > INT64_MAX / SPAN_LEAST - bytes / SPAN_LEAST
		       ? -1
		       : bytes + objects * SPAN_LEAST;
}

/* Of figure `i` of answer `e`; false: it cannot be compared. `a` may be NULL. */
static bool bounds_of(unsigned i, const struct cross_point *a,
		      const struct cross_point *e, const struct cross_point *b,
		      struct bounds *out)
{
	const uint32_t bit = 1u << i;
	int64_t caches = e->uncached && rules[i].cached ? CACHES : 0, by;

	if (a && !(a->known & bit))
		a = NULL;
	if (!(b->known & bit))
		return false;
	if (rules[i].rule == GROWS) {
		out->low = a ? a->v[i] - rules[i].slack - caches : INT64_MIN;
		out->high = b->v[i] + rules[i].slack;
		return true;
	}
	by = a ? moved(a, b, rules[i].rule) : -1;
	if (by < 0)
		return false;
	by += rules[i].slack + caches;
	/* Freed as well: never more than was there and was allocated since. */
	out->low = (a->v[i] < b->v[i] ? a->v[i] : b->v[i]) - by;
	out->high = (a->v[i] > b->v[i] ? a->v[i] : b->v[i]) + by;
	return true;
}

/* Rounded for people, or to the last digit. */
static const char *figure(char out[UNITS_MAX], enum unit unit, int64_t v)
{
	if (unit == UNIT_BYTES)
		return units_bytes(out, v);
	if (unit == UNIT_NS)
		return units_duration(out, v);
	snprintf(out, UNITS_MAX, "%lld", (long long)v);
	return out;
}

static void describe(char text[CROSS_TEXT_MAX], unsigned i, int64_t said,
		     const struct cross_point *memory)
{
	const struct field_info *f = &field_info[rules[i].field];
	char there[UNITS_MAX], here[UNITS_MAX];

	figure(there, f->unit, said);
	if (!strcmp(there, figure(here, f->unit, memory->v[i]))) {
		figure(there, UNIT_COUNT, said);
		figure(here, UNIT_COUNT, memory->v[i]);
	}
	if (f->unit == UNIT_WALL)
		snprintf(text, CROSS_TEXT_MAX,
			 "endpoint and memory disagree: %s is another moment "
			 "there. Is the endpoint another process?",
			 f->name);
	else
		snprintf(text, CROSS_TEXT_MAX,
			 "endpoint and memory disagree: %s is %s there, %s in "
			 "memory. Is the endpoint another process?",
			 f->name, there, here);
}

/* What the answer says that memory before and after it does not allow, as
 * words; "" for nothing. `a` may be NULL. */
static void compare(const struct cross_point *a, const struct cross_point *e,
		    const struct cross_point *b, char text[CROSS_TEXT_MAX])
{
	struct bounds in;

	text[0] = '\0';
	for (unsigned i = 0; i < CROSS_FIELD_COUNT; i++) {
		if (!(e->known >> i & 1) || !bounds_of(i, a, e, b, &in))
			continue;
		if (e->v[i] >= in.low && e->v[i] <= in.high)
			continue;
		describe(text, i, e->v[i], b);
		return;
	}
}

/* The newest kept reading of memory that ended before the answer began. */
static const struct cross_point *before(const struct crosscheck *c)
{
	for (unsigned i = 0; i < CROSS_KEPT; i++)
		if (c->memory[i].end_ns &&
		    c->memory[i].end_ns <= c->answer.begin_ns)
			return &c->memory[i];
	return NULL;
}

static bool settle(struct crosscheck *c, const struct cross_point *after)
{
	bool changed;

	compare(before(c), &c->answer, after, c->last);
	c->answer.end_ns = 0;
	c->settled++;
	c->differed = c->last[0] ? c->differed + 1 : 0;
	if (c->last[0] && c->differed < CROSS_SURE)
		return false;
	/* The figures of one disagreement differ from answer to answer. */
	changed = !c->last[0] != !c->text[0];
	memcpy(c->text, c->last, sizeof(c->text));
	return changed;
}

bool crosscheck_memory(struct crosscheck *c, const struct reading *r)
{
	struct cross_point p;
	bool changed = false;

	/* Between rows only a part is read. */
	if (r->between)
		return false;
	point_make(&p, r);
	if (c->answer.end_ns && p.begin_ns >= c->answer.end_ns)
		changed = settle(c, &p);
	if (c->memory[0].end_ns &&
	    p.begin_ns - c->memory[1].begin_ns < CROSS_APART) {
		c->memory[0] = p; /* the newest, until it is far enough */
		return changed;
	}
	memmove(c->memory + 1, c->memory,
		(CROSS_KEPT - 1) * sizeof(*c->memory));
	c->memory[0] = p;
	return changed;
}

void crosscheck_answer(struct crosscheck *c, const struct reading *r)
{
	point_make(&c->answer, r);
}
