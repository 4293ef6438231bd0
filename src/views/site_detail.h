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
/* "fill.go:88" or with its path; "" where nothing is known. */
const char *site_place(const char *file, int64_t line, bool path,
		       char out[256]);
/* The name without its import path, where it does not fit w columns. */
const char *site_name(const char *name, int w);

/* A row of cells from the first profile to now. */
void site_trend(const struct screens *s, const struct frame *f, uint64_t key,
		int y, int x, int w, struct pen pen, struct canvas *c);
/* The selected site: its name, its bytes over time, lines and callers. */
void site_detail_draw(struct screens *s, const struct frame *f, struct rect r,
		      struct canvas *c);

#endif
