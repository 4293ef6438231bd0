/*
 * known.h - what was found in a process serves the next of the same file.
 *
 * Finding a runtime takes 0.3 to 40 ms; where its variables are is the same in
 * each process of one executable, but for the load bias. Entries are of a file
 * that cannot have changed unseen (device, inode, size, times of contents and
 * of inode) and of one user: what one user's process made us find is not
 * tried on another's. They propose, as symbols do: a process is read by them
 * only when its own memory fulfils the identities there (locate.c).
 *
 * Bounded; the entry that was not used for longest goes first. Threads may
 * call at once.
 */
#ifndef GOMEM_KNOWN_H
#define GOMEM_KNOWN_H

#include "target.h"

#include <sys/stat.h>

#define KNOWN_MAX 256 /* files; some 4 KiB each */

struct known {
	struct known_key key;
	struct elf_image elf; /* segments only: no file, no sections */
	struct goexe exe;
	const struct layout *layout;
	bool row_exact;
	enum gomem_how how;
	struct places at; /* link-time addresses */
	struct module module;
	unsigned nhints;
	uint64_t hints[HINTS_MAX];
	unsigned in_vain; /* processes that were searched for what is missing */
};

/* `owner` is the user of the process (st_uid of its /proc directory). */
struct known_key known_key(const struct stat *file, uid_t owner);
/* A copy of the entry. False: there is none. */
bool known_find(const struct known_key *key, struct known *out);
/* Remember, instead of what was known of this key. */
void known_store(const struct known *k);

#endif
