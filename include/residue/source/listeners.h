/*
 * listeners.h - where a process might be asked: suggested, and probed.
 *
 *   its listening sockets --text--> "listens on 127.0.0.1:6060 unix:/run/x"
 *                         `-probe-> a GET or two each, only when the user said so
 *
 * Reading the sockets sends no byte. A probe is a write into a stranger's
 * protocol, so it goes to the target's own sockets only, lets a server that
 * speaks first speak (that is no HTTP), sends one GET /debug/pprof/, reads
 * 2 KiB and ends after 300 ms; it is never repeated by itself. Only what is HTTP
 * by then, and says 404, is asked in the same way for /debug/vars: once as well.
 *
 * Facts: net/http/pprof/pprof.go indexTmplExecute() (title "/debug/pprof/");
 * expvar/expvar.go expvarHandler() ("{", a line of "cmdline" among the sorted
 * variables).
 */
#ifndef RESIDUE_SOURCE_LISTENERS_H
#define RESIDUE_SOURCE_LISTENERS_H

#include <residue/proc/procfs.h>
#include <residue/proc/sockets.h>

#define LISTENS_MAX	 96 /* bytes of a list in words */
#define LISTENER_URL_MAX 160
#define PROBE_MOST	 16 /* sockets of one process that are tried */

/* "127.0.0.1:6060 *:80 unix:/run/x +2": visible, cut to whole words; "" where
 * the process listens on nothing or may not be looked at. */
void listeners_text(struct socket_tables *tables, int dir,
		    char out[LISTENS_MAX]);

enum probe_answer {
	PROBE_PPROF,	   /* net/http/pprof answers there */
	PROBE_VARS,	   /* no pprof, but expvar */
	PROBE_HTTP,	   /* HTTP, but neither of them */
	PROBE_TLS,	   /* HTTP over TLS: try https:// */
	PROBE_SPEAKS,	   /* it speaks first, or in no HTTP */
	PROBE_SILENT,	   /* no answer in time */
	PROBE_UNREACHABLE, /* err says why */
};

struct probe_try {
	char url[LISTENER_URL_MAX]; /* visible; for target->url too */
	enum probe_answer answer;
	int status;	/* PROBE_HTTP: the HTTP status */
	struct err err; /* PROBE_UNREACHABLE */
};

/* The try that found an endpoint, pprof before expvar; or NULL. */
const struct probe_try *probe_endpoint(const struct probe_try *tries, int n);

/* Try the sockets of a process, in the order of sockets.h, until one answers
 * as pprof. Returns how many were tried, or -1: ERR_DENIED, ERR_GONE, ERR_LIMIT
 * of socket_tables_of. Takes up to 400 ms a socket. */
int probe_run(const struct procfs *fs, const struct proc_id *id,
	      struct probe_try out[PROBE_MOST], struct err *err) RESIDUE_CHECK;

/* "no pprof there (404)": what came of it, in words. */
void probe_words(const struct probe_try *t, char *out, size_t size);

#endif
