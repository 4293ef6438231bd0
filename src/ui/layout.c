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

void layout_columns(struct column *col, unsigned n, int width)
{
	struct column *drop;
	int spare, x = 0;

	for (unsigned i = 0; i < n; i++)
		col[i].shown = true;
	while (needed(col, n) > width && (drop = least_wanted(col, n)))
		drop->shown = false;
	spare = width - needed(col, n);
	for (unsigned i = 0; i < n; i++) {
		int more = col[i].most - col[i].width;

		if (!col[i].shown)
			continue;
		if (more < 0 || spare < 0)
			more = 0;
		if (more > spare)
			more = spare > 0 ? spare : 0;
		spare -= more;
		col[i].x = x;
		col[i].w = col[i].width + more;
		if (x + col[i].w > width)
			col[i].w = width > x ? width - x : 0;
		x += col[i].width + more + 1;
	}
}
