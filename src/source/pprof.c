/*
 * pprof.c - the heap profile: what the last GC found live, sampled. 2 to 23 ms
 * and 2 to 6 MB of garbage in the target for each fetch, so the net lane asks
 * only when a GC has run since (sampler/net.h).
 */
#include <residue/source/source.h>

#include <residue/decode/profile_reading.h>

static int decode(struct fetch_result *res, struct reading *out,
		  struct err *err)
{
	if (profile_reading(&res->body, out, err))
		return err_prefix(err, "heap profile");
	return 0;
}

const struct source source_pprof = {
	.name = "heap profile",
	.origin = ORIGIN_PPROF,
	.lane = LANE_NET,
	.by = READ_PPROF,
	.path = "/debug/pprof/heap",
	.body_max = 64u << 20,
	.decode = decode,
};
