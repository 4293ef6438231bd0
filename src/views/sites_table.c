/* sites_table.c - rows, order and cursor of the sites. */
#include "sites_table.h"

#include "look.h"

#include <residue/base/mem.h>
#include <residue/base/sat.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* clang-format off */
const struct site_columns_info site_column_info[SITE_COLUMNS] = {
[SITE_FLAT]       = {"FLAT", 7, 0, 0, true, false, "what the function allocated itself"},
[SITE_FLAT_SHARE] = {"FLAT%", 6, 0, 1, true, false, "its share of the total"},
[SITE_SUM_SHARE]  = {"SUM%", 6, 0, 6, true, false, "share of this row and those above it"},
[SITE_CUM]        = {"CUM", 7, 0, 3, true, false, "what it and the functions that it called allocated"},
[SITE_CUM_SHARE]  = {"CUM%", 6, 0, 5, true, false, "the share of that"},
[SITE_TREND]      = {"INUSE", 10, 24, 4, false, false, "its own inuse_space over time, from 0 to its own highest: one step a profile. Sorts by growth"},
[SITE_NAME]       = {"FUNCTION", 18, 64, 0, false, true, "the function; where there is little room, without its import path"},
[SITE_PLACE]      = {"LINE", 16, 28, 2, false, true, "the line that most of it is from"},
};
/* clang-format on */

void sites_open(struct screens *s)
{
	struct sites_state *st = &s->sites;

	if (strcmp(st->target, s->target[0]) != 0) {
		sites_table_free(st->table);
		*st = (struct sites_state){.type = UINT32_MAX};
		memcpy(st->target, s->target[0], sizeof(st->target));
	}
	st->paused = false;
	screens_request(s, REQUEST_OPEN, st->target);
	screens_over(s, IN_SITES);
}

void sites_table_free(struct sites_table *t)
{
	if (!t)
		return;
	doc_unref(t->doc);
	top_free(t->top);
	free(t->before);
	free(t->order);
	free(t);
}

unsigned sites_history(const struct sites_table *t, const struct panel *p,
		       uint64_t key, int64_t t_ns[SITES_COLUMNS],
		       int64_t bytes[SITES_COLUMNS])
{
	unsigned n = 0;

	for (unsigned i = 0; i < p->trail_count; i++) {
		const struct doc *d = p->trail[i];

		if (d->t_ns > t->doc->t_ns)
			break;
		t_ns[n] = d->t_ns;
		bytes[n++] = site_column_get(d->data, key);
	}
	return n;
}

/* What each row held when the first profile came. */
static void find_before(struct sites_table *t, const struct panel *p)
{
	t->before = mem_alloc((t->top->n_rows + 1) * sizeof(*t->before));
	for (size_t i = 0; i < t->top->n_rows; i++)
		t->before[i] = p->trail_count
				       ? site_column_get(
						 p->trail[0]->data,
						 site_key(t->top->rows[i].name))
				       : -1;
}

static struct sites_table *table_new(struct doc *doc, unsigned type,
				     const struct panel *p)
{
	struct sites_table *t = mem_zalloc(1, sizeof(*t));
	const struct profile *profile = doc->data;
	struct top_options o = {.true_names = true};
	struct err err = ERR_INIT;

	t->doc = doc_ref(doc);
	t->type = type < profile->n_types ? type : profile->default_type;
	o.type = t->type;
	for (size_t i = 0; i < profile->n_rows; i++)
		t->sites += profile->rows[i].flat[t->type] != 0;
	t->error = strcmp(profile->type[t->type].name, "inuse_space")
			   ? -1
			   : profile_error_bytes(profile);
	if (top_select(profile, &o, &t->top, &err)) {
		snprintf(t->why, sizeof(t->why), "%s", err.msg);
		return t;
	}
	find_before(t, p);
	t->order = mem_alloc((t->top->n_rows + 1) * sizeof(*t->order));
	return t;
}

