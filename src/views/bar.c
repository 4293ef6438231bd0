/* bar.c - RES as a bar that sums, with its legend. */
#include "look.h"

#include <residue/base/sat.h>
#include <residue/base/text.h>
#include <residue/base/units.h>
#include <residue/ui/widgets.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
	units_bytes(room, sat_sub(v->v[FIELD_CGROUP_MAX], used));
	snprintf(out, size, "limit %s  room %s", limit, room);
}

/* An entry of the legend: "c cache 398M" with the letter as its swatch, or
 * "rest 612K", what the others leave of RES. */
struct legend_entry {
	const char *name;
	char letter; /* '\0': the rest */
	enum role role;
	int64_t bytes;
	char size[UNITS_MAX];
	bool keep; /* of interest even where it is small */
};

struct legend {
	struct legend_entry entry[PART_COUNT + 1];
	unsigned count;
	int rows, left, right; /* where it is drawn, columns */
};

static int entry_width(const struct legend_entry *e)
{
	return (e->letter ? 2 : 0) + text_columns(e->name) + 1 +
	       text_columns(e->size);
}

/* Where entry i stands, below the first row and from the left; false when it
 * does not fit any more. */
static bool entry_place(const struct legend *l, unsigned i, int *y, int *x)
{
	int width = entry_width(&l->entry[i]);

	if (*x + width > l->right && *x > l->left) {
		++*y;
		*x = l->left;
	}
	return *y < l->rows;
}

static bool legend_fits(const struct legend *l)
{
	int y = 0, x = l->left;

	for (unsigned i = 0; i < l->count; i++) {
		if (!entry_place(l, i, &y, &x))
			return false;
		x += entry_width(&l->entry[i]) + 2;
	}
	return true;
}

static void legend_add(struct legend *l, struct legend_entry e)
{
	units_bytes_short(e.size, e.bytes);
	l->entry[l->count++] = e;
}

/* A part that is of interest where it is nothing, too. */
static bool always_named(const struct breakdown *b, enum part part)
{
	switch (part) {
	case PART_LIVE_HEAP:
	case PART_CACHE:
	case PART_STACKS:
	case PART_NON_GO:
		return true;
	case PART_GC_HEADROOM:
		return !b->unsplit;
	default:
		return false;
	}
}

/* Too small to be seen in the figure of RES, which has three digits. */
static bool is_small(int64_t bytes, int64_t rss)
{
	return sat_mul(llabs(bytes), 1000) < rss;
}

/* Which entries go first where there is little room: what is a fiftieth of RES
 * or less, then what is of interest but nothing now. */
static int worth(const struct legend_entry *e, int64_t rss)
{
	if (e->keep)
		return e->bytes ? 2 : 1;
	return sat_mul(llabs(e->bytes), 50) < rss ? 0 : 2;
}

/* Let the least worthy entry go, the smallest of them; false when one is
 * left. */
static bool legend_drop(struct legend *l, int64_t rss)
{
	unsigned least = 0;

	if (l->count < 2)
		return false;
	for (unsigned i = 1; i < l->count; i++) {
		const struct legend_entry *e = &l->entry[i];
		const struct legend_entry *than = &l->entry[least];
		int more = worth(e, rss) - worth(than, rss);

		if (more < 0 ||
		    (more == 0 && llabs(e->bytes) <= llabs(than->bytes)))
			least = i;
	}
	l->count--;
	memmove(&l->entry[least], &l->entry[least + 1],
		(l->count - least) * sizeof(l->entry[0]));
	return true;
}

/* All parts, or those that there is room for and the rest: what stands there
 * sums to RES, as far as it is rounded. */
static void legend_parts(struct legend *l, const struct breakdown *b)
{
	l->count = 0;
	for (unsigned i = 0; i < PART_COUNT; i++) {
		enum part p = part_order[i];
		const struct breakdown_part *part = &b->parts[p];
		bool keep = always_named(b, p);

		if (part->known && (keep || part->bytes))
			legend_add(l, (struct legend_entry){
					      .name = part_title(b, p),
					      .letter = part_look[p].letter,
					      .role = part_look[p].role,
					      .bytes = part->bytes,
					      .keep = keep});
	}
	for (;;) {
		int64_t rest = b->rss;
		unsigned named = l->count;

		for (unsigned i = 0; i < named; i++)
			rest -= l->entry[i].bytes;
		if (!is_small(2 * rest, b->rss))
			legend_add(l, (struct legend_entry){.name = "rest",
							    .role = ROLE_DIM,
							    .bytes = rest});
		if (legend_fits(l))
			return;
		l->count = named;
		if (!legend_drop(l, b->rss))
			return;
	}
}

