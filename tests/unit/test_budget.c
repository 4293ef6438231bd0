/* test_budget.c - how often a profile may be fetched, for what it costs. */
#include <sampler/budget.h>

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define MS    INT64_C(1000000)
#define S     (1000 * MS)
#define MIB   (INT64_C(1) << 20)
#define EVERY (15 * S)

/* So many seconds of a target that uses that much a second. */
static void runs(struct budget *b, int64_t seconds, int64_t cpu, int64_t alloc)
{
	static struct usage now;

	if (!b->count)
		now = (struct usage){.t_ns = 1000 * S,
				     .cpu_ns = cpu < 0 ? -1 : 7 * S,
				     .alloc = alloc < 0 ? -1 : 99 * MIB};
	for (int64_t i = 0; i <= seconds; i++) {
		if (budget_wants(b, now.t_ns, now.alloc))
			budget_observe(b, &now);
		if (i == seconds)
			break;
		now.t_ns += S;
		now.cpu_ns += cpu < 0 ? 0 : cpu;
		now.alloc += alloc < 0 ? 0 : alloc;
	}
}

static struct budget_price priced(const struct budget *b)
{
	struct budget_price p;

	budget_price(b, EVERY, false, &p);
	return p;
}

static void close_to(int64_t got, int64_t want)
{
	assert_in_range(got, want - want / 50, want + want / 50);
}

/* 50 ms of CPU and 1 MiB a fetch, at half a core and 10 MiB/s: every 15 s costs
 * 0.7 %, as it may. */
static void test_busy(void **state)
{
	struct budget b = {0};
	struct budget_price p;

	(void)state;
	runs(&b, 60, 500 * MS, 10 * MIB);
	budget_fetched(&b, 50 * MS, 75 * MS); /* 25 are its own */
	budget_allocated(&b, 21 * MIB, 2 * S);
	p = priced(&b);
	close_to(p.cpu_ns, 50 * MS);
	close_to(p.bytes, MIB);
	assert_true(p.bytes_measured);
	assert_int_equal(p.interval_ns, EVERY);
	close_to(p.cpu_ppm, 6667);
	close_to(p.alloc_ppm, 6667);
}

/* The scarcer of the two decides: what it costs is 1 % then. */
static void test_scarce(void **state)
{
	struct budget b = {0}, c = {0};
	struct budget_price p;

	(void)state;
	runs(&b, 60, 50 * MS, 400 * MIB);
	budget_fetched(&b, 20 * MS, 21 * MS);
	/* Lost among its own: the guess stays. */
	budget_allocated(&b, 404 * MIB, S);
	p = priced(&b);
	assert_false(p.bytes_measured);
	close_to(p.alloc_ppm, 375);
	close_to(p.cpu_ns, 20 * MS);
	close_to(p.interval_ns, 40 * S);
	close_to(p.cpu_ppm, 10000);
	runs(&c, 60, 500 * MS, 4 * MIB);
	budget_fetched(&c, 20 * MS, 30 * MS);
	budget_allocated(&c, 8 * MIB, S);
	p = priced(&c);
	close_to(p.interval_ns, 100 * S);
	close_to(p.alloc_ppm, 10000);
}

/* What is idle is asked the less often, and not at all where once a day would
 * be too often. */
static void test_idle(void **state)
{
	struct budget b = {0}, c = {0};

	(void)state;
	runs(&b, 60, MS / 10, MIB);
	budget_fetched(&b, 10 * MS, 10 * MS);
	close_to(priced(&b).interval_ns, 10000 * S);
	close_to(priced(&b).cpu_ppm, 10000);
	assert_true(priced(&b).alloc_ppm < 10000);
	runs(&c, 60, 0, 0);
	assert_int_equal(priced(&c).interval_ns, INT64_MAX);
	budget_fetched(&c, 10 * MS, 10 * MS);
	assert_int_equal(priced(&c).interval_ns, INT64_MAX);
	assert_int_equal(priced(&c).cpu_ppm, 0);
	assert_int_equal(priced(&c).alloc_ppm, 0);
	/* It wakes up: five minutes later all is as ever. */
	runs(&c, 400, 500 * MS, 100 * MIB);
	assert_int_equal(priced(&c).interval_ns, EVERY);
}

/* Polls every second are ours as well: what one costs is seen by two in a row,
 * here 3 MiB and 4 ms of the 4 MiB and 10 ms of a second. */
