/* probe.c - one careful question to each listening socket of a process. */
#include "listeners.h"

#include <residue/base/clock.h>
#include <residue/base/text.h>
#include <residue/proc/facts.h>
#include <residue/proc/netns.h>

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define LISTEN_FIRST_MS 30
#define ANSWER_MS	300
#define ANSWER_MAX	2048

union address {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	struct sockaddr_un un;
};

/* Where one process is reached from. */
struct place {
	const struct procfs *fs;
	pid_t pid;
	int dir;
	bool other_net;
};

/* 0 and *len, or -1 when the address makes no sense. */
static int address_of(const struct place *p, const struct listener *l,
		      union address *a, socklen_t *len, struct err *err)
{
	const char *text = l->any ? "127.0.0.1" : l->addr;
	bool six = l->family == AF_INET6 && !l->any;

	memset(a, 0, sizeof(*a));
	if (l->family == AF_UNIX) {
		a->un.sun_family = AF_UNIX;
		if (l->addr[0] != '@') {
			*len = sizeof(a->un);
			return netns_path(p->fs, p->pid, l->addr,
					  a->un.sun_path,
					  sizeof(a->un.sun_path), err);
		}
		/* Abstract: the name counts to its last byte, with no NUL. */
		snprintf(a->un.sun_path + 1, sizeof(a->un.sun_path) - 1, "%s",
			 l->addr + 1);
		*len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
				   strlen(a->un.sun_path + 1));
		return 0;
	}
	a->any.sa_family = six ? AF_INET6 : AF_INET;
	*len = six ? sizeof(a->in6) : sizeof(a->in);
	if (six)
		a->in6.sin6_port = htons(l->port);
	else
		a->in.sin_port = htons(l->port);
	if (inet_pton(a->any.sa_family, text,
		      six ? (void *)&a->in6.sin6_addr
			  : (void *)&a->in.sin_addr) != 1)
		return err_set(err, ERR_FORMAT, "no address");
	return 0;
}

/* Milliseconds until `end_ns`, 0 when it has passed. */
static int left(int64_t end_ns)
{
	int64_t ms = (end_ns - clock_boot_ns()) / NS_PER_MS;

	return ms > 0 ? (int)ms : 0;
}

static bool ready(int fd, short events, int ms)
{
	struct pollfd p = {.fd = fd, .events = events};

	return poll(&p, 1, ms) > 0;
}

/* A connected socket in the target's namespace, or -1. */
static int reach(const struct place *p, const struct listener *l,
		 struct err *err)
{
	const int type = SOCK_STREAM | SOCK_NONBLOCK;
	union address a;
	socklen_t len, size = sizeof(int);
	int fd, why = 0;

	if (address_of(p, l, &a, &len, err))
		return -1;
	if (p->other_net)
		fd = netns_socket(p->dir, a.any.sa_family, type, 0, err);
	else if ((fd = socket(a.any.sa_family, type | SOCK_CLOEXEC, 0)) < 0)
		err_sys(err, errno, "no socket");
	if (fd < 0)
		return -1;
	if (connect(fd, &a.any, len) && errno != EINPROGRESS)
		why = errno;
	else if (!ready(fd, POLLOUT, ANSWER_MS))
		why = ETIMEDOUT;
	else
		getsockopt(fd, SOL_SOCKET, SO_ERROR, &why, &size);
	if (!why)
		return fd;
	close(fd);
	return err_sys(err, why, "cannot connect");
}

static size_t hear(int fd, char out[ANSWER_MAX])
{
	int64_t end = clock_boot_ns() + ANSWER_MS * NS_PER_MS;
	size_t n = 0;
	ssize_t got;

	while (n < ANSWER_MAX - 1 && ready(fd, POLLIN, left(end))) {
		got = recv(fd, out + n, ANSWER_MAX - 1 - n, 0);
		if (got <= 0)
			break;
		n += (size_t)got;
	}
	out[n] = '\0';
	return n;
}

static void judge_vars(struct probe_try *t, const char *answer)
{
	int status = 0;

	if (sscanf(answer, "HTTP/1.%*1d %3d", &status) == 1 && status == 200 &&
	    strstr(answer, "\n{\n") && strstr(answer, "\n\"cmdline\": ["))
		t->answer = PROBE_VARS;
}

static void judge(struct probe_try *t, const char *answer, size_t len)
{
	int status = 0;

	if (!len)
		t->answer = PROBE_SILENT;
	else if (sscanf(answer, "HTTP/1.%*1d %3d", &status) != 1)
		t->answer = PROBE_SPEAKS;
	else if (status == 400 && strstr(answer, "HTTPS server"))
		t->answer = PROBE_TLS;
	else if (status == 200 && strstr(answer, "<title>/debug/pprof/"))
		t->answer = PROBE_PPROF;
	else
		t->answer = PROBE_HTTP;
	t->status = status;
}

