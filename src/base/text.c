/* text.c - hostile text made visible, and measured in columns. */
#include <residue/base/text.h>

#include <stdio.h>
#include <string.h>
#include <wchar.h>

size_t text_decode(const char *s, size_t n, uint32_t *cp)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	const unsigned char *u = (const unsigned char *)s;
	size_t len = u[0] < 0x80		   ? 1
		     : u[0] >= 0xc2 && u[0] < 0xe0 ? 2
		     : u[0] >= 0xe0 && u[0] < 0xf0 ? 3
		     : u[0] >= 0xf0 && u[0] < 0xf5 ? 4
						   : 0;
	uint32_t c;

	*cp = UINT32_MAX;
	if (len == 0 || len > n)
		return 1;
	c = len == 1 ? u[0] : u[0] & (0xffu >> (len + 1));
	for (size_t i = 1; i < len; i++) {
		if ((u[i] & 0xc0) != 0x80)
			return 1;
		c = c << 6 | (u[i] & 0x3fu);
	}
	if (c < least[len] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return 1;
	*cp = c;
	return len;
}

/* Characters that a terminal would act on, or that hide or reorder others. */
static bool must_escape(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xad ||
	       c == 0x061c || c == 0x180e || (c >= 0x200b && c <= 0x200f) ||
	       (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) ||
	       c == 0xfeff || (c >= 0xfff9 && c <= 0xfffb) ||
	       (c >= 0xe0000 && c <= 0xe0fff) || (c & 0xfffe) == 0xfffe;
}

static size_t escape(char out[16], uint32_t c)
{
	static const char named[] = "\aa\bb\tt\nn\vv\ff\rr";

	if (c < 0x20)
		for (const char *p = named; *p; p += 2)
			if ((uint32_t)p[0] == c)
				return (size_t)sprintf(out, "\\%c", p[1]);
	return (size_t)(c < 0x100     ? sprintf(out, "\\x%02x", c)
			: c < 0x10000 ? sprintf(out, "\\u%04x", c)
				      : sprintf(out, "\\U%08x", c));
}

size_t text_visible(char *out, size_t size, const char *in, size_t n)
{
	size_t used = 0;

	if (size == 0)
		return 0;
	for (size_t i = 0; i < n;) {
		char piece[16];
		uint32_t c;
		size_t len = text_decode(in + i, n - i, &c), wide;

		if (c == UINT32_MAX)
			wide = escape(piece, (unsigned char)in[i]);
		else if (must_escape(c))
			wide = escape(piece, c);
		else {
			memcpy(piece, in + i, len);
			wide = len;
		}
		if (used + wide >= size)
			break;
		memcpy(out + used, piece, wide);
		used += wide;
		i += len;
	}
	out[used] = '\0';
	return used;
}

static int columns_of(uint32_t c)
{
	int w = c < 0x7f ? 1 : wcwidth((wchar_t)c);

	/* The C locale knows no width for letters beyond ASCII: one each. */
	return w < 0 ? 1 : w;
}

int text_columns(const char *s)
{
	size_t n = strlen(s);
	int sum = 0;

	for (size_t i = 0; i < n;) {
		uint32_t c;

		i += text_decode(s + i, n - i, &c);
		sum += c == UINT32_MAX ? 1 : columns_of(c);
	}
	return sum;
}

size_t text_fit(const char *s, int columns)
{
	size_t n = strlen(s), i = 0;
	int sum = 0;

	while (i < n) {
		uint32_t c;
		size_t len = text_decode(s + i, n - i, &c);
		int w = c == UINT32_MAX ? 1 : columns_of(c);

		if (sum + w > columns)
			break;
		sum += w;
		i += len;
	}
	return i;
}