void sites_update(struct screens *s, const struct frame *f)
{
	struct sites_state *st = &s->sites;
	const struct panel *p = &f->panels[0];
	struct sites_table *t = st->table;
	struct doc *doc = t && st->paused ? t->doc : p->profile;
	const struct profile *profile;
	unsigned type;

	if (!doc || strcmp(p->info.id, st->target) != 0)
		return;
	profile = doc->data;
	type = st->type < profile->n_types ? st->type : profile->default_type;
	if (!t || t->doc != doc || t->type != type) {
		st->table = table_new(doc, type, p);
		sites_table_free(t);
		t = st->table;
		sites_order(s);
	}
	if (t->doc != p->profile)
		return;
	t->num_gc = values_get(&p->values, FIELD_PPROF_NUM_GC, -1);
	t->gc_least = p->pprof_gc_least;
	t->stale = profile_is_stale(&p->values);
	t->by = p->origins[ORIGIN_PPROF].by;
}

/* ---- order -------------------------------------------------------------- */

unsigned sites_sort(const struct screens *s)
{
	/* Shares are sorted as what they are shares of. */
	switch (s->sites.sort) {
	case SITE_CUM_SHARE:
		return SITE_CUM;
	case SITE_FLAT_SHARE:
	case SITE_SUM_SHARE:
		return SITE_FLAT;
	default:
		return s->sites.sort;
	}
}

bool sites_falls(const struct screens *s)
{
	return site_column_info[sites_sort(s)].ascending == s->sites.inverted;
}

void sites_sort_by(struct screens *s, unsigned column)
{
	unsigned before = sites_sort(s);

	s->sites.sort = column;
	s->sites.inverted = sites_sort(s) == before && !s->sites.inverted;
	sites_order(s);
}

static bool matches(const struct top_row *r, const char *text)
{
	return strcasestr(r->name, text) || strcasestr(r->row->file, text);
}

static int64_t figure(const struct sites_table *t, unsigned column, unsigned i)
{
	const struct top_row *r = &t->top->rows[i];
	int type;

	switch (column) {
	case SITE_CUM:
		return r->cum;
	case SITE_TREND:
		type = profile_find_type(t->doc->data, "inuse_space");
		if (type < 0 || t->before[i] < 0)
			return INT64_MIN;
		return sat_sub(r->row->flat[type], t->before[i]);
	default:
		return r->flat;
	}
}

static int compare_rows(const void *x, const void *y, void *ctx)
{
	const struct screens *s = ctx;
	const struct sites_table *t = s->sites.table;
	unsigned a = *(const unsigned *)x, b = *(const unsigned *)y;
	const struct top_row *r = &t->top->rows[a], *q = &t->top->rows[b];
	unsigned column = sites_sort(s);
	int64_t i, k;
	int c;

	if (column == SITE_NAME) {
		c = strcmp(r->name, q->name);
	} else if (column == SITE_PLACE) {
		c = strcmp(r->row->file, q->row->file);
		c = c ? c
		      : (r->row->line > q->row->line) -
				    (r->row->line < q->row->line);
	} else {
		i = figure(t, column, a);
		k = figure(t, column, b);
		c = (i > k) - (i < k);
	}
	if (sites_falls(s))
		c = -c;
	/* Equal ones stay in top's order. */
	return c ? c : (a > b) - (a < b);
}

static int position(const struct screens *s)
{
	const struct sites_table *t = s->sites.table;

	for (unsigned i = 0; t && i < t->count; i++)
		if (site_key(t->top->rows[t->order[i]].name) ==
		    s->sites.selected)
			return (int)i;
	return -1;
}

