/*
 * words.h - small questions that several commands ask of their surroundings.
 */
#ifndef RESIDUE_APP_WORDS_H
#define RESIDUE_APP_WORDS_H

#include <residue/base/err.h>

#include <stdbool.h>

/* The locale writes UTF-8 (setlocale was called). */
bool utf8_locale(void);

/* A TUI can run: both ends are a terminal that can move its cursor. Else
 * ERR_USAGE with words that name `twin`, the command without a screen. */
int need_terminal(const char *twin, struct err *err) RESIDUE_CHECK;

#endif
