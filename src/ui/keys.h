/* keys.h - private to ui: key codes of ncurses as ours. */
#ifndef UI_KEYS_H
#define UI_KEYS_H

#include <residue/ui/keymap.h>

#include <stdbool.h>

/* `code` is a KEY_x of ncurses; false when it means nothing here. */
bool keys_translate(int code, struct press *out);

#endif
