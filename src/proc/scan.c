/* scan.c - numbers and "name: value" lines of /proc text. */
#include "scan.h"

#include <string.h>

bool scan_number(const char **p, const char *end, int64_t *out)
{
	const char *s = *p;
	int64_t v = 0;

	while (s < end && (*s == ' ' || *s == '\t'))
		s++;
	if (s == end || *s < '0' || *s > '9')
		return false;
	for (; s < end && *s >= '0' && *s <= '9'; s++)
		if (__builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, *s - '0', &v))
			return false;
	*p = s;
	*out = v;
	return true;
}

const char *scan_line(const char *text, const char *end, const char *name,
		      const char **line_end)
{
	size_t len = strlen(name);

	for (const char *s = text; s < end;) {
		const char *nl = memchr(s, '\n', (size_t)(end - s));
		const char *stop = nl ? nl : end;

		if ((size_t)(stop - s) > len && s[len] == ':' &&
		    memcmp(s, name, len) == 0) {
			s += len + 1;
			while (s < stop && (*s == ' ' || *s == '\t'))
				s++;
			*line_end = stop;
			return s;
		}
		s = nl ? nl + 1 : end;
	}
	return NULL;
}

static const struct scan_row *row_of(const struct scan_row *rows, size_t n,
				     const char *name, size_t len)
{
	for (size_t i = 0; i < n; i++)
		if (rows[i].name[0] == name[0] &&
		    strncmp(rows[i].name, name, len) == 0 &&
		    rows[i].name[len] == '\0')
			return &rows[i];
	return NULL;
}

unsigned scan_rows(const char *text, const char *end,
		   const struct scan_row *rows, size_t n, void *out)
{
	unsigned bits = 0;

	for (const char *s = text; s < end;) {
		const char *nl = memchr(s, '\n', (size_t)(end - s));
		const char *stop = nl ? nl : end, *p;
		const char *colon = memchr(s, ':', (size_t)(stop - s));
		const struct scan_row *row =
			colon ? row_of(rows, n, s, (size_t)(colon - s)) : NULL;
		int64_t v;

		s = nl ? nl + 1 : end;
		if (!row)
			continue;
		p = colon + 1;
		if (!scan_number(&p, stop, &v))
			continue;
		if (stop - p >= 3 && memcmp(p, " kB", 3) == 0 &&
		    __builtin_mul_overflow(v, 1024, &v))
			continue;
		memcpy((char *)out + row->offset, &v, sizeof(v));
		bits |= row->bit;
	}
	return bits;
}
