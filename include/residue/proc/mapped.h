/*
 * mapped.h - the files whose code a process has mapped: its executable and its
 * shared libraries, from /proc/PID/maps.
 *
 * A program that only reads a file (a debugger its symbols) maps it without the
 * right to execute: that is no library of it.
 *
 * Takes 10 to 50 us (Linux 6.11 and later; else the text of maps, 30 to 200), and
 * the target's mmap_lock, which may be held: for threads that may block.
 */
#ifndef RESIDUE_PROC_MAPPED_H
#define RESIDUE_PROC_MAPPED_H

#include <residue/base/err.h>

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

struct mapped {
	uint64_t dev, ino; /* as maps has them; on btrfs and overlayfs st_dev is
			    * another */
	/* Below the directory of the process, by its root: raw bytes.
	 * "root/usr/lib/libc.so.6" */
	char name[PATH_MAX + 8];
};

/* Files that are looked at of one process; gomem's attach has the same cap. */
#define MAPPED_MAX 256

/* Call `fn` for each file, in the order of addresses, until it returns false;
 * one that is mapped in pieces may come again. `dir`: procfs_pid_open's. */
int mapped_each(int dir, bool (*fn)(void *ctx, const struct mapped *m),
		void *ctx, struct err *err) RESIDUE_CHECK;

/* The file's stat, where what stands at its name is still the one that is
 * mapped, and a regular file. */
bool mapped_stat(int dir, const struct mapped *m, struct stat *st);

#endif
