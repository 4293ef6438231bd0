/* fuzz_debug1.c - the end of a heap?debug=1 text, and its first line. */
#include <residue/decode/debug1.h>

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pause_ring pauses;
	struct values v = {0};
	struct err err = ERR_INIT;
	struct debug1_header h;

	if (debug1_decode_header((const char *)data, size, &h, NULL) == 0)
		FUZZ_CHECK(h.inuse_bytes >= 0 && h.alloc_bytes >= 0 &&
			   h.rate >= 0);
	if (debug1_decode((const char *)data, size, &v, &pauses, &err) < 0) {
		FUZZ_CHECK(err.code != ERR_NONE && err.msg[0] && !v.known);
		return 0;
	}
	FUZZ_CHECK(v.known);
	for (unsigned i = 0; i < FIELD_COUNT; i++)
		FUZZ_CHECK(values_get(&v, (enum field)i, 0) >= 0);
	return 0;
}
