/* test_goelf.c - ELF reading and Go's build information, on made-up files. */
#include <residue/goelf/exe.h>

#include <elf.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#define DATA_OFF   0x1000
#define DATA_ADDR  0x500000
#define INFO_MAGIC "\xff Go buildinf:"

/* One writable segment, and optionally a section table that names it. */
struct image {
	unsigned char bytes[0x4000];
	size_t len;
};

static void put(struct image *im, size_t off, const void *p, size_t n)
{
	assert_true(off + n <= sizeof(im->bytes));
	memcpy(im->bytes + off, p, n);
	if (off + n > im->len)
		im->len = off + n;
}

static void image_make(struct image *im, const char *section)
{
	static const char names[] = "\0.shstrtab";
	char table[64];
	size_t used = sizeof(names);
	Elf64_Ehdr h = {.e_type = ET_EXEC, .e_machine = EM_X86_64};
	Elf64_Phdr p = {.p_type = PT_LOAD, .p_flags = PF_R | PF_W};
	Elf64_Shdr s[3] = {0};

	memset(im, 0, sizeof(*im));
	memcpy(h.e_ident, ELFMAG, SELFMAG);
	h.e_ident[EI_CLASS] = ELFCLASS64;
	h.e_ident[EI_DATA] = ELFDATA2LSB;
	h.e_phoff = sizeof(h);
	h.e_phnum = 1;
	h.e_phentsize = sizeof(p);
	p.p_vaddr = DATA_ADDR;
	p.p_offset = DATA_OFF;
	p.p_filesz = p.p_memsz = 0x1000;
	if (section) {
		memcpy(table, names, sizeof(names));
		strcpy(table + used, section);
		s[1].sh_name = 1;
		s[1].sh_offset = 0x2800;
		s[1].sh_size = used + strlen(section) + 1;
		s[2].sh_name = (Elf64_Word)used;
		s[2].sh_offset = DATA_OFF;
		s[2].sh_addr = DATA_ADDR;
		s[2].sh_size = 0x1000;
		put(im, 0x2800, table, s[1].sh_size);
		put(im, 0x2000, s, sizeof(s));
		h.e_shoff = 0x2000;
		h.e_shnum = 3;
		h.e_shentsize = sizeof(s[0]);
		h.e_shstrndx = 1;
	}
	put(im, 0, &h, sizeof(h));
	put(im, sizeof(h), &p, sizeof(p));
	put(im, DATA_OFF + 0xfff, "", 1);
}

static void image_info(struct image *im, size_t off, const char *version,
		       const char *module)
{
	unsigned char len = (unsigned char)strlen(version);
	size_t n = strlen(module) + 32;
	unsigned char varint[2] = {(unsigned char)(n | 128),
				   (unsigned char)(n >> 7)};

	put(im, off, INFO_MAGIC "\x08\x02", 16);
	put(im, off + 32, &len, 1);
	put(im, off + 33, version, len);
	put(im, off + 33 + len, varint, 2);
	put(im, off + 35 + len + 16, module, strlen(module));
}

static int identify(const struct image *im, size_t len, struct goexe *out,
		    struct err *err)
{
	int fd = memfd_create("elf", MFD_CLOEXEC), status;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, im->bytes, len), (ssize_t)len);
	status = goexe_identify(fd, out, err);
	close(fd);
	return status;
}

static const char module[] =
	"path\texample.org/cmd\nmod\texample.org\t(devel)\t"
	"\nbuild\t-compiler=gc\nbuild\tCGO_ENABLED=1\n";

static void test_section(void **state)
{
	struct err err = ERR_INIT;
	struct image im;
	struct goexe g;

	(void)state;
	image_make(&im, ".go.buildinfo");
	image_info(&im, DATA_OFF, "go1.26.8", module);
	assert_int_equal(identify(&im, im.len, &g, &err), 0);
	assert_true(g.is_go);
	assert_string_equal(g.version, "go1.26.8");
	assert_string_equal(g.module, "example.org");
	assert_true(g.cgo);
	assert_true(g.stripped);
	assert_int_equal(g.machine, EM_X86_64);
}

static void test_no_sections(void **state)
{
	struct err err = ERR_INIT;
	struct image im;
	struct goexe g;

	(void)state;
	image_make(&im, NULL);
	image_info(&im, DATA_OFF + 0x230, "go1.19", "path\ta\n");
	assert_int_equal(identify(&im, im.len, &g, &err), 0);
	assert_true(g.is_go);
	assert_string_equal(g.version, "go1.19");
	assert_string_equal(g.module, "a");
	assert_false(g.cgo);
}

