/* history.c - a target's rows: tail, sealed blocks, pyramids. */
#include <residue/model/history.h>

#include <residue/base/mem.h>

#include "pyramid.h"

#include <stdlib.h>
#include <string.h>

/* Most blocks kept: a day at 1 Hz is 144; ten times that rate gets the same
 * bytes and so a shorter past in full detail. */
#define BLOCKS_MOST	 256
#define BLOCK_BYTES_MOST (4600u * 1024)

struct history {
	struct row *tail;		   /* ring of TAIL_ROWS */
	unsigned first, count;		   /* of the ring */
	struct block *blocks[BLOCKS_MOST]; /* oldest first */
	unsigned block_count;
	size_t block_bytes;
	struct pyramids *pyramids;
};

struct history *history_new(void)
{
	struct history *h = mem_zalloc(1, sizeof(*h));

	/* Large and zeroed: the kernel gives pages only as rows come. */
	h->tail = mem_zalloc(TAIL_ROWS, sizeof(*h->tail));
	h->pyramids = pyramids_new();
	return h;
}

void history_free(struct history *h)
{
	if (!h)
		return;
	for (unsigned i = 0; i < h->block_count; i++)
		block_unref(h->blocks[i]);
	pyramids_free(h->pyramids);
	free(h->tail);
	free(h);
}

static struct row *tail_at(const struct history *h, unsigned i)
{
	return &h->tail[(h->first + i) % TAIL_ROWS];
}

const struct row *history_last(const struct history *h)
{
	return h->count ? tail_at(h, h->count - 1) : NULL;
}

void history_append(struct history *h, const struct row *row)
{
	const struct row *last = history_last(h);

	if (last && row->t_ns < last->t_ns)
		return;
	if (h->count == TAIL_ROWS) {
		/* Nobody sealed in time: the oldest row stays only in the
		 * pyramids. */
		h->first = (h->first + 1) % TAIL_ROWS;
		h->count--;
	}
	h->count++;
	*tail_at(h, h->count - 1) = *row;
	pyramids_append(h->pyramids, row);
}

bool history_tail_full(const struct history *h)
{
	return h->count >= BLOCK_ROWS + BLOCK_ROWS / 2;
}

bool history_seal_take(const struct history *h, struct row *rows)
{
	if (!history_tail_full(h))
		return false;
	for (unsigned i = 0; i < BLOCK_ROWS; i++)
		rows[i] = *tail_at(h, i);
	return true;
}

static bool block_is_dead(const struct history *h, int64_t now)
{
	return h->block_count && (h->block_count == BLOCKS_MOST ||
				  h->block_bytes > BLOCK_BYTES_MOST ||
				  block_last_ns(h->blocks[0]) < now - DAY_NS);
}

unsigned history_seal_put(struct history *h, struct block *take_block,
			  struct block **dead, unsigned room)
{
	int64_t last = block_last_ns(take_block);
	unsigned n = 0;

	while (h->count && tail_at(h, 0)->t_ns <= last) {
		h->first = (h->first + 1) % TAIL_ROWS;
		h->count--;
	}
	while (n < room && block_is_dead(h, last)) {
		dead[n++] = h->blocks[0];
		h->block_bytes -= block_size(h->blocks[0]);
		h->block_count--;
		memmove(h->blocks, h->blocks + 1,
			h->block_count * sizeof(*h->blocks));
	}
	h->blocks[h->block_count++] = take_block;
	h->block_bytes += block_size(take_block);
	return n;
}

bool history_span(const struct history *h, int64_t *first_ns, int64_t *last_ns)
{
	const struct row *last = history_last(h);
	int64_t first;

	if (!last)
		return false;
	*last_ns = last->t_ns;
	*first_ns = h->block_count ? block_first_ns(h->blocks[0])
				   : tail_at(h, 0)->t_ns;
	if (pyramids_first(h->pyramids, &first) && first < *first_ns)
		*first_ns = first;
	return true;
}

size_t history_bytes(const struct history *h)
{
	return sizeof(*h) + h->count * sizeof(*h->tail) + h->block_bytes +
	       pyramids_bytes(h->pyramids);
}

/* ---- queries ---------------------------------------------------------- */

struct history_cut {
	struct block *blocks[BLOCKS_MOST]; /* references */
	unsigned block_count;
	/* history_cut_rows: the part of the tail, copied, oldest first. */
	struct row *tail;
	unsigned tail_count, tail_room;
	/* history_cut: what pyramids or tail have drawn already. */
	struct span *spans;
	size_t span_room;
	int64_t from_ns, to_ns; /* what was asked for */
	struct row *scratch;	/* one opened block */
};

struct history_cut *history_cut_new(void)
{
	return mem_zalloc(1, sizeof(struct history_cut));
}

void history_cut_reserve(struct history_cut *c, size_t cells, unsigned rows)
{
	if (c->span_room < cells) {
		c->spans = mem_realloc(c->spans, cells, sizeof(*c->spans));
		c->span_room = cells;
	}
	if (c->tail_room < rows) {
		c->tail = mem_realloc(c->tail, rows, sizeof(*c->tail));
		c->tail_room = rows;
	}
}

static void drop_blocks(struct history_cut *c)
{
	for (unsigned i = 0; i < c->block_count; i++)
		block_unref(c->blocks[i]);
	c->block_count = 0;
}

