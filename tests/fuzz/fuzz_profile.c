/* fuzz_profile.c - a heap profile as it is once inflated. */
#include "fuzz.h"
#include "use_profile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	use_profile(data, size);
	return 0;
}
