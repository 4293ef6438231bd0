/* cmd_list.c - the Go processes of this machine, once. */
#include "command.h"
#include "probes.h"
#include "targets.h"
#include "words.h"

#include <residue/base/clock.h>
#include <residue/base/mem.h>
#include <residue/base/text.h>
#include <residue/base/units.h>

#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/*
 * Rows are ordered by a column that is text (ascending), or by a figure
 * (greatest first; unknown ones last); then by PID.
 */
enum column {
	BY_FIGURE,
	BY_HEAP,
	BY_PID,
	BY_USER,
	BY_COMM,
	BY_GO,
	BY_MODULE,
	BY_ENDPOINT,
	BY_READ
};

static const struct {
	const char *name;
	enum column column;
	enum field field;
} columns[] = {
	{"pid", BY_PID, FIELD_COUNT},
	{"user", BY_USER, FIELD_COUNT},
	{"comm", BY_COMM, FIELD_COUNT},
	{"command", BY_COMM, FIELD_COUNT},
	{"go", BY_GO, FIELD_COUNT},
	{"module", BY_MODULE, FIELD_COUNT},
	{"heap", BY_HEAP, FIELD_COUNT},
	{"endpoint", BY_ENDPOINT, FIELD_COUNT},
	{"read", BY_READ, FIELD_COUNT},
	{"released", BY_FIGURE, FIELD_HEAP_RELEASED},
};

static enum column sort_column;
static enum field sort_field;

static bool choose_sort(const char *name)
{
	for (unsigned i = 0; i < sizeof(columns) / sizeof(*columns); i++)
		if (!strcmp(columns[i].name, name)) {
			sort_column = columns[i].column;
			sort_field = columns[i].field;
			return true;
		}
	sort_column = BY_FIGURE;
	sort_field = field_by_name(name);
	return sort_field != FIELD_COUNT;
}

static const char *text_of(const struct list_row *r)
{
	switch (sort_column) {
	case BY_USER:
		return r->info.user;
	case BY_COMM:
		return r->info.comm;
	case BY_GO:
		return r->info.go_version;
	case BY_MODULE:
		return r->info.module;
	case BY_ENDPOINT:
		return r->info.endpoint;
	case BY_READ:
		return read_by_name[r->info.read];
	case BY_FIGURE:
	case BY_HEAP:
	case BY_PID:
		break;
	}
	return "";
}

static int by_figure(const struct list_row *x, const struct list_row *y)
{
	bool heap = sort_column == BY_HEAP;
	enum field fx = heap ? heap_field(&x->values) : sort_field;
	enum field fy = heap ? heap_field(&y->values) : sort_field;
	bool hx = fx != FIELD_COUNT && values_has(&x->values, fx);
	bool hy = fy != FIELD_COUNT && values_has(&y->values, fy);

	if (hx != hy)
		return hx ? -1 : 1;
	if (!hx || x->values.v[fx] == y->values.v[fy])
		return 0;
	return x->values.v[fx] > y->values.v[fy] ? -1 : 1;
}

static int by_column(const void *a, const void *b)
{
	const struct list_row *x = a, *y = b;
	int order = sort_column == BY_FIGURE || sort_column == BY_HEAP
			    ? by_figure(x, y)
			    : strcmp(text_of(x), text_of(y));

	if (order)
		return order;
	return (x->info.pid > y->info.pid) - (x->info.pid < y->info.pid);
}

static struct probes probes; /* of --probe */

