/*
 * backend.h - where the screens get their frames, and leave their requests.
 *
 * The TUI knows nothing of stores, files or replay: whoever runs it gives
 * these three. All are called on the TUI's thread and must not wait.
 */
#ifndef RESIDUE_UI_BACKEND_H
#define RESIDUE_UI_BACKEND_H

#include <residue/base/err.h>
#include <residue/model/frame.h>

struct tui_backend {
	void *ctx;
	int wake_fd; /* readable when there is something new; not read here.
		      * -1: nothing ever comes by itself */
	/* Fill *frame with what `want` asks, and take the wake back. */
	void (*frame)(void *ctx, const struct frame_want *want,
		      struct frame *frame);
	/* Pass a request on; it is answered by an event or a toast. */
	int (*post)(void *ctx, const struct request *req, struct err *err);
};

#endif
