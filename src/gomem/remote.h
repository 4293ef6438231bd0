/*
 * remote.h - the memory of another process, wherever it comes from:
 *   live     process_vm_readv(2): one call for many pieces, no stop
 *   file     pread(2) on DIR/PID/mem, for --proc DIR: the pid there is that
 *            of another pid namespace or of a fixture, and process_vm_readv
 *            would reach a stranger
 *   image    the bytes that an executable file starts with (bss is zero)
 *
 * Every read can block for as long as the target's page fault takes (swap, a
 * frozen filesystem, userfaultfd): not for a thread that must not wait.
 */
#ifndef GOMEM_REMOTE_H
#define GOMEM_REMOTE_H

#include <residue/base/err.h>
#include <residue/goelf/elf.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define REMOTE_PIECES 1024 /* most pieces of one read (IOV_MAX) */
#define REMOTE_PAGE                                                            \
	4096 /* granularity of reads that look around; pages of                \
	      * 16 or 64 KiB are whole multiples of it */

struct remote_piece {
	uint64_t addr; /* in the target */
	void *to;
	size_t len;
};

struct remote {
	/* 0, or an errno. All pieces, or none that may be used. */
	int (*read)(const struct remote *r, const struct remote_piece *piece,
		    unsigned n);
	pid_t pid;
	int mem_fd;	/* file: owned, else -1 */
	char *pagemap;	/* owned; path, or NULL */
	bool looked;	/* it was opened to look around, or is not to be */
	int pagemap_fd; /* owned; -1: not known which pages are there */
	const struct elf_image *image; /* image: borrowed */
	uint64_t calls;		       /* system calls so far (for the cost) */
};

/* Read from process `pid` of our own pid namespace. */
void remote_live(struct remote *r, pid_t pid);
/* Read from `dir`/mem; `dir` is DIR/PID. */
int remote_file(struct remote *r, const char *dir,
		struct err *err) RESIDUE_CHECK;
void remote_image(struct remote *r, const struct elf_image *image);
void remote_close(struct remote *r);
/* Give back what only looking around needs (remote_next_run). */
void remote_settle(struct remote *r);

/* 0, or an errno: EFAULT and EIO mean that nothing is mapped there. */
int remote_readv(struct remote *r, const struct remote_piece *piece,
		 unsigned n);
/* All of n bytes at addr, or false. */
bool remote_read(struct remote *r, uint64_t addr, void *to, size_t n);
bool remote_word(struct remote *r, uint64_t addr, uint64_t *out);

/* The next run of pages in [*addr, hi) that are in memory or swapped out:
 * *addr and *len are its bytes. False: there is none. Pages that the target
 * never touched are passed over, because reading them would create them. */
bool remote_next_run(struct remote *r, uint64_t *addr, uint64_t hi,
		     uint64_t *len);

/* Add to *bytes the pages of [lo, hi) that are in memory and the process's own:
 * of no file, and not shared. False: that cannot be seen. */
bool remote_own_pages(const struct remote *r, uint64_t lo, uint64_t hi,
		      uint64_t *bytes);

/* Fill *err with what a user can do about an errno of a read. */
int remote_explain(const struct remote *r, int sysno, struct err *err);

#endif
