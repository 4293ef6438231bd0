/* sockets.c - listening sockets, read once a network namespace. */
#include <residue/proc/sockets.h>

#include <residue/base/mem.h>
#include <residue/proc/procfs.h>

#include "denied.h"
#include "sockets_diag.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TCP_LISTEN_STATE 10	    /* include/net/tcp_states.h */
#define UNIX_LISTENING	 0x10000    /* __SO_ACCEPTCON, include/linux/net.h */
#define UNIX_STREAM	 1	    /* SOCK_STREAM */
#define TABLE_MAX	 (64 << 20) /* bytes of text read of one namespace */
#define TABLES_MAX	 256   /* namespaces kept; the rest is read each time */
#define FDS_MAX		 65536 /* descriptors of one process that are looked at */

/* The listeners of one network namespace, sorted by inode. */
struct table {
	uint64_t dev, ino; /* of ns/net */
	struct listener *list;
	size_t n, room;
	size_t read; /* bytes of text so far */
};

struct socket_tables {
	struct table tables[TABLES_MAX];
	size_t n;
};

struct socket_tables *socket_tables_new(void)
{
	return mem_zalloc(1, sizeof(struct socket_tables));
}

void socket_tables_forget(struct socket_tables *t)
{
	for (size_t i = 0; i < t->n; i++)
		free(t->tables[i].list);
	memset(t, 0, sizeof(*t));
}

void socket_tables_free(struct socket_tables *t)
{
	if (!t)
		return;
	socket_tables_forget(t);
	free(t);
}

static void add(struct table *t, const struct listener *l)
{
	if (t->n == t->room) {
		t->room = t->room ? 2 * t->room : 32;
		t->list = mem_realloc(t->list, t->room, sizeof(*t->list));
	}
	t->list[t->n++] = *l;
}

/* The kernel prints each 32-bit word of an address in host order. */
static void take_address(struct listener *l, const char *hex)
{
	uint32_t word[4] = {0};
	size_t words = l->family == AF_INET6 ? 4 : 1;

	l->any = true;
	for (size_t i = 0; i < words; i++) {
		char part[9] = "";

		memcpy(part, hex + 8 * i, 8);
		word[i] = (uint32_t)strtoul(part, NULL, 16);
		l->any = l->any && word[i] == 0;
	}
	if (!inet_ntop(l->family, word, l->addr, sizeof(l->addr)))
		l->addr[0] = '\0';
}

/* Cut a line at its blanks: `n` fields, what follows them in *rest. */
static bool split(char *line, char *field[], size_t n, char **rest)
{
	for (size_t i = 0; i < n; i++) {
		line += strspn(line, " ");
		field[i] = line;
		line += strcspn(line, " \n");
		if (line == field[i])
			return false;
		if (*line)
			*line++ = '\0';
	}
	line += strspn(line, " ");
	line[strcspn(line, "\n")] = '\0';
	*rest = line;
	return true;
}

/* A whole field as a number; UINT64_MAX, which none of them is, when it is
 * not one. */
static uint64_t number(const char *field, int base)
{
	char *end;
	unsigned long long v;

	errno = 0;
	v = strtoull(field, &end, base);
	return errno || *end || end == field ? UINT64_MAX : v;
}

/* "  0: 0100007F:1F90 00000000:0000 0A tx:rx tr:when retr uid timeout INODE" */
static bool parse_tcp(char *line, struct listener *l)
{
	size_t width = l->family == AF_INET6 ? 32 : 8;
	char *field[10], *rest;
	uint64_t port;

	if (!split(line, field, 10, &rest) ||
	    number(field[3], 16) != TCP_LISTEN_STATE)
		return false;
	if (strspn(field[1], "0123456789ABCDEF") != width ||
	    field[1][width] != ':')
		return false;
	port = number(field[1] + width + 1, 16);
	l->inode = number(field[9], 10);
	if (port > UINT16_MAX || l->inode == UINT64_MAX)
		return false;
	l->port = (uint16_t)port;
	take_address(l, field[1]);
	return true;
}

/* "0000000000000000: 00000002 00000000 00010000 0001 01 1234 /run/x.sock" */
static bool parse_unix(char *line, struct listener *l)
{
	char *field[7], *path;
	uint64_t flags;
	size_t len;

	if (!split(line, field, 7, &path))
		return false;
	flags = number(field[3], 16);
	l->inode = number(field[6], 10);
	len = strlen(path);
	if (flags == UINT64_MAX || !(flags & UNIX_LISTENING) ||
	    number(field[4], 16) != UNIX_STREAM || l->inode == UINT64_MAX ||
	    len == 0 || len >= sizeof(l->addr))
		return false;
	memcpy(l->addr, path, len + 1);
	return true;
}

static int read_file(struct table *t, int dir, const char *name, int family,
		     struct err *err)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	FILE *f = fd >= 0 ? fdopen(fd, "r") : NULL;
	char line[512];
	int rc = 0;

	if (!f) {
		if (fd >= 0)
			close(fd);
		/* A kernel without IPv6 has no tcp6. */
		return errno == ENOENT && faccessat(dir, "net", F_OK, 0) == 0
			       ? 0
			       : err_sys(err, errno, "cannot open %s", name);
	}
	while (rc == 0 && fgets(line, sizeof(line), f)) {
		struct listener l = {.family = family};

		t->read += strlen(line);
		if (t->read > TABLE_MAX)
			rc = err_set(err, ERR_LIMIT,
				     "the socket tables of the network "
				     "namespace pass 64 MiB");
		else if (family == AF_UNIX ? parse_unix(line, &l)
					   : parse_tcp(line, &l))
			add(t, &l);
	}
	fclose(f);
	return rc;
}

