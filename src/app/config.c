/* config.c - the config file, read with libinih. */
#include "config.h"

#include <residue/base/mem.h>

#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct reading {
	config_setter *set;
	void *ctx;
	struct err *err;
};

static int one_line(void *ctx, const char *section, const char *name,
		    const char *value)
{
	struct reading *r = ctx;

	(void)section; /* sections group, they mean nothing */
	return r->set(r->ctx, name, value, r->err) == 0;
}

char *config_dir(void)
{
	const char *xdg = getenv("XDG_CONFIG_HOME");
	const char *home = getenv("HOME");

	if (xdg && xdg[0] == '/')
		return mem_printf("%s/residue", xdg);
	if (home && home[0] == '/')
		return mem_printf("%s/.config/residue", home);
	return NULL;
}

int config_read(const char *path, config_setter *set, void *ctx,
		struct err *err)
{
	struct err why = ERR_INIT;
	struct reading r = {set, ctx, &why};
	char *dir = path ? NULL : config_dir();
	char *own = dir ? mem_printf("%s/residuerc", dir) : NULL;
	const char *name = path ? path : own;
	FILE *f = name ? fopen(name, "re") : NULL;
	int line = 0, failed = 0;

	if (f) {
		line = ini_parse_file(f, one_line, &r);
		failed = ferror(f) ? errno : 0;
		fclose(f);
	} else if (path)
		failed = errno;
	if (failed)
		err_sys(err, failed, "config file '%s'", name);
	else if (line)
		err_set(err, ERR_USAGE, "config file '%s', line %d: %s", name,
			line, why.code ? why.msg : "not 'name = value'");
	free(dir);
	free(own);
	return line || failed ? -1 : 0;
}
