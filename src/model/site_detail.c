/* site_detail.c - the lines of one site, and its callers. */
#include <residue/model/sites.h>

#include <residue/base/sat.h>

#include "profile_noise.h"

#include <stdlib.h>
#include <string.h>

/* Sums by a number (a line of the profile, a row), each counted once
 * a sample, and which of them are in use. */
struct sums {
	int64_t *cum, *flat;
	uint32_t *stamp; /* the last sample that counted, + 1 */
	uint32_t *used;	 /* in order of appearance */
	size_t n;
};

struct gathering {
	const struct profile *p;
	unsigned type;
	uint32_t row;
	/* Entries of the profile's lines[] that are the same line of a file are
	 * one here: the first of them. By index; PROFILE_NONE: another site's.
	 */
	uint32_t *same;
	struct sums lines;   /* by index of lines[] */
	struct sums callers; /* by row */
	double variance;
	int64_t flat, cum;
};

static int sums_init(struct sums *s, size_t room, struct err *err)
{
	size_t n = room ? room : 1;

	*s = (struct sums){.cum = calloc(n, sizeof(*s->cum)),
			   .flat = calloc(n, sizeof(*s->flat)),
			   .stamp = calloc(n, sizeof(*s->stamp)),
			   .used = calloc(n, sizeof(*s->used))};
	if (s->cum && s->flat && s->stamp && s->used)
		return 0;
	return err_set(err, ERR_LIMIT, "no memory for %zu lines", room);
}

static void sums_release(struct sums *s)
{
	free(s->cum);
	free(s->flat);
	free(s->stamp);
	free(s->used);
}

static void sums_add(struct sums *s, uint32_t number, size_t sample, int64_t v)
{
	if (!s->stamp[number])
		s->used[s->n++] = number;
	if (s->stamp[number] == (uint32_t)sample + 1)
		return;
	s->stamp[number] = (uint32_t)sample + 1;
	s->cum[number] = sat_add(s->cum[number], v);
}

static const char *file_of(const struct profile *p, uint32_t line)
{
	uint32_t fn = p->lines[line].function;

	return fn == PROFILE_NONE ? "" : p->functions[fn].file;
}

static int by_place(const void *x, const void *y, void *ctx)
{
	const struct profile *p = ctx;
	uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;
	int c = strcmp(file_of(p, a), file_of(p, b));

	if (c)
		return c;
	if (p->lines[a].line != p->lines[b].line)
		return p->lines[a].line < p->lines[b].line ? -1 : 1;
	return (a > b) - (a < b);
}

static bool same_place(const struct profile *p, uint32_t a, uint32_t b)
{
	return p->lines[a].line == p->lines[b].line &&
	       !strcmp(file_of(p, a), file_of(p, b));
}

/* Fill in g->same. */
static int find_lines(struct gathering *g, struct err *err)
{
	const struct profile *p = g->p;
	uint32_t *own = calloc(p->n_lines + 1, sizeof(*own));
	size_t n = 0;

	g->same = calloc(p->n_lines + 1, sizeof(*g->same));
	if (!own || !g->same) {
		free(own);
		return err_set(err, ERR_LIMIT, "no memory for %zu lines",
			       p->n_lines);
	}
	for (uint32_t i = 0; i < p->n_lines; i++) {
		g->same[i] = PROFILE_NONE;
		if (p->lines[i].row == g->row)
			own[n++] = i;
	}
	qsort_r(own, n, sizeof(*own), by_place, (void *)(uintptr_t)p);
	for (size_t i = 0; i < n; i++)
		g->same[own[i]] = i > 0 && same_place(p, own[i - 1], own[i])
					  ? g->same[own[i - 1]]
					  : own[i];
	free(own);
	return 0;
}

/* A stack from its leaf outwards: the lines that are the site's, and each
 * function that called one of them and is another. */
