/* target.c - reading what the user typed as a target. */
#include <residue/model/target.h>

#include <residue/base/text.h>

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

const char *const read_by_name[READ_COUNT] = {
	[READ_NONE] = "none",	  [READ_AGENTLESS] = "agentless",
	[READ_EXPVAR] = "expvar", [READ_METRICS] = "metrics",
	[READ_PPROF] = "pprof",
};

/* PID_MAX_LIMIT of the kernel (include/linux/threads.h). */
#define PID_MOST 4194304

/* RFC 3986, 3.1: a scheme in capitals is the same. */
static bool is_url(const char *s)
{
	return !strncasecmp(s, "http://", 7) ||
	       !strncasecmp(s, "https://", 8) || !strncasecmp(s, "unix:", 5);
}

/* "SCHEME://" at the beginning, or "PID@SCHEME://": its length, or 0. */
static size_t scheme_length(const char *s)
{
	size_t pid = strspn(s, "0123456789"), n;

	pid += pid > 0 && s[pid] == '@' ? 1 : 0;
	for (n = pid;
	     isalnum((unsigned char)s[n]) || (s[n] && strchr("+-.", s[n]));)
		n++;
	return n > pid && !strncmp(s + n, "://", 3) ? n + 3 : 0;
}

void target_visible(char *out, size_t size, const char *text)
{
	const char *at = strrchr(text, '@');
	size_t kept = scheme_length(text), used, n;

	/* What looks like a scheme may be a name and its password. */
	if (at && (size_t)(at - text) < kept)
		kept = 0;
	used = text_visible(out, size, text, kept);
	if (at) {
		used += text_visible(out + used, size - used, "...", 3);
		text = at;
	} else
		text += kept;
	n = strcspn(text, "?");
	used += text_visible(out + used, size - used, text, n);
	if (text[n])
		text_visible(out + used, size - used, "?...", 4);
}

static int bad_spec(const char *text, struct err *err)
{
	char shown[128];

	target_visible(shown, sizeof(shown), text);
	return err_set(err, ERR_USAGE,
		       "'%s' is no target: give a PID, =NAME, a URL "
		       "(http://..., https://..., unix:/path) or PID@URL",
		       shown);
}

int target_spec_parse(const char *text, struct target_spec *out,
		      struct err *err)
{
	char *end;
	long pid;

	*out = (struct target_spec){0};
	if (text[0] == '=' && text[1]) {
		out->kind = SPEC_NAME;
		out->name = text + 1;
		return 0;
	}
	if (is_url(text)) {
		out->kind = SPEC_URL;
		out->url = text;
		return 0;
	}
	if (!isdigit((unsigned char)text[0]))
		return bad_spec(text, err);
	errno = 0;
	pid = strtol(text, &end, 10);
	if (errno || pid < 1 || pid > PID_MOST)
		return bad_spec(text, err);
	out->kind = SPEC_PID;
	out->pid = (pid_t)pid;
	if (*end == '@' && is_url(end + 1))
		out->url = end + 1;
	else if (*end)
		return bad_spec(text, err);
	return 0;
}
