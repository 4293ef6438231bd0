/* screens.c - what all screens share: keys, footer, words. */
#include <residue/views/view.h>

#include "confirm.h"
#include "sites_table.h"

#include <residue/base/clock.h>
#include <residue/base/text.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How long an answer stands in the footer's place. */
#define SAY_NS (4 * NS_PER_SEC)

const struct view *view_at(enum place place)
{
	for (unsigned i = 0; i < view_count; i++)
		if (view_registry[i]->place == place)
			return view_registry[i];
	return view_registry[0];
}

void screens_init(struct screens *s, bool ascii_only, enum glyph_kind glyphs)
{
	*s = (struct screens){.ascii_only = ascii_only,
			      .asking = ACTION_NONE,
			      .confirm = {.action = ACTION_NONE},
			      .sites = {.type = UINT32_MAX},
			      .list.title_y = -1};
	s->glyphs = glyphs_make(glyphs, ascii_only);
	s->list.sort = UINT32_MAX;
}

void screens_release(struct screens *s)
{
	free(s->list.order);
	sites_table_free(s->sites.table);
}

void screens_start(struct screens *s, const char ids[][TARGET_ID_MAX],
		   unsigned n, bool has_list)
{
	static const enum place by_count[] = {IN_LIST, IN_WATCH, IN_COMPARE};

	for (unsigned i = 0; i < n && i < FRAME_PANELS; i++)
		memcpy(s->target[i], ids[i], TARGET_ID_MAX);
	s->named_count = n <= FRAME_PANELS ? 0 : n < NAMED_MAX ? n : NAMED_MAX;
	for (unsigned i = 0; i < s->named_count; i++)
		memcpy(s->named[i], ids[i], TARGET_ID_MAX);
	/* All that were named are rows of the list. */
	s->has_list = has_list || n == 0 || n > FRAME_PANELS;
	if (n > FRAME_PANELS)
		snprintf(s->say, sizeof(s->say),
			 "2 of %u targets are compared; n is the next, Esc "
			 "shows the list of all",
			 n);
	screens_go(s, by_count[n < FRAME_PANELS ? n : FRAME_PANELS]);
}

void screens_go(struct screens *s, enum place place)
{
	s->view = view_at(place);
	s->depth = 0;
	if (place == IN_WATCH || place == IN_COMPARE)
		s->axis = (struct axis_state){.step_ns = s->axis.step_ns};
	for (unsigned i = 0; i < FRAME_PANELS; i++)
		if ((place == IN_WATCH || place == IN_COMPARE) &&
		    s->target[i][0])
			screens_request(s, REQUEST_OPEN, s->target[i]);
}

void screens_over(struct screens *s, enum place place)
{
	if (s->depth < VIEWS_DEEP)
		s->under[s->depth++] = s->view;
	s->view = view_at(place);
}

void screens_want_under(struct screens *s, struct frame_want *want)
{
	for (unsigned i = s->depth; i > 0; i--)
		if (s->under[i - 1]->place & IN_ACTING) {
			s->under[i - 1]->want(s, want);
			return;
		}
}

void screens_back(struct screens *s)
{
	s->view = s->depth ? s->under[--s->depth] : view_at(IN_LIST);
}

struct request *screens_request(struct screens *s, enum request_kind kind,
				const char *target)
{
	struct request *r;

	if (s->request_count == REQUESTS_MAX)
		return NULL;
	r = &s->requests[s->request_count++];
	*r = (struct request){.kind = kind};
	snprintf(r->target, sizeof(r->target), "%s", target);
	return r;
}

void screens_say(struct screens *s, const struct frame *f, bool error,
		 const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(s->say, sizeof(s->say), fmt, ap);
	va_end(ap);
	s->say_error = error;
	s->said_ns = f->now_ns;
}

bool screens_saying(const struct screens *s, int64_t now_ns, int64_t *until_ns)
{
	*until_ns = s->said_ns + SAY_NS;
	return s->say[0] && now_ns < *until_ns;
}

void screens_want(struct screens *s, int rows, int cols,
		  struct frame_want *want)
{
	s->rows = rows > 1 ? rows - 1 : rows;
	s->cols = cols;
	*want = (struct frame_want){.step_ns = NS_PER_SEC};
	s->view->want(s, want);
}

