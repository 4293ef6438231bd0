/*
 * cgroup.h - the memory limits a process runs under: cgroup v1 and v2.
 *
 * /proc/PID/cgroup names the group, mountinfo says where its hierarchy can be
 * read:
 *
 *   0::/user.slice/app      + "... / /sys/fs/cgroup ... - cgroup2 ..."
 *     -> /sys/fs/cgroup/user.slice/app/memory.current, memory.max, ...
 *
 * Our own mounts are tried first, then init's and the target's through
 * /proc/PID/root, which serve `--proc DIR` and a reader inside a container.
 * The limit that counts is the smallest from the group up to the mount.
 *
 * Facts: Documentation/admin-guide/cgroup-v2.rst "Memory Interface Files",
 * cgroup-v1/memory.rst, cgroups(7) "/proc files", proc(5) mountinfo.
 */
#ifndef RESIDUE_PROC_CGROUP_H
#define RESIDUE_PROC_CGROUP_H

#include <residue/base/err.h>
#include <residue/proc/procfs.h>

#include <stdbool.h>
#include <stdint.h>

struct cgroup {
	int version; /* 1 or 2 */
	char *path;  /* as /proc/PID/cgroup has it, visible, for the user */
	char *mount; /* private: where the hierarchy is mounted, a path */
	char *below; /* private: the group, relative to `mount` */
	char *text;  /* private: of /proc/PID/cgroup when it was found */
};

/* Bits of cgroup_memory.known. */
enum cgroup_bit {
	CGROUP_CURRENT = 1 << 0,
	CGROUP_MAX = 1 << 1, /* set only where there is a limit */
	CGROUP_HIGH = 1 << 2,
	CGROUP_SWAP_CURRENT = 1 << 3,
	CGROUP_SWAP_MAX = 1 << 4,
	CGROUP_INACTIVE_FILE = 1 << 5,
	CGROUP_OOM_KILLS = 1 << 6,
};

/* Bytes unless said otherwise. */
struct cgroup_memory {
	unsigned known;	 /* CGROUP_* bits */
	bool unlimited;	 /* the limit was read, and there is none */
	int64_t current; /* of the target's own group */
	int64_t max;	 /* smallest limit of the group and its ancestors */
	int64_t high;	 /* v2: smallest throttling threshold, likewise */
	int64_t swap_current;
	int64_t swap_max;      /* smallest, likewise; v1: memsw - memory */
	int64_t inactive_file; /* working set = current - inactive_file */
	int64_t oom_kills;     /* count, of the own group */
};

/* Find the group of the process whose directory `dir` is. ERR_UNSUPPORTED:
 * no memory controller, or its mount cannot be seen from here. */
int cgroup_find(const struct procfs *fs, int dir, struct cgroup *out,
		struct err *err) RESIDUE_CHECK;
void cgroup_release(struct cgroup *cg);
/* Whether that process is still in the group it was in when *cg was found:
 * one read of /proc/PID/cgroup, some 6 us. True too where it cannot be read:
 * then nothing is known that is newer. */
bool cgroup_stays(const struct cgroup *cg, int dir);

/* Read the figures (about 100 us). ERR_GONE: the group is no longer there,
 * find it anew. One that the process has left is there as long as others use
 * it: ask cgroup_stays first. */
int cgroup_read(const struct cgroup *cg, struct cgroup_memory *out,
		struct err *err) RESIDUE_CHECK;

/* The group's memory line in the text of /proc/PID/cgroup: 0 and *version and
 * path (size bytes, raw), or -1 ERR_UNSUPPORTED. Pure. `hybrid` systems have
 * the memory controller on v1 and an empty v2 line besides: v1 wins. */
int cgroup_parse_membership(const char *text, int *version, char *path,
			    size_t size, struct err *err) RESIDUE_CHECK;

#endif
