/*
 * elf_cut.c - elf-cut FILE...: each executable is cut off at every byte of its
 * headers and of the beginnings of its tables, and at many places between, and
 * all that reads executables is let loose on what is left. Prints how many cuts
 * there were of each; 1 when anything was wrong. Meant to run under sanitizers.
 */
#include <residue/goelf/exe.h>
#include <residue/goelf/pclntab.h>
#include <residue/goelf/symtab.h>

#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#define CUTS_MAX 65536
#define WHOLE	 768 /* bytes of a table's beginning that are cut one by one */
#define BETWEEN	 96  /* cuts in the rest of it */

static uint64_t cuts[CUTS_MAX];
static size_t ncuts;

static void cut_range(uint64_t off, uint64_t size, uint64_t file)
{
	uint64_t step = size > WHOLE ? (size - WHOLE) / BETWEEN + 1 : 1;

	if (off >= file)
		return;
	if (size > file - off)
		size = file - off;
	for (uint64_t at = 0; at <= size && ncuts < CUTS_MAX;
	     at += at < WHOLE ? 1 : step)
		cuts[ncuts++] = off + at;
	if (ncuts < CUTS_MAX)
		cuts[ncuts++] = off + size;
}

/* Where an intact file has what we read. */
static void find_cuts(const struct elf_image *e)
{
	static const char *const tables[] = {
		".symtab",	 ".strtab",	    ".gopclntab",
		".data.rel.ro",	 ".go.buildinfo",   ".note.go.buildid",
		".data.rel.ro.gopclntab", ".shstrtab", ".go.module"};
	Elf64_Ehdr h;

	ncuts = 0;
	if (elf_pread(e, 0, &h, sizeof(h), NULL))
		return;
	cut_range(0, sizeof(h), e->size);
	cut_range(h.e_phoff, (uint64_t)h.e_phnum * h.e_phentsize, e->size);
	/* Every byte of the section headers, too. */
	for (unsigned i = 0; i < h.e_shnum; i++)
		cut_range(h.e_shoff + (uint64_t)i * h.e_shentsize,
			  h.e_shentsize, e->size);
	for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++) {
		const struct elf_section *s = elf_section(e, tables[i]);

		if (s)
			cut_range(s->off, s->size, e->size);
	}
	for (unsigned i = 0; i < e->nseg; i++)
		cut_range(e->seg[i].off, e->seg[i].filesz, e->size);
}

static int falling(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x < y) - (x > y);
}

static void read_code(const struct elf_image *e)
{
	struct pclntab_want want[] = {{.name = "runtime.mallocinit"},
				      {.name = "runtime.gcinit"}};
	struct pclntab *t = pclntab_open(e, NULL);
	struct pclntab_frame frame;

	if (!t)
		return;
	pclntab_find(t, want, 2);
	for (uint32_t pc = want[0].lo; pc < 0x40000; pc += 0x1fff)
		if (pclntab_lookup(t, pc, 0x500000, &frame, NULL) == 0 &&
		    strlen(frame.function) >= PCLNTAB_NAME)
			abort();
	pclntab_close(t);
}

/* True when all is well: a verdict, or an error in words. */
static bool read_all(int fd, bool *is_go)
{
	struct symtab_want want[] = {{"runtime.memstats", 0}};
	struct err err = ERR_INIT;
	struct goexe g = {.is_go = false};
	struct elf_image e;

	if (goexe_identify(fd, &g, &err) && !err.msg[0])
		return false;
	*is_go = g.is_go;
	if (elf_open(&e, fd, NULL))
		return true;
	symtab_find(&e, want, 1);
	read_code(&e);
	elf_close(&e);
	return strlen(g.version) < GOEXE_VERSION &&
	       strlen(g.module) < GOEXE_MODULE;
}

static int copy_of(const char *path)
{
	int from = open(path, O_RDONLY | O_CLOEXEC);
	int to = memfd_create("elf-cut", MFD_CLOEXEC);
	struct stat st;
	off_t done = 0;

	if (from < 0 || to < 0 || fstat(from, &st))
		return -1;
	while (done < st.st_size)
		if (sendfile(to, from, &done, (size_t)(st.st_size - done)) <= 0)
			return -1;
	close(from);
	return to;
}

static bool cut_file(const char *path)
{
	int fd = copy_of(path);
	struct elf_image e;
	bool is_go, still;

	if (fd < 0 || elf_open(&e, fd, NULL)) {
		printf("%s: cannot be read\n", path);
		return false;
	}
	find_cuts(&e);
	elf_close(&e);
	qsort(cuts, ncuts, sizeof(*cuts), falling);
	if (!read_all(fd, &is_go))
		return false;
	for (size_t i = 0; i < ncuts; i++) {
		if (i && cuts[i] == cuts[i - 1])
			continue;
		if (ftruncate(fd, (off_t)cuts[i]) || !read_all(fd, &still)) {
			printf("%s: cut at %llu\n", path,
			       (unsigned long long)cuts[i]);
			return false;
		}
	}
	close(fd);
	printf("%s: %zu cuts, %s\n", path, ncuts, is_go ? "Go" : "not Go");
	return true;
}

int main(int argc, char **argv)
{
	bool good = argc > 1;

	for (int i = 1; i < argc; i++)
		good &= cut_file(argv[i]);
	return good ? 0 : 1;
}
