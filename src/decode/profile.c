/* profile.c - the profile decoder's entry: read, resolve, aggregate. */
#include <residue/decode/profile.h>

#include "build.h"

#include <ctype.h>
#include <string.h>

/* What people fetch by mistake is named. */
static const char *mistaken(const char *body, size_t n)
{
	static const char debug1[] = "heap profile: ";

	while (n > 0 && isspace((unsigned char)*body)) {
		body++;
		n--;
	}
	if (n >= sizeof(debug1) - 1 &&
	    !memcmp(body, debug1, sizeof(debug1) - 1))
		return "the text of heap?debug=1, not a profile";
	if (n > 0 && *body == '<')
		return "HTML or XML, not a profile";
	if (n > 0 && *body == '{')
		return "JSON, not a profile";
	return NULL;
}

static int decode(struct build *b, const void *bytes, size_t n, struct err *err)
{
	uint64_t size;

	if (stream_read(bytes, n, build_field, b, &size, err) < 0)
		return -1;
	if (size == 0)
		return err_set(err, ERR_FORMAT, "empty");
	if (build_resolve(b, err) < 0)
		return -1;
	return build_aggregate(b, err);
}

/* Hand the profile and the strings over. */
static struct profile *finish(struct build *b)
{
	struct profile *p = b->profile;
	struct profile_block *last = b->pool.strings;

	while (last->next)
		last = last->next;
	last->next = p->owned;
	p->owned = b->pool.strings;
	b->pool.strings = NULL;
	b->profile = NULL;
	for (struct profile_block *k = p->owned; k; k = k->next)
		p->memory += sizeof(*k) + k->size;
	return p;
}

int profile_decode(const void *bytes, size_t n, struct profile **out,
		   struct err *err)
{
	struct build b;
	const char *what;
	int rc;

	*out = NULL;
	if (build_init(&b, err) < 0)
		return -1;
	rc = decode(&b, bytes, n, err);
	if (rc == 0)
		*out = finish(&b);
	else if ((what = mistaken(bytes, n)) && err && err->code == ERR_FORMAT)
		err_set(err, ERR_FORMAT, "%s", what);
	build_release(&b);
	return rc;
}
