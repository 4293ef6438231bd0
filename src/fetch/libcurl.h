/*
 * libcurl.h - libcurl, loaded when the first endpoint is to be asked.
 *
 * It brings some thirty libraries with it (TLS, Kerberos, LDAP), whose loading
 * takes 5 ms and 5 MiB of RES: half of what it takes to start, for something
 * that most runs never use. So this folder calls it by pointers, under its own
 * names; nothing else includes <curl/curl.h>.
 */
#ifndef FETCH_LIBCURL_H
#define FETCH_LIBCURL_H

#include <residue/base/err.h>

/* Its checks of types call the functions by their names. */
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

/* X(NAME of a function without "curl_") */
#define LIBCURL_CALLS(X) \
	X(easy_cleanup) X(easy_getinfo) X(easy_init) X(easy_reset) \
	X(easy_setopt) X(easy_strerror) X(free) X(global_init) \
	X(multi_add_handle) X(multi_cleanup) X(multi_info_read) X(multi_init) \
	X(multi_perform) X(multi_poll) X(multi_remove_handle) X(multi_setopt) \
	X(multi_wakeup) X(slist_append) X(slist_free_all) X(url) \
	X(url_cleanup) X(url_get) X(url_set) X(url_strerror) X(version_info)

struct libcurl {
#define LIBCURL_MEMBER(name) __typeof__(curl_##name) *name;
	LIBCURL_CALLS(LIBCURL_MEMBER)
#undef LIBCURL_MEMBER
};

/* To be used after libcurl_load only. */
extern struct libcurl libcurl;

/* Load it, once; any thread. ERR_UNSUPPORTED when it is not there. */
int libcurl_load(struct err *err) RESIDUE_CHECK;

#endif
