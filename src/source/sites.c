/*
 * sites.c - the heap profile read from the target's memory: allocation sites
 * without an endpoint, and without the garbage that serving a profile leaves
 * in the target (gomem/gomem.h).
 *
 * What is delivered is what pprof.c delivers: the profile is encoded as the
 * program would have served it, and that is decoded, so that a snapshot holds
 * exactly what the screens show.
 */
#include <residue/source/source.h>

#include <residue/base/clock.h>
#include <residue/base/mem.h>
#include <residue/base/text.h>
#include <residue/decode/encode.h>
#include <residue/decode/profile_reading.h>

#include "memory.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Of a read's duration, spent on the next ones: 1 %. */
#define SHARE	    100
#define ENCODED_MAX (64u << 20)

struct sites {
	/* Its own: gomem handles are for one thread, and the memory lane has
	 * another. */
	struct gomem *gomem;
	const struct procfs *fs;
	struct proc_id id;
	int64_t every_ns, took_ns;
	int64_t opened_ns, read_ns; /* the last read; CLOCK_BOOTTIME */
	bool known;		    /* a profile was delivered */
	uint32_t num_gc;	    /* and it is as of the end of this GC */
};

static int sites_open(void *state, const struct source_subject *s,
		      struct err *err)
{
	struct sites *st = state;

	st->fs = s->fs;
	st->id = s->id;
	st->every_ns = s->profile_every_ns;
	st->opened_ns = clock_boot_ns();
	st->gomem = memory_open(s, err);
	if (!st->gomem)
		return -1;
	if (gomem_info(st->gomem)->has_sites)
		return 0;
	gomem_close(st->gomem);
	return err_set(err, ERR_UNSUPPORTED,
		       "the program has no heap profiler linked in, or it was "
		       "not found");
}

static void sites_close(void *state)
{
	struct sites *st = state;

	gomem_close(st->gomem);
}

/* At first again after 1, 2, 4, ... seconds: what has just been started changes
 * most, and what a first profile missed is to be seen soon. */
static int64_t sites_period(const void *state, int64_t rss)
{
	const struct sites *st = state;
	int64_t least = st->took_ns * SHARE;
	int64_t age = st->read_ns - st->opened_ns;
	int64_t every = age < NS_PER_SEC ? NS_PER_SEC : age;

	(void)rss;
	every = every < st->every_ns ? every : st->every_ns;
	return least > every ? least : every;
}

/* Between GCs the profile stays what it is; before the first it grows. */
static bool sites_changed(void *state)
{
	struct sites *st = state;
	struct gomem_stats stats;

	return !st->known || gomem_read(st->gomem, &stats, NULL) ||
	       !stats.numgc || stats.numgc != st->num_gc;
}

/* The process is still the one that was meant: memory goes by PID. Its
 * executable's path, made visible, or "". */
static int binary_path(const struct sites *st, char *out, size_t size,
		       struct err *err)
{
	char raw[PATH_MAX];
	int dir = procfs_pid_open(st->fs, &st->id, err);
	ssize_t n;

	if (dir < 0)
		return -1;
	n = readlinkat(dir, "exe", raw, sizeof(raw));
	close(dir);
	text_visible(out, size, raw, n > 0 ? (size_t)n : 0);
	return 0;
}

static void encode_sites(const struct gomem_sites *in, struct encode_site *out)
{
	for (size_t i = 0; i < in->n; i++) {
		const struct gomem_site *s = &in->site[i];

		out[i] = (struct encode_site){
			.alloc_objects = s->alloc_objects,
			.alloc_space = s->alloc_space,
			.inuse_objects = s->inuse_objects,
			.inuse_space = s->inuse_space,
			.object_size = s->object_size,
			.stack = s->stack,
			.depth = s->depth,
		};
	}
}

static int encode(const struct sites *st, const struct gomem_sites *in,
		  struct buf *out, struct err *err)
{
	char binary[PATH_MAX];
	struct encode_site *sites = mem_zalloc(in->n, sizeof(*sites));
	struct encode_frame *frames = mem_zalloc(in->nframe, sizeof(*frames));
	struct encode_input profile = {
		.time_ns = clock_boot_ns() + clock_wall_offset_ns(),
		.period = in->rate,
		.binary = binary,
		.text = in->text,
		.frames = frames,
		.n_frames = in->nframe,
		.stacks = in->stacks,
		.sites = sites,
		.n_sites = in->n,
	};
	int rc;

	encode_sites(in, sites);
	for (size_t i = 0; i < in->nframe; i++) {
		const struct gomem_frame *f = &in->frame[i];

		frames[i] = (struct encode_frame){f->address, f->function,
						  f->file, f->line, f->outer};
	}
	rc = binary_path(st, binary, sizeof(binary), err) ||
			     profile_encode(&profile, out, err)
		     ? -1
		     : 0;
	free(frames);
	free(sites);
	return rc;
}

static int sites_read(void *state, struct reading *out, struct err *err)
{
	struct sites *st = state;
	struct gomem_sites sites;
	struct buf bytes;
	int rc;

	out->begin_ns = st->read_ns = clock_boot_ns();
	buf_init(&bytes, ENCODED_MAX);
	rc = gomem_sites(st->gomem, &sites, err);
	/* A part of the profile would pass for the whole. */
	if (rc == 0 && sites.truncated)
		rc = err_set(err, ERR_LIMIT,
			     "the program has more allocation sites than can "
			     "be read");
	if (rc == 0)
		rc = encode(st, &sites, &bytes, err);
	out->end_ns = clock_boot_ns();
	if (rc == 0)
		rc = profile_reading(&bytes, out, err);
	if (rc == 0)
		values_set(&out->values, FIELD_PPROF_NUM_GC, sites.numgc);
	st->took_ns = clock_boot_ns() - out->begin_ns;
	st->known = rc == 0;
	st->num_gc = sites.numgc;
	gomem_sites_release(&sites);
	buf_release(&bytes);
	return rc;
}

const struct source source_sites = {
	.name = "allocation sites",
	.origin = ORIGIN_PPROF,
	.lane = LANE_SLOW,
	.by = READ_AGENTLESS,
	.state_size = sizeof(struct sites),
	.open = sites_open,
	.read = sites_read,
	.close = sites_close,
	.period = sites_period,
	.changed = sites_changed,
};