bool screens_saw(struct screens *s, const struct frame *f,
		 const struct frame_want *asked)
{
	struct frame_want again;
	int64_t first = f->now_ns;

	if (!(s->view->place & (IN_GRAPHS | IN_LIST)))
		return false;
	for (unsigned i = 0; i < FRAME_PANELS; i++) {
		const struct panel *p = &f->panels[i];
		/* History counts in whole buckets of up to ten minutes. */
		int64_t since = p->first_ns > p->info.since_ns
					? p->first_ns
					: p->info.since_ns;

		if (p->present && p->first_ns && since < first)
			first = since;
	}
	s->axis.covered_ns = f->now_ns - first;
	s->axis.interval_ns = f->interval_ns;
	/* What the start had to say counts from the first frame. */
	if (s->say[0] && !s->said_ns)
		s->said_ns = f->now_ns;
	again = (struct frame_want){.step_ns = NS_PER_SEC};
	s->view->want(s, &again);
	return again.step_ns != asked->step_ns;
}

static const char *label_of(void *ctx, enum action action)
{
	const struct screens *s = ctx;
	const char *own = s->view->label ? s->view->label(s, action) : NULL;

	return own ? own : action_info[action].label;
}

static const char *blocked(const struct screens *s, const struct frame *f,
			   enum action action)
{
	if (action == ACTION_FORCE_GC || action == ACTION_PROBE)
		return confirm_blocked(s, f, action);
	return s->view->blocked ? s->view->blocked(s, f, action) : NULL;
}

static unsigned footer_items(struct screens *s,
			     struct footer_item item[FOOTER_MAX])
{
	return keymap_footer(s->view->place, s->cols, s->glyphs.across == '-',
			     label_of, s, item);
}

static void draw_footer(struct screens *s, const struct frame *f,
			struct canvas *c, int y)
{
	struct footer_item item[FOOTER_MAX];
	unsigned n = footer_items(s, item);

	canvas_fill(c, (struct rect){y, 0, 1, c->cols}, pen(ROLE_KEY_LABEL),
		    ' ');
	for (unsigned i = 0; i < n; i++) {
		bool off = blocked(s, f, item[i].action) != NULL;
		int x = item[i].x;

		x += canvas_text(c, y, x, item[i].key_w, pen(ROLE_KEY),
				 item[i].key);
		canvas_text(c, y, x, item[i].w - item[i].key_w,
			    pen(off ? ROLE_KEY_OFF : ROLE_KEY_LABEL),
			    label_of(s, item[i].action));
	}
}

static void draw_words(struct canvas *c, const struct glyphs *g, int y,
		       const char *text, bool error)
{
	enum role role = error ? ROLE_BAD : ROLE_TOAST;

	canvas_fill(c, (struct rect){y, 0, 1, c->cols}, pen(role), ' ');
	canvas_fit(c, y, 1, c->cols - 1, pen(role), text, g->ellipsis);
}

/* The last row: what is typed, else what there is to say, else the keys. */
static void draw_last(struct screens *s, const struct frame *f,
		      struct canvas *c, int y)
{
	int64_t until;

	if (s->confirm.action != ACTION_NONE)
		confirm_draw(s, c, y);
	else if (s->asking != ACTION_NONE)
		prompt_draw(&s->prompt, c, y);
	else if (screens_saying(s, f->now_ns, &until) &&
		 (!f->toast[0] || f->toast_ns < s->said_ns))
		draw_words(c, &s->glyphs, y, s->say, s->say_error);
	else if (f->toast[0] && f->now_ns - f->toast_ns < SAY_NS)
		draw_words(c, &s->glyphs, y, f->toast, f->toast_is_error);
	else
		draw_footer(s, f, c, y);
}

void screens_draw(struct screens *s, const struct frame *f, struct canvas *c)
{
	int rows = c->rows;

	canvas_clear(c);
	if (rows > 1)
		c->rows--;
	s->view->draw(s, f, c);
	c->rows = rows;
	/* What is asked is seen, were it the only row. */
	if (rows > 1 || s->confirm.action != ACTION_NONE ||
	    s->asking != ACTION_NONE)
		draw_last(s, f, c, rows - 1);
}

static void next_symbols(struct screens *s, const struct frame *f)
{
	enum glyph_kind next =
		(enum glyph_kind)((s->glyphs.kind + 1) % GLYPHS_COUNT);

	if (s->ascii_only) {
		screens_say(s, f, false, "this terminal shows ASCII only");
		return;
	}
	s->glyphs = glyphs_make(next, false);
	screens_say(s, f, false, "graphs are drawn with %s characters",
		    s->glyphs.name);
}

