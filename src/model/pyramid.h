/*
 * pyramid.h - min, max and last of plotted fields in buckets of 10, 60 and
 * 600 seconds: what a graph draws from when a column spans many rows.
 */
#ifndef RESIDUE_MODEL_PYRAMID_H
#define RESIDUE_MODEL_PYRAMID_H

#include <residue/model/history.h>

#define PYRAMID_FINEST_NS (10 * 1000000000LL)

struct pyramids;

struct pyramids *pyramids_new(void);
void pyramids_free(struct pyramids *p);
void pyramids_append(struct pyramids *p, const struct row *row);
/* Beginning of the oldest bucket kept; false when there is none. */
bool pyramids_first(const struct pyramids *p, int64_t *first_ns);
/* Bytes of buckets in use. */
size_t pyramids_bytes(const struct pyramids *p);
/* out[field_index * columns + column], every cell is written. Fields that are
 * not plotted come out unknown. */
void pyramids_query(const struct pyramids *p, const struct history_query *q,
		    struct span *out);

#endif
