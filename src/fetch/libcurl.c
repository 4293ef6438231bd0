/* libcurl.c - dlopen of libcurl. */
#include "libcurl.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

/* The name has stood since 2006; symbols that were added since are looked for
 * like the others. */
#define SONAME "libcurl.so.4"

struct libcurl libcurl;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static char why[160]; /* "": it is loaded */

static const struct {
	const char *name;
	size_t offset;
} calls[] = {
#define ROW(name) {"curl_" #name, offsetof(struct libcurl, name)},
	LIBCURL_CALLS(ROW)
#undef ROW
};

static void fail(void)
{
	const char *said = dlerror();

	strncpy(why, said ? said : SONAME, sizeof(why) - 1);
}

/*
 * libgnutls' own clean-up at exit (lib/global.c, lib_deinit) touches its
 * thread-local data for the first time in this thread, and glibc ends the
 * process with 127 when there is no memory for that. What it cleans, the kernel
 * does as well: it is told to leave that out. It does not listen where a file
 * gave us rights (secure_getenv(3)).
 */
static void leave(int status, void *unused)
{
	static char none[] = "GNUTLS_NO_IMPLICIT_INIT=1";

	(void)unused;
	if (getauxval(AT_SECURE) || putenv(none)) {
		fflush(NULL);
		_exit(status);
	}
}

static void load(void)
{
	/* Never closed: its threads and TLS libraries do not like that. */
	void *lib = dlopen(SONAME, RTLD_NOW | RTLD_LOCAL);

	if (!lib) {
		fail();
		return;
	}
	if (on_exit(leave, NULL)) {
		strcpy(why, "out of memory");
		return;
	}
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
		void *f = dlsym(lib, calls[i].name);

		if (!f) {
			fail();
			return;
		}
		memcpy((char *)&libcurl + calls[i].offset, &f, sizeof(f));
	}
}

int libcurl_load(struct err *err)
{
	pthread_once(&once, load);
	if (why[0])
		return err_set(err, ERR_UNSUPPORTED,
			       "endpoints need libcurl: %s", why);
	return 0;
}
