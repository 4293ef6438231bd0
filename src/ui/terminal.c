/* terminal.c - ncurses: taking the terminal over, showing cells. */
#include <residue/ui/terminal.h>

#include "direct.h"
#include "keys.h"
#include "signals.h"

#include <residue/base/mem.h>

#include <curses.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>

#define PAIRS_MAX 250

/* How a pair of roles looks: made when it is first used. */
struct look {
	bool made;
	bool black; /* text that many terminals show grey when it is bold */
	short pair;
	attr_t attrs;
};

struct terminal {
	SCREEN *screen;
	WINDOW *keys; /* a pad: reading from it refreshes nothing */
	enum colour_depth depth;
	bool mouse;
	bool brackets;	 /* the terminal says where a paste begins and ends */
	bool pasting;	 /* amid one */
	unsigned end_at; /* bytes of its end that have come one by one */
	struct theme theme;
	struct look looks[ROLE_COUNT][ROLE_COUNT];
	struct {
		int fg, bg;
	} pairs[PAIRS_MAX];
	int pair_count; /* pair 0 is the terminal's own */
	struct canvas shown;
	bool stale; /* nothing of `shown` is on the screen */
	int wake;
};

/* Bracketed paste: DEC private mode 2004, of xterm's. */
#define BRACKETS_ON  "\033[?2004h"
#define BRACKETS_OFF "\033[?2004l"

/* Strings that give the screen back, collected from tputs. */
static char restore[512];
static size_t restore_len;

static int collect(int c)
{
	if (restore_len < sizeof(restore))
		restore[restore_len++] = (char)c;
	return c;
}

static void collect_restore(bool mouse, bool brackets)
{
	static const char *const names[] = {"sgr0",  "op",    "rmkx",
					    "cnorm", "rmcup", "rmam"};

	restore_len = 0;
	if (mouse)
		tputs("\033[?1006;1000l", 1, collect);
	if (brackets)
		tputs(BRACKETS_OFF, 1, collect);
	for (size_t i = 0; i + 1 < sizeof(names) / sizeof(*names); i++) {
		const char *s = tigetstr(names[i]);

		if (s && s != (char *)-1)
			tputs(s, 1, collect);
	}
}

static bool set(const char *name)
{
	const char *v = getenv(name);

	return v && *v;
}

static bool wants_rgb(void)
{
	const char *v = getenv("COLORTERM");

	return v && (strcmp(v, "truecolor") == 0 || strcmp(v, "24bit") == 0);
}

/* The screen by a description of ours, or NULL. TERMINFO is ours only while
 * newterm reads it: children must not inherit it. */
static SCREEN *open_described(const char *term, bool rgb)
{
	const struct direct_term *d = direct_terms;
	char *old;
	SCREEN *s;

	while (d->term && (strcmp(d->term, term) != 0 || d->rgb != rgb))
		d++;
	if (!d->term)
		return NULL;
	old = getenv("TERMINFO") ? mem_strdup(getenv("TERMINFO")) : NULL;
	setenv("TERMINFO", d->terminfo, 1);
	s = newterm(term, stdout, stdin);
	if (old)
		setenv("TERMINFO", old, 1);
	else
		unsetenv("TERMINFO");
	free(old);
	return s;
}

/* What the user has described is better known to them than to us. */
static bool has_own_descriptions(void)
{
	const char *home = getenv("HOME");
	char path[4096];

	snprintf(path, sizeof(path), "%s/.terminfo", home ? home : "");
	return set("TERMINFO") || set("TERMINFO_DIRS") ||
	       access(path, F_OK) == 0;
}

static void start_colours(struct terminal *t, enum colour_choice choice)
{
	if (choice == COLOUR_NEVER ||
	    (choice == COLOUR_AUTO && set("NO_COLOR")) || !has_colors())
		return;
	start_color();
	use_default_colors();
	t->depth = tigetflag("RGB") > 0 && COLORS > 256 ? DEPTH_RGB
		   : COLORS >= 256			? DEPTH_256
		   : COLORS >= 16			? DEPTH_16
		   : COLORS >= 8			? DEPTH_8
							: DEPTH_MONO;
}

