/* list_order.c - filter, order, cursor and tags of the list. */
#include "list_order.h"

#include "columns.h"
#include "look.h"

#include <residue/base/mem.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

unsigned list_sort(const struct screens *s)
{
	return s->list.sort < COLUMNS ? s->list.sort : COLUMN_RES;
}

bool list_falls(const struct screens *s)
{
	return list_column[list_sort(s)].ascending == s->list.inverted;
}

void list_sort_by(struct screens *s, unsigned column)
{
	s->list.inverted = column == list_sort(s) && !s->list.inverted;
	s->list.sort = column;
}

static bool matches(const struct list_row *r, const char *text)
{
	char pid[16];

	snprintf(pid, sizeof(pid), "%d", (int)r->info.pid);
	return strcasestr(r->info.cmdline, text) ||
	       strcasestr(r->info.comm, text) ||
	       strcasestr(r->info.module, text) ||
	       strcasestr(r->info.user, text) || strstr(pid, text) ||
	       strcasestr(verdict_info[r->verdict.kind].name, text);
}

/* What qsort_r compares: figures computed once a row. */
struct sort_key {
	const struct screens *s;
	const struct frame *f;
	double *figure; /* by row of the frame; NULL: compare() does it */
};

static int compare_rows(const void *a, const void *b, void *ctx)
{
	const struct sort_key *k = ctx;
	unsigned i = *(const unsigned *)a, j = *(const unsigned *)b;
	const struct list_row *x = &k->f->rows[i], *y = &k->f->rows[j];
	const struct list_column *col = &list_column[list_sort(k->s)];
	int c;

	if (k->figure)
		c = (k->figure[i] > k->figure[j]) -
		    (k->figure[i] < k->figure[j]);
	else
		c = col->compare(x, y);
	if (list_falls(k->s))
		c = -c;
	if (c == 0)
		c = (x->info.pid > y->info.pid) - (x->info.pid < y->info.pid);
	return c ? c : strcmp(x->info.id, y->info.id);
}

static void sort_rows(struct screens *s, const struct frame *f)
{
	const struct list_column *col = &list_column[list_sort(s)];
	struct sort_key k = {s, f, NULL};

	if (col->key) {
		k.figure = mem_zalloc(f->row_count + 1, sizeof(*k.figure));
		for (unsigned i = 0; i < f->row_count; i++) {
			struct cell_context x;

			cell_context_make(&x, s, f, &f->rows[i]);
			k.figure[i] = col->key(&x);
		}
	}
	qsort_r(s->list.order, s->list.count, sizeof(*s->list.order),
		compare_rows, &k);
	free(k.figure);
}

static int position(const struct screens *s, const struct frame *f)
{
	for (unsigned i = 0; i < s->list.count; i++)
		if (strcmp(f->rows[s->list.order[i]].info.id,
			   s->list.selected) == 0)
			return (int)i;
	return -1;
}

void list_select(struct screens *s, const struct frame *f, int n)
{
	if (s->list.count == 0)
		return;
	if (n >= (int)s->list.count)
		n = (int)s->list.count - 1;
	if (n < 0)
		n = 0;
	memcpy(s->list.selected, f->rows[s->list.order[n]].info.id,
	       TARGET_ID_MAX);
	/* Kept on the screen. */
	if ((unsigned)n < s->list.top)
		s->list.top = (unsigned)n;
	if ((unsigned)n >= s->list.top + s->list.page)
		s->list.top = (unsigned)n + 1 - s->list.page;
}

void list_order(struct screens *s, const struct frame *f)
{
	struct list_state *l = &s->list;

	if (l->room < f->row_count) {
		l->room = f->row_count + 16;
		l->order = mem_realloc(l->order, l->room, sizeof(*l->order));
	}
	l->count = 0;
	for (unsigned i = 0; i < f->row_count; i++)
		if (matches(&f->rows[i], l->filter))
			l->order[l->count++] = i;
	if (l->count)
		sort_rows(s, f);
	if (l->page == 0)
		l->page = 1;
	/* A selected process that went leaves the cursor where it was. */
	if (!l->moved || position(s, f) < 0)
		list_select(s, f, (int)l->top);
}

