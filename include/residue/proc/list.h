/*
 * list.h - all processes of a /proc root, and which of them are wanted.
 *
 * A scan costs one readdir of /proc and, for what is new, young or due for its
 * check, one stat of /proc/PID/exe. Whether an executable is wanted (Go or
 * not) is the caller's to say, asked once for each file by its identity:
 *
 *   /proc -> PID, inode of /proc/PID -> (start time, executable) -> facts
 *            a changed inode is a new process      cached by
 *                                                  (dev, ino, size, mtime)
 *
 * Processes fork before they exec, so the young ones (10 s) are looked at in
 * every scan and the others in turn, each at every 16th.
 *
 * A process whose executable is not wanted may have loaded a library that is (a
 * Go library in a C program). That is in its maps, which cost 10 to 200 us to
 * read, so they are read
 *   - of processes of several threads only, and of as much address space as
 *     the caller says: a Go runtime has threads of its own, and reserves a
 *     half GiB for its page summaries. /proc/PID/task and statm tell that
 *     in 2 and 5 us. What the executable is linked with would tell less: the
 *     library may be needed by another library, or be opened later (dlopen,
 *     plugins, interpreters);
 *   - of all of these in the first scan, which may be the only one;
 *   - afterwards when their turn comes (see above), for a library may come any
 *     time, those first that were looked into longest ago, and as far as 1 ms of
 *     CPU time a scan goes.
 */
#ifndef RESIDUE_PROC_LIST_H
#define RESIDUE_PROC_LIST_H

#include <residue/base/err.h>
#include <residue/proc/procfs.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What of a process is looked at. */
enum proc_look { PROC_LOOK_EXE, PROC_LOOK_MAPS };

struct proc_list_hooks {
	/* What is this executable, or library? `fd` is open for reading, at any offset,
	 * and closed by the list; `path` names it for messages (raw bytes).
	 * Returns facts that the list hands on and gives back to drop(), or
	 * NULL: not wanted. */
	void *(*classify)(void *ctx, int fd, const char *path);
	void (*drop)(void *ctx, void *facts);
	/* Before a process is looked at, which may block: its executable's disk
	 * may not answer. False: it is left as it was, or not looked at. NULL:
	 * every one is looked at. */
	bool (*enter)(void *ctx, pid_t pid, enum proc_look what);
	/* The address space of a process that has loaded a wanted library is at
	 * least so large; 0: it may have any size. */
	int64_t library_bytes;
	void *ctx;
};

/* Why a process is not among the wanted. */
enum proc_skip {
	PROC_WANTED,
	PROC_SKIP_OTHER,  /* neither its executable nor a library is wanted */
	PROC_SKIP_KERNEL, /* kernel thread */
	PROC_SKIP_DENIED, /* another user's, and its executable unreadable */
	PROC_SKIP_ZOMBIE, /* exited, or went while we looked */
	PROC_SKIP_ASIDE,  /* `enter` said no, and it was never looked at */
	PROC_SKIP_N
};

struct proc_entry {
	struct proc_id id;
	void *facts;	     /* classify's; valid until the next scan */
	unsigned generation; /* changes of executable since it was wanted */
	/* /proc/PID/exe may not be read; the file its command line names is
	 * wanted, and its name fits comm. Likely, not certain. */
	bool guessed;
	/* 0: the facts are of its executable. Else of the first of so many
	 * wanted libraries. */
	unsigned libraries;
};

struct proc_list;

/* `fs` must outlive the list. One thread at a time. */
struct proc_list *proc_list_new(const struct procfs *fs,
				const struct proc_list_hooks *hooks);
void proc_list_free(struct proc_list *l);

/* Look again. ERR_SYS, ERR_DENIED: /proc itself cannot be read; the list is
 * then as it was. */
int proc_list_scan(struct proc_list *l, struct err *err) RESIDUE_CHECK;

/* The wanted processes by rising PID, valid until the next scan. */
const struct proc_entry *proc_list_entries(const struct proc_list *l,
					   size_t *n);
/* Processes of the last scan by outcome, PROC_SKIP_N of them. */
const size_t *proc_list_counts(const struct proc_list *l);

#endif
