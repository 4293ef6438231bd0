/*
 * netdoc.h - what sources share: documents out of what they got.
 */
#ifndef RESIDUE_SOURCE_NETDOC_H
#define RESIDUE_SOURCE_NETDOC_H

#include <residue/fetch/fetch.h>
#include <residue/model/pauses.h>
#include <residue/model/reading.h>

/* The body as a document; it is moved out of the result. */
struct doc *netdoc_body(enum doc_kind kind, struct fetch_result *res);
/* A copy of the ring as a document, or NULL when it is empty. */
struct doc *netdoc_pauses(const struct pause_ring *ring, int64_t t_ns);

#endif
