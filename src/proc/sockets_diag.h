/*
 * sockets_diag.h - TCP listeners of our own network namespace, by netlink.
 *
 * sock_diag(7) walks the listening sockets only. /proc/net/tcp walks the table
 * of all connections behind them: 2 ms of CPU each time on a machine with much
 * memory, connections or not.
 */
#ifndef PROC_SOCKETS_DIAG_H
#define PROC_SOCKETS_DIAG_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

/* One listener: port in host order; addr is 4 or 16 bytes in network order. */
typedef void diag_sink(void *ctx, uint64_t inode, uint16_t port,
		       const void *addr);

/* Whether `ns` is /proc/self/ns/net: elsewhere netlink tells of other sockets. */
bool diag_is_own(const struct stat *ns);

/* All listeners of AF_INET or AF_INET6. False when the kernel does not tell
 * (built without inet_diag, or forbidden); some may have been delivered. */
bool diag_listeners(int family, diag_sink *sink, void *ctx);

#endif
