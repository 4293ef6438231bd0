/*
 * read_cost.c - what finding and reading a runtime from outside takes:
 *
 *   read_cost PID HZ SECONDS
 *
 * Opens the process once, which finds the runtime in it, and then OPENS times
 * more, as another process of the same file is opened; then reads it HZ times a
 * second (0: without a pause) for SECONDS. One line of JSON: us of wall time of
 * the first, and medians of the others, of a read as the memory lane does it,
 * of the walk of the Ps' caches and of the prediction; and how many reads there
 * were.
 */
#include <residue/base/clock.h>
#include <residue/gomem/gomem.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define OPENS 25
#define MOST  100000

static int64_t took[MOST];

static int by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static double median_us(int64_t *ns, unsigned n)
{
	qsort(ns, n, sizeof(*ns), by_size);
	return n ? (double)ns[n / 2] / 1e3 : 0;
}

static int64_t time_open(pid_t pid, struct gomem **out)
{
	struct err why = ERR_INIT;
	int64_t begin = clock_boot_ns();

	*out = gomem_open(pid, NULL, &why);
	if (!*out) {
		fprintf(stderr, "read_cost: %s\n", why.msg);
		exit(1);
	}
	return clock_boot_ns() - begin;
}

static double median_open(pid_t pid, struct gomem **out)
{
	int64_t ns[OPENS];

	for (unsigned i = 0; i < OPENS; i++) {
		gomem_close(*out);
		ns[i] = time_open(pid, out);
	}
	return median_us(ns, OPENS);
}

static void wait_for(int64_t ns)
{
	struct timespec t = {ns / NS_PER_SEC, ns % NS_PER_SEC};

	while (clock_nanosleep(CLOCK_BOOTTIME, TIMER_ABSTIME, &t, NULL))
		;
}

static unsigned read_for(struct gomem *g, double hz, double seconds,
			 struct gomem_stats *stats)
{
	int64_t next = clock_boot_ns();
	int64_t end = next + (int64_t)(seconds * 1e9);
	unsigned n = 0;

	while (n < MOST && clock_boot_ns() < end) {
		int64_t begin = clock_boot_ns();

		if (gomem_read(g, stats, NULL) == 0)
			took[n++] = clock_boot_ns() - begin;
		if (hz > 0)
			wait_for(next += (int64_t)(1e9 / hz));
	}
	return n;
}

int main(int argc, char **argv)
{
	struct gomem *g = NULL;
	struct gomem_stats stats;
	struct gomem_objects objects;
	struct gomem_return due;

	if (argc != 4) {
		fprintf(stderr, "usage: read_cost PID HZ SECONDS\n");
		return 2;
	}
	int64_t first = time_open((pid_t)atoi(argv[1]), &g);
	double locate = median_open((pid_t)atoi(argv[1]), &g);
	unsigned n = read_for(g, atof(argv[2]), atof(argv[3]), &stats);
	double read = median_us(took, n);
	int64_t begin = clock_boot_ns();
	int walked = gomem_objects(g, &objects, NULL);
	int64_t middle = clock_boot_ns();
	int predicted = gomem_predict(g, &stats, &due, NULL);
	int64_t end = clock_boot_ns();

	printf("{\"first_us\": %.1f, \"locate_us\": %.1f, \"read_us\": %.1f, "
	       "\"reads\": %u, \"caches_us\": %.1f, \"due_us\": %.1f}\n",
	       (double)first / 1e3, locate, read, n, walked ? -1 : (double)(middle - begin) / 1e3,
	       predicted ? -1 : (double)(end - middle) / 1e3);
	gomem_close(g);
	return 0;
}
