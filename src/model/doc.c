/* doc.c - reference-counted documents. */
#include <residue/model/doc.h>

#include <residue/base/mem.h>

#include <stdlib.h>

struct doc *doc_new(enum doc_kind kind, int64_t t_ns, void *data, size_t size,
		    void (*free_data)(void *data))
{
	struct doc *d = mem_alloc(sizeof(*d));

	*d = (struct doc){.kind = kind,
			  .t_ns = t_ns,
			  .data = data,
			  .size = size,
			  .free = free_data};
	atomic_init(&d->refs, 1);
	return d;
}

struct doc *doc_ref(struct doc *d)
{
	if (d)
		atomic_fetch_add_explicit(&d->refs, 1, memory_order_relaxed);
	return d;
}

void doc_unref(struct doc *d)
{
	if (!d ||
	    atomic_fetch_sub_explicit(&d->refs, 1, memory_order_acq_rel) != 1)
		return;
	d->free(d->data);
	free(d);
}

void doc_replace(struct doc **slot, struct doc *d)
{
	struct doc *old = *slot;

	*slot = doc_ref(d);
	doc_unref(old);
}
