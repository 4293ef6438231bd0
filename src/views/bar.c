/* bar.c - RES as a bar that sums, with its legend. */
#include "look.h"

#include <residue/base/text.h>
#include <residue/base/units.h>
#include <residue/ui/widgets.h>

#include <stdio.h>
#include <stdlib.h>

/* A part smaller than this share of RES is left out of the legend; parts that
 * are always of interest are not. */
static bool worth_naming(const struct breakdown *b, enum part part)
{
	int64_t bytes = llabs(b->parts[part].bytes);

	if (!b->parts[part].known)
		return false;
	switch (part) {
	case PART_GC_HEADROOM:
		return !b->unsplit || bytes > 0;
	case PART_LIVE_HEAP:
	case PART_CACHE:
	case PART_STACKS:
	case PART_NON_GO:
		return true;
	default:
		return bytes >= 512 * 1024 && bytes * 500 >= b->rss;
	}
}

/* What nothing told apart into live and dead objects is called neither. */
static const char *part_title(const struct breakdown *b, enum part part)
{
	return b->unsplit && part == PART_LIVE_HEAP ? "heap"
						    : part_info[part].title;
}

/* What the kernel alone says, where nobody tells what the rest is for. */
static unsigned kernel_parts(const struct values *v, struct bar_part *out)
{
	static const struct {
		enum field field;
		enum role role;
		char letter;
		const char *name;
	} from[] = {{FIELD_RSS_ANON, ROLE_RES, 'a', "anonymous"},
		    {FIELD_RSS_FILE, ROLE_FILE, 'F', "file"},
		    {FIELD_RSS_SHMEM, ROLE_STACKS, 'm', "shmem"}};
	unsigned n = 0;

	for (unsigned i = 0; i < sizeof(from) / sizeof(*from); i++)
		if (values_has(v, from[i].field))
			out[n++] = (struct bar_part){
				v->v[from[i].field], from[i].role,
				from[i].letter, from[i].name, 0};
	if (n == 0 && values_has(v, FIELD_RSS))
		out[n++] = (struct bar_part){v->v[FIELD_RSS], ROLE_RES, 'R',
					     "RES", 0};
	return n;
}

static unsigned bar_parts(const struct moment *m, struct bar_part *out)
{
	int64_t bytes[PART_COUNT];
	unsigned n = 0;

	if (!m->parts.runtime_known)
		return kernel_parts(m->v, out);
	resident_parts(&m->parts, bytes);
	for (unsigned i = 0; i < PART_COUNT; i++) {
		enum part p = part_order[i];

		if (bytes[p] > 0)
			out[n++] =
				(struct bar_part){bytes[p], part_look[p].role,
						  part_look[p].letter,
						  part_title(&m->parts, p), 0};
	}
	return n;
}

/* "limit 1.0 GiB  room 516 MiB", or "" where there is none. */
static void limit_text(const struct values *v, char *out, size_t size)
{
	char limit[UNITS_MAX], room[UNITS_MAX];
	int64_t used = values_get(v, FIELD_CGROUP_CURRENT,
				  values_get(v, FIELD_RSS, 0));

	out[0] = '\0';
	if (!values_has(v, FIELD_CGROUP_MAX))
		return;
	units_bytes(limit, v->v[FIELD_CGROUP_MAX]);
	units_bytes(room, v->v[FIELD_CGROUP_MAX] - used);
	snprintf(out, size, "limit %s  room %s", limit, room);
}

struct legend {
	const struct screens *s;
	struct canvas *c;
	int y, x, left, rows;
	bool stale; /* figures are no longer fresh */
	bool full;
};

/* One entry, "c cache 398M" with the letter as its swatch; begins another row
 * where it does not fit. */
