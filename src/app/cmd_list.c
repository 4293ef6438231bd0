/* cmd_list.c - the Go processes of this machine, once. */
#include "command.h"
#include "targets.h"
#include "words.h"

#include <residue/base/clock.h>
#include <residue/base/mem.h>
#include <residue/base/text.h>
#include <residue/base/units.h>

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* Rows are ordered by one field, greatest first; unknown ones last. */
static enum field sort_field;

static int by_field(const void *a, const void *b)
{
	const struct list_row *x = a, *y = b;
	bool hx = values_has(&x->values, sort_field);
	bool hy = values_has(&y->values, sort_field);

	if (hx != hy)
		return hx ? -1 : 1;
	if (hx && x->values.v[sort_field] != y->values.v[sort_field])
		return x->values.v[sort_field] > y->values.v[sort_field] ? -1
									 : 1;
	return (x->info.pid > y->info.pid) - (x->info.pid < y->info.pid);
}

static json_t *fields_json(const struct list_row *r)
{
	json_t *o = json_object();

	json_object_set_new(o, "pid", json_integer(r->info.pid));
	json_object_set_new(o, "user", json_string(r->info.user));
	json_object_set_new(o, "comm", json_string(r->info.comm));
	if (r->info.go_version[0])
		json_object_set_new(o, "go", json_string(r->info.go_version));
	if (r->info.module[0])
		json_object_set_new(o, "module", json_string(r->info.module));
	for (unsigned f = 0; f < FIELD_COUNT; f++)
		if (values_has(&r->values, (enum field)f))
			json_object_set_new(o, field_info[f].name,
					    json_integer(r->values.v[f]));
	if (r->info.endpoint[0])
		json_object_set_new(o, "endpoint",
				    json_string(r->info.endpoint));
	json_object_set_new(o, "read",
			    json_string(read_by_name[r->info.read]));
	return o;
}

static int print_json(const struct list_row *r, struct err *err)
{
	json_t *o = fields_json(r);
	int rc = json_dumpf(o, stdout, JSON_COMPACT);

	json_decref(o);
	if (rc || putchar('\n') == EOF)
		return err_set(err, ERR_SYS, "cannot write the list");
	return 0;
}

static const char *cell(char out[UNITS_MAX], const struct values *v,
			enum field f, bool ascii)
{
	if (f == FIELD_COUNT || !values_has(v, f))
		return ascii ? "-" : "\u2013";
	return units_bytes_short(out, v->v[f]);
}

/* Left-aligned text cut to `width` cells. */
static void put_text(const char *s, int width)
{
	size_t n = text_fit(s, width);
	int used;
	char part[512];

	n = n < sizeof(part) ? n : sizeof(part) - 1;
	memcpy(part, s, n);
	part[n] = '\0';
	used = text_columns(part);
	printf("%s%*s", part, width - used, "");
}

static void put_number(const char *s, int width)
{
	printf("%*s%s", width - text_columns(s), "", s);
}

static void print_row(const struct list_row *r, bool ascii)
{
	const struct values *v = &r->values;
	char b[UNITS_MAX];

	printf("%7d ", (int)r->info.pid);
	put_text(r->info.user, 8);
	put_number(cell(b, v, FIELD_RSS, ascii), 7);
	put_number(cell(b, v, heap_field(v), ascii), 8);
	put_number(cell(b, v, FIELD_RESIDUE, ascii), 8);
	put_number(cell(b, v, FIELD_HEAP_RELEASED, ascii), 9);
	printf("  ");
	put_text(r->info.go_version[0] ? r->info.go_version : "?", 10);
	printf("  ");
	put_text(read_by_name[r->info.read], 9);
	printf("  ");
	put_text(r->info.comm, 15);
	printf("  %s%s%s\n", r->info.module, r->info.endpoint[0] ? "  " : "",
	       r->info.endpoint);
}

static int print_list(struct frame *f, const struct options *o,
		      struct err *err)
{
	bool ascii = o->ascii || !utf8_locale();

	qsort(f->rows, f->row_count, sizeof(*f->rows), by_field);
	if (!o->json)
		printf("    PID USER        RES    HEAP RESIDUE RELEASED  GO"
		       "          READ       COMMAND          MODULE\n");
	for (unsigned i = 0; i < f->row_count; i++)
		if (!o->json)
			print_row(&f->rows[i], ascii);
		else if (print_json(&f->rows[i], err))
			return -1;
	for (unsigned i = 0; i < f->note_count; i++)
		fprintf(stderr, "residue: %s\n", f->notes[i].text);
	return 0;
}

/* Until each row has RES, or is gone; a moment at most. */
static void wait_for_rows(struct sampler *s, struct frame *f)
{
	const struct frame_want want = {.list = true};
	int64_t end = clock_boot_ns() + NS_PER_SEC;
	bool all;

	do {
		all = true;
		sampler_frame(s, &want, f);
		for (unsigned i = 0; i < f->row_count; i++)
			all &= f->rows[i].info.phase != TARGET_LIVE ||
			       f->rows[i].origins[ORIGIN_PROC].ever;
		if (!all)
			sampler_wait(s, 20);
	} while (!all && clock_boot_ns() < end);
}

static int list(struct targets *s, const struct options *o, struct err *err)
{
	const struct frame_want want = {.list = true};
	struct frame f;
	int rc = 0;

	frame_init(&f);
	if (s->scripted)
		sampler_frame(s->sampler, &want, &f);
	else if (sampler_discover(s->sampler, false, err) ||
		 sampler_run(s->sampler, 0, err))
		rc = -1;
	else
		wait_for_rows(s->sampler, &f);
	if (rc == 0)
		rc = print_list(&f, o, err);
	frame_release(&f);
	return rc;
}

static int run(struct options *o, struct err *err)
{
	struct targets s;
	int rc = EXIT_FINE;

	sort_field = field_by_name(o->sort ? o->sort : "rss");
	if (sort_field == FIELD_COUNT) {
		err_set(err, ERR_USAGE,
			"--sort: there is no field '%.40s'; rss, residue, "
			"heap_alloc, ... (residue(1) lists them)",
			o->sort);
		return EXIT_USAGE;
	}
	if (o->arg_count) {
		err_set(err, ERR_USAGE, "list takes no targets");
		return EXIT_USAGE;
	}
	if (targets_open(&s, o, 0, err) || list(&s, o, err))
		rc = exit_code_of(err);
	targets_close(&s);
	return rc;
}

const struct command command_cmd_list = {
	.name = "list",
	.synopsis = "[--json] [--sort=FIELD]",
	.summary = "the Go processes of this machine, once",
	.run = run,
};
