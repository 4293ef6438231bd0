/* ladder.c - which way MemStats are asked for. */
#include "ladder.h"

#include <stdio.h>
#include <string.h>

/* Is this what the user's URL points to? */
static bool is_named(const struct ladder *l, const struct source *src)
{
	return (l->named == URL_VARS && src->by == READ_EXPVAR) ||
	       (l->named == URL_METRICS && src->by == READ_METRICS);
}

static const struct source *rung_source(const struct ladder *l, unsigned rung)
{
	for (int named = 1; named >= 0; named--)
		for (unsigned i = 0; i < source_count; i++) {
			const struct source *src = source_registry[i];

			if (src->lane == LANE_NET &&
			    src->origin == ORIGIN_RUNTIME &&
			    is_named(l, src) == named &&
			    (l->read == READ_COUNT || l->read == src->by) &&
			    rung-- == 0)
				return src;
		}
	return NULL;
}

void ladder_begin(struct ladder *l)
{
	l->rung = l->missing = 0;
	l->settled = l->ended = false;
	l->why = (struct err)ERR_INIT;
	l->source = rung_source(l, 0);
}

void ladder_init(struct ladder *l, enum read_by read, enum url_what named)
{
	l->read = read;
	l->named = named;
	ladder_begin(l);
}

void ladder_worked(struct ladder *l)
{
	l->settled = true;
}

bool ladder_is_missing(const struct err *why)
{
	return why->code == ERR_HTTP && why->sys == 404;
}

static bool not_here(const struct err *why)
{
	return why->code == ERR_UNSUPPORTED || why->code == ERR_HTTP ||
	       why->code == ERR_FORMAT || why->code == ERR_LIMIT ||
	       (why->code == ERR_DENIED && why->sys != 0);
}

enum ladder_step ladder_failed(struct ladder *l, struct err *why)
{
	if (l->settled) {
		/* Another program answers now: from the top, in a while. */
		if (why->code == ERR_UNSUPPORTED || ladder_is_missing(why))
			ladder_begin(l);
		return LADDER_STAYS;
	}
	if (l->ended)
		ladder_begin(l);
	if (why->code == ERR_TIMEOUT) {
		l->source = rung_source(l, ++l->rung);
		if (!l->source)
			ladder_begin(l);
		return LADDER_LATER;
	}
	if (!not_here(why))
		return LADDER_STAYS;
	if (ladder_is_missing(why))
		l->missing |= 1u << l->rung;
	if (l->why.code == ERR_NONE ||
	    (ladder_is_missing(&l->why) && !ladder_is_missing(why)))
		l->why = *why;
	l->source = rung_source(l, ++l->rung);
	if (l->source)
		return LADDER_NEXT;
	*why = l->why;
	l->ended = true;
	l->rung = 0;
	l->source = rung_source(l, 0);
	return LADDER_END;
}

void ladder_paths(const struct ladder *l, char *paths, size_t size)
{
	const struct source *src;

	for (unsigned i = 0; (src = rung_source(l, i)); i++) {
		size_t len = strlen(paths);

		if (l->missing >> i & 1 && !src->tail) /* the profile's page */
			snprintf(paths + len, size - len, "%s%s",
				 len ? ", " : "", src->path);
	}
}