static void add_stack(struct gathering *g, size_t sample, int64_t v)
{
	const struct profile *p = g->p;
	const struct profile_sample *s = &p->samples[sample];
	bool inside = false, any = false;

	for (uint32_t f = 0; f < s->n_frames; f++) {
		const struct profile_location *l =
			&p->locations[p->stack[s->first_frame + f]];

		for (uint32_t j = 0; j < l->n_lines; j++) {
			uint32_t row = p->lines[l->first_line + j].row;
			uint32_t line = g->same[l->first_line + j];

			if (row == g->row) {
				sums_add(&g->lines, line, sample, v);
				if (f == 0 && j == 0) {
					g->lines.flat[line] =
						sat_add(g->lines.flat[line], v);
					g->flat = sat_add(g->flat, v);
					g->variance += profile_noise(p, sample);
				}
			} else if (inside) {
				sums_add(&g->callers, row, sample, v);
			}
			inside = row == g->row;
			any |= inside;
		}
	}
	if (any)
		g->cum = sat_add(g->cum, v);
}

static int line_first(const void *x, const void *y)
{
	const struct site_line *a = x, *b = y;
	int64_t p = sat_abs(a->cum), q = sat_abs(b->cum);

	if (p != q)
		return p < q ? 1 : -1;
	return (a->line > b->line) - (a->line < b->line);
}

static int caller_first(const void *x, const void *y)
{
	const struct site_caller *a = x, *b = y;
	int64_t p = sat_abs(a->bytes), q = sat_abs(b->bytes);

	if (p != q)
		return p < q ? 1 : -1;
	return strcmp(a->name, b->name);
}

static unsigned at_most(size_t n, unsigned *more)
{
	unsigned kept = n < SITE_LINES_MOST ? (unsigned)n : SITE_LINES_MOST;

	*more = (unsigned)n - kept;
	return kept;
}

static int take_lines(const struct gathering *g, struct site_detail *out,
		      struct err *err)
{
	const struct profile *p = g->p;
	size_t n = g->lines.n;
	struct site_line *all = calloc(n + 1, sizeof(*all));

	if (!all)
		return err_set(err, ERR_LIMIT, "no memory for %zu lines", n);
	for (size_t i = 0; i < n; i++) {
		uint32_t at = g->lines.used[i];

		all[i] = (struct site_line){.file = file_of(p, at),
					    .line = p->lines[at].line,
					    .flat = g->lines.flat[at],
					    .cum = g->lines.cum[at]};
	}
	qsort(all, n, sizeof(*all), line_first);
	out->line_count = at_most(n, &out->more_lines);
	memcpy(out->line, all, out->line_count * sizeof(*all));
	free(all);
	return 0;
}

static int take_callers(const struct gathering *g, struct site_detail *out,
			struct err *err)
{
	size_t n = g->callers.n;
	struct site_caller *all = calloc(n + 1, sizeof(*all));

	if (!all)
		return err_set(err, ERR_LIMIT, "no memory for %zu callers", n);
	for (size_t i = 0; i < n; i++)
		all[i] = (struct site_caller){
			g->p->rows[g->callers.used[i]].name,
			g->callers.cum[g->callers.used[i]]};
	qsort(all, n, sizeof(*all), caller_first);
	out->caller_count = at_most(n, &out->more_callers);
	memcpy(out->caller, all, out->caller_count * sizeof(*all));
	free(all);
	return 0;
}

static int gather(struct gathering *g, struct site_detail *out, struct err *err)
{
	const struct profile *p = g->p;
	int rc = -1;

	if (find_lines(g, err) == 0 &&
	    sums_init(&g->lines, p->n_lines, err) == 0 &&
	    sums_init(&g->callers, p->n_rows, err) == 0) {
		for (size_t i = 0; i < p->n_samples; i++) {
			int64_t v = p->values[i * p->n_types + g->type];

			if (v)
				add_stack(g, i, v);
		}
		rc = take_lines(g, out, err);
		if (rc == 0)
			rc = take_callers(g, out, err);
	}
	free(g->same);
	sums_release(&g->lines);
	sums_release(&g->callers);
	return rc;
}

int site_detail_make(const struct profile *p, unsigned type, uint64_t key,
		     struct site_detail *out, struct err *err)
{
	struct gathering g = {.p = p, .type = type};

	memset(out, 0, sizeof(*out));
	while (g.row < p->n_rows && site_key(p->rows[g.row].name) != key)
		g.row++;
	if (g.row == p->n_rows)
		return err_set(err, ERR_GONE, "this profile has no such site");
	if (gather(&g, out, err))
		return -1;
	out->flat = g.flat;
	out->cum = g.cum;
	out->error = -1;
	if (profile_has_noise(p) && !strcmp(p->type[type].name, "inuse_space"))
		out->error = profile_noise_band(g.variance);
	return 0;
}
