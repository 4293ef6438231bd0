/*
 * prompt.h - one line that the user types, with readline's keys.
 *
 * C-a C-e C-b C-f C-h C-d C-k C-u C-w, Home, End, arrows, Backspace, Delete.
 */
#ifndef RESIDUE_UI_PROMPT_H
#define RESIDUE_UI_PROMPT_H

#include <residue/ui/canvas.h>
#include <residue/ui/keymap.h>

#define PROMPT_MAX 120 /* bytes, NUL included */

struct prompt {
	const char *title;     /* "Search" */
	char text[PROMPT_MAX]; /* UTF-8, no control characters */
	unsigned len, at;      /* bytes; of the cursor */
	bool gap;	       /* a pasted line ended here */
};

enum prompt_answer { PROMPT_MORE, PROMPT_DONE, PROMPT_CANCEL };

/* Begin with `text` (may be ""), the cursor at its end. */
void prompt_start(struct prompt *p, const char *title, const char *text);
enum prompt_answer prompt_key(struct prompt *p, uint32_t key);
/* A character of a pasted text, inserted where there is room. Ends of lines and
 * tabs are one blank, between two characters; what is no text is dropped. */
void prompt_paste(struct prompt *p, uint32_t ch);
/* The whole width of row y; the end of long text is shown. */
void prompt_draw(const struct prompt *p, struct canvas *c, int y);

#endif
