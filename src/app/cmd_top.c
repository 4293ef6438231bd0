/* cmd_top.c - allocation sites of a heap profile, as `go tool pprof -top`. */
#include "command.h"
#include "targets.h"

#include <residue/base/buf.h>
#include <residue/base/clock.h>
#include <residue/decode/profile.h>
#include <residue/model/top.h>

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <fcntl.h>

#define FILE_MOST (64u << 20)
/* After an endpoint has failed, so long for the memory to be read. */
#define MEMORY_WAIT_NS (2 * NS_PER_SEC)

static int read_fd(int fd, const char *path, struct buf *out, struct err *err)
{
	for (;;) {
		char *to = buf_reserve(out, 1u << 16, err);
		ssize_t n;

		if (!to)
			return err_prefix(err, "'%s'", path);
		n = read(fd, to, 1u << 16);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(err, errno, "cannot read '%s'", path);
		if (n == 0)
			return 0;
		out->len += (size_t)n;
	}
}

static int load(const char *path, struct profile **out, struct err *err)
{
	struct buf bytes;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int rc;

	if (fd < 0) {
		err_sys(err, errno, "'%s'", path);
		return no_such_file(err);
	}
	buf_init(&bytes, FILE_MOST + (1u << 16));
	rc = read_fd(fd, path, &bytes, err);
	close(fd);
	if (rc == 0 &&
	    profile_decode(bytes.data ? bytes.data : "", bytes.len, out, err))
		rc = err_prefix(err, "'%s'", path);
	buf_release(&bytes);
	return rc;
}

/* An argument of digits is a PID, one that exists or has a slash is a file;
 * one with a dot is meant as a file though there is none. */
static bool is_file(const char *word)
{
	struct target_spec spec;
	struct stat st;

	if (word[strspn(word, "0123456789")] == '\0')
		return false;
	if (stat(word, &st) == 0)
		return true;
	if (!target_spec_parse(word, &spec, NULL) || strstr(word, "://") ||
	    strchr(word, '@'))
		return false;
	return strpbrk(word, "/.");
}

static json_t *row_json(const struct top_row *r)
{
	json_t *o = json_object();

	json_object_set_new(o, "name", json_string(r->name));
	json_object_set_new(o, "flat", json_integer(r->flat));
	json_object_set_new(o, "cum", json_integer(r->cum));
	if (r->row->file[0])
		json_object_set_new(o, "file", json_string(r->row->file));
	if (r->row->line)
		json_object_set_new(o, "line", json_integer(r->row->line));
	if (r->inlined != TOP_NOT_INLINED)
		json_object_set_new(o, "inlined",
				    json_string(r->inlined == TOP_INLINED
							? "yes"
							: "partly"));
	return o;
}

static int print_json(const struct top *t, struct err *err)
{
	json_t *o = json_object(), *rows = json_array();
	int rc;

	json_object_set_new(o, "sample_index", json_string(t->type.name));
	json_object_set_new(o, "unit", json_string(t->type.unit));
	json_object_set_new(o, "total", json_integer(t->total));
	json_object_set_new(o, "shown", json_integer(t->shown));
	json_object_set_new(o, "dropped",
			    json_integer((json_int_t)t->n_dropped));
	for (size_t i = 0; i < t->n_rows; i++)
		json_array_append_new(rows, row_json(&t->rows[i]));
	/* Sums that passed 2^63 - 1 were held there. */
	if (t->profile->saturated)
		json_object_set_new(o, "saturated", json_true());
	json_object_set_new(o, "rows", rows);
	rc = json_dumpf(o, stdout, JSON_COMPACT);
	json_decref(o);
	if (rc || putchar('\n') == EOF)
		return err_sys(err, errno, "cannot write the output");
	return 0;
}

static int print_text(const struct top *t, struct err *err)
{
	struct buf text;
	int rc;

	buf_init(&text, 256u << 20);
	rc = top_text(t, &text, err);
	if (rc == 0 && fwrite(text.data, 1, text.len, stdout) != text.len)
		rc = err_sys(err, errno, "cannot write the output");
	buf_release(&text);
	return rc;
}

static int show(const struct profile *p, const struct options *o,
		struct err *err)
{
	struct top_options to = {.rows = o->samples > 0 ? (size_t)o->samples
							: 0,
				 .cum = o->cum,
				 .focus = o->focus,
				 .true_names = o->json};
	int type = profile_type_index(p, o->sample_index, err);
	struct top *t;
	int rc;