void sites_order(struct screens *s)
{
	struct sites_state *st = &s->sites;
	struct sites_table *t = st->table;

	if (!t || !t->top)
		return;
	t->count = 0;
	t->shown = 0;
	for (unsigned i = 0; i < t->top->n_rows; i++)
		if (matches(&t->top->rows[i], st->filter)) {
			t->order[t->count++] = i;
			t->shown = sat_add(t->shown, t->top->rows[i].flat);
		}
	qsort_r(t->order, t->count, sizeof(*t->order), compare_rows, s);
	if (st->page == 0)
		st->page = 1;
	if (!st->moved)
		sites_select(s, 0);
	else if (position(s) < 0)
		sites_select(s, (int)st->top);
}

const struct top_row *sites_selected(const struct screens *s)
{
	int at = position(s);

	return at < 0 ? NULL
		      : &s->sites.table->top->rows[s->sites.table->order[at]];
}

void sites_select(struct screens *s, int n)
{
	struct sites_state *st = &s->sites;
	struct sites_table *t = st->table;

	if (!t || t->count == 0)
		return;
	if (n >= (int)t->count)
		n = (int)t->count - 1;
	if (n < 0)
		n = 0;
	st->selected = site_key(t->top->rows[t->order[n]].name);
	if ((unsigned)n < st->top)
		st->top = (unsigned)n;
	if ((unsigned)n >= st->top + st->page)
		st->top = (unsigned)n + 1 - st->page;
}

void sites_scroll(struct screens *s, unsigned page)
{
	struct sites_state *st = &s->sites;
	unsigned count = st->table ? st->table->count : 0;
	int at = position(s);

	st->page = page;
	if (count <= page)
		st->top = 0;
	else if (st->top > count - page)
		st->top = count - page;
	if (at >= 0)
		sites_select(s, at);
}

const struct site_detail *sites_detail(struct screens *s)
{
	struct sites_table *t = s->sites.table;
	const struct top_row *row = sites_selected(s);
	uint64_t key = row ? s->sites.selected : 0;

	if (!row)
		return NULL;
	if (t->detail_key != key &&
	    site_detail_make(t->doc->data, t->type, key, &t->detail, NULL))
		return NULL;
	t->detail_key = key;
	return &t->detail;
}

/* ---- keys --------------------------------------------------------------- */

/* The next match from row `from` on, around the end. */
static void search(struct screens *s, const struct frame *f, int from)
{
	struct sites_table *t = s->sites.table;

	for (unsigned i = 0; t && i < t->count; i++) {
		int n = (from + (int)i) % (int)t->count;

		if (matches(&t->top->rows[t->order[n]], s->sites.search)) {
			sites_select(s, n);
			return;
		}
	}
	screens_say(s, f, true, "nothing with \"%s\" in it", s->sites.search);
}

static void change_type(struct screens *s)
{
	const struct sites_table *t = s->sites.table;
	const struct profile *p = t ? t->doc->data : NULL;

	/* inuse_space, inuse_objects, alloc_space, alloc_objects: backwards. */
	if (p)
		s->sites.type = (t->type + p->n_types - 1) % p->n_types;
}

void sites_act(struct screens *s, const struct frame *f, enum action action)
{
	struct sites_state *st = &s->sites;
	int at = position(s), page = (int)st->page;

	st->moved |= action != ACTION_INVERT && action != ACTION_FILTER &&
		     action != ACTION_TYPE;
	if (lines_move(&at, action, page, INT32_MAX)) {
		sites_select(s, at);
		return;
	}
	switch (action) {
	case ACTION_TYPE:
		change_type(s);
		break;
	case ACTION_INVERT:
		st->inverted = !st->inverted;
		sites_order(s);
		break;
	case ACTION_SEARCH:
		if (!s->prompt.text[0])
			break;
		memcpy(st->search, s->prompt.text, PROMPT_MAX);
		search(s, f, at < 0 ? 0 : at);
		break;
	case ACTION_FILTER:
		memcpy(st->filter, s->prompt.text, PROMPT_MAX);
		st->top = 0;
		sites_order(s);
		break;
	default:
		break;
	}
}
