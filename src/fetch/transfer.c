/* transfer.c - one request: its options and its callbacks. */
#include <config.h>

#include "transfer.h"

#include <residue/base/clock.h>
#include <residue/base/mem.h>
#include <residue/base/text.h>

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

/* Slower than this over half the time allowed (5 s at least) is a server that
 * drips, once it has begun to answer: until then it may take all of its time.
 * The deadline of the whole request stands besides. */
#define LOW_SPEED_BYTES 64L
#define LOW_SPEED_MIN_S 5L
#define SHOWN_MAX	100    /* of the URL in a message */
#define RECEIVE_BUFFER	32768L /* one for each transfer that runs */

struct transfer *transfer_new(const struct fetch_request *req)
{
	struct transfer *t = mem_zalloc(1, sizeof(*t));
	char shown[SHOWN_MAX];

	t->req = *req;
	t->req.url = mem_strdup(req->url);
	/* Visible already; cut at a character, to leave room for words. */
	text_visible(shown, sizeof(shown), req->shown, strlen(req->shown));
	t->req.shown = mem_strdup(shown);
	t->req.unix_path = req->unix_path ? mem_strdup(req->unix_path) : NULL;
	t->res.owner = req->owner;
	/* The tail slides through a window of twice its size. */
	buf_init(&t->res.body, req->tail ? 2 * req->tail : req->body_max);
	return t;
}

static void note_first_byte(struct transfer *t)
{
	if (t->res.first_byte_ns)
		return;
	t->res.first_byte_ns = clock_boot_ns();
	/* Refused: the deadline alone stands. */
	if (libcurl.easy_setopt(t->easy, CURLOPT_LOW_SPEED_LIMIT,
				LOW_SPEED_BYTES))
		return;
}

static size_t on_header(char *line, size_t one, size_t n, void *ctx)
{
	struct transfer *t = ctx;

	(void)line;
	note_first_byte(t);
	t->header_bytes += one * n;
	t->header_lines++;
	if (t->header_bytes > HEADER_BYTES_MAX ||
	    t->header_lines > HEADER_LINES_MAX) {
		t->stop = STOP_HEADERS;
		return 0;
	}
	return one * n;
}

static bool is_html(const struct transfer *t, const char *data, size_t n)
{
	char *type = NULL;
	size_t i = 0;

	/* gzip: whatever its label says (RFC 1952, 2.3.1). */
	if (n >= 2 && data[0] == '\x1f' && data[1] == '\x8b')
		return false;

	if (libcurl.easy_getinfo(t->easy, CURLINFO_CONTENT_TYPE, &type) == 0 &&
	    type && strncasecmp(type, "text/html", 9) == 0)
		return true;
	while (i < n && (data[i] == ' ' || data[i] == '\r' || data[i] == '\n'))
		i++;
	return i < n && data[i] == '<';
}

/* Keep the last bytes only: what does not fit pushes the oldest out. */
static int slide(struct transfer *t, const char *data, size_t n)
{
	struct buf *b = &t->res.body;
	size_t keep = t->req.tail;

	if (n >= keep) {
		t->res.cut = t->res.cut || b->len > 0 || n > keep;
		buf_clear(b);
		return buf_append(b, data + (n - keep), keep, NULL);
	}
	if (b->len + n > b->cap) {
		memmove(b->data, b->data + (b->len - keep), keep);
		b->len = keep;
		t->res.cut = true;
	}
	return buf_append(b, data, n, NULL);
}

static atomic_size_t bodies; /* bytes of all that are on their way */

/* Count the body as it is now: is there room for it? */
static bool has_room(struct transfer *t)
{
	size_t len = t->res.body.len, more = len - t->counted;

	t->counted = len;
	return atomic_fetch_add(&bodies, more) + more <= BODIES_MAX ||
	       len <= BODY_ALWAYS;
}

static size_t on_error_body(struct transfer *t, const char *data, size_t n)
{
	struct buf *b = &t->res.body;
	size_t kept = b->len < ERROR_BODY_KEPT ? ERROR_BODY_KEPT - b->len : 0;

	if (kept > n)
		kept = n;
	if (kept && buf_append(b, data, kept, NULL))
		t->stop = STOP_MEMORY;
	else if (t->res.received > ERROR_BODY_MAX)
		t->stop = STOP_ERROR_BODY;
	return t->stop ? 0 : n;
}

