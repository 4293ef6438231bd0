/*
 * scan.c - what finding the Go processes of this machine takes: `make
 * tests/bench/scan`, then scan [ROUNDS]. Medians in microseconds, of wall and of
 * CPU time, for the first scan of /proc, for one that finds nothing new, and for
 * discovery as the list does it: scan, facts of each process, and the same with
 * what they listen on.
 */
#include <residue/base/clock.h>
#include <residue/sampler/sampler.h>
#include <residue/source/facts.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define MOST 1000

enum step { SCAN, AGAIN, DISCOVERY, SOCKETS, STEPS };

static const char *const name[STEPS] = {"scan", "again", "discovery",
					"sockets"};
static int64_t wall[STEPS][MOST], cpu[STEPS][MOST];

static int64_t clock_us(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* Since the call before, into the figures of a step. */
static void lap(enum step step, int nth)
{
	static int64_t wall_us, cpu_us;

	if (step < STEPS) {
		wall[step][nth] = clock_us(CLOCK_MONOTONIC) - wall_us;
		cpu[step][nth] = clock_us(CLOCK_PROCESS_CPUTIME_ID) - cpu_us;
	}
	wall_us = clock_us(CLOCK_MONOTONIC);
	cpu_us = clock_us(CLOCK_PROCESS_CPUTIME_ID);
}

static int compare(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static int64_t median(int64_t *v, int n)
{
	qsort(v, (size_t)n, sizeof(*v), compare);
	return v[n / 2];
}

static int scan_round(int nth, size_t *found, struct err *err)
{
	struct procfs fs;
	struct go_list *list;
	int rc;

	if (procfs_open(&fs, NULL, err))
		return -1;
	list = go_list_new(&fs, NULL, NULL);
	lap(STEPS, nth);
	rc = go_list_scan(list, err);
	lap(SCAN, nth);
	rc = rc ? rc : go_list_scan(list, err);
	lap(AGAIN, nth);
	proc_list_entries(go_list_processes(list), found);
	go_list_free(list);
	procfs_release(&fs);
	return rc;
}

static int discover_round(int nth, struct err *err)
{
	const struct sampler_options opt = {.interval_ns = NS_PER_SEC,
					    .read = READ_COUNT,
					    .discover = true};
	struct sampler *s = sampler_new(&opt, err);
	int rc;

	if (!s)
		return -1;
	lap(STEPS, nth);
	rc = sampler_discover(s, false, err);
	lap(DISCOVERY, nth);
	sampler_find_listeners(s);
	lap(SOCKETS, nth);
	sampler_free(s);
	return rc;
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 20;
	struct err err = ERR_INIT;
	size_t found = 0;

	if (rounds < 1 || rounds > MOST)
		return 2;
	for (int i = 0; i < rounds; i++)
		if (scan_round(i, &found, &err) || discover_round(i, &err)) {
			fprintf(stderr, "scan: %s\n", err.msg);
			return 1;
		}
	printf("processes %zu", found);
	for (int i = 0; i < STEPS; i++)
		printf(" %s %lld cpu_%s %lld", name[i],
		       (long long)median(wall[i], rounds), name[i],
		       (long long)median(cpu[i], rounds));
	putchar('\n');
	return 0;
}
