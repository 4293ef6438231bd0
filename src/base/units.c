/* units.c - sizes, durations and counts as people read them. */
#include <residue/base/units.h>

#include <stdio.h>

/* Three significant digits: 6.31, 41.2, 412, 1023. */
static void digits(char *out, double v)
{
	double mag = v < 0 ? -v : v;
	int places = mag < 9.995 ? 2 : mag < 99.95 ? 1 : 0;

	snprintf(out, UNITS_MAX, "%.*f", places, v);
}

static int scale(double *v, double base, int most)
{
	int n = 0;

	/* 1023.5 would print as 1024: go on to the next unit. */
	while ((*v >= base - 0.5 || *v <= 0.5 - base) && n < most) {
		*v /= base;
		n++;
	}
	return n;
}

char *units_bytes(char out[UNITS_MAX], int64_t bytes)
{
	static const char *const name[] = {"B",	  "KiB", "MiB", "GiB",
					   "TiB", "PiB", "EiB"};
	char num[UNITS_MAX];
	double v = (double)bytes;
	int n = scale(&v, 1024, 6);

	if (n == 0)
		snprintf(num, sizeof(num), "%d", (int)bytes);
	else
		digits(num, v);
	snprintf(out, UNITS_MAX, "%.18s %s", num, name[n]);
	return out;
}

char *units_bytes_short(char out[UNITS_MAX], int64_t bytes)
{
	char num[UNITS_MAX];
	double v = (double)bytes;
	int n = scale(&v, 1024, 6);

	if (n == 0)
		snprintf(num, sizeof(num), "%d", (int)bytes);
	else
		digits(num, v);
	snprintf(out, UNITS_MAX, "%.20s%c", num, "BKMGTPE"[n]);
	return out;
}

char *units_duration(char out[UNITS_MAX], int64_t ns)
{
	double v = (double)ns, mag = v < 0 ? -v : v;
	char num[UNITS_MAX];

	if (mag < 1e5)
		snprintf(out, UNITS_MAX, "%.0f us", v / 1e3);
	else if (mag < 1e9) {
		digits(num, v / 1e6);
		snprintf(out, UNITS_MAX, "%.18s ms", num);
	} else if (mag < 10e9)
		snprintf(out, UNITS_MAX, "%.1f s", v / 1e9);
	else if (mag < 120e9)
		snprintf(out, UNITS_MAX, "%.0f s", v / 1e9);
	else if (mag < 7200e9)
		snprintf(out, UNITS_MAX, "%.0f min", v / 60e9);
	else if (mag < 172800e9)
		snprintf(out, UNITS_MAX, "%.0f h", v / 3600e9);
	else
		snprintf(out, UNITS_MAX, "%.0f d", v / 86400e9);
	return out;
}

char *units_count(char out[UNITS_MAX], int64_t n)
{
	char num[UNITS_MAX];
	double v = (double)n;
	int step = scale(&v, 1000, 6);

	if (step == 0) {
		snprintf(out, UNITS_MAX, "%d", (int)n);
		return out;
	}
	digits(num, v);
	snprintf(out, UNITS_MAX, "%.20s%c", num, " kMGTPE"[step]);
	return out;
}
