/* meter.c - reading the counters that a fetch makes rise. */
#include "meter.h"

#include <residue/base/clock.h>
#include <residue/proc/stat.h>

#include <unistd.h>

/* Counters of the runtime older than this are of the past: read once only, or
 * no longer answered. */
#define FRESH_NS (15 * NS_PER_SEC)

/* -1: no process, or it cannot be seen. */
static int64_t cpu_time(const struct procfs *fs, const struct target *t)
{
	struct proc_stat st;
	int dir, rc;

	if (t->kind != TARGET_PROCESS || !fs->live)
		return -1;
	dir = procfs_pid_open(fs, &t->proc, NULL);
	if (dir < 0)
		return -1;
	rc = proc_stat_read(dir, &st, NULL);
	close(dir);
	if (rc)
		return -1;
	return (int64_t)st.cpu_ticks * (NS_PER_SEC / sysconf(_SC_CLK_TCK));
}

/* TotalAlloc and when it was read; -1: not known, or too old. */
static int64_t alloc_of(struct store *s, const struct target *t,
			int64_t *begin_ns, int64_t *end_ns)
{
	const struct origin_state *o = &t->state.origins[ORIGIN_RUNTIME];
	int64_t alloc;

	pthread_mutex_lock(&s->lock);
	alloc = values_get(&t->state.values, FIELD_TOTAL_ALLOC, -1);
	*begin_ns = o->begin_ns;
	*end_ns = o->end_ns;
	pthread_mutex_unlock(&s->lock);
	return clock_boot_ns() - *end_ns < FRESH_NS ? alloc : -1;
}

void meter_look(struct meter *m, struct store *s, const struct procfs *fs,
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
	if (!budget_wants(&m->budget, now_ns))
		return;
	now.cpu_ns = cpu_time(fs, t);
	budget_observe(&m->budget, &now);
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
	       struct reading *r, int64_t every_ns, bool unlimited)
{
	int64_t cpu = cpu_time(fs, t);
	struct values *v = &r->values;
	struct budget_price price;

	cpu = cpu < 0 || m->cpu_before_ns < 0 ? -1 : cpu - m->cpu_before_ns;
	budget_fetched(&m->budget, r->end_ns - r->begin_ns, cpu);
	m->await_ns = r->end_ns;
	if (values_has(v, FIELD_PPROF_ALLOC))
		budget_profile(&m->budget, r->end_ns, v->v[FIELD_PPROF_ALLOC]);
	budget_price(&m->budget, every_ns, unlimited, &price);
	values_set(v, FIELD_PPROF_CPU, price.cpu_ns);
	if (price.bytes_measured)
		values_set(v, FIELD_PPROF_GARBAGE, price.bytes);
	if (!every_ns)
		return;
	values_set(v, FIELD_PPROF_EVERY, price.interval_ns);
	if (price.cpu_ppm >= 0)
		values_set(v, FIELD_PPROF_CPU_SHARE, price.cpu_ppm);
	if (price.alloc_ppm >= 0)
		values_set(v, FIELD_PPROF_GARBAGE_SHARE, price.alloc_ppm);
}
