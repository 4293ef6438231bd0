/* profile.c - what can be asked of a decoded profile. */
#include <residue/model/profile.h>

#include "profile_noise.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void profile_free(struct profile *p)
{
	struct profile_block *next;

	if (!p)
		return;
	for (struct profile_block *b = p->owned; b; b = next) {
		next = b->next;
		free(b);
	}
	free(p);
}

int profile_find_type(const struct profile *p, const char *name)
{
	for (unsigned i = 0; i < p->n_types; i++)
		if (strcmp(p->type[i].name, name) == 0)
			return (int)i;
	return -1;
}

static int no_such_type(const struct profile *p, const char *name,
			struct err *err)
{
	char names[160];
	size_t used = 0;

	for (unsigned i = 0; i < p->n_types && used < sizeof(names); i++)
		used += (size_t)snprintf(names + used, sizeof(names) - used,
					 "%s%s", i ? ", " : "",
					 p->type[i].name);
	return err_set(err, ERR_USAGE, "no sample type \"%.40s\"; there is %s",
		       name, names);
}

int profile_type_index(const struct profile *p, const char *name,
		       struct err *err)
{
	const char *bare = name;
	char *end;
	long number;

	if (!name || !*name)
		return (int)p->default_type;
	number = strtol(name, &end, 10);
	if (!*end) {
		if (number < 0 || number >= (long)p->n_types)
			return no_such_type(p, name, err);
		return (int)number;
	}
	if (strncmp(name, "inuse_", 6) == 0)
		bare = name + 6;
	for (unsigned i = 0; i < p->n_types; i++)
		if (strcmp(p->type[i].name, name) == 0 ||
		    strcmp(p->type[i].name, bare) == 0)
			return (int)i;
	return no_such_type(p, name, err);
}

int64_t profile_total(const struct profile *p, const char *type)
{
	int i = profile_find_type(p, type);

	return i < 0 ? 0 : p->type[i].total;
}

bool profile_has_noise(const struct profile *p)
{
	return p->period > 0 && profile_find_type(p, "inuse_objects") >= 0 &&
	       profile_find_type(p, "inuse_space") >= 0;
}

double profile_noise(const struct profile *p, size_t i)
{
	int objects = profile_find_type(p, "inuse_objects");
	int space = profile_find_type(p, "inuse_space");
	const int64_t *v = &p->values[i * p->n_types];
	double n, size, missed;

	if (p->period <= 1) /* at 1 every object is in the profile */
		return 0;
	if (objects < 0 || space < 0 || v[objects] <= 0 || v[space] <= 0)
		return 0;
	n = (double)v[objects];
	size = (double)v[space] / n;
	missed = exp(-size / (double)p->period);
	return size * size * n * missed / -expm1(-size / (double)p->period);
}

int64_t profile_noise_band(double variance)
{
	double band = 1.96 * sqrt(variance);

	return band < 0x1p62 ? (int64_t)llround(band) : INT64_MAX;
}

int64_t profile_error_bytes(const struct profile *p)
{
	double variance = 0;

	if (!profile_has_noise(p))
		return -1;
	for (size_t i = 0; i < p->n_samples; i++)
		variance += profile_noise(p, i);
	/* Where nothing was sampled at all: a heap is missed whole with a
	 * chance of exp(-size / rate), 5% at three times the rate. */
	if (variance == 0 && p->period > 1)
		return (int64_t)llround(-log(0.05) * (double)p->period);
	return profile_noise_band(variance);
}