	if (type < 0)
		return -1;
	to.type = (unsigned)type;
	if (top_select(p, &to, &t, err))
		return -1;
	if (!t->matched)
		fprintf(stderr, "residue: --focus matches no function\n");
	rc = o->json ? print_json(t, err) : print_text(t, err);
	top_free(t);
	return rc;
}

static int show_file(const struct options *o, struct err *err)
{
	struct profile *p;
	int rc;

	if (load(o->args[0], &p, err))
		return -1;
	rc = show(p, o, err);
	profile_free(p);
	return rc;
}

static bool reads_memory(const struct options *o)
{
	return !o->read || !strcmp(o->read, read_by_name[READ_AGENTLESS]);
}

/* The profile, whichever way it comes, or word that it does not. */
static void wait_for_profile(struct targets *s, const struct frame_want *want,
			     struct frame *f, const struct options *o)
{
	int64_t end = clock_boot_ns() + o->timeout_ns + NS_PER_SEC;

	for (;;) {
		const struct panel *p = &f->panels[0];
		const struct origin_state *pprof = &p->origins[ORIGIN_PPROF];
		int64_t now = clock_boot_ns(), patience;

		sampler_frame(s->sampler, want, f);
		if (p->profile || s->scripted || now > end ||
		    p->info.phase != TARGET_LIVE)
			return;
		/* Memory is tried when the endpoint has failed. */
		patience = p->info.endpoint[0] && reads_memory(o) &&
					   p->info.kind == TARGET_PROCESS
				   ? MEMORY_WAIT_NS
				   : 0;
		if (pprof->fail.code != ERR_NONE &&
		    now >= pprof->failed_ns + patience)
			return;
		if (!p->info.endpoint[0] && !reads_memory(o))
			return;
		sampler_wait(s->sampler, 20);
	}
}

static int no_profile(const struct panel *p, struct err *err)
{
	const struct err *why = &p->origins[ORIGIN_PPROF].fail;

	if (!p->info.endpoint[0] && why->code == ERR_NONE)
		return err_set(err, ERR_UNSUPPORTED,
			       "no endpoint is known of this process: give "
			       "one with PID@URL or -H URL");
	if (why->code == ERR_NONE)
		return err_set(err, ERR_TIMEOUT, "no profile came in time");
	*err = *why;
	return p->info.kind == TARGET_URL ? no_such_endpoint(err) : -1;
}

/* A profile has a GC's word only after one has ended. */
static void warn_stale(const struct panel *p)
{
	if (profile_is_stale(&p->values))
		fputs("residue: this profile is from before the first GC: it "
		      "stays as it is until one ends\n",
		      stderr);
}

/* The runtime says its rate in the profile's period (Go source, runtime/pprof,
 * writeHeapProto). */
static void warn_off(const struct panel *p)
{
	const struct profile *d = p->profile->data;

	if (d->period == 0 && !strcmp(d->period_type, "space"))
		fputs("residue: MemProfileRate is 0: the profile has only "
		      "what was sampled before it was set\n",
		      stderr);
}

static int show_target(struct targets *s, const struct options *o,
		       struct err *err)
{
	struct frame_want want = {.list = false};
	struct frame f;
	int rc;

	if (s->count != 1)
		return err_set(err, ERR_USAGE, "top takes one target or file");
	if (!s->scripted &&
	    sampler_run(s->sampler, o->timeout_ns + 1000000000, err))
		return -1;
	memcpy(want.target[0], s->ids[0], TARGET_ID_MAX);
	frame_init(&f);
	wait_for_profile(s, &want, &f, o);
	if (f.panels[0].profile) {
		warn_stale(&f.panels[0]);
		warn_off(&f.panels[0]);
		rc = show(f.panels[0].profile->data, o, err);
	} else {
		rc = no_profile(&f.panels[0], err);
	}
	frame_release(&f);
	return rc;
}

static int run(struct options *o, struct err *err)
{
	struct targets s;
	int rc;

	if (o->arg_count == 1 && is_file(o->args[0]))
		return show_file(o, err) ? exit_code_of(err) : EXIT_FINE;
	rc = targets_open(&s, o, 0, err) || show_target(&s, o, err)
		     ? exit_code_of(err)
		     : EXIT_FINE;
	targets_close(&s);
	return rc;
}

const struct command command_cmd_top = {
	.name = "top",
	.synopsis = "[--cum] [-n ROWS] TARGET|FILE.pb.gz",
	.summary = "allocation sites, the numbers of 'go tool pprof -top'",
	.run = run,
};
