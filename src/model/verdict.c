/* verdict.c - the table of verdicts. */
#include <residue/model/verdict.h>

const struct verdict_info verdict_info[VERDICT_COUNT] = {
#define X(id, name, title) {name, title},
	VERDICTS(X)
#undef X
};
