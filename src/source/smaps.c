/*
 * smaps.c - what only smaps_rollup tells: Pss, LazyFree, AnonHugePages.
 *
 * Reading it holds the target's mmap_lock, so the policy of proc/smaps.h
 * decides how often, and whether at all without being asked.
 */
#include <residue/source/source.h>

#include <residue/proc/smaps.h>

#include <unistd.h>

struct smaps {
	const struct procfs *fs;
	struct proc_id id;
	struct smaps_policy policy;
};

static int smaps_open(void *state, const struct source_subject *s,
		      struct err *err)
{
	struct smaps *st = state;

	(void)err;
	st->fs = s->fs;
	st->id = s->id;
	return 0;
}

static int smaps_read_once(void *state, struct reading *out, struct err *err)
{
	struct smaps *st = state;
	struct smaps_rollup r;
	/* Opened anew each time: a kept one gives ESRCH after exec, and one
	 * open in ten seconds costs nothing. */
	int dir = procfs_pid_open(st->fs, &st->id, err);
	int rc;

	if (dir < 0)
		return -1;
	rc = smaps_read(dir, &r, err);
	close(dir);
	if (rc)
		return -1;
	smaps_policy_learn(&st->policy, r.rss, r.cost_ns);
	out->begin_ns = r.begin_ns;
	out->end_ns = r.end_ns;
	if (r.known & SMAPS_PSS)
		values_set(&out->values, FIELD_PSS, r.pss);
	if (r.known & SMAPS_LAZY_FREE)
		values_set(&out->values, FIELD_LAZY_FREE, r.lazy_free);
	if (r.known & SMAPS_ANON_HUGE)
		values_set(&out->values, FIELD_ANON_HUGE, r.anon_huge);
	return 0;
}

static int64_t smaps_period(const void *state, int64_t rss)
{
	const struct smaps *st = state;

	/* What it may cost is not known before the size is. */
	if (rss < 0)
		return INT64_MAX;
	if (!smaps_policy_automatic(&st->policy, rss))
		return INT64_MAX;
	return smaps_policy_period_ns(&st->policy, rss);
}

const struct source source_smaps = {
	.name = "smaps_rollup",
	.origin = ORIGIN_SMAPS,
	.lane = LANE_SLOW,
	.state_size = sizeof(struct smaps),
	.open = smaps_open,
	.read = smaps_read_once,
	.period = smaps_period,
};
