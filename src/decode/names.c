/* names.c - pprof's simplification of names that look like C++. */
#include "names.h"

#include <stdbool.h>
#include <string.h>

/* symbolizer.go: looksLikeDemangledCPlusPlus */
static bool looks_like_cplusplus(const char *s)
{
	if (strstr(s, ".<") || strstr(s, "])."))
		return false;
	return strpbrk(s, "<>[]") || strstr(s, "::");
}

/* symbolizer.go: removeMatching. Cut every outermost open...close out of s;
 * stop at a close without its open. */
static void remove_matching(char *s, char open, char close)
{
	const char set[] = {open, close, '\0'};
	char *at = s, *first = s;
	int nesting = 0;

	while ((at = strpbrk(at, set))) {
		if (*at == open) {
			if (nesting++ == 0)
				first = at;
		} else if (--nesting < 0) {
			return;
		} else if (nesting == 0) {
			memmove(first, at + 1, strlen(at + 1) + 1);
			at = first;
			continue;
		}
		at++;
	}
}

const char *pprof_name(struct pool *pool, const char *name,
		       const char *system_name, struct err *err)
{
	size_t n;
	char *s;

	if (*name && strcmp(name, system_name) != 0)
		return name;
	if (!looks_like_cplusplus(system_name))
		return system_name;
	n = strlen(system_name) + 1;
	s = pool_string(pool, n, err);
	if (!s)
		return NULL;
	memcpy(s, system_name, n);
	remove_matching(s, '(', ')');
	remove_matching(s, '<', '>');
	if (strcmp(s, system_name) == 0)
		return system_name;
	pool_string_used(pool, n);
	return s;
}