static size_t on_body(char *data, size_t one, size_t n, void *ctx)
{
	struct transfer *t = ctx;
	size_t len = one * n;
	bool first = t->res.received == 0;
	long status = 0;

	note_first_byte(t);
	t->res.received += len;
	libcurl.easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	if (status != 200)
		return on_error_body(t, data, len);
	if (first && !t->req.html && is_html(t, data, len))
		t->stop = STOP_HTML;
	else if (t->res.received > t->req.body_max)
		t->stop = STOP_BODY;
	else if (t->req.tail ? slide(t, data, len)
			     : buf_append(&t->res.body, data, len, NULL))
		t->stop = STOP_MEMORY;
	else if (!has_room(t))
		t->stop = STOP_ROOM;
	return t->stop ? 0 : len;
}

static curl_socket_t on_open_socket(void *ctx, curlsocktype purpose,
				    struct curl_sockaddr *to)
{
	struct transfer *t = ctx;
	int fd = t->req.open_socket(t->req.ctx, to->family, to->socktype,
				    to->protocol, &t->socket);

	(void)purpose;
	return fd < 0 ? CURL_SOCKET_BAD : fd;
}

static CURLcode set_callbacks(struct transfer *t)
{
	CURLcode rc = CURLE_OK;
	CURL *c = t->easy;

	if (!rc)
		rc = libcurl.easy_setopt(c, CURLOPT_PRIVATE, t);
	if (!rc)
		rc = libcurl.easy_setopt(c, CURLOPT_ERRORBUFFER, t->curl_says);
	if (!rc)
		rc = libcurl.easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
	if (!rc)
		rc = libcurl.easy_setopt(c, CURLOPT_HEADERDATA, t);
	if (!rc)
		rc = libcurl.easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
	if (!rc)
		rc = libcurl.easy_setopt(c, CURLOPT_WRITEDATA, t);
	if (rc || !t->req.open_socket)
		return rc;
	rc = libcurl.easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
	if (!rc)
		rc = libcurl.easy_setopt(c, CURLOPT_OPENSOCKETDATA, t);
	/* Connections are kept by host and port, which in another namespace
	 * are another server. */
	if (!rc)
		rc = libcurl.easy_setopt(c, CURLOPT_FRESH_CONNECT, 1L);
	if (!rc)
		rc = libcurl.easy_setopt(c, CURLOPT_FORBID_REUSE, 1L);
	return rc;
}

/* The options that are numbers, in one table. */
static CURLcode set_limits(struct transfer *t, const struct settings *s)
{
	long half_s = t->timeout_ms / 2000;
	const struct {
		CURLoption option;
		long value;
	} limits[] = {
		{CURLOPT_NOSIGNAL, 1},
		{CURLOPT_QUICK_EXIT, 1}, /* do not wait for a resolver */
		{CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1},
		{CURLOPT_HTTP09_ALLOWED, 0},
		{CURLOPT_FOLLOWLOCATION, 0},
		{CURLOPT_BUFFERSIZE, RECEIVE_BUFFER},
		{CURLOPT_TIMEOUT_MS, t->timeout_ms},
		{CURLOPT_CONNECTTIMEOUT_MS,
		 s->connect_timeout_ms < t->timeout_ms ? s->connect_timeout_ms
						       : t->timeout_ms},
		{CURLOPT_LOW_SPEED_TIME,
		 half_s > LOW_SPEED_MIN_S ? half_s : LOW_SPEED_MIN_S},
		{CURLOPT_SSL_VERIFYPEER, !s->insecure},
		{CURLOPT_SSL_VERIFYHOST, s->insecure ? 0 : 2},
		{CURLOPT_SUPPRESS_CONNECT_HEADERS, 1},
	};
	CURLcode rc = CURLE_OK;

	for (size_t i = 0; !rc && i < sizeof(limits) / sizeof(limits[0]); i++)
		rc = libcurl.easy_setopt(t->easy, limits[i].option,
					 limits[i].value);
	/* Refuses what is announced as too long before it comes. */
	if (!rc && !t->req.tail)
		rc = libcurl.easy_setopt(t->easy, CURLOPT_MAXFILESIZE_LARGE,
					 (curl_off_t)t->req.body_max);
	return rc;
}

