/* screen.c - frames for the TUI out of the sampler, and its requests in. */
#include "screen.h"
#include "config.h"
#include "tui.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void frame(void *ctx, const struct frame_want *want, struct frame *out)
{
	struct sampler *s = ctx;
	uint64_t count;

	/* The wake is taken back first: what comes while the frame is filled
	 * wakes again. EAGAIN: there was none. */
	if (read(sampler_wake_fd(s), &count, sizeof(count)) < 0 &&
	    errno != EAGAIN)
		return;
	sampler_frame(s, want, out);
}

static int post(void *ctx, const struct request *req, struct err *err)
{
	return sampler_post(ctx, req, err);
}

static enum colour_choice colour_choice(const char *word)
{
	if (word && !strcmp(word, "always"))
		return COLOUR_ALWAYS;
	if (word && !strcmp(word, "never"))
		return COLOUR_NEVER;
	return COLOUR_AUTO;
}

int screen_run(struct targets *s, struct options *o, const char *note,
	       struct err *err)
{
	struct tui_backend backend = {
		.ctx = s->sampler,
		.wake_fd = sampler_wake_fd(s->sampler),
		.frame = frame,
		.post = post,
	};
	char *config = config_dir();
	struct tui_options to = {
		.terminal = {.mouse = !o->no_mouse,
			     .colour = colour_choice(o->color)},
		.ascii = o->ascii,
		.theme = o->theme,
		.config_dir = config,
		.targets = s->ids,
		.target_count = s->named ? s->count : 0,
		.has_list = s->has_list,
	};
	int rc = 0;

	signal(SIGPIPE, SIG_IGN);
	if (!s->scripted)
		rc = sampler_run(s->sampler, 0, err);
	if (rc == 0 && note)
		sampler_say(s->sampler, note);
	if (rc == 0)
		rc = tui_run(&to, &backend, &o->ended_by, err);
	free(config);
	return rc;
}
