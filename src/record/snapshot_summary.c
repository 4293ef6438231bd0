/* snapshot_summary.c - summary.txt: a snapshot as people read it. */
#include "format.h"
#include "snapshot_files.h"

#include <residue/base/clock.h>
#include <residue/base/text.h>
#include <residue/base/units.h>
#include <residue/judge/breakdown.h>
#include <residue/model/state.h>

#include <string.h>
#include <time.h>

static void age(FILE *to, const struct snapshot_input *in, unsigned origins)
{
	int64_t oldest = -1;
	char text[UNITS_MAX], source[PART_SOURCE_MAX];
	int width = fprintf(to, "%s", part_source(source, origins));

	for (unsigned o = 0; o < ORIGIN_COUNT; o++) {
		int64_t ms = origin_age_ms(&in->origins[o], in->now_ns);

		if (origins >> o & 1 && ms > oldest)
			oldest = ms;
	}
	if (oldest >= 0)
		fprintf(to, "%*s %s ago", width < 16 ? 16 - width : 0, "",
			units_duration(text, oldest * NS_PER_MS));
	fputc('\n', to);
}

static void heading(FILE *to, const struct snapshot_input *in)
{
	const struct target_info *info = in->info;
	char time[32];

	if (info->kind == TARGET_PROCESS)
		fprintf(to, "%s, pid %d", info->comm, (int)info->pid);
	else
		fputs(info->endpoint, to);
	if (info->go_version[0])
		fprintf(to, ", %s", info->go_version);
	if (info->module[0])
		fprintf(to, ", %s", info->module);
	fprintf(to, "\n%s\n\n", snapshot_time(time, in->wall_ns));
}

static void verdict(FILE *to, const struct verdict *v)
{
	if (!v)
		return;
	fprintf(to, "%s\n%s (%s), %d%%: %s\n", v->sentence,
		verdict_info[v->kind].title, verdict_info[v->kind].name,
		(int)(v->confidence * 100 + 0.5), v->why);
	if (v->advice[0])
		fprintf(to, "%s\n", v->advice);
	fputc('\n', to);
}

static const char *title(const struct breakdown *b, unsigned part)
{
	return part == PART_LIVE_HEAP && b->unsplit ? "heap, unsplit"
						    : part_info[part].title;
}

static void breakdown(FILE *to, const struct snapshot_input *in)
{
	char size[UNITS_MAX];
	struct breakdown b;

	breakdown_make_judged(&b, in->values, in->live, in->live_origins);
	if (!b.known) {
		fputs("RES is not known.\n", to);
		return;
	}
	fprintf(to, "What RES is made of\n  %-14s %10s  100.0%%  ", "RES",
		units_bytes(size, b.rss));
	age(to, in, 1u << ORIGIN_PROC);
	for (unsigned i = 0; i < PART_COUNT; i++) {
		const struct breakdown_part *p = &b.parts[i];

		if (!p->known || (p->bytes == 0 && i != PART_UNEXPLAINED))
			continue;
		fprintf(to, "  %-14s %10s  %5.1f%%  ", title(&b, i),
			units_bytes(size, p->bytes),
			b.rss ? 100.0 * (double)p->bytes / (double)b.rss : 0.0);
		age(to, in, p->origins);
	}
	if (!b.runtime_known)
		fputs("  The Go runtime's figures are not known: its parts "
		      "are within \"unexplained\".\n",
		      to);
	if (b.runtime_known && b.unsplit)
		fputs("  Nothing tells live objects from garbage yet: the heap "
		      "is not split.\n",
		      to);
	if (b.releasable > 0)
		fprintf(to, "  FreeOSMemory would return %s.\n",
			units_bytes(size, b.releasable));
}

/* field_info has it for a profile that shows what the last GC left. */
static const char *meaning(const struct snapshot_input *in, enum field f)
{
	if (f == FIELD_PPROF_INUSE && profile_is_stale(in->values))
		return "heap profile, inuse_space: from before the first GC: "
		       "stale until one ends";
	return field_info[f].meaning;
}

static void figure(FILE *to, const struct snapshot_input *in, enum field f)
{
	const struct field_info *info = &field_info[f];
	int64_t v = in->values->v[f];
	char text[UNITS_MAX], time[32];

	switch (info->unit) {
	case UNIT_BYTES:
		fprintf(to, "  %-20s %14s  ", info->name, units_bytes(text, v));
		break;
	case UNIT_NS:
		fprintf(to, "  %-20s %14s  ", info->name,
			units_duration(text, v));
		break;
	case UNIT_WALL:
		fprintf(to, "  %-20s %s  ", info->name, snapshot_time(time, v));
		break;
	case UNIT_COUNT:
	case UNIT_PERCENT:
		fprintf(to, "  %-20s %14lld  ", info->name, (long long)v);
		break;
	}
	fprintf(to, "%s\n", meaning(in, f));
}

