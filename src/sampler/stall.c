/* stall.c - progress of a thread, as seen by another. */
#include "stall.h"

bool stall_look(struct stall *s, int64_t now_ns, int64_t work_ns,
		int64_t cpu_ns, int64_t patience_ns)
{
	int64_t step = now_ns - s->seen_ns;
	bool same = work_ns && work_ns == s->work_ns;
	bool still = same && cpu_ns == s->cpu_ns;

	if (step > patience_ns / 2)
		step = patience_ns / 2;
	s->took_ns = same ? s->took_ns + step : 0;
	s->held_ns = still ? s->held_ns + step : 0;
	s->seen_ns = now_ns;
	s->work_ns = work_ns;
	s->cpu_ns = cpu_ns;
	return s->held_ns >= patience_ns ||
	       s->took_ns >= STALL_SLOW_TIMES * patience_ns;
}
