/* idmap.c - ids to numbers: an array for small ids, a hash for the rest. */
#include "idmap.h"

#include <string.h>

#define DENSE_MAX   ((uint64_t)1 << 21) /* 8 MiB at most */
#define TABLE_FIRST ((size_t)64)

struct idmap_entry {
	uint64_t id;
	uint32_t number; /* + 1; 0 where the entry is free */
};

void idmap_init(struct idmap *m)
{
	*m = (struct idmap){.dense = VEC_INIT(uint32_t),
			    .table = VEC_INIT(struct idmap_entry)};
}

void idmap_free(struct idmap *m, struct pool *pool)
{
	vec_free(&m->dense, pool);
	vec_free(&m->table, pool);
}

/* Append `count` zeroed elements. */
static int extend_zeroed(struct vec *v, struct pool *pool, size_t count,
			 struct err *err)
{
	void *new = vec_extend(v, pool, count, err);

	if (!new)
		return -1;
	memset(new, 0, count * v->element);
	return 0;
}

/* The entry of `id`, or the free one where it belongs. */
static struct idmap_entry *find(const struct vec *table, uint64_t id)
{
	size_t mask = table->n - 1;
	size_t at = (size_t)(id * UINT64_C(0x9e3779b97f4a7c15) >> 32) & mask;
	struct idmap_entry *e = VEC_AT(table, struct idmap_entry, at);

	while (e->number && e->id != id) {
		at = (at + 1) & mask;
		e = VEC_AT(table, struct idmap_entry, at);
	}
	return e;
}

/* Keep the table at most half full. */
static int grow_table(struct idmap *m, struct pool *pool, struct err *err)
{
	struct vec bigger = VEC_INIT(struct idmap_entry);

	if (m->n_hashed * 2 < m->table.n)
		return 0;
	if (extend_zeroed(&bigger, pool,
			  m->table.n ? m->table.n * 2 : TABLE_FIRST, err) < 0)
		return -1;
	for (size_t i = 0; i < m->table.n; i++) {
		const struct idmap_entry *e =
			VEC_AT(&m->table, struct idmap_entry, i);

		if (e->number)
			*find(&bigger, e->id) = *e;
	}
	vec_free(&m->table, pool);
	m->table = bigger;
	return 0;
}

int idmap_number(struct idmap *m, struct pool *pool, uint64_t id,
		 uint32_t *number, struct err *err)
{
	uint32_t *cell;

	if (id < DENSE_MAX) {
		size_t i = (size_t)id;

		if (i >= m->dense.n &&
		    extend_zeroed(&m->dense, pool, i + i / 2 + 64 - m->dense.n,
				  err) < 0)
			return -1;
		cell = VEC_AT(&m->dense, uint32_t, i);
	} else {
		struct idmap_entry *e;

		if (grow_table(m, pool, err) < 0)
			return -1;
		e = find(&m->table, id);
		m->n_hashed += e->number == 0;
		e->id = id;
		cell = &e->number;
	}
	if (*cell == 0)
		*cell = ++m->n;
	*number = *cell - 1;
	return 0;
}
