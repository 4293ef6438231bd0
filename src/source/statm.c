/* statm.c - RES and its kinds, every tick: /proc/PID/statm and status. */
#include <residue/source/source.h>

#include <residue/proc/handle.h>

struct statm {
	const atomic_bool *opened;
	struct proc_handle *handle;
	int64_t rss; /* bytes, at the last read */
};

static int statm_open(void *state, const struct source_subject *s,
		      struct err *err)
{
	struct statm *st = state;

	st->opened = s->opened;
	st->handle = proc_handle_open(s->fs, &s->id, err);
	return st->handle ? 0 : -1;
}

static enum process_life life_of(enum proc_life life)
{
	switch (life) {
	case PROC_EXECED:
		return LIFE_EXECED;
	case PROC_ZOMBIE:
		return LIFE_ZOMBIE;
	case PROC_EXITED:
		return LIFE_EXITED;
	case PROC_REUSED:
		return LIFE_REUSED;
	case PROC_ALIVE:
		break;
	}
	return LIFE_ALIVE;
}

static int statm_read(void *state, struct reading *out, struct err *err)
{
	struct statm *st = state;
	struct proc_fast fast;

	if (proc_read_fast(st->handle, &fast, err))
		return -1;
	out->begin_ns = fast.begin_ns;
	out->end_ns = fast.end_ns;
	out->life = life_of(fast.life);
	out->stopped = fast.state == 'T' || fast.state == 't';
#define TAKE(bit, field, member)                                               \
	if (fast.known & PROC_FAST_##bit)                                      \
	values_set(&out->values, FIELD_##field, fast.member)
	TAKE(SIZE, VSIZE, size);
	TAKE(RSS, RSS, rss);
	TAKE(RSS_ANON, RSS_ANON, rss_anon);
	TAKE(RSS_FILE, RSS_FILE, rss_file);
	TAKE(RSS_SHMEM, RSS_SHMEM, rss_shmem);
	TAKE(SWAP, SWAP, swap);
	TAKE(THREADS, THREADS, threads);
#undef TAKE
	/* statm was read some microseconds before status: what is shown beside
	 * its parts is their sum. */
	if (values_have(&out->values, FIELD_BIT(RSS_ANON) |
					      FIELD_BIT(RSS_FILE) |
					      FIELD_BIT(RSS_SHMEM)))
		values_set(&out->values, FIELD_RSS,
			   fast.rss_anon + fast.rss_file + fast.rss_shmem);
	st->rss = values_get(&out->values, FIELD_RSS, -1);
	return 0;
}

/* A process that is only in the list is not read whole while it rests; one that
 * is shown in full is, but for looks between rows. */
static bool statm_changed(void *state)
{
	struct statm *st = state;
	int64_t rss;

	if (!atomic_load(st->opened))
		return proc_handle_changed(st->handle);
	rss = proc_read_rss(st->handle);
	return rss < 0 || rss - st->rss >= RSS_MOVED ||
	       st->rss - rss >= RSS_MOVED;
}

static void statm_close(void *state)
{
	struct statm *st = state;

	proc_handle_free(st->handle);
}

const struct source source_statm = {
	.name = "statm",
	.origin = ORIGIN_PROC,
	.lane = LANE_FAST,
	.state_size = sizeof(struct statm),
	.open = statm_open,
	.read = statm_read,
	.close = statm_close,
	.changed = statm_changed,
};
