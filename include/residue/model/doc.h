/*
 * doc.h - documents of the stream: immutable, reference-counted, bounded.
 *
 * A document is what does not fit a number: the pause ring, a decoded profile
 * and its bytes as received, a smaps listing. Many threads may hold one; the
 * last doc_unref frees it. Nobody changes one after doc_new returned.
 */
#ifndef RESIDUE_MODEL_DOC_H
#define RESIDUE_MODEL_DOC_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

enum doc_kind {
	DOC_PAUSES,   /* struct pause_ring */
	DOC_PROFILE,  /* struct profile: totals and the function table */
	DOC_RAW,      /* heap profile bytes exactly as received */
	DOC_MEMSTATS, /* the reply MemStats were decoded from, as received */
	DOC_SITES,    /* struct site_column: what the largest sites held */
	DOC_BY_SIZE,  /* struct by_size */
	DOC_COUNT
};

struct doc {
	atomic_int refs;
	enum doc_kind kind;
	int64_t t_ns; /* CLOCK_BOOTTIME: when it was true */
	void *data;   /* what `kind` says, const for all */
	size_t size;  /* bytes of data, for DOC_RAW and DOC_MEMSTATS */
	void (*free)(void *data);
};

/* One reference, the caller's. Takes `data`; `free_data` frees it. */
struct doc *doc_new(enum doc_kind kind, int64_t t_ns, void *data, size_t size,
		    void (*free_data)(void *data));
struct doc *doc_ref(struct doc *d); /* NULL is passed through */
void doc_unref(struct doc *d);	    /* NULL is fine */
/* Put `d` (a new reference is taken) into *slot, dropping what was there. */
void doc_replace(struct doc **slot, struct doc *d);

#endif
