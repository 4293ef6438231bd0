/* url.c - URLs of endpoints, on libcurl's parser. */
#include <residue/fetch/url.h>

#include "libcurl.h"

#include <residue/base/mem.h>
#include <residue/base/text.h>

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/un.h>

static bool ends_with(const char *s, size_t len, const char *end)
{
	size_t n = strlen(end);

	return len >= n && memcmp(s + len - n, end, n) == 0;
}

/* The last place where `part` stands as whole path components, or NULL. */
static const char *find_part(const char *path, const char *part)
{
	const char *found = NULL;
	size_t n = strlen(part);

	for (const char *s = path; (s = strstr(s, part)); s++)
		if (s[n] == '\0' || s[n] == '/')
			found = s;
	return found;
}

/* Below /debug/pprof: what is no profile, or takes its time (net/http/pprof). */
static bool is_served_profile(const char *name)
{
	static const char *const others[] = {"", "cmdline", "profile", "symbol",
					     "trace"};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (strcmp(name, others[i]) == 0)
			return false;
	return !strchr(name, '/');
}

static enum url_what what_is(const char *path)
{
	const char *served = find_part(path, "/debug/pprof");
	size_t len = strlen(path);

	if (served) {
		served += strlen("/debug/pprof");
		return *served && is_served_profile(served + 1) ? URL_PROFILE
								: URL_BASE;
	}
	if (ends_with(path, len, "/heap") || ends_with(path, len, "/allocs"))
		return URL_PROFILE;
	if (ends_with(path, len, "/debug/vars"))
		return URL_VARS;
	if (ends_with(path, len, "/metrics"))
		return URL_METRICS;
	return path[strspn(path, "/")] ? URL_OTHER : URL_BASE;
}

/* How much of the path belongs to the base. */
static size_t prefix_length(const char *path)
{
	const char *known = find_part(path, "/debug/pprof");
	enum url_what what = what_is(path);
	size_t len = strlen(path);

	if (known)
		len = (size_t)(known - path);
	else if (what == URL_VARS)
		len -= strlen("/debug/vars");
	else if (what == URL_METRICS)
		len -= strlen("/metrics");
	else if (what == URL_PROFILE)
		return 0; /* a place of its own says nothing of the others */
	while (len > 0 && path[len - 1] == '/')
		len--;
	return len;
}

static bool is_ours(const char *word, size_t len)
{
	static const char *const ours[] = {"debug", "gc", "seconds"};
	size_t name = strcspn(word, "=");

	if (name > len)
		name = len;
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		if (strlen(ours[i]) == name && memcmp(word, ours[i], name) == 0)
			return true;
	return false;
}

/* The query without what we say ourselves. */
static char *kept_query(const char *query)
{
	char *out = mem_zalloc(strlen(query) + 1, 1), *to = out;

	for (const char *s = query; *s;) {
		size_t len = strcspn(s, "&");

		if (len > 0 && !is_ours(s, len)) {
			if (to > out)
				*to++ = '&';
			memcpy(to, s, len);
			to += len;
		}
		s += len + (s[len] == '&');
	}
	return out;
}

static char *visible(const char *s)
{
	size_t n = strlen(s), size = 10 * n + 1; /* an escape is \U0000ffff */
	char *out = mem_alloc(size);

	text_visible(out, size, s, n);
	return out;
}

/* "[::1]" however it is written, and 127.0.0.0/8 mapped into IPv6. */
static bool is_loopback6(const char *host)
{
	char text[INET6_ADDRSTRLEN];
	struct in6_addr v6;
	size_t n = strlen(host);

	if (host[0] != '[' || n < 3 || n - 2 >= sizeof(text))
		return false;
	memcpy(text, host + 1, n - 2);
	text[n - 2] = '\0';
	if (inet_pton(AF_INET6, text, &v6) != 1)
		return false;
	return IN6_IS_ADDR_LOOPBACK(&v6) || IN6_IS_ADDR_UNSPECIFIED(&v6) ||
	       (IN6_IS_ADDR_V4MAPPED(&v6) && v6.s6_addr[12] == 127);
}

/* "localhost", "localhost." and names below it (RFC 6761, 6.3). */
static bool is_localhost(const char *host)
{
	static const char name[] = "localhost";
	size_t n = strlen(host);

	n -= n > 0 && host[n - 1] == '.';
	if (n < sizeof(name) - 1 ||
	    strncasecmp(host + n - (sizeof(name) - 1), name, sizeof(name) - 1))
		return false;
	return n == sizeof(name) - 1 || host[n - sizeof(name)] == '.';
}

static bool is_loopback(const char *host)
{
	struct in_addr v4;

	/* 0.0.0.0 and [::] connect to this machine. */
	return is_localhost(host) || is_loopback6(host) ||
	       (inet_pton(AF_INET, host, &v4) == 1 &&
		(ntohl(v4.s_addr) >> 24 == 127 || v4.s_addr == INADDR_ANY));
}

/* A part of a URL as our own string; "" when it has none. */
static char *part_of(CURLU *u, CURLUPart part)
{
	char *s = NULL, *own;

	if (libcurl.url_get(u, part, &s, 0) != CURLUE_OK)
		return mem_strdup("");
	own = mem_strdup(s);
	libcurl.free(s);
	return own;
}

/* The URL with this path and no query; shorn of the credentials first when it
 * is to be shown. */
