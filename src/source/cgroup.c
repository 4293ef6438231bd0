/* cgroup.c - the target's memory controller: what is charged, and the limit. */
#include <residue/source/source.h>

#include <residue/base/clock.h>
#include <residue/proc/cgroup.h>

#include <unistd.h>

/* A read takes the kernel about a millisecond (memory.stat sums all CPUs). */
#define PERIOD_NS (10 * NS_PER_SEC)

struct cgroup_source {
	const struct procfs *fs;
	struct proc_id id;
	struct cgroup group;
	bool found;
};

static int cgroup_open(void *state, const struct source_subject *s,
		       struct err *err)
{
	struct cgroup_source *st = state;

	(void)err;
	st->fs = s->fs;
	st->id = s->id;
	return 0;
}

static void cgroup_close(void *state)
{
	struct cgroup_source *st = state;

	if (st->found)
		cgroup_release(&st->group);
	st->found = false;
}

/* The group the process is in now. It may have been moved to another while its
 * old one lives on, so that the old one's figures could still be read. */
static int find(struct cgroup_source *st, struct err *err)
{
	int dir = procfs_pid_open(st->fs, &st->id, err);

	if (dir < 0)
		return -1;
	if (st->found && !cgroup_stays(&st->group, dir))
		cgroup_close(st);
	if (!st->found)
		st->found = cgroup_find(st->fs, dir, &st->group, err) == 0;
	close(dir);
	return st->found ? 0 : -1;
}

static int cgroup_read_once(void *state, struct reading *out, struct err *err)
{
	struct cgroup_source *st = state;
	struct cgroup_memory m;

	if (find(st, err))
		return -1;
	out->begin_ns = clock_boot_ns();
	if (cgroup_read(&st->group, &m, err)) {
		cgroup_close(st);
		return -1;
	}
	out->end_ns = clock_boot_ns();
	if (m.known & CGROUP_CURRENT)
		values_set(&out->values, FIELD_CGROUP_CURRENT, m.current);
	if (m.known & CGROUP_MAX)
		values_set(&out->values, FIELD_CGROUP_MAX, m.max);
	return 0;
}

static int64_t cgroup_period(const void *state, int64_t rss)
{
	(void)state;
	(void)rss;
	return PERIOD_NS;
}

const struct source source_cgroup = {
	.name = "cgroup",
	.origin = ORIGIN_CGROUP,
	.lane = LANE_SLOW,
	.state_size = sizeof(struct cgroup_source),
	.open = cgroup_open,
	.read = cgroup_read_once,
	.close = cgroup_close,
	.period = cgroup_period,
};