static int open_screen(struct terminal *t, const struct terminal_options *opt,
		       struct err *err)
{
	const char *term = getenv("TERM");

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return err_set(err, ERR_UNSUPPORTED,
			       "standard input and output are no terminal");
	if (!term || !*term)
		return err_set(err, ERR_UNSUPPORTED, "TERM is not set");
	if (opt->colour != COLOUR_NEVER && wants_rgb())
		t->screen = open_described(term, true);
	if (!t->screen && !has_own_descriptions())
		t->screen = open_described(term, false);
	if (!t->screen)
		t->screen = newterm(term, stdout, stdin);
	if (!t->screen)
		return err_set(err, ERR_UNSUPPORTED,
			       "TERM=%.40s: unknown terminal", term);
	if (!tigetstr("cup")) {
		endwin();
		delscreen(t->screen);
		return err_set(err, ERR_UNSUPPORTED,
			       "TERM=%.40s cannot move the cursor", term);
	}
	return 0;
}

/* ncurses 6.4 takes a screen for a mere terminfo user until it has come back
 * from endwin once, and until then flushes after each movement of the cursor
 * (_nc_mvcur in tty/lib_mvcur.c): some fifty writes a frame, each of which
 * wakes the terminal. And a frame is too short to be worth looking for keys
 * amid it. */
static void frames_in_one_write(void)
{
	typeahead(-1);
	endwin();
	doupdate();
}

/* Where terminfo says so (BE), or knows a mouse: that is asked for by a private
 * mode as well, and whoever parses these ignores one it does not have, as the
 * Linux console does. DEC's own terminals have neither, and are not told. */
static bool has_brackets(void)
{
	const char *be = tigetstr("BE");

	return (be && be != (char *)-1) || tigetstr("kmous");
}

static void tell_brackets(const struct terminal *t, const char *mode)
{
	if (!t->brackets)
		return;
	fputs(mode, stdout);
	fflush(stdout);
}

/* The kernel drops what was typed before a ^Z: what poll(2) has seen may be gone
 * by the time that ncurses reads it, which would wait for the next key, stopped
 * or not. Without a least number of bytes, termios(3), it reads none. */
static void never_wait_for_keys(void)
{
	struct termios modes;

	if (tcgetattr(STDIN_FILENO, &modes))
		return;
	modes.c_cc[VMIN] = modes.c_cc[VTIME] = 0;
	tcsetattr(STDIN_FILENO, TCSADRAIN, &modes);
	def_prog_mode();
}

int terminal_open(struct terminal **out, const struct terminal_options *opt,
		  struct err *err)
{
	struct terminal *t = mem_zalloc(1, sizeof(*t));

	/* Before newterm: ncurses leaves signals alone that have a handler. */
	t->wake = signals_catch();
	if (t->wake < 0) {
		free(t);
		return err_sys(err, errno, "eventfd");
	}
	if (open_screen(t, opt, err)) {
		signals_release();
		free(t);
		return -1;
	}
	set_escdelay(25);
	cbreak();
	noecho();
	nonl();
	never_wait_for_keys();
	curs_set(0);
	/* Not every terminal fills what deleted characters leave behind with
	 * the background, whatever its description says. */
	idcok(stdscr, FALSE);
	start_colours(t, opt->colour);
	frames_in_one_write();
	t->keys = newpad(1, 1);
	if (!t->keys)
		mem_exhausted();
	keypad(t->keys, TRUE);
	nodelay(t->keys, TRUE);
	t->mouse = opt->mouse && tigetstr("kmous") != NULL;
	if (t->mouse) {
		mousemask(BUTTON1_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED,
			  NULL);
		mouseinterval(0);
	}
	t->brackets = has_brackets();
	keys_know_pastes();
	tell_brackets(t, BRACKETS_ON);
	collect_restore(t->mouse, t->brackets);
	signals_on_crash(restore, restore_len);
	mem_on_exhausted(signals_restore);
	canvas_init(&t->shown, false);
	t->stale = true;
	*out = t;
	return 0;
}

void terminal_close(struct terminal *t)
{
	if (!t)
		return;
	mem_on_exhausted(NULL);
	if (t->mouse)
		mousemask(0, NULL);
	tell_brackets(t, BRACKETS_OFF);
	delwin(t->keys);
	endwin();
	delscreen(t->screen);
	signals_release();
	canvas_release(&t->shown);
	free(t);
}

enum colour_depth terminal_depth(const struct terminal *t)
{
	return t->depth;
}

void terminal_set_theme(struct terminal *t, const struct theme *theme)
{
	t->theme = *theme;
	t->pair_count = 0;
	t->stale = true;
	memset(t->looks, 0, sizeof(t->looks));
}

