/* mapped.c - the files whose code a process has mapped. */
#include <residue/proc/mapped.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define ROOT	 "root"
#define ROOT_LEN (sizeof(ROOT) - 1)

/* struct procmap_query of linux/fs.h, Linux 6.11: one mapping, by what it is. */
struct query {
	uint64_t size, flags, addr; /* in; the rest out, but for the name's */
	uint64_t start, end, rights, page_size, offset, inode;
	uint32_t major, minor;
	uint32_t name_size; /* in: of its room; out: 0: it has none */
	uint32_t build_id_size;
	uint64_t name_addr, build_id_addr;
};
#define QUERY		   _IOWR('f', 17, struct query)
#define QUERY_EXECUTABLE   0x04
#define QUERY_FROM_ADDR_ON 0x10
#define QUERY_OF_FILE	   0x20

struct walk {
	bool (*fn)(void *ctx, const struct mapped *m);
	void *ctx;
	uint64_t last; /* inode */
	unsigned count;
};

/* False: enough. */
static bool visit(struct walk *w, const struct mapped *m)
{
	if (m->name[ROOT_LEN] != '/' || m->ino == 0 || m->ino == w->last)
		return true;
	w->last = m->ino;
	return w->fn(w->ctx, m) && ++w->count < MAPPED_MAX;
}

static void set_place(struct mapped *m, unsigned major, unsigned minor,
		      uint64_t ino)
{
	m->dev = (uint64_t)major << 32 | minor;
	m->ino = ino;
}

/* One question a mapping of code: a quarter of what the text costs. False: this
 * kernel, or what is no kernel's maps, does not answer. */
static bool ask_each(int fd, struct walk *w)
{
	struct query q = {.end = 0};
	struct mapped m = {.name = ROOT};

	for (;;) {
		m.name[ROOT_LEN] = '\0';
		q = (struct query){
			.size = sizeof(q),
			.flags = QUERY_EXECUTABLE | QUERY_FROM_ADDR_ON |
				 QUERY_OF_FILE,
			.addr = q.end,
			.name_size = sizeof(m.name) - ROOT_LEN,
			.name_addr = (uintptr_t)(m.name + ROOT_LEN),
		};
		if (ioctl(fd, QUERY, &q))
			return errno == ENOENT || w->count > 0;
		if (!q.name_size)
			m.name[ROOT_LEN] = '\0';
		set_place(&m, q.major, q.minor, q.inode);
		if (!visit(w, &m))
			return true;
	}
}

/* "7f1c0e000000-7f1c0e021000 r-xp 00026000 fe:01 1442  /usr/lib/libc.so.6":
 * most lines are not of code, and are passed over at their fourth letter. */
static bool parse_line(const char *line, struct mapped *out)
{
	const char *rights = strchr(line, ' ');
	unsigned major, minor;
	uint64_t ino;
	int used = 0;
	size_t n;

	if (!rights || strnlen(rights, 5) < 5 || rights[3] != 'x')
		return false;
	if (sscanf(rights + 5, " %*x %x:%x %" SCNu64 " %n", &major, &minor,
		   &ino, &used) != 3 ||
	    used == 0)
		return false;
	line = rights + 5 + used;
	n = strcspn(line, "\n");
	if (n >= PATH_MAX)
		return false;
	set_place(out, major, minor, ino);
	memcpy(out->name, ROOT, ROOT_LEN);
	memcpy(out->name + ROOT_LEN, line, n);
	out->name[ROOT_LEN + n] = '\0';
	return true;
}

/* Takes `fd`. */
static int read_each(int fd, struct walk *w, struct err *err)
{
	char line[PATH_MAX + 256];
	FILE *f = fdopen(fd, "r");
	struct mapped m;

	if (!f) {
		err_sys(err, errno, "cannot read maps");
		close(fd);
		return -1;
	}
	while (fgets(line, sizeof(line), f))
		if (parse_line(line, &m) && !visit(w, &m))
			break;
	fclose(f);
	return 0;
}

int mapped_each(int dir, bool (*fn)(void *ctx, const struct mapped *m),
		void *ctx, struct err *err)
{
	struct walk w = {.fn = fn, .ctx = ctx};
	int fd = openat(dir, "maps", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return err_sys(err, errno, "cannot open maps");
	if (!ask_each(fd, &w))
		return read_each(fd, &w, err);
	close(fd);
	return 0;
}

bool mapped_stat(int dir, const struct mapped *m, struct stat *st)
{
	return fstatat(dir, m->name, st, 0) == 0 && st->st_ino == m->ino &&
	       S_ISREG(st->st_mode);
}
