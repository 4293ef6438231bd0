/* batch.c - the item stream of the sampler, printed. */
#include "batch.h"
#include "command.h"
#include "words.h"
#include "signals.h"

#include <residue/base/clock.h>
#include <residue/base/hash.h>
#include <residue/base/mem.h>
#include <residue/record/output.h>

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* How long the one sample of -n 1 waits for endpoints to answer. Where more
 * come, RES waits for nobody. */
#define WARM_NS (3 * NS_PER_SEC)

/* Different troubles of one target that are told, until all is well again. */
#define TOLD_MOST 8

/* What was printed of one target. */
struct tally {
	char id[TARGET_ID_MAX];
	struct target_info info;
	int64_t samples;
	bool exited;
	unsigned looked; /* samples that were looked at for trouble */
	int64_t looked_ns, told_ns; /* CLOCK_BOOTTIME */
	uint32_t told[TOLD_MOST];   /* what was said of it */
	unsigned told_count;
	bool late; /* found after the start: nobody waits for its samples */
	UT_hash_handle hh;
};

struct batch {
	struct targets *targets;
	const struct options *o;
	struct output *out;
	struct tally *tallies;
	int64_t start_ns; /* CLOCK_BOOTTIME */
	uint64_t lost_said;
};

static struct tally *tally_of(struct batch *b, const char *id)
{
	struct tally *t;

	HASH_FIND_STR(b->tallies, id, t);
	if (!t) {
		t = mem_zalloc(1, sizeof(*t));
		memcpy(t->id, id, sizeof(t->id));
		t->late = !b->targets->count &&
			  clock_boot_ns() - b->start_ns > b->o->interval_ns;
		HASH_ADD_STR(b->tallies, id, t);
	}
	return t;
}

static bool enough(const struct batch *b, const struct tally *t)
{
	return b->o->samples >= 0 && t->samples >= b->o->samples;
}

/* Samples of a target without an endpoint that are looked at for trouble; one
 * with an endpoint is looked at as long as it is watched, so often. */
#define LOOK_MOST 100
#define LOOK_NS	  NS_PER_SEC
#define SETTLED	  3 /* of them: a program that starts has started */
/* After so long without any trouble the same is told again. */
#define FORGET_NS (10 * NS_PER_SEC)

/* Words without their numbers: how long it took differs from time to time. */
static uint32_t gist(const char *words)
{
	uint32_t h = 2166136261u; /* FNV-1a */

	for (; *words; words++)
		if (*words < '0' || *words > '9')
			h = (h ^ (uint8_t)*words) * 16777619u;
	return h;
}

/* Each trouble once. */
static void tell(struct tally *t, const char *words)
{
	uint32_t what = gist(words);

	for (unsigned i = 0; i < t->told_count; i++)
		if (t->told[i] == what)
			return;
	if (t->told_count == TOLD_MOST)
		return;
	t->told[t->told_count++] = what;
	complain(words, "");
}

static void tell_endpoint(struct tally *t, const struct panel *p,
			  const struct err *why)
{
	struct err err = *why;

	name_endpoint(&p->info, &err);
	tell(t, err.msg);
}

/* Why figures are missing: what stays silent in the lines is on stderr. An
 * endpoint that was given is named though memory stands in for it. Figures of a
 * program that is just starting do not add up, until that has settled. */
static bool tell_trouble(struct tally *t, const struct panel *p, bool settled)
{
	const struct err *rt = &p->origins[ORIGIN_RUNTIME].fail;
	bool memory = p->info.read == READ_AGENTLESS;
	bool url = p->info.endpoint[0] != '\0';
	bool asked = url && !memory && rt->code != ERR_NONE;
	struct err err = *rt;

	if (url && p->endpoint_fail.code != ERR_NONE)
		tell_endpoint(t, p, &p->endpoint_fail);
	else if (!url && !memory &&
		 (rt->code == ERR_DENIED || rt->code == ERR_TIMEOUT ||
		  rt->code == ERR_UNSUPPORTED ||
		  (rt->code == ERR_FORMAT && settled))) {
		err_prefix(&err, "memory is not read");
		tell(t, err.msg);
	} else if (!asked)
		return false;
	if (asked)
		tell_endpoint(t, p, rt);
	return true;
}

