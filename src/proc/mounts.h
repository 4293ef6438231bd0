/*
 * mounts.h - where a cgroup hierarchy is mounted, from mountinfo.
 *
 *   31 23 0:28 /docker/a /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
 *              '- root -' '----- point ------'      type          options
 */
#ifndef PROC_MOUNTS_H
#define PROC_MOUNTS_H

#include <residue/base/err.h>

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>

struct mount {
	char root[PATH_MAX];  /* of the hierarchy, what is mounted */
	char point[PATH_MAX]; /* where */
};

/* One line (it is cut up); false when it is no mount of the memory controller
 * of `version`. Octal escapes are undone. Pure. */
bool mounts_parse_line(char *line, int version, struct mount *out);

/* The mount that shows most of `path`: the one with the longest root above it.
 * False when none does. */
bool mounts_find(FILE *mountinfo, int version, const char *path,
		 struct mount *out);

/* What is left of `path` below `root` ("" or "/a/b"), or NULL. */
const char *mounts_below(const char *root, const char *path);

#endif
