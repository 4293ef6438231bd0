/*
 * aggregate.c - the function table: flat and cum of every sample type.
 *
 * Functions merge by name, as in pprof, not by id. Flat goes to the innermost
 * inlined function of the leaf; cum counts a function once a sample, however
 * often it is on the stack.
 */
#include "build.h"

#include <string.h>

/* What makes two frames one row. Functions that pprof leaves without a name
 * (and frames without a function) are told apart by binary and first line. */
struct row_key {
	const char *name;
	const char *pprof_name;
	const char *binary;
	int64_t start_line;
};

/* Numbers for keys, in order of appearance. */
struct intern {
	struct vec keys;  /* struct row_key */
	struct vec table; /* uint32_t: number + 1; a power of two of them */
};

struct aggregate {
	struct build *b;
	struct intern rows, groups;
	bool merges; /* pprof's names may join rows: there are groups */
	size_t n_groups;
	struct vec row;		/* struct profile_row */
	struct vec by_function; /* uint32_t: row, or PROFILE_NONE */
	struct vec stamp;	/* uint32_t: last sample seen + 1, by row */
	struct vec best;	/* int64_t: largest stack, by row */
	struct vec flat, cum;	/* int64_t: rows * types */
};

/* Eight bytes a step: names are long and there are many. */
static uint64_t hash_text(uint64_t h, const char *s)
{
	size_t n = strlen(s);
	uint64_t word;

	for (; n >= sizeof(word); n -= sizeof(word), s += sizeof(word)) {
		memcpy(&word, s, sizeof(word));
		h = (h ^ word) * UINT64_C(0x9e3779b97f4a7c15);
		h ^= h >> 29;
	}
	word = 0;
	memcpy(&word, s, n);
	return (h ^ word ^ (uint64_t)n << 56) * UINT64_C(0x9e3779b97f4a7c15);
}

static uint64_t hash_key(const struct row_key *k)
{
	uint64_t h = hash_text(UINT64_C(0xcbf29ce484222325), k->name);

	/* Usually one text, in one place or in two: nothing to add. */
	if (k->pprof_name != k->name && strcmp(k->pprof_name, k->name) != 0)
		h = hash_text(h, k->pprof_name);
	h = hash_text(h, k->binary) ^ (uint64_t)k->start_line;
	return h ^ h >> 32;
}

static bool same_key(const struct row_key *a, const struct row_key *b)
{
	return a->start_line == b->start_line && !strcmp(a->name, b->name) &&
	       !strcmp(a->pprof_name, b->pprof_name) &&
	       !strcmp(a->binary, b->binary);
}

static uint32_t *intern_find(struct intern *in, const struct row_key *k)
{
	size_t mask = in->table.n - 1, at = (size_t)hash_key(k) & mask;
	uint32_t *cell = VEC_AT(&in->table, uint32_t, at);

	while (*cell &&
	       !same_key(VEC_AT(&in->keys, struct row_key, *cell - 1), k)) {
		at = (at + 1) & mask;
		cell = VEC_AT(&in->table, uint32_t, at);
	}
	return cell;
}

/* Double the table; the keys go back in. */
static int intern_grow(struct intern *in, struct pool *pool, struct err *err)
{
	size_t n = in->table.n ? in->table.n * 2 : 1024;

	vec_free(&in->table, pool);
	if (!vec_extend(&in->table, pool, n, err))
		return -1;
	memset(in->table.data, 0, n * sizeof(uint32_t));
	for (size_t i = 0; i < in->keys.n; i++)
		*intern_find(in, VEC_AT(&in->keys, struct row_key, i)) =
			(uint32_t)i + 1;
	return 0;
}

static int intern_number(struct intern *in, struct pool *pool,
			 const struct row_key *k, uint32_t *number,
			 struct err *err)
{
	uint32_t *cell;

	if (in->keys.n * 2 >= in->table.n && intern_grow(in, pool, err) < 0)
		return -1;
	cell = intern_find(in, k);
	if (*cell == 0) {
		struct row_key *new = vec_extend(&in->keys, pool, 1, err);

		if (!new)
			return -1;
		*new = *k;
		*cell = (uint32_t)in->keys.n;
	}
	*number = *cell - 1;
	return 0;
}

/* "[binary]", or "<unknown>": what pprof prints for want of a name. */
static const char *nameless(struct pool *pool, const char *binary,
			    struct err *err)
{
	size_t n = strlen(binary);
	const char *base;
	char *s;

