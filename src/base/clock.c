/* clock.c - CLOCK_BOOTTIME, its distance to the wall clock, and CPU time. */
#include <residue/base/clock.h>

#include <time.h>

static int64_t read_ns(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return ts.tv_sec * NS_PER_SEC + ts.tv_nsec;
}

int64_t clock_boot_ns(void)
{
	return read_ns(CLOCK_BOOTTIME);
}

int64_t clock_wall_offset_ns(void)
{
	return read_ns(CLOCK_REALTIME) - read_ns(CLOCK_BOOTTIME);
}

int64_t clock_cpu_ns(void)
{
	return read_ns(CLOCK_THREAD_CPUTIME_ID);
}
