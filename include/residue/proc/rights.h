/*
 * rights.h - why the memory of a process may not be read, in words.
 *
 * process_vm_readv(2) asks for PTRACE_MODE_ATTACH_REALCREDS (ptrace(2)): same
 * user in all three IDs and dumpable, no capabilities that the reader lacks,
 * or CAP_SYS_PTRACE; then security modules have a say, of which Yama is the
 * usual one (Documentation/admin-guide/LSM/Yama.rst). Before all of it, a
 * seccomp filter of a container may refuse the call. What the kernel answers is
 * the same EPERM for all, so the reason is looked for in /proc.
 */
#ifndef RESIDUE_PROC_RIGHTS_H
#define RESIDUE_PROC_RIGHTS_H

#include <residue/base/err.h>
#include <residue/proc/procfs.h>

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * Returns -1 with ERR_DENIED: one sentence that says what is missing and the
 * command that grants it.
 * root: of the proc file system or fixture, "/proc" as a rule.
 * live: it is our own; system calls are tried on ourselves then.
 */
int rights_explain(const char *root, pid_t pid, bool live, struct err *err);

/*
 * The same of a process that proc(5)'s hidepid keeps out of our sight: with the
 * mode of the mount, and the group that sees it all the same, where it has one.
 * fs: descriptor of the proc file system.
 */
int rights_hidden(int fs, pid_t pid, struct err *err);

/* One sentence when hidepid hides the processes of others from us, as it hides
 * that of PID 1; false when it does not. One system call where it does not, the
 * reading of mountinfo and /etc/group where it does. */
bool rights_hides(const struct procfs *fs, char *out, size_t size);

#endif
