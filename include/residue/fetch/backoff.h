/*
 * backoff.h - when to try a failing endpoint again; pure.
 *
 * The pause doubles with each failure, up to a minute, and is spread by a
 * quarter either way, so that many targets behind one dead host do not come
 * back at once.
 */
#ifndef RESIDUE_FETCH_BACKOFF_H
#define RESIDUE_FETCH_BACKOFF_H

#include <residue/base/clock.h>

#include <stdint.h>

#define BACKOFF_MAX_NS (60 * NS_PER_SEC)

struct backoff {
	unsigned failures; /* in a row */
	uint64_t random;   /* state; any seed but 0 */
};

void backoff_init(struct backoff *b, uint64_t seed);
void backoff_success(struct backoff *b);
/* Pause in ns until the next try, for what is polled every `period_ns`: never
 * less than three quarters of the period, never more than 1.25 minutes
 * (or the period, when that is longer). */
int64_t backoff_failure(struct backoff *b, int64_t period_ns);

#endif
