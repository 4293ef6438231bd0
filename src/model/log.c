/* log.c - the ring of lines that the user can read. */
#include <residue/model/log.h>

#include <stdio.h>
#include <string.h>

unsigned log_kept(const struct log *l)
{
	return l->count < LOG_LINES ? (unsigned)l->count : LOG_LINES;
}

const struct log_line *log_at(const struct log *l, unsigned n)
{
	return &l->line[(l->count - 1 - n) % LOG_LINES];
}

/* "snapshot: /tmp/x" after an event that says "/tmp/x". */
static bool said_already(const struct log *l, const char *text)
{
	const struct log_line *newest = l->count ? log_at(l, 0) : NULL;
	size_t n = strlen(text), m = newest ? strlen(newest->text) : 0;

	return m > 0 && n >= m && !strcmp(text + (n - m), newest->text);
}

void log_add(struct log *l, int64_t wall_ns, const struct target_info *about,
	     bool error, const char *text)
{
	struct log_line *line;

	if (said_already(l, text))
		return;
	line = &l->line[l->count++ % LOG_LINES];
	line->wall_ns = wall_ns;
	line->pid = about ? about->pid : 0;
	snprintf(line->who, sizeof(line->who), "%.23s",
		 about ? about->comm : "");
	line->error = error;
	snprintf(line->text, sizeof(line->text), "%s", text);
}
