/*
 * site_detail.h - private to views: one site in full, and what sites held over
 * time.
 */
#ifndef VIEWS_SITE_DETAIL_H
#define VIEWS_SITE_DETAIL_H

#include "sites_table.h"

/* "412M" or "1.61M": a value of that sample type, in few columns. */
const char *site_value(const struct profile_type *type, int64_t v,
		       char out[32]);
/* "fill.go:88" or with its path, in at most w columns: what is cut, and marked,
 * is its beginning. "" where nothing is known. */
#define SITE_TEXT_MAX 512
const char *site_place_fit(const struct glyphs *g, const char *file,
			   int64_t line, bool path, int w,
			   char out[SITE_TEXT_MAX]);
/* The name, where it does not fit w columns without so much of its import path:
 * "…/tsdb.newSeries". It may still be too long. */
const char *site_name(const struct glyphs *g, const char *name, int w,
		      char out[SITE_TEXT_MAX]);

/* A row of cells from the first profile to now. */
void site_trend(const struct screens *s, const struct frame *f, uint64_t key,
		int y, int x, int w, struct pen pen, struct canvas *c);
/* The selected site: its name, its bytes over time, lines and callers. */
void site_detail_draw(struct screens *s, const struct frame *f, struct rect r,
		      struct canvas *c);

#endif
