/*
 * netdoc.h - what sources share: documents out of what they got.
 */
#ifndef RESIDUE_SOURCE_NETDOC_H
#define RESIDUE_SOURCE_NETDOC_H

#include <residue/base/buf.h>
#include <residue/fetch/fetch.h>
#include <residue/model/pauses.h>
#include <residue/model/reading.h>

/* The body as a document; it is moved out of the result. */
struct doc *netdoc_body(enum doc_kind kind, struct fetch_result *res);
/* A copy of the ring as a document, or NULL when it is empty. */
struct doc *netdoc_pauses(const struct pause_ring *ring, int64_t t_ns);
/* Figures and documents of a heap profile's bytes, which are moved out. As of
 * out->end_ns. Errors as profile_decode's; *out is then as it was. */
int profile_reading(struct buf *bytes, struct reading *out,
		    struct err *err) RESIDUE_CHECK;

#endif
