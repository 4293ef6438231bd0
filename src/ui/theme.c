/* theme.c - the table of roles, and theme files read with libinih. */
#include <residue/ui/theme.h>

#include "colour.h"

#include <residue/base/mem.h>

#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct role_info role_info[ROLE_COUNT] = {
#define X(id, name, like, meaning) {name, ROLE_##like, meaning},
	ROLES(X)
#undef X
};

struct parse {
	struct style style[ROLE_COUNT];
	bool set[ROLE_COUNT];
	struct err bad; /* of the first bad line */
};

static enum role role_by_name(const char *name)
{
	unsigned r = 0;

	while (r < ROLE_COUNT && strcmp(role_info[r].name, name) != 0)
		r++;
	return (enum role)r;
}

static uint8_t attr_by_name(const char *s)
{
	static const struct {
		const char *name;
		uint8_t attr;
	} known[] = {{"bold", STYLE_BOLD},
		     {"dim", STYLE_DIM},
		     {"underline", STYLE_UNDERLINE},
		     {"reverse", STYLE_REVERSE}};

	for (unsigned i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (strcmp(known[i].name, s) == 0)
			return known[i].attr;
	return 0;
}

/* "FG [on BG] [attributes]" into *style. */
static int parse_style(struct style *style, const char *value, struct err *err)
{
	static const struct colour none = {COLOUR_DEFAULT, COLOUR_DEFAULT,
					   COLOUR_DEFAULT};
	char copy[128], *save, *word;
	struct colour *next = &style->fg;

	*style = (struct style){none, none, 0};
	if (strlen(value) >= sizeof(copy))
		return err_set(err, ERR_FORMAT, "too long");
	strcpy(copy, value);
	for (word = strtok_r(copy, " \t", &save); word;
	     word = strtok_r(NULL, " \t", &save)) {
		uint8_t attr = attr_by_name(word);

		if (attr)
			style->attrs |= attr;
		else if (strcmp(word, "on") == 0)
			next = &style->bg;
		else if (!next || colour_parse(next, word))
			return err_set(err, ERR_FORMAT,
				       "\"%.40s\" is no colour", word);
		else
			next = NULL;
	}
	return 0;
}

static int on_line(void *ctx, const char *section, const char *name,
		   const char *value)
{
	struct parse *p = ctx;
	enum role role = role_by_name(name);
	struct err err = ERR_INIT;

	if (strcmp(section, "theme") != 0)
		err_set(&err, ERR_FORMAT, "unknown section \"%.40s\"", section);
	else if (role == ROLE_COUNT)
		err_set(&err, ERR_FORMAT, "unknown role \"%.40s\"", name);
	else if (parse_style(&p->style[role], value, &err) == 0)
		p->set[role] = true;
	if (err.code == ERR_NONE)
		return 1;
	if (p->bad.code == ERR_NONE)
		p->bad = err;
	return 0;
}

static void fill_in(struct parse *p)
{
	const struct style *text = &p->style[ROLE_TEXT];

	for (unsigned r = 0; r < ROLE_COUNT; r++) {
		struct style *s = &p->style[r];

		if (!p->set[r])
			*s = p->style[role_info[r].like];
		if (s->bg.c16 == COLOUR_DEFAULT && s->bg.rgb == COLOUR_DEFAULT)
			s->bg = text->bg;
	}
}

int theme_parse(struct theme *t, const char *name, const char *text,
		struct err *err)
{
	struct parse *p = mem_zalloc(1, sizeof(*p));
	int line;

	parse_style(&p->style[ROLE_TEXT], "default", NULL);
	line = ini_parse_string(text, on_line, p);
	if (line == 0) {
		fill_in(p);
		memcpy(t->style, p->style, sizeof(t->style));
	} else {
		err_set(err, ERR_FORMAT, "%s:%d: %s", name, line,
			p->bad.code ? p->bad.msg
				    : "neither [section] nor role = colour");
	}
	free(p);
	return line == 0 ? 0 : -1;
}

#define THEME_MAX 16384

/* The file as text, NUL-terminated; the caller frees it. */
static int read_file(const char *path, char **text, struct err *err)
{
	FILE *f = fopen(path, "re");
	size_t n;

	if (!f)
		return err_sys(err, errno, "theme \"%s\"", path);
	*text = mem_alloc(THEME_MAX + 1);
	n = fread(*text, 1, THEME_MAX + 1, f);
	fclose(f);
	if (n <= THEME_MAX) {
		(*text)[n] = '\0';
		return 0;
	}
	free(*text);
	return err_set(err, ERR_LIMIT, "theme \"%s\": more than %d bytes", path,
		       THEME_MAX);
}

static int load_path(struct theme *t, const char *path, struct err *err)
{
	char *text = NULL;
	int rc;

	if (read_file(path, &text, err))
		return -1;
	rc = theme_parse(t, path, text, err);
	free(text);
	return rc;
}

static int unknown_theme(const char *name, struct err *err)
{
	char known[160] = "";

	for (unsigned i = 0; i < theme_file_count; i++)
		snprintf(known + strlen(known), sizeof(known) - strlen(known),
			 "%s%s", i ? ", " : "", theme_files[i].name);
	return err_set(err, ERR_USAGE, "no theme \"%.60s\"; there are %s", name,
		       known);
}

int theme_load(struct theme *t, const char *name, const char *config_dir,
	       struct err *err)
{
	if (strchr(name, '/'))
		return load_path(t, name, err);
	if (config_dir) {
		struct err why = ERR_INIT;
		char *path = mem_printf("%s/themes/%s.theme", config_dir, name);
		int rc = load_path(t, path, &why);

		free(path);
		if (rc == 0)
			return 0;
		if (why.code != ERR_GONE) {
			if (err)
				*err = why;
			return -1;
		}
	}
	for (unsigned i = 0; i < theme_file_count; i++)
		if (strcmp(theme_files[i].name, name) == 0)
			return theme_parse(t, name, theme_files[i].text, err);
	return unknown_theme(name, err);
}