static bool worth_a_look(const struct tally *t, int64_t now_ns, bool last)
{
	if (last || t->looked < LOOK_MOST)
		return !(t->looked && !t->info.endpoint[0] && t->told_count);
	return t->info.endpoint[0] && now_ns - t->looked_ns >= LOOK_NS;
}

static void look_for_trouble(struct batch *b, struct tally *t, bool last)
{
	static const struct err none = {ERR_TIMEOUT, 0, "no answer yet"};
	struct frame_want want = {.step_ns = NS_PER_SEC};
	int64_t now = clock_boot_ns();
	const struct panel *p;
	struct frame f;

	if (b->targets->scripted || !worth_a_look(t, now, last))
		return;
	t->looked++;
	t->looked_ns = now;
	memcpy(want.target[0], t->id, sizeof(t->id));
	frame_init(&f);
	sampler_frame(b->targets->sampler, &want, &f);
	p = &f.panels[0];
	if (p->present && tell_trouble(t, p, last || t->looked >= SETTLED))
		t->told_ns = now;
	else if (now - t->told_ns > FORGET_NS)
		t->told_count = 0;
	if (last && p->present && p->info.endpoint[0] && !p->endpoint_asked &&
	    !t->told_count)
		tell_endpoint(t, p, &none);
	frame_release(&f);
}

static int print_sample(struct batch *b, struct tally *t, const struct item *it,
			struct err *err)
{
	struct breakdown parts;

	t->samples++;
	look_for_trouble(b, t, enough(b, t));
	breakdown_make_judged(&parts, &it->row.values, it->live,
			      it->live_origins);
	return output_sample(b->out, &t->info, &it->row, &parts, err);
}

static int print(struct batch *b, const struct item *it, struct err *err)
{
	struct tally *t = tally_of(b, it->target);

	switch (it->kind) {
	case ITEM_TARGET:
		t->info = it->info;
		return output_target(b->out, &t->info, it->wall_ns, err);
	case ITEM_SAMPLE:
		return enough(b, t) ? 0 : print_sample(b, t, it, err);
	case ITEM_EVENT:
		t->exited |= it->event.kind == EVENT_EXIT;
		t->info.pid = it->pid;
		memcpy(t->info.id, it->target, sizeof(t->info.id));
		return output_event(b->out, &t->info, &it->event, err);
	case ITEM_VERDICT:
		return output_verdict(b->out, &t->info, it->wall_ns,
				      &it->verdict, err);
	case ITEM_WARNING:
		return output_warning(b->out, &t->info, it->wall_ns,
				      it->warning, err);
	}
	return 0;
}

static int drain(struct batch *b, struct err *err)
{
	struct item it;
	uint64_t lost;

	while (sampler_next(b->targets->sampler, &it))
		if (print(b, &it, err))
			return -1;
	lost = sampler_lost_items(b->targets->sampler);
	if (lost != b->lost_said)
		fprintf(stderr,
			"residue: %llu lines were lost: the reader of our "
			"output is too slow\n",
			(unsigned long long)(lost - b->lost_said));
	b->lost_said = lost;
	return 0;
}

/* Every named target has its samples or is gone; without names, when each
 * process of the first list has. */
static bool complete(const struct batch *b)
{
	const struct tally *t, *tmp;
	bool any = false;

	/* Every Go process, without end: new ones count as well. */
	if (!b->targets->count && b->o->samples < 0)
		return sampler_live(b->targets->sampler) == 0;
	HASH_ITER (hh, b->tallies, t, tmp) {
		any = any || !t->exited || b->targets->count;
		if (!t->exited && !t->late && !enough(b, t))
			return false;
	}
	return any || sampler_live(b->targets->sampler) == 0;
}

