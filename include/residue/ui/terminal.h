/*
 * terminal.h - the screen and the keys: the only user of ncurses.
 *
 * terminal_open takes the terminal over and terminal_close gives it back as it
 * was; so do every signal that ends the program, running out of memory, and a
 * crash (there with nothing but write(2) and tcsetattr(3), because endwin is
 * not signal-safe). One terminal at a time, one thread.
 */
#ifndef RESIDUE_UI_TERMINAL_H
#define RESIDUE_UI_TERMINAL_H

#include <residue/ui/canvas.h>
#include <residue/ui/keymap.h>
#include <residue/ui/theme.h>

#include <stdbool.h>

enum colour_choice { COLOUR_AUTO, COLOUR_ALWAYS, COLOUR_NEVER };

struct terminal_options {
	bool mouse;
	enum colour_choice colour; /* AUTO: not where NO_COLOR is set */
};

struct terminal;

/* What happened besides keys: bits. */
enum {
	TERMINAL_RESIZED = 1, /* or continued after a stop: draw all anew */
	TERMINAL_GONE = 2,    /* end of input, or a signal that ends us */
};

/* stdin and stdout must be a terminal. ERR_UNSUPPORTED with words when TERM
 * is unknown or cannot move the cursor. */
int terminal_open(struct terminal **out, const struct terminal_options *opt,
		  struct err *err) RESIDUE_CHECK;
/* NULL is fine. */
void terminal_close(struct terminal *t);

enum colour_depth terminal_depth(const struct terminal *t);
void terminal_set_theme(struct terminal *t, const struct theme *theme);
void terminal_size(const struct terminal *t, int *rows, int *cols);

/* poll(2) these two for POLLIN: keys, and signals that came. */
int terminal_fd(const struct terminal *t);
int terminal_signal_fd(const struct terminal *t);
/* What came since the last call; stops the process for SIGTSTP and returns
 * when it goes on. `revents` is what poll said of terminal_fd. */
unsigned terminal_events(struct terminal *t, short revents);
/* The signal behind TERMINAL_GONE, or 0 for the end of input. */
int terminal_signal(const struct terminal *t);

/* The next key that has arrived, made of as many bytes as it takes (a lone Esc
 * is one after 25 ms); false when there is none. What is pasted is marked as
 * that where the terminal tells it from keys (bracketed paste). */
bool terminal_read(struct terminal *t, struct press *out);
/* Show the canvas: only cells that differ from the last one go out. */
void terminal_show(struct terminal *t, const struct canvas *c);

#endif
