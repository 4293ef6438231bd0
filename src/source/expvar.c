/*
 * expvar.c - MemStats from /debug/vars: 0.2 ms, 24 to 88 KB of garbage and one
 * stop of 60 to 95 us in the target for each poll.
 */
#include <residue/source/source.h>

#include <residue/base/clock.h>
#include <residue/decode/expvar.h>

#include "netdoc.h"

static int decode(struct fetch_result *res, struct reading *out,
		  struct err *err)
{
	struct pause_ring ring = {0};

	if (expvar_decode(res->body.data ? res->body.data : "", res->body.len,
			  &out->values, &ring, err))
		return -1;
	out->docs[0] = netdoc_pauses(&ring, out->end_ns);
	out->docs[1] = netdoc_body(DOC_MEMSTATS, res);
	return 0;
}

const struct source source_expvar = {
	.name = "/debug/vars",
	.origin = ORIGIN_RUNTIME,
	.lane = LANE_NET,
	.by = READ_EXPVAR,
	.path = "/debug/vars",
	.body_max = 16u << 20,
	.period_ns = NS_PER_SEC,
	.decode = decode,
};
