/* test_listeners.c - sockets in words, and what a probe says to whom: this
 * process's own sockets are looked at and probed. */
#include <residue/source/listeners.h>

#include <arpa/inet.h>
#include <pthread.h>
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* A server of one connection. */
struct server {
	int fd;
	const char *greeting, *answer; /* NULL: none */
	const char *then;	       /* to the second connection */
	char heard[1024];
	int connections;
	char url[64];
	pthread_t thread;
};

static void *serve(void *arg)
{
	struct server *s = arg;
	int fd;

	while ((fd = accept(s->fd, NULL, NULL)) >= 0) {
		size_t n = 0;
		ssize_t got;

		s->connections++;
		if (s->greeting)
			send(fd, s->greeting, strlen(s->greeting),
			     MSG_NOSIGNAL);
		while (n < sizeof(s->heard) - 1 &&
		       (got = recv(fd, s->heard + n, sizeof(s->heard) - 1 - n,
				   0)) > 0) {
			n += (size_t)got;
			s->heard[n] = '\0';
			if (s->answer && strstr(s->heard, "\r\n\r\n")) {
				const char *say = s->connections > 1 && s->then
							  ? s->then
							  : s->answer;

				send(fd, say, strlen(say), MSG_NOSIGNAL);
				break;
			}
		}
		close(fd);
	}
	return NULL;
}

static void start(struct server *s, const char *greeting, const char *answer)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
				.sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t len = sizeof(a);

	*s = (struct server){
		.greeting = greeting, .answer = answer, .then = s->then};
	s->fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(s->fd, (struct sockaddr *)&a, len), 0);
	assert_int_equal(listen(s->fd, 4), 0);
	assert_int_equal(getsockname(s->fd, (struct sockaddr *)&a, &len), 0);
	snprintf(s->url, sizeof(s->url), "http://127.0.0.1:%u",
		 ntohs(a.sin_port));
	assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
}

static void end(struct server *s)
{
	shutdown(s->fd, SHUT_RDWR); /* ends accept() */
	pthread_join(s->thread, NULL);
	close(s->fd);
}

static int probe_self(struct probe_try out[PROBE_MOST])
{
	const struct proc_id id = {.pid = getpid()};
	struct procfs fs;
	int n;

	assert_int_equal(procfs_open(&fs, NULL, NULL), 0);
	n = probe_run(&fs, &id, out, NULL);
	procfs_release(&fs);
	return n;
}

static struct probe_try probe_one(const char *greeting, const char *answer,
				  struct server *s)
{
	struct probe_try tries[PROBE_MOST];

	start(s, greeting, answer);
	assert_int_equal(probe_self(tries), 1);
	end(s);
	assert_string_equal(tries[0].url, s->url);
	/* One question, but for what is HTTP and has no pprof. */
	assert_int_equal(s->connections,
			 answer && strstr(answer, " 404 ") ? 2 : 1);
	return tries[0];
}

static void answers(void **state)
{
	static const char index[] =
		"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n"
		"<html>\n<head>\n<title>/debug/pprof/</title>\n";
	static const char vars[] =
		"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"
		"{\n\"cmdline\": [\"/x\"],\n\"memstats\": {\"Alloc\":1";
	struct server s = {.then = NULL};
	struct probe_try t;
	char words[100];

	(void)state;
	assert_int_equal(probe_one(NULL, index, &s).answer, PROBE_PPROF);
	assert_ptr_equal(strstr(s.heard, "GET /debug/pprof/ HTTP/1.1\r\n"),
			 s.heard);
	assert_non_null(strstr(s.heard, s.url + strlen("http://")));
	t = probe_one(NULL, "HTTP/1.0 404 Not Found\r\n\r\n", &s);
	assert_int_equal(t.answer, PROBE_HTTP);
	probe_words(&t, words, sizeof(words));
	assert_string_equal(words, "HTTP, no pprof and no expvar there (404)");
	assert_null(probe_endpoint(&t, 1));
	s.then = vars;
	t = probe_one(NULL, "HTTP/1.0 404 Not Found\r\n\r\n", &s);
	assert_int_equal(t.answer, PROBE_VARS);
	assert_memory_equal(s.heard, "GET /debug/vars HTTP/1.1\r\n", 26);
	assert_ptr_equal(probe_endpoint(&t, 1), &t);
	s.then = "HTTP/1.1 200 OK\r\n\r\n{\"cmdline\": 3}";
	t = probe_one(NULL, "HTTP/1.0 404 Not Found\r\n\r\n", &s);
	assert_int_equal(t.answer, PROBE_HTTP);
	s.then = NULL;
	t = probe_one(NULL,
		      "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP "
		      "request to an HTTPS server.\n",
		      &s);
	assert_int_equal(t.answer, PROBE_TLS);
	assert_int_equal(probe_one(NULL, "-ERR unknown\r\n", &s).answer,
			 PROBE_SPEAKS);
	assert_int_equal(probe_one(NULL, NULL, &s).answer, PROBE_SILENT);
}

/* A server that speaks first is no HTTP: not a byte is sent to it. */
static void speaks_first(void **state)
{
	struct server s = {.then = NULL};

	(void)state;
	assert_int_equal(probe_one("220 ready\r\n", NULL, &s).answer,
			 PROBE_SPEAKS);
	assert_string_equal(s.heard, "");
}

static void unix_sockets(void **state)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	struct probe_try tries[PROBE_MOST];
	struct socket_tables *tables = socket_tables_new();
	struct procfs fs;
	const struct proc_id id = {.pid = getpid()};
	char text[LISTENS_MAX], want[LISTENS_MAX];
	int fd = socket(AF_UNIX, SOCK_STREAM, 0), dir, n;

	(void)state;
	n = snprintf(a.sun_path + 1, sizeof(a.sun_path) - 1, "residue\t%d",
		     (int)getpid());
	assert_int_equal(
		bind(fd, (struct sockaddr *)&a,
		     (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
				 (size_t)n)),
		0);
	assert_int_equal(listen(fd, 4), 0);
	assert_int_equal(procfs_open(&fs, NULL, NULL), 0);
	dir = procfs_pid_open(&fs, &id, NULL);
	listeners_text(tables, dir, text);
	snprintf(want, sizeof(want), "unix:@residue\\t%d", (int)getpid());
	assert_string_equal(text, want);
	close(dir);
	procfs_release(&fs);
	socket_tables_free(tables);
	/* Nobody accepts: connected by the backlog, no answer. */
	assert_int_equal(probe_self(tries), 1);
	assert_int_equal(tries[0].answer, PROBE_SILENT);
	close(fd);
}

/* More than the words have room for are counted, not cut in two. */
static void many(void **state)
{
	struct server s[12] = {{.then = NULL}};
	struct socket_tables *tables = socket_tables_new();
	struct procfs fs;
	const struct proc_id id = {.pid = getpid()};
	char text[LISTENS_MAX];
	int dir;

	(void)state;
	for (int i = 0; i < 12; i++)
		start(&s[i], "hello\n", NULL);
	assert_int_equal(procfs_open(&fs, NULL, NULL), 0);
	dir = procfs_pid_open(&fs, &id, NULL);
	listeners_text(tables, dir, text);
	assert_ptr_equal(strstr(text, "127.0.0.1:"), text);
	assert_non_null(strstr(text, " +"));
	close(dir);
	procfs_release(&fs);
	socket_tables_free(tables);
	for (int i = 0; i < 12; i++)
		end(&s[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers),
		cmocka_unit_test(speaks_first),
		cmocka_unit_test(unix_sockets),
		cmocka_unit_test(many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
