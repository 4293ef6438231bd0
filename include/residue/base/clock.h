/*
 * clock.h - the two clocks of the program, and what a thread has used.
 *
 * Everything is ordered by CLOCK_BOOTTIME (ns; goes on during suspend, never
 * steps). Wall-clock times (Go's PauseEnd, what users read) are CLOCK_REALTIME
 * ns; the offset between the two is taken with each item, because it steps.
 */
#ifndef RESIDUE_BASE_CLOCK_H
#define RESIDUE_BASE_CLOCK_H

#include <stdint.h>

#define NS_PER_SEC 1000000000LL
#define NS_PER_MS  1000000LL

int64_t clock_boot_ns(void);
/* CLOCK_REALTIME - CLOCK_BOOTTIME, now, in ns. */
int64_t clock_wall_offset_ns(void);
/* CPU time of the calling thread, in ns: CLOCK_THREAD_CPUTIME_ID. */
int64_t clock_cpu_ns(void);

#endif
