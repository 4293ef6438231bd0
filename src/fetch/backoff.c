/* backoff.c - pauses between tries of what fails. */
#include <residue/fetch/backoff.h>

void backoff_init(struct backoff *b, uint64_t seed)
{
	b->failures = 0;
	b->random = seed ? seed : 1;
}

void backoff_success(struct backoff *b)
{
	b->failures = 0;
}

/* xorshift64 (Marsaglia 2003): spreads, need not be secret. */
static uint64_t next_random(uint64_t *state)
{
	uint64_t x = *state;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return *state = x;
}

int64_t backoff_failure(struct backoff *b, int64_t period_ns)
{
	int64_t pause = period_ns > 0 ? period_ns : 1, quarter;

	for (unsigned i = 0; i < b->failures && pause < BACKOFF_MAX_NS; i++)
		pause *= 2;
	if (pause > BACKOFF_MAX_NS)
		pause = period_ns > BACKOFF_MAX_NS ? period_ns : BACKOFF_MAX_NS;
	if (b->failures < 64)
		b->failures++;
	if (period_ns > BACKOFF_MAX_NS)
		return pause;
	quarter = pause / 4;
	return pause - quarter +
	       (int64_t)(next_random(&b->random) % (uint64_t)(2 * quarter + 1));
}
