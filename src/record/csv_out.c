/*
 * csv_out.c - objects as rows of one CSV table (RFC 4180, lines end in CRLF).
 *
 * The columns are the same for every type of line, so that one reader takes
 * them all: `type` says which are filled. An event's GC number is in num_gc,
 * as a sample's count of GCs is. The parts of RES have columns of their own,
 * since lazy_free is a figure as well.
 */
#include "format.h"

#include <residue/base/text.h>
#include <residue/model/state.h>

#include <inttypes.h>
#include <string.h>

/* clang-format off */
/* X(name): columns after those of every line and of the fields. */
#define TEXT_COLUMNS(X) \
	X(residue_of) X(pprof_stale) X(kind) X(forced) X(periodic) X(bytes) \
	X(pause_ns) X(source) X(confidence) X(before_attach) X(text) \
	X(verdict) X(why) X(starttime) X(comm) X(go) X(module) X(read) X(endpoint) \
	X(stopped)
/* clang-format on */

/* The cells of one line that are not fields; "" where empty. */
struct cells {
#define X(name) const char *name;
	TEXT_COLUMNS(X)
#undef X
};

static void header(struct output *o)
{
	fputs("type,target,t,pid", o->line);
	for (unsigned f = 0; f < FIELD_COUNT; f++)
		fprintf(o->line, ",%s", field_info[f].name);
	for (unsigned i = 0; i < PART_COUNT; i++)
		fprintf(o->line, ",part_%s", part_info[i].name);
	for (unsigned i = 0; i < AGED_ORIGINS; i++)
		fprintf(o->line, ",age_ms_%s", origin_name[aged_origins[i]]);
#define X(name) fputs("," #name, o->line);
	TEXT_COLUMNS(X)
#undef X
	fputs("\r\n", o->line);
	o->header = true;
}

static void cell(struct output *o, const char *text)
{
	char visible[1024];

	fputc(',', o->line);
	if (!text)
		return;
	text_visible(visible, sizeof(visible), text, strlen(text));
	if (!strpbrk(visible, ",\"")) {
		fputs(visible, o->line);
		return;
	}
	fputc('"', o->line);
	for (const char *p = visible; *p; p++) {
		if (*p == '"')
			fputc('"', o->line);
		fputc(*p, o->line);
	}
	fputc('"', o->line);
}

static void number(struct output *o, bool known, int64_t v)
{
	fputc(',', o->line);
	if (known)
		fprintf(o->line, "%" PRId64, v);
}

/* `t` as the text of Unix seconds. */
static void start(struct output *o, const char *type,
		  const struct target_info *info, const char *t)
{
	if (!o->header)
		header(o);
	fputs(type, o->line);
	cell(o, info->id);
	cell(o, t);
	number(o, info->pid > 0, info->pid);
}

static void finish(struct output *o, const struct values *values,
		   const struct breakdown *b, const int32_t *age_ms,
		   const struct cells *cells)
{
	for (unsigned f = 0; f < FIELD_COUNT; f++)
		number(o, values && values_has(values, (enum field)f),
		       values ? values->v[f] : 0);
	for (unsigned i = 0; i < PART_COUNT; i++)
		number(o, b && b->known && b->parts[i].known,
		       b ? b->parts[i].bytes : 0);
	for (unsigned i = 0; i < AGED_ORIGINS; i++)
		number(o, age_ms && age_ms[aged_origins[i]] >= 0,
		       age_ms ? age_ms[aged_origins[i]] : 0);
#define X(name) cell(o, cells->name);
	TEXT_COLUMNS(X)
#undef X
	fputs("\r\n", o->line);
}

static const char *seconds_ms(char out[32], int64_t wall_ns)
{
	snprintf(out, 32, "%lld.%03d", (long long)(wall_ns / NS_PER_SEC),
		 (int)(wall_ms(wall_ns) % 1000));
	return out;
}

static const char *seconds_us(char out[32], int64_t wall_ns)
{
	snprintf(out, 32, "%lld.%06d", (long long)(wall_ns / NS_PER_SEC),
		 (int)(wall_us(wall_ns) % 1000000));
	return out;
}

/* Without printf's decimal point, which is a comma in some locales. */
static const char *fraction(char out[32], double zero_to_one)
{
	int thousandths = (int)(zero_to_one * 1000 + 0.5);

	snprintf(out, 32, "%d.%03d", thousandths / 1000, thousandths % 1000);
	return out;
}

static const char *known(char out[32], int64_t v)
{
	if (v < 0)
		return NULL;
	snprintf(out, 32, "%" PRId64, v);
	return out;
}

static void csv_target(struct output *o, const struct target_info *info,
		       int64_t wall_ns)
{
	char t[32], starttime[32];
	struct cells cells = {
		.comm = info->comm,
		.go = info->go_version,
		.module = info->module,
		.read = read_by_name[info->read],
		.endpoint = info->endpoint,
		.stopped = info->stopped ? "true" : NULL,
	};

	if (info->kind == TARGET_PROCESS)
		cells.starttime = known(starttime, (int64_t)info->starttime);
	start(o, "target", info, seconds_ms(t, wall_ns));
	finish(o, NULL, NULL, NULL, &cells);
}

static void csv_sample(struct output *o, const struct target_info *info,
		       const struct row *row, const struct breakdown *parts)
{
	struct cells cells = {.residue_of = residue_of(&row->values)};
	char t[32];

	if (profile_is_stale(&row->values))
		cells.pprof_stale = "true";
	start(o, "sample", info, seconds_ms(t, o->sample_ns));
	finish(o, &row->values, parts, row->age_ms, &cells);
}

static void csv_event(struct output *o, const struct target_info *info,
		      const struct event *ev)
{
	char t[32], confidence[32], bytes[32], pause[32];
	struct values values = {0};
	struct cells cells = {
		.kind = event_kind_info[ev->kind].name,
		.bytes = known(bytes, ev->bytes),
		.pause_ns = known(pause, ev->pause_ns),
		.source = event_source_name[ev->source],
		.before_attach = ev->before_attach ? "true" : NULL,
		.periodic = ev->periodic ? "true" : NULL,
		.confidence = fraction(confidence, ev->confidence),
		.text = ev->text,
	};

	if (ev->forced_known)
		cells.forced = ev->forced ? "true" : "false";
	if (ev->num_gc >= 0)
		values_set(&values, FIELD_NUM_GC, ev->num_gc);
	start(o, "event", info, seconds_us(t, ev->wall_ns));
	finish(o, &values, NULL, NULL, &cells);
}

static void csv_verdict(struct output *o, const struct target_info *info,
			int64_t wall_ns, const struct verdict *v)
{
	char t[32], confidence[32];
	struct cells cells = {.verdict = verdict_info[v->kind].name,
			      .confidence = fraction(confidence, v->confidence),
			      .why = v->why};

	start(o, "verdict", info, seconds_ms(t, wall_ns));
	finish(o, NULL, NULL, NULL, &cells);
}

static void csv_warning(struct output *o, const struct target_info *info,
			int64_t wall_ns, const char *text)
{
	struct cells cells = {.text = text};
	char t[32];

	start(o, "warning", info, seconds_ms(t, wall_ns));
	finish(o, NULL, NULL, NULL, &cells);
}

const struct format format_csv = {
	.target = csv_target,
	.sample = csv_sample,
	.event = csv_event,
	.verdict = csv_verdict,
	.warning = csv_warning,
};
