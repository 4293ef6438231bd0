/*
 * transfer.h - one request on its way: curl's easy handle, its callbacks, and
 * what came of it. Of the fetcher's thread alone once it is begun.
 */
#ifndef FETCH_TRANSFER_H
#define FETCH_TRANSFER_H

#include <residue/fetch/fetch.h>

#include "libcurl.h"

/* A server may send so many header lines and bytes, interim answers (100)
 * included; Go's own servers send less than 1 KiB. */
#define HEADER_BYTES_MAX 65536
#define HEADER_LINES_MAX 256
/* Of an answer that is not 200, the beginning is kept for the message. */
#define ERROR_BODY_KEPT 256
#define ERROR_BODY_MAX	65536

/* All bodies on their way take no more together than it takes for one profile
 * of the largest size and some others; each may have a little whatever the
 * others have. */
#define BODIES_MAX  (96u << 20)
#define BODY_ALWAYS (1u << 20)

/* Why we ended a transfer ourselves. */
enum stop {
	STOP_NOT,
	STOP_BODY,	 /* past body_max */
	STOP_ROOM,	 /* past BODIES_MAX, with all others */
	STOP_HEADERS,	 /* past HEADER_*_MAX */
	STOP_HTML,	 /* a page for people */
	STOP_ERROR_BODY, /* enough of an error's body was read: not ours */
	STOP_MEMORY,
};

/* The copied options of the fetcher. */
struct settings {
	int timeout_ms, connect_timeout_ms;
	struct curl_slist *headers;
	bool netrc, insecure;
	char *cacert, *cert, *key;
};

struct transfer {
	struct transfer *next, *prev; /* of the queue, then of the running */
	struct fetch_request req;     /* its strings are owned */
	struct fetch_result res;
	CURL *easy;
	enum stop stop;
	bool cacert; /* one was given */
	int timeout_ms;
	size_t header_bytes, header_lines;
	size_t counted;	   /* bytes of its body that are among all bodies' */
	struct err socket; /* of open_socket */
	char curl_says[CURL_ERROR_SIZE];
};

struct transfer *transfer_new(const struct fetch_request *req);
/* Set `easy` up for it; 0 or -1 when curl has no memory. */
int transfer_begin(struct transfer *t, CURL *easy, const struct settings *s);
/* Curl is done with it: fill in res. */
void transfer_finish(struct transfer *t, CURLcode rc);
/* It never ran, or is taken away: res.err is ERR_GONE with these words. */
void transfer_abandon(struct transfer *t, const char *why);
/* Hand over the result and free everything but the easy handle. */
void transfer_deliver(struct transfer *t);

/* words.c: what happened, for the user; status and counts are in t->res. */
void transfer_explain(struct transfer *t, CURLcode rc);

#endif
