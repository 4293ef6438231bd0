/*
 * top.c - the rows of `go tool pprof -top`.
 *
 * The steps and their order are report.go's newTrimmedGraph: sum, drop what
 * is under 0.5% of all flat, sort, cut to the rows asked for, mark inlining
 * by the edges over 0.1%.
 */
#include <residue/base/clock.h>
#include <residue/base/sat.h>
#include <residue/model/pattern.h>
#include <residue/model/top.h>

#include "top_edges.h"

#include <stdlib.h>
#include <string.h>

#define NODE_FRACTION 0.005
#define EDGE_FRACTION 0.001
/* CPU time for --focus: those that people write take milliseconds, a hostile
 * name makes some take as long as its length squared. */
#define MATCH_NS (5 * NS_PER_SEC)

static void *array(size_t n, size_t size, struct err *err)
{
	void *p = calloc(n ? n : 1, size);

	if (!p)
		err_set(err, ERR_LIMIT, "no memory for %zu rows", n);
	return p;
}

static void nodes_release(struct top_nodes *t)
{
	free(t->selected);
	free(t->flat);
	free(t->cum);
	free(t->first_row);
	free(t->maybe_inlined);
	free(t->kept);
	free(t->inlined);
}

static int nodes_init(struct top_nodes *t, const struct profile *p,
		      const struct top_options *o, struct err *err)
{
	*t = (struct top_nodes){.profile = p,
				.type = o->type,
				.n = p->n_rows,
				.thorough = o->thorough};
	if (!o->true_names && p->n_groups < p->n_rows) {
		t->by_group = true;
		t->n = p->n_groups;
	}
	t->flat = array(t->n, sizeof(*t->flat), err);
	t->cum = array(t->n, sizeof(*t->cum), err);
	t->first_row = array(t->n, sizeof(*t->first_row), err);
	t->maybe_inlined = array(t->n, sizeof(*t->maybe_inlined), err);
	t->kept = array(t->n, sizeof(*t->kept), err);
	t->inlined = array(t->n, sizeof(*t->inlined), err);
	if (!t->flat || !t->cum || !t->first_row || !t->maybe_inlined ||
	    !t->kept || !t->inlined)
		return -1;
	for (size_t i = p->n_rows; i-- > 0;) {
		uint32_t node = top_node_of(t, (uint32_t)i);

		t->first_row[node] = (uint32_t)i;
		t->maybe_inlined[node] |= p->rows[i].maybe_inlined;
	}
	return 0;
}

/* 1 or 0, or -1 with *err set. */
static int location_matches(const struct profile *p,
			    const struct profile_location *l,
			    const struct pattern *re, struct err *err)
{
	for (uint32_t j = 0; j < l->n_lines; j++) {
		uint32_t fn = p->lines[l->first_line + j].function;
		int rc;

		if (fn == PROFILE_NONE)
			continue;
		rc = pattern_matches(re, p->functions[fn].pprof_name, err);
		if (rc == 0)
			rc = pattern_matches(re, p->functions[fn].file, err);
		if (rc != 0)
			return rc;
	}
	/* pprof gives a profile without mappings one without a file. */
	return pattern_matches(re, l->binary, err);
}

/* Which locations have a frame that matches. */
static int match_locations(const struct profile *p, const char *focus,
			   bool *match, bool *any, struct err *err)
{
	struct pattern re;
	int rc = 0;

	if (pattern_compile_guarded(&re, focus, MATCH_NS, err) < 0)
		return -1;
	for (size_t i = 0; rc >= 0 && i < p->n_locations; i++) {
		rc = location_matches(p, &p->locations[i], &re, err);
		match[i] = rc > 0;
		*any |= match[i];
	}
	pattern_release(&re);
	return rc < 0 ? -1 : 0;
}

/* Which samples have a location that matches. */
static int select_samples(struct top_nodes *t, const char *focus, bool *any,
			  struct err *err)
{
	const struct profile *p = t->profile;
	bool *match = array(p->n_locations, sizeof(*match), err);
	int rc = -1;

	t->selected = array(p->n_samples, sizeof(*t->selected), err);
	if (match && t->selected)
		rc = match_locations(p, focus, match, any, err);
	for (size_t i = 0; rc == 0 && i < p->n_samples; i++) {
		const struct profile_sample *s = &p->samples[i];

		for (uint32_t f = 0; f < s->n_frames; f++)
			t->selected[i] |= match[p->stack[s->first_frame + f]];
	}
	free(match);
	return rc;
}

/* Flat and cum from the profile's own table. */
static void copy_sums(struct top_nodes *t)
{
	for (size_t i = 0; i < t->n; i++) {
		t->flat[i] = t->profile->rows[i].flat[t->type];
		t->cum[i] = t->profile->rows[i].cum[t->type];
	}
}

static void sum_sample(struct top_nodes *t, size_t i, uint32_t *stamp)
{
	const struct profile *p = t->profile;
	const struct profile_sample *s = &p->samples[i];
	int64_t v = p->values[i * p->n_types + t->type];

	for (uint32_t f = 0; f < s->n_frames; f++) {
		const struct profile_location *l =
			&p->locations[p->stack[s->first_frame + f]];

		for (uint32_t j = 0; j < l->n_lines; j++) {
			uint32_t node =
				top_node_of(t, p->lines[l->first_line + j].row);

			if (f == 0 && j == 0)
				t->flat[node] = sat_add(t->flat[node], v);
			if (stamp[node] == (uint32_t)i + 1)
				continue;
			stamp[node] = (uint32_t)i + 1;
			t->cum[node] = sat_add(t->cum[node], v);
		}
	}
}

