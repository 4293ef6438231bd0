/* json_out.c - objects as JSON lines. */
#include "format.h"
#include "json.h"

#include <residue/base/mem.h>
#include <residue/model/state.h>

static json_t *line(const char *type, const struct target_info *info, double t)
{
	json_t *object = json_object();

	json_put(object, "type", json_string(type));
	json_put_text(object, "target", info->id);
	json_put(object, "t", json_real(t));
	if (info->pid > 0)
		json_put(object, "pid", json_integer(info->pid));
	return object;
}

static void json_target(struct output *o, const struct target_info *info,
			int64_t wall_ns)
{
	json_t *object = line("target", info, (double)wall_ms(wall_ns) / 1e3);

	if (info->kind == TARGET_PROCESS)
		json_put(object, "starttime",
			 json_integer((json_int_t)info->starttime));
	json_put_text(object, "comm", info->comm);
	json_put_text(object, "go", info->go_version);
	json_put_text(object, "module", info->module);
	json_put_text(object, "read", read_by_name[info->read]);
	json_put_text(object, "endpoint", info->endpoint);
	if (info->stopped)
		json_put(object, "stopped", json_true());
	json_write(object, o->line);
}

static int64_t oldest_ms(const struct row *row, unsigned origins)
{
	int64_t oldest = -1;

	for (unsigned o = 0; o < ORIGIN_COUNT; o++)
		if (origins >> o & 1 && row->age_ms[o] > oldest)
			oldest = row->age_ms[o];
	return oldest;
}

/* "parts" and "unexplained", which sum to "rss". */
static void put_parts(json_t *object, const struct row *row,
		      const struct breakdown *b)
{
	json_t *parts = json_array();
	char source[PART_SOURCE_MAX];

	for (unsigned i = 0; i < PART_UNEXPLAINED; i++) {
		const struct breakdown_part *p = &b->parts[i];
		json_t *part;

		if (!p->known)
			continue;
		part = json_object();
		json_put_text(part, "name", part_info[i].name);
		json_put(part, "bytes", json_integer(p->bytes));
		json_put_text(part, "source", part_source(source, p->origins));
		json_put_known(part, "age_ms", oldest_ms(row, p->origins));
		if (json_array_append_new(parts, part))
			mem_exhausted();
	}
	json_put(object, "parts", parts);
	json_put(object, "unexplained",
		 json_integer(b->parts[PART_UNEXPLAINED].bytes));
}

static void json_sample(struct output *o, const struct target_info *info,
			const struct row *row, const struct breakdown *parts)
{
	json_t *object =
		line("sample", info, (double)wall_ms(o->sample_ns) / 1e3);
	const char *of = residue_of(&row->values);
	json_t *ages = json_object();

	for (unsigned f = 0; f < FIELD_COUNT; f++)
		if (values_has(&row->values, (enum field)f))
			json_put(object, field_info[f].name,
				 json_integer(row->values.v[f]));
	if (of)
		json_put_text(object, "residue_of", of);
	if (profile_is_stale(&row->values))
		json_put(object, "pprof_stale", json_true());
	if (parts->known)
		put_parts(object, row, parts);
	for (unsigned i = 0; i < AGED_ORIGINS; i++)
		json_put_known(ages, origin_name[aged_origins[i]],
			       row->age_ms[aged_origins[i]]);
	json_put(object, "age_ms", ages);
	json_write(object, o->line);
}

static void json_event(struct output *o, const struct target_info *info,
		       const struct event *ev)
{
	json_t *object =
		line("event", info, (double)wall_us(ev->wall_ns) / 1e6);

	json_put_text(object, "kind", event_kind_info[ev->kind].name);
	if (ev->forced_known)
		json_put(object, "forced", json_boolean(ev->forced));
	if (ev->periodic)
		json_put(object, "periodic", json_true());
	json_put_known(object, "num_gc", ev->num_gc);
	json_put_known(object, "bytes", ev->bytes);
	json_put_known(object, "pause_ns", ev->pause_ns);
	json_put_text(object, "source", event_source_name[ev->source]);
	json_put(object, "confidence", json_real(ev->confidence));
	if (ev->before_attach)
		json_put(object, "before_attach", json_true());
	json_put_text(object, "text", ev->text);
	json_write(object, o->line);
}

static void json_verdict(struct output *o, const struct target_info *info,
			 int64_t wall_ns, const struct verdict *v)
{
	json_t *object = line("verdict", info, (double)wall_ms(wall_ns) / 1e3);

	json_put_text(object, "verdict", verdict_info[v->kind].name);
	json_put(object, "confidence", json_real(v->confidence));
	json_put_text(object, "why", v->why);
	json_write(object, o->line);
}

static void json_warning(struct output *o, const struct target_info *info,
			 int64_t wall_ns, const char *text)
{
	json_t *object = line("warning", info, (double)wall_ms(wall_ns) / 1e3);

	json_put_text(object, "text", text);
	json_write(object, o->line);
}

const struct format format_json = {
	.target = json_target,
	.sample = json_sample,
	.event = json_event,
	.verdict = json_verdict,
	.warning = json_warning,
};
