/*
 * buckets.c - walking runtime.mbuckets in somebody else's memory.
 *
 * The chain may be of any length and shape: its length is capped, and each
 * record is checked. Buckets lie side by side in persistentalloc's chunks, so
 * a page read once serves for many.
 */
#include "buckets.h"

#include <residue/base/mem.h>

#include <stdlib.h>
#include <string.h>

#define MEM_PROFILE 1 /* bucketType */
#define FUTURES	    3
#define PAGES	    4  /* a bucket of 1024 frames fits, wherever it starts */
#define PROBE	    16 /* buckets that tell a chain of buckets from other data */

struct pages {
	uint64_t addr;
	size_t len;
	uint8_t bytes[PAGES * REMOTE_PAGE];
};

/* n bytes at addr; whole pages are read, none that is not needed. */
static const uint8_t *get(struct gomem *g, struct pages *p, uint64_t addr,
			  size_t n)
{
	uint64_t lo = addr / REMOTE_PAGE * REMOTE_PAGE, hi;

	if (addr > UINT64_MAX - n - REMOTE_PAGE || n > sizeof(p->bytes))
		return NULL;
	if (addr >= p->addr && addr - p->addr <= p->len &&
	    n <= p->len - (addr - p->addr))
		return p->bytes + (addr - p->addr);
	hi = (addr + n + REMOTE_PAGE - 1) / REMOTE_PAGE * REMOTE_PAGE;
	p->len = 0;
	if (hi - lo > sizeof(p->bytes) ||
	    !remote_read(&g->remote, lo, p->bytes, hi - lo))
		return NULL;
	p->addr = lo;
	p->len = hi - lo;
	return p->bytes + (addr - lo);
}

static uint64_t u64(const uint8_t *base, int32_t off)
{
	uint64_t v;

	memcpy(&v, base + off, sizeof(v));
	return v;
}

struct head {
	uint64_t size, nstk, next;
};

static bool read_head(struct gomem *g, struct pages *p, uint64_t addr,
		      struct head *out)
{
	const struct layout *l = g->layout;
	const uint8_t *b = get(g, p, addr, (size_t)l->bucket_size);
	int64_t typ;

	if (!b || addr % 8)
		return false;
	memcpy(&typ, b + l->bucket_typ, 8);
	out->size = u64(b, l->bucket_objsize);
	out->nstk = u64(b, l->bucket_nstk);
	out->next = u64(b, l->bucket_allnext);
	return typ == MEM_PROFILE && out->nstk <= BUCKETS_DEPTH_MAX &&
	       out->size < 1ull << 47;
}

/* Does a chain of heap profile buckets start here? */
static bool is_chain(struct gomem *g, uint64_t addr)
{
	uint64_t lo = g->module.text + g->bias, hi = g->module.etext + g->bias;
	struct pages *p = mem_zalloc(1, sizeof(*p));
	unsigned n = 0;
	bool ok = addr != 0;

	for (; ok && addr && n < PROBE; n++) {
		struct head h;
		const uint8_t *pc = NULL;

		ok = read_head(g, p, addr, &h) && h.nstk > 0;
		if (ok)
			pc = get(g, p, addr + (uint64_t)g->layout->bucket_size,
				 8);
		ok = pc && u64(pc, 0) >= lo && u64(pc, 0) <= hi;
		addr = ok ? h.next : 0;
	}
	free(p);
	return ok && n > 0;
}

bool buckets_find(struct gomem *g)
{
	uint64_t head;

	if (g->at.mbuckets)
		return true;
	for (unsigned i = 0; i < g->nhints; i++)
		if (remote_word(&g->remote, g->hints[i] + g->bias, &head) &&
		    is_chain(g, head)) {
			g->at.mbuckets = g->hints[i] + g->bias;
			return true;
		}
	return false;
}

static void add_cycle(const struct layout *l, const uint8_t *c, uint64_t size,
		      struct counts *sum)
{
	uint64_t allocs = u64(c, l->cycle_allocs);
	uint64_t frees = u64(c, l->cycle_frees);

	sum->allocs += allocs;
	sum->frees += frees;
	/* Since Go 1.27 only the counts are kept. */
	sum->alloc_bytes += l->cycle_alloc_bytes >= 0
				    ? u64(c, l->cycle_alloc_bytes)
				    : allocs * size;
	sum->free_bytes += l->cycle_free_bytes >= 0
				   ? u64(c, l->cycle_free_bytes)
				   : frees * size;
}

/*
 * As runtime.MemProfile: what is active, and the cycle that the last GC has
 * finished but the sweeper has not flushed yet (zero once it has).
 */
static void add_record(const struct layout *l, const uint8_t *r, uint32_t numgc,
		       struct bucket *b)
{
	const uint8_t *future = r + l->record_future;

	add_cycle(l, r + l->record_active, b->size, &b->active);
	b->pending = b->active;
	for (unsigned i = 0; i < FUTURES; i++) {
		const uint8_t *c = future + (int32_t)i * l->cycle_size;

		add_cycle(l, c, b->size, &b->pending);
		if (i == numgc % FUTURES)
			add_cycle(l, c, b->size, &b->active);
	}
}

static struct bucket *add(struct buckets *out, const uint8_t *pcs, size_t n)
{
	struct bucket *b;

	if (out->n == out->room) {
		out->room = out->room ? 2 * out->room : 1024;
		out->bucket = mem_realloc(out->bucket, out->room,
					  sizeof(*out->bucket));
	}
	while (out->npc + n > out->pc_room) {
		out->pc_room = out->pc_room ? 2 * out->pc_room : 16384;
		out->pc = mem_realloc(out->pc, out->pc_room, sizeof(*out->pc));
	}
	b = &out->bucket[out->n++];
	*b = (struct bucket){.pc = (uint32_t)out->npc, .npc = (uint32_t)n};
	memcpy(out->pc + out->npc, pcs, n * 8);
	out->npc += n;
	return b;
}

int buckets_read(struct gomem *g, uint32_t numgc, struct buckets *out,
		 struct err *err)
{
	const struct layout *l = g->layout;
	struct pages *p = mem_zalloc(1, sizeof(*p));
	uint64_t addr = 0;
	bool ok = remote_word(&g->remote, g->at.mbuckets, &addr);

	*out = (struct buckets){.n = 0};
	while (ok && addr) {
		const uint8_t *body = NULL;
		struct head h;
		struct bucket *b;

		if (out->n == BUCKETS_MAX ||
		    out->npc > BUCKETS_PCS_MAX - BUCKETS_DEPTH_MAX) {
			out->truncated = true;
			break;
		}
		ok = read_head(g, p, addr, &h);
		if (ok)
			body = get(g, p, addr + (uint64_t)l->bucket_size,
				   h.nstk * 8 + (size_t)l->record_size);
		ok = body != NULL;
		if (!ok)
			break;
		b = add(out, body, h.nstk);
		b->size = h.size;
		add_record(l, body + h.nstk * 8, numgc, b);
		addr = h.next;
	}
	free(p);
	if (ok)
		return 0;
	buckets_release(out);
	if (attach_alive(g, err))
		return -1;
	return err_set(err, ERR_FORMAT,
		       "the heap profiler's records cannot be read");
}

void buckets_release(struct buckets *b)
{
	free(b->bucket);
	free(b->pc);
	*b = (struct buckets){.n = 0};
}
