/* memstats.c - names of runtime.MemStats and what their values mean. */
#include "memstats.h"

#include <string.h>

#define NO_GOAL (UINT64_C(1) << 62)

const struct memstats_name memstats_names[] = {
	{"HeapAlloc", FIELD_HEAP_ALLOC},
	{"HeapSys", FIELD_HEAP_SYS},
	{"HeapIdle", FIELD_HEAP_IDLE},
	{"HeapInuse", FIELD_HEAP_INUSE},
	{"HeapReleased", FIELD_HEAP_RELEASED},
	{"HeapObjects", FIELD_HEAP_OBJECTS},
	{"StackInuse", FIELD_STACK_INUSE},
	{"StackSys", FIELD_STACK_SYS},
	{"MSpanSys", FIELD_MSPAN_SYS},
	{"MSpanInuse", FIELD_MSPAN_INUSE},
	{"MCacheSys", FIELD_MCACHE_SYS},
	{"MCacheInuse", FIELD_MCACHE_INUSE},
	{"BuckHashSys", FIELD_BUCKHASH_SYS},
	{"GCSys", FIELD_GC_SYS},
	{"OtherSys", FIELD_OTHER_SYS},
	{"Sys", FIELD_SYS},
	{"NextGC", FIELD_NEXT_GC},
	{"LastGC", FIELD_LAST_GC},
	{"NumGC", FIELD_NUM_GC},
	{"NumForcedGC", FIELD_NUM_FORCED_GC},
	{"PauseTotalNs", FIELD_PAUSE_TOTAL},
	{"TotalAlloc", FIELD_TOTAL_ALLOC},
	{"Mallocs", FIELD_MALLOCS},
	{"Frees", FIELD_FREES},
};
const size_t memstats_count = sizeof(memstats_names) / sizeof(*memstats_names);

enum field memstats_field(const char *name, size_t n)
{
	for (size_t i = 0; i < memstats_count; i++) {
		const struct memstats_name *m = &memstats_names[i];

		if (strlen(m->name) == n && memcmp(m->name, name, n) == 0)
			return m->field;
	}
	return FIELD_COUNT;
}

void memstats_set(struct values *v, enum field f, uint64_t value)
{
	if (value > INT64_MAX)
		return;
	if ((f == FIELD_NEXT_GC || f == FIELD_MEMORY_LIMIT) && value >= NO_GOAL)
		return;
	if (f == FIELD_LAST_GC && value == 0)
		return;
	values_set(v, f, (int64_t)value);
}

void memstats_end_pauses(struct pause_ring *pauses, const struct values *v,
			 bool have_end, bool have_ns)
{
	int64_t num_gc = values_get(v, FIELD_NUM_GC, -1);

	if (have_end && have_ns && num_gc >= 0 && num_gc <= UINT32_MAX)
		pauses->num_gc = (uint32_t)num_gc;
	else
		memset(pauses, 0, sizeof(*pauses));
}
