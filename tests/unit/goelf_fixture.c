/* goelf_fixture.c - a small made-up program with a function table. */
#include "goelf_fixture.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define TEXT_OFF     0x1000
#define TABLE_OFF    0x2000
#define ROOM	     0x5000
#define INLTREE_OFF  0x3000 /* of the file; FIXTURE_GOFUNC is there */
#define SECTIONS_OFF 0x4000

static uint32_t put(struct fixture_table *t, const void *p, size_t n)
{
	uint32_t at = (uint32_t)t->len;

	if (t->len + n > sizeof(t->bytes))
		abort();
	memcpy(t->bytes + t->len, p, n);
	t->len += n;
	return at;
}

static uint32_t put32(struct fixture_table *t, uint32_t v)
{
	return put(t, &v, sizeof(v));
}

static void set64(struct fixture_table *t, size_t off, uint64_t v)
{
	memcpy(t->bytes + off, &v, sizeof(v));
}

static void set32(struct fixture_table *t, size_t off, uint32_t v)
{
	memcpy(t->bytes + off, &v, sizeof(v));
}

static uint32_t put_string(struct fixture_table *t, const char *s)
{
	return put(t, s, strlen(s) + 1);
}

struct parts {
	uint32_t names, cus, files, pcs, funcs;
	uint32_t name[4], pcfile[3], pcln[3], inltree;
};

static void put_strings(struct fixture_table *t, struct parts *p)
{
	uint32_t file[2];

	p->names = (uint32_t)t->len;
	p->name[0] = put_string(t, "main.first") - p->names;
	p->name[1] = put_string(t, "runtime.mallocinit") - p->names;
	p->name[2] = put_string(t, "main.Pair[go.shape.int].Get") - p->names;
	p->name[3] = put_string(t, "main.inlined") - p->names;
	p->cus = (uint32_t)t->len;
	put32(t, 0);
	put32(t, 0);
	p->files = (uint32_t)t->len;
	file[0] = put_string(t, "/src/a.go") - p->files;
	file[1] = put_string(t, "/src/malloc.go") - p->files;
	set32(t, p->cus, file[0]);
	set32(t, p->cus + 4, file[1]);
}

/* Steps of {zig-zag value delta, pc delta}; the first value starts at -1. */
static void put_pcs(struct fixture_table *t, struct parts *p)
{
	p->pcs = (uint32_t)t->len;
	put(t, "\0", 1); /* offset 0 means "none" */
	p->pcfile[0] = put(t, "\x02\x40\0", 3) - p->pcs;     /* file 0 */
	p->pcfile[1] = put(t, "\x04\xc0\x01\0", 4) - p->pcs; /* file 1 */
	p->pcfile[2] = p->pcfile[0];
	p->pcln[0] = put(t, "\x16\x20\x14\x20\0", 5) - p->pcs; /* 10, 20 */
	p->pcln[1] = put(t, "\xca\x01\xc0\x01\0", 5) - p->pcs; /* 100 */
	p->pcln[2] = put(t, "\x3e\x10\x14\x10\x13\x20\0", 7) - p->pcs;
	/* No inlined call, number 0, none. */
	p->inltree = put(t, "\x00\x10\x02\x10\x01\x20\0", 7) - p->pcs;
}

static uint32_t put_func(struct fixture_table *t, const struct parts *p, int i,
			 uint32_t entry)
{
	uint32_t at = (uint32_t)t->len;
	int inlines = i == 2;

	put32(t, entry);
	put32(t, p->name[i]);
	put32(t, 0); /* args */
	put32(t, 0); /* deferreturn */
	put32(t, 0); /* pcsp */
	put32(t, p->pcfile[i]);
	put32(t, p->pcln[i]);
	put32(t, inlines ? 3 : 0);		      /* npcdata */
	put32(t, 0);				      /* cuOffset */
	put32(t, 1);				      /* startLine */
	put(t, inlines ? "\0\0\0\4" : "\0\0\0\0", 4); /* nfuncdata */
	if (inlines) {
		put32(t, 0);
		put32(t, 0);
		put32(t, p->inltree);
		for (int k = 0; k < 3; k++)
			put32(t, UINT32_MAX);
		put32(t, 0); /* the inline tree is at gofunc + 0 */
	}
	return at - p->funcs;
}

