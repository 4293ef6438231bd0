/* columns.c - what each column of the list says. */
#include "columns.h"

#include <residue/base/units.h>

#include <stdio.h>
#include <string.h>

void cell_context_make(struct cell_context *x, const struct screens *s,
		       const struct frame *f, const struct list_row *row)
{
	*x = (struct cell_context){.s = s, .f = f, .row = row, .on = ROLE_TEXT};
	moment_of_row(&x->m, f, row);
}

static const char *short_bytes(int64_t bytes, char out[96])
{
	return units_bytes_short(out, bytes);
}

static const char *field(const struct cell_context *x, enum field f,
			 char out[96])
{
	const struct values *v = &x->row->values;

	return values_has(v, f) ? short_bytes(v->v[f], out) : "";
}

static double field_key(const struct cell_context *x, enum field f)
{
	const struct values *v = &x->row->values;

	return values_has(v, f) ? (double)v->v[f] : -1e18;
}

static const char *part(const struct cell_context *x, enum part p, char out[96])
{
	const struct breakdown_part *b = &x->m.parts.parts[p];

	return b->known ? short_bytes(b->bytes, out) : "";
}

static double part_key(const struct cell_context *x, enum part p)
{
	const struct breakdown_part *b = &x->m.parts.parts[p];

	return b->known ? (double)b->bytes : -1e18;
}

static const char *pid_text(const struct cell_context *x, char out[96])
{
	snprintf(out, 96, "%d", (int)x->row->info.pid);
	return x->row->info.pid ? out : "";
}

static double pid_key(const struct cell_context *x)
{
	return x->row->info.pid;
}

static const char *user_text(const struct cell_context *x, char out[96])
{
	(void)out;
	return x->row->info.user;
}

static int user_compare(const struct list_row *a, const struct list_row *b)
{
	return strcmp(a->info.user, b->info.user);
}

static const char *res_text(const struct cell_context *x, char out[96])
{
	return field(x, FIELD_RSS, out);
}

static double res_key(const struct cell_context *x)
{
	return field_key(x, FIELD_RSS);
}

static const char *heap_text(const struct cell_context *x, char out[96])
{
	enum field f = heap_field(&x->row->values);

	return f < FIELD_COUNT ? field(x, f, out) : "";
}

static double heap_key(const struct cell_context *x)
{
	enum field f = heap_field(&x->row->values);

	return f < FIELD_COUNT ? field_key(x, f) : -1e18;
}

static const char *cache_text(const struct cell_context *x, char out[96])
{
	return part(x, PART_CACHE, out);
}

static double cache_key(const struct cell_context *x)
{
	return part_key(x, PART_CACHE);
}

static const char *stack_text(const struct cell_context *x, char out[96])
{
	return part(x, PART_STACKS, out);
}

static double stack_key(const struct cell_context *x)
{
	return part_key(x, PART_STACKS);
}

static const char *nongo_text(const struct cell_context *x, char out[96])
{
	return part(x, PART_NON_GO, out);
}

static double nongo_key(const struct cell_context *x)
{
	return part_key(x, PART_NON_GO);
}

static const char *residue_text(const struct cell_context *x, char out[96])
{
	return field(x, FIELD_RESIDUE, out);
}

static double residue_key(const struct cell_context *x)
{
	return field_key(x, FIELD_RESIDUE);
}

static double limit_key(const struct cell_context *x)
{
	const struct values *v = &x->row->values;
	int64_t used = values_get(v, FIELD_CGROUP_CURRENT,
				  values_get(v, FIELD_RSS, 0));

	if (values_get(v, FIELD_CGROUP_MAX, 0) <= 0)
		return -1e18;
	return (double)used * 100 / (double)v->v[FIELD_CGROUP_MAX];
}

static const char *limit_text(const struct cell_context *x, char out[96])
{
	double percent = limit_key(x);

	snprintf(out, 96, "%.0f", percent);
	return percent < 0 ? "" : out;
}

static double gcs_key(const struct cell_context *x)
{
	return x->row->gc_per_s;
}

static const char *gcs_text(const struct cell_context *x, char out[96])
{
	double r = x->row->gc_per_s;

	snprintf(out, 96, r >= 10 ? "%.0f" : "%.1f", r);
	return r < 0 ? "" : out;
}

