/* fuzz_expvar.c - a /debug/vars body. */
#include <residue/decode/expvar.h>

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pause_ring pauses;
	struct values v = {0};
	struct err err = ERR_INIT;

	if (expvar_decode((const char *)data, size, &v, &pauses, &err) < 0) {
		FUZZ_CHECK(err.code != ERR_NONE && err.msg[0] && !v.known);
		return 0;
	}
	FUZZ_CHECK(v.known);
	for (unsigned i = 0; i < FIELD_COUNT; i++)
		FUZZ_CHECK(values_get(&v, (enum field)i, 0) >= 0);
	return 0;
}
