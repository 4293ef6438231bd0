/*
 * text_out.c - objects as a table for people, as top -b.
 *
 *   TIME     ID        PID    RES   LIVE  PPROF RESIDUE   IDLE COMMAND
 *   12:31:40 a1       4121  6.31G   412M  ~410M   5.90G  5.40G orders
 *   12:31:40 a1       4121 g GC: GC 17, forced by the program (runtime)
 *
 * A dash is a figure that is not known, a tilde before one says that it is
 * old: its origin has not delivered for longer than it should take, or it is
 * of a profile from before the first GC.
 */
#include "format.h"

#include <residue/base/sat.h>
#include <residue/base/text.h>
#include <residue/base/units.h>
#include <residue/model/state.h>

#include <string.h>
#include <time.h>

#define FIRST_CELLS   21 /* TIME ID PID */
#define LEAST_COMMAND 12
#define HEADER_EVERY  50 /* lines */

struct column {
	const char *title;
	unsigned width; /* with the blank before it */
	unsigned need;	/* columns with the least are kept longest */
	enum field field;
	enum field minus; /* shown is field - minus; FIELD_COUNT: none */
};

static const struct column columns[] = {
	{"RES", 7, 0, FIELD_RSS, FIELD_COUNT},
	{"ALLOC", 7, 5, FIELD_HEAP_ALLOC, FIELD_COUNT},
	{"LIVE", 7, 1, FIELD_HEAP_LIVE, FIELD_COUNT},
	{"PPROF", 7, 2, FIELD_PPROF_INUSE, FIELD_COUNT},
	{"RESIDUE", 8, 3, FIELD_RESIDUE, FIELD_COUNT},
	{"IDLE", 7, 4, FIELD_HEAP_IDLE, FIELD_HEAP_RELEASED},
	{"RELSD", 7, 8, FIELD_HEAP_RELEASED, FIELD_COUNT},
	{"GOAL", 7, 7, FIELD_NEXT_GC, FIELD_COUNT},
	{"STACK", 7, 9, FIELD_STACK_INUSE, FIELD_COUNT},
	{"SWAP", 7, 10, FIELD_SWAP, FIELD_COUNT},
	{"LIMIT", 7, 11, FIELD_CGROUP_MAX, FIELD_COUNT},
	{"GCS", 7, 6, FIELD_NUM_GC, FIELD_COUNT},
};
#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

/* Older than this is stale, ms: a few times what each lane aims at. */
static const int32_t stale_ms[ORIGIN_COUNT] = {
	[ORIGIN_PROC] = 3000,	   [ORIGIN_SMAPS] = 120000,
	[ORIGIN_CGROUP] = 30000,   [ORIGIN_RUNTIME] = 5000,
	[ORIGIN_PPROF] = 120000,   [ORIGIN_BUDGET] = 120000,
	[ORIGIN_DERIVED] = 120000,
};

/* Which columns fit the line; the rest is COMMAND's. */
static unsigned choose(const struct output *o, bool shown[COLUMNS])
{
	unsigned used = FIRST_CELLS;

	for (unsigned need = 0; need < COLUMNS; need++)
		for (unsigned i = 0; i < COLUMNS; i++) {
			if (columns[i].need != need)
				continue;
			shown[i] = need == 0 || used + columns[i].width + 1 +
								LEAST_COMMAND <=
							o->options.columns;
			if (shown[i])
				used += columns[i].width;
		}
	return used;
}

/* Local time; of another day than `now_ns` as "11-22T14". */
static void clock_cell(struct output *o, int64_t wall_ns, int64_t now_ns)
{
	time_t when = (time_t)(wall_ns / NS_PER_SEC);
	time_t now = (time_t)(now_ns / NS_PER_SEC);
	struct tm tm, today;
	char text[16];

	localtime_r(&when, &tm);
	localtime_r(&now, &today);
	strftime(text, sizeof(text),
		 tm.tm_yday == today.tm_yday && tm.tm_year == today.tm_year
			 ? "%H:%M:%S"
			 : "%m-%dT%H",
		 &tm);
	fputs(text, o->line);
}

static const char *unknown(const struct output *o)
{
	return o->options.ascii ? "-" : "–";
}

static void right(struct output *o, const char *text, unsigned width)
{
	int blanks = (int)width - text_columns(text);

	fprintf(o->line, "%*s%s", blanks > 0 ? blanks : 0, "", text);
}

/* TIME ID PID, each as wide as FIRST_CELLS counts. */
static void start(struct output *o, const struct target_info *info,
		  int64_t wall_ns)
{
	char pid[16];

	clock_cell(o, wall_ns, o->sample_ns ? o->sample_ns : wall_ns);
	fprintf(o->line, " %-4s ", info->id);
	snprintf(pid, sizeof(pid), "%d", (int)info->pid);
	right(o, info->pid > 0 ? pid : unknown(o), 7);
}

