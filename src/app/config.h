/*
 * config.h - the config file: long options as "name = value" lines.
 */
#ifndef RESIDUE_APP_CONFIG_H
#define RESIDUE_APP_CONFIG_H

#include <residue/base/err.h>

typedef int config_setter(void *ctx, const char *name, const char *value,
			  struct err *err);

/* $XDG_CONFIG_HOME/residue, else ~/.config/residue, or NULL; the caller's. */
char *config_dir(void);

/* Read `path`; NULL: $XDG_CONFIG_HOME/residue/residuerc, else
 * ~/.config/residue/residuerc, where not being there is fine. What is wrong is
 * named as FILE:LINE. */
int config_read(const char *path, config_setter *set, void *ctx,
		struct err *err) RESIDUE_CHECK;

#endif
