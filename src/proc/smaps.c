/* smaps.c - smaps_rollup, and the arithmetic of how often. */
#include <residue/proc/smaps.h>

#include <residue/base/clock.h>
#include <residue/proc/procfs.h>

#include "denied.h"
#include "scan.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#define ROW(name, bit, member)                                                 \
	{                                                                      \
		name, SMAPS_##bit, offsetof(struct smaps_rollup, member)       \
	}

static const struct scan_row rows[] = {
	ROW("Rss", RSS, rss),
	ROW("Pss", PSS, pss),
	ROW("Pss_Anon", PSS_ANON, pss_anon),
	ROW("Pss_File", PSS_FILE, pss_file),
	ROW("Pss_Shmem", PSS_SHMEM, pss_shmem),
	ROW("Shared_Clean", SHARED_CLEAN, shared_clean),
	ROW("Shared_Dirty", SHARED_DIRTY, shared_dirty),
	ROW("Private_Clean", PRIVATE_CLEAN, private_clean),
	ROW("Private_Dirty", PRIVATE_DIRTY, private_dirty),
	ROW("Anonymous", ANONYMOUS, anonymous),
	ROW("LazyFree", LAZY_FREE, lazy_free),
	ROW("AnonHugePages", ANON_HUGE, anon_huge),
	ROW("Swap", SWAP, swap),
	ROW("SwapPss", SWAP_PSS, swap_pss),
	ROW("Locked", LOCKED, locked),
};

int smaps_parse(struct smaps_rollup *out, const char *text, size_t len,
		struct err *err)
{
	out->known = scan_rows(text, text + len, rows,
			       sizeof(rows) / sizeof(rows[0]), out);
	if (!(out->known & SMAPS_RSS))
		return err_set(err, ERR_FORMAT, "smaps_rollup has no Rss");
	return 0;
}

/* Why opening failed: the file is missing where stat beside it is not. */
static int open_failed(int dir, int sysno, struct err *err)
{
	if (sysno == ENOENT && faccessat(dir, "stat", F_OK, 0) == 0)
		return err_set(err, ERR_UNSUPPORTED,
			       "no smaps_rollup here: Linux 4.14 and later "
			       "have it");
	if (sysno == EACCES || sysno == EPERM)
		return proc_denied(err, sysno, "smaps_rollup");
	return err_sys(err, sysno, "cannot open smaps_rollup");
}

int smaps_read(int dir, struct smaps_rollup *out, struct err *err)
{
	char text[4096];
	int64_t cpu;
	ssize_t n;
	int fd;

	memset(out, 0, sizeof(*out));
	out->begin_ns = clock_boot_ns();
	fd = openat(dir, "smaps_rollup", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return open_failed(dir, errno, err);
	cpu = clock_cpu_ns();
	do
		n = read(fd, text, sizeof(text));
	while (n < 0 && errno == EINTR);
	out->cost_ns = clock_cpu_ns() - cpu;
	out->end_ns = clock_boot_ns();
	if (n < 0 && errno == EACCES)
		proc_denied(err, errno, "smaps_rollup");
	else if (n < 0)
		err_sys(err, errno, "cannot read smaps_rollup");
	close(fd);
	if (n < 0)
		return -1;
	if (n == 0)
		return err_set(err, ERR_GONE,
			       "no memory left: the process has "
			       "exited");
	return smaps_parse(out, text, (size_t)n, err);
}

/* 6.5 ms a GiB, rounded up: ns of a 4 KiB page's share. */
#define DEFAULT_NS_PER_GIB (6500 * 1000)
#define GIB		   (1LL << 30)

static int64_t default_cost(int64_t bytes)
{
	return bytes / GIB * DEFAULT_NS_PER_GIB +
	       bytes % GIB * DEFAULT_NS_PER_GIB / GIB;
}

void smaps_policy_learn(struct smaps_policy *p, int64_t rss, int64_t cost_ns)
{
	if (rss <= 0 || cost_ns < 0)
		return;
	p->rss = rss;
	p->cost_ns = cost_ns;
}

int64_t smaps_policy_predict_ns(const struct smaps_policy *p, int64_t rss)
{
	if (rss <= 0)
		return 0;
	if (p->rss == 0)
		return default_cost(rss);
	if (rss > p->rss)
		return p->cost_ns + default_cost(rss - p->rss);
	return (int64_t)((double)p->cost_ns * (double)rss / (double)p->rss);
}

int64_t smaps_policy_period_ns(const struct smaps_policy *p, int64_t rss)
{
	int64_t cost = smaps_policy_predict_ns(p, rss);

	if (cost <= SMAPS_PERIOD_MIN_NS / SMAPS_SHARE_INVERSE)
		return SMAPS_PERIOD_MIN_NS;
	return cost > INT64_MAX / SMAPS_SHARE_INVERSE
		       ? INT64_MAX
		       : cost * SMAPS_SHARE_INVERSE;
}

bool smaps_policy_automatic(const struct smaps_policy *p, int64_t rss)
{
	return smaps_policy_predict_ns(p, rss) <= SMAPS_COST_MAX_NS;
}
