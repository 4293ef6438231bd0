/*
 * fetch.h - the net lane: HTTP to all targets on one thread of its own.
 *
 * One curl_multi serves every target; a request is handed over from any
 * thread, its answer is handed to the request's `done` on the fetcher's
 * thread, where decoding belongs too. An endpoint may hang, drip, lie or never
 * end: each request has a deadline, a byte cap and ends in `done` exactly once.
 *
 *   fetcher_submit --queue--> [ curl_multi loop ]--> done(ctx, result)
 *   fetcher_cancel              |  turn(ctx, now) -> when to be called next
 *
 * http and https only, no redirects, no HTTP/0.9, no proxies on the way to
 * loopback, unix and namespaced sockets, nothing decompressed.
 */
#ifndef RESIDUE_FETCH_FETCH_H
#define RESIDUE_FETCH_FETCH_H

#include <residue/base/buf.h>
#include <residue/base/err.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FETCH_TIMEOUT_MS	 5000
#define FETCH_CONNECT_TIMEOUT_MS 3000

/* How the user wants endpoints to be talked to; all zero is the default.
 * Copied by fetcher_start. */
struct fetch_options {
	int timeout_ms;		/* of a whole request; 0: FETCH_TIMEOUT_MS */
	int connect_timeout_ms; /* 0: the default, or timeout_ms if less */
	const char *const
		*headers;	/* "Name: value", NULL-terminated; or NULL */
	bool netrc;		/* look passwords up in ~/.netrc */
	const char *cacert;	/* PEM file to trust instead of the system's */
	const char *cert, *key; /* client certificate, PEM files */
	bool insecure;		/* do not verify certificates */
	bool plain;		/* no URL will be https: no TLS library is set
				 * up (of the first fetcher of a process) */
	/* Called on the fetcher's thread at its start, after each round of
	 * transfers and when its time has come: schedule polls here. Returns
	 * the CLOCK_BOOTTIME ns of the next call, INT64_MAX for none. May
	 * call fetcher_submit and fetcher_cancel. NULL: nothing to do. */
	int64_t (*turn)(void *ctx, int64_t now_ns);
	void *turn_ctx;
};

struct fetch_result {
	uint64_t owner;	   /* the request's */
	int status;	   /* HTTP status; 0: none came */
	struct buf body;   /* take_: move it out and buf_init it anew to keep
			    * it, else it is released after done() */
	bool cut;	   /* `tail` dropped bytes before what is in body */
	uint64_t received; /* body bytes that came, kept or not */
	char content_type[64];	  /* visible; "" when not said */
	int64_t begin_ns, end_ns; /* CLOCK_BOOTTIME: sent to curl, finished */
	int64_t first_byte_ns;	  /* of the answer; 0: none came */
	int64_t wall_offset_ns;	  /* clock_wall_offset_ns() at the end */
	/* ERR_NONE when body is the whole answer with status 200. Else, in
	 * words for the user: ERR_NET, ERR_TIMEOUT, ERR_LIMIT, ERR_DENIED (401,
	 * 403, TLS), ERR_HTTP (err.sys is the status), ERR_FORMAT (not HTTP, an
	 * HTML page), ERR_GONE (cancelled, or the fetcher stops). */
	struct err err;
};

struct fetch_request {
	const char *url;       /* for curl: url_join; copied */
	const char *shown;     /* the same as it may be shown; copied */
	const char *unix_path; /* url.unix_path, or NULL; copied */
	uint64_t owner;	       /* whom fetcher_cancel names, 0 for nobody */
	size_t body_max;       /* bytes; more is ERR_LIMIT */
	size_t tail;	       /* keep only the last so many bytes; 0: all */
	int timeout_ms;	       /* 0: the options' */
	bool direct;	  /* never through a proxy: loopback (url.loopback) */
	bool credentials; /* the user named this URL: send it the headers,
			   * netrc's password and the client certificate */
	bool html;	  /* an HTML page is welcome (the pprof index) */
	/* Open the socket elsewhere (netns_socket): a descriptor, or -1 with
	 * *err. On the fetcher's thread. NULL: socket(2). */
	int (*open_socket)(void *ctx, int family, int type, int protocol,
			   struct err *err);
	/* Exactly once, on the fetcher's thread. Must not block, nor submit
	 * again after ERR_GONE. */
	void (*done)(void *ctx, struct fetch_result *result);
	void *ctx; /* of both */
};

struct fetcher;

/* That what the user gave can be used, before anything is asked: ERR_USAGE for
 * a file that cannot be read or a header that is none. */
int fetch_options_check(const struct fetch_options *opt,
			struct err *err) RESIDUE_CHECK;
/* ERR_SYS, ERR_UNSUPPORTED (libcurl without threads or TLS), ERR_USAGE (a
 * certificate file that cannot be read). */
struct fetcher *fetcher_start(const struct fetch_options *opt,
			      struct err *err) RESIDUE_CHECK;
/* Ends promptly, whatever servers and resolvers do: what is under way is
 * given to its done() as ERR_GONE before this returns. Not from the
 * fetcher's own thread. */
void fetcher_stop(struct fetcher *f);

/* From any thread, never blocks. A request that cannot be made ends in done
 * too. */
void fetcher_submit(struct fetcher *f, const struct fetch_request *req);
/* End all requests of this owner, at once or nearly so. From any thread. */
void fetcher_cancel(struct fetcher *f, uint64_t owner);
/* Have `turn` called soon. From any thread. */
void fetcher_wake(struct fetcher *f);

#endif
