/*
 * resolve.c - follow every reference of a profile, or refuse it.
 *
 * protobuf-c does not know which numbers are references. What is refused is
 * what `go tool pprof` refuses (github.com/google/pprof/profile: postDecode,
 * CheckValid): a string, location or function that is not there, no strings,
 * no sample types, the wrong number of values. A mapping may be missing.
 */
#include "build.h"

#include "names.h"

#include <string.h>

static bool is_double(const struct profile *p, unsigned type)
{
	for (unsigned i = 0; i < p->n_types; i++)
		if (i != type && !strcmp(p->type[i].name, p->type[type].name))
			return true;
	return false;
}

/* pprof passes over the types of a name that is there more than once, and
 * takes the first of the others as the default (profile/merge.go:
 * commonSampleTypes, compatibilizeSampleTypes). */
static int drop_doubles(struct build *b, const char *dflt, struct err *err)
{
	struct profile *p = b->profile;
	unsigned from[PROFILE_TYPES_MAX], n = 0, old = p->n_types;
	int64_t *v = b->values.data;

	for (unsigned i = 0; i < old; i++)
		if (!is_double(p, i))
			from[n++] = i;
	if (n == old)
		return 0;
	if (n == 0)
		return err_set(err, ERR_FORMAT,
			       "every sample type is there more than once");
	p->default_type = 0;
	for (unsigned i = 0; i < n; i++) {
		p->type[i] = p->type[from[i]];
		if (!strcmp(p->type[i].name, dflt))
			p->default_type = i;
	}
	/* A default without a name is as good as none. */
	if (!*p->type[p->default_type].name)
		p->default_type = n - 1;
	for (size_t s = 0; s < b->samples.n; s++)
		for (unsigned i = 0; i < n; i++)
			v[s * n + i] = v[s * old + from[i]];
	p->n_types = n;
	b->n_values = n;
	b->values.n = b->samples.n * n;
	return 0;
}

static int resolve_types(struct build *b, struct err *err)
{
	struct profile *p = b->profile;
	const char *dflt;

	if (p->n_types == 0)
		return err_set(err, ERR_FORMAT, "no sample types");
	if (b->samples.n > 0 && b->n_values != p->n_types)
		return err_set(err, ERR_FORMAT,
			       "samples have %zu values for %u sample types",
			       b->n_values, p->n_types);
	dflt = build_string(b, b->default_type_s, "default sample type", err);
	if (!dflt)
		return -1;
	p->default_type = p->n_types - 1;
	for (unsigned i = p->n_types; i-- > 0;) {
		struct profile_type *t = &p->type[i];

		t->name =
			build_string(b, b->type[i].name_s, "sample type", err);
		t->unit =
			build_string(b, b->type[i].unit_s, "sample type", err);
		if (!t->name || !t->unit)
			return -1;
		if (*dflt && strcmp(t->name, dflt) == 0)
			p->default_type = i;
	}
	return drop_doubles(b, dflt, err);
}

/* Strings that belong to the profile as a whole. */
static int resolve_header(struct build *b, struct err *err)
{
	struct profile *p = b->profile;
	const char **comments = b->comments.data;

	p->period_type =
		build_string(b, b->period_type.name_s, "period type", err);
	p->period_unit =
		build_string(b, b->period_type.unit_s, "period type", err);
	if (!p->period_type || !p->period_unit ||
	    !build_string(b, b->drop_s, "drop_frames", err) ||
	    !build_string(b, b->keep_s, "keep_frames", err) ||
	    !build_string(b, b->doc_url_s, "document URL", err))
		return -1;
	/* An index and a pointer are both 8 bytes: changed in place. */
	_Static_assert(sizeof(*comments) == sizeof(int64_t), "64 bits");
	for (size_t i = 0; i < b->comments.n; i++) {
		int64_t index = *VEC_AT(&b->comments, int64_t, i);
		const char *s = build_string(b, index, "comment", err);

		if (!s)
			return -1;
		memcpy(&comments[i], &s, sizeof(s));
	}
	return 0;
}

/* Mappings get the numbers of their order. */
static int number_mappings(struct build *b, struct idmap *ids, struct err *err)
{
	for (size_t i = 0; i < b->mappings.n; i++) {
		const struct build_mapping *m =
			VEC_AT(&b->mappings, struct build_mapping, i);
		uint32_t number;

		if (!build_string(b, m->file_s, "mapping", err) ||
		    !build_string(b, m->build_id_s, "mapping", err))
			return -1;
		if (idmap_number(ids, &b->pool, m->id, &number, err) < 0)
			return -1;
		if (number != i)
			return err_set(err, ERR_FORMAT,
				       "mapping %llu is there more than once",
				       (unsigned long long)m->id);
	}
	return 0;
}

