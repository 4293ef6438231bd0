/*
 * meter.h - measures what fetching heap profiles costs one target (budget.h
 * says what follows from it).
 *
 * CPU: the process's clock around a fetch, less what the target uses by itself;
 * of an endpoint without a process the time that the fetch
 * took. Bytes: TotalAlloc of the runtime's figures from before and after it,
 * less the same. For the net lane's thread.
 */
#ifndef RESIDUE_SAMPLER_METER_H
#define RESIDUE_SAMPLER_METER_H

#include "budget.h"
#include "store.h"

#include <residue/proc/procfs.h>

/* All zero is ready. */
struct meter {
	struct budget budget;
	int64_t cpu_before_ns;	 /* -1: not known */
	int64_t alloc_before;	 /* the same */
	int64_t alloc_before_ns; /* when that was read */
	/* The fetch has ended, its bytes are not yet known; 0: none */
	int64_t await_ns;
};

/* Now and then: counts go on. True: a slot was begun, so that the price may be
 * another. */
bool meter_look(struct meter *m, struct store *s, const struct procfs *fs,
		struct target *t, int64_t now_ns);
/* A reading of MemStats from the endpoint. */
void meter_polled(struct meter *m, const struct procfs *fs, struct target *t,
		  const struct reading *r);
/* Around a fetch that comes to something, whose reading is `r`. */
void meter_begin(struct meter *m, struct store *s, const struct procfs *fs,
		 struct target *t);
void meter_end(struct meter *m, const struct procfs *fs, struct target *t,
	       const struct reading *r);
/* What fetches cost, FIELD_PPROF_CPU and its like, in a reading of
 * ORIGIN_BUDGET; nothing of how often where `every_ns` is 0. False: none was
 * fetched yet. */
bool meter_price(const struct meter *m, int64_t every_ns, bool unlimited,
		 struct reading *out);

#endif
