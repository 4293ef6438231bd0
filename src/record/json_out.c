/* json_out.c - objects as JSON lines. */
#include "format.h"

#include <residue/base/mem.h>
#include <residue/base/text.h>

#include <jansson.h>
#include <string.h>

/* Digits that print Unix seconds with their microseconds, and 0.97 as 0.97. */
#define REAL_DIGITS 16

/* json_object_set fails for want of memory only: keys are ours, values made
 * by the caller from numbers and visible text. */
static void set(json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new_nocheck(object, key, value))
		mem_exhausted();
}

static void set_text(json_t *object, const char *key, const char *text)
{
	char visible[1024];

	if (!text[0])
		return;
	text_visible(visible, sizeof(visible), text, strlen(text));
	set(object, key, json_string(visible));
}

static void set_known(json_t *object, const char *key, int64_t v)
{
	if (v >= 0)
		set(object, key, json_integer(v));
}

static json_t *line(const char *type, const struct target_info *info, double t)
{
	json_t *object = json_object();

	set(object, "type", json_string(type));
	set_text(object, "target", info->id);
	set(object, "t", json_real(t));
	if (info->pid > 0)
		set(object, "pid", json_integer(info->pid));
	return object;
}

static void finish(struct output *o, json_t *object)
{
	if (json_dumpf(object, o->line,
		       JSON_COMPACT | JSON_REAL_PRECISION(REAL_DIGITS)))
		mem_exhausted();
	fputc('\n', o->line);
	json_decref(object);
}

static void json_target(struct output *o, const struct target_info *info,
			int64_t wall_ns)
{
	json_t *object = line("target", info, (double)wall_ms(wall_ns) / 1e3);

	if (info->kind == TARGET_PROCESS)
		set(object, "starttime",
		    json_integer((json_int_t)info->starttime));
	set_text(object, "comm", info->comm);
	set_text(object, "go", info->go_version);
	set_text(object, "module", info->module);
	set_text(object, "read", read_by_name[info->read]);
	set_text(object, "endpoint", info->endpoint);
	finish(o, object);
}

static void json_sample(struct output *o, const struct target_info *info,
			const struct row *row)
{
	json_t *object =
		line("sample", info, (double)wall_ms(o->sample_ns) / 1e3);
	const char *of = residue_of(&row->values);
	json_t *ages = json_object();

	for (unsigned f = 0; f < FIELD_COUNT; f++)
		if (values_has(&row->values, (enum field)f))
			set(object, field_info[f].name,
			    json_integer(row->values.v[f]));
	if (of)
		set_text(object, "residue_of", of);
	for (unsigned i = 0; i < AGED_ORIGINS; i++)
		set_known(ages, origin_name[aged_origins[i]],
			  row->age_ms[aged_origins[i]]);
	set(object, "age_ms", ages);
	finish(o, object);
}

static void json_event(struct output *o, const struct target_info *info,
		       const struct event *ev)
{
	json_t *object =
		line("event", info, (double)wall_us(ev->wall_ns) / 1e6);

	set_text(object, "kind", event_kind_info[ev->kind].name);
	if (ev->kind == EVENT_GC)
		set(object, "forced", json_boolean(ev->forced));
	if (ev->periodic)
		set(object, "periodic", json_true());
	set_known(object, "num_gc", ev->num_gc);
	set_known(object, "bytes", ev->bytes);
	set_known(object, "pause_ns", ev->pause_ns);
	set_text(object, "source", event_source_name[ev->source]);
	set(object, "confidence", json_real(ev->confidence));
	if (ev->before_attach)
		set(object, "before_attach", json_true());
	set_text(object, "text", ev->text);
	finish(o, object);
}

static void json_verdict(struct output *o, const struct target_info *info,
			 int64_t wall_ns, const struct verdict *v)
{
	json_t *object = line("verdict", info, (double)wall_ms(wall_ns) / 1e3);

	set_text(object, "verdict", verdict_info[v->kind].name);
	set(object, "confidence", json_real(v->confidence));
	set_text(object, "why", v->why);
	finish(o, object);
}

const struct format format_json = {
	.target = json_target,
	.sample = json_sample,
	.event = json_event,
	.verdict = json_verdict,
};
