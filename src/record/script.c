/* script.c - scripted streams: JSON lines to items of the stream. */
#include <residue/record/script.h>

#include "script_profile.h"

#include <residue/base/clock.h>
#include <residue/base/mem.h>
#include <residue/base/text.h>
#include <residue/model/pauses.h>

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MOST (1 << 20) /* bytes */
#define T_MOST	  4e9	    /* Unix seconds: the year 2096 */

/* The keys that every type has, and those nearly every type has. */
#define TYPE_AND_T   "s:s, s:F"
#define HEAD	     "s:s, s:F, s:s"
#define HEAD_KEYS(h) "type", &(h).type, "t", &(h).t, "target", &(h).target

struct head {
	const char *type;
	const char *target;
	double t;
};

static void visible(char *out, size_t size, const char *text)
{
	text_visible(out, size, text, strlen(text));
}

/* What jansson says quotes the file. */
static int bad_json(const json_error_t *why, struct err *err)
{
	char shown[JSON_ERROR_TEXT_LENGTH];

	visible(shown, sizeof(shown), why->text);
	return err_set(err, ERR_FORMAT, "%s", shown);
}

/* As json_unpack, and nothing in `object` but what `format` takes. */
static int unpack(json_t *object, struct err *err, const char *format, ...)
{
	json_error_t why;
	va_list ap;
	int failed;

	va_start(ap, format);
	failed = json_vunpack_ex(object, &why, JSON_STRICT, format, ap);
	va_end(ap);
	return failed ? bad_json(&why, err) : 0;
}

/* To the microsecond: a double of Unix seconds holds no more. */
static int to_ns(double seconds, int64_t *ns, struct err *err)
{
	if (!(seconds >= 0 && seconds <= T_MOST))
		return err_set(err, ERR_FORMAT, "%g s is no time", seconds);
	*ns = llround(seconds * 1e6) * 1000;
	return 0;
}

static int no_such(const char *what, const char *name, struct err *err)
{
	char shown[64];

	visible(shown, sizeof(shown), name);
	return err_set(err, ERR_FORMAT, "there is no %s '%s'", what, shown);
}

/* The index of `name`, or -1 with words. */
static int name_index(const char *name, const char *const names[], int count,
		      const char *what, struct err *err)
{
	for (int i = 0; i < count; i++)
		if (!strcmp(name, names[i]))
			return i;
	return no_such(what, name, err);
}

static int take_head(const struct head *h, struct script_item *item,
		     struct err *err)
{
	if (h->target &&
	    (!h->target[0] || strlen(h->target) >= sizeof(item->id)))
		return err_set(err, ERR_FORMAT,
			       "a target's id has 1 to %d characters",
			       TARGET_ID_MAX - 1);
	if (h->target)
		visible(item->id, sizeof(item->id), h->target);
	return to_ns(h->t, &item->t_ns, err);
}

static int read_machine(json_t *o, struct script_item *item, struct err *err)
{
	json_int_t processes = -1, total = -1, available = -1;
	double interval = 0;
	const char *type;

	if (unpack(o, err, "{s:s, s?I, s?I, s?I, s?F}", "type", &type,
		   "processes", &processes, "mem_total", &total,
		   "mem_available", &available, "interval", &interval))
		return -1;
	item->kind = SCRIPT_MACHINE;
	item->machine.processes = processes;
	item->machine.mem_total = total;
	item->machine.mem_available = available;
	return to_ns(interval, &item->machine.interval_ns, err);
}

