/*
 * debug1.c - MemStats from the end of heap?debug=1: the last resort, read once,
 * for the text costs the target 1 to 29 ms and up to 2 MB of garbage and may be
 * 300 MB long.
 */
#include <residue/source/source.h>

#include <residue/decode/debug1.h>

#include "netdoc.h"

static int decode(struct fetch_result *res, struct reading *out,
		  struct err *err)
{
	struct pause_ring ring = {0};

	if (debug1_decode(res->body.data ? res->body.data : "", res->body.len,
			  &out->values, &ring, err))
		return -1;
	out->docs[0] = netdoc_pauses(&ring, out->end_ns);
	out->docs[1] = netdoc_body(DOC_MEMSTATS, res);
	return 0;
}

const struct source source_debug1 = {
	.name = "heap?debug=1",
	.origin = ORIGIN_RUNTIME,
	.lane = LANE_NET,
	.by = READ_PPROF,
	.path = "/debug/pprof/heap?debug=1",
	.body_max = 512u << 20,
	.tail = DEBUG1_TAIL,
	.decode = decode,
};
