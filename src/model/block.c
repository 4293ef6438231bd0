/*
 * block.c - 600 rows sealed into columns: zigzag delta varints under zlib.
 *
 *   rows: t_ns, wall_ns, age_ms[], then each field
 *   field: 0 (known in no row) | 1 (in all) | 2 + bitmap of a bit a row;
 *          then the deltas of the rows that know it
 *
 * Only our own memory is decoded here, so a damaged block is a bug and not
 * input; reading is bounded all the same.
 */
#include <residue/model/history.h>

#include <residue/base/mem.h>

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

struct block {
	atomic_int refs;
	int64_t first_ns, last_ns; /* CLOCK_BOOTTIME */
	unsigned rows;
	size_t raw_size; /* inflated */
	size_t size;	 /* deflated */
	unsigned char data[];
};

enum { NOWHERE = 0, EVERYWHERE = 1, SOMEWHERE = 2 };

/* Worst case of one column: a marker, a bitmap, ten bytes a value. */
#define COLUMN_MOST (1 + BLOCK_ROWS / 8 + 10 * BLOCK_ROWS)
#define RAW_MOST    ((2 + ORIGIN_COUNT + FIELD_COUNT) * (size_t)COLUMN_MOST)

struct cursor {
	unsigned char *p, *end;
};

static void put_varint(struct cursor *c, uint64_t v)
{
	while (v >= 0x80) {
		*c->p++ = (unsigned char)(v | 0x80);
		v >>= 7;
	}
	*c->p++ = (unsigned char)v;
}

static uint64_t get_varint(struct cursor *c)
{
	uint64_t v = 0;

	for (unsigned shift = 0; shift < 64 && c->p < c->end; shift += 7) {
		unsigned char b = *c->p++;

		v |= (uint64_t)(b & 0x7f) << shift;
		if (!(b & 0x80))
			break;
	}
	return v;
}

/* Differences are taken modulo 2^64: no value can overflow them. */
static void put_delta(struct cursor *c, int64_t v, int64_t *last)
{
	uint64_t d = (uint64_t)v - (uint64_t)*last;

	put_varint(c, d << 1 ^ (d >> 63 ? UINT64_MAX : 0));
	*last = v;
}

static int64_t get_delta(struct cursor *c, int64_t *last)
{
	uint64_t z = get_varint(c);
	uint64_t d = z >> 1 ^ (z & 1 ? UINT64_MAX : 0);

	*last = (int64_t)((uint64_t)*last + d);
	return *last;
}

static void put_field(struct cursor *c, const struct row *rows, unsigned n,
		      enum field f)
{
	unsigned char bitmap[BLOCK_ROWS / 8 + 1] = {0};
	unsigned count = 0;
	int64_t last = 0;

	for (unsigned i = 0; i < n; i++)
		if (values_has(&rows[i].values, f)) {
			bitmap[i / 8] |= (unsigned char)(1u << i % 8);
			count++;
		}
	*c->p++ = count == 0 ? NOWHERE : count == n ? EVERYWHERE : SOMEWHERE;
	if (count > 0 && count < n) {
		memcpy(c->p, bitmap, (n + 7) / 8);
		c->p += (n + 7) / 8;
	}
	for (unsigned i = 0; count && i < n; i++)
		if (values_has(&rows[i].values, f))
			put_delta(c, rows[i].values.v[f], &last);
}

static void get_field(struct cursor *c, struct row *rows, unsigned n,
		      enum field f)
{
	const unsigned char *bitmap;
	unsigned char where;
	int64_t last = 0;

	if (c->p >= c->end)
		return;
	where = *c->p++;
	bitmap = c->p;
	if (where == NOWHERE)
		return;
	if (where == SOMEWHERE) {
		if ((size_t)(c->end - c->p) < (n + 7) / 8)
			return;
		c->p += (n + 7) / 8;
	}
	for (unsigned i = 0; i < n; i++)
		if (where == EVERYWHERE || bitmap[i / 8] >> i % 8 & 1)
			values_set(&rows[i].values, f, get_delta(c, &last));
}

static size_t encode(unsigned char *raw, const struct row *rows, unsigned n)
{
	struct cursor c = {raw, raw + RAW_MOST};
	int64_t t = 0, wall = 0;

	for (unsigned i = 0; i < n; i++) {
		put_delta(&c, rows[i].t_ns, &t);
		/* The clocks' distance hardly ever changes. */
		put_delta(&c, rows[i].wall_ns - rows[i].t_ns, &wall);
	}
	for (unsigned o = 0; o < ORIGIN_COUNT; o++) {
		int64_t last = 0;

		for (unsigned i = 0; i < n; i++)
			put_delta(&c, rows[i].age_ms[o], &last);
	}
	for (unsigned f = 0; f < FIELD_COUNT; f++)
		put_field(&c, rows, n, (enum field)f);
	return (size_t)(c.p - raw);
}

struct block *block_seal(const struct row *rows, unsigned n)
{
	unsigned char *raw = mem_alloc(RAW_MOST);
	size_t raw_size = encode(raw, rows, n);
	uLongf size = compressBound((uLong)raw_size);
	struct block *b = mem_alloc(sizeof(*b) + size);

	if (compress2(b->data, &size, raw, (uLong)raw_size, 1) != Z_OK)
		mem_exhausted(); /* the only way it can fail with this room */
	free(raw);
	b = mem_realloc(b, 1, sizeof(*b) + size);
	atomic_init(&b->refs, 1);
	b->first_ns = rows[0].t_ns;
	b->last_ns = rows[n - 1].t_ns;
	b->rows = n;
	b->raw_size = raw_size;
	b->size = size;
	return b;
}

unsigned block_open(const struct block *b, struct row *rows)
{
	unsigned char *raw = mem_alloc(b->raw_size);
	uLongf size = (uLongf)b->raw_size;
	struct cursor c = {raw, raw + b->raw_size};
	int64_t t = 0, wall = 0;

	memset(rows, 0, b->rows * sizeof(*rows));
	if (uncompress(raw, &size, b->data, (uLong)b->size) != Z_OK)
		mem_exhausted();
	for (unsigned i = 0; i < b->rows; i++) {
		rows[i].t_ns = get_delta(&c, &t);
		rows[i].wall_ns = rows[i].t_ns + get_delta(&c, &wall);
	}
	for (unsigned o = 0; o < ORIGIN_COUNT; o++) {
		int64_t last = 0;

		for (unsigned i = 0; i < b->rows; i++)
			rows[i].age_ms[o] = (int32_t)get_delta(&c, &last);
	}
	for (unsigned f = 0; f < FIELD_COUNT; f++)
		get_field(&c, rows, b->rows, (enum field)f);
	free(raw);
	return b->rows;
}

struct block *block_ref(struct block *b)
{
	atomic_fetch_add_explicit(&b->refs, 1, memory_order_relaxed);
	return b;
}

void block_unref(struct block *b)
{
	if (b &&
	    atomic_fetch_sub_explicit(&b->refs, 1, memory_order_acq_rel) == 1)
		free(b);
}

int64_t block_first_ns(const struct block *b)
{
	return b->first_ns;
}

int64_t block_last_ns(const struct block *b)
{
	return b->last_ns;
}

size_t block_size(const struct block *b)
{
	return sizeof(*b) + b->size;
}
