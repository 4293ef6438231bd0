/* elf.c - headers, sections and segments of an ELF file, with bounds. */
#include <residue/goelf/elf.h>
#include <residue/base/mem.h>

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAMES_MAX 16384 /* bytes of section names that are looked at */

int elf_pread(const struct elf_image *e, uint64_t off, void *buf, size_t n,
	      struct err *err)
{
	char *to = buf;

	if (off > e->size || n > e->size - off)
		return err_set(err, ERR_FORMAT,
			       "the executable ends before byte %llu",
			       (unsigned long long)off + n);
	while (n > 0) {
		ssize_t k = pread(e->fd, to, n, (off_t)off);

		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			return err_sys(err, errno,
				       "cannot read the executable");
		if (k == 0)
			return err_set(err, ERR_FORMAT,
				       "the executable was cut short");
		to += k;
		off += (uint64_t)k;
		n -= (size_t)k;
	}
	return 0;
}

int elf_read_at(const struct elf_image *e, uint64_t addr, void *buf, size_t n,
		struct err *err)
{
	for (unsigned i = 0; i < e->nseg; i++) {
		const struct elf_segment *s = &e->seg[i];

		if (addr < s->vaddr || addr - s->vaddr > s->filesz ||
		    n > s->filesz - (addr - s->vaddr))
			continue;
		if (s->off > UINT64_MAX - (addr - s->vaddr))
			break;
		return elf_pread(e, s->off + (addr - s->vaddr), buf, n, err);
	}
	return err_set(err, ERR_FORMAT,
		       "address %#llx is not in the executable's file",
		       (unsigned long long)addr);
}

struct table {
	uint64_t off;
	unsigned count, entry;
};

static void add_segment(struct elf_image *e, const void *bytes)
{
	struct elf_segment *s = &e->seg[e->nseg];

	if (e->bits == 64) {
		Elf64_Phdr p;

		memcpy(&p, bytes, sizeof(p));
		if (p.p_type != PT_LOAD)
			return;
		*s = (struct elf_segment){p.p_vaddr, p.p_memsz, p.p_offset,
					  p.p_filesz, p.p_flags};
	} else {
		Elf32_Phdr p;

		memcpy(&p, bytes, sizeof(p));
		if (p.p_type != PT_LOAD)
			return;
		*s = (struct elf_segment){p.p_vaddr, p.p_memsz, p.p_offset,
					  p.p_filesz, p.p_flags};
	}
	/* An address range that wraps around can hold nothing of ours. */
	if (s->vaddr > UINT64_MAX - s->memsz || s->filesz > s->memsz)
		return;
	e->nseg++;
}

static int load_segments(struct elf_image *e, struct table t, struct err *err)
{
	unsigned want = e->bits == 64 ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
	char bytes[ELF_SEGMENTS * sizeof(Elf64_Phdr)];

	if (t.count == 0)
		return 0;
	if (t.entry != want || t.count > ELF_SEGMENTS)
		return err_set(err, ERR_FORMAT,
			       "%u program headers of %u bytes are not usual",
			       t.count, t.entry);
	if (elf_pread(e, t.off, bytes, (size_t)t.count * want, err))
		return -1;
	for (unsigned i = 0; i < t.count; i++)
		add_segment(e, bytes + (size_t)i * want);
	return 0;
}

static struct elf_section section_of(const struct elf_image *e,
				     const void *bytes)
{
	if (e->bits == 64) {
		Elf64_Shdr h;

		memcpy(&h, bytes, sizeof(h));
		return (struct elf_section){h.sh_addr, h.sh_offset, h.sh_size,
					    h.sh_type, h.sh_link,   h.sh_name};
	} else {
		Elf32_Shdr h;

		memcpy(&h, bytes, sizeof(h));
		return (struct elf_section){h.sh_addr, h.sh_offset, h.sh_size,
					    h.sh_type, h.sh_link,   h.sh_name};
	}
}

static int load_names(struct elf_image *e, unsigned index)
{
	const struct elf_section *s = &e->sec[index];
	uint64_t n = s->size < NAMES_MAX ? s->size : NAMES_MAX;

	e->names = mem_alloc(n + 1);
	if (elf_pread(e, s->off, e->names, n, NULL))
		return -1;
	e->names[n] = '\0';
	e->names_len = (uint32_t)n;
	return 0;
}