void list_scroll(struct screens *s, const struct frame *f, unsigned page)
{
	struct list_state *l = &s->list;
	int at = position(s, f);

	l->page = page;
	if (l->count <= page)
		l->top = 0;
	else if (l->top > l->count - page)
		l->top = l->count - page;
	/* A new order or a shorter page must not hide the selected row. */
	if (at >= 0)
		list_select(s, f, at);
}

const struct list_row *list_selected(const struct screens *s,
				     const struct frame *f)
{
	for (unsigned i = 0; i < f->row_count; i++)
		if (strcmp(f->rows[i].info.id, s->list.selected) == 0 &&
		    matches(&f->rows[i], s->list.filter))
			return &f->rows[i];
	return NULL;
}

static int tag_index(const struct screens *s, const char *id)
{
	for (unsigned i = 0; i < s->list.tag_count; i++)
		if (strcmp(s->list.tags[i], id) == 0)
			return (int)i;
	return -1;
}

bool list_tagged(const struct screens *s, const char *id)
{
	return tag_index(s, id) >= 0;
}

static void toggle_tag(struct screens *s, const struct frame *f)
{
	struct list_state *l = &s->list;
	int i = tag_index(s, l->selected);

	if (i >= 0) {
		l->tag_count--;
		memmove(l->tags[i], l->tags[i + 1],
			(l->tag_count - (unsigned)i) * sizeof(*l->tags));
	} else if (l->tag_count == TAGS_MAX) {
		screens_say(s, f, false, "no more than %d tags", TAGS_MAX);
	} else {
		memcpy(l->tags[l->tag_count++], l->selected, TARGET_ID_MAX);
	}
	list_select(s, f, position(s, f) + 1);
}

bool list_pair(const struct screens *s, const struct frame *f,
	       char out[FRAME_PANELS][TARGET_ID_MAX])
{
	const struct list_state *l = &s->list;
	const char *other;

	if (l->tag_count == 0 || !list_selected(s, f))
		return false;
	other = l->tag_count > 1 ? l->tags[1] : l->selected;
	if (strcmp(l->tags[0], other) == 0)
		return false;
	if (out) {
		memcpy(out[0], l->tags[0], TARGET_ID_MAX);
		memcpy(out[1], other, TARGET_ID_MAX);
	}
	return true;
}

/* The next match from row `from` on, around the end. */
static void search(struct screens *s, const struct frame *f, int from)
{
	for (unsigned i = 0; i < s->list.count; i++) {
		int n = (from + (int)i) % (int)s->list.count;

		if (matches(&f->rows[s->list.order[n]], s->list.search)) {
			list_select(s, f, n);
			return;
		}
	}
	screens_say(s, f, true, "nothing with \"%s\" in it", s->list.search);
}

/* While the text is typed; asked again, the next match. */
static void searching(struct screens *s, const struct frame *f)
{
	if (!s->prompt.text[0])
		return;
	memcpy(s->list.search, s->prompt.text, PROMPT_MAX);
	search(s, f, position(s, f));
}

void list_act(struct screens *s, const struct frame *f, enum action action)
{
	int at = position(s, f), page = (int)s->list.page;

	s->list.moved |= action != ACTION_INVERT && action != ACTION_FILTER;
	if (lines_move(&at, action, page, (int)s->list.count - 1)) {
		list_select(s, f, at);
		return;
	}
	switch (action) {
	case ACTION_TAG:
		toggle_tag(s, f);
		break;
	case ACTION_INVERT:
		s->list.inverted = !s->list.inverted;
		break;
	case ACTION_SEARCH:
		searching(s, f);
		break;
	case ACTION_FILTER:
		memcpy(s->list.filter, s->prompt.text, PROMPT_MAX);
		s->list.top = 0;
		/* A key that comes before the next drawing must not act on a
		 * row that is hidden now. */
		list_order(s, f);
		break;
	default:
		break;
	}
}
