/* cmd_top.c - allocation sites of a heap profile, as `go tool pprof -top`. */
#include "command.h"
#include "targets.h"
#include "top_print.h"

#include <residue/base/buf.h>
#include <residue/base/clock.h>
#include <residue/decode/profile.h>
#include <residue/model/top.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <fcntl.h>

#define FILE_MOST (64u << 20)
/* After an endpoint has failed, so long for the memory to be read. */
#define MEMORY_WAIT_NS (2 * NS_PER_SEC)
/* The runtime's figures are read so often, and waited for so long, to tell of
 * which GC a profile is. */
#define LOOK_NS	       (NS_PER_SEC / 10)
#define DATE_WAIT_NS   (300 * NS_PER_MS)
#define DECODE_WAIT_NS (20 * NS_PER_SEC)

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
		return err_of_file(err);
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

static int show(const struct profile *p, const struct options *o,
		const struct top_from *from, struct err *err)
{
	struct top_options to = {.rows = o->samples > 0 ? (size_t)o->samples
							: 0,
				 .cum = o->cum,
				 .focus = o->focus,
				 .true_names = o->json,
				 .thorough = true};
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
	rc = top_print(t, from, o->json, err);
	top_free(t);
	return rc;
}

static int show_file(const struct options *o, struct err *err)
{
	const struct top_from file = {.live = false};
	struct profile *p;
	int rc;

	if (load(o->args[0], &p, err))
		return -1;
	rc = show(p, o, &file, err);
	profile_free(p);
	return rc;
}

/* ---- a live target ------------------------------------------------------ */

struct watch {
	struct targets *s;
	const struct options *o;
	struct frame_want want;
	struct frame frame;
	struct doc *profile; /* the one to show; a reference */
};

static const struct panel *look(struct watch *w)
{
	sampler_frame(w->s->sampler, &w->want, &w->frame);
	return &w->frame.panels[0];
}

static bool reads_memory(const struct options *o)
{
	return !o->read || !strcmp(o->read, read_by_name[READ_AGENTLESS]);
}

/* The profile, whichever way it comes, or word that it does not: that comes in
 * time, unless this machine is too busy to decode what has come. */
static const struct panel *wait_for_profile(struct watch *w)
{
	int64_t end = clock_boot_ns() + w->o->timeout_ns + DECODE_WAIT_NS;

	for (;;) {
		const struct panel *p = look(w);
		bool asks = p->info.endpoint[0];

		if (p->profile || w->s->scripted || clock_boot_ns() > end ||
		    p->info.phase != TARGET_LIVE)
			return p;
		if (asks ? p->endpoint_fail.code != ERR_NONE
			 : p->origins[ORIGIN_PPROF].fail.code != ERR_NONE ||
				    !reads_memory(w->o))
			return p;
		sampler_wait(w->s->sampler, 20);
	}
}

/* Wait until the runtime has said of which GC the profile is, or that it cannot
 * be known. */
static void wait_for_date(struct watch *w, struct top_from *from)
{
	const struct doc *profile = w->profile;
	int64_t end = clock_boot_ns() + DATE_WAIT_NS;

	for (;;) {
		const struct panel *p = look(w);
		const struct origin_state *rt = &p->origins[ORIGIN_RUNTIME];

		if (p->profile != profile)
			return; /* the next one is here */
		from->values = p->values;
		from->gc_least = p->pprof_gc_least;
		if (values_has(&p->values, FIELD_PPROF_NUM_GC) ||
		    p->pprof_gc_least >= 0 || rt->fail.code != ERR_NONE ||
		    p->info.phase != TARGET_LIVE || clock_boot_ns() > end)
			return;
		sampler_wait(w->s->sampler, 20);
	}
}

/* Whether the endpoint is this process's: its own figures are compared with
 * memory's. One answer is all that there is time for. A profile of another
 * process is of no GC of this one. */