static void header(struct output *o, const bool shown[COLUMNS])
{
	fprintf(o->line, "%-8s %-4s %7s", "TIME", "ID", "PID");
	for (unsigned i = 0; i < COLUMNS; i++)
		if (shown[i])
			fprintf(o->line, "%*s", (int)columns[i].width,
				columns[i].title);
	fputs(" COMMAND\n", o->line);
}

/* What rests on the profile: residue may, being measured against it. */
static bool of_profile(const struct row *row, enum field field)
{
	if (field == FIELD_RESIDUE)
		return heap_field(&row->values) == FIELD_PPROF_INUSE;
	return field_info[field].origin == ORIGIN_PPROF;
}

static bool is_stale(const struct output *o, const struct row *row,
		     enum field field)
{
	enum origin origin = field_info[field].origin;
	int64_t interval_ms = o->options.interval_ns / NS_PER_MS;
	int32_t age = row->age_ms[origin];

	if (of_profile(row, field) && profile_is_stale(&row->values))
		return true;
	return age > stale_ms[origin] && age > 2 * interval_ms;
}

static void figure(struct output *o, const struct row *row,
		   const struct column *c)
{
	const struct field_info *f = &field_info[c->field];
	char number[UNITS_MAX], text[UNITS_MAX + 1];
	int64_t v = row->values.v[c->field];

	if (!values_has(&row->values, c->field) ||
	    (c->minus != FIELD_COUNT && !values_has(&row->values, c->minus))) {
		right(o, unknown(o), c->width);
		return;
	}
	if (c->minus != FIELD_COUNT)
		v = sat_sub(v, row->values.v[c->minus]);
	if (f->unit == UNIT_BYTES)
		units_bytes_short(number, v);
	else
		units_count(number, v);
	snprintf(text, sizeof(text), "%s%s",
		 is_stale(o, row, c->field) ? "~" : "", number);
	right(o, text, c->width);
}

static const char *name_of(const struct target_info *info)
{
	return info->kind == TARGET_URL ? info->endpoint : info->comm;
}

static void text_sample(struct output *o, const struct target_info *info,
			const struct row *row, const struct breakdown *parts)
{
	bool shown[COLUMNS];
	unsigned used = choose(o, shown);
	const char *name = name_of(info);

	(void)parts;
	if (o->samples++ % HEADER_EVERY == 0)
		header(o, shown);
	start(o, info, o->sample_ns);
	for (unsigned i = 0; i < COLUMNS; i++)
		if (shown[i])
			figure(o, row, &columns[i]);
	if (used + 1 < o->options.columns)
		fprintf(o->line, " %.*s",
			(int)text_fit(name,
				      (int)(o->options.columns - used - 1)),
			name);
	fputc('\n', o->line);
}

static void part(struct output *o, const char *before, const char *text)
{
	if (text[0])
		fprintf(o->line, "%s%s", before, text);
}

static void text_target(struct output *o, const struct target_info *info,
			int64_t wall_ns)
{
	start(o, info, wall_ns);
	fprintf(o->line, " = %s", name_of(info));
	part(o, ", ", info->go_version);
	part(o, ", ", info->module);
	part(o, ", read: ", read_by_name[info->read]);
	if (info->kind == TARGET_PROCESS)
		part(o, ", endpoint ", info->endpoint);
	part(o, ", ", info->stopped ? "stopped" : "");
	fputc('\n', o->line);
}

static void text_event(struct output *o, const struct target_info *info,
		       const struct event *ev)
{
	const struct event_kind_info *kind = &event_kind_info[ev->kind];
	char number[UNITS_MAX];

	start(o, info, ev->wall_ns);
	fprintf(o->line, " %c %s", kind->letter, kind->title);
	if (ev->text[0])
		part(o, ": ", ev->text);
	else if (ev->num_gc >= 0)
		fprintf(o->line, " %lld", (long long)ev->num_gc);
	else if (ev->bytes >= 0)
		part(o, ": ", units_bytes(number, ev->bytes));
	fprintf(o->line, " (%s", event_source_name[ev->source]);
	if (ev->confidence < 1)
		fprintf(o->line, ", %d%%", (int)(ev->confidence * 100 + 0.5));
	fputs(ev->before_attach ? ", before attach)\n" : ")\n", o->line);
}

static void text_verdict(struct output *o, const struct target_info *info,
			 int64_t wall_ns, const struct verdict *v)
{
	start(o, info, wall_ns);
	fprintf(o->line, " > %s %d%%", verdict_info[v->kind].name,
		(int)(v->confidence * 100 + 0.5));
	part(o, ": ", v->why);
	fputc('\n', o->line);
}

static void text_warning(struct output *o, const struct target_info *info,
			 int64_t wall_ns, const char *text)
{
	start(o, info, wall_ns);
	fprintf(o->line, " ! warning: %s\n",
		text[0] ? text : "endpoint and memory agree again");
}

const struct format format_text = {
	.target = text_target,
	.sample = text_sample,
	.event = text_event,
	.verdict = text_verdict,
	.warning = text_warning,
};