static CURLcode set_credentials(CURL *c, const struct settings *s)
{
	CURLcode rc = CURLE_OK;

	if (s->headers)
		rc = libcurl.easy_setopt(c, CURLOPT_HTTPHEADER, s->headers);
	if (!rc && s->netrc)
		rc = libcurl.easy_setopt(c, CURLOPT_NETRC, CURL_NETRC_OPTIONAL);
	if (!rc && s->cert)
		rc = libcurl.easy_setopt(c, CURLOPT_SSLCERT, s->cert);
	if (!rc && s->key)
		rc = libcurl.easy_setopt(c, CURLOPT_SSLKEY, s->key);
	/* Without one the TLS library asks the terminal for it, and waits. */
	if (!rc && s->cert)
		rc = libcurl.easy_setopt(c, CURLOPT_KEYPASSWD, "");
	return rc;
}

static CURLcode set_place(struct transfer *t, const struct settings *s)
{
	CURL *c = t->easy;
	const char *path = t->req.unix_path;
	CURLcode rc =
		libcurl.easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");

	if (!rc)
		rc = libcurl.easy_setopt(c, CURLOPT_URL, t->req.url);
	if (!rc)
		rc = libcurl.easy_setopt(c, CURLOPT_USERAGENT,
					 "residue/" PACKAGE_VERSION);
	if (!rc && path && *path == '@')
		rc = libcurl.easy_setopt(c, CURLOPT_ABSTRACT_UNIX_SOCKET,
					 path + 1);
	else if (!rc && path)
		rc = libcurl.easy_setopt(c, CURLOPT_UNIX_SOCKET_PATH, path);
	/* "" also shuts out http_proxy and its like. */
	if (!rc && (t->req.direct || path || t->req.open_socket))
		rc = libcurl.easy_setopt(c, CURLOPT_PROXY, "");
	if (!rc && s->cacert)
		rc = libcurl.easy_setopt(c, CURLOPT_CAINFO, s->cacert);
	if (!rc && t->req.credentials)
		rc = set_credentials(c, s);
	return rc;
}

int transfer_begin(struct transfer *t, CURL *easy, const struct settings *s)
{
	t->easy = easy;
	t->cacert = s->cacert != NULL;
	t->timeout_ms =
		t->req.timeout_ms > 0 ? t->req.timeout_ms : s->timeout_ms;
	t->res.begin_ns = clock_boot_ns();
	return set_callbacks(t) || set_limits(t, s) || set_place(t, s) ? -1 : 0;
}

static void ended(struct transfer *t)
{
	t->res.end_ns = clock_boot_ns();
	if (t->res.begin_ns == 0)
		t->res.begin_ns = t->res.end_ns;
	t->res.wall_offset_ns = clock_wall_offset_ns();
}

void transfer_finish(struct transfer *t, CURLcode rc)
{
	struct buf *b = &t->res.body;
	char *type = NULL;
	long status = 0;

	ended(t);
	libcurl.easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	t->res.status = (int)status;
	if (libcurl.easy_getinfo(t->easy, CURLINFO_CONTENT_TYPE, &type) == 0 &&
	    type)
		text_visible(t->res.content_type, sizeof(t->res.content_type),
			     type, strlen(type));
	transfer_explain(t, rc);
	if (t->req.tail && b->len > t->req.tail) {
		memmove(b->data, b->data + (b->len - t->req.tail), t->req.tail);
		b->len = t->req.tail;
		b->data[b->len] = '\0';
		t->res.cut = true;
	}
	if (t->res.err.code != ERR_NONE)
		buf_clear(b);
}

void transfer_abandon(struct transfer *t, const char *why)
{
	ended(t);
	buf_clear(&t->res.body);
	err_set(&t->res.err, ERR_GONE, "%s: %s", t->req.shown, why);
}

void transfer_deliver(struct transfer *t)
{
	t->req.done(t->req.ctx, &t->res);
	buf_release(&t->res.body);
	atomic_fetch_sub(&bodies, t->counted);
	free((char *)t->req.url);
	free((char *)t->req.shown);
	free((char *)t->req.unix_path);
	free(t);
}
