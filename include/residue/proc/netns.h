/*
 * netns.h - sockets opened where a target lives.
 *
 * A container's 127.0.0.1 is not ours. setns(2) is a matter of one thread, so
 * a short-lived one enters the target's network namespace and opens the
 * socket, which stays there for good; residue itself never moves (50-95 us).
 * Without privileges the way leads through the target's user namespace, which
 * only a single-threaded process may enter: a forked helper does and passes
 * the socket back (1 ms).
 *
 * Facts: setns(2), user_namespaces(7), network_namespaces(7).
 */
#ifndef RESIDUE_PROC_NETNS_H
#define RESIDUE_PROC_NETNS_H

#include <residue/base/err.h>
#include <residue/proc/procfs.h>

#include <stddef.h>

/* socket(2) in the network namespace of the process whose directory `dir` is;
 * always close-on-exec. An abstract unix address connects in that namespace
 * too. -1: ERR_DENIED with what would permit it, ERR_GONE, ERR_SYS. */
int netns_socket(int dir, int family, int type, int protocol,
		 struct err *err) RESIDUE_CHECK;

/* The path under which we see a path of the target's mount namespace:
 * /proc/PID/root/PATH, or PATH itself when we share its root and its mounts.
 * ERR_LIMIT when it does not fit. */
int netns_path(const struct procfs *fs, pid_t pid, const char *path, char *out,
	       size_t size, struct err *err) RESIDUE_CHECK;

#endif
