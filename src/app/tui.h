/*
 * tui.h - the screens' loop.
 */
#ifndef APP_TUI_H
#define APP_TUI_H

#include <residue/ui/backend.h>
#include <residue/ui/terminal.h>

struct tui_options {
	struct terminal_options terminal;
	bool ascii;		/* --ascii */
	const char *theme;	/* a name or a path; NULL: "default", or "mono"
				 * where there are no colours */
	const char *config_dir; /* themes/ of the user's is in it; or NULL */
	/* What to begin with: none is the list. */
	const char (*targets)[TARGET_ID_MAX];
	unsigned target_count;
	bool has_list; /* there is a list to go back to */
};

/* Take the terminal, show the screens until the user quits, input ends or a
 * signal ends us, and give the terminal back. *signo is that signal, or 0.
 * setlocale(LC_ALL, "") comes first. -1: the theme or the terminal is no
 * good, and nothing was drawn. */
int tui_run(const struct tui_options *opt, const struct tui_backend *backend,
	    int *signo, struct err *err) RESIDUE_CHECK;

#endif