void fixture_table(struct fixture_table *t)
{
	static const uint32_t entry[] = {0, 0x40, 0x100};
	struct parts p = {0};
	uint32_t ftab;

	*t = (struct fixture_table){.len = 72};
	put_strings(t, &p);
	put_pcs(t, &p);
	while (t->len % 8)
		put(t, "", 1);
	p.funcs = ftab = (uint32_t)t->len;
	for (int i = 0; i < 7; i++)
		put32(t, 0);
	for (int i = 0; i < 3; i++) {
		set32(t, ftab + 8u * (unsigned)i, entry[i]);
		set32(t, ftab + 8u * (unsigned)i + 4,
		      put_func(t, &p, i, entry[i]));
	}
	set32(t, ftab + 24, FIXTURE_TEXT_LEN);
	memcpy(t->bytes, "\xf1\xff\xff\xff\0\0\1\x08", 8);
	set64(t, 8, 3);
	set64(t, 16, 2);
	set64(t, 24, FIXTURE_TEXT);
	set64(t, 32, p.names);
	set64(t, 40, p.cus);
	set64(t, 48, p.files);
	set64(t, 56, p.pcs);
	set64(t, 64, p.funcs);
}

static void put_headers(uint8_t *file, size_t n, int named)
{
	static const char names[] = "\0.shstrtab\0.gopclntab";
	Elf64_Ehdr h = {.e_type = ET_EXEC, .e_machine = EM_X86_64};
	Elf64_Phdr p[2] = {
		{.p_type = PT_LOAD,
		 .p_flags = PF_R | PF_X,
		 .p_vaddr = FIXTURE_TEXT,
		 .p_offset = TEXT_OFF,
		 .p_filesz = 0x1000,
		 .p_memsz = 0x1000},
		{.p_type = PT_LOAD,
		 .p_flags = PF_R,
		 .p_vaddr = FIXTURE_TABLE_ADDR,
		 .p_offset = TABLE_OFF,
		 .p_filesz = 0x2000,
		 .p_memsz = 0x2000},
	};
	Elf64_Shdr s[3] = {
		[1] = {.sh_name = 1,
		       .sh_offset = SECTIONS_OFF + sizeof(s),
		       .sh_size = sizeof(names)},
		[2] = {.sh_name = 11,
		       .sh_addr = FIXTURE_TABLE_ADDR,
		       .sh_offset = TABLE_OFF,
		       .sh_size = n},
	};

	memcpy(h.e_ident, ELFMAG, SELFMAG);
	h.e_ident[EI_CLASS] = ELFCLASS64;
	h.e_ident[EI_DATA] = ELFDATA2LSB;
	h.e_phoff = sizeof(h);
	h.e_phnum = 2;
	h.e_phentsize = sizeof(p[0]);
	if (named) {
		h.e_shoff = SECTIONS_OFF;
		h.e_shnum = 3;
		h.e_shentsize = sizeof(s[0]);
		h.e_shstrndx = 1;
	}
	memcpy(file, &h, sizeof(h));
	memcpy(file + sizeof(h), p, sizeof(p));
	memcpy(file + SECTIONS_OFF, s, sizeof(s));
	memcpy(file + SECTIONS_OFF + sizeof(s), names, sizeof(names));
}

int fixture_program(const void *table, size_t n, int named, size_t len)
{
	/* inlinedCall: funcID, padding, name, parentPc, startLine */
	static const uint32_t call[] = {0, 58, 0, 1};
	static uint8_t file[ROOM];
	int fd = memfd_create("program", MFD_CLOEXEC);

	memset(file, 0, sizeof(file));
	if (n > INLTREE_OFF - TABLE_OFF)
		n = INLTREE_OFF - TABLE_OFF;
	put_headers(file, n, named);
	if (n)
		memcpy(file + TABLE_OFF, table, n);
	memcpy(file + INLTREE_OFF, call, sizeof(call));
	if (len == 0 || len > sizeof(file))
		len = sizeof(file);
	if (fd < 0 || write(fd, file, len) != (ssize_t)len)
		abort();
	return fd;
}
