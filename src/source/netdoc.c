/* netdoc.c - fetched bodies and pause rings as documents. */
#include "netdoc.h"

#include <residue/base/mem.h>

#include <stdlib.h>
#include <string.h>

struct doc *netdoc_body(enum doc_kind kind, struct fetch_result *res)
{
	struct doc *d =
		doc_new(kind, res->end_ns, res->body.data, res->body.len, free);

	buf_init(&res->body, res->body.cap);
	return d;
}

struct doc *netdoc_pauses(const struct pause_ring *ring, int64_t t_ns)
{
	struct pause_ring *copy;

	if (!ring->num_gc)
		return NULL;
	copy = mem_alloc(sizeof(*copy));
	memcpy(copy, ring, sizeof(*copy));
	return doc_new(DOC_PAUSES, t_ns, copy, sizeof(*copy), free);
}
