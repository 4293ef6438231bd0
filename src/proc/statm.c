/* statm.c - the parsers of /proc/PID/statm and status. */
#include <residue/proc/handle.h>

#include <residue/base/text.h>

#include "scan.h"

#include <stddef.h>

int proc_statm_parse(struct proc_fast *out, const char *text, size_t len,
		     int64_t page_size, struct err *err)
{
	const char *p = text, *end = text + len;
	int64_t v[3];

	for (size_t i = 0; i < 3; i++)
		if (!scan_number(&p, end, &v[i]) ||
		    __builtin_mul_overflow(v[i], page_size, &v[i]))
			return err_set(err, ERR_FORMAT,
				       "statm is not a row of page counts");
	out->size = v[0];
	out->rss = v[1];
	out->shared = v[2];
	out->known |= PROC_FAST_SIZE | PROC_FAST_RSS | PROC_FAST_SHARED;
	return 0;
}

#define ROW(name, bit, member)                                                 \
	{                                                                      \
		name, PROC_FAST_##bit, offsetof(struct proc_fast, member)      \
	}

static const struct scan_row status_rows[] = {
	ROW("RssAnon", RSS_ANON, rss_anon),
	ROW("RssFile", RSS_FILE, rss_file),
	ROW("RssShmem", RSS_SHMEM, rss_shmem),
	ROW("VmSwap", SWAP, swap),
	ROW("VmHWM", HWM, hwm),
	ROW("Threads", THREADS, threads),
};

int proc_status_parse(struct proc_fast *out, char comm[PROC_COMM_MAX],
		      const char *text, size_t len, struct err *err)
{
	const char *end = text + len, *stop, *s;

	s = scan_line(text, end, "State", &stop);
	if (!s || s == stop)
		return err_set(err, ERR_FORMAT, "status has no State line");
	out->state = *s;
	s = comm ? scan_line(text, end, "Name", &stop) : NULL;
	if (s)
		text_visible(comm, PROC_COMM_MAX, s, (size_t)(stop - s));
	out->known |=
		scan_rows(text, end, status_rows,
			  sizeof(status_rows) / sizeof(status_rows[0]), out);
	return 0;
}
