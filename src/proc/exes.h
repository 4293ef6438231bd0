/*
 * exes.h - what is known of each executable file or library, asked once a file.
 *
 * The key is (dev, ino, size, mtime): a file replaced in place or an inode
 * given out again is another file. Counted references keep the facts of what
 * runs; beyond EXES_MAX files, those that nothing runs are dropped.
 */
#ifndef PROC_EXES_H
#define PROC_EXES_H

#include <residue/proc/list.h>

#include <sys/stat.h>

#define EXES_MAX 4096

struct exe;
struct exes {
	struct exe *table; /* uthash */
	const struct proc_list_hooks *hooks;
};

/* The facts of the file `name` below `dir` (an open link like 1234/exe, or an
 * absolute path): one reference more, or NULL with errno when it cannot be
 * read or is no regular file. *st is filled in first. */
struct exe *exes_take(struct exes *x, int dir, const char *name,
		      const struct stat *st);
void exes_hold(struct exe *e); /* one reference more */
void exes_drop(struct exe *e);
/* Forget files that nothing runs when there are too many. */
void exes_trim(struct exes *x);
void exes_free(struct exes *x);

void *exe_facts(const struct exe *e);

#endif