/* What an URL begins with: "http:". */
static bool has_scheme(const char *s)
{
	size_t n = strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvw"
			     "xyz0123456789+-.");

	return n > 0 && s[n] == ':' && !strchr("0123456789+-.", s[0]);
}

/* pprof takes the URL that a profile came from off its mappings (internal/
 * driver/fetch.go: unsourceMappings). */
static const char *file_of(struct build *b, const struct build_mapping *m,
			   struct err *err)
{
	const char *file = build_string(b, m->file_s, "mapping", err);

	return file && m->build_id_s == 0 && has_scheme(file) ? "" : file;
}

static const char *mapping_file(struct build *b, struct idmap *ids, uint64_t id,
				struct err *err)
{
	uint32_t number;

	if (id == 0)
		return "";
	if (idmap_number(ids, &b->pool, id, &number, err) < 0)
		return NULL;
	if (number >= b->mappings.n)
		return "";
	return file_of(b, VEC_AT(&b->mappings, struct build_mapping, number),
		       err);
}

static int resolve_functions(struct build *b, struct vec *out, struct err *err)
{
	struct profile_function *fn;

	if (b->functions.n == 0)
		return 0;
	fn = vec_extend(out, &b->pool, b->functions.n, err);
	if (!fn)
		return -1;
	for (size_t i = 0; i < b->functions.n; i++, fn++) {
		const struct build_function *f =
			VEC_AT(&b->functions, struct build_function, i);
		const char *name, *system_name;

		if (!f->defined)
			return err_set(err, ERR_FORMAT,
				       "a line names function %llu, "
				       "which is not there",
				       (unsigned long long)f->id);
		name = build_string(b, f->name_s, "function", err);
		system_name =
			build_string(b, f->system_name_s, "function", err);
		fn->file = build_string(b, f->file_s, "function", err);
		if (!name || !system_name || !fn->file)
			return -1;
		fn->name = *name ? name : system_name;
		fn->start_line = f->start_line;
		fn->pprof_name = pprof_name(&b->pool, name, system_name, err);
		if (!fn->pprof_name)
			return -1;
	}
	return 0;
}

/* Copy the lines of a location, at least one, to the end of `lines`. */
static int resolve_lines(struct build *b, const struct build_location *l,
			 struct vec *lines, struct profile_location *out,
			 struct err *err)
{
	struct profile_line *to;

	out->first_line = (uint32_t)lines->n;
	out->n_lines = l->n_lines ? l->n_lines : 1;
	to = vec_extend(lines, &b->pool, out->n_lines, err);
	if (!to)
		return -1;
	if (l->n_lines == 0)
		*to = (struct profile_line){.function = PROFILE_NONE};
	for (uint32_t i = 0; i < l->n_lines; i++) {
		const struct build_line *from =
			VEC_AT(&b->lines, struct build_line, l->first_line + i);

		to[i] = (struct profile_line){.function = from->function,
					      .line = from->line};
	}
	return 0;
}

static int resolve_locations(struct build *b, struct idmap *mappings,
			     struct vec *out, struct vec *lines,
			     struct err *err)
{
	struct profile_location *to;

	if (b->locations.n == 0)
		return 0;
	to = vec_extend(out, &b->pool, b->locations.n, err);
	if (!to)
		return -1;
	for (size_t i = 0; i < b->locations.n; i++, to++) {
		const struct build_location *l =
			VEC_AT(&b->locations, struct build_location, i);

		if (!l->defined)
			return err_set(err, ERR_FORMAT,
				       "a sample names location %llu, "
				       "which is not there",
				       (unsigned long long)l->id);
		to->binary = mapping_file(b, mappings, l->mapping_id, err);
		if (!to->binary || resolve_lines(b, l, lines, to, err) < 0)
			return -1;
	}
	return 0;
}

/* Total of a diff base: pprof::base is what its -diff_base option sets. */
static void note_base(struct build *b, size_t sample)
{
	struct profile *p = b->profile;

	for (unsigned t = 0; t < p->n_types; t++) {
		int64_t v =
			*VEC_AT(&b->values, int64_t, sample * p->n_types + t);

		if (v == INT64_MIN ||
		    __builtin_add_overflow(p->base_total[t], v < 0 ? -v : v,
					   &p->base_total[t])) {
			p->base_total[t] = INT64_MAX;
			p->saturated = true;
		}
	}
}

