/* budget.c - what profiles cost the target, and how often that may be. */
#include "budget.h"

#include <string.h>

#define SHARE	   100 /* 1 % of the target's own */
#define NOISE	   4
#define UNKNOWN_NS INT64_C(60000000000)
#define SECOND	   INT64_C(1000000000)
#define MILLION	   INT64_C(1000000)

static const struct budget_slot *newest(const struct budget *b)
{
	return &b->slot[(b->end + BUDGET_SLOTS - 1) % BUDGET_SLOTS];
}

static const struct budget_slot *oldest(const struct budget *b)
{
	return &b->slot[(b->end + BUDGET_SLOTS - b->count) % BUDGET_SLOTS];
}

bool budget_wants(const struct budget *b, int64_t now_ns, int64_t alloc)
{
	return !b->count || now_ns - newest(b)->target.t_ns >= BUDGET_STEP_NS ||
	       (newest(b)->target.alloc < 0 && alloc >= 0);
}

static bool restarts(int64_t was, int64_t is)
{
	return is < was || (was < 0 && is >= 0);
}

void budget_observe(struct budget *b, const struct usage *now)
{
	const struct budget_slot *last = newest(b);

	if (b->count && (restarts(last->target.cpu_ns, now->cpu_ns) ||
			 restarts(last->target.alloc, now->alloc)))
		b->count = b->polled = 0;
	b->slot[b->end] =
		(struct budget_slot){*now, b->our_cpu_ns, b->our_bytes};
	b->end = (b->end + 1) % BUDGET_SLOTS;
	if (b->count < BUDGET_SLOTS)
		b->count++;
}

/* A second, of its own; -1: not known. */
static double own_rate(const struct budget *b, int64_t from, int64_t to,
		       int64_t ours)
{
	int64_t span = newest(b)->target.t_ns - oldest(b)->target.t_ns;
	int64_t own = to - from - ours;

	if (b->count < 2 || from < 0 || to < 0 || span <= 0)
		return -1;
	return own > 0 ? (double)own * (double)SECOND / (double)span : 0;
}

static double own_cpu(const struct budget *b)
{
	const struct budget_slot *a = oldest(b), *z = newest(b);

	return own_rate(b, a->target.cpu_ns, z->target.cpu_ns,
			z->our_cpu_ns - a->our_cpu_ns);
}

static double own_alloc(const struct budget *b)
{
	const struct budget_slot *a = oldest(b), *z = newest(b);

	if (z->target.alloc < 0 && b->profile_rate > 0)
		return b->profile_rate;
	return own_rate(b, a->target.alloc, z->target.alloc,
			z->our_bytes - a->our_bytes);
}

static int64_t mean(int64_t sum, unsigned n)
{
	return n ? sum / (int64_t)n : 0;
}

/* The time that it took stands for what cannot be seen: the handler runs on one
 * thread. */
static int64_t cpu_of_fetch(const struct budget *b)
{
	int64_t cpu = mean(b->cpu_sum_ns, b->cpu_fetches);

	if (!b->cpu_fetches)
		return mean(b->took_sum_ns, b->fetches);
	return cpu > 0 ? cpu : 0;
}

static int64_t bytes_of_fetch(const struct budget *b)
{
	int64_t bytes = mean(b->bytes_sum, b->bytes_fetches);

	if (!b->bytes_fetches)
		return BUDGET_BYTES;
	return bytes > 0 ? bytes : 0;
}

/* Requests of that cost. */
static int64_t at_a_time(const struct budget *b)
{
	return b->doubled ? 2 : 1;
}

void budget_profile(struct budget *b, int64_t t_ns, int64_t alloc)
{
	int64_t own =
		alloc - b->profile_alloc - at_a_time(b) * bytes_of_fetch(b);

	/* Between GCs a profile says nothing new. */
	if (b->profile_ns && alloc == b->profile_alloc)
		return;
	b->still = b->profile_ns && own <= 0 ? b->still + 1 : 0;
	b->profile_rate = b->profile_ns && own > 0 && t_ns > b->profile_ns
				  ? (double)own * (double)SECOND /
					    (double)(t_ns - b->profile_ns)
				  : 0;
	b->profile_ns = t_ns;
	b->profile_alloc = alloc;
}