/* Sections only help to find things faster, so a damaged table is no error. */
static void load_sections(struct elf_image *e, struct table t, unsigned names)
{
	unsigned want = e->bits == 64 ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr);
	char *bytes;

	if (t.count == 0 || t.count > ELF_SECTIONS || t.entry != want ||
	    names >= t.count)
		return;
	bytes = mem_alloc((size_t)t.count * want);
	if (elf_pread(e, t.off, bytes, (size_t)t.count * want, NULL) == 0) {
		e->sec = mem_zalloc(t.count, sizeof(*e->sec));
		for (unsigned i = 0; i < t.count; i++)
			e->sec[i] = section_of(e, bytes + (size_t)i * want);
		if (load_names(e, names) == 0)
			e->nsec = t.count;
	}
	free(bytes);
}

static int load_headers(struct elf_image *e, struct err *err)
{
	unsigned char id[EI_NIDENT];
	struct table segments, sections;
	unsigned names;

	if (elf_pread(e, 0, id, sizeof(id), err))
		return -1;
	if (memcmp(id, ELFMAG, SELFMAG) != 0 || id[EI_DATA] != ELFDATA2LSB ||
	    (id[EI_CLASS] != ELFCLASS32 && id[EI_CLASS] != ELFCLASS64))
		return err_set(err, ERR_FORMAT, "not a little-endian ELF file");
	e->bits = id[EI_CLASS] == ELFCLASS64 ? 64 : 32;
	if (e->bits == 64) {
		Elf64_Ehdr h;

		if (elf_pread(e, 0, &h, sizeof(h), err))
			return -1;
		e->entry = h.e_entry;
		e->machine = h.e_machine;
		e->type = h.e_type;
		segments = (struct table){h.e_phoff, h.e_phnum, h.e_phentsize};
		sections = (struct table){h.e_shoff, h.e_shnum, h.e_shentsize};
		names = h.e_shstrndx;
	} else {
		Elf32_Ehdr h;

		if (elf_pread(e, 0, &h, sizeof(h), err))
			return -1;
		e->entry = h.e_entry;
		e->machine = h.e_machine;
		e->type = h.e_type;
		segments = (struct table){h.e_phoff, h.e_phnum, h.e_phentsize};
		sections = (struct table){h.e_shoff, h.e_shnum, h.e_shentsize};
		names = h.e_shstrndx;
	}
	if (load_segments(e, segments, err))
		return -1;
	load_sections(e, sections, names);
	return 0;
}

int elf_open(struct elf_image *e, int fd, struct err *err)
{
	struct stat st;

	*e = (struct elf_image){.fd = fd};
	if (fstat(fd, &st))
		return err_sys(err, errno, "cannot look at the executable");
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_FORMAT, "not a regular file");
	e->size = (uint64_t)st.st_size;
	if (load_headers(e, err)) {
		elf_close(e);
		return -1;
	}
	return 0;
}

void elf_close(struct elf_image *e)
{
	free(e->sec);
	free(e->names);
	e->sec = NULL;
	e->names = NULL;
	e->nsec = 0;
}

const struct elf_section *elf_section(const struct elf_image *e,
				      const char *name)
{
	for (unsigned i = 0; i < e->nsec; i++)
		if (e->sec[i].name < e->names_len &&
		    strcmp(e->names + e->sec[i].name, name) == 0)
			return &e->sec[i];
	return NULL;
}

bool elf_span(const struct elf_image *e, uint32_t flag, uint64_t *lo,
	      uint64_t *hi)
{
	bool found = false;

	for (unsigned i = 0; i < e->nseg; i++) {
		const struct elf_segment *s = &e->seg[i];

		if (!(s->flags & flag) || s->memsz == 0)
			continue;
		if (!found || s->vaddr < *lo)
			*lo = s->vaddr;
		if (!found || s->vaddr + s->memsz > *hi)
			*hi = s->vaddr + s->memsz;
		found = true;
	}
	return found;
}