	if (n == 0)
		return "<unknown>";
	while (n > 1 && binary[n - 1] == '/')
		n--;
	base = memrchr(binary, '/', n - 1);
	base = base ? base + 1 : binary;
	n -= (size_t)(base - binary);
	s = pool_string(pool, n + 3, err);
	if (!s)
		return NULL;
	s[0] = '[';
	memcpy(s + 1, base, n);
	memcpy(s + 1 + n, "]", 2);
	pool_string_used(pool, n + 3);
	return s;
}

static int new_row(struct aggregate *a, const struct row_key *key,
		   const struct profile_function *fn, struct err *err)
{
	struct row_key group = {"", key->pprof_name, key->binary,
				key->start_line};
	struct pool *pool = &a->b->pool;
	struct profile_row *row = vec_extend(&a->row, pool, 1, err);
	const char *none = "";

	if (!row)
		return -1;
	*row = (struct profile_row){.file = fn ? fn->file : "",
				    .start_line = fn ? fn->start_line : 0};
	if (!*key->pprof_name) {
		none = nameless(pool, key->binary, err);
		if (!none)
			return -1;
	}
	row->name = *key->name ? key->name : none;
	row->pprof_name = *key->pprof_name ? key->pprof_name : none;
	row->group = (uint32_t)a->row.n - 1;
	if (!a->merges)
		return 0;
	return intern_number(&a->groups, pool, &group, &row->group, err);
}

static int find_row(struct aggregate *a, const struct profile_location *l,
		    uint32_t function, uint32_t *number, struct err *err)
{
	const struct profile_function *fn = NULL;
	struct row_key key = {"", "", l->binary, 0};

	if (function != PROFILE_NONE) {
		fn = &a->b->profile->functions[function];
		key.name = fn->name;
		key.pprof_name = fn->pprof_name;
		if (*fn->pprof_name)
			key.binary = "";
		else
			key.start_line = fn->start_line;
	}
	if (intern_number(&a->rows, &a->b->pool, &key, number, err) < 0)
		return -1;
	return *number < a->row.n ? 0 : new_row(a, &key, fn, err);
}

static bool names_differ(const struct profile *p)
{
	for (size_t i = 0; i < p->n_functions; i++)
		if (p->functions[i].pprof_name != p->functions[i].name &&
		    strcmp(p->functions[i].pprof_name, p->functions[i].name))
			return true;
	return false;
}

/* Give each line its row; `cache` has the rows of functions seen. */
static int assign_rows(struct aggregate *a, uint32_t *cache, struct err *err)
{
	const struct profile *p = a->b->profile;
	/* The build made the array; nobody else has seen it yet. */
	struct profile_line *lines = (struct profile_line *)(uintptr_t)p->lines;

	a->merges = names_differ(p);
	for (size_t i = 0; i < p->n_locations; i++) {
		const struct profile_location *l = &p->locations[i];

		for (uint32_t j = 0; j < l->n_lines; j++) {
			struct profile_line *line = &lines[l->first_line + j];
			uint32_t fn = line->function;
			bool named = fn != PROFILE_NONE &&
				     *p->functions[fn].pprof_name;

			if (named && cache[fn] != PROFILE_NONE)
				line->row = cache[fn];
			else if (find_row(a, l, fn, &line->row, err) < 0)
				return -1;
			if (named)
				cache[fn] = line->row;
			if (j + 1 < l->n_lines)
				VEC_AT(&a->row, struct profile_row, line->row)
					->maybe_inlined = true;
		}
	}
	return 0;
}

static void add(int64_t *sum, int64_t v, bool *saturated)
{
	if (__builtin_add_overflow(*sum, v, sum)) {
		*sum = v < 0 ? INT64_MIN : INT64_MAX;
		*saturated = true;
	}
}

static void add_all(int64_t *sums, const int64_t *v, unsigned n,
		    bool *saturated)
{
	for (unsigned t = 0; t < n; t++)
		add(&sums[t], v[t], saturated);
}

static int64_t magnitude(int64_t v)
{
	return v == INT64_MIN ? INT64_MAX : v < 0 ? -v : v;
}

/* The leaf's row gets the values as flat, and keeps its largest line. */
static void add_leaf(struct aggregate *a, const struct profile_line *leaf,
		     const int64_t *v)
{
	struct profile *p = a->b->profile;
	int64_t *best = VEC_AT(&a->best, int64_t, leaf->row);
	int64_t size = magnitude(v[p->default_type]);

	add_all(VEC_AT(&a->flat, int64_t, (size_t)leaf->row * p->n_types), v,
		p->n_types, &p->saturated);
	if (size > *best) {
		*best = size;
		VEC_AT(&a->row, struct profile_row, leaf->row)->line =
			leaf->line;
	}
}

