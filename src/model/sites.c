/* sites.c - the columns of sites over time. */
#include <residue/model/sites.h>

#include <residue/base/hash.h>
#include <residue/base/mem.h>
#include <residue/base/sat.h>

#include <stdlib.h>
#include <string.h>

/* Names come from the target: two that collide on purpose share a sparkline, and
 * nothing else. */
uint64_t site_key(const char *name)
{
	return hash_text(name);
}

static int larger_first(const void *x, const void *y)
{
	int64_t a = sat_abs(((const struct site_value *)x)->bytes);
	int64_t b = sat_abs(((const struct site_value *)y)->bytes);

	return (a < b) - (a > b);
}

static int by_key(const void *x, const void *y)
{
	uint64_t a = ((const struct site_value *)x)->key;
	uint64_t b = ((const struct site_value *)y)->key;

	return (a > b) - (a < b);
}

/* All sites that hold something; returns how many. */
static size_t gather(const struct profile *p, unsigned type,
		     struct site_value *out)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n_rows; i++) {
		const struct profile_row *row = &p->rows[i];

		if (row->flat[type])
			out[n++] = (struct site_value){site_key(row->name),
						       row->flat[type]};
	}
	return n;
}

struct doc *site_column_new(const struct profile *p, int64_t t_ns)
{
	int type = profile_find_type(p, "inuse_space");
	struct site_value *all;
	struct site_column *c;
	size_t n, kept, size;

	if (type < 0)
		return NULL;
	all = calloc(p->n_rows + 1, sizeof(*all));
	if (!all)
		return NULL;
	n = gather(p, (unsigned)type, all);
	qsort(all, n, sizeof(*all), larger_first);
	kept = n < SITES_KEPT ? n : SITES_KEPT;
	qsort(all, kept, sizeof(*all), by_key);
	size = sizeof(*c) + kept * sizeof(*all);
	c = mem_alloc(size);
	c->cut = kept < n;
	c->n = kept;
	memcpy(c->site, all, kept * sizeof(*all));
	free(all);
	return doc_new(DOC_SITES, t_ns, c, size, free);
}

int64_t site_column_get(const struct site_column *c, uint64_t key)
{
	const struct site_value wanted = {.key = key}, *found;

	found = bsearch(&wanted, c->site, c->n, sizeof(wanted), by_key);
	return found ? found->bytes : c->cut ? -1 : 0;
}

struct doc *site_trail_push(struct site_trail *t, struct doc *take_d)
{
	struct doc *oldest = NULL;

	if (t->count == SITES_COLUMNS) {
		oldest = t->column[t->first];
		t->first = (t->first + 1) % SITES_COLUMNS;
		t->count--;
	}
	t->column[(t->first + t->count++) % SITES_COLUMNS] = take_d;
	return oldest;
}

struct doc *site_trail_at(const struct site_trail *t, unsigned n)
{
	return t->column[(t->first + n) % SITES_COLUMNS];
}

void site_trail_clear(struct site_trail *t)
{
	for (unsigned i = 0; i < t->count; i++)
		doc_unref(site_trail_at(t, i));
	t->first = t->count = 0;
}
