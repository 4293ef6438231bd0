/*
 * promtext.h - Go's runtime figures out of a Prometheus /metrics body.
 *
 * Reads the text exposition format 0.0.4: what client_golang's Go collector
 * exports (prometheus/client_golang: go_collector.go), by MemStats name or by
 * the runtime/metrics name it has since 1.12. Values are floats there: exact
 * up to 2^53 bytes.
 */
#ifndef RESIDUE_DECODE_PROMTEXT_H
#define RESIDUE_DECODE_PROMTEXT_H

#include <residue/base/err.h>
#include <residue/model/fields.h>

#include <stddef.h>

/* Set what the body has in *v; the rest of *v stays. A last line without its
 * newline may be cut and is not read. ERR_UNSUPPORTED: no Go metrics, or
 * those of more than one process; ERR_FORMAT: a value that is no number. */
int promtext_decode(const char *body, size_t n, struct values *v,
		    struct err *err) RESIDUE_CHECK;

#endif
