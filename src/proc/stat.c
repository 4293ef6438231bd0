/* stat.c - /proc/PID/stat. */
#include <residue/proc/stat.h>

#include <residue/base/text.h>
#include <residue/proc/procfs.h>

#include "scan.h"

#include <limits.h>
#include <string.h>

#define PF_KTHREAD 0x00200000 /* include/linux/sched.h; since 2.6.27 */

/* Fields counted from 1, as proc(5) does; 3 is the first after comm. */
enum {
	FIELD_PPID = 4,
	FIELD_FLAGS = 9,
	FIELD_UTIME = 14,
	FIELD_STIME = 15,
	FIELD_STARTTIME = 22,
	FIELD_START_STACK = 28,
};

/* A field that is a number; negative ones (tpgid, nice) and those past
 * INT64_MAX (rsslim) are stepped over and count as 0. */
static bool next_field(const char **p, const char *end, int64_t *v)
{
	while (*p < end && **p == ' ')
		(*p)++;
	if (*p == end || **p == '\n')
		return false;
	*v = 0;
	scan_number(p, end, v);
	while (*p < end && **p != ' ' && **p != '\n')
		(*p)++;
	return true;
}

int proc_stat_parse(struct proc_stat *out, const char *text, size_t len,
		    struct err *err)
{
	const char *end = text + len, *p = text;
	const char *open = memchr(text, '(', len),
		   *close = memrchr(text, ')', len);
	int64_t v, pid;
	int field = 3;

	memset(out, 0, sizeof(*out));
	if (!open || !close || close < open || end - close < 4 ||
	    !scan_number(&p, open, &pid) || pid <= 0 || pid > INT_MAX)
		return err_set(err, ERR_FORMAT,
			       "stat does not begin as \"PID (comm) S\"");
	out->pid = (pid_t)pid;
	text_visible(out->comm, sizeof(out->comm), open + 1,
		     (size_t)(close - open - 1));
	out->state = close[2];
	for (p = close + 3, field++; next_field(&p, end, &v); field++) {
		if (field == FIELD_PPID)
			out->ppid = (pid_t)(v & INT_MAX);
		else if (field == FIELD_FLAGS)
			out->kernel_thread = v & PF_KTHREAD;
		else if (field == FIELD_UTIME || field == FIELD_STIME)
			out->cpu_ticks += (uint64_t)v;
		else if (field == FIELD_STARTTIME)
			out->starttime = (uint64_t)v;
		else if (field == FIELD_START_STACK)
			out->start_stack = (uint64_t)v;
	}
	/* With a field behind it, the start time is not cut short. */
	if (field <= FIELD_STARTTIME + 1)
		return err_set(err, ERR_FORMAT, "stat ends after %d fields",
			       field - 1);
	return 0;
}

int proc_stat_read(int dir, struct proc_stat *out, struct err *err)
{
	char text[2048];
	ssize_t n = procfs_read(dir, "stat", text, sizeof(text), err);

	if (n < 0)
		return -1;
	return proc_stat_parse(out, text, (size_t)n, err);
}

bool proc_stat_exited(const struct proc_stat *st)
{
	return st->state == 'Z' || st->state == 'X' || st->state == 'x';
}
