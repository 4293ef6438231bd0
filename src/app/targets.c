/* targets.c - options to sampler, target words to targets. */
#include "targets.h"
#include "command.h"

#include <residue/base/mem.h>
#include <residue/base/text.h>
#include <residue/record/script.h>

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Where the user has not said how often. */
#define PROFILE_EVERY_NS INT64_C(15000000000)

static void remember(struct targets *s, const char *id)
{
	s->ids = mem_realloc(s->ids, s->count + 1, sizeof(*s->ids));
	snprintf(s->ids[s->count++], sizeof(*s->ids), "%s", id);
}

/* With its scheme in small letters, as all that compare it expect, and a
 * socket's path whole: "unix:w.sock" is in the current directory. Owned by the
 * caller. */
static char *plain_url(const char *url, struct err *err)
{
	char *plain = mem_strdup(url), *path, *cwd;

	for (char *c = plain; *c && *c != ':'; c++)
		*c = (char)tolower((unsigned char)*c);
	if (strncmp(plain, "unix:", 5) || !plain[5] || strchr("/@?", plain[5]))
		return plain;
	path = plain;
	cwd = getcwd(NULL, 0);
	plain = cwd ? mem_printf("unix:%s/%s", strcmp(cwd, "/") ? cwd : "",
				 path + 5)
		    : NULL;
	if (!cwd)
		err_sys(err, errno, "%s: the current directory", path);
	free(cwd);
	free(path);
	return plain;
}

int targets_add(struct targets *s, pid_t pid, const char *url, struct err *err)
{
	char *plain = url ? plain_url(url, err) : NULL;
	char id[TARGET_ID_MAX], shown[160];
	int rc;

	if (url && !plain)
		return -1;
	rc = sampler_add(s->sampler, pid, plain, true, id, err);
	/* What is wrong may be in the part that nobody typed. */
	if (rc && url && strlen(plain) != strlen(url)) {
		target_visible(shown, sizeof(shown), plain);
		err_prefix(err, "%s", shown);
	}
	free(plain);
	if (rc)
		return -1;
	remember(s, id);
	s->named = true;
	s->endpoints |= url != NULL;
	return 0;
}

/* Of the target added last; answered when the sampler runs. */
static int ask_probe(struct targets *s, struct err *err)
{
	struct request r = {.kind = REQUEST_PROBE};

	memcpy(r.target, s->ids[s->count - 1], sizeof(r.target));
	return sampler_post(s->sampler, &r, err);
}

/* The one process that goes by that name; where there are more all of them are
 * on stderr, to choose from. */
static int find(struct targets *s, const char *name, pid_t *pid,
		struct err *err)
{
	struct candidate list[CANDIDATES_MAX];
	int hits = sampler_find(s->sampler, name, list, err);
	char shown[64];

	if (hits < 0)
		return -1;
	*pid = list[0].pid;
	if (hits == 1)
		return 0;
	for (int i = 0; i < hits && i < CANDIDATES_MAX; i++)
		fprintf(stderr, "%9d  %-10s %s\n", (int)list[i].pid,
			list[i].user, list[i].cmdline);
	if (hits > CANDIDATES_MAX)
		fprintf(stderr, "%9s  and %d more\n", "",
			hits - CANDIDATES_MAX);
	text_visible(shown, sizeof(shown), name, strlen(name));
	return err_set(err, ERR_USAGE,
		       "'=%s' matches these %d processes: name one by its PID",
		       shown, hits);
}

static int add_word(struct targets *s, const struct options *o,
		    const char *word, struct err *err)
{
	struct target_spec spec;

	if (target_spec_parse(word, &spec, err))
		return -1;
	if (spec.kind == SPEC_NAME && find(s, spec.name, &spec.pid, err))
		return -1;
	if (!spec.url)
		spec.url = o->endpoint;
	if (targets_add(s, spec.pid, spec.url, err))
		return -1;
	return o->probe && !spec.url ? ask_probe(s, err) : 0;
}

static int add_targets(struct targets *s, const struct options *o,
		       struct err *err)
{
	size_t n = o->pids.n + (size_t)o->arg_count;

