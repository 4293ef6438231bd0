/*
 * history.h - a week of one target's rows in 10 MiB.
 *
 *            now                                                 7 days ago
 *   tail     |== 300..1200 rows, as they are ==|
 *   blocks   |          |== sealed, 600 rows each, a day ... ==|
 *   pyramids |== 10 s buckets, a day ==|
 *            |== 60 s buckets, 7 days =========================|
 *            |== 600 s buckets, 7 days ========================|
 *
 * A row is all that was known of a target at one tick. The newest rows are
 * kept as they are; older ones are sealed, 600 at a time, into columns of
 * zigzag delta varints under zlib level 1 (0.7 to 1.05 bytes a value). Plotted
 * fields (field_info.plotted) go into the pyramids as well: min, max and last of
 * each bucket, in pages of 4 KiB (no sum: nothing draws a mean, and it would
 * cost a third more).
 *
 * Nothing here locks, and history_append neither allocates nor compresses: the
 * store calls it under its lock. Sealing is done in three steps so that the
 * costly one needs no lock: history_seal_take (copy, locked), block_seal (no
 * lock), history_seal_put (locked).
 */
#ifndef RESIDUE_MODEL_HISTORY_H
#define RESIDUE_MODEL_HISTORY_H

#include <residue/model/fields.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One tick of one target. `age_ms` is the age of each origin's figures when
 * the row was made, in ms, -1 where the origin has delivered nothing. */
struct row {
	int64_t t_ns;	 /* CLOCK_BOOTTIME of the statm read */
	int64_t wall_ns; /* CLOCK_REALTIME of the same moment */
	int32_t age_ms[ORIGIN_COUNT];
	struct values values;
};

#define BLOCK_ROWS 600
#define TAIL_ROWS  (2 * BLOCK_ROWS)
#define DAY_NS	   (86400LL * 1000000000LL)

/* A sealed block: immutable, shared by reference (block.c). */
struct block;
struct history;

/* Everything history_append needs is allocated here, untouched until used. */
struct history *history_new(void);
void history_free(struct history *h);

/* Rows must not go back in time; one that does is dropped. */
void history_append(struct history *h, const struct row *row);

/* Time to seal: 900 rows of the tail are used, which leaves 300 ticks until the
 * oldest would be lost. */
bool history_tail_full(const struct history *h);
/* Copy the oldest BLOCK_ROWS of a full tail to `rows` (room for BLOCK_ROWS);
 * false when it is not full. */
bool history_seal_take(const struct history *h, struct row *rows);
/* The rows (1 to BLOCK_ROWS of them) as a block; one reference, the
 * caller's. */
struct block *block_seal(const struct row *rows, unsigned n);
struct block *block_ref(struct block *b);
void block_unref(struct block *b); /* NULL is fine */
/* Moments of the first and the last row, CLOCK_BOOTTIME. */
int64_t block_first_ns(const struct block *b);
int64_t block_last_ns(const struct block *b);
/* Bytes the block takes. */
size_t block_size(const struct block *b);
/* Put the block in place of the rows that history_seal_take gave; takes the
 * reference. Blocks older than a day, and the oldest past the cap, are moved
 * to `dead` (room for `room`, which must be > 0): block_unref them without the
 * lock. Returns how many. */
unsigned history_seal_put(struct history *h, struct block *take_block,
			  struct block **dead, unsigned room);
/* Rows of a block, oldest first; returns how many (at most BLOCK_ROWS, which
 * `rows` must have room for). */
unsigned block_open(const struct block *b, struct row *rows);

/* The newest row, or NULL. Valid until the next append. */
const struct row *history_last(const struct history *h);
/* Moments covered by anything at all; false when there is nothing yet. */
bool history_span(const struct history *h, int64_t *first_ns, int64_t *last_ns);
/* Bytes allocated and used: what the 10 MiB are measured by. */
size_t history_bytes(const struct history *h);

/* A column of a graph: one field over [t, t + step). */
struct span {
	bool known;
	int64_t min, max, last;
};

/* What a graph of several fields asks: `columns` steps that end at `end_ns`,
 * which the caller aligns to a multiple of step_ns so that old columns never
 * wobble. */
struct history_query {
	int64_t end_ns;	 /* CLOCK_BOOTTIME, exclusive */
	int64_t step_ns; /* > 0 */
	unsigned columns;
	const enum field *fields;
	unsigned field_count;
};

/*
 * Answering a query takes two steps, so that inflating sealed blocks needs no
 * lock: cut (locked; draws the tail or the pyramids, takes references to the
 * blocks it needs), then draw (no lock). Cutting does not allocate: what a cut
 * has room for is reserved before, and a query that is larger draws nothing.
 * What is drawn is out[field_index * columns + column].
 */
struct history_cut;
struct history_cut *history_cut_new(void);
void history_cut_free(struct history_cut *c);
/* Room for a query of columns x fields cells, and for that many rows of the
 * tail (TAIL_ROWS is always enough; the newest ones are kept). */
void history_cut_reserve(struct history_cut *c, size_t cells, unsigned rows);
void history_cut(const struct history *h, const struct history_query *q,
		 struct history_cut *c);
void history_draw(struct history_cut *c, const struct history_query *q,
		  struct span *out);

/* The raw rows of [from_ns, to_ns], oldest first: what a snapshot and the
 * cursor read. Works on a cut as above; calls `row` for each. */
void history_cut_rows(const struct history *h, int64_t from_ns, int64_t to_ns,
		      struct history_cut *c);
void history_each_row(struct history_cut *c,
		      void (*row)(void *ctx, const struct row *row), void *ctx);

#endif
