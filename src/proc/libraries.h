/*
 * libraries.h - the wanted ones among the shared libraries of processes.
 *
 *   maps of a process -> (dev, ino, name) -> struct exe (exes.h) -> facts
 *                        what was met since
 *                        libraries_forget
 *
 * Most processes have mapped the same few libraries. Which file stands behind a
 * name is looked up once and kept for one scan only: afterwards an inode may
 * have been given to another file.
 */
#ifndef PROC_LIBRARIES_H
#define PROC_LIBRARIES_H

#include "exes.h"

struct library;
struct libraries {
	struct exes *exes;
	struct library *table; /* uthash */
};

/* The first wanted file that the process has mapped as code, one reference
 * more, and in *n how many there are; *out is NULL and *n 0 without any. -1: its
 * maps cannot be read. `dir`: its directory. */
int libraries_find(struct libraries *l, int dir, struct exe **out, unsigned *n);
void libraries_forget(struct libraries *l);

#endif
