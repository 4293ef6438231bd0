/*
 * smaps.h - /proc/PID/smaps_rollup, and how often it may be read.
 *
 * smaps_rollup (Linux >= 4.14) is exact, but walks every page table of the
 * target under its mmap_lock: about 6.5 ms for each GiB of 4 KiB pages, while
 * the target cannot map memory. At 8 GiB and 10 Hz that stalled a Go program
 * by up to 0.5 s. Hence the policy below, which is arithmetic only.
 *
 * Facts: Documentation/filesystems/proc.rst; fs/proc/task_mmu.c
 * show_smaps_rollup(), __show_smap().
 */
#ifndef RESIDUE_PROC_SMAPS_H
#define RESIDUE_PROC_SMAPS_H

#include <residue/base/clock.h>
#include <residue/base/err.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bits of smaps_rollup.known; older kernels lack Pss_*, LazyFree (4.12). */
enum smaps_bit {
	SMAPS_RSS = 1 << 0,
	SMAPS_PSS = 1 << 1,
	SMAPS_PSS_ANON = 1 << 2,
	SMAPS_PSS_FILE = 1 << 3,
	SMAPS_PSS_SHMEM = 1 << 4,
	SMAPS_SHARED_CLEAN = 1 << 5,
	SMAPS_SHARED_DIRTY = 1 << 6,
	SMAPS_PRIVATE_CLEAN = 1 << 7,
	SMAPS_PRIVATE_DIRTY = 1 << 8,
	SMAPS_ANONYMOUS = 1 << 9,
	SMAPS_LAZY_FREE = 1 << 10,
	SMAPS_ANON_HUGE = 1 << 11,
	SMAPS_SWAP = 1 << 12,
	SMAPS_SWAP_PSS = 1 << 13,
	SMAPS_LOCKED = 1 << 14,
};

/* All in bytes. */
struct smaps_rollup {
	int64_t begin_ns, end_ns; /* CLOCK_BOOTTIME around the read */
	int64_t cost_ns;	  /* CPU time the read took in the kernel */
	unsigned known;		  /* SMAPS_* bits */
	int64_t rss;
	int64_t pss;
	int64_t pss_anon;
	int64_t pss_file;
	int64_t pss_shmem;
	int64_t shared_clean;
	int64_t shared_dirty;
	int64_t private_clean;
	int64_t private_dirty;
	int64_t anonymous;
	int64_t lazy_free; /* MADV_FREE'd, still resident */
	int64_t anon_huge; /* AnonHugePages */
	int64_t swap;
	int64_t swap_pss;
	int64_t locked;
};

/* Pure; ERR_FORMAT when there is no Rss. */
int smaps_parse(struct smaps_rollup *out, const char *text, size_t len,
		struct err *err) RESIDUE_CHECK;
/* Read dir/smaps_rollup. ERR_UNSUPPORTED: kernel before 4.14; ERR_DENIED: not
 * ours to trace, the message says what would permit it; ERR_GONE: exited or a
 * kernel thread. May block for as long as the target's mmap_lock is held. */
int smaps_read(int dir, struct smaps_rollup *out,
	       struct err *err) RESIDUE_CHECK;

/* Never more often than this, and never more than this share of one CPU. */
#define SMAPS_PERIOD_MIN_NS (10 * NS_PER_SEC)
/* One ten-thousandth of a core. The 0.5 % that a target would bear is more than
 * a monitor may take: 2.5 ms every 10 s, for 220 MiB, was a quarter of all that
 * watching a process cost. */
#define SMAPS_SHARE_INVERSE 10000
/* Predicted above this: only when the user asks, who is told the cost. */
#define SMAPS_COST_MAX_NS (10 * NS_PER_MS)

/* What one target's reads have cost; all zero at the start. */
struct smaps_policy {
	int64_t rss;	 /* bytes at the last read; 0: none yet */
	int64_t cost_ns; /* of that read */
};

/* Take in a finished read of a target with `rss` bytes resident. */
void smaps_policy_learn(struct smaps_policy *p, int64_t rss, int64_t cost_ns);
/* Expected cost at `rss` bytes: the measured rate up to what was measured (huge
 * pages make it far cheaper), 6.5 ms/GiB for what came on top. */
int64_t smaps_policy_predict_ns(const struct smaps_policy *p, int64_t rss);
/* Time from one read to the next: max(10 s, predicted cost / 0.01 %). */
int64_t smaps_policy_period_ns(const struct smaps_policy *p, int64_t rss);
/* May it be read without being asked? */
bool smaps_policy_automatic(const struct smaps_policy *p, int64_t rss);

#endif
