/* output.c - lines of one of three formats, each written and checked whole. */
#include <residue/record/output.h>

#include "format.h"

#include <residue/base/mem.h>
#include <residue/model/state.h>

#include <errno.h>
#include <stdlib.h>

const enum origin aged_origins[AGED_ORIGINS] = {ORIGIN_RUNTIME, ORIGIN_SMAPS,
						ORIGIN_PPROF, ORIGIN_CGROUP};

static const struct format *const formats[OUTPUT_FORMATS] = {
	[OUTPUT_TEXT] = &format_text,
	[OUTPUT_JSON] = &format_json,
	[OUTPUT_CSV] = &format_csv,
};

const char *residue_of(const struct values *v)
{
	if (!values_has(v, FIELD_RESIDUE))
		return NULL;
	return heap_field(v) == FIELD_PPROF_INUSE ? "pprof" : "heap_live";
}

struct output *output_new(const struct output_options *options, FILE *to)
{
	struct output *o = mem_zalloc(1, sizeof(*o));

	o->options = *options;
	if (o->options.columns == 0)
		o->options.columns = 80;
	o->format = formats[options->format];
	o->to = to;
	o->line = open_memstream(&o->text, &o->size);
	if (!o->line)
		mem_exhausted();
	return o;
}

void output_free(struct output *o)
{
	if (!o)
		return;
	fclose(o->line);
	free(o->text);
	free(o);
}

/* Send what the format wrote. A memory stream fails for want of memory only. */
static int send_line(struct output *o, struct err *err)
{
	bool sent;

	if (fflush(o->line) || ferror(o->line))
		mem_exhausted();
	errno = 0;
	sent = fwrite(o->text, 1, o->size, o->to) == o->size &&
	       fflush(o->to) == 0;
	if (!sent)
		return err_sys(err, errno ? errno : EIO,
			       "cannot write the output");
	rewind(o->line);
	return 0;
}

int output_target(struct output *o, const struct target_info *info,
		  int64_t wall_ns, struct err *err)
{
	o->format->target(o, info, wall_ns);
	return send_line(o, err);
}

int output_sample(struct output *o, const struct target_info *info,
		  const struct row *row, const struct breakdown *parts,
		  struct err *err)
{
	if (row->wall_ns > o->sample_ns)
		o->sample_ns = row->wall_ns;
	o->format->sample(o, info, row, parts);
	return send_line(o, err);
}

int output_event(struct output *o, const struct target_info *info,
		 const struct event *ev, struct err *err)
{
	o->format->event(o, info, ev);
	return send_line(o, err);
}

int output_verdict(struct output *o, const struct target_info *info,
		   int64_t wall_ns, const struct verdict *verdict,
		   struct err *err)
{
	o->format->verdict(o, info, wall_ns, verdict);
	return send_line(o, err);
}

int output_warning(struct output *o, const struct target_info *info,
		   int64_t wall_ns, const char *text, struct err *err)
{
	o->format->warning(o, info, wall_ns, text);
	return send_line(o, err);
}
