/* cgroup.c - memory limits of control groups. */
#include <residue/proc/cgroup.h>

#include <residue/base/mem.h>
#include <residue/base/text.h>
#include <residue/proc/stat.h>

#include "mounts.h"
#include "scan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TEXT_ROOM 16384 /* of /proc/PID/cgroup: a line a v1 hierarchy */

/* v1 has no word for "no limit": the counter's largest value, LONG_MAX rounded
 * down to a page (mm/page_counter.c), whatever the page size. */
#define V1_UNLIMITED (1LL << 62)

/* "memory" among the controllers of a v1 line. */
static bool is_memory(const char *list, const char *end)
{
	static const char want[] = "memory";

	while (list < end) {
		const char *comma = memchr(list, ',', (size_t)(end - list));
		const char *stop = comma ? comma : end;

		if ((size_t)(stop - list) == sizeof(want) - 1 &&
		    memcmp(list, want, sizeof(want) - 1) == 0)
			return true;
		list = stop + 1;
	}
	return false;
}

/* Names of groups may be anything but ".."; the kernel says "/.." only for
 * what lies above our cgroup namespace. */
static bool leads_up(const char *path)
{
	for (const char *s = path; (s = strstr(s, "/..")); s += 3)
		if (s[3] == '/' || s[3] == '\0')
			return true;
	return false;
}

int cgroup_parse_membership(const char *text, int *version, char *path,
			    size_t size, struct err *err)
{
	int found = 0;

	for (const char *line = text; *line && found != 1;) {
		const char *end = line + strcspn(line, "\n");
		const char *list = memchr(line, ':', (size_t)(end - line));
		const char *where =
			list ? memchr(list + 1, ':', (size_t)(end - list - 1))
			     : NULL;
		size_t len;

		if (where) {
			int v = is_memory(list + 1, where) ? 1
				: where == list + 1	   ? 2
							   : 0;

			len = (size_t)(end - ++where);
			if (v && len > 0 && len < size && *where == '/') {
				memcpy(path, where, len);
				path[len] = '\0';
				found = v;
			}
		}
		line = *end ? end + 1 : end;
	}
	if (!found)
		return err_set(err, ERR_UNSUPPORTED,
			       "in no control group with a memory controller");
	*version = found;
	return 0;
}

/* Try one mountinfo, whose mount points lie below `prefix`. Takes `fd`. */
static bool try_mounts(int fd, const char *prefix, int version,
		       const char *path, struct cgroup *out)
{
	struct mount *m;
	FILE *f = fd >= 0 ? fdopen(fd, "r") : NULL;
	bool found;

	if (!f) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	m = mem_zalloc(1, sizeof(*m));
	found = mounts_find(f, version, path, m);
	fclose(f);
	if (found) {
		out->mount = mem_printf("%s%s", prefix, m->point);
		out->below = mem_strdup(mounts_below(m->root, path));
		found = access(out->mount, X_OK) == 0;
		if (!found) {
			free(out->mount);
			free(out->below);
			out->mount = out->below = NULL;
		}
	}
	free(m);
	return found;
}

/* The mounts of a process, seen through its root directory. */
static bool try_process(const struct procfs *fs, pid_t pid, int version,
			const char *path, struct cgroup *out)
{
	char *name = mem_printf("%d/mountinfo", (int)pid);
	char *prefix = mem_printf("%s/%d/root", fs->root, (int)pid);
	bool found = try_mounts(openat(fs->fd, name, O_RDONLY | O_CLOEXEC),
				prefix, version, path, out);

	free(name);
	free(prefix);
	return found;
}

int cgroup_find(const struct procfs *fs, int dir, struct cgroup *out,
		struct err *err)
{
	char text[TEXT_ROOM], path[PATH_MAX], shown[512];
	struct proc_stat st;
	ssize_t n;

	memset(out, 0, sizeof(*out));
	n = procfs_read(dir, "cgroup", text, sizeof(text), err);
	if (n < 0 || proc_stat_read(dir, &st, err) ||
	    cgroup_parse_membership(text, &out->version, path, sizeof(path),
				    err))
		return -1;
	text_visible(shown, sizeof(shown), path, strlen(path));
	if (leads_up(path))
		return err_set(err, ERR_UNSUPPORTED,
			       "control group %.120s lies outside our own "
			       "cgroup namespace",
			       shown);
	if (!(fs->live &&
	      try_mounts(open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC), "",
			 out->version, path, out)) &&
	    !try_process(fs, 1, out->version, path, out) &&
	    !try_process(fs, st.pid, out->version, path, out))
		return err_set(err, ERR_UNSUPPORTED,
			       "control group %.120s: no mount of cgroup v%d "
			       "shows it here",
			       shown, out->version);
	out->path = mem_strdup(shown);
	out->text = mem_strdup(text);
	return 0;
}

bool cgroup_stays(const struct cgroup *cg, int dir)
{
	char text[TEXT_ROOM];

	return procfs_read(dir, "cgroup", text, sizeof(text), NULL) < 0 ||
	       strcmp(text, cg->text) == 0;
}

void cgroup_release(struct cgroup *cg)
{
	free(cg->path);
	free(cg->mount);
	free(cg->below);
	free(cg->text);
	memset(cg, 0, sizeof(*cg));
}

/* One number of one file; *none when it says there is no limit. False when it
 * is not there or makes no sense. */