void terminal_size(const struct terminal *t, int *rows, int *cols)
{
	(void)t;
	*rows = LINES;
	*cols = COLS;
}

int terminal_fd(const struct terminal *t)
{
	(void)t;
	return STDIN_FILENO;
}

int terminal_signal_fd(const struct terminal *t)
{
	return t->wake;
}

int terminal_signal(const struct terminal *t)
{
	(void)t;
	return signals_end();
}

/* The kernel's idea of the size; an unset one is a VT100's. */
static void resize(struct terminal *t)
{
	struct winsize ws = {0};

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws) || !ws.ws_row || !ws.ws_col)
		ws = (struct winsize){.ws_row = 24, .ws_col = 80};
	resize_term(ws.ws_row, ws.ws_col);
	clearok(curscr, TRUE);
	t->stale = true;
}

/* Readable and nothing to read: but it was dropped with a ^Z, perhaps, since
 * that was asked. */
static bool input_ended(void)
{
	struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
	int waiting = 0;

	return ioctl(STDIN_FILENO, FIONREAD, &waiting) == 0 && waiting == 0 &&
	       poll(&in, 1, 0) == 1 && in.revents & POLLIN &&
	       ioctl(STDIN_FILENO, FIONREAD, &waiting) == 0 && waiting == 0;
}

unsigned terminal_events(struct terminal *t, short revents)
{
	unsigned got = signals_take(), out = 0;

	if (got & SIGNALS_END)
		return TERMINAL_GONE;
	if (got & SIGNALS_STOP) {
		tell_brackets(t, BRACKETS_OFF);
		t->pasting = false; /* the shell has its end */
		endwin();
		signals_stop();
		got |= SIGNALS_AGAIN;
	}
	if (got & SIGNALS_AGAIN) {
		reset_prog_mode();
		keypad(t->keys, TRUE); /* endwin has turned it off */
		/* The shell has turned it off: after SIGSTOP, too. */
		tell_brackets(t, BRACKETS_ON);
		resize(t);
		out |= TERMINAL_RESIZED;
	}
	if (revents & (POLLHUP | POLLERR | POLLNVAL))
		return TERMINAL_GONE;
	if (revents & POLLIN && input_ended())
		return TERMINAL_GONE;
	return out;
}

/* The end of a paste may come in pieces, further apart than a lone Esc is from
 * what follows: it must not be missed, or no key would be one any more. True
 * where `ch` is of such an end, or looks like it so far. */
static bool ends_paste(struct terminal *t, wint_t ch)
{
	static const char end[] = KEYS_PASTE_END;

	if (ch != (wint_t)end[t->end_at])
		t->end_at = 0;
	if (ch != (wint_t)end[t->end_at])
		return false;
	if (!end[++t->end_at]) {
		t->end_at = 0;
		t->pasting = false;
	}
	return true;
}

bool terminal_read(struct terminal *t, struct press *out)
{
	wint_t ch;
	int kind;

	while ((kind = wget_wch(t->keys, &ch)) != ERR) {
		*out = (struct press){.key = (uint32_t)ch,
				      .pasted = t->pasting};
		if (kind == KEY_CODE_YES) {
			if (ch == KEYS_PASTE || ch == KEYS_PASTED)
				t->pasting = ch == KEYS_PASTE;
			else if (keys_translate((int)ch, out))
				return true;
		} else if (!t->pasting || !ends_paste(t, ch)) {
			if (ch == '\n')
				out->key = PRESS_ENTER;
			return true;
		}
	}
	return false;
}

/* A pair for two colours, made when first used; 0 when all are taken. */
static short pair_for(struct terminal *t, int fg, int bg)
{
	int n = 0;

	if (fg == COLOUR_DEFAULT && bg == COLOUR_DEFAULT)
		return 0;
	while (n < t->pair_count &&
	       (t->pairs[n].fg != fg || t->pairs[n].bg != bg))
		n++;
	if (n == t->pair_count) {
		if (n == PAIRS_MAX || n + 1 >= COLOR_PAIRS)
			return 0;
		t->pairs[n].fg = fg;
		t->pairs[n].bg = bg;
		t->pair_count++;
		init_extended_pair(n + 1, fg, bg);
	}
	return (short)(n + 1);
}

#define BRIGHT_BLACK 8