static void ask(struct screens *s, enum action action)
{
	s->asking = action;
	prompt_start(&s->prompt, action == ACTION_SEARCH ? "Search" : "Filter",
		     action == ACTION_SEARCH ? "" : s->view->filter(s));
}

static void act(struct screens *s, const struct frame *f, enum action action)
{
	const char *why;

	if (action == ACTION_NONE)
		return;
	why = blocked(s, f, action);
	if (why) {
		screens_say(s, f, false, "%s: %s", label_of(s, action), why);
		return;
	}
	switch (action) {
	case ACTION_QUIT:
		s->quit = true;
		break;
	case ACTION_SYMBOLS:
		next_symbols(s, f);
		break;
	case ACTION_HELP:
		s->help_top = 0;
		screens_over(s, IN_HELP);
		break;
	case ACTION_LOG:
		s->log_top = 0;
		screens_over(s, IN_LOG);
		break;
	case ACTION_FORCE_GC:
	case ACTION_PROBE:
		confirm_ask(s, f, action);
		break;
	case ACTION_SEARCH:
	case ACTION_FILTER:
		ask(s, action);
		break;
	default:
		s->view->act(s, f, action);
	}
}

static void prompt_press(struct screens *s, const struct frame *f,
			 const struct press *press)
{
	char before[PROMPT_MAX];
	enum prompt_answer answer = PROMPT_MORE;
	enum action asking = s->asking;

	memcpy(before, s->prompt.text, sizeof(before));
	if (press->pasted)
		prompt_paste(&s->prompt, press->key);
	else
		answer = prompt_key(&s->prompt, press->key);
	if (answer != PROMPT_MORE)
		s->asking = ACTION_NONE;
	if (answer == PROMPT_CANCEL)
		s->prompt.text[0] = '\0';
	/* Both act while one types, as htop's do. */
	if (answer != PROMPT_MORE || strcmp(before, s->prompt.text) != 0)
		s->view->act(s, f, asking);
}

static void click(struct screens *s, const struct frame *f,
		  const struct press *press)
{
	struct footer_item item[FOOTER_MAX];
	unsigned n;

	if (press->y < s->rows || s->rows < 1) {
		if (s->view->click)
			s->view->click(s, f, press->y, press->x);
		return;
	}
	n = footer_items(s, item);
	for (unsigned i = 0; i < n; i++) {
		int at = press->x - item[i].x;
		enum action action = item[i].action;

		if (at < 0 || at >= item[i].w)
			continue;
		/* The second key of a pair is the action after. */
		if (action + 1 < ACTION_COUNT && at * 2 >= item[i].key_w &&
		    action_info[action + 1].footer == PAIRED)
			action++;
		act(s, f, action);
		return;
	}
}

/* As the arrow: in a menu, too. */
static void wheel(struct screens *s, const struct frame *f, uint32_t key,
		  enum action action)
{
	if (!s->view->press || !s->view->press(s, f, key))
		act(s, f, action);
}

void screens_press(struct screens *s, const struct frame *f,
		   const struct press *press)
{
	bool text =
		s->asking != ACTION_NONE && s->confirm.action == ACTION_NONE;

	if (press->pasted && !text) {
		screens_say(s, f, false,
			    "pasted text is not taken for keys: it goes into a "
			    "prompt only");
		return;
	}
	s->say[0] = '\0';
	if (s->confirm.action != ACTION_NONE) {
		/* Any other key is a no; the one that quits quits. */
		if (!confirm_press(s, f, press) &&
		    keymap_find(press->key, s->view->place) == ACTION_QUIT)
			s->quit = true;
	} else if (press->key == PRESS_CLICK) {
		click(s, f, press);
	} else if (press->key == PRESS_WHEEL_UP) {
		wheel(s, f, PRESS_UP, ACTION_UP);
	} else if (press->key == PRESS_WHEEL_DOWN) {
		wheel(s, f, PRESS_DOWN, ACTION_DOWN);
	} else if (s->asking != ACTION_NONE) {
		prompt_press(s, f, press);
	} else if (!s->view->press || !s->view->press(s, f, press->key)) {
		act(s, f, keymap_find(press->key, s->view->place));
	}
}