static void legend_add(struct legend *l, enum role role, char letter,
		       const char *name, int64_t bytes)
{
	char size[UNITS_MAX], swatch[2] = {letter, '\0'};
	struct pen mark = {(uint8_t)role, ROLE_TEXT,
			   l->stale ? STYLE_REVERSE | STYLE_DIM
				    : STYLE_REVERSE};
	int w;

	units_bytes_short(size, bytes);
	w = 2 + text_columns(name) + 1 + text_columns(size);
	if (l->x + w > l->c->cols - 1 && l->x > l->left) {
		l->rows--;
		l->y++;
		l->x = l->left;
	}
	if (l->rows <= 0) {
		l->full = true;
		return;
	}
	canvas_text(l->c, l->y, l->x, 1, mark, swatch);
	l->x += 2;
	l->x += canvas_text(l->c, l->y, l->x, l->c->cols - l->x, pen(ROLE_DIM),
			    name) +
		1;
	l->x += canvas_text(l->c, l->y, l->x, l->c->cols - l->x,
			    pen(l->stale		 ? ROLE_STALE
				: role == ROLE_UNTOUCHED ? ROLE_DIM
							 : ROLE_TEXT),
			    size) +
		2;
}

static void legend_kernel(struct legend *l, const struct values *v)
{
	const char *missing = "what anonymous memory is for: give its "
			      "endpoint with -H URL, or the right to read it";
	int room;

	if (values_has(v, FIELD_RSS_ANON))
		legend_add(l, ROLE_RES, 'a', "anonymous", v->v[FIELD_RSS_ANON]);
	if (values_has(v, FIELD_RSS_FILE))
		legend_add(l, ROLE_FILE, 'F', "file", v->v[FIELD_RSS_FILE]);
	if (values_get(v, FIELD_RSS_SHMEM, 0) > 0)
		legend_add(l, ROLE_STACKS, 'm', "shmem", v->v[FIELD_RSS_SHMEM]);
	room = l->c->cols - l->x - 1;
	if (room >= text_columns(missing) && l->x > l->left)
		canvas_fit(l->c, l->y, l->x, room, pen(ROLE_DIM), missing,
			   l->s->glyphs.ellipsis);
}

static int draw_legend(const struct screens *s, struct canvas *c, int y,
		       int left, const struct moment *m, int rows)
{
	struct legend l = {.s = s,
			   .c = c,
			   .y = y,
			   .x = left,
			   .left = left,
			   .rows = rows,
			   .stale = m->stale[ORIGIN_PROC]};

	if (rows <= 0 || !m->parts.known)
		return 0;
	if (!m->parts.runtime_known) {
		legend_kernel(&l, m->v);
		return l.y - y + 1;
	}
	l.stale |= m->stale[ORIGIN_RUNTIME];
	for (unsigned i = 0; i < PART_COUNT && !l.full; i++) {
		enum part p = part_order[i];

		if (worth_naming(&m->parts, p))
			legend_add(&l, part_look[p].role, part_look[p].letter,
				   part_title(&m->parts, p),
				   m->parts.parts[p].bytes);
	}
	return l.full ? rows : l.y - y + 1;
}

int draw_bar(const struct screens *s, struct canvas *c, int y,
	     const struct moment *m, int legend_rows)
{
	struct bar_part parts[PART_COUNT + 3];
	unsigned n = bar_parts(m, parts);
	bool stale = m->stale[ORIGIN_PROC] ||
		     (m->parts.runtime_known && m->stale[ORIGIN_RUNTIME]);
	char size[32], limit[96];
	int left = 1, right = c->cols - 1, limit_w;
	enum role role = m->stale[ORIGIN_PROC] ? ROLE_STALE : ROLE_TEXT;

	limit_text(m->v, limit, sizeof(limit));
	limit_w = text_columns(limit);
	left += canvas_text(c, y, left, right, pen_bold(ROLE_RES), "RES ");
	left += canvas_text(c, y, left, right, pen_bold(role),
			    size_text(s, m->v, FIELD_RSS, size));
	if (left < 14)
		left = 14;
	else
		left++;
	if (limit_w && right - left - limit_w - 2 >= 30) {
		canvas_right(c, y, left, right - left, pen(ROLE_DIM), limit);
		right -= limit_w + 2;
	}
	if (right - left < 4)
		return 1;
	/* Their own colours still, which tell them apart. */
	for (unsigned i = 0; i < n && stale; i++)
		parts[i].attrs = STYLE_DIM;
	bar_draw(c, y, left, right - left, parts, n, s->plain);
	return 1 + draw_legend(s, c, y + 1, c->cols < 60 ? 1 : left, m,
			       legend_rows);
}
