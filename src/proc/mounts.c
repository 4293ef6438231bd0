/* mounts.c - cgroup mounts in mountinfo (proc(5)). */
#include "mounts.h"

#include <stdlib.h>
#include <string.h>

/* Copy a field, \040 and its like undone; false when it does not fit. */
static bool unescape(char out[PATH_MAX], const char *s)
{
	size_t n = 0;

	while (*s) {
		char c = *s++;

		if (c == '\\' && s[0] >= '0' && s[0] <= '3' && s[1] >= '0' &&
		    s[1] <= '7' && s[2] >= '0' && s[2] <= '7') {
			c = (char)((s[0] - '0') << 6 | (s[1] - '0') << 3 |
				   (s[2] - '0'));
			s += 3;
		}
		if (n + 1 >= PATH_MAX)
			return false;
		out[n++] = c;
	}
	out[n] = '\0';
	return true;
}

static bool has_option(char *options, const char *want)
{
	char *save = NULL;

	for (char *o = strtok_r(options, ",", &save); o;
	     o = strtok_r(NULL, ",", &save))
		if (strcmp(o, want) == 0)
			return true;
	return false;
}

bool mounts_parse_line(char *line, int version, struct mount *out)
{
	char *save = NULL, *field[6], *word, *type, *options;

	line[strcspn(line, "\n")] = '\0';
	for (size_t i = 0; i < 6; i++) {
		field[i] = strtok_r(i ? NULL : line, " ", &save);
		if (!field[i])
			return false;
	}
	do /* optional fields, ended by a dash */
		word = strtok_r(NULL, " ", &save);
	while (word && strcmp(word, "-") != 0);
	type = word ? strtok_r(NULL, " ", &save) : NULL;
	word = type ? strtok_r(NULL, " ", &save) : NULL;
	options = word ? strtok_r(NULL, " ", &save) : NULL;
	if (!type || strcmp(type, version == 2 ? "cgroup2" : "cgroup") != 0)
		return false;
	if (version == 1 && (!options || !has_option(options, "memory")))
		return false;
	return unescape(out->root, field[3]) && unescape(out->point, field[4]);
}

const char *mounts_below(const char *root, const char *path)
{
	size_t n = strlen(root);

	if (n == 1 && root[0] == '/')
		n = 0;
	if (strncmp(path, root, n) != 0)
		return NULL;
	path += n;
	if (strcmp(path, "/") == 0)
		path++;
	return *path == '\0' || *path == '/' ? path : NULL;
}

bool mounts_find(FILE *mountinfo, int version, const char *path,
		 struct mount *out)
{
	struct mount m;
	size_t room = 0;
	char *line = NULL;
	bool found = false;

	while (getline(&line, &room, mountinfo) > 0) {
		if (!mounts_parse_line(line, version, &m) ||
		    !mounts_below(m.root, path))
			continue;
		if (found && strlen(m.root) <= strlen(out->root))
			continue;
		*out = m;
		found = true;
	}
	free(line);
	return found;
}