static int index_of(const struct colour *c, enum colour_depth depth,
		    attr_t *bright)
{
	bool indexed;
	int32_t n = colour_at(c, depth, &indexed);

	/* Black that the terminal does not make grey would not be seen. */
	if (depth == DEPTH_8 && n == BRIGHT_BLACK) {
		*bright |= A_DIM;
		return COLOUR_DEFAULT;
	}
	if (depth == DEPTH_8 && n > BRIGHT_BLACK) {
		*bright |= A_BOLD;
		n -= 8;
	}
	/* Of 24-bit colours the lowest sixteen mean the terminal's own. */
	if (!indexed && n < 16)
		n = 16;
	return n;
}

static attr_t attrs_of(unsigned attrs)
{
	return (attrs & STYLE_BOLD ? A_BOLD : 0) |
	       (attrs & STYLE_DIM ? A_DIM : 0) |
	       (attrs & STYLE_UNDERLINE ? A_UNDERLINE : 0) |
	       (attrs & STYLE_REVERSE ? A_REVERSE : 0);
}

/* Without colours: what a theme sets off by a background is reversed, what it
 * greys is dim. */
static attr_t attrs_for_colours(const struct theme *theme,
				const struct style *on, const struct colour *fg)
{
	return (on->bg.c16 != theme->style[ROLE_TEXT].bg.c16 ? A_REVERSE : 0) |
	       (fg->c16 == BRIGHT_BLACK ? A_DIM : 0);
}

static const struct look *look_of(struct terminal *t, struct pen p)
{
	struct look *l = &t->looks[p.role][p.on];
	const struct style *s = &t->theme.style[p.role];
	const struct style *on = p.on == ROLE_TEXT ? s : &t->theme.style[p.on];
	const struct colour *fg = &s->fg;
	attr_t none = 0;

	if (l->made)
		return l;
	if (on->fg.c16 != COLOUR_DEFAULT || on->fg.rgb != COLOUR_DEFAULT)
		fg = &on->fg;
	l->attrs = attrs_of(s->attrs | on->attrs);
	if (t->depth == DEPTH_MONO) {
		l->attrs |= attrs_for_colours(&t->theme, on, fg);
	} else {
		int ink = index_of(fg, t->depth, &l->attrs);

		/* The cube's black stays black, whatever the palette, and
		 * where bold means bright. */
		if (ink == COLOR_BLACK && t->depth == DEPTH_256)
			ink = 16;
		l->black = ink == COLOR_BLACK;
		l->pair = pair_for(t, ink, index_of(&on->bg, t->depth, &none));
	}
	l->made = true;
	return l;
}

static void put(struct terminal *t, int y, int x, const struct cell *cell)
{
	const struct look *l = look_of(t, cell->pen);
	wchar_t text[3] = {(wchar_t)cell->ch, (wchar_t)cell->mark, 0};
	attr_t attrs = l->attrs;
	cchar_t cc;

	if (cell->pen.attrs & STYLE_REVERSE)
		attrs ^= A_REVERSE;
	attrs |= attrs_of(cell->pen.attrs & ~(unsigned)STYLE_REVERSE);
	if (l->black)
		attrs &= ~(attr_t)(A_BOLD | A_DIM);
	if (setcchar(&cc, text, attrs, l->pair, NULL) == OK)
		mvwadd_wch(stdscr, y, x, &cc);
}

static void show_row(struct terminal *t, const struct canvas *c, int y,
		     bool all)
{
	const struct cell *now = &c->cells[y * c->cols];
	struct cell *shown = &t->shown.cells[y * c->cols];

	for (int x = 0; x < c->cols; x++) {
		if (!all && memcmp(&now[x], &shown[x], sizeof(*now)) == 0)
			continue;
		shown[x] = now[x];
		/* The right half of a wide character goes with the left. */
		if (now[x].ch)
			put(t, y, x, &now[x]);
	}
}

void terminal_show(struct terminal *t, const struct canvas *c)
{
	bool all = t->stale || c->rows != t->shown.rows ||
		   c->cols != t->shown.cols;
	size_t size = (size_t)c->cols * sizeof(*c->cells);

	if (all) {
		canvas_resize(&t->shown, c->rows, c->cols);
		erase();
	}
	for (int y = 0; y < c->rows; y++)
		if (all || memcmp(&c->cells[y * c->cols],
				  &t->shown.cells[y * c->cols], size) != 0)
			show_row(t, c, y, all);
	t->stale = false;
	wnoutrefresh(stdscr);
	doupdate();
}
