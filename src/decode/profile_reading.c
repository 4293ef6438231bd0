/* profile_reading.c - a heap profile's bytes as figures and documents. */
#include <residue/decode/profile_reading.h>

#include <residue/decode/profile.h>
#include <residue/model/sites.h>

#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

/*
 * Profiles of all targets are under one limit, with the bytes that they came
 * as: a new one is decoded while the one before it is still shown. `held` is
 * what those that live take, whoever holds them.
 */
static atomic_size_t held;
/* One at a time: what one takes the next is to know. */
static pthread_mutex_t taking = PTHREAD_MUTEX_INITIALIZER;

static void free_profile(void *p)
{
	atomic_fetch_sub(&held, ((struct profile *)p)->memory);
	profile_free(p);
}

static void free_bytes(void *p)
{
	atomic_fetch_sub(&held, malloc_usable_size(p));
	free(p);
}

static struct doc *profile_doc(struct profile *take_p, int64_t t_ns)
{
	atomic_fetch_add(&held, take_p->memory);
	return doc_new(DOC_PROFILE, t_ns, take_p, take_p->memory, free_profile);
}

/* Moves the bytes out of the buffer, and gives back the rest of its room. */
static struct doc *bytes_doc(struct buf *bytes, int64_t t_ns)
{
	char *data = realloc(bytes->data, bytes->len);
	size_t n = bytes->len;

	data = data ? data : bytes->data;
	buf_init(bytes, bytes->cap);
	atomic_fetch_add(&held, malloc_usable_size(data));
	return doc_new(DOC_RAW, t_ns, data, n, free_bytes);
}

/* What answers there may be another kind of profile: its totals are not the
 * heap's. */
static int check_heap(const struct profile *p, struct err *err)
{
	char names[120];
	size_t used = 0;

	if (profile_find_type(p, "inuse_space") >= 0)
		return 0;
	for (unsigned i = 0; i < p->n_types && used < sizeof(names); i++)
		used += (size_t)snprintf(names + used, sizeof(names) - used,
					 "%s%s", i ? ", " : "",
					 p->type[i].name);
	return err_set(err, ERR_FORMAT,
		       "a profile, but not of a heap: it has %s, and no "
		       "inuse_space",
		       names);
}

static int decode(const struct buf *bytes, struct profile **out,
		  struct err *err)
{
	if (profile_decode_beside(bytes->data ? bytes->data : "", bytes->len,
				  atomic_load(&held) + bytes->len, out, err))
		return -1;
	if (check_heap(*out, err) == 0)
		return 0;
	profile_free(*out);
	return -1;
}

static void take_total(struct values *v, enum field field,
		       const struct profile *p, const char *type)
{
	int i = profile_find_type(p, type);

	if (i >= 0)
		values_set(v, field, p->type[i].total);
}

static int take(struct buf *bytes, struct reading *out, struct err *err)
{
	struct profile *p;
	int64_t band;

	if (decode(bytes, &p, err))
		return -1;
	take_total(&out->values, FIELD_PPROF_INUSE, p, "inuse_space");
	take_total(&out->values, FIELD_PPROF_OBJECTS, p, "inuse_objects");
	take_total(&out->values, FIELD_PPROF_ALLOC, p, "alloc_space");
	take_total(&out->values, FIELD_PPROF_ALLOC_OBJECTS, p, "alloc_objects");
	band = profile_error_bytes(p);
	if (band >= 0)
		values_set(&out->values, FIELD_PPROF_ERROR, band);
	out->docs[2] = site_column_new(p, out->end_ns);
	out->docs[0] = profile_doc(p, out->end_ns);
	out->docs[1] = bytes_doc(bytes, out->end_ns);
	return 0;
}

int profile_reading(struct buf *bytes, struct reading *out, struct err *err)
{
	int rc;

	pthread_mutex_lock(&taking);
	rc = take(bytes, out, err);
	pthread_mutex_unlock(&taking);
	return rc;
}