	if (o->endpoint && n > 1)
		return err_set(err, ERR_USAGE,
			       "-H names one endpoint, but there are %zu "
			       "targets: tie each to its own with PID@URL",
			       n);
	for (size_t i = 0; i < o->pids.n; i++)
		if (add_word(s, o, o->pids.v[i], err))
			return -1;
	for (int i = 0; i < o->arg_count; i++)
		if (add_word(s, o, o->args[i], err))
			return -1;
	/* An endpoint alone is a target too. */
	if (!n && o->endpoint)
		return add_word(s, o, o->endpoint, err);
	return 0;
}

static int feed(void *ctx, struct script_item *item, struct err *err)
{
	struct targets *s = ctx;

	(void)err;
	if (item->kind == SCRIPT_TARGET && item->target.opened) {
		bool known = false;

		for (unsigned i = 0; i < s->count; i++)
			known |= !strcmp(s->ids[i], item->id);
		if (!known)
			remember(s, item->id);
	}
	sampler_feed(s->sampler, item);
	return 0;
}

/* Of a script, targets are named by their ids. */
static int read_script(struct targets *s, const struct options *o,
		       struct err *err)
{
	if (script_read(o->script, feed, s, err))
		return err_of_file(err);
	s->named = o->arg_count > 0;
	if (s->named)
		s->count = 0;
	for (int i = 0; i < o->arg_count; i++)
		remember(s, o->args[i]);
	return 0;
}

int targets_open(struct targets *s, const struct options *o, unsigned flags,
		 struct err *err)
{
	struct sampler_options so = {
		.interval_ns = o->interval_ns,
		.profile_every_ns = o->profile_every_ns ? o->profile_every_ns
							: PROFILE_EVERY_NS,
		.profile_budget = !o->profile_every_ns,
		.read = read_by(o),
		.discover = flags & TARGETS_DISCOVER,
		.items = flags & TARGETS_ITEMS,
		.once = flags & TARGETS_ONCE,
		.proc_root = o->proc_root,
		.snapshot_dir = o->output,
		.fetch = {.timeout_ms = (int)(o->timeout_ns / 1000000),
			  .headers = o->headers.v,
			  .netrc = o->netrc,
			  .cacert = o->cacert,
			  .cert = o->cert,
			  .key = o->key,
			  .insecure = o->insecure},
	};

	*s = (struct targets){
		.scripted = o->script != NULL,
		.has_list = o->script || flags & TARGETS_DISCOVER,
	};
	if (o->script) {
		s->sampler = sampler_new_scripted(so.items);
		return read_script(s, o, err);
	}
	/* Also where no endpoint turns up that would want them. */
	if (fetch_options_check(&so.fetch, err))
		return -1;
	s->sampler = sampler_new(&so, err);
	if (!s->sampler)
		return err_of_file(err);
	return add_targets(s, o, err);
}

int no_such_endpoint(struct err *err)
{
	if (err->code == ERR_NET || err->code == ERR_TIMEOUT)
		err->code = ERR_GONE;
	return -1;
}

void name_endpoint(const struct target_info *info, struct err *err)
{
	const char *url = info->endpoint;

	if (url[0] && strncmp(err->msg, url, strlen(url)))
		err_prefix(err, "%s", url);
}

int targets_answered(struct targets *s, const char *id, struct err *err)
{
	struct frame_want want = {.list = false};
	const struct panel *p;
	struct frame f;
	int rc = 0;

	memcpy(want.target[0], id, TARGET_ID_MAX);
	frame_init(&f);
	sampler_frame(s->sampler, &want, &f);
	p = &f.panels[0];
	if (p->present && p->info.kind == TARGET_URL &&
	    !p->origins[ORIGIN_RUNTIME].ever &&
	    !p->origins[ORIGIN_PPROF].ever) {
		*err = p->endpoint_fail;
		if (err->code == ERR_NONE)
			err_set(err, ERR_TIMEOUT,
				"the endpoint has not answered yet");
		name_endpoint(&p->info, err);
		rc = no_such_endpoint(err);
	}
	frame_release(&f);
	return rc;
}

void targets_end(struct targets *s)
{
	sampler_free(s->sampler);
	s->sampler = NULL;
}

void targets_close(struct targets *s)
{
	targets_end(s);
	free(s->ids);
}