/* An endpoint alone that gave nothing is an error. */
static int all_answered(const struct batch *b, struct err *err)
{
	const struct tally *t, *tmp;

	HASH_ITER (hh, b->tallies, t, tmp)
		if (targets_answered(b->targets, t->id, err))
			/* Why has been said when it was noticed. */
			return err_set(err, err->code,
				       err->code == ERR_GONE
					       ? "an endpoint never answered"
					       : "an endpoint gave nothing "
						 "that can be used");
	return 0;
}

static bool too_few(const struct batch *b)
{
	const struct tally *t, *tmp;

	if (b->o->samples < 0)
		return false;
	/* Processes that nobody named may end when they like. */
	HASH_ITER (hh, b->tallies, t, tmp)
		if (!t->late && !enough(b, t) &&
		    (b->targets->count || !t->exited))
			return true;
	return false;
}

/* Wait for items, for a signal (true), or for our reader to go (true). */
static bool wait_for_more(struct batch *b)
{
	struct pollfd fds[] = {
		{.fd = sampler_wake_fd(b->targets->sampler), .events = POLLIN},
		{.fd = signals_fd(), .events = POLLIN},
		{.fd = STDOUT_FILENO, .events = 0},
	};
	uint64_t count;

	if (poll(fds, 3, -1) < 0)
		return errno != EINTR;
	if (fds[1].revents || fds[2].revents & POLLERR)
		return true;
	if (fds[0].revents && read(fds[0].fd, &count, sizeof(count)) < 0 &&
	    errno != EAGAIN)
		return true;
	return false;
}

static int print_all(struct batch *b, struct err *err)
{
	for (;;) {
		if (drain(b, err))
			return EXIT_FAILED;
		if (b->targets->scripted || complete(b))
			break;
		if (wait_for_more(b))
			return drain(b, err) ? EXIT_FAILED : EXIT_FINE;
	}
	if (!b->targets->scripted && all_answered(b, err))
		return exit_code_of(err);
	if (!b->targets->scripted && too_few(b)) {
		err_set(err, ERR_GONE,
			"a target exited before all samples were taken");
		return EXIT_GONE;
	}
	return EXIT_FINE;
}

static unsigned terminal_columns(void)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size;
	long n;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col)
		return size.ws_col;
	n = columns ? strtol(columns, NULL, 10) : 0;
	return n > 0 && n < UINT16_MAX ? (unsigned)n : 0;
}

int batch_run(struct targets *s, const struct options *o, struct err *err)
{
	struct output_options oo = {
		.format = o->json  ? OUTPUT_JSON
			  : o->csv ? OUTPUT_CSV
				   : OUTPUT_TEXT,
		.columns = terminal_columns(),
		.ascii = o->ascii || !utf8_locale(),
		.interval_ns = o->interval_ns,
	};
	struct batch b = {.targets = s, .o = o, .start_ns = clock_boot_ns()};
	struct tally *t, *tmp;
	uint64_t lost;
	int rc;

	if (signals_open(err))
		return EXIT_FAILED;
	if (!s->scripted &&
	    sampler_run(s->sampler,
			s->endpoints && o->samples == 1 ? WARM_NS : 0, err))
		return exit_code_of(err);
	b.out = output_new(&oo, stdout);
	rc = print_all(&b, err);
	lost = sampler_lost_ticks(s->sampler);
	if (lost)
		fprintf(stderr,
			"residue: %llu samples were lost: we were stopped, or "
			"this machine is too busy\n",
			(unsigned long long)lost);
	output_free(b.out);
	HASH_ITER (hh, b.tallies, t, tmp) {
		HASH_DEL(b.tallies, t);
		free(t);
	}
	return rc;
}
