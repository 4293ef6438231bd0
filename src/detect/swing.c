/* swing.c - one rise of a figure, found as it happens. */
#include "swing.h"

static void begin(struct swing *s, int64_t t_ns, int64_t v)
{
	s->low = s->high = s->rose_to = v;
	s->rose_ns = t_ns;
	s->started = true;
	s->trace[0] = (struct swing_point){t_ns, v};
	s->points = 1;
	s->step_ns = 0;
}

/* When the trace is full, every second point goes: a slow way needs few. */
static void thin(struct swing *s)
{
	unsigned kept = 1;

	for (unsigned i = 2; i < s->points; i += 2)
		s->trace[kept++] = s->trace[i];
	s->points = kept;
	s->step_ns = (s->trace[kept - 1].t_ns - s->trace[0].t_ns) / kept;
}

static void trace(struct swing *s, int64_t t_ns, int64_t v, int64_t least)
{
	struct swing_point *last = &s->trace[s->points - 1];

	/* As long as next to nothing was gained, the way begins now: a base
	 * that lasted for an hour must not blur when the rise began. */
	if (v - s->low < least / 8) {
		s->trace[0] = (struct swing_point){t_ns, v};
		s->points = 1;
		s->step_ns = 0;
		return;
	}
	/* Near points become one, but a jump keeps both its edges. */
	if (s->points > 1 && last->t_ns - last[-1].t_ns < s->step_ns &&
	    v - last->v < least / 8 && last->v - last[-1].v < least / 8) {
		*last = (struct swing_point){t_ns, v};
		return;
	}
	if (s->points == SWING_TRACE)
		thin(s);
	s->trace[s->points++] = (struct swing_point){t_ns, v};
}

/* When the figure first reached `v`, between the points that enclose it. */
static int64_t reached(const struct swing *s, int64_t v)
{
	const struct swing_point *p = s->trace;

	for (unsigned i = 1; i < s->points; i++) {
		if (p[i].v < v)
			continue;
		double part = p[i].v > p[i - 1].v
				      ? (double)(v - p[i - 1].v) /
						(double)(p[i].v - p[i - 1].v)
				      : 1;
		part = part < 0 ? 0 : part;
		return p[i - 1].t_ns +
		       (int64_t)(part * (double)(p[i].t_ns - p[i - 1].t_ns));
	}
	return s->rose_ns;
}

static void finish(const struct swing *s, struct swing_done *done)
{
	int64_t gain = s->high - s->low;

	*done = (struct swing_done){
		.gain = gain,
		.to = s->high,
		.begin_ns = reached(s, s->low + gain / 20),
		.end_ns = reached(s, s->high - gain / 20),
		.half_ns = reached(s, s->low + gain / 2),
	};
}

bool swing_restart(struct swing *s, int64_t t_ns, int64_t v, int64_t least,
		   struct swing_done *done)
{
	bool told = s->started && s->high - s->low >= least;

	if (told)
		finish(s, done);
	begin(s, t_ns, v);
	return told;
}

unsigned swing_step(struct swing *s, int64_t t_ns, int64_t v, int64_t least,
		    struct swing_done *done)
{
	unsigned did = 0;

	if (!s->started) {
		begin(s, t_ns, v);
		return SWING_BASE;
	}
	int64_t gain = s->high - s->low;
	bool fell_back = s->high - v >= least || s->high - v > gain / 2;
	bool rises = v - s->rose_to >= least / 8;
	bool quiet = !rises && t_ns - s->rose_ns >= SWING_QUIET;

	if (gain >= least && (fell_back || quiet)) {
		swing_restart(s, t_ns, v, least, done);
		return SWING_DONE | SWING_BASE;
	}
	if (v <= s->low) {
		begin(s, t_ns, v);
		return SWING_BASE;
	}
	trace(s, t_ns, v, least);
	if (v > s->high) {
		s->high = v;
		did = SWING_HIGH;
	}
	if (rises) {
		s->rose_to = v;
		s->rose_ns = t_ns;
	}
	if (s->high - s->low >= least &&
	    t_ns - s->trace[0].t_ns >= SWING_PIECE) {
		swing_restart(s, t_ns, v, least, done);
		did |= SWING_DONE | SWING_BASE;
	}
	return did;
}