static int read_target(json_t *o, struct script_item *item, struct err *err)
{
	struct target_info *info = &item->target.info;
	const char *comm = "", *cmdline = "", *user = "", *go = "";
	const char *module = "", *endpoint = "", *listens = "", *read = "none";
	int url_only = 0, opened = 1, read_by;
	json_int_t pid = 0, starttime = 0;
	struct head h = {0};

	if (unpack(o, err,
		   "{" HEAD ", s?I, s?I, s?s, s?s, s?s, s?s, s?s, s?s, s?s, "
		   "s?s, s?b, s?b}",
		   HEAD_KEYS(h), "pid", &pid, "starttime", &starttime, "comm",
		   &comm, "cmdline", &cmdline, "user", &user, "go", &go,
		   "module", &module, "endpoint", &endpoint, "listens",
		   &listens, "read", &read, "url_only", &url_only, "opened",
		   &opened))
		return -1;
	read_by = name_index(read, read_by_name, READ_COUNT, "'read'", err);
	if (read_by < 0 || take_head(&h, item, err))
		return -1;
	if (pid < 0 || pid > INT32_MAX || starttime < 0)
		return err_set(err, ERR_FORMAT, "pid or starttime is off");
	item->kind = SCRIPT_TARGET;
	item->target.opened = opened;
	memcpy(info->id, item->id, sizeof(info->id));
	info->kind = url_only ? TARGET_URL : TARGET_PROCESS;
	info->pid = (pid_t)pid;
	info->starttime = (uint64_t)starttime;
	info->read = (enum read_by)read_by;
	info->since_ns = item->t_ns;
	visible(info->comm, sizeof(info->comm), comm);
	visible(info->cmdline, sizeof(info->cmdline), cmdline);
	visible(info->user, sizeof(info->user), user);
	visible(info->go_version, sizeof(info->go_version), go);
	visible(info->module, sizeof(info->module), module);
	visible(info->endpoint, sizeof(info->endpoint), endpoint);
	visible(info->listens, sizeof(info->listens), listens);
	return 0;
}

static int read_values(json_t *o, struct reading *r, struct err *err)
{
	const char *name;
	json_t *value;

	if (!json_is_object(o))
		return err_set(err, ERR_FORMAT, "'values' is no object");
	json_object_foreach(o, name, value)
	{
		enum field f = field_by_name(name);

		if (f == FIELD_COUNT)
			return no_such("field", name, err);
		if (field_info[f].origin != r->origin)
			return err_set(err, ERR_FORMAT,
				       "field '%s' is of origin '%s'", name,
				       origin_name[field_info[f].origin]);
		if (!json_is_integer(value))
			return err_set(err, ERR_FORMAT,
				       "field '%s' is no integer", name);
		values_set(&r->values, f, json_integer_value(value));
	}
	return 0;
}

/* [[n, end s, pause ns], ...] as the PauseEnd ring. */
static int read_pauses(json_t *o, struct reading *r, struct err *err)
{
	struct pause_ring *ring = mem_zalloc(1, sizeof(*ring));
	int64_t num_gc = values_get(&r->values, FIELD_NUM_GC, 0), end_ns = 0;
	json_int_t n, pause;
	json_t *entry;
	double end;
	size_t i;

	r->docs[0] = doc_new(DOC_PAUSES, r->end_ns, ring, sizeof(*ring), free);
	if (!json_is_array(o))
		return err_set(err, ERR_FORMAT, "'pauses' is no array");
	json_array_foreach(o, i, entry)
	{
		if (unpack(entry, err, "[I, F, I]", &n, &end, &pause) ||
		    to_ns(end, &end_ns, err))
			return err_prefix(err, "pauses");
		if (n < 1 || n > UINT32_MAX || pause < 0)
			return err_set(err, ERR_FORMAT,
				       "pauses: a number is off");
		ring->end_ns[pause_index((uint32_t)n)] = (uint64_t)end_ns;
		ring->pause_ns[pause_index((uint32_t)n)] = (uint64_t)pause;
		if (n > num_gc)
			num_gc = n;
	}
	if (num_gc < 0 || num_gc > UINT32_MAX)
		return err_set(err, ERR_FORMAT, "'num_gc' is off");
	ring->num_gc = (uint32_t)num_gc;
	return 0;
}

static int read_failure(json_t *o, struct reading *r, struct err *err)
{
	static const char *const names[] = {"timeout",	  "denied", "gone",
					    "net",	  "http",   "format",
					    "unsupported"};
	static const enum err_code codes[] = {
		ERR_TIMEOUT, ERR_DENIED, ERR_GONE,	 ERR_NET,
		ERR_HTTP,    ERR_FORMAT, ERR_UNSUPPORTED};
	const char *code, *msg = "";
	int i;

	if (unpack(o, err, "{s:s, s?s}", "code", &code, "msg", &msg))
		return err_prefix(err, "fail");
	i = name_index(code, names, (int)(sizeof(names) / sizeof(names[0])),
		       "failure", err);
	if (i < 0)
		return -1;
	r->fail.code = codes[i];
	visible(r->fail.msg, sizeof(r->fail.msg), msg);
	return 0;
}

