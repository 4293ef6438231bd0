/*
 * tui.c - the screens' loop: wait for keys, signals and news; draw what
 * changed.
 *
 * A key is answered at once. News is drawn at most twenty times a second, and
 * nothing is drawn when nothing happened.
 */
#include "app/tui.h"

#include <residue/base/clock.h>
#include <residue/views/view.h>

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#define DRAW_NS	    (50 * NS_PER_MS)
#define FIRST_DRAWS 4

struct tui {
	const struct tui_backend *backend;
	struct terminal *terminal;
	struct screens screens;
	struct canvas canvas;
	struct frame frame;
	int64_t drawn_ns;
	uint64_t draws;
	bool news;	 /* the backend's wake came and is not drawn yet */
	int64_t news_ns; /* when it is to be drawn */
};

static void redraw(struct tui *t)
{
	struct frame_want want;
	int rows, cols;

	terminal_size(t->terminal, &rows, &cols);
	if (rows != t->canvas.rows || cols != t->canvas.cols)
		canvas_resize(&t->canvas, rows, cols);
	screens_want(&t->screens, rows, cols, &want);
	t->backend->frame(t->backend->ctx, &want, &t->frame);
	if (screens_saw(&t->screens, &t->frame, &want)) {
		screens_want(&t->screens, rows, cols, &want);
		t->backend->frame(t->backend->ctx, &want, &t->frame);
	}
	screens_draw(&t->screens, &t->frame, &t->canvas);
	terminal_show(t->terminal, &t->canvas);
	t->drawn_ns = clock_boot_ns();
	t->draws++;
	t->news = false;
}

static void post_requests(struct tui *t)
{
	struct screens *s = &t->screens;

	for (unsigned i = 0; i < s->request_count; i++) {
		struct err err = ERR_INIT;

		if (t->backend->post(t->backend->ctx, &s->requests[i], &err))
			screens_say(s, &t->frame, true, "%s", err.msg);
	}
	s->request_count = 0;
}

/* All keys that have arrived; true when there were any. Between two keys the
 * frame is filled anew, so that each acts on what the one before led to. */
static bool read_keys(struct tui *t)
{
	struct press press;
	bool any = false;

	while (!t->screens.quit && terminal_read(t->terminal, &press)) {
		screens_press(&t->screens, &t->frame, &press);
		post_requests(t);
		any = true;
	}
	return any;
}

/* Milliseconds until something has to be drawn by itself; -1: nothing has. */
static int wait_ms(const struct tui *t)
{
	int64_t now = clock_boot_ns(), until = INT64_MAX, words;

	if (t->news)
		until = t->news_ns;
	if (screens_saying(&t->screens, t->frame.now_ns, &words) &&
	    words - t->frame.now_ns + t->drawn_ns < until)
		until = words - t->frame.now_ns + t->drawn_ns;
	if (until == INT64_MAX)
		return -1;
	return until <= now ? 0 : (int)((until - now) / NS_PER_MS + 1);
}

static void take_news(struct tui *t)
{
	int64_t now = clock_boot_ns();

	t->news = true;
	t->news_ns = now;
	/* The first figures are not kept waiting. */
	if (t->draws > FIRST_DRAWS && t->news_ns < t->drawn_ns + DRAW_NS)
		t->news_ns = t->drawn_ns + DRAW_NS;
}

/* Wait, and take in what came; false at the end. *draw: something to show. */
static bool turn(struct tui *t, bool *draw)
{
	struct pollfd fds[3] = {
		{.fd = terminal_fd(t->terminal), .events = POLLIN},
		{.fd = terminal_signal_fd(t->terminal), .events = POLLIN},
		/* Known news need no waking. */
		{.fd = t->news ? -1 : t->backend->wake_fd, .events = POLLIN}};
	int n = poll(fds, 3, wait_ms(t));
	unsigned events;

	if (n < 0 && errno != EINTR)
		return false;
	if (n < 0)
		memset(fds, 0, sizeof(fds));
	events = terminal_events(t->terminal, fds[0].revents);
	if (events & TERMINAL_GONE)
		return false;
	if (fds[2].revents & POLLIN)
		take_news(t);
	*draw = n == 0 || (events & TERMINAL_RESIZED) ||
		(t->news && clock_boot_ns() >= t->news_ns);
	if (fds[0].revents & POLLIN)
		*draw |= read_keys(t);
	return !t->screens.quit;
}

static void loop(struct tui *t)
{
	bool draw = true;

	do {
		if (draw)
			redraw(t);
	} while (turn(t, &draw));
}

/* The theme that was asked for, or else the one for this terminal. */
static int choose_theme(const struct tui *t, const struct tui_options *opt,
			struct theme *theme, struct err *err)
{
	if (opt->theme || terminal_depth(t->terminal) != DEPTH_MONO)
		return 0;
	return theme_load(theme, "mono", opt->config_dir, err);
}

int tui_run(const struct tui_options *opt, const struct tui_backend *backend,
	    int *signo, struct err *err)
{
	struct tui t = {.backend = backend};
	const char *term = getenv("TERM");
	bool ascii = opt->ascii || glyphs_ascii_only(term);
	struct theme theme;

	*signo = 0;
	if (theme_load(&theme, opt->theme ? opt->theme : "default",
		       opt->config_dir, err) ||
	    terminal_open(&t.terminal, &opt->terminal, err))
		return -1;
	if (choose_theme(&t, opt, &theme, err)) {
		terminal_close(t.terminal);
		return -1;
	}
	terminal_set_theme(t.terminal, &theme);
	frame_init(&t.frame);
	/* Beyond ASCII nothing of a target's is shown where the locale cannot;
	 * --ascii is about our own lines and graphs. */
	canvas_init(&t.canvas, glyphs_ascii_only(term));
	screens_init(&t.screens, ascii, glyphs_best(term));
	t.screens.plain = terminal_depth(t.terminal) == DEPTH_MONO;
	screens_start(&t.screens, opt->targets, opt->target_count,
		      opt->has_list);
	post_requests(&t);
	loop(&t);
	*signo = terminal_signal(t.terminal);
	terminal_close(t.terminal);
	screens_release(&t.screens);
	canvas_release(&t.canvas);
	frame_release(&t.frame);
	return 0;
}