/* One GET on a connection that is used for nothing else. */
static bool ask(int fd, const char *path, const char *host,
		char answer[ANSWER_MAX], size_t *len)
{
	char get[256];
	int n = snprintf(get, sizeof(get),
			 "GET %s HTTP/1.1\r\nHost: %.150s\r\n"
			 "User-Agent: residue\r\nConnection: close\r\n\r\n",
			 path, host);

	if (send(fd, get, (size_t)n, MSG_NOSIGNAL) != n)
		return false;
	*len = hear(fd, answer);
	return true;
}

/* Go's mux has answered that there is no pprof. */
static void try_vars(const struct place *p, const struct listener *l,
		     const char *host, struct probe_try *t)
{
	char answer[ANSWER_MAX];
	int fd = reach(p, l, NULL);
	size_t len;

	if (fd < 0)
		return;
	if (ask(fd, "/debug/vars", host, answer, &len))
		judge_vars(t, answer);
	close(fd);
}

static void try_one(const struct place *p, const struct listener *l,
		    struct probe_try *t)
{
	char url[LISTENER_URL_MAX], answer[ANSWER_MAX];
	const char *host = "localhost";
	size_t len;
	int fd;

	*t = (struct probe_try){.answer = PROBE_UNREACHABLE};
	listener_url(l, url);
	text_visible(t->url, sizeof(t->url), url, strlen(url));
	fd = reach(p, l, &t->err);
	if (fd < 0)
		return;
	t->answer = PROBE_SPEAKS;
	/* Its own address: some answer 403 to another Host. */
	if (l->family != AF_UNIX)
		host = url + strlen("http://");
	if (!ready(fd, POLLIN, LISTEN_FIRST_MS)) {
		t->answer = PROBE_SILENT;
		if (ask(fd, "/debug/pprof/", host, answer, &len))
			judge(t, answer, len);
	}
	close(fd);
	if (t->answer == PROBE_HTTP && t->status == 404)
		try_vars(p, l, host, t);
}

const struct probe_try *probe_endpoint(const struct probe_try *tries, int n)
{
	const struct probe_try *vars = NULL;

	for (int i = 0; i < n; i++) {
		if (tries[i].answer == PROBE_PPROF)
			return &tries[i];
		if (tries[i].answer == PROBE_VARS && !vars)
			vars = &tries[i];
	}
	return vars;
}

int probe_run(const struct procfs *fs, const struct proc_id *id,
	      struct probe_try out[PROBE_MOST], struct err *err)
{
	struct listener list[LISTENERS_MAX];
	struct socket_tables *tables;
	struct place p = {.fs = fs, .pid = id->pid};
	struct proc_namespaces ns;
	int n, tried = 0;

	if (!fs->live)
		return err_set(err, ERR_UNSUPPORTED,
			       "processes of another /proc are not probed");
	p.dir = procfs_pid_open(fs, id, err);
	if (p.dir < 0)
		return -1;
	tables = socket_tables_new();
	n = socket_tables_of(tables, p.dir, list, err);
	socket_tables_free(tables);
	p.other_net =
		proc_namespaces_read(p.dir, &ns, NULL) == 0 && ns.other_net;
	for (; tried < n && tried < PROBE_MOST; tried++) {
		try_one(&p, &list[tried], &out[tried]);
		if (out[tried].answer == PROBE_PPROF) {
			tried++;
			break;
		}
	}
	close(p.dir);
	return n < 0 ? -1 : tried;
}

void probe_words(const struct probe_try *t, char *out, size_t size)
{
	static const char *const words[] = {
		[PROBE_PPROF] = "Go's pprof",
		[PROBE_VARS] = "no pprof (404), but expvar",
		[PROBE_TLS] = "speaks TLS: give PID@https://...",
		[PROBE_SPEAKS] = "no HTTP",
		[PROBE_SILENT] = "no answer",
	};

	if (t->answer == PROBE_HTTP && t->status == 404)
		snprintf(out, size, "HTTP, no pprof and no expvar there (404)");
	else if (t->answer == PROBE_HTTP)
		snprintf(out, size, "HTTP, no pprof there (%d)", t->status);
	else if (t->answer == PROBE_UNREACHABLE)
		snprintf(out, size, "%s", t->err.msg);
	else
		snprintf(out, size, "%s", words[t->answer]);
}
