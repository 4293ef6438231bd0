/* err.c - error values with a message for the user. */
#include <residue/base/err.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

int err_set(struct err *err, enum err_code code, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return -1;
	err->code = code;
	err->sys = 0;
	va_start(ap, fmt);
	vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
	va_end(ap);
	return -1;
}

static enum err_code code_of(int sysno)
{
	switch (sysno) {
	case ENOENT:
	case ESRCH:
		return ERR_GONE;
	case EACCES:
	case EPERM:
		return ERR_DENIED;
	default:
		return ERR_SYS;
	}
}

int err_sys(struct err *err, int sysno, const char *fmt, ...)
{
	char text[96];
	size_t used;
	va_list ap;

	if (!err)
		return -1;
	err->code = code_of(sysno);
	err->sys = sysno;
	va_start(ap, fmt);
	vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
	va_end(ap);
	used = strlen(err->msg);
	snprintf(err->msg + used, sizeof(err->msg) - used, ": %s",
		 strerror_r(sysno, text, sizeof(text)));
	return -1;
}

int err_of_file(struct err *err)
{
	if (err && err->code == ERR_GONE)
		err->code = ERR_SYS;
	return -1;
}

int err_prefix(struct err *err, const char *fmt, ...)
{
	char old[sizeof(err->msg)];
	size_t used;
	va_list ap;

	if (!err)
		return -1;
	memcpy(old, err->msg, sizeof(old));
	va_start(ap, fmt);
	vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
	va_end(ap);
	used = strlen(err->msg);
	snprintf(err->msg + used, sizeof(err->msg) - used, ": %s", old);
	return -1;
}
