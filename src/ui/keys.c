/* keys.c - what ncurses calls the keys. */
#include "keys.h"

#include <curses.h>

static bool mouse(struct press *out)
{
	MEVENT ev;

	if (getmouse(&ev) != OK)
		return false;
	out->y = ev.y;
	out->x = ev.x;
	if (ev.bstate & BUTTON4_PRESSED)
		out->key = PRESS_WHEEL_UP;
	else if (ev.bstate & BUTTON5_PRESSED)
		out->key = PRESS_WHEEL_DOWN;
	else if (ev.bstate & BUTTON1_PRESSED)
		out->key = PRESS_CLICK;
	else
		return false;
	return true;
}

void keys_know_pastes(void)
{
	define_key("\033[200~", KEYS_PASTE);
	define_key(KEYS_PASTE_END, KEYS_PASTED);
}

bool keys_translate(int code, struct press *out)
{
	static const struct {
		int code;
		uint32_t key;
	} known[] = {
		{KEY_UP, PRESS_UP},	  {KEY_DOWN, PRESS_DOWN},
		{KEY_LEFT, PRESS_LEFT},	  {KEY_RIGHT, PRESS_RIGHT},
		{KEY_PPAGE, PRESS_PGUP},  {KEY_NPAGE, PRESS_PGDN},
		{KEY_HOME, PRESS_HOME},	  {KEY_END, PRESS_END},
		{KEY_DC, PRESS_DELETE},	  {KEY_BACKSPACE, PRESS_BACKSPACE},
		{KEY_ENTER, PRESS_ENTER},
	};

	if (code == KEY_MOUSE)
		return mouse(out);
	if (code > KEY_F0 && code <= KEY_F(12)) {
		out->key = PRESS_F((uint32_t)(code - KEY_F0));
		return true;
	}
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (known[i].code == code) {
			out->key = known[i].key;
			return true;
		}
	return false;
}
