/* sites.c - the heap profile of a program without an endpoint. */
#include "buckets.h"

#include <residue/base/buf.h>
#include <residue/base/mem.h>
#include <residue/base/text.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TRIES	   4
#define TEXT_MAX   (64u << 20) /* bytes of all names and paths */
#define FRAMES_MAX (1u << 20)
#define SHOWN	   1024 /* longest name or path, made visible */
#define HASH_BITS  15

/* Names repeat a lot: each is stored once. */
struct names {
	struct buf text;
	uint32_t slot[1u << HASH_BITS]; /* offset + 1 of a name, 0: free */
};

static uint32_t hash(const char *s)
{
	uint32_t h = 2166136261u;

	for (; *s; s++)
		h = (h ^ (uint8_t)*s) * 16777619u;
	return h >> (32 - HASH_BITS);
}

/* Offset of `raw`, made visible, in the text; 0 is "". */
static uint32_t intern(struct names *names, const char *raw)
{
	char shown[SHOWN];
	size_t len = text_visible(shown, sizeof(shown), raw, strlen(raw));
	uint32_t at = hash(shown), offset;

	for (unsigned i = 0; i < 32; i++) {
		uint32_t *slot = &names->slot[(at + i) % (1u << HASH_BITS)];

		if (*slot && strcmp(names->text.data + *slot - 1, shown) == 0)
			return *slot - 1;
		if (*slot)
			continue;
		offset = (uint32_t)names->text.len;
		if (buf_append(&names->text, shown, len + 1, NULL))
			return 0;
		*slot = offset + 1;
		return offset;
	}
	offset = (uint32_t)names->text.len;
	return buf_append(&names->text, shown, len + 1, NULL) ? 0 : offset;
}

/* *outer: the pc of the call that this one was inlined into, or 0. */
static void name_frame(struct gomem *g, uint64_t pc, struct names *names,
		       struct gomem_frame *out, uint64_t *outer)
{
	uint64_t offset = pc - g->bias - g->module.text;
	struct pclntab_frame f;

	*outer = 0;
	*out = (struct gomem_frame){.address = pc - 1};
	if (offset > UINT32_MAX || pclntab_lookup(g->pclntab, (uint32_t)offset,
						  g->module.gofunc, &f, NULL))
		return;
	/* Type arguments and all: as runtime/pprof names them since Go 1.21
	 * (runtime_FrameSymbolName), unlike runtime.Frame. */
	out->function = intern(names, f.function);
	out->file = intern(names, f.file);
	out->line = f.line;
	if (f.outer)
		*outer = f.outer + g->bias + g->module.text;
}

