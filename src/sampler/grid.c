/* grid.c - the fast lane's steps. */
#include "grid.h"

#include <residue/base/clock.h>

/* Steps a row, and the least time between two. */
#define STEPS_A_ROW 12
#define STEP_LEAST  (16 * NS_PER_MS)
#define GRACE_MOST  (250 * NS_PER_MS)

struct grid grid_make(int64_t interval_ns, int64_t now_ns)
{
	int64_t each = interval_ns / STEP_LEAST, rest = interval_ns / 2;
	struct grid g = {.next_ns = now_ns};

	g.each = each > STEPS_A_ROW ? STEPS_A_ROW : each < 1 ? 1 : each;
	g.step_ns = interval_ns / g.each;
	g.grace_ns = rest < GRACE_MOST ? rest : GRACE_MOST;
	/* About the grace is near enough where it spares a wake. */
	for (int64_t k = 1; k < g.each && !g.make_at; k++)
		if (k * g.step_ns >= g.grace_ns * 9 / 10)
			g.make_at = k;
	if (g.make_at * g.step_ns > g.grace_ns * 5 / 4)
		g.make_at = 0;
	return g;
}

bool grid_has_row(const struct grid *g)
{
	return g->count % g->each == 0;
}

bool grid_makes_row(const struct grid *g)
{
	return g->make_at && g->count % g->each == g->make_at;
}

/* The step after number `n` at which the lane has to wake. */
static int64_t step_after(const struct grid *g, bool close, int64_t n)
{
	int64_t row = n - n % g->each;

	if (close)
		return n + 1;
	return n < row + g->make_at ? row + g->make_at : row + g->each;
}

int64_t grid_advance(struct grid *g, bool close, int64_t now_ns)
{
	int64_t from = g->count, to = step_after(g, close, from);
	int64_t late = now_ns - (g->next_ns + (to - from) * g->step_ns);

	if (late >= 0)
		to = step_after(g, close, to + late / g->step_ns);
	g->next_ns += (to - from) * g->step_ns;
	g->count = to;
	return (to - 1) / g->each - from / g->each;
}
