/* layout.c - columns of a table by priority. */
#include <residue/ui/layout.h>

#include <stddef.h>

static int needed(const struct column *col, unsigned n)
{
	int sum = -1;

	for (unsigned i = 0; i < n; i++)
		if (col[i].shown)
			sum += col[i].width + 1;
	return sum;
}

static struct column *least_wanted(struct column *col, unsigned n)
{
	struct column *worst = NULL;

	for (unsigned i = 0; i < n; i++)
		if (col[i].shown && col[i].priority > 0 &&
		    (!worst || col[i].priority >= worst->priority))
			worst = &col[i];
	return worst;
}

/* The most wanted column that can still grow, or NULL. */
static struct column *next_to_grow(struct column *col, unsigned n)
{
	struct column *best = NULL;

	for (unsigned i = 0; i < n; i++)
		if (col[i].shown && col[i].w < col[i].most &&
		    (!best || col[i].priority < best->priority))
			best = &col[i];
	return best;
}

static void grow(struct column *col, unsigned n, int spare)
{
	struct column *c;

	while (spare > 0 && (c = next_to_grow(col, n))) {
		int more = c->most - c->w < spare ? c->most - c->w : spare;

		c->w += more;
		spare -= more;
	}
	for (unsigned i = n; i > 0 && spare > 0; i--)
		if (col[i - 1].shown) {
			col[i - 1].w += spare;
			spare = 0;
		}
}

void layout_columns(struct column *col, unsigned n, int width)
{
	struct column *drop;
	int x = 0;

	for (unsigned i = 0; i < n; i++) {
		col[i].shown = true;
		col[i].w = col[i].width;
	}
	while (needed(col, n) > width && (drop = least_wanted(col, n)))
		drop->shown = false;
	grow(col, n, width - needed(col, n));
	for (unsigned i = 0; i < n; i++) {
		if (!col[i].shown)
			continue;
		col[i].x = x;
		x += col[i].w + 1;
		if (x - 1 > width)
			col[i].w = width > col[i].x ? width - col[i].x : 0;
	}
}
