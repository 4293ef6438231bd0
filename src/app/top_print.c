/* top_print.c - rows as pprof's text or as JSON, as they come. */
#include "top_print.h"

#include <residue/base/clock.h>
#include <residue/base/mem.h>
#include <residue/base/units.h>

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int not_written(struct err *err)
{
	return err_sys(err, errno ? errno : EIO, "cannot write the output");
}

/* ---- JSON --------------------------------------------------------------- */

/* Takes `value`. */
static void put(json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new_nocheck(object, key, value))
		mem_exhausted();
}

static json_t *row_json(const struct top_row *r)
{
	json_t *o = json_object();

	put(o, "name", json_string(r->name));
	put(o, "flat", json_integer(r->flat));
	put(o, "cum", json_integer(r->cum));
	if (r->row->file[0])
		put(o, "file", json_string(r->row->file));
	if (r->row->line)
		put(o, "line", json_integer(r->row->line));
	if (r->inlined != TOP_NOT_INLINED)
		put(o, "inlined",
		    json_string(r->inlined == TOP_INLINED ? "yes" : "partly"));
	return o;
}

/* When it was taken, of which GC it is: what a target tells beside it. */
static void put_origin(json_t *o, const struct top_from *from)
{
	int64_t age_ms = origin_age_ms(&from->origin, from->now_ns);
	json_t *age = json_object();

	put(o, "read", json_string(read_by_name[from->origin.by]));
	if (age_ms >= 0)
		put(age, origin_name[ORIGIN_PPROF], json_integer(age_ms));
	put(o, "age_ms", age);
	if (values_has(&from->values, FIELD_PPROF_NUM_GC))
		put(o, field_info[FIELD_PPROF_NUM_GC].name,
		    json_integer(from->values.v[FIELD_PPROF_NUM_GC]));
	else if (from->gc_least >= 0)
		put(o, "pprof_num_gc_least", json_integer(from->gc_least));
	if (profile_is_stale(&from->values))
		put(o, "pprof_stale", json_true());
}

static json_t *head_json(const struct top *t, const struct top_from *from)
{
	const struct profile *p = t->profile;
	int64_t band = profile_error_bytes(p);
	json_t *o = json_object();

	put(o, "sample_index", json_string(t->type.name));
	put(o, "unit", json_string(t->type.unit));
	put(o, "total", json_integer(t->total));
	put(o, "shown", json_integer(t->shown));
	put(o, "dropped", json_integer((json_int_t)t->n_dropped));
	/* Sums that passed 2^63 - 1 were held there. */
	if (p->saturated)
		put(o, "saturated", json_true());
	if (t->unmarked)
		put(o, "unmarked", json_true());
	if (p->time_ns > 0)
		put(o, "t", json_real((double)(p->time_ns / NS_PER_MS) / 1e3));
	if (p->duration_ns > 0)
		put(o, "duration_ns", json_integer(p->duration_ns));
	if (p->period_type[0]) {
		put(o, "period_type", json_string(p->period_type));
		put(o, "period_unit", json_string(p->period_unit));
		put(o, "period", json_integer(p->period));
	}
	if (band >= 0)
		put(o, field_info[FIELD_PPROF_ERROR].name, json_integer(band));
	if (from->live)
		put_origin(o, from);
	return o;
}

/* An object, less its last brace. */
static int write_open(json_t *take_o, struct err *err)
{
	char *text = json_dumps(take_o, JSON_COMPACT | JSON_REAL_PRECISION(16));
	size_t n;
	int rc = 0;

	json_decref(take_o);
	if (!text)
		mem_exhausted();
	n = strlen(text) - 1;
	if (fwrite(text, 1, n, stdout) != n)
		rc = not_written(err);
	free(text);
	return rc;
}

static int print_json(const struct top *t, const struct top_from *from,
		      struct err *err)
{
	if (write_open(head_json(t, from), err) < 0)
		return -1;
	if (fputs(",\"rows\":[", stdout) < 0)
		return not_written(err);
	for (size_t i = 0; i < t->n_rows; i++) {
		if (i > 0 && putchar(',') == EOF)
			return not_written(err);
		if (write_open(row_json(&t->rows[i]), err) < 0)
			return -1;
		if (putchar('}') == EOF)
			return not_written(err);
	}
	return fputs("]}\n", stdout) < 0 ? not_written(err) : 0;
}

/* ---- text --------------------------------------------------------------- */

/* "residue: read from memory 12.0 ms ago, as of GC 17; inuse_space within
 * 3.10 MiB (95%), one sample in 512 KiB" */
static void say_origin(const struct top *t, const struct top_from *from)
{
	const struct origin_state *o = &from->origin;
	int64_t band = profile_error_bytes(t->profile);
	int64_t gc = values_get(&from->values, FIELD_PPROF_NUM_GC, -1);
	char age[UNITS_MAX], size[UNITS_MAX];
	int64_t ms = origin_age_ms(o, from->now_ns);

	if (o->by == READ_AGENTLESS)
		fputs("residue: read from memory", stderr);
	else if (from->endpoint[0])
		fprintf(stderr, "residue: served by %s", from->endpoint);
	else
		fputs("residue: a profile", stderr);
	if (ms >= 0)
		fprintf(stderr, " %s ago",
			units_duration(age, ms ? ms * NS_PER_MS : NS_PER_MS));
	if (gc > 0)
		fprintf(stderr, ", as of GC %lld", (long long)gc);
	else if (gc < 0 && from->gc_least > 0)
		fprintf(stderr, ", as of GC %lld or one that ended meanwhile",
			(long long)from->gc_least);
	else if (gc < 0)
		fputs(", of which GC is not known", stderr);
	if (band >= 0)
		fprintf(stderr, "; inuse_space within %s (95%%)",
			units_bytes(size, band));
	if (band >= 0)
		fprintf(stderr, ", one sample in %s",
			units_bytes(size, t->profile->period));
	fputc('\n', stderr);
}

static int write_text(void *ctx, const char *text, size_t n, struct err *err)
{
	return fwrite(text, 1, n, ctx) == n ? 0 : not_written(err);
}

static int print_text(const struct top *t, const struct top_from *from,
		      struct err *err)
{
	if (from->live)
		say_origin(t, from);
	if (t->profile->saturated)
		fputs("residue: sums in this profile pass 2^63 - 1: those are "
		      "held there, and shares of them mean nothing\n",
		      stderr);
	if (t->unmarked)
		fputs("residue: too many calls between functions: inline marks "
		      "are left out\n",
		      stderr);
	return top_text_each(t, write_text, stdout, err);
}

int top_print(const struct top *t, const struct top_from *from, bool json,
	      struct err *err)
{
	return json ? print_json(t, from, err) : print_text(t, from, err);
}