static int by_inode(const void *a, const void *b)
{
	const struct listener *x = a, *y = b;

	return (x->inode > y->inode) - (x->inode < y->inode);
}

static int by_place(const void *a, const void *b)
{
	const struct listener *x = a, *y = b;
	int c = (x->family > y->family) - (x->family < y->family);

	if (!c)
		c = (x->port > y->port) - (x->port < y->port);
	return c ? c : strcmp(x->addr, y->addr);
}

struct diag_to {
	struct table *table;
	int family;
};

static void take_diag(void *ctx, uint64_t inode, uint16_t port,
		      const void *addr)
{
	static const char zero[16];
	const struct diag_to *to = ctx;
	struct listener l = {
		.family = to->family, .port = port, .inode = inode};

	l.any = memcmp(addr, zero, to->family == AF_INET6 ? 16 : 4) == 0;
	if (inet_ntop(to->family, addr, l.addr, sizeof(l.addr)))
		add(to->table, &l);
}

/* By netlink where that shows the same namespace, else as text. */
static int read_tcp(struct table *t, int dir, bool own, const char *name,
		    int family, struct err *err)
{
	struct diag_to to = {t, family};
	size_t before = t->n;

	if (own && diag_listeners(family, take_diag, &to))
		return 0;
	t->n = before;
	return read_file(t, dir, name, family, err);
}

static int read_table(struct table *t, int dir, bool own, struct err *err)
{
	if (read_tcp(t, dir, own, "net/tcp", AF_INET, err) ||
	    read_tcp(t, dir, own, "net/tcp6", AF_INET6, err) ||
	    read_file(t, dir, "net/unix", AF_UNIX, err))
		return -1;
	if (t->n)
		qsort(t->list, t->n, sizeof(*t->list), by_inode);
	return 0;
}

/* The table of the process's namespace, read if it is not there yet. */
static struct table *table_of(struct socket_tables *s, int dir, struct err *err)
{
	struct table *t;
	struct stat ns;

	if (fstatat(dir, "ns/net", &ns, 0)) {
		if (errno == EACCES || errno == EPERM)
			proc_denied(err, errno, "ns/net");
		else
			err_sys(err, errno, "cannot see ns/net");
		return NULL;
	}
	for (size_t i = 0; i < s->n; i++)
		if (s->tables[i].ino == ns.st_ino &&
		    s->tables[i].dev == ns.st_dev)
			return &s->tables[i];
	if (s->n == TABLES_MAX)
		socket_tables_forget(s);
	t = &s->tables[s->n];
	t->dev = ns.st_dev;
	t->ino = ns.st_ino;
	if (read_table(t, dir, diag_is_own(&ns), err)) {
		free(t->list);
		memset(t, 0, sizeof(*t));
		return NULL;
	}
	s->n++;
	return t;
}

/* "socket:[1234]" -> 1234, or 0. */
static uint64_t socket_inode(int fds, const char *name)
{
	static const char head[] = "socket:[";
	char link[64];
	ssize_t n = readlinkat(fds, name, link, sizeof(link) - 1);

	if (n <= 0)
		return 0;
	link[n] = '\0';
	return strncmp(link, head, sizeof(head) - 1) == 0
		       ? strtoull(link + sizeof(head) - 1, NULL, 10)
		       : 0;
}

static int collect(const struct table *t, DIR *d,
		   struct listener out[LISTENERS_MAX])
{
	struct dirent *e;
	size_t looked = 0;
	int n = 0;

	while (n < LISTENERS_MAX && looked++ < FDS_MAX && (e = readdir(d))) {
		struct listener key = {
			.inode = socket_inode(dirfd(d), e->d_name)};
		struct listener *l = NULL;

		if (key.inode)
			l = bsearch(&key, t->list, t->n, sizeof(key), by_inode);
		for (int i = 0; l && i < n; i++)
			if (out[i].inode == l->inode)
				l = NULL; /* dup'ed: one socket, two fds */
		if (l)
			out[n++] = *l;
	}
	return n;
}

int socket_tables_of(struct socket_tables *t, int dir,
		     struct listener out[LISTENERS_MAX], struct err *err)
{
	struct table *own = table_of(t, dir, err);
	int fd, n;
	DIR *d;

	if (!own)
		return -1;
	if (own->n == 0)
		return 0;
	fd = openat(dir, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 && (errno == EACCES || errno == EPERM))
		return proc_denied(err, errno, "fd");
	d = fd >= 0 ? fdopendir(fd) : NULL;
	if (!d) {
		err_sys(err, errno, "cannot list fd");
		if (fd >= 0)
			close(fd);
		return -1;
	}
	n = collect(own, d, out);
	closedir(d);
	qsort(out, (size_t)n, sizeof(*out), by_place);
	return n;
}
