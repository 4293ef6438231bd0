/* measure.c - pprof's units and percentages. */
#include <residue/model/measure.h>

#include <ctype.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

struct scale {
	const char *name;
	const char *aliases[4]; /* lower case, without a plural s */
	double factor;		/* in units of the family's smallest */
};

struct family {
	const struct scale *scales;
	size_t n;
	struct scale fallback; /* where none suits */
};

static const struct scale bytes[] = {
	{"B", {"b", "byte"}, 1},
	{"kB", {"kb", "kbyte", "kilobyte"}, 0x1p10},
	{"MB", {"mb", "mbyte", "megabyte"}, 0x1p20},
	{"GB", {"gb", "gbyte", "gigabyte"}, 0x1p30},
	{"TB", {"tb", "tbyte", "terabyte"}, 0x1p40},
	{"PB", {"pb", "pbyte", "petabyte"}, 0x1p50},
};

static const struct scale times[] = {
	{"ns", {"ns", "nanosecond"}, 1},
	{"us", {"\u03bcs", "us", "microsecond"}, 1e3},
	{"ms", {"ms", "millisecond"}, 1e6},
	{"s", {"s", "sec", "second"}, 1e9},
	{"hrs", {"hour", "hr"}, 3600e9},
};

static const struct scale gcus[] = {
	{"n*GCU", {"nanogcu"}, 1e-9},  {"u*GCU", {"microgcu"}, 1e-6},
	{"m*GCU", {"milligcu"}, 1e-3}, {"GCU", {"gcu"}, 1},
	{"k*GCU", {"kilogcu"}, 1e3},   {"M*GCU", {"megagcu"}, 1e6},
	{"G*GCU", {"gigagcu"}, 1e9},   {"T*GCU", {"teragcu"}, 1e12},
	{"P*GCU", {"petagcu"}, 1e15},
};

#define FAMILY(a, ...)                                                         \
	{                                                                      \
		a, sizeof(a) / sizeof(*(a)), __VA_ARGS__                       \
	}
static const struct family families[] = {
	FAMILY(bytes, {"B", {NULL}, 1}),
	FAMILY(times, {"s", {NULL}, 1e9}),
	FAMILY(gcus, {"GCU", {NULL}, 1}),
};

/* measurement.go: sniffUnit */
static const struct scale *find_scale(const struct family *f, const char *unit)
{
	char name[16];
	size_t n = strlen(unit);

	if (n >= sizeof(name))
		return NULL;
	for (size_t i = 0; i <= n; i++)
		name[i] = (char)tolower((unsigned char)unit[i]);
	if (n > 2 && name[n - 1] == 's')
		name[n - 1] = '\0';
	for (size_t i = 0; i < f->n; i++)
		for (size_t j = 0; j < 4 && f->scales[i].aliases[j]; j++)
			if (strcmp(f->scales[i].aliases[j], name) == 0)
				return &f->scales[i];
	return NULL;
}

/* measurement.go: autoScale; the scales rise. */
static const struct scale *suitable(const struct family *f, double value)
{
	const struct scale *best = &f->fallback;

	for (size_t i = 0; i < f->n; i++)
		if (value / f->scales[i].factor >= 1.0)
			best = &f->scales[i];
	return best;
}

static bool chooses(const char *unit)
{
	return strcmp(unit, "minimum") == 0 || strcmp(unit, "auto") == 0;
}

/* measurement.go: Scale, of a value that is not negative. */
static double scale(double value, const char *from, const char *to,
		    const char **unit)
{
	static const char *const silent[] = {"count", "sample", "unit",
					     "minimum", "auto"};

	for (size_t i = 0; i < sizeof(families) / sizeof(*families); i++) {
		const struct family *f = &families[i];
		const struct scale *s = find_scale(f, from), *t;

		if (!s)
			continue;
		value *= s->factor;
		t = chooses(to) ? suitable(f, value) : find_scale(f, to);
		if (!t)
			t = &f->fallback;
		*unit = t->name;
		return value / t->factor;
	}
	*unit = to;
	for (size_t i = 0; i < sizeof(silent) / sizeof(*silent); i++)
		if (strcmp(silent[i], to) == 0)
			*unit = "";
	return value;
}

const char *measure_unit(int64_t value, const char *from)
{
	const char *unit;

	scale(fabs((double)value), from, "minimum", &unit);
	return unit;
}

char *measure_label(char out[MEASURE_MAX], int64_t value, const char *from,
		    const char *to)
{
	const char *unit;
	double v = scale(fabs((double)value), from, to, &unit);
	size_t n;

	n = (size_t)snprintf(out, MEASURE_MAX, "%.2f", value < 0 ? -v : v);
	if (n > 3 && strcmp(out + n - 3, ".00") == 0)
		out[n -= 3] = '\0';
	if (strcmp(out, "0") == 0 || strcmp(out, "-0") == 0)
		return strcpy(out, "0");
	snprintf(out + n, MEASURE_MAX - n, "%s", unit);
	return out;
}

char *measure_percent(char out[MEASURE_MAX], int64_t value, int64_t total)
{
	double ratio = 0;

	if (total != 0)
		ratio = fabs((double)value / (double)total) * 100;
	if (ratio >= 99.95 && ratio <= 100.05)
		return strcpy(out, "  100%");
	snprintf(out, MEASURE_MAX, ratio >= 1.0 ? "%5.2f%%" : "%5.2g%%", ratio);
	return out;
}
