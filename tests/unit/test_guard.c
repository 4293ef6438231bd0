/* Work that is held somewhere is begun anew past it, and nothing of it is lost. */
#include "../src/sampler/guard.h"

#include <residue/base/clock.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define PATIENCE (20 * NS_PER_MS)

/* Passes places 1 to 3; at `holds` it reads from a pipe that is empty. */
struct walk {
	int pipe[2];
	uint64_t holds;
	unsigned passed; /* bits of places */
	atomic_bool *dropped;
};

static void walk(void *state, struct guard_work *w)
{
	struct walk *s = state;
	char c;

	for (uint64_t place = 1; place <= 3; place++) {
		if (!guard_enter(w, place))
			continue;
		if (place == s->holds)
			assert_int_equal(read(s->pipe[0], &c, 1), 1);
		s->passed |= 1u << place;
	}
}

static void drop(void *state)
{
	struct walk *s = state;

	close(s->pipe[0]);
	atomic_store(s->dropped, true);
	free(s);
}

static struct walk *walk_new(uint64_t holds, atomic_bool *dropped)
{
	struct walk *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	s->holds = holds;
	s->dropped = dropped;
	assert_int_equal(pipe(s->pipe), 0);
	return s;
}

static void until(atomic_bool *flag)
{
	const struct timespec pause = {0, NS_PER_MS};

	while (!atomic_load(flag))
		nanosleep(&pause, NULL);
}

static void nothing_holds(void **state)
{
	atomic_uint lost = 0;
	atomic_bool dropped = false;
	struct walk *s = walk_new(0, &dropped);
	struct guard g;
	uint64_t held = 7;

	(void)state;
	guard_init(&g, PATIENCE, &lost);
	assert_true(guard_run(&g, walk, drop, s, NULL, &held));
	assert_int_equal(held, 0);
	assert_int_equal(s->passed, 14);
	assert_false(atomic_load(&dropped));
	assert_int_equal(atomic_load(&lost), 0);
	close(s->pipe[1]);
	drop(s);
	guard_release(&g);
}

/* Held at 2: the next passes over it, until the first has come back. */
static void one_holds(void **state)
{
	atomic_uint lost = 0;
	atomic_bool dropped = false, others = false;
	struct walk *first = walk_new(2, &dropped), *second;
	int end = first->pipe[1];
	struct guard g;
	uint64_t held;

	(void)state;
	guard_init(&g, PATIENCE, &lost);
	assert_false(guard_run(&g, walk, drop, first, NULL, &held));
	assert_int_equal(held, 2);
	assert_int_equal(atomic_load(&lost), 1);

	second = walk_new(2, &others);
	assert_true(guard_run(&g, walk, drop, second, NULL, &held));
	assert_int_equal(second->passed, 1 << 1 | 1 << 3);

	assert_int_equal(write(end, "x", 1), 1);
	until(&dropped);
	while (atomic_load(&lost))
		sched_yield();
	close(end);
	second->passed = 0;
	second->holds = 0;
	assert_true(guard_run(&g, walk, drop, second, NULL, &held));
	assert_int_equal(second->passed, 14);
	close(second->pipe[1]);
	drop(second);
	guard_release(&g);
}

/* A dead disk holds many: each after the first is given half the time, an
 * eighth at least, until a run gets through. */
static void many_hold(void **state)
{
	enum { MANY = 3 };
	atomic_uint lost = 0;
	atomic_bool dropped[MANY], others = false;
	struct walk *s;
	uint64_t held, aside[2];
	int end[MANY];
	struct guard g;

	(void)state;
	guard_init(&g, PATIENCE, &lost);
	for (unsigned i = 0; i < MANY; i++) {
		atomic_init(&dropped[i], false);
		s = walk_new(i + 1, &dropped[i]);
		end[i] = s->pipe[1];
		assert_int_equal(g.in_a_row, i);
		assert_false(guard_run(&g, walk, drop, s, NULL, &held));
		assert_int_equal(held, i + 1);
	}
	assert_int_equal(g.in_a_row, 3);
	assert_int_equal(guard_aside(&g, aside, 2), MANY);
	assert_int_equal(aside[0] + aside[1], 1 + 2);
	s = walk_new(0, &others);
	assert_true(guard_run(&g, walk, drop, s, NULL, &held));
	assert_int_equal(s->passed, 0); /* all are aside */
	assert_int_equal(g.in_a_row, 0);
	close(s->pipe[1]);
	drop(s);
	for (unsigned i = 0; i < MANY; i++) {
		assert_int_equal(write(end[i], "x", 1), 1);
		until(&dropped[i]);
		close(end[i]);
	}
	while (atomic_load(&lost))
		sched_yield();
	assert_int_equal(guard_aside(&g, aside, 2), 0);
	guard_release(&g);
}

/* What is held when the program ends is left without waiting for it. */
static void told_to_stop(void **state)
{
	atomic_uint lost = 0;
	atomic_bool dropped = false, stop = true;
	struct walk *s = walk_new(1, &dropped);
	int end = s->pipe[1];
	struct guard g;
	uint64_t held = 7;

	(void)state;
	guard_init(&g, 3600 * NS_PER_SEC, &lost);
	assert_false(guard_run(&g, walk, drop, s, &stop, &held));
	assert_int_equal(held, 0);
	assert_int_equal(write(end, "x", 1), 1);
	until(&dropped);
	while (atomic_load(&lost))
		sched_yield();
	close(end);
	guard_release(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_holds),
		cmocka_unit_test(one_holds),
		cmocka_unit_test(many_hold),
		cmocka_unit_test(told_to_stop),
	};

	return cmocka_run_group_tests_name("guard", tests, NULL, NULL);
}