static char *base_of(CURLU *u, const char *prefix)
{
	char *url;
	size_t n;

	if (libcurl.url_set(u, CURLUPART_PATH, *prefix ? prefix : "/", 0) ||
	    libcurl.url_set(u, CURLUPART_QUERY, NULL, 0) ||
	    libcurl.url_set(u, CURLUPART_FRAGMENT, NULL, 0))
		mem_exhausted();
	url = part_of(u, CURLUPART_URL);
	n = strlen(url);
	if (n && url[n - 1] == '/')
		url[n - 1] = '\0';
	return url;
}

static void take_path(struct url *out, const char *path)
{
	out->what = what_is(path);
	out->path = mem_strdup(out->what == URL_BASE || out->what == URL_OTHER
				       ? ""
				       : path + prefix_length(path));
}

static void fill(struct url *out, CURLU *u)
{
	char *path = part_of(u, CURLUPART_PATH);
	char *host = part_of(u, CURLUPART_HOST);
	char *scheme = part_of(u, CURLUPART_SCHEME);
	char *query = part_of(u, CURLUPART_QUERY), *shown;

	take_path(out, path);
	out->query = kept_query(query);
	out->loopback = is_loopback(host);
	out->tls = strcmp(scheme, "https") == 0;
	path[prefix_length(path)] = '\0';
	out->base = base_of(u, path);
	libcurl.url_set(u, CURLUPART_USER, NULL, 0);
	libcurl.url_set(u, CURLUPART_PASSWORD, NULL, 0);
	shown = base_of(u, path);
	out->shown = visible(shown);
	free(shown);
	free(path);
	free(host);
	free(scheme);
	free(query);
}

static int parse_http(struct url *out, const char *text, struct err *err)
{
	CURLU *u;
	CURLUcode rc;

	/* curl reads http:///x/y as host x. */
	if (strstr(text, ":///"))
		return err_set(err, ERR_USAGE, "the URL names no host");
	u = libcurl.url();
	if (!u)
		mem_exhausted();
	rc = libcurl.url_set(u, CURLUPART_URL, text, 0);
	if (rc == CURLUE_OUT_OF_MEMORY)
		mem_exhausted();
	if (rc == CURLUE_OK)
		fill(out, u);
	libcurl.url_cleanup(u);
	return rc ? err_set(err, ERR_USAGE, "not a usable URL: %s",
			    libcurl.url_strerror(rc))
		  : 0;
}

/* unix:/run/x.sock, unix:///run/x.sock, unix:@name, each with a path behind
 * it when that is a known one. */
static int parse_unix(struct url *out, const char *text, struct err *err)
{
	const char *path = text + strlen("unix:"), *query;
	char *whole;
	size_t end;

	while (path[0] == '/' && path[1] == '/')
		path++;
	if ((path[0] != '/' && path[0] != '@') || path[1] == '\0')
		return err_set(err, ERR_USAGE,
			       "a unix URL is unix:/PATH or unix:@NAME");
	query = strchr(path, '?');
	end = query ? (size_t)(query - path) : strlen(path);
	whole = mem_strdup(path);
	whole[end] = '\0';
	take_path(out, whole);
	whole[out->what == URL_PROFILE && !find_part(whole, "/debug/pprof")
		      ? end
		      : prefix_length(whole)] = '\0';
	/* A socket may be called "heap"; only known folders are cut off. */
	if (strlen(whole) == end) {
		out->what = URL_BASE;
		out->path[0] = '\0';
	}
	if (strlen(whole) >= sizeof(((struct sockaddr_un *)0)->sun_path)) {
		free(whole);
		return err_set(err, ERR_USAGE,
			       "the path of a unix socket has at most 107 "
			       "bytes");
	}
	out->unix_path = whole;
	out->base = mem_strdup("http://localhost");
	out->query = kept_query(query ? query + 1 : "");
	whole = mem_printf("unix:%s", out->unix_path);
	out->shown = visible(whole);
	free(whole);
	out->loopback = true;
	return 0;
}

int url_parse(struct url *out, const char *text, struct err *err)
{
	int rc;

	memset(out, 0, sizeof(*out));
	if (libcurl_load(err))
		return -1;
	for (const char *s = text; *s; s++)
		if ((unsigned char)*s <= ' ' || *s == 0x7f)
			return err_set(err, ERR_USAGE,
				       "a URL has no blanks or control "
				       "characters");
	if (strncmp(text, "unix:", 5) == 0)
		rc = parse_unix(out, text, err);
	else if (strncasecmp(text, "http://", 7) == 0 ||
		 strncasecmp(text, "https://", 8) == 0)
		rc = parse_http(out, text, err);
	else
		rc = err_set(err, ERR_USAGE,
			     "a URL begins with http://, https:// or unix:");
	if (rc)
		url_release(out);
	return rc;
}

void url_release(struct url *u)
{
	free(u->unix_path);
	free(u->base);
	free(u->path);
	free(u->query);
	free(u->shown);
	memset(u, 0, sizeof(*u));
}

char *url_join(const struct url *u, const char *path)
{
	if (*u->query == '\0')
		return mem_printf("%s%s", u->base, path);
	return mem_printf("%s%s%c%s", u->base, path,
			  strchr(path, '?') ? '&' : '?', u->query);
}

char *url_join_shown(const struct url *u, const char *path)
{
	char *tail = visible(path), *out = mem_printf("%s%s", u->shown, tail);

	free(tail);
	return out;
}