static void wait_for_compared(struct watch *w, struct top_from *from)
{
	int64_t end = clock_boot_ns() + DATE_WAIT_NS;
	const struct panel *p = look(w);

	if (!p->info.endpoint[0] || p->endpoint_fail.code != ERR_NONE ||
	    p->origins[ORIGIN_RUNTIME].by != READ_AGENTLESS)
		return;
	while (!p->compared && p->info.phase == TARGET_LIVE &&
	       clock_boot_ns() < end) {
		sampler_wait(w->s->sampler, 20);
		p = look(w);
	}
	if (!p->doubt[0])
		return;
	values_unset(&from->values, FIELD_PPROF_NUM_GC);
	from->gc_least = -1;
	complain(p->doubt, "");
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
	name_endpoint(&p->info, err);
	return p->info.kind == TARGET_URL ? no_such_endpoint(err) : -1;
}

/* A profile has a GC's word only after one has ended. */
static void warn_stale(const struct top_from *from)
{
	if (profile_is_stale(&from->values))
		fputs("residue: this profile is from before the first GC: it "
		      "stays as it is until one ends\n",
		      stderr);
}

/* The runtime says its rate in the profile's period (Go source, runtime/pprof,
 * writeHeapProto). */
static void warn_off(const struct profile *p)
{
	if (p->period == 0 && !strcmp(p->period_type, "space"))
		fputs("residue: MemProfileRate is 0: the profile has only "
		      "what was sampled before it was set\n",
		      stderr);
}

/* An endpoint that was given is named though memory stands in for it. */
static void warn_endpoint(const struct panel *p)
{
	struct err why = p->endpoint_fail;

	if (why.code == ERR_NONE)
		return;
	name_endpoint(&p->info, &why);
	complain(why.msg, "");
}

static int show_live(struct watch *w, const struct panel *p, struct err *err)
{
	struct top_from from = {.live = true,
				.origin = p->origins[ORIGIN_PPROF],
				.values = p->values,
				.gc_least = p->pprof_gc_least};
	char endpoint[sizeof(p->info.endpoint)];

	w->profile = doc_ref(p->profile);
	memcpy(endpoint, p->info.endpoint, sizeof(endpoint));
	from.endpoint = endpoint;
	if (!w->s->scripted) {
		wait_for_date(w, &from);
		wait_for_compared(w, &from);
	}
	from.now_ns = look(w)->present ? w->frame.now_ns : from.origin.end_ns;
	warn_endpoint(p);
	warn_stale(&from);
	warn_off(w->profile->data);
	/* Nothing more is asked of the target, and what the store and the
	 * frame hold is given back: printing takes memory too. */
	targets_end(w->s);
	frame_clear(&w->frame);
	return show(w->profile->data, w->o, &from, err);
}

static int show_target(struct targets *s, const struct options *o,
		       struct err *err)
{
	struct watch w = {.s = s, .o = o};
	const struct panel *p;
	int rc;

	if (s->count != 1)
		return err_set(err, ERR_USAGE, "top takes one target or file");
	if (!s->scripted && sampler_run(s->sampler, 0, err))
		return -1;
	memcpy(w.want.target[0], s->ids[0], TARGET_ID_MAX);
	frame_init(&w.frame);
	p = wait_for_profile(&w);
	if (!s->scripted && !p->profile && p->endpoint_fail.code != ERR_NONE &&
	    sampler_stand_in(s->sampler, s->ids[0], MEMORY_WAIT_NS))
		p = look(&w);
	rc = p->profile ? show_live(&w, p, err) : no_profile(p, err);
	doc_unref(w.profile);
	frame_release(&w.frame);
	return rc;
}

static int run(struct options *o, struct err *err)
{
	struct targets s;
	int rc;

	if (o->arg_count == 1 && is_file(o->args[0]))
		return show_file(o, err) ? exit_code_of(err) : EXIT_FINE;
	o->interval_ns = LOOK_NS;
	rc = targets_open(&s, o, TARGETS_ONCE, err) || show_target(&s, o, err)
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