void history_cut_free(struct history_cut *c)
{
	if (!c)
		return;
	drop_blocks(c);
	free(c->tail);
	free(c->spans);
	free(c->scratch);
	free(c);
}

/* References to the blocks of [from_ns, to_ns]. */
static void cut_blocks(const struct history *h, int64_t from_ns, int64_t to_ns,
		       struct history_cut *c)
{
	drop_blocks(c);
	c->tail_count = 0;
	c->from_ns = from_ns;
	c->to_ns = to_ns;
	for (unsigned i = 0; i < h->block_count; i++)
		if (block_last_ns(h->blocks[i]) >= from_ns &&
		    block_first_ns(h->blocks[i]) <= to_ns)
			c->blocks[c->block_count++] = block_ref(h->blocks[i]);
}

void history_cut_rows(const struct history *h, int64_t from_ns, int64_t to_ns,
		      struct history_cut *c)
{
	unsigned first = 0, end = h->count;

	cut_blocks(h, from_ns, to_ns, c);
	while (first < end && tail_at(h, first)->t_ns < from_ns)
		first++;
	while (end > first && tail_at(h, end - 1)->t_ns > to_ns)
		end--;
	if (end - first > c->tail_room)
		first = end - c->tail_room;
	for (unsigned i = first; i < end; i++)
		c->tail[c->tail_count++] = *tail_at(h, i);
}

static void each_block_row(struct history_cut *c,
			   void (*row)(void *ctx, const struct row *row),
			   void *ctx)
{
	if (c->block_count && !c->scratch)
		c->scratch = mem_alloc(BLOCK_ROWS * sizeof(*c->scratch));
	for (unsigned b = 0; b < c->block_count; b++) {
		unsigned n = block_open(c->blocks[b], c->scratch);

		for (unsigned i = 0; i < n; i++)
			if (c->scratch[i].t_ns >= c->from_ns &&
			    c->scratch[i].t_ns <= c->to_ns)
				row(ctx, &c->scratch[i]);
	}
	drop_blocks(c);
}

void history_each_row(struct history_cut *c,
		      void (*row)(void *ctx, const struct row *row), void *ctx)
{
	each_block_row(c, row, ctx);
	for (unsigned i = 0; i < c->tail_count; i++)
		row(ctx, &c->tail[i]);
}

struct drawing {
	const struct history_query *q;
	struct span *out;
	int64_t from;
};

static void add_value(struct span *s, int64_t v)
{
	if (!s->known) {
		*s = (struct span){true, v, v, v};
		return;
	}
	s->min = v < s->min ? v : s->min;
	s->max = v > s->max ? v : s->max;
	s->last = v;
}

static void draw_row(void *ctx, const struct row *row)
{
	struct drawing *d = ctx;
	const struct history_query *q = d->q;
	int64_t column = (row->t_ns - d->from) / q->step_ns;

	if (row->t_ns < d->from || column >= q->columns)
		return;
	for (unsigned f = 0; f < q->field_count; f++)
		if (values_has(&row->values, q->fields[f]))
			add_value(&d->out[f * (size_t)q->columns +
					  (size_t)column],
				  row->values.v[q->fields[f]]);
}

/* The oldest moment that tail and blocks still have in full detail. */
static int64_t detail_from(const struct history *h)
{
	if (h->block_count)
		return block_first_ns(h->blocks[0]);
	return h->count ? tail_at(h, 0)->t_ns : INT64_MAX;
}

/*
 * Rows answer while a column is narrower than the finest bucket and anything
 * of the window is left in full detail; else the pyramids do. The tail is
 * drawn at once: that is less work than copying its rows.
 */
void history_cut(const struct history *h, const struct history_query *q,
		 struct history_cut *c)
{
	struct drawing d = {.q = q,
			    .from = q->end_ns - q->step_ns * q->columns};
	size_t cells = (size_t)q->columns * q->field_count;

	drop_blocks(c);
	if (c->span_room < cells)
		return;
	d.out = c->spans;
	if (q->step_ns >= PYRAMID_FINEST_NS || q->end_ns <= detail_from(h)) {
		pyramids_query(h->pyramids, q, c->spans);
		return;
	}
	memset(c->spans, 0, cells * sizeof(*c->spans));
	cut_blocks(h, d.from, q->end_ns - 1, c);
	for (unsigned i = 0; i < h->count; i++)
		draw_row(&d, tail_at(h, i));
}

/* What came later lies over what came before. */
static void merge_later(struct span *s, const struct span *later)
{
	if (!later->known)
		return;
	if (!s->known) {
		*s = *later;
		return;
	}
	s->min = later->min < s->min ? later->min : s->min;
	s->max = later->max > s->max ? later->max : s->max;
	s->last = later->last;
}

void history_draw(struct history_cut *c, const struct history_query *q,
		  struct span *out)
{
	size_t cells = (size_t)q->columns * q->field_count;
	struct drawing d = {q, out, q->end_ns - q->step_ns * q->columns};

	memset(out, 0, cells * sizeof(*out));
	if (c->span_room < cells)
		return;
	each_block_row(c, draw_row, &d);
	for (size_t i = 0; i < cells; i++)
		merge_later(&out[i], &c->spans[i]);
}
