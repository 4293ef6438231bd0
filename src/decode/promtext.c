/* promtext.c - lines of "name value" to figures. */
#include <residue/decode/promtext.h>

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "memstats.h"

#define NUMBER_MAX 63 /* characters of a value */

struct metric {
	const char *name;
	enum field field;
	double scale; /* of the value to the field's unit */
};

static const struct metric metrics[] = {
	{"go_memstats_heap_alloc_bytes", FIELD_HEAP_ALLOC, 1},
	{"go_memstats_heap_sys_bytes", FIELD_HEAP_SYS, 1},
	{"go_memstats_heap_idle_bytes", FIELD_HEAP_IDLE, 1},
	{"go_memstats_heap_inuse_bytes", FIELD_HEAP_INUSE, 1},
	{"go_memstats_heap_released_bytes", FIELD_HEAP_RELEASED, 1},
	{"go_memstats_heap_objects", FIELD_HEAP_OBJECTS, 1},
	{"go_memstats_stack_inuse_bytes", FIELD_STACK_INUSE, 1},
	{"go_memstats_stack_sys_bytes", FIELD_STACK_SYS, 1},
	{"go_memstats_mspan_inuse_bytes", FIELD_MSPAN_INUSE, 1},
	{"go_memstats_mspan_sys_bytes", FIELD_MSPAN_SYS, 1},
	{"go_memstats_mcache_inuse_bytes", FIELD_MCACHE_INUSE, 1},
	{"go_memstats_mcache_sys_bytes", FIELD_MCACHE_SYS, 1},
	{"go_memstats_buck_hash_sys_bytes", FIELD_BUCKHASH_SYS, 1},
	{"go_memstats_gc_sys_bytes", FIELD_GC_SYS, 1},
	{"go_memstats_other_sys_bytes", FIELD_OTHER_SYS, 1},
	{"go_memstats_sys_bytes", FIELD_SYS, 1},
	{"go_memstats_gc_cpu_fraction", FIELD_GC_CPU, 1e6},
	{"go_memstats_next_gc_bytes", FIELD_NEXT_GC, 1},
	{"go_memstats_last_gc_time_seconds", FIELD_LAST_GC, 1e9},
	{"go_memstats_alloc_bytes_total", FIELD_TOTAL_ALLOC, 1},
	{"go_memstats_mallocs_total", FIELD_MALLOCS, 1},
	{"go_memstats_frees_total", FIELD_FREES, 1},
	/* A summary over debug.GCStats: NumGC and PauseTotal. */
	{"go_gc_duration_seconds_count", FIELD_NUM_GC, 1},
	{"go_gc_duration_seconds_sum", FIELD_PAUSE_TOTAL, 1e9},
	{"go_gc_cycles_forced_gc_cycles_total", FIELD_NUM_FORCED_GC, 1},
	{"go_gc_heap_live_bytes", FIELD_HEAP_LIVE, 1},
	{"go_gc_gogc_percent", FIELD_GOGC, 1},
	{"go_gc_gomemlimit_bytes", FIELD_MEMORY_LIMIT, 1},
	{"go_goroutines", FIELD_GOROUTINES, 1},
};

static const struct metric *find_metric(const char *name, size_t n)
{
	if (n < 3 || memcmp(name, "go_", 3) != 0)
		return NULL;
	for (size_t i = 0; i < sizeof(metrics) / sizeof(*metrics); i++)
		if (strlen(metrics[i].name) == n &&
		    memcmp(metrics[i].name, name, n) == 0)
			return &metrics[i];
	return NULL;
}

/* Past the labels at p, or `end` where they do not end. */
static const char *skip_labels(const char *p, const char *end)
{
	bool quoted = false;

	for (; p < end; p++) {
		if (*p == '\\' && quoted && p + 1 < end)
			p++;
		else if (*p == '"')
			quoted = !quoted;
		else if (*p == '}' && !quoted)
			return p + 1;
	}
	return end;
}

static int read_number(const char *p, const char *end, double *number)
{
	char text[NUMBER_MAX + 1], *rest;
	size_t n = 0;

	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	while (p + n < end && !memchr(" \t\r", p[n], 3))
		n++;
	if (n == 0 || n > NUMBER_MAX)
		return -1;
	memcpy(text, p, n);
	text[n] = '\0';
	*number = strtod(text, &rest);
	return *rest ? -1 : 0;
}

static void set(struct values *v, const struct metric *m, double number)
{
	/* runtime/metrics: GOGC=off is 2^64 - 1 percent. */
	if (m->field == FIELD_GOGC && number >= 0x1p63)
		values_set(v, FIELD_GOGC, -1);
	else if (number >= 0 && number * m->scale < 0x1p63)
		memstats_set(v, m->field, (uint64_t)round(number * m->scale));
}

/* One line, without its newline; `seen` has a bit a field. */
static int read_line(const char *line, const char *end, size_t number,
		     uint64_t *seen, struct values *v, struct err *err)
{
	const char *p = line;
	const struct metric *m;
	double value;

	while (p < end && !memchr("{ \t", *p, 3))
		p++;
	m = find_metric(line, (size_t)(p - line));
	if (!m)
		return 0;
	if (*seen >> m->field & 1)
		return err_set(err, ERR_UNSUPPORTED,
			       "%s is there twice: metrics of more than one "
			       "process",
			       m->name);
	*seen |= UINT64_C(1) << m->field;
	if (p < end && *p == '{')
		p = skip_labels(p, end);
	if (read_number(p, end, &value) < 0)
		return err_set(err, ERR_FORMAT,
			       "line %zu: %s has no valid number", number,
			       m->name);
	set(v, m, value);
	return 0;
}

int promtext_decode(const char *body, size_t n, struct values *v,
		    struct err *err)
{
	const char *end = body + n, *line = body, *stop;
	struct values found = {0};
	uint64_t seen = 0;
	size_t number = 0;

	for (; line < end; line = stop + 1) {
		stop = memchr(line, '\n', (size_t)(end - line));
		if (!stop)
			break;
		if (read_line(line, stop, ++number, &seen, &found, err) < 0)
			return -1;
	}
	if (!values_has(&found, FIELD_HEAP_INUSE))
		return err_set(err, ERR_UNSUPPORTED,
			       "no Go memory metrics (go_memstats_...) among "
			       "%zu lines",
			       number);
	for (size_t i = 0; i < sizeof(metrics) / sizeof(*metrics); i++) {
		enum field f = metrics[i].field;

		if (values_has(&found, f))
			values_set(v, f, found.v[f]);
	}
	return 0;
}