static bool read_value(int dir, const char *name, int64_t *out, bool *none)
{
	char text[64];
	const char *p = text;
	ssize_t n = procfs_read(dir, name, text, sizeof(text), NULL);

	*none = false;
	if (n <= 0)
		return false;
	if (strncmp(text, "max", 3) == 0 ||
	    (!scan_number(&p, text + n, out) && *p >= '0' && *p <= '9')) {
		*none = true; /* more than an int64_t is as good as none */
		return true;
	}
	if (p == text)
		return false;
	*none = *out >= V1_UNLIMITED;
	return true;
}

static void take(struct cgroup_memory *out, unsigned bit, int64_t *member,
		 int dir, const char *name)
{
	int64_t v;
	bool none;

	if (read_value(dir, name, &v, &none) && !none) {
		*member = v;
		out->known |= bit;
	}
}

/* Keep the smaller of a limit and what is known; returns whether the file
 * could be read at all. */
static bool lower(struct cgroup_memory *out, unsigned bit, int64_t *member,
		  int dir, const char *name)
{
	int64_t v;
	bool none;

	if (!read_value(dir, name, &v, &none))
		return false;
	if (!none && (!(out->known & bit) || v < *member)) {
		*member = v;
		out->known |= bit;
	}
	return true;
}

/* A figure of a flat keyed file: "KEY VALUE\n" lines. */
static void take_key(struct cgroup_memory *out, unsigned bit, int64_t *member,
		     const char *text, const char *key)
{
	size_t len = strlen(key);

	for (const char *s = text; s; s = strchr(s, '\n')) {
		const char *p;

		s += *s == '\n';
		p = s + len;
		if (strncmp(s, key, len) == 0 && *p == ' ' &&
		    scan_number(&p, p + strlen(p), member))
			out->known |= bit;
	}
}

static void read_keyed(struct cgroup_memory *out, int dir, int version)
{
	char text[8192];

	if (procfs_read(dir, "memory.stat", text, sizeof(text), NULL) > 0)
		take_key(out, CGROUP_INACTIVE_FILE, &out->inactive_file, text,
			 version == 2 ? "inactive_file"
				      : "total_inactive_file");
	if (procfs_read(dir,
			version == 2 ? "memory.events" : "memory.oom_control",
			text, sizeof(text), NULL) > 0)
		take_key(out, CGROUP_OOM_KILLS, &out->oom_kills, text,
			 "oom_kill");
}

static void read_own(struct cgroup_memory *out, int dir, int version)
{
	int64_t both;
	bool none;

	if (version == 2) {
		take(out, CGROUP_CURRENT, &out->current, dir, "memory.current");
		take(out, CGROUP_SWAP_CURRENT, &out->swap_current, dir,
		     "memory.swap.current");
	} else {
		take(out, CGROUP_CURRENT, &out->current, dir,
		     "memory.usage_in_bytes");
		/* v1 counts memory and swap together. */
		if (out->known & CGROUP_CURRENT &&
		    read_value(dir, "memory.memsw.usage_in_bytes", &both,
			       &none) &&
		    !none && both >= out->current) {
			out->swap_current = both - out->current;
			out->known |= CGROUP_SWAP_CURRENT;
		}
	}
	if (out->known & CGROUP_CURRENT)
		read_keyed(out, dir, version);
}

/* The limits of one level, the group's own or an ancestor's. */
static void read_limits(struct cgroup_memory *out, int dir, int version,
			int64_t *memsw, bool *memsw_known)
{
	int64_t v;
	bool none;

	if (version == 2) {
		if (lower(out, CGROUP_MAX, &out->max, dir, "memory.max"))
			out->unlimited = true;
		lower(out, CGROUP_HIGH, &out->high, dir, "memory.high");
		lower(out, CGROUP_SWAP_MAX, &out->swap_max, dir,
		      "memory.swap.max");
		return;
	}
	if (lower(out, CGROUP_MAX, &out->max, dir, "memory.limit_in_bytes"))
		out->unlimited = true;
	if (read_value(dir, "memory.memsw.limit_in_bytes", &v, &none) &&
	    !none && (!*memsw_known || v < *memsw)) {
		*memsw = v;
		*memsw_known = true;
	}
}

/* From the group up to the mount. A v2 group may lack the memory controller;
 * then its memory is counted by the next ancestor that has it. */
static void walk_up(const struct cgroup *cg, int base, char *below,
		    struct cgroup_memory *out)
{
	int64_t memsw = 0;
	bool own = false, memsw_known = false;

	for (;;) {
		char *slash = strrchr(below, '/');
		int dir = openat(base, *below ? below + 1 : ".",
				 O_PATH | O_DIRECTORY | O_CLOEXEC);

		if (dir >= 0) {
			if (!own)
				read_own(out, dir, cg->version);
			own = out->known & CGROUP_CURRENT;
			read_limits(out, dir, cg->version, &memsw,
				    &memsw_known);
			close(dir);
		}
		if (!slash)
			break;
		*slash = '\0';
	}
	if (memsw_known && out->known & CGROUP_MAX && memsw >= out->max) {
		out->swap_max = memsw - out->max;
		out->known |= CGROUP_SWAP_MAX;
	}
	if (out->known & CGROUP_MAX)
		out->unlimited = false;
}

int cgroup_read(const struct cgroup *cg, struct cgroup_memory *out,
		struct err *err)
{
	int base, own;
	char *below;

	memset(out, 0, sizeof(*out));
	base = open(cg->mount, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (base < 0)
		return err_sys(err, errno, "cannot open %s", cg->mount);
	own = openat(base, *cg->below ? cg->below + 1 : ".",
		     O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (own < 0) {
		err_sys(err, errno, "control group %.120s", cg->path);
		close(base);
		return -1;
	}
	close(own);
	below = mem_strdup(cg->below);
	walk_up(cg, base, below, out);
	free(below);
	close(base);
	return 0;
}
