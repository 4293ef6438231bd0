/* fuzz_coderef.c - machine code: the first byte says of which machine. */
#include <residue/goelf/coderef.h>

#include <elf.h>

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct coderefs r = {.lo = 0x100000, .hi = 0x200000};

	if (size == 0)
		return 0;
	coderefs_add(&r, data[0] & 1 ? EM_AARCH64 : EM_X86_64, data + 1,
		     size - 1, 0x100000);
	FUZZ_CHECK(r.n <= CODEREFS);
	for (unsigned i = 0; i < r.n; i++) {
		FUZZ_CHECK(r.addr[i] >= r.lo && r.addr[i] < r.hi);
		for (unsigned k = 0; k < i; k++)
			FUZZ_CHECK(r.addr[k] != r.addr[i]);
	}
	return 0;
}
