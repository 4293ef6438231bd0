/*
 * proc_fixture.h - throw-away /proc trees and child processes for the tests
 * of src/proc.
 */
#ifndef TESTS_UNIT_PROC_FIXTURE_H
#define TESTS_UNIT_PROC_FIXTURE_H

#include <residue/proc/procfs.h>

#include <stddef.h>

/* A new empty directory below $TMPDIR or /tmp; removed by fixture_remove. */
char *fixture_dir(void);
void fixture_remove(char *dir);
/* Write DIR/NAME, making the folders on the way; `len` bytes, or strlen(text)
 * for fixture_file. */
void fixture_bytes(const char *dir, const char *name, const void *bytes,
		   size_t len);
void fixture_file(const char *dir, const char *name, const char *text);
/* DIR/PID/{stat,statm,status} of a sleeping process, 4096 pages resident. */
void fixture_process(const char *dir, int pid, const char *comm,
		     unsigned long long starttime);
/* The committed tree tests/data/proc/NAME; free() it. */
char *fixture_data(const char *name);

/* A child that does nothing until it is killed. */
pid_t fixture_child(void);
/* Kill it and wait until it is a zombie (reap false) or gone. */
void fixture_kill(pid_t pid, bool reap);

#endif
