/* top_text.c - the text of `go tool pprof -top`, byte for byte. */
#include <residue/model/top.h>

#include <residue/base/sat.h>
#include <residue/model/measure.h>

#include <string.h>

/* The unit of the columns (report.go: selectOutputUnit): that of the smallest
 * value, or of 100 times it where the total has a larger one. */
static const char *choose_unit(const struct top *t)
{
	const char *from = t->type.unit, *unit;
	int64_t least = 0;

	if (t->n_rows == 0)
		return "minimum";
	for (size_t i = 0; i < t->n_rows; i++) {
		const struct top_row *r = &t->rows[i];
		int64_t v = sat_abs(r->flat ? r->flat : r->cum);

		if (v > 0 && (least == 0 || v < least))
			least = v;
	}
	if (least == 0)
		least = t->total;
	unit = measure_unit(least, from);
	if (strcmp(unit, measure_unit(t->total, from)) != 0 &&
	    least < t->total / 100 + (t->total % 100 != 0))
		unit = measure_unit(100 * least, from);
	return *unit ? unit : from;
}

static int header(const struct top *t, const char *unit, struct buf *out,
		  struct err *err)
{
	char value[MEASURE_MAX], total[MEASURE_MAX], percent[MEASURE_MAX];
	const char *from = t->type.unit;

	measure_percent(percent, t->shown, t->total);
	if (buf_printf(out, err,
		       "Showing nodes accounting for %s, %s of %s total\n",
		       measure_label(value, t->shown, from, unit),
		       percent + strspn(percent, " "),
		       measure_label(total, t->total, from, unit)) < 0)
		return -1;
	if (t->total == 0)
		return 0;
	if (t->n_dropped > 0 &&
	    buf_printf(out, err, "Dropped %zu node%s (cum <= %s)\n",
		       t->n_dropped, t->n_dropped > 1 ? "s" : "",
		       measure_label(value, (int64_t)((double)t->total * 0.005),
				     from, unit)) < 0)
		return -1;
	if (t->n_rows > 0 && t->n_rows < t->n_kept)
		return buf_printf(out, err,
				  "Showing top %zu nodes out of %zu\n",
				  t->n_rows, t->n_kept);
	return 0;
}

/* printf counts bytes, Go's fmt characters: "µs" is two of them. */
static int padding(const char *text)
{
	int bytes = (int)strlen(text), chars = 0;

	for (const char *p = text; *p; p++)
		chars += (*p & 0xc0) != 0x80;
	return 10 + bytes - chars;
}

static int row(const struct top *t, const struct top_row *r, int64_t sum,
	       const char *unit, struct buf *out, struct err *err)
{
	static const char *const marks[] = {
		[TOP_NOT_INLINED] = "",
		[TOP_INLINED] = " (inline)",
		[TOP_PARTLY_INLINED] = " (partial-inline)",
	};
	char flat[MEASURE_MAX], flat_percent[MEASURE_MAX];
	char cum[MEASURE_MAX], cum_percent[MEASURE_MAX];
	char sum_percent[MEASURE_MAX];

	measure_label(flat, r->flat, t->type.unit, unit);
	measure_label(cum, r->cum, t->type.unit, unit);
	return buf_printf(
		out, err, "%*s %s %s %*s %s  %s%s\n", padding(flat), flat,
		measure_percent(flat_percent, r->flat, t->total),
		measure_percent(sum_percent, sum, t->total), padding(cum), cum,
		measure_percent(cum_percent, r->cum, t->total), r->name,
		marks[r->inlined]);
}

/* A name may have 4 MiB (decode/stream.h, a field made visible). */
#define PIECE	  ((size_t)64 << 10)
#define PIECE_MAX ((size_t)8 << 20)

static int give(struct buf *piece, size_t least, top_text_sink *sink, void *ctx,
		struct err *err)
{
	int rc = 0;

	if (piece->len > least)
		rc = sink(ctx, piece->data, piece->len, err);
	if (piece->len > least)
		buf_clear(piece);
	return rc;
}

static int pieces(const struct top *t, struct buf *piece, top_text_sink *sink,
		  void *ctx, struct err *err)
{
	const char *unit = choose_unit(t);
	int64_t sum = 0;

	if (header(t, unit, piece, err) < 0 ||
	    buf_printf(piece, err, "%10s %5s%% %5s%% %10s %5s%%\n", "flat",
		       "flat", "sum", "cum", "cum") < 0)
		return -1;
	for (size_t i = 0; i < t->n_rows; i++) {
		sum = sat_add(sum, t->rows[i].flat);
		if (row(t, &t->rows[i], sum, unit, piece, err) < 0 ||
		    give(piece, PIECE, sink, ctx, err) < 0)
			return -1;
	}
	return give(piece, 0, sink, ctx, err);
}

int top_text_each(const struct top *t, top_text_sink *sink, void *ctx,
		  struct err *err)
{
	struct buf piece;
	int rc;

	buf_init(&piece, PIECE_MAX);
	rc = pieces(t, &piece, sink, ctx, err);
	buf_release(&piece);
	return rc;
}

static int append(void *ctx, const char *text, size_t n, struct err *err)
{
	return buf_append(ctx, text, n, err);
}

int top_text(const struct top *t, struct buf *out, struct err *err)
{
	return top_text_each(t, append, out, err);
}
