/* denied.c - what to say where the kernel lets only tracers look. */
#include "denied.h"

int proc_denied(struct err *err, int sysno, const char *what)
{
	err_set(err, ERR_DENIED,
		"may not read %s: the process is another user's or has "
		"privileges of its own; use sudo, or "
		"setcap cap_sys_ptrace+ep on the residue program",
		what);
	if (err)
		err->sys = sysno;
	return -1;
}