static int ascending(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* The stacks have a pc for each inlined call too (runtime.tracebackPCs). Calls
 * of the same name are recursion to pprof: each is a location of its own. */
static uint32_t outer_frame(const struct gomem_sites *s, const uint64_t *pcs,
			    uint64_t outer, size_t of)
{
	const uint64_t *at =
		bsearch(&outer, pcs, s->nframe, sizeof(*pcs), ascending);

	if (!outer || !at ||
	    s->frame[at - pcs].function == s->frame[of].function)
		return 0;
	return (uint32_t)(at - pcs) + 1;
}

/* One frame a distinct pc, in pc order; pcs is sorted and cut to match. */
static void name_frames(struct gomem *g, const struct buckets *b,
			uint64_t **pcs, struct names *names,
			struct gomem_sites *out)
{
	uint64_t *pc = mem_alloc((b->npc + 1) * sizeof(*pc)), *outer;
	size_t n = 0;

	if (b->npc)
		memcpy(pc, b->pc, b->npc * sizeof(*pc));
	qsort(pc, b->npc, sizeof(*pc), ascending);
	for (size_t i = 0; i < b->npc; i++)
		if (n == 0 || pc[n - 1] != pc[i])
			pc[n++] = pc[i];
	if (n > FRAMES_MAX) {
		n = FRAMES_MAX;
		out->truncated = true;
	}
	out->nframe = n;
	out->frame = mem_zalloc(n, sizeof(*out->frame));
	outer = mem_alloc((n + 1) * sizeof(*outer));
	for (size_t i = 0; i < n; i++)
		name_frame(g, pc[i], names, &out->frame[i], &outer[i]);
	for (size_t i = 0; i < n; i++)
		out->frame[i].outer = outer_frame(out, pc, outer[i], i);
	free(outer);
	*pcs = pc;
}

/* runtime/pprof/protomem.go: scaleHeapSample. */
static void scale(uint64_t count, uint64_t size, int64_t rate, int64_t *objects,
		  int64_t *bytes)
{
	double avg, factor;

	*objects = *bytes = 0;
	if (count == 0 || size == 0 || count > INT64_MAX || size > INT64_MAX)
		return;
	if (rate <= 1) {
		*objects = (int64_t)count;
		*bytes = (int64_t)size;
		return;
	}
	avg = (double)size / (double)count;
	factor = 1 / (1 - exp(-avg / (double)rate));
	if (!((double)size * factor < 9e18 && (double)count * factor < 9e18))
		return;
	*objects = (int64_t)((double)count * factor);
	*bytes = (int64_t)((double)size * factor);
}

/*
 * runtime/pprof/protomem.go, writeHeapProto: by what runtime.FuncForPC says of
 * the return address itself. That may be another function than the one which
 * is called: behind an inlined call of the runtime's, the caller's own frame
 * has an address within it, and is left out as well.
 */
static bool hidden(struct gomem *g, uint64_t pc)
{
	uint64_t offset = pc - g->bias - g->module.text;
	struct pclntab_frame f;

	/* pclntab_lookup looks at the byte before. */
	return offset < UINT32_MAX &&
	       !pclntab_lookup(g->pclntab, (uint32_t)offset + 1,
			       g->module.gofunc, &f, NULL) &&
	       (strncmp(f.function, "runtime.", 8) == 0 ||
		strncmp(f.function, "internal/runtime/", 17) == 0);
}

/* Leave out the runtime functions at the top, unless there are no others. */
static void set_stack(struct gomem *g, const uint64_t *pcs,
		      struct gomem_sites *out, struct gomem_site *s,
		      const struct bucket *b)
{
	uint32_t skip = 0;

	while (skip < b->npc && hidden(g, pcs[out->stacks[b->pc + skip]]))
		skip++;
	if (skip == b->npc)
		skip = 0;
	s->stack = b->pc + skip;
	s->depth = b->npc - skip;
}

static void fill(struct gomem *g, const struct buckets *b, const uint64_t *pcs,
		 struct gomem_sites *out)
{
	bool published = false;

	out->stacks = mem_zalloc(b->npc, sizeof(*out->stacks));
	for (size_t i = 0; i < b->npc; i++) {
		const uint64_t *at = bsearch(&b->pc[i], pcs, out->nframe,
					     sizeof(*pcs), ascending);

		out->stacks[i] = at ? (uint32_t)(at - pcs) : 0;
	}
	/* Before the first GC nothing is published: then all that is pending
	 * counts (runtime.MemProfile). */
	for (size_t i = 0; i < b->n; i++)
		published |= b->bucket[i].active.allocs != 0;
	out->site = mem_zalloc(b->n, sizeof(*out->site));
	for (size_t i = 0; i < b->n; i++) {
		const struct bucket *k = &b->bucket[i];
		const struct counts *c = published ? &k->active : &k->pending;
		struct gomem_site *s = &out->site[out->n];

		if (c->allocs == 0 || c->frees > c->allocs ||
		    c->free_bytes > c->alloc_bytes)
			continue;
		*s = (struct gomem_site){.allocs = c->allocs,
					 .frees = c->frees,
					 .alloc_bytes = c->alloc_bytes,
					 .free_bytes = c->free_bytes,
					 .object_size = k->size};
		scale(c->allocs - c->frees, c->alloc_bytes - c->free_bytes,
		      out->rate, &s->inuse_objects, &s->inuse_space);
		scale(c->allocs, c->alloc_bytes, out->rate, &s->alloc_objects,
		      &s->alloc_space);
		set_stack(g, pcs, out, s, k);
		out->n++;
	}
}

static struct counts published_sum(const struct buckets *b)
{
	struct counts sum = {0, 0, 0, 0};

	for (size_t i = 0; i < b->n; i++) {
		const struct counts *c = &b->bucket[i].active;

		sum.allocs += c->allocs;
		sum.frees += c->frees;
		sum.alloc_bytes += c->alloc_bytes;
		sum.free_bytes += c->free_bytes;
	}
	return sum;
}

/* One look at the chain: 0, and *numgc; 1 when it was being changed. After a GC
 * is counted the runtime moves its records from one place to the other (Go source,
 * runtime/mprof.go, mProf_Flush), and one that was seen in both or in neither
 * is in no second look: what is published is the same in two, or not settled. */
static int read_twice(struct gomem *g, struct buckets *b, uint32_t *numgc,
		      struct err *err)
{
	const uint64_t at = g->at.memstats + (uint64_t)g->layout->mstats_numgc;
	struct buckets again = {.n = 0};
	struct counts first, second;
	uint32_t after;
	int rc = -1;

	if (!remote_read(&g->remote, at, numgc, 4))
		return err_set(err, ERR_FORMAT, "no number of GCs");
	if (buckets_read(g, *numgc, b, err) ||
	    buckets_read(g, *numgc, &again, err))
		goto out;
	first = published_sum(b);
	second = published_sum(&again);
	rc = !remote_read(&g->remote, at, &after, 4) || *numgc != after ||
	     memcmp(&first, &second, sizeof(first)) != 0;
out:
	buckets_release(&again);
	if (rc)
		buckets_release(b);
	return rc;
}

/* The chain as it is between two GCs. */
static int read_settled(struct gomem *g, struct buckets *b, uint32_t *numgc,
			struct err *err)
{
	int rc = 1;

	for (int i = 0; i < TRIES && rc; i++) {
		rc = read_twice(g, b, numgc, err);
		if (rc < 0 && attach_alive(g, err))
			return -1;
	}
	if (rc < 0)
		return err_set(err, ERR_FORMAT,
			       "the heap profile's records do not add up");
	if (rc)
		return err_set(err, ERR_TIMEOUT,
			       "garbage collections follow too fast for a "
			       "profile");
	return attach_alive(g, err);
}

/* Where the linker left the profiler out, the runtime samples until it knows
 * (Go source, runtime/proc.go, schedinit: disableMemoryProfiling): its own first
 * allocations. One that the program switched off has more. */
static bool sampled_program(const struct gomem_sites *s)
{
	for (size_t i = 0; i < s->nframe; i++)
		if (strncmp(s->text + s->frame[i].function, "runtime.", 8) != 0)
			return true;
	return false;
}

static int no_profile(struct err *err)
{
	return err_set(err, ERR_UNSUPPORTED,
		       "the program keeps no heap profile: nothing in it uses "
		       "runtime.MemProfile (net/http/pprof, runtime/pprof), or "
		       "MemProfileRate is 0 since its start");
}

static int check(struct gomem *g, uint64_t *rate, struct err *err)
{
	if (!g->info.has_sites)
		return err_set(err, ERR_UNSUPPORTED,
			       "the heap profiler's data were not found");
	if (!remote_word(&g->remote, g->at.profile_rate, rate))
		return attach_alive(g, err) ? -1
					    : err_set(err, ERR_FORMAT,
						      "MemProfileRate cannot "
						      "be read");
	if (*rate > INT64_MAX || (*rate == 0 && !buckets_find(g)))
		return no_profile(err);
	if (!buckets_find(g))
		return err_set(err, ERR_UNSUPPORTED,
			       "the program has no heap profile yet");
	return 0;
}

static int name_all(struct gomem *g, const struct buckets *b,
		    struct gomem_sites *out, struct err *err)
{
	struct names *names = mem_zalloc(1, sizeof(*names));
	uint64_t *pcs;

	buf_init(&names->text, TEXT_MAX);
	if (buf_append(&names->text, "", 1, err) == 0) {
		name_frames(g, b, &pcs, names, out);
		out->text = names->text.data;
		fill(g, b, pcs, out);
		free(pcs);
	}
	free(names);
	return out->text ? 0 : -1;
}

int gomem_sites(struct gomem *g, struct gomem_sites *out, struct err *err)
{
	struct buckets b = {.n = 0};
	uint64_t rate;
	int status = -1;

	*out = (struct gomem_sites){.n = 0};
	if (check(g, &rate, err) || read_settled(g, &b, &out->numgc, err)) {
		buckets_release(&b); /* read whole, of a process that is gone */
		return -1;
	}
	out->rate = (int64_t)rate;
	out->truncated = b.truncated;
	if (attach_open_file(g, err) == 0) {
		g->pclntab = pclntab_open(&g->elf, err);
		if (g->pclntab)
			status = name_all(g, &b, out, err);
		pclntab_close(g->pclntab);
		g->pclntab = NULL;
		attach_close_file(g);
	}
	buckets_release(&b);
	if (status == 0 && rate == 0 && !sampled_program(out)) {
		gomem_sites_release(out);
		return no_profile(err);
	}
	return status;
}

void gomem_sites_release(struct gomem_sites *s)
{
	free(s->site);
	free(s->frame);
	free(s->stacks);
	free(s->text);
	*s = (struct gomem_sites){.n = 0};
}