static int read_reading(json_t *o, struct script_item *item, struct err *err)
{
	json_t *values = NULL, *pauses = NULL, *fail = NULL, *profile = NULL;
	struct reading *r = &item->reading;
	const char *origin, *by = "none";
	int from, read_by, stopped = 0;
	struct head h = {0};
	int64_t took_ns = 0;
	double took = 0;

	item->kind = SCRIPT_READING;
	if (unpack(o, err,
		   "{" HEAD ", s:s, s?o, s?s, s?F, s?o, s?o, s?o, "
		   "s?b}",
		   HEAD_KEYS(h), "origin", &origin, "values", &values, "by",
		   &by, "took", &took, "pauses", &pauses, "fail", &fail,
		   "profile", &profile, "stopped", &stopped) ||
	    take_head(&h, item, err) || to_ns(took, &took_ns, err))
		return -1;
	from = name_index(origin, origin_name, ORIGIN_DERIVED, "origin", err);
	if (from < 0)
		return -1;
	read_by = name_index(by, read_by_name, READ_COUNT, "'by'", err);
	if (read_by < 0)
		return -1;
	if (!fail == !(values || profile))
		return err_set(err, ERR_FORMAT,
			       "a reading has either values or fail");
	if (profile && from != ORIGIN_PPROF)
		return err_set(err, ERR_FORMAT,
			       "a profile comes with origin 'pprof'");
	if (pauses && (from != ORIGIN_RUNTIME || fail))
		return err_set(err, ERR_FORMAT,
			       "pauses come with values of origin 'runtime'");
	if (stopped && from != ORIGIN_PROC)
		return err_set(err, ERR_FORMAT,
			       "'stopped' comes with origin 'proc'");
	r->origin = (enum origin)from;
	r->by = (enum read_by)read_by;
	r->stopped = stopped;
	r->begin_ns = item->t_ns - took_ns;
	r->end_ns = item->t_ns;
	if (fail)
		return read_failure(fail, r, err);
	if (profile && script_profile(profile, r, err))
		return -1;
	if (values && read_values(values, r, err))
		return -1;
	return pauses ? read_pauses(pauses, r, err) : 0;
}

static int read_tick(json_t *o, struct script_item *item, struct err *err)
{
	struct head h = {0};

	item->kind = SCRIPT_TICK;
	if (unpack(o, err, "{" TYPE_AND_T ", s?s}", HEAD_KEYS(h)))
		return -1;
	return take_head(&h, item, err);
}

static int read_event(json_t *o, struct script_item *item, struct err *err)
{
	const char *kind, *source = NULL, *text = "";
	json_int_t num_gc = -1, bytes = -1;
	struct head h = {0};
	unsigned k = 0;
	int from;

	if (unpack(o, err, "{" HEAD ", s:s, s?s, s?s, s?I, s?I}", HEAD_KEYS(h),
		   "kind", &kind, "source", &source, "text", &text, "num_gc",
		   &num_gc, "bytes", &bytes) ||
	    take_head(&h, item, err))
		return -1;
	while (k < EVENT_COUNT && strcmp(event_kind_info[k].name, kind))
		k++;
	if (k == EVENT_COUNT)
		return no_such("event kind", kind, err);
	from = k == EVENT_SNAPSHOT || k == EVENT_MARK ? EVENT_FROM_USER
						      : EVENT_FROM_KERNEL;
	if (source)
		from = name_index(source, event_source_name, EVENT_SOURCES,
				  "event source", err);
	if (from < 0)
		return -1;
	item->kind = SCRIPT_EVENT;
	item->event = event_make((enum event_kind)k, (enum event_source)from,
				 item->t_ns);
	item->event.num_gc = num_gc;
	item->event.bytes = bytes;
	visible(item->event.text, sizeof(item->event.text), text);
	return 0;
}

/* A reading that brings no figures, but what became of the process. */
static int read_life(json_t *o, struct script_item *item,
		     enum process_life life, struct err *err)
{
	struct head h = {0};

	item->kind = SCRIPT_READING;
	if (unpack(o, err, "{" HEAD "}", HEAD_KEYS(h)) ||
	    take_head(&h, item, err))
		return -1;
	item->reading = (struct reading){.origin = ORIGIN_PROC,
					 .begin_ns = item->t_ns,
					 .end_ns = item->t_ns,
					 .life = life};
	return 0;
}

static int read_exec(json_t *o, struct script_item *item, struct err *err)
{
	return read_life(o, item, LIFE_EXECED, err);
}

