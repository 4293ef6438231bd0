/* keys.h - private to ui: key codes of ncurses as ours. */
#ifndef UI_KEYS_H
#define UI_KEYS_H

#include <residue/ui/keymap.h>

#include <stdbool.h>

/* Codes of ours, beyond those that ncurses gives keys of terminfo's: around what
 * is pasted. */
enum { KEYS_PASTE = 10000, KEYS_PASTED };
#define KEYS_PASTE_END "\033[201~"
/* Have them recognised; keypad() comes first. */
void keys_know_pastes(void);
/* `code` is a KEY_x of ncurses; false when it means nothing here. */
bool keys_translate(int code, struct press *out);

#endif
