/* grid.c - the fast lane's steps. */
#include "grid.h"

#include <residue/base/clock.h>

/* Steps a row, the least time between two, and of how many one is enough where
 * counters are read. */
#define STEPS_A_ROW 12
#define STEP_LEAST  (16 * NS_PER_MS)
#define FAR_STRIDE  3
#define GRACE_MOST  (250 * NS_PER_MS)

struct grid grid_make(int64_t interval_ns, int64_t now_ns)
{
	int64_t each = interval_ns / STEP_LEAST, rest = interval_ns / 2;
	struct grid g = {.next_ns = now_ns};

	each = each > STEPS_A_ROW ? STEPS_A_ROW : each;
	g.each = each < FAR_STRIDE ? 1 : each - each % FAR_STRIDE;
	g.step_ns = interval_ns / g.each;
	g.grace_ns = rest < GRACE_MOST ? rest : GRACE_MOST;
	/* About the grace is near enough where it spares a wake. */
	for (int64_t k = FAR_STRIDE; k < g.each && !g.make_at; k += FAR_STRIDE)
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

int64_t grid_advance(struct grid *g, bool close, int64_t now_ns)
{
	int64_t stride = close || g->each == 1 ? 1 : FAR_STRIDE;
	int64_t from = g->count, to = (from / stride + 1) * stride;
	int64_t late = now_ns - (g->next_ns + (to - from) * g->step_ns);

	if (late >= 0) {
		to += late / g->step_ns + 1;
		to = (to + stride - 1) / stride * stride;
	}
	g->next_ns += (to - from) * g->step_ns;
	g->count = to;
	return (to - 1) / g->each - from / g->each;
}
