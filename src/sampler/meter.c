/* meter.c - reading the counters that a fetch makes rise. */
#include "meter.h"

#include <residue/base/clock.h>

#include <unistd.h>

/* Counters of the runtime older than this are of the past: read once only, or
 * no longer answered. */
#define FRESH_NS (15 * NS_PER_SEC)

/* CPU time of all threads; -1: no process, or it cannot be seen. To the
 * nanosecond: a profile costs what is a tick of /proc/PID/stat. */
static int64_t cpu_time(const struct procfs *fs, const struct target *t)
{
	int64_t used = -1;
	int dir;

	if (t->kind == TARGET_PROCESS)
		used = procfs_cpu_ns(fs, t->proc.pid);
	if (used < 0)
		return -1;
	/* The clock goes by PID: it was this process's if that lives yet. */
	dir = procfs_pid_open(fs, &t->proc, NULL);
	if (dir < 0)
		return -1;
	close(dir);
	return used;
}

/* TotalAlloc and when it was read; -1: not known, or too old. */
static int64_t alloc_of(struct store *s, const struct target *t,
			int64_t *begin_ns, int64_t *end_ns)
{
	const struct origin_state *o = &t->state.origins[ORIGIN_RUNTIME];
	int64_t alloc = -1;

	pthread_mutex_lock(&s->lock);
	if (o->by != READ_PPROF) /* what comes with profiles has no rate */
		alloc = values_get(&t->state.values, FIELD_TOTAL_ALLOC, -1);
	*begin_ns = o->begin_ns;
	*end_ns = o->end_ns;
	pthread_mutex_unlock(&s->lock);
	return clock_boot_ns() - *end_ns < FRESH_NS ? alloc : -1;
}

bool meter_look(struct meter *m, struct store *s, const struct procfs *fs,
		struct target *t, int64_t now_ns)
{
	struct usage now = {.t_ns = now_ns};
	int64_t begin, end;

	now.alloc = alloc_of(s, t, &begin, &end);
	if (m->await_ns && now.alloc >= 0 && begin >= m->await_ns) {
		if (m->alloc_before >= 0)
			budget_allocated(&m->budget,
					 now.alloc - m->alloc_before,
					 end - m->alloc_before_ns);
		m->await_ns = 0;
	}
	if (!budget_wants(&m->budget, now_ns, now.alloc))
		return false;
	now.cpu_ns = cpu_time(fs, t);
	budget_observe(&m->budget, &now);
	return true;
}

void meter_polled(struct meter *m, const struct procfs *fs, struct target *t,
		  const struct reading *r)
{
	struct usage now = {
		.t_ns = r->end_ns,
		.cpu_ns = cpu_time(fs, t),
		.alloc = values_get(&r->values, FIELD_TOTAL_ALLOC, -1),
	};

	budget_polled(&m->budget, &now);
}

void meter_begin(struct meter *m, struct store *s, const struct procfs *fs,
		 struct target *t)
{
	int64_t begin;

	m->await_ns = 0;
	m->alloc_before = alloc_of(s, t, &begin, &m->alloc_before_ns);
	m->cpu_before_ns = cpu_time(fs, t);
}

void meter_end(struct meter *m, const struct procfs *fs, struct target *t,
	       const struct reading *r)
{
	int64_t cpu = cpu_time(fs, t);

	cpu = cpu < 0 || m->cpu_before_ns < 0 ? -1 : cpu - m->cpu_before_ns;
	budget_fetched(&m->budget, r->end_ns - r->begin_ns, cpu);
	m->await_ns = r->end_ns;
	if (values_has(&r->values, FIELD_PPROF_ALLOC))
		budget_profile(&m->budget, r->end_ns,
			       r->values.v[FIELD_PPROF_ALLOC]);
}

bool meter_price(const struct meter *m, int64_t every_ns, bool unlimited,
		 struct reading *out)
{
	struct budget_price price;
	struct values *v = &out->values;

	if (!m->budget.fetches)
		return false;
	*out = (struct reading){.origin = ORIGIN_BUDGET,
				.begin_ns = clock_boot_ns(),
				.wall_offset_ns = clock_wall_offset_ns()};
	out->end_ns = out->begin_ns;
	budget_price(&m->budget, every_ns, unlimited, &price);
	values_set(v, FIELD_PPROF_CPU, price.cpu_ns);
	if (price.bytes_measured)
		values_set(v, FIELD_PPROF_GARBAGE, price.bytes);
	if (!every_ns)
		return true;
	if (price.interval_ns != INT64_MAX)
		values_set(v, FIELD_PPROF_EVERY, price.interval_ns);
	if (price.cpu_ppm >= 0)
		values_set(v, FIELD_PPROF_CPU_SHARE, price.cpu_ppm);
	if (price.alloc_ppm >= 0)
		values_set(v, FIELD_PPROF_GARBAGE_SHARE, price.alloc_ppm);
	return true;
}