static bool any_figure(const struct snapshot_input *in, enum origin origin)
{
	for (unsigned f = 0; f < FIELD_COUNT; f++)
		if (field_info[f].origin == origin &&
		    values_has(in->values, (enum field)f))
			return true;
	return false;
}

static void figures_heading(FILE *to, const struct snapshot_input *in,
			    enum origin o)
{
	const struct origin_state *from = &in->origins[o];
	char text[UNITS_MAX];

	fprintf(to, "\nFigures: %s", origin_name[o]);
	if ((o == ORIGIN_RUNTIME || o == ORIGIN_PPROF) && from->by != READ_NONE)
		fprintf(to, " (%s)", read_by_name[from->by]);
	if (from->ever)
		fprintf(to, ", %s ago",
			units_duration(text, origin_age_ms(from, in->now_ns) *
						     NS_PER_MS));
	fputc('\n', to);
}

/* Where memory stands in for it. */
static void endpoint_failed(FILE *to, const struct snapshot_input *in)
{
	const char *url = in->info->endpoint;

	if (!in->endpoint_fail || in->endpoint_fail->code == ERR_NONE ||
	    in->origins[ORIGIN_PPROF].fail.code != ERR_NONE)
		return;
	fputs("  read from memory, for the endpoint failed: ", to);
	/* A fetch's words name it themselves. */
	if (strncmp(in->endpoint_fail->msg, url, strlen(url)))
		fprintf(to, "%s: ", url);
	fprintf(to, "%s\n", in->endpoint_fail->msg);
}

/* The figures of each origin, or why it has none. */
static void figures(FILE *to, const struct snapshot_input *in)
{
	for (unsigned o = 0; o < ORIGIN_COUNT; o++) {
		const struct err *fail = &in->origins[o].fail;

		if (fail->code == ERR_NONE && !any_figure(in, (enum origin)o))
			continue;
		figures_heading(to, in, (enum origin)o);
		if (fail->code != ERR_NONE)
			fprintf(to, "  last read failed: %s\n", fail->msg);
		if (o == ORIGIN_PPROF)
			endpoint_failed(to, in);
		for (unsigned f = 0; f < FIELD_COUNT; f++)
			if (field_info[f].origin == o &&
			    values_has(in->values, (enum field)f))
				figure(to, in, (enum field)f);
	}
}

static void event(FILE *to, const struct event *ev)
{
	char time[32], size[UNITS_MAX];

	fprintf(to, "  %s  %c %s", snapshot_time(time, ev->wall_ns),
		event_kind_info[ev->kind].letter,
		event_kind_info[ev->kind].title);
	if (ev->text[0])
		fprintf(to, ": %s", ev->text);
	else if (ev->num_gc >= 0)
		fprintf(to, " %lld", (long long)ev->num_gc);
	else if (ev->bytes >= 0)
		fprintf(to, ": %s", units_bytes(size, ev->bytes));
	fprintf(to, " (%s, %d%%)\n", event_source_name[ev->source],
		(int)(ev->confidence * 100 + 0.5));
}

/* GCs may come by the hundred: of those only the newest lines' worth. */
#define EVENTS_SHOWN 40

static void events(FILE *to, const struct snapshot_input *in)
{
	unsigned count = in->event_count, first = 0, newest;

	while (first < count &&
	       in->events[first].wall_ns < in->wall_ns - SNAPSHOT_PAST_NS)
		first++;
	newest = count - first > EVENTS_SHOWN ? count - EVENTS_SHOWN : first;
	fprintf(to, "\nEvents of the last hour: %u%s\n", count - first,
		newest > first ? " (older GCs: see events.jsonl)" : "");
	for (unsigned i = first; i < count; i++)
		if (i >= newest || in->events[i].kind != EVENT_GC)
			event(to, &in->events[i]);
}

static void environment(FILE *to, const char *name, const char *value)
{
	char visible[512];

	if (!value)
		return;
	text_visible(visible, sizeof(visible), value, strlen(value));
	fprintf(to, "  %s=%s\n", name, visible[0] ? visible : "(not set)");
}

static void missing(FILE *to, const struct snapshot_input *in)
{
	bool headed = false;

	for (unsigned i = 0; i < SNAPSHOT_CONTENTS; i++) {
		const struct snapshot_content *c = &snapshot_contents[i];

		if (c->present(in))
			continue;
		if (!headed)
			fputs("\nNot in this snapshot\n", to);
		headed = true;
		fprintf(to, "  %-14s %s\n", c->name, snapshot_why(in, c));
	}
}

void summary_fill(FILE *to, const struct snapshot_input *in)
{
	heading(to, in);
	verdict(to, in->verdict);
	breakdown(to, in);
	figures(to, in);
	events(to, in);
	if (in->godebug || in->gogc || in->gomemlimit)
		fputs("\nEnvironment\n", to);
	environment(to, "GODEBUG", in->godebug);
	environment(to, "GOGC", in->gogc);
	environment(to, "GOMEMLIMIT", in->gomemlimit);
	missing(to, in);
}
