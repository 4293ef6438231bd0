/*
 * scan.c - what finding the Go processes of this machine takes: `make
 * tests/bench/scan`, then scan [ROUNDS]. Wall time in microseconds of the
 * first scan of /proc, of one that finds nothing new, and of discovery as the
 * list does it (scan, facts of each process, what they listen on).
 */
#include <residue/base/clock.h>
#include <residue/sampler/sampler.h>
#include <residue/source/facts.h>

#include <stdio.h>
#include <stdlib.h>

#define MOST 1000

static int64_t times[3][MOST];

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

static int scan_round(int64_t *first, int64_t *again, size_t *found,
		      struct err *err)
{
	struct procfs fs;
	struct go_list *list;
	int64_t began;
	int rc;

	if (procfs_open(&fs, NULL, err))
		return -1;
	list = go_list_new(&fs);
	began = clock_boot_ns();
	rc = go_list_scan(list, err);
	*first = (clock_boot_ns() - began) / 1000;
	began = clock_boot_ns();
	rc = rc ? rc : go_list_scan(list, err);
	*again = (clock_boot_ns() - began) / 1000;
	proc_list_entries(go_list_processes(list), found);
	go_list_free(list);
	procfs_release(&fs);
	return rc;
}

static int discover_round(int64_t *all, struct err *err)
{
	const struct sampler_options opt = {.interval_ns = NS_PER_SEC,
					    .read = READ_COUNT,
					    .discover = true};
	struct sampler *s = sampler_new(&opt, err);
	int64_t began = clock_boot_ns();
	int rc;

	if (!s)
		return -1;
	rc = sampler_discover(s, false, err);
	sampler_find_listeners(s);
	*all = (clock_boot_ns() - began) / 1000;
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
		if (scan_round(&times[0][i], &times[1][i], &found, &err) ||
		    discover_round(&times[2][i], &err)) {
			fprintf(stderr, "scan: %s\n", err.msg);
			return 1;
		}
	printf("processes %zu scan %lld again %lld discovery %lld us\n", found,
	       (long long)median(times[0], rounds),
	       (long long)median(times[1], rounds),
	       (long long)median(times[2], rounds));
	return 0;
}