void budget_fetched(struct budget *b, int64_t took_ns, int64_t cpu_ns)
{
	double own = own_cpu(b);

	b->fetches++;
	b->took_sum_ns += took_ns;
	if (cpu_ns >= 0) {
		b->cpu_fetches++;
		b->cpu_sum_ns += cpu_ns;
		if (own > 0)
			b->cpu_sum_ns -= (int64_t)(own * (double)took_ns /
						   (double)SECOND);
	}
	b->our_cpu_ns += at_a_time(b) * cpu_of_fetch(b);
	b->our_bytes += at_a_time(b) * bytes_of_fetch(b);
}

void budget_allocated(struct budget *b, int64_t bytes, int64_t over_ns)
{
	double own = own_alloc(b) * (double)over_ns / (double)SECOND;

	/* A fetch is not seen among much more than it. */
	if (own < 0 || own > NOISE * (double)BUDGET_BYTES)
		return;
	b->bytes_fetches++;
	b->bytes_sum += bytes - (int64_t)own;
}

/* What two polls in a row have seen a counter rise by: the serving of one, and
 * next to nothing of the target's own. The least that was seen counts. */
static void poll_cost(int64_t *cost, int64_t from, int64_t to)
{
	if (from >= 0 && to >= from && (!*cost || to - from < *cost))
		*cost = to - from;
}

void budget_polled(struct budget *b, const struct usage *now)
{
	if (b->polled && now->t_ns - b->poll.t_ns < BUDGET_PAIR_NS) {
		poll_cost(&b->poll_cpu_ns, b->poll.cpu_ns, now->cpu_ns);
		poll_cost(&b->poll_bytes, b->poll.alloc, now->alloc);
	}
	b->our_cpu_ns += b->poll_cpu_ns;
	b->our_bytes += b->poll_bytes;
	b->polled = true;
	b->poll = *now;
}

/* ns between fetches of that cost, so that they use 1 % of `rate` a second. */
static int64_t spaced(int64_t cost, double rate)
{
	double ns = (double)cost * SHARE * (double)SECOND;

	if (cost == 0)
		return 0;
	return rate > 0 && ns / rate < 1e18 ? (int64_t)(ns / rate) : INT64_MAX;
}

static int64_t ppm(int64_t cost, int64_t interval_ns, double rate)
{
	double share;

	if (rate < 0)
		return -1;
	share = (double)cost * (double)SECOND / (double)interval_ns;
	if (interval_ns == INT64_MAX)
		return 0;
	share = rate > 0 ? share / rate : share > 0 ? 1e6 : 0;
	/* A million times its own use says enough. */
	return share < 1e6 ? (int64_t)(share * (double)MILLION)
			   : MILLION * MILLION;
}

void budget_price(const struct budget *b, int64_t every_ns, bool unlimited,
		  struct budget_price *out)
{
	double cpu = own_cpu(b), alloc = own_alloc(b);
	int64_t least, by_bytes, cpu_ns, bytes;

	out->cpu_ns = cpu_of_fetch(b);
	out->bytes = bytes_of_fetch(b);
	out->bytes_measured = b->bytes_fetches > 0;
	cpu_ns = at_a_time(b) * out->cpu_ns;
	bytes = at_a_time(b) * out->bytes;
	least = spaced(cpu_ns, cpu < 0 ? (double)SECOND : cpu);
	by_bytes = alloc < 0 ? UNKNOWN_NS << (b->still < 12 ? b->still : 12)
			     : spaced(bytes, alloc);
	least = least > by_bytes ? least : by_bytes;
	least = least < BUDGET_MOST_NS ? least : INT64_MAX;
	out->interval_ns = unlimited || least < every_ns ? every_ns : least;
	out->cpu_ppm = ppm(cpu_ns, out->interval_ns, cpu);
	out->alloc_ppm = ppm(bytes, out->interval_ns, alloc);
}
