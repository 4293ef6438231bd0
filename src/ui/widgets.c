/* widgets.c - frames, sparklines and the bar that sums. */
#include <residue/ui/widgets.h>

#include <residue/base/text.h>
#include <residue/ui/axis.h>

#include <string.h>

static void frame_lines(struct canvas *c, const struct glyphs *g, struct rect r)
{
	struct pen p = pen(ROLE_FRAME);
	int bottom = r.y + r.h - 1, right = r.x + r.w - 1;

	canvas_fill(c, (struct rect){r.y, r.x, 1, r.w}, p, g->across);
	canvas_fill(c, (struct rect){bottom, r.x, 1, r.w}, p, g->across);
	canvas_fill(c, (struct rect){r.y, r.x, r.h, 1}, p, g->down);
	canvas_fill(c, (struct rect){r.y, right, r.h, 1}, p, g->down);
	canvas_put(c, r.y, r.x, p, g->top_left);
	canvas_put(c, r.y, right, p, g->top_right);
	canvas_put(c, bottom, r.x, p, g->bottom_left);
	canvas_put(c, bottom, right, p, g->bottom_right);
}

void graph_frame(struct canvas *c, const struct glyphs *g, struct rect r,
		 const struct panel_title *title)
{
	int value_w = text_columns(title->value);
	int right = r.x + r.w - 2, x = r.x + 2, room;

	if (r.h < 2 || r.w < 4)
		return;
	frame_lines(c, g, r);
	if (value_w + 2 <= r.w - 4) {
		right -= value_w + 2;
		canvas_text(c, r.y, right, 1, pen(ROLE_TEXT), " ");
		canvas_text(c, r.y, right + 1, value_w, pen_bold(ROLE_TEXT),
			    title->value);
		canvas_text(c, r.y, right + 1 + value_w, 1, pen(ROLE_TEXT),
			    " ");
	}
	room = right - x - 1;
	if (room < text_columns(title->title) + 2)
		return;
	x += canvas_text(c, r.y, x, 1, pen(ROLE_TEXT), " ");
	x += canvas_text(c, r.y, x, room, pen_bold(title->role), title->title);
	x += canvas_text(c, r.y, x, 1, pen(ROLE_TEXT), " ");
	room = right - x - 2;
	if (*title->note && room > 3) {
		x += canvas_fit(c, r.y, x, room, pen(ROLE_DIM), title->note,
				g->ellipsis);
		canvas_text(c, r.y, x, 1, pen(ROLE_TEXT), " ");
	}
}

static uint32_t most_of(const uint32_t *samples, unsigned n, int64_t from,
			int64_t to, int64_t end_slot)
{
	uint32_t most = 0;

	for (int64_t s = from; s < to && s <= end_slot; s++)
		if (s >= 0 && s > end_slot - (int64_t)n &&
		    samples[s % (int64_t)n] > most)
			most = samples[s % (int64_t)n];
	return most;
}

void sparkline(struct canvas *c, const struct glyphs *g, int y, int x, int w,
	       struct pen p, const uint32_t *samples, unsigned n,
	       int64_t end_slot)
{
	int64_t per = w > 0 ? ((int64_t)n + w - 1) / w : 1;
	int64_t last = end_slot / per, tick, top;
	uint32_t most = 0;

	for (unsigned i = 0; i < n; i++)
		most = samples[i] > most ? samples[i] : most;
	if (most == 0)
		return;
	/* Sampled pages of 4 KiB: a round number of bytes above the highest. */
	top = scale_top((int64_t)most * 4096, 8, &tick) / 4096;
	for (int i = 0; i < w; i++) {
		int64_t cell = last - w + 1 + i;
		uint32_t v = most_of(samples, n, cell * per, (cell + 1) * per,
				     end_slot);
		int64_t eighths = ((int64_t)v * 8 + top - 1) / top;

		if (v)
			canvas_put(c, y, x + i, p,
				   g->level[eighths > 8 ? 8 : eighths]);
	}
}

static void bar_name(struct canvas *c, int y, int x, int w, struct pen p,
		     const struct bar_part *part)
{
	int name_w = text_columns(part->name);

	if (w >= name_w + 2)
		canvas_text(c, y, x + (w - name_w) / 2, name_w, p, part->name);
	else if (w >= 2)
		canvas_put(c, y, x + w / 2, p, (uint32_t)part->letter);
}

void bar_draw(struct canvas *c, int y, int x, int w,
	      const struct bar_part *parts, unsigned n, bool plain)
{
	/* Exact up to 2^53 bytes, and without an end. */
	double sum = 0, before = 0;

	for (unsigned i = 0; i < n; i++)
		sum += parts[i].bytes > 0 ? (double)parts[i].bytes : 0;
	for (unsigned i = 0; i < n && sum > 0; i++) {
		const struct bar_part *part = &parts[i];
		/* Rounded edges, not rounded widths: they always sum to w. */
		int from = (int)(before * w / sum + 0.5), to;
		struct pen p = {(uint8_t)part->role, ROLE_TEXT,
				(uint8_t)(STYLE_REVERSE | part->attrs)};

		if (part->bytes <= 0)
			continue;
		before += (double)part->bytes;
		to = (int)(before * w / sum + 0.5);
		canvas_fill(c, (struct rect){y, x + from, 1, to - from}, p,
			    plain ? (uint32_t)part->letter : ' ');
		if (!plain)
			bar_name(c, y, x + from, to - from, p, part);
	}
}
