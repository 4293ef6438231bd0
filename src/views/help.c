/* help.c - F1: keys, events, what the figures mean; all from their tables. */
#include "columns.h"
#include "look.h"
#include "sites_table.h"

#include <residue/base/text.h>
#include <residue/ui/axis.h>

#include <stdio.h>
#include <string.h>

/* The names of what is on the screen: of the widest figure, and two blanks. */
#define NAME_W 21

/* A column of the help, drawn with a scroll offset: lines above and below the
 * screen are counted and not drawn. */
struct page {
	const struct screens *s;
	struct canvas *c;
	int x, w;
	int y; /* of the next line; negative above the screen */
	unsigned lines;
};

static void next(struct page *p, int rows)
{
	p->y += rows;
	p->lines += (unsigned)rows;
}

static void heading(struct page *p, const char *text)
{
	if (p->lines > 0)
		next(p, 1);
	canvas_text(p->c, p->y, p->x, p->w, pen(ROLE_BRAND), text);
	next(p, 1);
}

/* "swatch name  meaning", the meaning wrapped under itself. */
static void entry(struct page *p, int name_w, struct pen mark_pen,
		  const char *mark, const char *name, const char *meaning)
{
	int x = p->x + 2 + text_columns(mark) + (*mark != 0), rows;
	int left = p->x + 2 + name_w;
	struct rect r = {p->y, left, 8, p->x + p->w - left};

	canvas_text(p->c, p->y, p->x + 2, 8, mark_pen, mark);
	canvas_text(p->c, p->y, x, left - x - 1, pen(ROLE_TEXT), name);
	if (r.w < 16) {
		r.x = p->x + 4;
		r.y++;
		r.w = p->w - 4;
	}
	rows = draw_wrapped(p->c, &p->s->glyphs, r, pen(ROLE_DIM), meaning);
	next(p, rows + r.y - p->y);
}

/* The screen that the help is about. */
static enum place place_below(const struct screens *s)
{
	return s->depth ? s->under[s->depth - 1]->place : IN_LIST;
}

static void keys(struct page *p)
{
	bool ascii = p->s->glyphs.across == '-';
	enum place place = place_below(p->s);
	char title[64];

	snprintf(title, sizeof(title), "Keys of this screen (%s)",
		 view_at(place)->name);
	heading(p, title);
	for (unsigned a = 0; a < ACTION_COUNT; a++) {
		const struct action_info *info = &action_info[a];
		char names[40] = "";

		if (!(info->places & place))
			continue;
		for (unsigned i = 0; i < ACTION_KEYS && info->keys[i]; i++) {
			char one[8];

			press_name(info->keys[i], ascii, one);
			snprintf(names + strlen(names),
				 sizeof(names) - strlen(names), "%s%s",
				 i ? " " : "", one);
		}
		entry(p, 14, pen(ROLE_TEXT), "", names, info->help);
	}
}

static void events(struct page *p)
{
	heading(p, "Events on the time axis");
	for (unsigned k = 0; k < EVENT_COUNT; k++) {
		char letter[2] = {event_kind_info[k].letter, '\0'};

		entry(p, NAME_W, pen(event_role((enum event_kind)k)), letter,
		      event_kind_info[k].title, event_kind_info[k].meaning);
	}
}

static void parts(struct page *p)
{
	heading(p, "What RES is made of");
	for (unsigned i = 0; i < PART_COUNT; i++) {
		enum part n = part_order[i];
		char letter[2] = {part_look[n].letter, '\0'};

		entry(p, NAME_W,
		      (struct pen){(uint8_t)part_look[n].role, ROLE_TEXT,
				   STYLE_REVERSE},
		      letter, part_info[n].title, part_info[n].meaning);
	}
}

static void columns(struct page *p, enum place place)
{
	if (place == IN_SITES) {
		heading(p, "Columns of the sites");
		for (unsigned i = 0; i < SITE_COLUMNS; i++)
			entry(p, 14, pen(ROLE_TEXT), "",
			      site_column_info[i].title,
			      site_column_info[i].meaning);
		return;
	}
	heading(p, "Columns of the list");
	for (unsigned i = 0; i < COLUMNS; i++)
		entry(p, 14, pen(ROLE_TEXT), "", list_column[i].title,
		      list_column[i].meaning);
}

static void figures(struct page *p)
{
	heading(p, "Figures");
	for (unsigned f = 0; f < FIELD_COUNT; f++)
		entry(p, NAME_W, pen(ROLE_TEXT), "", field_info[f].title,
		      field_info[f].meaning);
}

static void words(struct page *p)
{
	char text[200], dash[5];

	heading(p, "residue: where a Go process's memory went");
	snprintf(text, sizeof(text),
		 "\"%s\" is a figure that is not known. A dim figure is no "
		 "longer fresh; its age and the reason are in words.",
		 glyph_text(p->s->glyphs.dash, dash));
	entry(p, 2, pen(ROLE_TEXT), "", "", text);
	entry(p, 2, pen(ROLE_TEXT), "", "",
	      "The heap profile is a sample of what the last completed GC "
	      "left alive: garbage since then is in RES and not in it. Before "
	      "the first GC it is empty and says so.");
	entry(p, 2, pen(ROLE_TEXT), "", "",
	      "A negative residue is no error: pages that the program never "
	      "touched count in the heap and not in RES.");
}

static void want(struct screens *s, struct frame_want *w)
{
	screens_want_under(s, w);
}

/* Wide enough for two columns of text that is read with ease. */
#define TWO_COLUMNS 130

static void draw(struct screens *s, const struct frame *f, struct canvas *c)
{
	bool two = c->cols >= TWO_COLUMNS;
	int w = two ? c->cols / 2 - 2 : c->cols - 2;
	struct page left = {s, c, 1, w, -(int)s->help_top, 0};
	struct page right = {s, c, c->cols / 2 + 1, w, -(int)s->help_top, 0};
	struct page *second = two ? &right : &left;

	(void)f;
	words(&left);
	keys(&left);
	events(second);
	parts(second);
	columns(&left, place_below(s));
	figures(second);
	s->help_lines = left.lines > right.lines ? left.lines : right.lines;
}

static void act(struct screens *s, const struct frame *f, enum action action)
{
	int top = (int)s->help_top, page = s->rows > 1 ? s->rows - 1 : 1;

	(void)f;
	if (action == ACTION_BACK)
		screens_back(s);
	else if (lines_move(&top, action, page, (int)s->help_lines - s->rows))
		s->help_top = (unsigned)top;
}

/* F1 and its twins lead back, and q, as in htop. */
static bool press(struct screens *s, const struct frame *f, uint32_t key)
{
	enum action action = keymap_find(key, IN_HELP);

	(void)f;
	if (action != ACTION_HELP && key != 'q')
		return false;
	screens_back(s);
	return true;
}

const struct view view_help = {
	.name = "help",
	.place = IN_HELP,
	.want = want,
	.draw = draw,
	.act = act,
	.press = press,
};
