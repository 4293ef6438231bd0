/* fuzz_goexe.c - any file at all: is it a Go program? */
#include <residue/goelf/exe.h>
#include <residue/goelf/symtab.h>

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct symtab_want want[] = {{"runtime.memstats", 0}};
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	struct err err = ERR_INIT;
	struct elf_image e;
	struct goexe g;

	if (fd < 0 || write(fd, data, size) != (ssize_t)size) {
		close(fd);
		return 0;
	}
	if (goexe_identify(fd, &g, &err) == 0) {
		FUZZ_CHECK(strlen(g.version) < GOEXE_VERSION);
		FUZZ_CHECK(strlen(g.module) < GOEXE_MODULE);
		FUZZ_CHECK(g.is_go || (!g.version[0] && !g.module[0]));
	} else
		FUZZ_CHECK(err.code != ERR_NONE && err.msg[0]);
	if (elf_open(&e, fd, NULL) == 0) {
		symtab_find(&e, want, 1);
		elf_close(&e);
	}
	close(fd);
	return 0;
}
