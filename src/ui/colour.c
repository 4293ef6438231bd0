/* colour.c - colours as themes write them, and their nearest lesser kin. */
#include "colour.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The sixteen as xterm draws them: only to find the nearest. */
static const int32_t sixteen[16] = {0x000000, 0xcd0000, 0x00cd00, 0xcdcd00,
				    0x0000ee, 0xcd00cd, 0x00cdcd, 0xe5e5e5,
				    0x7f7f7f, 0xff0000, 0x00ff00, 0xffff00,
				    0x5c5cff, 0xff00ff, 0x00ffff, 0xffffff};
static const char *const sixteen_name[8] = {
	"black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"};
static const int cube[6] = {0, 95, 135, 175, 215, 255};

/* The RGB of an index of the 256-colour palette (xterm's 256colres.h). */
static int32_t rgb_of_256(int n)
{
	if (n < 16)
		return sixteen[n];
	if (n >= 232) {
		int grey = 8 + 10 * (n - 232);

		return grey << 16 | grey << 8 | grey;
	}
	n -= 16;
	return cube[n / 36] << 16 | cube[n / 6 % 6] << 8 | cube[n % 6];
}

static int distance(int32_t a, int32_t b)
{
	int r = (a >> 16 & 255) - (b >> 16 & 255);
	int g = (a >> 8 & 255) - (b >> 8 & 255);
	int c = (a & 255) - (b & 255);

	/* The eye's weights, roughly. */
	return 3 * r * r + 4 * g * g + 2 * c * c;
}

/* The nearest of palette entries [from, to). */
static int16_t nearest(int32_t rgb, int from, int to)
{
	int best = from;

	for (int i = from + 1; i < to; i++)
		if (distance(rgb, rgb_of_256(i)) <
		    distance(rgb, rgb_of_256(best)))
			best = i;
	return (int16_t)best;
}

static int index_of_name(const char *s)
{
	int bright = 0;

	if (strncasecmp(s, "bright-", 7) == 0) {
		bright = 8;
		s += 7;
	}
	for (int i = 0; i < 8; i++)
		if (strcasecmp(s, sixteen_name[i]) == 0)
			return i + bright;
	return -1;
}

/* One alternative into *c: only the members it says something about. */
static int parse_one(struct colour *c, const char *s)
{
	char *end;
	long n;

	if (*s == '#') {
		n = strtol(s + 1, &end, 16);
		if (strlen(s) != 7 || *end || n < 0)
			return -1;
		c->rgb = (int32_t)n;
		return 0;
	}
	if (*s >= '0' && *s <= '9') {
		n = strtol(s, &end, 10);
		if (*end || n > 255)
			return -1;
		c->c256 = (int16_t)n;
		return 0;
	}
	c->c16 = (int16_t)index_of_name(s);
	return c->c16 < 0 && strcasecmp(s, "default") != 0 ? -1 : 0;
}

int colour_parse(struct colour *c, const char *text)
{
	char copy[64], *save, *part;
	struct colour got = {COLOUR_DEFAULT, COLOUR_DEFAULT, COLOUR_DEFAULT};
	bool plain = false;

	if (strlen(text) >= sizeof(copy))
		return -1;
	strcpy(copy, text);
	part = strtok_r(copy, "/", &save);
	if (!part)
		return -1;
	for (; part; part = strtok_r(NULL, "/", &save)) {
		if (parse_one(&got, part))
			return -1;
		plain |= strcasecmp(part, "default") == 0;
	}
	if (got.rgb < 0 && got.c256 >= 0)
		got.rgb = rgb_of_256(got.c256);
	if (got.rgb >= 0) {
		if (got.c256 < 0)
			got.c256 = nearest(got.rgb, 16, 256);
		if (got.c16 < 0 && !plain)
			got.c16 = nearest(got.rgb, 0, 16);
	} else {
		got.c256 = got.c16;
	}
	*c = got;
	return 0;
}

int32_t colour_at(const struct colour *c, enum colour_depth depth,
		  bool *indexed)
{
	*indexed = depth != DEPTH_RGB || c->rgb < 0;
	switch (depth) {
	case DEPTH_MONO:
		return COLOUR_DEFAULT;
	case DEPTH_8:
	case DEPTH_16:
		return c->c16;
	case DEPTH_256:
		return c->c256;
	case DEPTH_RGB:
		break;
	}
	return c->rgb >= 0 ? c->rgb : c->c16;
}
