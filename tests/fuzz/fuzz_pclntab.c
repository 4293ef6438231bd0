/* fuzz_pclntab.c - a function table, inside a well-formed file. */
#include <residue/goelf/pclntab.h>

#include "../unit/goelf_fixture.h"

#include <string.h>
#include <unistd.h>

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pclntab_want want[] = {{.name = "runtime.mallocinit"}};
	int fd = fixture_program(data, size, 1, 0);
	struct pclntab_frame f;
	struct elf_image e;
	struct pclntab *t = NULL;

	FUZZ_CHECK(elf_open(&e, fd, NULL) == 0);
	t = pclntab_open(&e, NULL);
	if (t) {
		if (pclntab_find(t, want, 1))
			FUZZ_CHECK(want[0].lo < want[0].hi);
		for (uint32_t pc = 0; pc < FIXTURE_TEXT_LEN; pc += 13)
			if (pclntab_lookup(t, pc, FIXTURE_GOFUNC, &f, NULL) ==
			    0) {
				FUZZ_CHECK(strlen(f.function) < PCLNTAB_NAME);
				FUZZ_CHECK(f.entry <= pc);
			}
	}
	pclntab_close(t);
	elf_close(&e);
	close(fd);
	return 0;
}
