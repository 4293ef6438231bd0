/*
 * url.h - the URLs of endpoints: what users write, what curl gets, what may be
 * shown.
 *
 *   http://u:pw@host:6060/admin/debug/pprof/heap?token=x
 *   '------- base -----------' '---- what -----' 'query'
 *
 * The base is what precedes a known path (/debug/pprof..., /debug/vars,
 * /metrics); other paths are joined to it, the query kept (less debug, gc and
 * seconds, which are ours to say). unix:/run/x.sock[/debug/...] and
 * unix:@abstract are HTTP over that socket. Passwords and queries never show.
 */
#ifndef RESIDUE_FETCH_URL_H
#define RESIDUE_FETCH_URL_H

#include <residue/base/err.h>

#include <stdbool.h>

/* What the user's URL itself points to. */
enum url_what {
	URL_BASE,    /* no path, or that of net/http/pprof's index: the usual
		      * paths are below */
	URL_OTHER,   /* a path that is not known: a base, or the very thing */
	URL_PROFILE, /* a heap or allocs profile at whatever path, or any of
		      * net/http/pprof that is there at once */
	URL_VARS,    /* expvar */
	URL_METRICS, /* Prometheus text */
};

/* All strings owned. */
struct url {
	enum url_what what;
	char *unix_path; /* NULL for TCP; '@' first: abstract */
	char *base;  /* scheme://[user:pw@]host[:port][/prefix], no '/' last */
	char *path;  /* of what the user named, below the base; "" for URL_BASE
		      * and URL_OTHER, whose base is all of it */
	char *query; /* kept part without '?', or "" */
	char *shown; /* visible, without password and query: for screens,
		      * files and messages */
	bool loopback; /* 127.0.0.0/8, ::1, localhost or unix */
	bool tls;
};

/* ERR_USAGE with what is wrong: no scheme, not http(s) or unix, no host, a
 * socket path over 107 bytes, control characters. Never quotes a password. */
int url_parse(struct url *out, const char *text, struct err *err) RESIDUE_CHECK;
void url_release(struct url *u);

/* base + path + query, for curl only; `path` starts with '/' and may carry a
 * query of its own ("/debug/pprof/heap?debug=1"). Owned by the caller. */
char *url_join(const struct url *u, const char *path);
/* As url_join, as it may be shown: visible, no password, no kept query. */
char *url_join_shown(const struct url *u, const char *path);

#endif
