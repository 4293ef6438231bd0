/* pyramid.c - rings of buckets at three widths. */
#include "pyramid.h"

#include <residue/base/mem.h>

#include <stdlib.h>
#include <string.h>

#define PAGE_SHIFT 12
#define LEVELS	   3

static const struct {
	int64_t width_ns;
	unsigned buckets;
} level_info[LEVELS] = {
	{PYRAMID_FINEST_NS, 8640},  /* a day */
	{60 * 1000000000LL, 10080}, /* 7 days */
	{600 * 1000000000LL, 1008}, /* 7 days */
};

/* In pages + 1; max == 0: not known in this bucket. */
struct cell {
	uint32_t min, max, last;
};

struct level {
	int64_t newest; /* number of the newest bucket: t / width; -1: none */
	int64_t oldest;
	struct cell *cells; /* buckets x plotted, ring by bucket number */
};

struct pyramids {
	unsigned plotted;		 /* fields kept */
	unsigned char slot[FIELD_COUNT]; /* of a plotted field */
	struct level levels[LEVELS];
};

struct pyramids *pyramids_new(void)
{
	struct pyramids *p = mem_zalloc(1, sizeof(*p));

	for (unsigned f = 0; f < FIELD_COUNT; f++)
		if (field_info[f].plotted)
			p->slot[f] = (unsigned char)p->plotted++;
	for (unsigned i = 0; i < LEVELS; i++) {
		p->levels[i].newest = -1;
		/* Zeroed and large: no page is used before its bucket is. */
		p->levels[i].cells =
			mem_zalloc((size_t)level_info[i].buckets * p->plotted,
				   sizeof(struct cell));
	}
	return p;
}

void pyramids_free(struct pyramids *p)
{
	if (!p)
		return;
	for (unsigned i = 0; i < LEVELS; i++)
		free(p->levels[i].cells);
	free(p);
}

static struct cell *bucket(const struct pyramids *p, unsigned level,
			   int64_t number)
{
	int64_t i = number % level_info[level].buckets;

	return p->levels[level].cells + (size_t)i * p->plotted;
}

/* Make `number` the newest bucket; those skipped are emptied. */
static void advance(struct pyramids *p, unsigned level, int64_t number)
{
	struct level *l = &p->levels[level];
	int64_t buckets = level_info[level].buckets;
	int64_t from = l->newest + 1;

	if (l->newest < 0)
		l->oldest = from = number;
	if (number - from >= buckets)
		from = number - buckets + 1;
	for (int64_t n = from; n <= number; n++)
		memset(bucket(p, level, n), 0,
		       p->plotted * sizeof(struct cell));
	l->newest = number;
	if (l->oldest <= number - buckets)
		l->oldest = number - buckets + 1;
}

static uint32_t pages(int64_t bytes)
{
	int64_t n = bytes < 0 ? 0 : bytes >> PAGE_SHIFT;

	return n >= UINT32_MAX ? UINT32_MAX : (uint32_t)n + 1;
}

static void add(struct cell *c, uint32_t v)
{
	if (!c->max)
		c->min = c->max = v;
	c->min = v < c->min ? v : c->min;
	c->max = v > c->max ? v : c->max;
	c->last = v;
}

void pyramids_append(struct pyramids *p, const struct row *row)
{
	for (unsigned i = 0; i < LEVELS; i++) {
		int64_t number = row->t_ns / level_info[i].width_ns;
		struct cell *cells;

		if (number > p->levels[i].newest)
			advance(p, i, number);
		cells = bucket(p, i, number);
		for (unsigned f = 0; f < FIELD_COUNT; f++)
			if (field_info[f].plotted &&
			    values_has(&row->values, (enum field)f))
				add(&cells[p->slot[f]],
				    pages(row->values.v[f]));
	}
}

bool pyramids_first(const struct pyramids *p, int64_t *first_ns)
{
	bool any = false;

	for (unsigned i = 0; i < LEVELS; i++) {
		int64_t t = p->levels[i].oldest * level_info[i].width_ns;

		if (p->levels[i].newest < 0 || (any && t >= *first_ns))
			continue;
		*first_ns = t;
		any = true;
	}
	return any;
}

size_t pyramids_bytes(const struct pyramids *p)
{
	size_t sum = sizeof(*p);

	for (unsigned i = 0; i < LEVELS; i++)
		if (p->levels[i].newest >= 0)
			sum += (size_t)(p->levels[i].newest -
					p->levels[i].oldest + 1) *
			       p->plotted * sizeof(struct cell);
	return sum;
}

static void merge(struct span *s, const struct cell *c)
{
	int64_t min = (int64_t)(c->min - 1) << PAGE_SHIFT;
	int64_t max = (int64_t)(c->max - 1) << PAGE_SHIFT;

	if (!s->known)
		*s = (struct span){true, min, max, 0};
	s->min = min < s->min ? min : s->min;
	s->max = max > s->max ? max : s->max;
	s->last = (int64_t)(c->last - 1) << PAGE_SHIFT;
}

/* Beginning of a level's oldest bucket. */
static int64_t reaches(const struct pyramids *p, unsigned level)
{
	return p->levels[level].oldest * level_info[level].width_ns;
}

/* The widest level whose buckets fit a column (finer ones are merged into
 * columns); a wider one where that no longer reaches back far enough and the
 * wider one does, by a bucket or more. */
static unsigned choose_level(const struct pyramids *p,
			     const struct history_query *q)
{
	int64_t from = q->end_ns - q->step_ns * q->columns;
	unsigned best = 0;

	for (unsigned i = 0; i < LEVELS; i++)
		if (level_info[i].width_ns <= q->step_ns)
			best = i;
	while (best + 1 < LEVELS && reaches(p, best) > from &&
	       reaches(p, best + 1) + level_info[best + 1].width_ns <=
		       reaches(p, best))
		best++;
	return best;
}

void pyramids_query(const struct pyramids *p, const struct history_query *q,
		    struct span *out)
{
	unsigned level = choose_level(p, q);
	const struct level *l = &p->levels[level];
	int64_t width = level_info[level].width_ns;
	int64_t start = q->end_ns - q->step_ns * q->columns;

	memset(out, 0, (size_t)q->columns * q->field_count * sizeof(*out));
	if (l->newest < 0)
		return;
	for (unsigned col = 0; col < q->columns; col++) {
		int64_t t = start + col * q->step_ns;
		int64_t from = t / width;
		int64_t to = (t + q->step_ns - 1) / width;

		from = from < l->oldest ? l->oldest : from;
		to = to > l->newest ? l->newest : to;
		for (int64_t n = from; n <= to; n++) {
			const struct cell *cells = bucket(p, level, n);

			for (unsigned f = 0; f < q->field_count; f++) {
				enum field id = q->fields[f];
				const struct cell *c = &cells[p->slot[id]];

				if (field_info[id].plotted && c->max)
					merge(&out[f * (size_t)q->columns +
						   col],
					      c);
			}
		}
	}
}
