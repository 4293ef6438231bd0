/* denied.h - what to say where the kernel lets only tracers look. */
#ifndef PROC_DENIED_H
#define PROC_DENIED_H

#include <residue/base/err.h>

/* EACCES or EPERM on `what` of a process: ERR_DENIED, with what would permit
 * it. The check is PTRACE_MODE_READ (ptrace(2)): same user and dumpable, or
 * CAP_SYS_PTRACE. */
int proc_denied(struct err *err, int sysno, const char *what);

#endif