static json_t *probes_json(const struct probed *p)
{
	json_t *list = json_array();
	char words[200];

	for (int i = 0; i < p->count; i++) {
		json_t *o = json_object();

		probe_words(&p->tries[i], words, sizeof(words));
		json_object_set_new(o, "url", json_string(p->tries[i].url));
		json_object_set_new(o, "answer", json_string(words));
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *fields_json(const struct list_row *r)
{
	const struct probed *p = probes_of(&probes, r->info.id);
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
	if (r->info.listens[0])
		json_object_set_new(o, "listens", json_string(r->info.listens));
	if (p && p->count < 0)
		json_object_set_new(o, "probe_failed", json_string(p->err.msg));
	else if (p)
		json_object_set_new(o, "probes", probes_json(p));
	if (r->info.stopped)
		json_object_set_new(o, "stopped", json_true());
	json_object_set_new(o, "read", json_string(read_by_name[r->info.read]));
	return o;
}

static int print_json(const struct list_row *r, struct err *err)
{
	json_t *o = fields_json(r);
	int rc = json_dumpf(o, stdout, JSON_COMPACT);

	json_decref(o);
	if (rc || putchar('\n') == EOF)
		return err_sys(err, errno, "cannot write the output");
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
	printf("  %s%s%s", r->info.module, r->info.endpoint[0] ? "  " : "",
	       r->info.endpoint);
	if (!r->info.endpoint[0] && r->info.listens[0])
		printf("  listens on %s", r->info.listens);
	if (r->info.stopped)
		printf("  (stopped)");
	putchar('\n');
}

/* Why memory is not read: what would permit it is nearly always the same for
 * all, so that of the first is said. */
static void say_unread(const struct frame *f)
{
	const struct list_row *first = NULL;
	unsigned n = 0;

	for (unsigned i = 0; i < f->row_count; i++) {
		const struct list_row *r = &f->rows[i];

		if (r->origins[ORIGIN_RUNTIME].fail.code != ERR_DENIED)
			continue;
		first = first ? first : r;
		n++;
	}
	if (first)
		fprintf(stderr,
			"residue: the memory of %u process%s is not read; "
			"%d (%s): %s\n",
			n, n == 1 ? "" : "es", (int)first->info.pid,
			first->info.comm,
			first->origins[ORIGIN_RUNTIME].fail.msg);
}

static int print_list(struct frame *f, const struct options *o, struct err *err)
{
	bool ascii = o->ascii || !utf8_locale();

	qsort(f->rows, f->row_count, sizeof(*f->rows), by_column);
	if (!o->json)
		printf("    PID USER        RES    HEAP RESIDUE RELEASED  GO"
		       "          READ       COMMAND          MODULE\n");
	for (unsigned i = 0; i < f->row_count; i++)
		if (!o->json)
			print_row(&f->rows[i], ascii);
		else if (print_json(&f->rows[i], err))
			return -1;
	say_unread(f);
	for (unsigned i = 0; i < f->note_count; i++)
		complain(f->notes[i].text, "");
	return 0;
}

/* Whether what comes for a row has come: RES, and the runtime's figures where
 * the process's memory is to be read. */
static bool complete(const struct list_row *r, bool memory)
{
	const struct origin_state *o = &r->origins[ORIGIN_RUNTIME];

	return r->info.phase != TARGET_LIVE ||
	       (r->origins[ORIGIN_PROC].ever &&
		(!memory || o->ever || o->failed_ns));
}

/* Each process's first figures are news: with many, looking at all for each
 * would cost more than reading them. */
static void pause_for(unsigned rows)
{
	const struct timespec pause = {0, (1 + rows / 64) * NS_PER_MS};

	nanosleep(&pause, NULL);
}

/* Rows whose memory does not answer are set aside within a second or two, all
 * of them (sampler/watchdog.h); one that is searched in vain has its 0.3 s of CPU
 * time, and the next follows: that is progress. */
#define NO_PROGRESS_NS (5 * NS_PER_SEC)
#define MOST_NS	       (30 * NS_PER_SEC)

/* Until each row is complete, or none becomes so any more. */
static void wait_for_rows(struct sampler *s, struct frame *f, bool memory)
{
	const struct frame_want want = {.list = true};
	int64_t now = clock_boot_ns(), end = now + MOST_NS, moved = now;
	unsigned least = UINT_MAX;

	for (; now < end && now < moved + NO_PROGRESS_NS;
	     now = clock_boot_ns()) {
		unsigned left = 0;

		sampler_frame(s, &want, f);
		for (unsigned i = 0; i < f->row_count; i++)
			left += !complete(&f->rows[i], memory);
		if (!left)
			return;
		if (left < least) {
			least = left;
			moved = now;
		}
		sampler_wait(s, 20);
		pause_for(f->row_count);
	}
}

static int find(struct targets *s, const struct options *o, struct frame *f,
		struct err *err)
{
	if (sampler_discover(s->sampler, false, err))
		return -1;
	sampler_find_listeners(s->sampler);
	if (o->probe)
		probes_run(&probes, s->sampler, f);
	return sampler_run(s->sampler, 0, err);
}

static int list(struct targets *s, const struct options *o, struct err *err)
{
	const struct frame_want want = {.list = true};
	struct frame f;
	int rc = 0;

	frame_init(&f);
	if (s->scripted)
		sampler_frame(s->sampler, &want, &f);
	else if (find(s, o, &f, err))
		rc = -1;
	else
		wait_for_rows(s->sampler, &f,
			      read_by(o) == READ_COUNT ||
				      read_by(o) == READ_AGENTLESS);
	if (rc == 0)
		rc = print_list(&f, o, err);
	frame_release(&f);
	probes_release(&probes);
	return rc;
}

static int run(struct options *o, struct err *err)
{
	struct targets s;
	int rc = EXIT_FINE;

	if (!choose_sort(o->sort ? o->sort : "rss")) {
		err_set(err, ERR_USAGE,
			"--sort: there is no column '%.40s': pid, user, comm, "
			"go, module, read, endpoint, heap, released, or a "
			"figure of residue(1)",
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
	.synopsis = "[--json] [--sort=FIELD] [--probe]",
	.summary = "the Go processes of this machine, once",
	.run = run,
};