static void test_old_pointers(void **state)
{
	uint64_t ptr = DATA_ADDR + 0x100;
	uint64_t string[2] = {DATA_ADDR + 0x200, 8};
	struct err err = ERR_INIT;
	struct image im;
	struct goexe g;

	(void)state;
	image_make(&im, ".go.buildinfo");
	put(&im, DATA_OFF, INFO_MAGIC "\x08\x00", 16);
	put(&im, DATA_OFF + 16, &ptr, 8);
	put(&im, DATA_OFF + 0x100, string, 16);
	put(&im, DATA_OFF + 0x200, "go1.16.5", 8);
	assert_int_equal(identify(&im, im.len, &g, &err), 0);
	assert_true(g.is_go);
	assert_string_equal(g.version, "go1.16.5");
}

/* esbuild: a function table, no build information. */
static void test_pclntab_only(void **state)
{
	static const unsigned char head[16] = {0xf1, 0xff, 0xff, 0xff, 0,
					       0,    1,	   8,	 40};
	uint64_t string[2] = {DATA_ADDR + 0x200, 8};
	struct err err = ERR_INIT;
	struct image im;
	struct goexe g;

	(void)state;
	for (int named = 0; named < 2; named++) {
		image_make(&im, named ? ".gopclntab" : NULL);
		put(&im, DATA_OFF, head, sizeof(head));
		put(&im, DATA_OFF + 0x100, string, 16);
		put(&im, DATA_OFF + 0x200, "go1.23.4", 8);
		assert_int_equal(identify(&im, im.len, &g, &err), 0);
		assert_true(g.is_go);
		assert_string_equal(g.version, "go1.23.4");
		assert_string_equal(g.module, "");
	}
}

static void test_not_go(void **state)
{
	struct err err = ERR_INIT;
	struct image im;
	struct goexe g;
	int fd;

	(void)state;
	image_make(&im, ".data");
	assert_int_equal(identify(&im, im.len, &g, &err), 0);
	assert_false(g.is_go);
	assert_int_equal(identify(&im, 3, &g, &err), -1);
	assert_int_equal(err.code, ERR_FORMAT);
	fd = open("/dev/null", O_RDONLY);
	assert_int_equal(goexe_identify(fd, &g, &err), -1);
	close(fd);
	assert_int_equal(goexe_identify(-1, &g, &err), -1);
	assert_int_equal(err.code, ERR_SYS);
}

/* Text from the file must not reach a terminal raw. */
static void test_hostile_text(void **state)
{
	struct err err = ERR_INIT;
	struct image im;
	struct goexe g;

	(void)state;
	image_make(&im, ".go.buildinfo");
	image_info(&im, DATA_OFF, "go1.2\x1b[2J", "mod\ta\x1b]0;x\x07\tb\n");
	assert_int_equal(identify(&im, im.len, &g, &err), 0);
	assert_string_equal(g.version, "go1.2\\x1b[2J");
	assert_string_equal(g.module, "a\\x1b]0;x\\a");
}

/* Every truncation, and every byte of the headers and of the information
 * turned over: an answer or an error, and memory stays in bounds (the
 * sanitizers watch). */
static void test_damage(void **state)
{
	struct err err = ERR_INIT;
	struct image im;
	struct goexe g;

	(void)state;
	image_make(&im, ".go.buildinfo");
	image_info(&im, DATA_OFF, "go1.26.8", module);
	for (size_t n = 0; n <= im.len; n += n < 256 || n > 0x2000 ? 1 : 64)
		if (identify(&im, n, &g, &err) == 0 && n < DATA_OFF)
			assert_false(g.is_go);
	for (size_t i = 0; i < im.len; i++) {
		if (i == 128)
			i = DATA_OFF;
		if (i == DATA_OFF + 256)
			i = 0x2000;
		for (int v = 0; v < 2; v++) {
			unsigned char old = im.bytes[i];

			im.bytes[i] = v ? 0xff : (unsigned char)~old;
			if (identify(&im, im.len, &g, &err) == 0)
				assert_true(strlen(g.module) < GOEXE_MODULE);
			im.bytes[i] = old;
		}
	}
}

static void test_minor(void **state)
{
	(void)state;
	assert_int_equal(goexe_minor("go1.26.8"), 26);
	assert_int_equal(goexe_minor("devel go1.28-abc"), 28);
	assert_int_equal(goexe_minor("go1.9"), 9);
	assert_int_equal(goexe_minor(""), -1);
	assert_int_equal(goexe_minor("go1.x"), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_section),
		cmocka_unit_test(test_no_sections),
		cmocka_unit_test(test_old_pointers),
		cmocka_unit_test(test_pclntab_only),
		cmocka_unit_test(test_not_go),
		cmocka_unit_test(test_hostile_text),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_minor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
