/* http_server.c - servers that behave, and that do not. */
#include "http_server.h"

#include <residue/base/mem.h>

#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define THREADS_MAX 256
#define OK	    "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n"

struct http_server {
	int fd, port;
	int wake[2]; /* closed write end: everybody ends */
	pthread_t accepter, threads[THREADS_MAX];
	int n; /* of the accepter, then of http_server_stop */
	atomic_int accepted;
};

struct connection {
	struct http_server *s;
	int fd;
};

/* Sleep; true when the peer has gone or the server ends. */
static bool nap(struct connection *c, int ms)
{
	struct pollfd p[2] = {{c->fd, POLLRDHUP, 0}, {c->s->wake[0], 0, 0}};

	return poll(p, 2, ms) > 0;
}

static bool put(struct connection *c, const char *bytes, size_t n)
{
	while (n > 0) {
		struct pollfd p[2] = {{c->fd, POLLOUT, 0},
				      {c->s->wake[0], 0, 0}};
		ssize_t k;

		if (poll(p, 2, -1) <= 0 || p[1].revents)
			return false;
		k = send(c->fd, bytes, n, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (k <= 0)
			return false;
		bytes += k;
		n -= (size_t)k;
	}
	return true;
}

static bool say(struct connection *c, const char *text)
{
	return put(c, text, strlen(text));
}

static void drip(struct connection *c, const char *head, const char *drop)
{
	say(c, head);
	while (say(c, drop) && !nap(c, 20))
		;
}

static void forever(struct connection *c, const char *head, const char *more)
{
	say(c, head);
	while (say(c, more))
		;
}

static void big(struct connection *c)
{
	char *body = malloc(HTTP_BIG), head[128];

	for (int i = 0; body && i < HTTP_BIG; i++)
		body[i] = (char)('a' + i % 26);
	snprintf(head, sizeof(head), OK "Content-Length: %d\r\n\r\n", HTTP_BIG);
	if (body && say(c, head))
		put(c, body, HTTP_BIG);
	free(body);
}

/* The paths whose answer is one text. */
static const char *const simple[][2] = {
	{"/ok", OK "Content-Length: 5\r\n\r\nhello"},
	{"/empty", OK "Content-Length: 0\r\n\r\n"},
	{"/chunked", OK "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n"
			"\r\n"},
	{"/short", OK "Content-Length: 100\r\nConnection: close\r\n\r\nabc"},
	{"/negative", OK "Content-Length: -5\r\n\r\nabc"},
	{"/badchunk", OK "Transfer-Encoding: chunked\r\n\r\n"
			 "FFFFFFFFFFFFFFFFF\r\nabc"},
	{"/hugelength", OK "Content-Length: 9223372036854775807\r\n\r\nabc"},
	{"/http09", "\x1f\x8b hello there, this is no status line\n"},
	{"/html", "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
		  "Content-Length: 18\r\n\r\n<html>login</html>"},
	{"/htmlhidden", "HTTP/1.1 200 OK\r\nContent-Length: 22\r\n\r\n\n"
			"<!DOCTYPE html><html>"},
	{"/redirect", "HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\n"
		      "Content-Length: 0\r\n\r\n"},
	{"/401", "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\n"
		 "Content-Length: 0\r\n\r\n"},
	{"/403",
	 "HTTP/1.1 403 Forbidden\r\nContent-Type: application/json\r\n"
	 "Content-Length: 29\r\n\r\n{\"error\":\"host not \033allowed\"}"},
	{"/500", "HTTP/1.1 500 \033]0;pwned\007\033[2J\r\n"
		 "Content-Length: 0\r\n\r\n"},
	{"/400", "HTTP/1.0 400 Bad Request\r\nContent-Type: text/plain\r\n\r\n"
		 "Client sent an HTTP request to an HTTPS server.\n"},
};

/* Answers one request; false: the connection is to be closed. */
static bool answer(struct connection *c, const char *path)
{
	char header[1024], fill[900];

	for (size_t i = 0; i < sizeof(simple) / sizeof(simple[0]); i++)
		if (strcmp(path, simple[i][0]) == 0) {
			say(c, simple[i][1]);
			return strcmp(path, "/ok") == 0;
		}
	memset(fill, 'b', sizeof(fill) - 1);
	fill[sizeof(fill) - 1] = '\0';
	snprintf(header, sizeof(header), "X-Fill: %s\r\n", fill);
	if (strcmp(path, "/big") == 0)
		big(c);
	else if (strcmp(path, "/hang") == 0)
		nap(c, -1);
	else if (strcmp(path, "/drip") == 0)
		drip(c, OK "Content-Length: 100000\r\n\r\n", "x");
	else if (strcmp(path, "/dripheaders") == 0)
		drip(c, OK "X-A: ", "x");
	else if (strcmp(path, "/endless") == 0)
		forever(c, OK "\r\n", fill);
	else if (strcmp(path, "/headers") == 0)
		forever(c, OK, header);
	else if (strcmp(path, "/100s") == 0)
		forever(c, "", "HTTP/1.1 100 Continue\r\n\r\n");
	else if (strcmp(path, "/endless500") == 0)
		forever(c, "HTTP/1.1 500 No\r\n\r\n", fill);
	else if (strcmp(path, "/reset") != 0)
		say(c, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n"
		       "Connection: close\r\n\r\n");
	return false;
}

static void *serve(void *arg)
{
	struct connection *c = arg;
	char in[4096], path[128];
	bool more = true;

	while (more) {
		struct pollfd p[2] = {{c->fd, POLLIN, 0},
				      {c->s->wake[0], 0, 0}};
		ssize_t n;

		if (poll(p, 2, -1) <= 0 || p[1].revents)
			break;
		n = recv(c->fd, in, sizeof(in) - 1, 0);
		if (n <= 0)
			break;
		in[n] = '\0';
		if (sscanf(in, "GET %127[^ ?]", path) != 1)
			break;
		more = answer(c, path);
	}
	/* What is unread would turn the close into a reset. */
	shutdown(c->fd, SHUT_WR);
	nap(c, 1000);
	close(c->fd);
	free(c);
	return NULL;
}

static void *accept_all(void *arg)
{
	struct http_server *s = arg;

	for (;;) {
		struct pollfd p[2] = {{s->fd, POLLIN, 0}, {s->wake[0], 0, 0}};
		struct connection *c;
		int fd;

		if (poll(p, 2, -1) <= 0 || p[1].revents)
			return NULL;
		fd = accept4(s->fd, NULL, NULL, SOCK_CLOEXEC);
		if (fd < 0 || s->n == THREADS_MAX)
			return NULL;
		c = mem_zalloc(1, sizeof(*c));
		c->s = s;
		c->fd = fd;
		atomic_fetch_add(&s->accepted, 1);
		if (pthread_create(&s->threads[s->n], NULL, serve, c) == 0)
			s->n++;
	}
}

static int listen_unix(const char *path)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
				    strlen(path));
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memcpy(a.sun_path, path, strlen(path));
	if (*path == '@')
		a.sun_path[0] = '\0';
	else
		len++;
	return bind(fd, (struct sockaddr *)&a, len) || listen(fd, 64) ? -1 : fd;
}

static int listen_tcp(int *port)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
				.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (bind(fd, (struct sockaddr *)&a, len) || listen(fd, 64) ||
	    getsockname(fd, (struct sockaddr *)&a, &len))
		return -1;
	*port = ntohs(a.sin_port);
	return fd;
}

struct http_server *http_server_start(const char *unix_path)
{
	struct http_server *s = mem_zalloc(1, sizeof(*s));

	s->fd = unix_path ? listen_unix(unix_path) : listen_tcp(&s->port);
	if (s->fd < 0 || pipe(s->wake) ||
	    pthread_create(&s->accepter, NULL, accept_all, s)) {
		perror("http_server");
		exit(1);
	}
	return s;
}

int http_server_port(const struct http_server *s)
{
	return s->port;
}

int http_server_accepted(struct http_server *s)
{
	return atomic_load(&s->accepted);
}

void http_server_stop(struct http_server *s)
{
	close(s->wake[1]); /* POLLHUP for all */
	pthread_join(s->accepter, NULL);
	for (int i = 0; i < s->n; i++)
		pthread_join(s->threads[i], NULL);
	close(s->wake[0]);
	close(s->fd);
	free(s);
}
