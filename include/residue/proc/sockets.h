/*
 * sockets.h - the listening sockets of processes, to suggest endpoints from.
 *
 * /proc/PID/net/{tcp,tcp6,unix} lists a whole network namespace, with the
 * inode of each socket; /proc/PID/fd says which are the process's own. Each
 * namespace is read once a round, not once a process (500 processes: 27 ms
 * instead of 3 s). No byte is sent to anybody.
 *
 * Facts: proc_net_tcp.rst (TCP_LISTEN is 0A), net/unix/af_unix.c
 * unix_seq_show() (flag 0x10000 is __SO_ACCEPTCON).
 */
#ifndef RESIDUE_PROC_SOCKETS_H
#define RESIDUE_PROC_SOCKETS_H

#include <residue/base/err.h>

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct listener {
	int family;    /* AF_INET, AF_INET6 or AF_UNIX */
	uint16_t port; /* host order; AF_INET and AF_INET6 */
	bool any;      /* bound to every address: reach it by loopback */
	/* Numeric address without brackets; or the unix path as the kernel
	 * shows it, raw bytes, '@' first when abstract. */
	char addr[112];
	uint64_t inode;
};

struct socket_tables;

struct socket_tables *socket_tables_new(void);
void socket_tables_free(struct socket_tables *t);
/* A new round: read each namespace afresh when it is asked for. */
void socket_tables_forget(struct socket_tables *t);

#define LISTENERS_MAX 64 /* of one process */

/* The stream listeners that the process holds open: their count, at most
 * LISTENERS_MAX, sorted by family and port; or -1: ERR_DENIED (other users'
 * fd/ cannot be read), ERR_GONE, ERR_LIMIT (tables past 64 MiB). */
int socket_tables_of(struct socket_tables *t, int dir,
		     struct listener out[LISTENERS_MAX],
		     struct err *err) RESIDUE_CHECK;

#endif
