/* words.c - what became of a request, in words a user can act on. */
#include "transfer.h"

#include <residue/base/text.h>
#include <residue/base/units.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* CURLINFO_SSL_VERIFYRESULT is the TLS library's number; these are OpenSSL's
 * (x509_vfy.h), which do not change. */
enum {
	X509_EXPIRED = 10,
	X509_SELF_SIGNED = 18,
	X509_SELF_SIGNED_IN_CHAIN = 19,
	X509_NO_ISSUER = 20,
	X509_NO_LEAF_SIGNATURE = 21,
};

static void say(struct transfer *t, enum err_code code, const char *fmt, ...)
	RESIDUE_PRINTF(3, 4);

/* "URL: words"; err.sys is the HTTP status where there is one. */
static void say(struct transfer *t, enum err_code code, const char *fmt, ...)
{
	char words[sizeof(t->res.err.msg)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(words, sizeof(words), fmt, ap);
	va_end(ap);
	err_set(&t->res.err, code, "%s: %s", t->req.shown, words);
	t->res.err.sys = t->res.status;
}

/* Curl quotes a proxy's URL from the environment, password and all. */
static void hide_userinfo(char *text)
{
	char *from = strstr(text, "://"),
	     *at = from ? strrchr(from, '@') : NULL;

	if (at)
		memmove(from + 3, at + 1, strlen(at + 1) + 1);
	else if (from && strlen(text) + 1 >= CURL_ERROR_SIZE)
		from[3] = '\0'; /* cut before the '@', if there was one */
}

/* What curl says, safe to show: it may quote the server. */
static const char *quoted(const struct transfer *t, CURLcode rc, char out[120])
{
	char says[CURL_ERROR_SIZE];

	snprintf(says, sizeof(says), "%s",
		 t->curl_says[0] ? t->curl_says : libcurl.easy_strerror(rc));
	hide_userinfo(says);
	text_visible(out, 120, says, strlen(says));
	return out;
}

static void timed_out(struct transfer *t)
{
	char limit[UNITS_MAX], got[UNITS_MAX];
	double connected = 0, ready = 0;

	units_duration(limit, (t->res.end_ns - t->res.begin_ns));
	units_bytes(got, (int64_t)t->res.received);
	libcurl.easy_getinfo(t->easy, CURLINFO_CONNECT_TIME, &connected);
	/* The first is 0 of a connection that was there already. */
	libcurl.easy_getinfo(t->easy, CURLINFO_PRETRANSFER_TIME, &ready);
	if (connected <= 0 && ready <= 0 && t->res.first_byte_ns == 0)
		say(t, ERR_TIMEOUT, "no connection within %s", limit);
	else if (t->res.first_byte_ns == 0)
		say(t, ERR_TIMEOUT, "connected, but no answer within %s",
		    limit);
	else if (t->res.received == 0)
		say(t, ERR_TIMEOUT,
		    "the answer's headers did not end within "
		    "%s",
		    limit);
	else
		say(t, ERR_TIMEOUT,
		    "too slow: %s of the answer in %s (--timeout allows more)",
		    got, limit);
}

static void not_connected(struct transfer *t, CURLcode rc)
{
	char text[120];
	long sysno = 0;

	libcurl.easy_getinfo(t->easy, CURLINFO_OS_ERRNO, &sysno);
	if (t->socket.code != ERR_NONE)
		say(t, t->socket.code, "%s", t->socket.msg);
	else if (sysno == ECONNREFUSED)
		say(t, ERR_NET, "connection refused: nothing listens there");
	else if (sysno == EACCES || sysno == EPERM)
		say(t, ERR_DENIED, "may not connect: %s",
		    strerror_r((int)sysno, text, sizeof(text)));
	else if (sysno == ENOENT)
		say(t, ERR_NET, "there is no such socket");
	else if (sysno)
		say(t, ERR_NET, "cannot connect: %s",
		    strerror_r((int)sysno, text, sizeof(text)));
	else
		say(t, ERR_NET, "cannot connect: %s", quoted(t, rc, text));
}

static void not_trusted(struct transfer *t)
{
	long why = 0;

	libcurl.easy_getinfo(t->easy, CURLINFO_SSL_VERIFYRESULT, &why);
	switch (why) {
	case X509_EXPIRED:
		say(t, ERR_DENIED,
		    "its certificate has expired (--insecure "
		    "accepts it)");
		return;
	case X509_SELF_SIGNED:
	case X509_SELF_SIGNED_IN_CHAIN:
		say(t, ERR_DENIED,
		    "its certificate is self-signed: trust it "
		    "with --cacert FILE, or use --insecure");
		return;
	case X509_NO_ISSUER:
	case X509_NO_LEAF_SIGNATURE:
		say(t, ERR_DENIED,
		    "its certificate is of an unknown "
		    "authority: name that with --cacert FILE, "
		    "or use --insecure");
		return;
	default:
		break;
	}
	if (strstr(t->curl_says, "name"))
		say(t, ERR_DENIED,
		    "its certificate is for another name: use "
		    "that name in the URL, or --insecure");
	else
		say(t, ERR_DENIED,
		    "its certificate is not valid (--insecure "
		    "accepts it)");
}

/* The server's last word on who we are (RFC 8446, 6.2): with TLS 1.3 it comes
 * when the handshake is over for us, as an error of reading. */
static bool certificate_refused(struct transfer *t)
{
	const char *s = t->curl_says;

	if (strstr(s, "certificate required"))
		say(t, ERR_DENIED,
		    "it wants a client certificate: --cert "
		    "FILE and --key FILE");
	else if (strstr(s, "alert bad certificate") ||
		 strstr(s, "alert unknown ca") ||
		 strstr(s, "alert certificate") ||
		 strstr(s, "alert unsupported certificate") ||
		 strstr(s, "alert handshake failure") ||
		 strstr(s, "alert access denied"))
		say(t, ERR_DENIED,
		    "it does not accept our client certificate, or wants "
		    "one: --cert FILE and --key FILE");
	else
		return false;
	return true;
}

static void tls_failed(struct transfer *t, CURLcode rc)
{
	char text[120];

	if (certificate_refused(t))
		return;
	if (strstr(t->curl_says, "wrong version number") ||
	    strstr(t->curl_says, "packet length too long"))
		say(t, ERR_FORMAT,
		    "it does not speak TLS: use http:// instead "
		    "of https://");
	else
		say(t, ERR_FORMAT, "TLS failed: %s", quoted(t, rc, text));
}

/* We ended it ourselves. */
static void stopped(struct transfer *t)
{
	char cap[UNITS_MAX];

	switch (t->stop) {
	case STOP_BODY:
		say(t, ERR_LIMIT, "the answer is larger than %s",
		    units_bytes(cap, (int64_t)t->req.body_max));
		break;
	case STOP_ROOM:
		say(t, ERR_LIMIT,
		    "no room for its answer now: with those of other "
		    "endpoints it is more than %s",
		    units_bytes(cap, BODIES_MAX));
		break;
	case STOP_HEADERS:
		say(t, ERR_LIMIT,
		    "its headers never end: more than %d lines "
		    "or %d KiB",
		    HEADER_LINES_MAX, HEADER_BYTES_MAX / 1024);
		break;
	case STOP_HTML:
		say(t, ERR_FORMAT,
		    "an HTML page instead of data: a login "
		    "page, or not this program's debug address");
		break;
	default:
		say(t, ERR_LIMIT, "out of memory for its answer");
		break;
	}
}

/* The first line of the answer's text, made visible, behind ": "; or "". */
static const char *excerpt(const struct transfer *t, char out[100])
{
	const struct buf *b = &t->res.body;
	size_t n = 0;

	out[0] = '\0';
	if (strncmp(t->res.content_type, "text/plain", 10) != 0 &&
	    strncmp(t->res.content_type, "application/json", 16) != 0)
		return out;
	while (n < b->len && b->data[n] != '\n' && b->data[n] != '\r')
		n++;
	if (n > 0) {
		memcpy(out, ": ", 3);
		text_visible(out + 2, 98, b->data, n);
	}
	return out;
}

static void redirected(struct transfer *t)
{
	char to[100] = "elsewhere", *where = NULL;

	if (libcurl.easy_getinfo(t->easy, CURLINFO_REDIRECT_URL, &where) ||
	    !where) {
		say(t, ERR_HTTP, "HTTP status %d instead of 200",
		    t->res.status);
		return;
	}
	text_visible(to, sizeof(to), where, strcspn(where, "?#"));
	say(t, ERR_HTTP,
	    "%d, it redirects to %s, which is not followed: name "
	    "the right URL",
	    t->res.status, strchr(to, '@') ? "another place" : to);
}

static void bad_status(struct transfer *t)
{
	char text[100];
	int status = t->res.status;

	excerpt(t, text);
	if (status == 401)
		say(t, ERR_DENIED,
		    "401 Unauthorized: it wants credentials (--header, "
		    "--netrc, --cert), or others than it got");
	else if (status == 403 && t->req.unix_path)
		say(t, ERR_DENIED,
		    "403 Forbidden%s (a server that checks the Host header "
		    "may want it empty on a socket: --header 'Host: ')",
		    text);
	else if (status == 403)
		say(t, ERR_DENIED,
		    "403 Forbidden%s (a server that checks the "
		    "Host header wants the very address it "
		    "listens on)",
		    text);
	else if (status == 404)
		say(t, ERR_HTTP,
		    "404 Not Found: nothing is served at this "
		    "path");
	else if (status == 400 && t->res.body.data &&
		 strstr(t->res.body.data, "to an HTTPS server"))
		say(t, ERR_HTTP,
		    "it speaks TLS: use https:// instead of "
		    "http://");
	else if (status >= 300 && status < 400)
		redirected(t);
	else if (status >= 500)
		say(t, ERR_HTTP, "the server failed with %d%s", status, text);
	else
		say(t, ERR_HTTP, "HTTP status %d instead of 200%s", status,
		    text);
}

/* The proxy's word, before anything of the target's. */
static bool proxy_refused(struct transfer *t)
{
	long status = 0;

	libcurl.easy_getinfo(t->easy, CURLINFO_HTTP_CONNECTCODE, &status);
	if (status < 300)
		return false;
	say(t, ERR_DENIED,
	    "the proxy (https_proxy in the environment) refuses to connect: "
	    "%ld",
	    status);
	return true;
}

static void connection_broke(struct transfer *t, CURLcode rc)
{
	char text[120], size[UNITS_MAX];

	units_bytes(size, (int64_t)t->res.received);
	if (certificate_refused(t) || proxy_refused(t))
		return;
	/* A reset may overtake the alert that says why. */
	if (!t->res.first_byte_ns && !strncmp(t->req.url, "https:", 6)) {
		say(t, ERR_DENIED,
		    "the connection broke before an answer: a server does so "
		    "that does not accept our client certificate (--cert)");
		return;
	}
	/* curl's name for a malformed chunk is a receive error. */
	if (strstr(t->curl_says, "chunk"))
		say(t, ERR_FORMAT, "its answer is not proper HTTP: %s",
		    quoted(t, rc, text));
	else
		say(t, ERR_NET, "the connection broke after %s: %s", size,
		    quoted(t, rc, text));
}

static void curl_failed(struct transfer *t, CURLcode rc)
{
	char text[120], size[UNITS_MAX];

	units_bytes(size, (int64_t)t->res.received);
	switch (rc) {
	case CURLE_OPERATION_TIMEDOUT:
		timed_out(t);
		break;
	case CURLE_COULDNT_RESOLVE_HOST:
		say(t, ERR_NET, "the host's name is not known");
		break;
	case CURLE_COULDNT_RESOLVE_PROXY:
		say(t, ERR_NET,
		    "the proxy's name is not known (http_proxy and "
		    "https_proxy in the environment)");
		break;
	case CURLE_COULDNT_CONNECT:
		not_connected(t, rc);
		break;
	case CURLE_GOT_NOTHING:
		say(t, ERR_NET, "it closed the connection without an answer");
		break;
	case CURLE_PARTIAL_FILE:
		say(t, ERR_NET, "the answer broke off after %s", size);
		break;
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
		connection_broke(t, rc);
		break;
	case CURLE_FILESIZE_EXCEEDED:
		say(t, ERR_LIMIT, "the answer is larger than %s",
		    units_bytes(size, (int64_t)t->req.body_max));
		break;
	case CURLE_OUT_OF_MEMORY: /* its name for a line past its cap too */
		say(t, ERR_LIMIT,
		    "a line of its headers never ends, or memory ran out");
		break;
	case CURLE_UNSUPPORTED_PROTOCOL: /* HTTP/0.9 */
		say(t, ERR_FORMAT, "what answers is not an HTTP server");
		break;
	case CURLE_WEIRD_SERVER_REPLY:
		say(t, ERR_FORMAT, "its answer is not proper HTTP: %s",
		    quoted(t, rc, text));
		break;
	case CURLE_PEER_FAILED_VERIFICATION:
		not_trusted(t);
		break;
	case CURLE_SSL_CONNECT_ERROR:
		tls_failed(t, rc);
		break;
	case CURLE_SSL_CERTPROBLEM:
		say(t, ERR_USAGE,
		    "the client certificate cannot be used: %s (a key that "
		    "has a password: take it off with openssl pkey)",
		    quoted(t, rc, text));
		break;
	case CURLE_SSL_CACERT_BADFILE:
		if (t->cacert)
			say(t, ERR_USAGE,
			    "the file of --cacert cannot be used: %s",
			    quoted(t, rc, text));
		else
			say(t, ERR_NET,
			    "this machine has no certificates of authorities "
			    "(ca-certificates): give one with --cacert FILE, "
			    "or use --insecure");
		break;
	default:
		say(t, ERR_NET, "%s", quoted(t, rc, text));
		break;
	}
}

void transfer_explain(struct transfer *t, CURLcode rc)
{
	bool failed = t->res.status != 0 && t->res.status != 200;

	/* Too long a body of an error is still that error. */
	if (t->stop == STOP_ERROR_BODY ||
	    (failed && rc == CURLE_FILESIZE_EXCEEDED))
		bad_status(t);
	else if (t->stop != STOP_NOT)
		stopped(t);
	else if (rc != CURLE_OK)
		curl_failed(t, rc);
	else if (t->res.status != 200)
		bad_status(t);
}
