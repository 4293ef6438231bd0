/* keymap.c - the table of keys, and what is read off it. */
#include <residue/ui/keymap.h>

#include <residue/base/text.h>

#include <stdio.h>
#include <string.h>

#define K(...)                                                                 \
	{                                                                      \
		__VA_ARGS__                                                    \
	}
const struct action_info action_info[ACTION_COUNT] = {
#define X(id, places, footer, label, keys, help)                               \
	{places, footer, label, keys, help},
	ACTIONS(X)
#undef X
};

enum action keymap_find(uint32_t key, enum place place)
{
	for (unsigned a = 0; a < ACTION_COUNT && key; a++)
		if (action_info[a].places & place)
			for (unsigned i = 0; i < ACTION_KEYS; i++)
				if (action_info[a].keys[i] == key)
					return (enum action)a;
	return ACTION_NONE;
}

char *press_name(uint32_t key, bool ascii, char out[8])
{
	static const struct {
		uint32_t key;
		const char *name, *plain;
	} names[] = {
		{PRESS_TAB, "Tab", "Tab"},
		{PRESS_ENTER, "Enter", "Enter"},
		{PRESS_ESC, "Esc", "Esc"},
		{PRESS_SPACE, "Space", "Space"},
		{PRESS_UP, "\u2191", "Up"},
		{PRESS_DOWN, "\u2193", "Down"},
		{PRESS_LEFT, "\u2190", "Left"},
		{PRESS_RIGHT, "\u2192", "Right"},
		{PRESS_PGUP, "PgUp", "PgUp"},
		{PRESS_PGDN, "PgDn", "PgDn"},
		{PRESS_HOME, "Home", "Home"},
		{PRESS_END, "End", "End"},
	};

	for (unsigned i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (names[i].key == key)
			return strcpy(out,
				      ascii ? names[i].plain : names[i].name);
	if (key > PRESS_F0)
		snprintf(out, 8, "F%u", (key - PRESS_F0) % 100);
	else if (key < ' ')
		snprintf(out, 8, "C-%c", (char)(key + 'a' - 1));
	else
		snprintf(out, 8, "%c", (char)key);
	return out;
}

/* "+-", "Left/Right": the keys of the pair that begins at `a`. */
static void pair_name(unsigned a, bool ascii, char out[16])
{
	char first[8], second[8];

	press_name(action_info[a].keys[0], ascii, first);
	if (a + 1 == ACTION_COUNT || action_info[a + 1].footer != PAIRED) {
		strcpy(out, first);
		return;
	}
	press_name(action_info[a + 1].keys[0], ascii, second);
	snprintf(out, 16, "%s%s%s", first,
		 strlen(first) > 1 && ascii ? "/" : "", second);
}

unsigned keymap_footer(enum place place, int width, bool ascii,
		       const char *(*label)(void *ctx, enum action action),
		       void *ctx, struct footer_item out[FOOTER_MAX])
{
	struct footer_item item[ACTION_COUNT];
	bool shown[ACTION_COUNT] = {false};
	int left = width + 1, x = 0;
	unsigned n = 0;

	for (int rank = KEEP; rank <= SELDOM; rank++)
		for (unsigned a = 0; a < ACTION_COUNT; a++) {
			struct footer_item *it = &item[a];

			if (!(action_info[a].places & place) ||
			    (int)action_info[a].footer != rank)
				continue;
			it->action = (enum action)a;
			pair_name(a, ascii, it->key);
			it->key_w = text_columns(it->key);
			it->w = it->key_w +
				text_columns(label(ctx, it->action));
			shown[a] = it->w + 1 <= left;
			left -= shown[a] ? it->w + 1 : 0;
		}
	for (unsigned a = 0; a < ACTION_COUNT; a++) {
		if (!shown[a])
			continue;
		out[n] = item[a];
		out[n].x = x;
		x += out[n++].w + 1;
	}
	return n;
}
