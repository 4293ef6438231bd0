/*
 * budget.h - how often an endpoint may be asked for its heap profile; pure.
 *
 * Serving one costs the target CPU time and garbage. What the fetches so far
 * have cost is measured, and the next ones are spaced so that both stay within
 * 1 % of what the target itself uses:
 *
 *   interval >= cost / (1 % of the target's own rate)   for CPU and for bytes
 *
 * "Own" is what it used over the last five minutes less what our fetches did,
 * and our polls of its MemStats, whose bytes are measured too: two in a row. A
 * process that does next to nothing is never asked unless by a key: what would
 * be rarer than once a day is not asked for at all. Where a rate cannot be
 * read, a core stands for the CPU; for the bytes a minute is the least, and
 * twice as long each time that profiles show nothing but what they cost.
 */
#ifndef RESIDUE_SAMPLER_BUDGET_H
#define RESIDUE_SAMPLER_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

/* The target's counters at one moment. */
struct usage {
	int64_t t_ns;	/* CLOCK_BOOTTIME */
	int64_t cpu_ns; /* CPU time used since the start; -1: not known */
	int64_t alloc;	/* bytes allocated since the start; -1: not known */
};

#define BUDGET_STEP_NS INT64_C(10000000000) /* between slots */
#define BUDGET_SLOTS   31		    /* five minutes */
/* Rarer than this is never. */
#define BUDGET_MOST_NS INT64_C(86400000000000)
/* A fetch whose bytes were never measured: 2 to 6 MB were, of real servers. */
#define BUDGET_BYTES (INT64_C(6) << 20)

/* Plain memory; all zero is ready. */
struct budget {
	bool doubled; /* with each profile a text is asked for that costs as
		       * much again (heap?debug=1) */
	/* The target's counters, and at the same moments what ours were. */
	struct budget_slot {
		struct usage target;
		int64_t our_cpu_ns, our_bytes;
	} slot[BUDGET_SLOTS];
	unsigned end, count;
	int64_t our_cpu_ns, our_bytes; /* by all fetches so far */
	unsigned fetches, cpu_fetches, bytes_fetches; /* measured so far */
	int64_t took_sum_ns, cpu_sum_ns, bytes_sum;
	/* The newest profile's alloc_space, and a rate made of the last two. */
	int64_t profile_ns, profile_alloc;
	double profile_rate; /* bytes a second; 0: not known */
	unsigned still;	     /* profiles in a row that showed no rate */
	/* The counters as of the newest poll, and what one adds to them; 0: not
	 * known yet. */
	bool polled;
	struct usage poll;
	int64_t poll_cpu_ns, poll_bytes;
};

/* It is time to observe: BUDGET_STEP_NS have passed, or TotalAlloc, `alloc`,
 * was not known before. */
bool budget_wants(const struct budget *b, int64_t now_ns, int64_t alloc);
/* Where things stand. Counters that fall are
 * another program's, and one that comes or goes has no past: all before is
 * forgotten. */
void budget_observe(struct budget *b, const struct usage *now);
/* alloc_space of a profile: what there is to go by where MemStats are not
 * polled. */
void budget_profile(struct budget *b, int64_t t_ns, int64_t alloc);
/* A fetch took so long, and the target's CPU time rose by so much meanwhile;
 * -1: not known, the time it took stands for it. */
void budget_fetched(struct budget *b, int64_t took_ns, int64_t cpu_ns);
/* Within `over_ns`, in which that fetch lay, so much was allocated. Says
 * nothing as long as the target's own rate is not known, or when it allocated
 * so much by itself that a fetch is lost among it. */
void budget_allocated(struct budget *b, int64_t bytes, int64_t over_ns);

/* MemStats were polled, and things stood so. A second poll within
 * BUDGET_PAIR_NS of the first tells what one costs. */
#define BUDGET_PAIR_NS INT64_C(50000000)
void budget_polled(struct budget *b, const struct usage *now);

struct budget_price {
	int64_t cpu_ns; /* of a fetch, mean */
	int64_t bytes;	/* the same; a guess unless: */
	bool bytes_measured;
	int64_t interval_ns; /* from one fetch to the next; INT64_MAX: never */
	/* What that makes of the target's own use, millionths; -1: its own use
	 * is not known. */
	int64_t cpu_ppm, alloc_ppm;
};

/* With fetches `every_ns` apart at least; `unlimited`: the user said so, they
 * are just that. */
void budget_price(const struct budget *b, int64_t every_ns, bool unlimited,
		  struct budget_price *out);

#endif
