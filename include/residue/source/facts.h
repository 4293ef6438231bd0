/*
 * facts.h - who a process is, and which processes are Go: what the list and
 * the headers of screens say that is no figure.
 *
 * Recognised by the executable (goelf/exe.h), or by a Go library that a program
 * of another language has loaded, never by a name. For lanes and threads that
 * may block.
 */
#ifndef RESIDUE_SOURCE_FACTS_H
#define RESIDUE_SOURCE_FACTS_H

#include <residue/model/target.h>
#include <residue/proc/list.h>
#include <residue/proc/procfs.h>

/* Fill *out (id and endpoint apart) for the process; `id->starttime` 0 takes
 * the one there is now. What may not be read stays "". ERR_GONE when it is not
 * there. `brief`: only what cannot block (comm, user), as its command line and
 * its executable may. */
int facts_read(struct procfs *fs, const struct proc_id *id, bool brief,
	       struct target_info *out, struct err *err) RESIDUE_CHECK;

/* Where the executable is not Go's: version and module of the Go library that it
 * has loaded; of several none, as one would pass for all. Reads its maps and
 * what is mapped, about a millisecond. False: it has loaded none, or this cannot
 * be seen. */
bool facts_of_library(struct procfs *fs, const struct proc_id *id,
		      struct target_info *out);

/* As facts_read, of a process that was found by go_list_scan: neither its
 * executable nor its libraries are looked at again. */
int facts_of_entry(struct procfs *fs, const struct proc_entry *entry,
		   bool brief, struct target_info *out,
		   struct err *err) RESIDUE_CHECK;

/* The Go processes of a /proc root. `enter` as in struct proc_list_hooks. */
struct go_list;
struct go_list *go_list_new(const struct procfs *fs,
			    bool (*enter)(void *ctx, pid_t pid,
					  enum proc_look what),
			    void *ctx);
void go_list_free(struct go_list *l);
/* Look again; entries and counts as proc/list.h. */
int go_list_scan(struct go_list *l, struct err *err) RESIDUE_CHECK;
const struct proc_list *go_list_processes(const struct go_list *l);

/* MemTotal and MemAvailable of /proc/meminfo in bytes; -1 where not said. */
void machine_memory(const struct procfs *fs, int64_t *total,
		    int64_t *available);

#endif
