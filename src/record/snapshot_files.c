/* snapshot_files.c - what each file of a snapshot holds, but for the summary.
 */
#include <config.h>

#include "snapshot_files.h"

#include "json.h"

#include <residue/base/clock.h>
#include <residue/base/text.h>
#include <residue/decode/expvar.h>
#include <residue/record/output.h>

#include <string.h>
#include <sys/utsname.h>
#include <time.h>

char *snapshot_time(char out[32], int64_t wall_ns)
{
	time_t t = (time_t)(wall_ns / NS_PER_SEC);
	struct tm tm;

	localtime_r(&t, &tm);
	strftime(out, 32, "%Y-%m-%dT%H:%M:%S%z", &tm);
	return out;
}

/* ---- as it came --------------------------------------------------------- */

static bool has_heap(const struct snapshot_input *in)
{
	return in->files[SNAPSHOT_HEAP].data;
}

static void fill_heap(FILE *to, const struct snapshot_input *in)
{
	const struct snapshot_bytes *heap = &in->files[SNAPSHOT_HEAP];

	fwrite(heap->data, 1, heap->size, to);
}

/* Line by line and field by field: the ends of lines and the tabs are the
 * kernel's, whatever else is not plain text is a name's. */
static void fill_text(FILE *to, const struct snapshot_bytes *text)
{
	const char *p = text->data, *end = p + text->size;
	char visible[4096];

	while (p < end) {
		const char *stop = p;

		/* An escape is up to ten times as long as what it stands
		 * for. */
		while (stop < end && *stop != '\n' && *stop != '\t' &&
		       stop - p < (ptrdiff_t)sizeof(visible) / 10)
			stop++;
		/* Not between the bytes of one character. */
		while (stop < end && stop > p + 4 && (*stop & 0xc0) == 0x80)
			stop--;
		text_visible(visible, sizeof(visible), p, (size_t)(stop - p));
		fputs(visible, to);
		if (stop < end && (*stop == '\n' || *stop == '\t'))
			fputc(*stop++, to);
		p = stop;
	}
}

static bool has_smaps(const struct snapshot_input *in)
{
	return in->files[SNAPSHOT_SMAPS].data;
}

static void fill_smaps(FILE *to, const struct snapshot_input *in)
{
	fill_text(to, &in->files[SNAPSHOT_SMAPS]);
}

static bool has_status(const struct snapshot_input *in)
{
	return in->files[SNAPSHOT_STATUS].data;
}

static void fill_status(FILE *to, const struct snapshot_input *in)
{
	fill_text(to, &in->files[SNAPSHOT_STATUS]);
}

static bool has_limits(const struct snapshot_input *in)
{
	return in->files[SNAPSHOT_LIMITS].data;
}

static void fill_limits(FILE *to, const struct snapshot_input *in)
{
	fill_text(to, &in->files[SNAPSHOT_LIMITS]);
}

/* ---- memstats.json ------------------------------------------------------ */

static bool has_memstats(const struct snapshot_input *in)
{
	return in->origins[ORIGIN_RUNTIME].ever;
}

static json_t *by_size_json(const struct by_size *b)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < b->n; i++)
		json_array_append_new(
			list,
			json_pack("{sIsIsI}", "size", (json_int_t)b->of[i].size,
				  "mallocs", (json_int_t)b->of[i].mallocs,
				  "frees", (json_int_t)b->of[i].frees));
	return list;
}

static json_t *memstats_of_fields(const struct snapshot_input *in)
{
	const struct origin_state *o = &in->origins[ORIGIN_RUNTIME];
	json_t *object = json_object();

	json_put_text(object, "read", read_by_name[o->by]);
	json_put_known(object, "age_ms", origin_age_ms(o, in->now_ns));
	for (unsigned f = 0; f < FIELD_COUNT; f++)
		if (field_info[f].origin == ORIGIN_RUNTIME &&
		    values_has(in->values, (enum field)f))
			json_put(object, field_info[f].name,
				 json_integer(in->values->v[f]));
	if (in->by_size && o->by == READ_AGENTLESS) {
		json_put_known(object, "by_size_age_ms",
			       (in->now_ns - in->by_size_ns) / NS_PER_MS);
		json_put(object, "by_size", by_size_json(in->by_size));
	}
	return object;
}

/* Of an expvar reply the text of "memstats", numbers and all as they came;
 * what else a program publishes there (its command line, for one) stays out. */
static void fill_memstats(FILE *to, const struct snapshot_input *in)
{
	const struct snapshot_bytes *reply = &in->files[SNAPSHOT_MEMSTATS];
	struct snapshot_bytes text = {0};
	const char *found;

	/* Only while it is the newest word: an old reply must not stand for
	 * figures that were read from memory since. */
	if (reply->data && reply->t_ns >= in->origins[ORIGIN_RUNTIME].end_ns &&
	    expvar_memstats(reply->data, reply->size, &found, &text.size,
			    NULL) == 0) {
		text.data = found;
		fill_text(to, &text);
		fputc('\n', to);
		return;
	}
	json_write(memstats_of_fields(in), to);
}

/* ---- samples.jsonl, events.jsonl ---------------------------------------- */

static const struct output_options json_lines = {.format = OUTPUT_JSON};

struct sampling {
	struct output *out;
	const struct snapshot_input *in;
	int failed;
};

static void sample_row(void *ctx, const struct row *row)
{
	struct sampling *s = ctx;
	struct breakdown parts;

	if (s->failed || row->t_ns < s->in->now_ns - SNAPSHOT_PAST_NS)
		return;
	breakdown_make(&parts, &row->values);
	s->failed = output_sample(s->out, s->in->info, row, &parts, NULL);
}

