/* metrics.c - MemStats from a Prometheus /metrics page: 0.1 to 5 ms and 150 to
 * 470 KB of garbage in the target for each poll. */
#include <residue/source/source.h>

#include <residue/base/clock.h>
#include <residue/decode/promtext.h>

#include "netdoc.h"

static int decode(struct fetch_result *res, struct reading *out,
		  struct err *err)
{
	if (promtext_decode(res->body.data ? res->body.data : "", res->body.len,
			    &out->values, err))
		return -1;
	out->docs[0] = netdoc_body(DOC_MEMSTATS, res);
	return 0;
}

const struct source source_metrics = {
	.name = "/metrics",
	.origin = ORIGIN_RUNTIME,
	.lane = LANE_NET,
	.by = READ_METRICS,
	.path = "/metrics",
	.body_max = 32u << 20,
	.period_ns = NS_PER_SEC,
	.decode = decode,
};
