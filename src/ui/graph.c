/* graph.c - filled, stacked and lined graphs on a shared timeline. */
#include <residue/ui/graph.h>

#include <residue/base/sat.h>

int timeline_column(const struct timeline *t, int64_t t_ns)
{
	int64_t first = t->end_ns - (int64_t)t->columns * t->step_ns;

	if (t_ns < first || t_ns >= t->end_ns)
		return -1;
	return (int)((t_ns - first) / t->step_ns);
}

int64_t timeline_at(const struct timeline *t, int column)
{
	return t->end_ns - ((int64_t)t->columns - column) * t->step_ns;
}

/* Dots right of the timeline's end in the last cell: cells hold the same dots
 * for ever, so that a cell does not change its shape while it moves left. */
static int padding(const struct plot *p)
{
	int dots = p->glyphs->dots_x;
	int64_t end = p->time->end_ns / p->time->step_ns;

	return (int)((dots - end % dots) % dots);
}

/* The dot column under dot dx of cell column cx; -1 outside the timeline. */
static int column_of(const struct plot *p, int cx, int dx)
{
	int columns = (int)p->time->columns;
	int i = columns + padding(p) - (p->area.w - cx) * p->glyphs->dots_x +
		dx;

	return i < columns ? i : -1;
}

int plot_cell(const struct plot *p, int64_t t_ns)
{
	int column = timeline_column(p->time, t_ns);
	int behind = (int)p->time->columns + padding(p) - column;
	int dots = p->glyphs->dots_x;
	int cell = p->area.w - (behind + dots - 1) / dots;

	return column < 0 || cell < 0 ? -1 : cell;
}

/* Dots from the bottom that `v` reaches: one at least. */
static int level(const struct plot *p, int64_t v)
{
	int most = p->area.h * p->glyphs->dots_y;
	double l = (double)v * most / (double)p->top + 0.5;

	return l < 1 ? 1 : l > most ? most : (int)l;
}

static int clamp(int v, int most)
{
	return v < 0 ? 0 : v > most ? most : v;
}

static enum role fresh_or(const struct plot *p, int cx, enum role role)
{
	return column_of(p, cx, 0) >= p->stale_from ? ROLE_STALE : role;
}

/* A letter stands for a whole cell. */
static bool is_half_full(const struct glyphs *g, const int *fill)
{
	int dots = fill[0] + (g->dots_x > 1 ? fill[1] : 0);

	return dots * 2 >= g->dots_x * g->dots_y;
}

void plot_fill(const struct plot *p, const struct span *spans, enum role role)
{
	plot_fill_over(p, spans, role, '\0');
}

void plot_fill_over(const struct plot *p, const struct span *spans,
		    enum role role, char letter)
{
	const struct glyphs *g = p->glyphs;

	for (int cx = 0; cx < p->area.w; cx++) {
		int up[2] = {0, 0};

		for (int dx = 0; dx < g->dots_x; dx++) {
			int i = column_of(p, cx, dx);

			if (i >= 0 && spans[i].known)
				up[dx] = level(p, spans[i].max);
		}
		for (int row = 0; row < p->area.h; row++) {
			int base = row * g->dots_y, fill[2];
			uint32_t ch;

			fill[0] = clamp(up[0] - base, g->dots_y);
			fill[1] = clamp(up[1] - base, g->dots_y);
			ch = glyphs_cell(g, fill);
			if (ch == ' ') /* and so are all above */
				break;
			if (p->plain && letter && is_half_full(g, fill))
				ch = (uint32_t)letter;
			canvas_put(p->canvas, p->area.y + p->area.h - 1 - row,
				   p->area.x + cx, pen(fresh_or(p, cx, role)),
				   ch);
		}
	}
}

/* Dots of [from, to) that lie in [base, base + dots). */
static int overlap(int from, int to, int base, int dots)
{
	int low = from > base ? from : base;
	int high = to < base + dots ? to : base + dots;

	return high > low ? high - low : 0;
}

/* The upper edges of the layers of dot column i; false when not known. */
static bool edges(const struct plot *p, const int64_t *value, unsigned layers,
		  int i, int *edge)
{
	int64_t sum = 0;
	bool known = false;

	for (unsigned n = 0; n < layers; n++) {
		int64_t v =
			i < 0 ? -1 : value[n * p->time->columns + (unsigned)i];

		known |= v >= 0;
		sum = sat_add(sum, v > 0 ? v : 0);
		edge[n] = sum > 0 ? level(p, sum) : 0;
	}
	return known;
}

#define LAYERS_MAX 16

void plot_stack(const struct plot *p, const int64_t *value,
		const enum role *roles, const char *letters, unsigned layers)
{
	const struct glyphs *g = p->glyphs;
	int edge[2][LAYERS_MAX];

	if (layers == 0 || layers > LAYERS_MAX)
		return;
	for (int cx = 0; cx < p->area.w; cx++) {
		bool known[2] = {false, false};

		for (int dx = 0; dx < g->dots_x; dx++)
			known[dx] = edges(p, value, layers,
					  column_of(p, cx, dx), edge[dx]);
		for (int row = 0; row < p->area.h; row++) {
			int base = row * g->dots_y, most = 0, fill[2] = {0, 0};
			unsigned owner = 0;

			for (unsigned n = 0; n < layers; n++) {
				int dots = 0;

				for (int dx = 0; dx < g->dots_x; dx++)
					if (known[dx])
						dots += overlap(
							n ? edge[dx][n - 1] : 0,
							edge[dx][n], base,
							g->dots_y);
				if (dots > most) {
					most = dots;
					owner = n;
				}
			}
			if (most == 0)
				break;
			for (int dx = 0; dx < g->dots_x; dx++)
				if (known[dx])
					fill[dx] = clamp(edge[dx][layers - 1] -
								 base,
							 g->dots_y);
			canvas_put(p->canvas, p->area.y + p->area.h - 1 - row,
				   p->area.x + cx,
				   pen(fresh_or(p, cx, roles[owner])),
				   p->plain && is_half_full(g, fill)
					   ? (uint32_t)letters[owner]
					   : glyphs_cell(g, fill));
		}
	}
}

void plot_line(const struct plot *p, const struct span *spans, enum role role,
	       char letter)
{
	int last = -1, last_row = 0;

	for (int cx = 0; cx < p->area.w; cx++) {
		int i = column_of(p, cx, 0);
		int row, y;
		struct cell *cell;

		if (i < 0 || !spans[i].known || spans[i].last > p->top)
			continue;
		row = (level(p, spans[i].last) - 1) / p->glyphs->dots_y;
		y = p->area.y + p->area.h - 1 - row;
		cell = canvas_at(p->canvas, y, p->area.x + cx);
		if (!cell || cell->ch != ' ')
			continue;
		canvas_put(p->canvas, y, p->area.x + cx, pen(role),
			   p->glyphs->guide);
		last = cx;
		last_row = y;
	}
	if (last >= 0)
		canvas_put(p->canvas, last_row, p->area.x + last,
			   pen_bold(role), (uint32_t)letter);
}