static int sum_nodes(struct top_nodes *t, struct err *err)
{
	uint32_t *stamp;

	if (!t->selected && !t->by_group) {
		copy_sums(t);
		return 0;
	}
	stamp = array(t->n, sizeof(*stamp), err);
	if (!stamp)
		return -1;
	for (size_t i = 0; i < t->profile->n_samples; i++)
		if (!t->selected || t->selected[i])
			sum_sample(t, i, stamp);
	free(stamp);
	return 0;
}

/* A share of a sum, as pprof rounds it. */
static int64_t share(int64_t sum, double fraction)
{
	return sat_abs((int64_t)((double)sum * fraction));
}

static int64_t flat_sum(const struct top_nodes *t)
{
	int64_t sum = 0;

	for (size_t i = 0; i < t->n; i++)
		sum = sat_add(sum, t->flat[i]);
	return sum;
}

/* Choose the rows that are heavy enough, in no order yet. */
static int keep_rows(struct top *top, struct top_nodes *t,
		     const struct top_options *o, struct err *err)
{
	int64_t least = share(flat_sum(t), NODE_FRACTION);
	size_t n = 0;

	for (size_t i = 0; i < t->n; i++) {
		if (t->flat[i] == 0 && t->cum[i] == 0)
			continue;
		if (sat_abs(t->cum[i]) < least) {
			top->n_dropped++;
			continue;
		}
		t->kept[i] = true;
		n++;
	}
	top->rows = array(n, sizeof(*top->rows), err);
	if (!top->rows)
		return -1;
	for (size_t i = 0; i < t->n; i++) {
		const struct profile_row *row =
			&t->profile->rows[t->first_row[i]];

		if (t->kept[i])
			top->rows[top->n_rows++] = (struct top_row){
				.row = row,
				.name = o->true_names ? row->name
						      : row->pprof_name,
				.flat = t->flat[i],
				.cum = t->cum[i],
			};
	}
	top->n_kept = n;
	return 0;
}

static int descending(int64_t a, int64_t b)
{
	int64_t x = sat_abs(a), y = sat_abs(b);

	return (x < y) - (x > y);
}

/* Rows that are equal in all that pprof compares: any fixed order. */
static int by_place(const struct top_row *a, const struct top_row *b)
{
	return (a->row > b->row) - (a->row < b->row);
}

static int by_flat(const void *x, const void *y)
{
	const struct top_row *a = x, *b = y;
	int c = descending(a->flat, b->flat);

	c = c ? c : strcmp(a->name, b->name);
	c = c ? c : descending(a->cum, b->cum);
	return c ? c : by_place(a, b);
}

static int by_cum(const void *x, const void *y)
{
	const struct top_row *a = x, *b = y;
	int c = descending(a->cum, b->cum);

	c = c ? c : strcmp(a->name, b->name);
	c = c ? c : descending(a->flat, b->flat);
	return c ? c : by_place(a, b);
}

/* Keep the first `rows` only, in the graph too: it decides the marks. */
static void cut_rows(struct top *top, struct top_nodes *t, size_t rows)
{
	if (rows == 0 || top->n_rows <= rows)
		return;
	for (size_t i = rows; i < top->n_rows; i++)
		t->kept[top_node_of(t, (uint32_t)(top->rows[i].row -
						  t->profile->rows))] = false;
	top->n_rows = rows;
}

/* pprof makes its graph anew when it has left nodes out; until then those of no
 * weight, which it never shows, still call others. */
static void keep_weightless(const struct top *top, struct top_nodes *t)
{
	if (top->n_dropped > 0 || top->n_rows < top->n_kept)
		return;
	for (size_t i = 0; i < t->n; i++)
		t->kept[i] = true;
}

static int fill(struct top *top, struct top_nodes *t,
		const struct top_options *o, struct err *err)
{
	top->matched = !o->focus || !*o->focus;
	if (!top->matched &&
	    select_samples(t, o->focus, &top->matched, err) < 0)
		return -1;
	if (sum_nodes(t, err) < 0 || keep_rows(top, t, o, err) < 0)
		return -1;
	qsort(top->rows, top->n_rows, sizeof(*top->rows),
	      o->cum ? by_cum : by_flat);
	cut_rows(top, t, o->rows);
	keep_weightless(top, t);
	if (top_edges_mark(t, share(flat_sum(t), EDGE_FRACTION), err) < 0)
		return -1;
	top->unmarked = t->unmarked;
	for (size_t i = 0; i < top->n_rows; i++) {
		struct top_row *r = &top->rows[i];
		uint32_t row = (uint32_t)(r->row - t->profile->rows);

		r->inlined = t->inlined[top_node_of(t, row)];
		top->shown = sat_add(top->shown, r->flat);
	}
	return 0;
}

int top_select(const struct profile *p, const struct top_options *o,
	       struct top **out, struct err *err)
{
	struct top *top = array(1, sizeof(*top), err);
	struct top_nodes t;
	int rc = -1;

	*out = NULL;
	if (!top)
		return -1;
	top->profile = p;
	top->type = p->type[o->type];
	top->total = p->base_total[o->type] > 0 ? p->base_total[o->type]
						: top->type.total;
	if (nodes_init(&t, p, o, err) == 0)
		rc = fill(top, &t, o, err);
	nodes_release(&t);
	if (rc < 0)
		top_free(top);
	else
		*out = top;
	return rc;
}

void top_free(struct top *t)
{
	if (!t)
		return;
	free(t->rows);
	free(t);
}
