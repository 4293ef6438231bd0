/* fields.c - the table of figures. */
#include <residue/model/fields.h>

#include <string.h>

const struct field_info field_info[FIELD_COUNT] = {
#define X(id, name, unit, origin, plotted, title, meaning)                     \
	{name, UNIT_##unit, ORIGIN_##origin, plotted, title, meaning},
	FIELDS(X)
#undef X
};

const char *const origin_name[ORIGIN_COUNT] = {
	[ORIGIN_PROC] = "proc",	      [ORIGIN_SMAPS] = "smaps",
	[ORIGIN_CGROUP] = "cgroup",   [ORIGIN_RUNTIME] = "runtime",
	[ORIGIN_PPROF] = "pprof",     [ORIGIN_BUDGET] = "budget",
	[ORIGIN_DERIVED] = "derived",
};

enum field field_by_name(const char *name)
{
	for (unsigned f = 0; f < FIELD_COUNT; f++)
		if (!strcmp(field_info[f].name, name))
			return (enum field)f;
	return FIELD_COUNT;
}
