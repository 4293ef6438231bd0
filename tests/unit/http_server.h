/*
 * http_server.h - an HTTP server for the tests of src/fetch: one that behaves
 * and many that do not, chosen by the path. On 127.0.0.1, a port of the
 * kernel's choice, or a unix socket; a thread for each connection.
 */
#ifndef TESTS_UNIT_HTTP_SERVER_H
#define TESTS_UNIT_HTTP_SERVER_H

#include <stdatomic.h>

struct http_server;

/* `unix_path` NULL: TCP; '@' first: abstract. */
struct http_server *http_server_start(const char *unix_path);
int http_server_port(const struct http_server *s);
/* Connections accepted so far. */
int http_server_accepted(struct http_server *s);
/* Ends and joins every thread. */
void http_server_stop(struct http_server *s);

#define HTTP_BIG 300000 /* bytes of /big: the byte at i is 'a' + i % 26 */

#endif
