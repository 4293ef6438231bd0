/*
 * pprof.c - the heap profile: what the last GC found live, sampled. 2 to 23 ms
 * and 2 to 6 MB of garbage in the target for each fetch, so the net lane asks
 * only when a GC has run since (sampler/net.h).
 */
#include <residue/source/source.h>

#include <residue/decode/profile.h>

#include "netdoc.h"

static void free_profile(void *p)
{
	profile_free(p);
}

static void take_total(struct values *v, enum field field,
		       const struct profile *p, const char *type)
{
	int i = profile_find_type(p, type);

	if (i >= 0)
		values_set(v, field, p->type[i].total);
}

static int decode(struct fetch_result *res, struct reading *out,
		  struct err *err)
{
	struct profile *p;
	int64_t band;

	if (profile_decode(res->body.data ? res->body.data : "", res->body.len,
			   &p, err))
		return err_prefix(err, "heap profile");
	take_total(&out->values, FIELD_PPROF_INUSE, p, "inuse_space");
	take_total(&out->values, FIELD_PPROF_OBJECTS, p, "inuse_objects");
	take_total(&out->values, FIELD_PPROF_ALLOC, p, "alloc_space");
	take_total(&out->values, FIELD_PPROF_ALLOC_OBJECTS, p,
		   "alloc_objects");
	band = profile_error_bytes(p);
	if (band >= 0)
		values_set(&out->values, FIELD_PPROF_ERROR, band);
	out->docs[0] = doc_new(DOC_PROFILE, out->end_ns, p, p->memory,
			       free_profile);
	out->docs[1] = netdoc_body(DOC_RAW, res);
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