static int resolve_label(struct build *b, union build_label *l, struct err *err)
{
	struct profile_label done = {.num = l->raw.num, .str = "", .unit = ""};

	done.key = build_string(b, l->raw.key_s, "label", err);
	if (!done.key)
		return -1;
	if (l->raw.str_s != 0) {
		done.str = build_string(b, l->raw.str_s, "label", err);
		if (!done.str)
			return -1;
	} else if (l->raw.unit_s != 0) {
		done.unit = build_string(b, l->raw.unit_s, "label", err);
		if (!done.unit)
			return -1;
	}
	l->done = done;
	return 0;
}

static int resolve_labels(struct build *b, struct err *err)
{
	for (size_t i = 0; i < b->samples.n; i++) {
		const struct profile_sample *s =
			VEC_AT(&b->samples, struct profile_sample, i);
		bool base = false;

		for (uint32_t j = 0; j < s->n_labels; j++) {
			union build_label *l =
				VEC_AT(&b->labels, union build_label,
				       s->first_label + j);

			if (resolve_label(b, l, err) < 0)
				return -1;
			base |= strcmp(l->done.key, "pprof::base") == 0 &&
				strcmp(l->done.str, "true") == 0;
		}
		if (base)
			note_base(b, i);
	}
	return 0;
}

static void give_arrays(struct build *b, struct vec *functions,
			struct vec *locations, struct vec *lines)
{
	struct profile *p = b->profile;
	struct pool *pool = &b->pool;
	struct profile_block **to = &p->owned;
	size_t n_values;

	p->functions = vec_give(functions, pool, to, &p->n_functions);
	p->locations = vec_give(locations, pool, to, &p->n_locations);
	p->lines = vec_give(lines, pool, to, &p->n_lines);
	p->samples = vec_give(&b->samples, pool, to, &p->n_samples);
	p->stack = vec_give(&b->stack, pool, to, &p->n_stack);
	p->labels = vec_give(&b->labels, pool, to, &p->n_labels);
	p->values = vec_give(&b->values, pool, to, &n_values);
	p->comments = vec_give(&b->comments, pool, to, &p->n_comments);
}

/* What was read is let go as soon as what it becomes is there: a large profile
 * would be in memory twice. */
static int resolve_places(struct build *b, struct idmap *mappings,
			  struct vec *functions, struct vec *locations,
			  struct vec *lines, struct err *err)
{
	struct pool *pool = &b->pool;

	idmap_free(&b->location_ids, pool);
	idmap_free(&b->function_ids, pool);
	if (number_mappings(b, mappings, err) < 0 ||
	    resolve_functions(b, functions, err) < 0)
		return -1;
	vec_free(&b->functions, pool);
	if (resolve_locations(b, mappings, locations, lines, err) < 0)
		return -1;
	vec_free(&b->locations, pool);
	vec_free(&b->lines, pool);
	b->profile->binary = "";
	b->profile->build_id = "";
	if (b->mappings.n > 0) {
		const struct build_mapping *m = b->mappings.data;

		b->profile->binary = file_of(b, m, err);
		b->profile->build_id =
			build_string(b, m->build_id_s, "mapping", err);
	}
	return 0;
}

int build_resolve(struct build *b, struct err *err)
{
	struct vec functions = VEC_INIT(struct profile_function);
	struct vec locations = VEC_INIT(struct profile_location);
	struct vec lines = VEC_INIT(struct profile_line);
	struct idmap mappings;
	int rc = -1;

	if (b->strings.n == 0)
		return err_set(err, ERR_FORMAT,
			       "not a profile: it has no strings");
	idmap_init(&mappings);
	if (resolve_types(b, err) == 0 && resolve_header(b, err) == 0 &&
	    resolve_labels(b, err) == 0 &&
	    resolve_places(b, &mappings, &functions, &locations, &lines, err) ==
		    0) {
		give_arrays(b, &functions, &locations, &lines);
		rc = 0;
	}
	idmap_free(&mappings, &b->pool);
	vec_free(&functions, &b->pool);
	vec_free(&locations, &b->pool);
	vec_free(&lines, &b->pool);
	return rc;
}
