/* own.c - how many of the forced GCs between two readings were residue's. */
#include "own.h"

int64_t own_gcs(const struct observation *o, int64_t seen, int64_t forced)
{
	int64_t own = 0, num, from;

	if (forced <= 0 || !o->state->own_gc.begin_ns)
		return 0;
	if (!o->pauses)
		return own_gc(o, values_get(&o->now->values, FIELD_LAST_GC, 0))
			       ? forced
			       : 0;
	num = o->pauses->num_gc;
	from = num - seen > PAUSE_RING ? num - PAUSE_RING : seen;
	for (int64_t n = from + 1; n <= num; n++)
		own += own_gc(
			o,
			(int64_t)o->pauses->end_ns[pause_index((uint32_t)n)]);
	return own < forced ? own : forced;
}
