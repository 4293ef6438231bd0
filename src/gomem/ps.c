/*
 * ps.c - runtime.allp: the Ps, as many as GOMAXPROCS says (there is no limit
 * since Go 1.10).
 */
#include "target.h"

#include <residue/base/mem.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool ps_load(struct gomem *g)
{
	uint64_t h[3];

	g->nps = 0;
	g->ps_header[1] = 0; /* no slice that is read has this */
	if (!remote_read(&g->remote, g->at.allp, h, sizeof(h)) || h[1] == 0 ||
	    h[1] > h[2] || h[1] > PS_MAX)
		return false;
	if (h[1] > g->ps_room) {
		g->ps_room = (unsigned)h[1];
		g->ps = mem_realloc(g->ps, g->ps_room, sizeof(*g->ps));
		g->p_free =
			mem_realloc(g->p_free, g->ps_room, sizeof(*g->p_free));
	}
	if (!remote_read(&g->remote, h[0], g->ps, h[1] * 8))
		return false;
	memcpy(g->ps_header, h, sizeof(h));
	g->nps = (unsigned)h[1];
	return true;
}

int ps_field(struct gomem *g, int32_t off, void *to, size_t size, size_t stride)
{
	struct remote_piece piece[REMOTE_PIECES];
	uint8_t *next = to;

	for (unsigned i = 0; i < g->nps;) {
		unsigned n = 0;
		int sysno;

		for (; n < REMOTE_PIECES && i < g->nps; next += stride)
			piece[n++] = (struct remote_piece){
				g->ps[i++] + (uint64_t)off, next, size};
		sysno = remote_readv(&g->remote, piece, n);
		if (sysno)
			return sysno;
	}
	return 0;
}

#define CLASS_STEP 9 /* every ninth span class is looked at */
#define CLASSES	   ((SPAN_CLASSES + CLASS_STEP - 1) / CLASS_STEP)

/* Which span a class has must be a span of that class, or of none. */
static bool mcache_check(struct gomem *g, uint64_t mcache)
{
	const struct layout *l = g->layout;
	uint64_t span[SPAN_CLASSES], elemsize[CLASSES];
	struct remote_piece piece[2 * CLASSES];
	uint8_t class[CLASSES];

	if (!remote_read(&g->remote, mcache + (uint64_t)l->mcache_alloc, span,
			 sizeof(span)))
		return false;
	for (unsigned i = 0; i < CLASSES; i++) {
		uint64_t at = span[i * CLASS_STEP];

		piece[2 * i] = (struct remote_piece){
			at + (uint64_t)l->mspan_elemsize, &elemsize[i], 8};
		piece[2 * i + 1] = (struct remote_piece){
			at + (uint64_t)l->mspan_spanclass, &class[i], 1};
	}
	if (remote_readv(&g->remote, piece, 2 * CLASSES))
		return false;
	for (unsigned i = 0; i < CLASSES; i++)
		if (elemsize[i] && class[i] != i * CLASS_STEP)
			return false;
	return true;
}

struct p_state {
	uint32_t id, status;
	uint64_t mcache;
};

#define CACHES 32 /* of so many Ps what is in the cache is checked */

static bool ps_are_sound(struct gomem *g, struct p_state *p)
{
	unsigned step = (g->nps + CACHES - 1) / CACHES;
	bool has_cache = false;

	for (unsigned i = 0; i < g->nps; i++) {
		if (p[i].id != i || p[i].status > 5)
			return false;
		if (p[i].mcache && i % step == 0 &&
		    !mcache_check(g, p[i].mcache))
			return false;
		has_cache |= p[i].mcache != 0;
	}
	return has_cache;
}

bool ps_check(struct gomem *g, uint64_t addr)
{
	const struct layout *l = g->layout;
	struct p_state *p;
	bool ok;

	g->at.allp = addr;
	if (locate_spent(g) || !ps_load(g)) {
		g->at.allp = 0;
		return false;
	}
	p = mem_alloc(g->nps * sizeof(*p));
	ok = ps_field(g, l->p_id, &p->id, 4, sizeof(*p)) == 0 &&
	     ps_field(g, l->p_status, &p->status, 4, sizeof(*p)) == 0 &&
	     ps_field(g, l->p_mcache, &p->mcache, 8, sizeof(*p)) == 0 &&
	     ps_are_sound(g, p);
	free(p);
	if (!ok)
		g->at.allp = 0;
	return ok;
}