static void legend_kernel(struct legend *l, const struct values *v)
{
	struct bar_part parts[PART_COUNT + 3];
	unsigned n = kernel_parts(v, parts);

	l->count = 0;
	for (unsigned i = 0; i < n; i++)
		if (parts[i].bytes > 0)
			legend_add(l, (struct legend_entry){
					      .name = parts[i].name,
					      .letter = parts[i].letter,
					      .role = parts[i].role,
					      .bytes = parts[i].bytes});
}

/* The column where the bar begins, after "RES 5.87 GiB". */
static int bar_left(const struct screens *s, const struct moment *m)
{
	char size[32];
	int left = 1 + 4 + text_columns(size_text(s, m->v, FIELD_RSS, size));

	return left < 14 ? 14 : left + 1;
}

static void legend_make(struct legend *l, const struct screens *s,
			const struct moment *m, int cols, int rows)
{
	*l = (struct legend){.rows = rows,
			     .left = cols < 60 ? 1 : bar_left(s, m),
			     .right = cols - 1};
	if (!m->parts.known)
		return;
	if (m->parts.runtime_known)
		legend_parts(l, &m->parts);
	else
		legend_kernel(l, m->v);
}

int legend_height(const struct screens *s, const struct moment *m, int cols,
		  int most)
{
	struct legend l;
	int y = 0, x;

	legend_make(&l, s, m, cols, most);
	x = l.left;
	for (unsigned i = 0; i < l.count && entry_place(&l, i, &y, &x); i++)
		x += entry_width(&l.entry[i]) + 2;
	return l.count && most > 0 ? y + 1 : 0;
}

static void draw_entry(const struct legend_entry *e, struct canvas *c, int y,
		       int x, bool stale)
{
	char swatch[2] = {e->letter, '\0'};
	struct pen mark = {(uint8_t)e->role, ROLE_TEXT,
			   stale ? STYLE_REVERSE | STYLE_DIM : STYLE_REVERSE};
	enum role role = stale			     ? ROLE_STALE
			 : e->role == ROLE_UNTOUCHED ? ROLE_DIM
						     : ROLE_TEXT;

	if (e->letter) {
		canvas_text(c, y, x, 1, mark, swatch);
		x += 2;
	}
	x += canvas_text(c, y, x, c->cols - x, pen(ROLE_DIM), e->name) + 1;
	canvas_text(c, y, x, c->cols - x, pen(role), e->size);
}

static void draw_legend(const struct screens *s, struct canvas *c, int top,
			const struct moment *m, int rows)
{
	const char *missing = "what anonymous memory is for: give its "
			      "endpoint with -H URL, or the right to read it";
	bool stale = m->stale[ORIGIN_PROC] ||
		     (m->parts.runtime_known && m->stale[ORIGIN_RUNTIME]);
	struct legend l;
	int y = 0, x;

	legend_make(&l, s, m, c->cols, rows);
	x = l.left;
	for (unsigned i = 0; i < l.count && entry_place(&l, i, &y, &x); i++) {
		draw_entry(&l.entry[i], c, top + y, x, stale);
		x += entry_width(&l.entry[i]) + 2;
	}
	if (l.count && !m->parts.runtime_known && rows > 0 &&
	    l.right - x >= text_columns(missing))
		canvas_text(c, top + y, x, l.right - x, pen(ROLE_DIM), missing);
}

void draw_bar(const struct screens *s, struct canvas *c, int y,
	      const struct moment *m, int legend_rows)
{
	struct bar_part parts[PART_COUNT + 3];
	unsigned n = bar_parts(m, parts);
	bool stale = m->stale[ORIGIN_PROC] ||
		     (m->parts.runtime_known && m->stale[ORIGIN_RUNTIME]);
	char size[32], limit[96];
	int left = bar_left(s, m), right = c->cols - 1, limit_w;
	enum role role = m->stale[ORIGIN_PROC] ? ROLE_STALE : ROLE_TEXT;

	limit_text(m->v, limit, sizeof(limit));
	limit_w = text_columns(limit);
	canvas_text(c, y, 1, right, pen_bold(ROLE_RES), "RES ");
	canvas_text(c, y, 5, right, pen_bold(role),
		    size_text(s, m->v, FIELD_RSS, size));
	draw_legend(s, c, y + 1, m, legend_rows);
	if (limit_w && right - left - limit_w - 2 >= 30) {
		canvas_right(c, y, left, right - left, pen(ROLE_DIM), limit);
		right -= limit_w + 2;
	}
	if (right - left < 4)
		return;
	/* Their own colours still, which tell them apart. */
	for (unsigned i = 0; i < n && stale; i++)
		parts[i].attrs = STYLE_DIM;
	bar_draw(c, y, left, right - left, parts, n, s->plain);
}