static const char *verdict_text(const struct cell_context *x, char out[96])
{
	const struct list_row *r = x->row;

	(void)out;
	if (r->info.phase == TARGET_ZOMBIE)
		return "zombie";
	if (r->info.phase == TARGET_EXITED)
		return "exited";
	if (r->info.stopped)
		return "stopped";
	return r->verdict.kind == VERDICT_UNKNOWN
		       ? ""
		       : verdict_info[r->verdict.kind].name;
}

static int verdict_compare(const struct list_row *a, const struct list_row *b)
{
	return strcmp(verdict_info[a->verdict.kind].name,
		      verdict_info[b->verdict.kind].name);
}

static const char *how_cell(const struct cell_context *x, char out[96])
{
	(void)out;
	return how_text(&x->row->info, x->row->origins);
}

static int how_compare(const struct list_row *a, const struct list_row *b)
{
	return strcmp(how_text(&a->info, a->origins),
		      how_text(&b->info, b->origins));
}

/* Without the program's directory: where there is little room, its name is
 * what tells one from another. */
static const char *command_of(const struct target_info *info)
{
	size_t word = strcspn(info->cmdline, " ");
	const char *slash = memrchr(info->cmdline, '/', word);

	if (!info->cmdline[strspn(info->cmdline, " ")])
		return target_name(info);
	return slash && slash + 1 < info->cmdline + word ? slash + 1
							 : info->cmdline;
}

static const char *command_text(const struct cell_context *x, char out[96])
{
	(void)out;
	return command_of(&x->row->info);
}

static int command_compare(const struct list_row *a, const struct list_row *b)
{
	return strcmp(command_of(&a->info), command_of(&b->info));
}

/* clang-format off */
const struct list_column list_column[COLUMNS] = {
[COLUMN_PID]     = {"PID", 7, 0, 0, true, ROLE_TEXT, "process id", pid_text, pid_key, NULL, true},
[COLUMN_USER]    = {"USER", 7, 9, 6, false, ROLE_DIM, "who runs it", user_text, NULL, user_compare, true},
[COLUMN_RES]     = {"RES", 6, 0, 0, true, ROLE_RES, "resident memory", res_text, res_key, NULL, false},
[COLUMN_HEAP]    = {"HEAP", 6, 0, 1, true, ROLE_HEAP, "live heap: pprof's total, else what the last GC marked; dim: GCs ended since", heap_text, heap_key, NULL, false},
[COLUMN_CACHE]   = {"CACHE", 6, 0, 4, true, ROLE_CACHE, "idle heap that the runtime keeps for reuse", cache_text, cache_key, NULL, false},
[COLUMN_STACK]   = {"STACK", 6, 0, 9, true, ROLE_STACKS, "goroutine stacks", stack_text, stack_key, NULL, false},
[COLUMN_NONGO]   = {"NONGO", 6, 0, 8, true, ROLE_NON_GO, "memory that the Go runtime does not know", nongo_text, nongo_key, NULL, false},
[COLUMN_RESIDUE] = {"RESIDUE", 7, 0, 3, true, ROLE_TEXT, "RES less the live heap; negative where pages were never touched", residue_text, residue_key, NULL, false},
[COLUMN_LIMIT]   = {"%LIM", 4, 0, 11, true, ROLE_DIM, "share of the cgroup's memory limit that is used", limit_text, limit_key, NULL, false},
[COLUMN_GCS]     = {"GC/s", 4, 0, 7, true, ROLE_EVENT_GC, "garbage collections a second, over the last minute", gcs_text, gcs_key, NULL, false},
[COLUMN_SPARK]   = {"RES, 5 min", 10, 24, 5, false, ROLE_RES, "RES over five minutes, from 0 to a round value", NULL, res_key, NULL, false},
[COLUMN_VERDICT] = {"VERDICT", 13, 0, 2, false, ROLE_TEXT, "where most of RES went, and whether that grows", verdict_text, NULL, verdict_compare, true},
[COLUMN_HOW]     = {"HOW", 7, 0, 10, false, ROLE_DIM, "how the runtime's figures are read", how_cell, NULL, how_compare, true},
[COLUMN_COMMAND] = {"COMMAND", 9, 28, 0, false, ROLE_TEXT, "command line, without the program's directory", command_text, NULL, command_compare, true},
};
/* clang-format on */
