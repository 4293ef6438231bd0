/* words.c - terminal or not, UTF-8 or not. */
#include "words.h"

#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool utf8_locale(void)
{
	return !strcmp(nl_langinfo(CODESET), "UTF-8");
}

int need_terminal(const char *twin, struct err *err)
{
	const char *term = getenv("TERM");

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return err_set(err, ERR_USAGE,
			       "this needs a terminal; without one use '%s'",
			       twin);
	if (!term || !term[0])
		return err_set(err, ERR_USAGE,
			       "TERM is not set; without a terminal use '%s'",
			       twin);
	if (!strcmp(term, "dumb"))
		return err_set(err, ERR_USAGE,
			       "TERM=dumb cannot draw screens; use '%s'", twin);
	return 0;
}
