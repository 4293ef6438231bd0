/* mapped.c - the files whose code a process has mapped. */
#include <residue/proc/mapped.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ROOT "root"

/* "7f1c0e000000-7f1c0e021000 r-xp 00026000 fe:01 1442  /usr/lib/libc.so.6":
 * most lines are not of code, and are passed over at their fourth letter. */
static bool parse_line(const char *line, struct mapped *out)
{
	const char *rights = strchr(line, ' ');
	unsigned major, minor;
	int used = 0;
	size_t n;

	if (!rights || strnlen(rights, 5) < 5 || rights[3] != 'x')
		return false;
	if (sscanf(rights + 5, " %*x %x:%x %" SCNu64 " %n", &major, &minor,
		   &out->ino, &used) != 3 ||
	    used == 0 || out->ino == 0)
		return false;
	line = rights + 5 + used;
	n = strcspn(line, "\n");
	if (*line != '/' || n >= PATH_MAX)
		return false;
	out->dev = (uint64_t)major << 32 | minor;
	memcpy(out->name, ROOT, sizeof(ROOT) - 1);
	memcpy(out->name + sizeof(ROOT) - 1, line, n);
	out->name[sizeof(ROOT) - 1 + n] = '\0';
	return true;
}

int mapped_each(int dir, bool (*fn)(void *ctx, const struct mapped *m),
		void *ctx, struct err *err)
{
	char line[PATH_MAX + 256];
	unsigned count = 0;
	struct mapped m;
	uint64_t last = 0;
	int fd = openat(dir, "maps", O_RDONLY | O_CLOEXEC);
	FILE *f = fd >= 0 ? fdopen(fd, "r") : NULL;

	if (!f) {
		err_sys(err, errno, "cannot open maps");
		if (fd >= 0)
			close(fd);
		return -1;
	}
	while (count < MAPPED_MAX && fgets(line, sizeof(line), f)) {
		if (!parse_line(line, &m) || m.ino == last)
			continue;
		last = m.ino;
		count++;
		if (!fn(ctx, &m))
			break;
	}
	fclose(f);
	return 0;
}

bool mapped_stat(int dir, const struct mapped *m, struct stat *st)
{
	return fstatat(dir, m->name, st, 0) == 0 && st->st_ino == m->ino &&
	       S_ISREG(st->st_mode);
}
