/* prompt.c - the line that the user types. */
#include <residue/ui/prompt.h>

#include <residue/base/text.h>
#include <residue/ui/glyphs.h>

#include <stdio.h>
#include <string.h>

void prompt_start(struct prompt *p, const char *title, const char *text)
{
	p->title = title;
	snprintf(p->text, sizeof(p->text), "%s", text);
	p->len = p->at = (unsigned)strlen(p->text);
	p->gap = false;
}

/* Where the character before or after `at` begins. */
static unsigned before(const struct prompt *p, unsigned at)
{
	while (at > 0 && ((unsigned char)p->text[--at] & 0xc0) == 0x80)
		;
	return at;
}

static unsigned after(const struct prompt *p, unsigned at)
{
	if (at < p->len)
		at++;
	while (at < p->len && ((unsigned char)p->text[at] & 0xc0) == 0x80)
		at++;
	return at;
}

static void cut(struct prompt *p, unsigned from, unsigned to)
{
	memmove(p->text + from, p->text + to, p->len - to + 1);
	p->len -= to - from;
	p->at = from;
}

static unsigned word_start(const struct prompt *p)
{
	unsigned i = p->at;

	while (i > 0 && p->text[i - 1] == ' ')
		i--;
	while (i > 0 && p->text[i - 1] != ' ')
		i--;
	return i;
}

/* What would have to be escaped is not typed into a search. */
static bool is_text(uint32_t ch)
{
	char utf8[8], seen[16];
	size_t n;

	if (ch < ' ' || ch >= PRESS_SPECIAL)
		return false;
	n = strlen(glyph_text(ch, utf8));
	return text_visible(seen, sizeof(seen), utf8, n) == n;
}

static void insert(struct prompt *p, uint32_t ch)
{
	char utf8[8];
	unsigned n;

	if (!is_text(ch))
		return;
	n = (unsigned)strlen(glyph_text(ch, utf8));
	if (p->len + n >= sizeof(p->text))
		return;
	memmove(p->text + p->at + n, p->text + p->at, p->len - p->at + 1);
	memcpy(p->text + p->at, utf8, n);
	p->len += n;
	p->at += n;
}

void prompt_paste(struct prompt *p, uint32_t ch)
{
	if (ch == '\t' || ch == '\n' || ch == PRESS_ENTER) {
		p->gap = p->at > 0;
		return;
	}
	if (!is_text(ch))
		return;
	if (p->gap && ch != ' ')
		insert(p, ' ');
	p->gap = false;
	insert(p, ch);
}

enum prompt_answer prompt_key(struct prompt *p, uint32_t key)
{
	p->gap = false;
	switch (key) {
	case PRESS_ENTER:
		return PROMPT_DONE;
	case PRESS_ESC:
	case PRESS_CTRL('c'):
	case PRESS_CTRL('g'):
		return PROMPT_CANCEL;
	case PRESS_CTRL('a'):
	case PRESS_HOME:
		p->at = 0;
		break;
	case PRESS_CTRL('e'):
	case PRESS_END:
		p->at = p->len;
		break;
	case PRESS_CTRL('b'):
	case PRESS_LEFT:
		p->at = before(p, p->at);
		break;
	case PRESS_CTRL('f'):
	case PRESS_RIGHT:
		p->at = after(p, p->at);
		break;
	case PRESS_CTRL('k'):
		cut(p, p->at, p->len);
		break;
	case PRESS_CTRL('u'):
		cut(p, 0, p->at);
		break;
	case PRESS_CTRL('w'):
		cut(p, word_start(p), p->at);
		break;
	case PRESS_CTRL('h'):
	case PRESS_BACKSPACE:
		cut(p, before(p, p->at), p->at);
		break;
	case PRESS_CTRL('d'):
	case PRESS_DELETE:
		cut(p, p->at, after(p, p->at));
		break;
	default:
		insert(p, key);
	}
	return PROMPT_MORE;
}

void prompt_draw(const struct prompt *p, struct canvas *c, int y)
{
	char head[PROMPT_MAX];
	const char *text = p->text;
	int x, at;

	canvas_fill(c, (struct rect){y, 0, 1, c->cols}, pen(ROLE_PROMPT), ' ');
	x = canvas_text(c, y, 0, c->cols, pen(ROLE_KEY), p->title);
	x += canvas_text(c, y, x, c->cols - x, pen(ROLE_PROMPT), " ");
	snprintf(head, sizeof(head), "%.*s", (int)p->at, p->text);
	at = text_columns(head);
	/* Shift by whole characters until the cursor is on the screen. */
	while (at > 0 && x + at >= c->cols) {
		unsigned step = after(p, (unsigned)(text - p->text));
		char gone[8] = "";

		memcpy(gone, text, step - (unsigned)(text - p->text));
		at -= text_columns(gone);
		text = p->text + step;
	}
	canvas_text(c, y, x, c->cols - x, pen(ROLE_PROMPT), text);
	canvas_paint(c, (struct rect){y, x + at, 1, 1}, ROLE_CURSOR);
}