static int read_exit(json_t *o, struct script_item *item, struct err *err)
{
	return read_life(o, item, LIFE_EXITED, err);
}

static int read_zombie(json_t *o, struct script_item *item, struct err *err)
{
	return read_life(o, item, LIFE_ZOMBIE, err);
}

static int read_note(json_t *o, struct script_item *item, struct err *err)
{
	const char *type, *text;
	json_int_t pid;

	if (unpack(o, err, "{s:s, s:I, s:s}", "type", &type, "pid", &pid,
		   "text", &text))
		return -1;
	if (pid < 0 || pid > INT32_MAX)
		return err_set(err, ERR_FORMAT, "pid is off");
	item->kind = SCRIPT_NOTE;
	item->note.pid = (pid_t)pid;
	visible(item->note.text, sizeof(item->note.text), text);
	return 0;
}

static int read_toast(json_t *o, struct script_item *item, struct err *err)
{
	struct head h = {0};
	const char *text;
	int error = 0;

	if (unpack(o, err, "{" TYPE_AND_T ", s:s, s?b}", "type", &h.type, "t",
		   &h.t, "text", &text, "error", &error) ||
	    take_head(&h, item, err))
		return -1;
	item->kind = SCRIPT_TOAST;
	item->toast.error = error;
	visible(item->toast.text, sizeof(item->toast.text), text);
	return 0;
}

static const struct line_type {
	const char *name;
	int (*read)(json_t *o, struct script_item *item, struct err *err);
} line_types[] = {
	{"machine", read_machine}, {"target", read_target},
	{"reading", read_reading}, {"tick", read_tick},
	{"event", read_event},	   {"exec", read_exec},
	{"exit", read_exit},	   {"zombie", read_zombie},
	{"note", read_note},	   {"toast", read_toast},
};

static int read_item(json_t *o, struct script_item *item, struct err *err)
{
	const char *type = json_string_value(json_object_get(o, "type"));

	*item = (struct script_item){0};
	if (!type)
		return err_set(err, ERR_FORMAT,
			       "this is no object with a "
			       "'type'");
	for (size_t i = 0; i < sizeof(line_types) / sizeof(*line_types); i++)
		if (!strcmp(line_types[i].name, type))
			return line_types[i].read(o, item, err);
	return no_such("type", type, err);
}

static void drop_docs(struct script_item *item)
{
	if (item->kind != SCRIPT_READING)
		return;
	for (unsigned i = 0; i < READING_DOCS; i++)
		doc_unref(item->reading.docs[i]);
}

static int take_line(const char *line, size_t len, script_sink *sink, void *ctx,
		     struct err *err)
{
	struct script_item item;
	json_error_t why;
	json_t *o;
	int ret;

	if (len == 0)
		return 0;
	o = json_loadb(line, len, JSON_REJECT_DUPLICATES, &why);
	if (!o)
		return bad_json(&why, err);
	ret = read_item(o, &item, err);
	json_decref(o);
	if (ret == 0)
		return sink(ctx, &item, err);
	drop_docs(&item);
	return -1;
}

/* 1: a line, without its end; 0: the end of the file; -1: an error. */
static int get_line(FILE *f, char *line, size_t *len, struct err *err)
{
	int c;

	for (*len = 0; (c = getc_unlocked(f)) != EOF && c != '\n';) {
		if (*len == LINE_MOST)
			return err_set(err, ERR_LIMIT,
				       "a line is longer than %d bytes",
				       LINE_MOST);
		line[(*len)++] = (char)c;
	}
	if (ferror(f))
		return err_sys(err, errno, "cannot read");
	return c != EOF || *len > 0;
}

int script_read_file(FILE *f, const char *name, script_sink *sink, void *ctx,
		     struct err *err)
{
	char *line = mem_alloc(LINE_MOST);
	unsigned long number = 0;
	size_t len;
	int got;

	do {
		number++;
		got = get_line(f, line, &len, err);
		if (got > 0 && take_line(line, len, sink, ctx, err))
			got = -1;
	} while (got > 0);
	free(line);
	return got < 0 ? err_prefix(err, "%s:%lu", name, number) : 0;
}

int script_read(const char *path, script_sink *sink, void *ctx, struct err *err)
{
	FILE *f = fopen(path, "re");
	int ret;

	if (!f)
		return err_sys(err, errno, "cannot open %s", path);
	ret = script_read_file(f, path, sink, ctx, err);
	fclose(f);
	return ret;
}