static bool has_rows(const struct snapshot_input *in)
{
	return in->each_row;
}

static void fill_samples(FILE *to, const struct snapshot_input *in)
{
	struct sampling s = {output_new(&json_lines, to), in, 0};

	s.failed = output_target(s.out, in->info, in->wall_ns, NULL);
	if (!s.failed)
		in->each_row(in->rows, sample_row, &s);
	output_free(s.out);
}

static bool always(const struct snapshot_input *in)
{
	return in->info;
}

static void fill_events(FILE *to, const struct snapshot_input *in)
{
	struct output *out = output_new(&json_lines, to);
	int failed = 0;

	for (unsigned i = 0; i < in->event_count && !failed; i++)
		if (in->events[i].wall_ns >= in->wall_ns - SNAPSHOT_PAST_NS)
			failed = output_event(out, in->info, &in->events[i],
					      NULL);
	output_free(out);
}

/* ---- meta.json ---------------------------------------------------------- */

/* "" where it is not set; absent where that is not known. */
static void put_variable(json_t *env, const char *name, const char *value)
{
	if (!value)
		return;
	json_put(env, name, json_string(""));
	json_put_text(env, name, value);
}

static void put_missing(json_t *object, const struct snapshot_input *in)
{
	json_t *missing = json_object();

	for (unsigned i = 0; i < SNAPSHOT_CONTENTS; i++) {
		const struct snapshot_content *c = &snapshot_contents[i];

		if (!c->present(in))
			json_put_text(missing, c->name, snapshot_why(in, c));
	}
	json_put(object, "missing", missing);
}

/* Where the profile comes from, and why not from the endpoint. */
static void put_profile(json_t *o, const struct snapshot_input *in)
{
	if (has_heap(in))
		json_put_text(o, "profile_read",
			      read_by_name[in->origins[ORIGIN_PPROF].by]);
	if (in->endpoint_fail && in->endpoint_fail->code != ERR_NONE)
		json_put_text(o, "endpoint_failed", in->endpoint_fail->msg);
}

static void fill_meta(FILE *to, const struct snapshot_input *in)
{
	const struct target_info *info = in->info;
	json_t *o = json_object(), *env = json_object();
	int64_t wall_ms = in->wall_ns / NS_PER_MS;
	struct utsname uts;
	char time[32];

	json_put(o, "format", json_integer(1));
	json_put_text(o, "residue", PACKAGE_VERSION);
	json_put(o, "t", json_real((double)wall_ms / 1e3));
	json_put_text(o, "time", snapshot_time(time, in->wall_ns));
	json_put_text(o, "target", info->id);
	if (info->kind == TARGET_PROCESS) {
		json_put(o, "pid", json_integer(info->pid));
		json_put(o, "starttime",
			 json_integer((json_int_t)info->starttime));
		json_put(o, "exec", json_integer(info->exec_gen));
	}
	json_put_text(o, "user", info->user);
	json_put_text(o, "comm", info->comm);
	json_put_text(o, "go", info->go_version);
	json_put_text(o, "module", info->module);
	json_put_text(o, "read", read_by_name[info->read]);
	json_put_text(o, "endpoint", info->endpoint);
	put_profile(o, in);
	if (uname(&uts) == 0) {
		json_put_text(o, "kernel", uts.release);
		json_put_text(o, "machine", uts.machine);
	}
	put_variable(env, "GODEBUG", in->godebug);
	put_variable(env, "GOGC", in->gogc);
	put_variable(env, "GOMEMLIMIT", in->gomemlimit);
	json_put(o, "environment", env);
	put_missing(o, in);
	json_write(o, to);
}

/* ---- the table ---------------------------------------------------------- */

const struct snapshot_content snapshot_contents[SNAPSHOT_CONTENTS] = {
	{"summary.txt", always, summary_fill},
	{"meta.json", always, fill_meta},
	{"heap.pb.gz", has_heap, fill_heap},
	{"memstats.json", has_memstats, fill_memstats},
	{"smaps", has_smaps, fill_smaps},
	{"status", has_status, fill_status},
	{"limits", has_limits, fill_limits},
	{"samples.jsonl", has_rows, fill_samples},
	{"events.jsonl", always, fill_events},
};

static const char *failure(const struct snapshot_input *in, enum origin origin,
			   const char *otherwise)
{
	const struct err *fail = &in->origins[origin].fail;

	return fail->code != ERR_NONE && fail->msg[0] ? fail->msg : otherwise;
}

const char *snapshot_why(const struct snapshot_input *in,
			 const struct snapshot_content *c)
{
	const bool url = in->info->kind == TARGET_URL;
	enum snapshot_file file = SNAPSHOT_FILES;

	if (c->fill == fill_heap)
		file = SNAPSHOT_HEAP;
	else if (c->fill == fill_smaps)
		file = SNAPSHOT_SMAPS;
	else if (c->fill == fill_status)
		file = SNAPSHOT_STATUS;
	else if (c->fill == fill_limits)
		file = SNAPSHOT_LIMITS;
	if (file != SNAPSHOT_FILES && in->files[file].why)
		return in->files[file].why;
	if (file == SNAPSHOT_HEAP)
		return failure(in, ORIGIN_PPROF,
			       in->info->endpoint[0] ? "no profile was fetched"
						     : "no endpoint is known");
	if (c->fill == fill_memstats)
		return failure(in, ORIGIN_RUNTIME,
			       "nothing reads the runtime's figures");
	if (c->fill == fill_samples)
		return "no history was kept";
	return url ? "the target is an endpoint, not a process" : "not read";
}