static void add_sample(struct aggregate *a, size_t i)
{
	struct profile *p = a->b->profile;
	const struct profile_sample *s = &p->samples[i];
	const int64_t *v = &p->values[i * p->n_types];
	uint32_t *stamp = a->stamp.data, now = (uint32_t)i + 1;
	int64_t *cum = a->cum.data;
	unsigned n = p->n_types;

	for (unsigned t = 0; t < n; t++)
		add(&p->type[t].total, magnitude(v[t]), &p->saturated);
	for (uint32_t f = 0; f < s->n_frames; f++) {
		const struct profile_location *l =
			&p->locations[p->stack[s->first_frame + f]];
		const struct profile_line *line = &p->lines[l->first_line];

		if (f == 0)
			add_leaf(a, line, v);
		for (uint32_t j = 0; j < l->n_lines; j++, line++) {
			if (stamp[line->row] == now)
				continue;
			stamp[line->row] = now;
			add_all(&cum[(size_t)line->row * n], v, n,
				&p->saturated);
		}
	}
}

static int zeroed(struct vec *v, struct pool *pool, size_t n, struct err *err)
{
	if (n > 0 && !vec_extend(v, pool, n, err))
		return -1;
	if (n > 0)
		memset(v->data, 0, n * v->element);
	return 0;
}

static int sum_samples(struct aggregate *a, struct err *err)
{
	struct profile *p = a->b->profile;
	struct pool *pool = &a->b->pool;
	size_t n = a->row.n, n_sums;
	const int64_t *flat, *cum;
	struct profile_row *row;

	if (zeroed(&a->stamp, pool, n, err) < 0 ||
	    zeroed(&a->best, pool, n, err) < 0 ||
	    zeroed(&a->flat, pool, n * p->n_types, err) < 0 ||
	    zeroed(&a->cum, pool, n * p->n_types, err) < 0)
		return -1;
	for (size_t i = 0; i < p->n_samples; i++)
		add_sample(a, i);
	p->n_groups = a->merges ? a->n_groups : n;
	row = vec_give(&a->row, pool, &p->owned, &p->n_rows);
	flat = vec_give(&a->flat, pool, &p->owned, &n_sums);
	cum = vec_give(&a->cum, pool, &p->owned, &n_sums);
	for (size_t i = 0; i < n; i++) {
		row[i].flat = flat + i * p->n_types;
		row[i].cum = cum + i * p->n_types;
	}
	p->rows = row;
	return 0;
}

/* What numbers the rows: not needed for their sums. */
static void free_interns(struct aggregate *a)
{
	struct pool *pool = &a->b->pool;

	a->n_groups = a->groups.keys.n;
	vec_free(&a->rows.keys, pool);
	vec_free(&a->rows.table, pool);
	vec_free(&a->groups.keys, pool);
	vec_free(&a->groups.table, pool);
	vec_free(&a->by_function, pool);
}

static void aggregate_release(struct aggregate *a)
{
	struct pool *pool = &a->b->pool;

	free_interns(a);
	vec_free(&a->row, pool);
	vec_free(&a->stamp, pool);
	vec_free(&a->best, pool);
	vec_free(&a->flat, pool);
	vec_free(&a->cum, pool);
}

int build_aggregate(struct build *b, struct err *err)
{
	struct aggregate a = {
		.b = b,
		.rows = {VEC_INIT(struct row_key), VEC_INIT(uint32_t)},
		.groups = {VEC_INIT(struct row_key), VEC_INIT(uint32_t)},
		.row = VEC_INIT(struct profile_row),
		.by_function = VEC_INIT(uint32_t),
		.stamp = VEC_INIT(uint32_t),
		.best = VEC_INIT(int64_t),
		.flat = VEC_INIT(int64_t),
		.cum = VEC_INIT(int64_t),
	};
	size_t n = b->profile->n_functions;
	/* One more than needed: the array exists without functions too. */
	uint32_t *cache = vec_extend(&a.by_function, &b->pool, n + 1, err);
	int rc = -1;

	if (cache) {
		memset(cache, 0xff, n * sizeof(*cache));
		rc = assign_rows(&a, cache, err);
		free_interns(&a);
		if (rc == 0)
			rc = sum_samples(&a, err);
	}
	aggregate_release(&a);
	return rc;
}