static void test_polls(void **state)
{
	struct usage now = {.t_ns = 1000 * S, .cpu_ns = S, .alloc = 7 * MIB};
	struct budget b = {0};

	(void)state;
	for (int i = 0; i < 120; i++) {
		if (budget_wants(&b, now.t_ns, now.alloc))
			budget_observe(&b, &now);
		budget_polled(&b, &now);
		/* The second pair has something of its own between: no matter. */
		for (int k = 0; i < 2 && k < 1; k++) {
			now.t_ns += 5 * MS;
			now.cpu_ns += 4 * MS + i * 3 * MS;
			now.alloc += 3 * MIB + i * 9 * MIB;
			budget_polled(&b, &now);
		}
		now.t_ns += S;
		now.cpu_ns += 10 * MS;
		now.alloc += 4 * MIB;
	}
	budget_fetched(&b, MS, 8 * MS);
	assert_in_range(priced(&b).cpu_ns, 7 * MS, 8 * MS);
	budget_allocated(&b, 5 * MIB, S);
	assert_in_range(priced(&b).bytes, 4 * MIB - MIB / 4, 4 * MIB);
	assert_in_range(priced(&b).interval_ns, 300 * S, 410 * S);
}

/* Our own fetches do not make room for more of them. */
static void test_own_use(void **state)
{
	struct budget b = {0};

	(void)state;
	for (int i = 0; i < 20; i++) {
		runs(&b, 20, 110 * MS, 10 * MIB);
		budget_fetched(&b, 200 * MS, 200 * MS + 20 * MS);
		budget_allocated(&b, 6 * MIB + 10 * MIB, S);
	}
	/* 2 s of its 2.2 in 20 are ours: 10 ms a second are its own. */
	assert_true(priced(&b).cpu_ppm >= 10000);
	assert_true(priced(&b).interval_ns >= 100 * S);
}

/* A URL alone: a core for the CPU; bytes by the profiles themselves. */
static void test_unknown(void **state)
{
	struct budget b = {0};
	struct budget_price p;

	(void)state;
	runs(&b, 60, -1, -1);
	budget_fetched(&b, 900 * MS, -1);
	budget_profile(&b, 2000 * S, 1000 * MIB);
	p = priced(&b);
	assert_int_equal(p.bytes, BUDGET_BYTES);
	assert_false(p.bytes_measured);
	assert_int_equal(p.cpu_ppm, -1);
	assert_int_equal(p.alloc_ppm, -1);
	close_to(p.interval_ns, 90 * S);
	/* No GC since: nothing new. */
	budget_profile(&b, 2010 * S, 1000 * MIB);
	assert_int_equal(priced(&b).alloc_ppm, -1);
	budget_profile(&b, 2100 * S, 1000 * MIB + BUDGET_BYTES + 500 * MIB);
	close_to(priced(&b).interval_ns, 120 * S);
	/* Nothing but what the fetches themselves leave: rarer and rarer. */
	budget_profile(&b, 2200 * S, 1000 * MIB + 2 * BUDGET_BYTES + 500 * MIB);
	close_to(priced(&b).interval_ns, 120 * S);
	budget_profile(&b, 2300 * S, 1000 * MIB + 3 * BUDGET_BYTES + 500 * MIB);
	close_to(priced(&b).interval_ns, 240 * S);
}

/* Counters that fall, come or go: its past is not the new one's. */
static void test_restarts(void **state)
{
	struct budget b = {0};
	struct usage now = {.t_ns = 5000 * S, .cpu_ns = 1, .alloc = 1};

	(void)state;
	runs(&b, 60, 500 * MS, 400 * MIB);
	budget_fetched(&b, 50 * MS, 75 * MS);
	assert_true(priced(&b).cpu_ppm >= 0);
	budget_observe(&b, &now);
	assert_int_equal(priced(&b).cpu_ppm, -1);
	assert_int_equal(b.count, 1);
	now.alloc = -1;
	budget_observe(&b, &now);
	assert_int_equal(b.count, 1);
	assert_false(budget_wants(&b, now.t_ns + S, -1));
	assert_true(budget_wants(&b, now.t_ns + S, 5));
	now.alloc = 5;
	budget_observe(&b, &now);
	assert_int_equal(b.count, 1);
}

/* Asked for by the user: as often as that, and what it costs is said. */
static void test_unlimited(void **state)
{
	struct budget b = {0};
	struct budget_price p;

	(void)state;
	runs(&b, 60, 10 * MS, MIB);
	budget_fetched(&b, 10 * MS, 10 * MS);
	budget_allocated(&b, 5 * MIB, S);
	budget_price(&b, S, true, &p);
	assert_int_equal(p.interval_ns, S);
	close_to(p.cpu_ppm, 990000);
	assert_true(p.alloc_ppm > 3900000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_busy),
		cmocka_unit_test(test_scarce),
		cmocka_unit_test(test_idle),
		cmocka_unit_test(test_polls),
		cmocka_unit_test(test_own_use),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_restarts),
		cmocka_unit_test(test_unlimited),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
