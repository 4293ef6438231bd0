/* profile_reading.c - a heap profile's bytes as figures and documents. */
#include <residue/decode/profile_reading.h>

#include <residue/decode/profile.h>
#include <residue/model/sites.h>

#include <stdlib.h>

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

int profile_reading(struct buf *bytes, struct reading *out, struct err *err)
{
	struct profile *p;
	int64_t band;

	if (profile_decode(bytes->data ? bytes->data : "", bytes->len, &p, err))
		return -1;
	take_total(&out->values, FIELD_PPROF_INUSE, p, "inuse_space");
	take_total(&out->values, FIELD_PPROF_OBJECTS, p, "inuse_objects");
	take_total(&out->values, FIELD_PPROF_ALLOC, p, "alloc_space");
	take_total(&out->values, FIELD_PPROF_ALLOC_OBJECTS, p, "alloc_objects");
	band = profile_error_bytes(p);
	if (band >= 0)
		values_set(&out->values, FIELD_PPROF_ERROR, band);
	out->docs[0] =
		doc_new(DOC_PROFILE, out->end_ns, p, p->memory, free_profile);
	out->docs[1] =
		doc_new(DOC_RAW, out->end_ns, bytes->data, bytes->len, free);
	buf_init(bytes, bytes->cap);
	out->docs[2] = site_column_new(p, out->end_ns);
	return 0;
}
