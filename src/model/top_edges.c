/*
 * top_edges.c - the inline marks of pprof's text.
 *
 * pprof marks a node by the edges that lead to it (report.go: TextItems).
 * An edge joins a kept node to the next kept one below it on a stack, counts
 * once a sample, and is inline while every call it stands for was inlined
 * (graph.go: newGraph). Only nodes that were inlined somewhere can get a
 * mark, so only their edges are gathered.
 */
#include "top_edges.h"

#include <residue/base/sat.h>
#include <residue/model/top.h>

#include <stdlib.h>

#define EDGES_FIRST ((size_t)1 << 10)
#define EDGES_MAX   ((size_t)1 << 20) /* 24 MiB of table, half of it used */
#define EDGES_MORE  2		      /* times that, where asked for */

struct edge {
	uint64_t ends; /* caller + 1 in the upper half, callee; 0: free */
	int64_t weight;
	uint32_t sample; /* the last one that used it, + 1 */
	bool inlined;
};

struct edges {
	struct edge *table;
	size_t room; /* a power of two */
	size_t n;
	size_t most; /* `room` may be */
	bool full;   /* that would not do */
};

static struct edge *find(const struct edges *e, uint64_t ends)
{
	size_t mask = e->room - 1;
	size_t at = (size_t)(ends * UINT64_C(0x9e3779b97f4a7c15) >> 32) & mask;

	while (e->table[at].ends && e->table[at].ends != ends)
		at = (at + 1) & mask;
	return &e->table[at];
}

static int grow(struct edges *e, struct err *err)
{
	struct edges bigger = {.room = e->room ? e->room * 2 : EDGES_FIRST,
			       .n = e->n,
			       .most = e->most};

	e->full = bigger.room > e->most;
	if (e->full)
		return -1;
	bigger.table = calloc(bigger.room, sizeof(*bigger.table));
	if (!bigger.table) {
		err_set(err, ERR_LIMIT, "no memory for %zu calls", e->n);
		return -1;
	}
	for (size_t i = 0; i < e->room; i++)
		if (e->table[i].ends)
			*find(&bigger, e->table[i].ends) = e->table[i];
	free(e->table);
	*e = bigger;
	return 0;
}

static int add_edge(struct edges *e, uint32_t caller, uint32_t callee,
		    size_t sample, int64_t weight, bool inlined,
		    struct err *err)
{
	uint64_t ends = ((uint64_t)caller + 1) << 32 | callee;
	struct edge *k;

	if (e->n * 2 >= e->room && grow(e, err) < 0)
		return -1;
	k = find(e, ends);
	if (!k->ends) {
		*k = (struct edge){.ends = ends, .inlined = true};
		e->n++;
	}
	if (k->sample == (uint32_t)sample + 1)
		return 0;
	k->sample = (uint32_t)sample + 1;
	k->weight = sat_add(k->weight, weight);
	k->inlined &= inlined;
	return 0;
}

/* The edges of one stack, from its root to its leaf. */
static int add_stack(struct edges *e, const struct top_nodes *t, size_t sample,
		     struct err *err)
{
	const struct profile *p = t->profile;
	const struct profile_sample *s = &p->samples[sample];
	int64_t weight = p->values[sample * p->n_types + t->type];
	uint32_t caller = PROFILE_NONE;

	if (weight == 0 || (t->selected && !t->selected[sample]))
		return 0;
	for (uint32_t f = s->n_frames; f-- > 0;) {
		const struct profile_location *l =
			&p->locations[p->stack[s->first_frame + f]];

		for (uint32_t j = l->n_lines; j-- > 0;) {
			uint32_t node =
				top_node_of(t, p->lines[l->first_line + j].row);

			if (!t->kept[node])
				continue;
			if (caller != PROFILE_NONE && node != caller &&
			    t->maybe_inlined[node] &&
			    add_edge(e, caller, node, sample, weight,
				     j != l->n_lines - 1, err) < 0)
				return -1;
			caller = node;
		}
	}
	return 0;
}

static void mark(struct top_nodes *t, const struct edges *e, int64_t least)
{
	enum { INLINE = 1, PLAIN = 2 };

	for (size_t i = 0; i < e->room; i++) {
		const struct edge *k = &e->table[i];

		if (k->ends && sat_abs(k->weight) >= least)
			t->inlined[(uint32_t)k->ends] |=
				k->inlined ? INLINE : PLAIN;
	}
	for (size_t i = 0; i < t->n; i++)
		t->inlined[i] = t->inlined[i] == INLINE ? TOP_INLINED
				: t->inlined[i] == (INLINE | PLAIN)
					? TOP_PARTLY_INLINED
					: TOP_NOT_INLINED;
}

int top_edges_mark(struct top_nodes *t, int64_t least, struct err *err)
{
	struct edges e = {.most = EDGES_MAX * (t->thorough ? EDGES_MORE : 1)};
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < t->profile->n_samples; i++)
		rc = add_stack(&e, t, i, err);
	if (rc == 0)
		mark(t, &e, least);
	t->unmarked = e.full;
	free(e.table);
	return e.full ? 0 : rc;
}
