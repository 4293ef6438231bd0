/*
 * prune.c - the frames that a profile itself wants left out.
 *
 * drop_frames names functions such as an allocator's own; their frames and
 * those below go, unless keep_frames has them too or nothing but such frames
 * leads there (github.com/google/pprof/profile/prune.go: RemoveUninteresting,
 * Prune). Go's profiles have neither; those of C++ programs do. As in pprof, a
 * pattern that Go could not compile is as good as none.
 */
#include "build.h"

#include <residue/base/buf.h>
#include <residue/base/clock.h>
#include <residue/model/pattern.h>

#include <stdlib.h>
#include <string.h>

/* For both patterns on all names: those of real profiles take milliseconds. */
#define MATCH_NS  (NS_PER_SEC / 2)
#define NAME_MOST ((size_t)1 << 20) /* bytes: a field has no more */

/* What becomes of a location. */
enum fate {
	STAYS,
	GOES,	 /* and what is below it */
	SHORTER, /* some of its inlined lines go, and what is below it */
};

struct prune {
	struct pattern drop, keep;
	bool has_keep;
	struct buf name; /* for simplified() */
	bool *dropped;	 /* by function */
	uint8_t *fate;	 /* enum fate, by location */
};

/* prune.go: simplifyFunc. Where the parameters begin, or the end. */
static size_t simplified_length(const char *s)
{
	static const char *const reserved[] = {"(anonymous namespace)",
					       "operator()"};
	const char *p = s;

	while (*p && *p != '(' && *p != 'o')
		p++;
	while (*p) {
		size_t n = 0;

		for (size_t i = 0; i < 2; i++)
			if (!strncmp(p, reserved[i], strlen(reserved[i])))
				n = strlen(reserved[i]);
		if (n == 0 && *p == '(')
			break;
		p += n ? n : 1;
	}
	return (size_t)(p - s);
}

/* A name without its parameters; NULL with *err set. */
static const char *simplified(struct prune *u, const char *name,
			      struct err *err)
{
	name += *name == '.';
	buf_clear(&u->name);
	if (buf_append(&u->name, name, simplified_length(name), err) < 0)
		return NULL;
	return u->name.data;
}

/* 1: it is dropped, 0: it stays, -1: *err says why that cannot be told. */
static int drops(struct prune *u, const char *name, struct err *err)
{
	const char *s;
	int rc;

	if (!*name)
		return 0;
	s = simplified(u, name, err);
	if (!s)
		return -1;
	rc = pattern_matches(&u->drop, s, err);
	if (rc <= 0 || !u->has_keep)
		return rc;
	rc = pattern_matches(&u->keep, s, err);
	return rc < 0 ? -1 : !rc;
}

static int judge_functions(struct prune *u, const struct profile *p,
			   struct err *err)
{
	for (size_t i = 0; i < p->n_functions; i++) {
		int rc = drops(u, p->functions[i].pprof_name, err);

		if (rc < 0)
			return err_prefix(err, "drop_frames");
		u->dropped[i] = rc;
	}
	return 0;
}

/* Lines go up to the outermost one that is dropped. */
static void cut_location(const struct prune *u, const struct profile *p,
			 struct profile_location *l, uint8_t *fate)
{
	uint32_t i = l->n_lines;

	while (i > 0) {
		uint32_t fn = p->lines[l->first_line + i - 1].function;

		if (fn != PROFILE_NONE && u->dropped[fn])
			break;
		i--;
	}
	if (i == 0)
		return;
	if (i == l->n_lines) {
		*fate = GOES;
		return;
	}
	*fate = SHORTER;
	l->first_line += i;
	l->n_lines -= i;
}

/* From the root: frames before the first that stays are left alone. */
static void cut_sample(const struct prune *u, const struct profile *p,
		       struct profile_sample *s)
{
	bool found = false;

	for (uint32_t i = s->n_frames; i-- > 0;) {
		uint8_t fate = u->fate[p->stack[s->first_frame + i]];

		if (fate == STAYS) {
			found = true;
		} else if (found) {
			i += fate == GOES;
			s->first_frame += i;
			s->n_frames -= i;
			return;
		}
	}
}

static int cut(struct prune *u, struct profile *p, struct err *err)
{
	/* The build made the arrays; nobody else has seen them yet. */
	struct profile_location *l =
		(struct profile_location *)(uintptr_t)p->locations;
	struct profile_sample *s =
		(struct profile_sample *)(uintptr_t)p->samples;

	if (judge_functions(u, p, err) < 0)
		return -1;
	for (size_t i = 0; i < p->n_locations; i++)
		cut_location(u, p, &l[i], &u->fate[i]);
	for (size_t i = 0; i < p->n_samples; i++)
		cut_sample(u, p, &s[i]);
	return 0;
}

/* 1: there it is, 0: none, or one that Go refuses too; -1 with *err. */
static int compile(struct pattern *p, const char *inside, const char *what,
		   struct err *err)
{
	struct err why = ERR_INIT;
	struct buf re;
	int rc;

	if (!*inside)
		return 0;
	buf_init(&re, PATTERN_MAX);
	rc = buf_printf(&re, &why, "^(%s)$", inside);
	if (rc == 0)
		rc = pattern_compile_guarded(p, re.data, MATCH_NS, &why);
	if (rc == 0)
		rc = 1;
	else if (why.code == ERR_USAGE)
		rc = 0;
	else
		rc = err_set(err, why.code, "%s: %s", what, why.msg);
	buf_release(&re);
	return rc;
}

static int prune(struct prune *u, struct profile *p, struct err *err)
{
	u->dropped = calloc(p->n_functions + 1, sizeof(*u->dropped));
	u->fate = calloc(p->n_locations + 1, sizeof(*u->fate));
	if (!u->dropped || !u->fate)
		return err_set(err, ERR_LIMIT, "no memory to drop frames");
	return cut(u, p, err);
}

int build_prune(struct build *b, struct err *err)
{
	const char *drop = build_string(b, b->drop_s, "drop_frames", err);
	const char *keep = build_string(b, b->keep_s, "keep_frames", err);
	struct prune u = {.has_keep = false};
	int rc, has_keep = 0;

	if (!drop || !keep)
		return -1;
	rc = compile(&u.drop, drop, "drop_frames", err);
	if (rc <= 0)
		return rc;
	if (*keep)
		has_keep = compile(&u.keep, keep, "keep_frames", err);
	u.has_keep = has_keep > 0;
	buf_init(&u.name, NAME_MOST * 4 + 1);
	rc = has_keep < 0 ? -1 : 0;
	if (u.has_keep || !*keep)
		rc = prune(&u, b->profile, err);
	free(u.dropped);
	free(u.fate);
	buf_release(&u.name);
	pattern_release(&u.drop);
	pattern_release(&u.keep);
	return rc;
}
