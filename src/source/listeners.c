/* listeners.c - a process's listening sockets in words and as URLs. */
#include "listeners.h"

#include <residue/base/text.h>

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

static void word_of(const struct listener *l, char *out, size_t size)
{
	if (l->family == AF_UNIX) {
		size_t n = (size_t)snprintf(out, size, "unix:");

		text_visible(out + n, size - n, l->addr, strlen(l->addr));
	} else if (l->any)
		snprintf(out, size, "*:%u", l->port);
	else
		snprintf(out, size, l->family == AF_INET6 ? "[%s]:%u" : "%s:%u",
			 l->addr, l->port);
}

void listeners_text(struct socket_tables *tables, int dir,
		    char out[LISTENS_MAX])
{
	struct listener list[LISTENERS_MAX];
	int n = socket_tables_of(tables, dir, list, NULL);
	size_t used = 0;

	out[0] = '\0';
	for (int i = 0; i < n; i++) {
		/* Room for " +64" behind every word. */
		char word[160];

		word_of(&list[i], word, sizeof(word));
		if (used + strlen(word) + 6 > LISTENS_MAX) {
			snprintf(out + used, LISTENS_MAX - used, "%s+%d",
				 used ? " " : "", n - i);
			return;
		}
		used += (size_t)snprintf(out + used, LISTENS_MAX - used, "%s%s",
					 used ? " " : "", word);
	}
}

void listener_url(const struct listener *l, char out[LISTENER_URL_MAX])
{
	char word[160];

	if (l->family == AF_UNIX)
		snprintf(out, LISTENER_URL_MAX, "unix:%s", l->addr);
	else if (l->any) /* [::] takes IPv4 too, unless told not to */
		snprintf(out, LISTENER_URL_MAX, "http://127.0.0.1:%u", l->port);
	else {
		word_of(l, word, sizeof(word));
		snprintf(out, LISTENER_URL_MAX, "http://%.150s", word);
	}
}
