/*
 * exe.c - Go's build information, or the traces of Go without it.
 *
 * Sources: debug/buildinfo/buildinfo.go (readRawBuildInfo), cmd/go/internal/
 * modload/build.go (the frame around the module text), runtime/symtab.go
 * (pcHeader).
 */
#include <residue/goelf/exe.h>
#include <residue/base/mem.h>
#include <residue/base/text.h>

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INFO_MAGIC     "\xff Go buildinf:"
#define INFO_MAGIC_LEN 14
#define INFO_ALIGN     16
#define INFO_HEADER    32
#define INFO_SEARCH    (1u << 20) /* what debug/buildinfo searches, bytes */
#define FRAME	       16   /* random bytes before and after the module text */
#define HEAD	       4096 /* "path" and "mod" stand first in the module text */
#define TAIL	       4096 /* "build" lines stand last */
#define CHUNK	       65536
#define PCLNTAB_SEARCH (64u << 20)
#define VERSION_SEARCH (8u << 20)
#define VERSION_TRIES  20000 /* string headers that are followed */

int goexe_minor(const char *version)
{
	const char *p = strstr(version, "go1.");
	int minor;

	if (!p || sscanf(p, "go1.%4d", &minor) != 1 || minor < 0)
		return -1;
	return minor;
}

/* A little-endian base-128 number; the bytes it took, 0 if it is no number
 * or does not end within n bytes. */
static size_t varint(const uint8_t *p, size_t n, uint64_t *out)
{
	uint64_t v = 0;

	for (size_t i = 0; i < n && i < 9; i++) {
		v |= (uint64_t)(p[i] & 127) << (7 * i);
		if (p[i] < 128) {
			*out = v;
			return i + 1;
		}
	}
	return 0;
}

/* The first line of `text` that starts with `key`, up to a tab or newline. */
static void line_value(const char *text, const char *key, char *out,
		       size_t size)
{
	const char *p = text;

	while (strncmp(p, key, strlen(key)) != 0) {
		p = strchr(p, '\n');
		if (!p)
			return;
		p++;
	}
	p += strlen(key);
	text_visible(out, size, p, strcspn(p, "\t\n"));
}

/* As much of the file from `off` as there is, at most n bytes, and a NUL. */
static size_t read_text(const struct elf_image *e, uint64_t off, char *buf,
			size_t n)
{
	if (off >= e->size)
		n = 0;
	else if (n > e->size - off)
		n = (size_t)(e->size - off);
	if (n > 0 && elf_pread(e, off, buf, n, NULL))
		n = 0;
	buf[n] = '\0';
	return n;
}

static void read_module(const struct elf_image *e, uint64_t off, uint64_t len,
			struct goexe *out)
{
	char text[HEAD + 1];
	size_t n;

	if (len <= 2 * FRAME || off > UINT64_MAX - len)
		return;
	off += FRAME;
	len -= 2 * FRAME;
	n = len < HEAD ? (size_t)len : HEAD;
	read_text(e, off, text, n);
	line_value(text, "mod\t", out->module, sizeof(out->module));
	if (out->module[0] == '\0')
		line_value(text, "path\t", out->module, sizeof(out->module));
	if (len > TAIL)
		read_text(e, off + len - TAIL, text, TAIL);
	out->cgo = strstr(text, "\nbuild\tCGO_ENABLED=1\n") != NULL;
}

static bool read_inline(const struct elf_image *e, uint64_t off,
			struct goexe *out)
{
	char text[GOEXE_VERSION * 4];
	size_t n = read_text(e, off, text, sizeof(text) - 1), used;
	uint64_t len;

	used = varint((const uint8_t *)text, n, &len);
	if (used == 0 || len == 0 || len > n - used)
		return false;
	text_visible(out->version, sizeof(out->version), text + used,
		     (size_t)len);
	off += used + len;
	n = read_text(e, off, text, 10);
	used = varint((const uint8_t *)text, n, &len);
	if (used)
		read_module(e, off + used, len, out);
	return true;
}

static uint64_t word(const struct elf_image *e, const uint8_t *p)
{
	uint64_t v64;
	uint32_t v32;

	if (e->bits == 64) {
		memcpy(&v64, p, sizeof(v64));
		return v64;
	}
	memcpy(&v32, p, sizeof(v32));
	return v32;
}

/* Before Go 1.18 the header points at the two Go string headers. */
static bool read_pointers(const struct elf_image *e, const uint8_t *header,
			  struct goexe *out)
{
	size_t ptr = e->bits / 8u;
	char text[GOEXE_VERSION];
	uint8_t string[16];
	uint64_t len;

	if (header[14] != ptr ||
	    elf_read_at(e, word(e, header + 16), string, 2 * ptr, NULL))
		return false;
	len = word(e, string + ptr);
	if (len == 0 || len > sizeof(text) ||
	    elf_read_at(e, word(e, string), text, (size_t)len, NULL))
		return false;
	text_visible(out->version, sizeof(out->version), text, (size_t)len);
	return true;
}

/* The build information that starts at file offset `off`. */
static bool read_info(const struct elf_image *e, uint64_t off,
		      struct goexe *out)
{
	uint8_t header[INFO_HEADER];

	if (elf_pread(e, off, header, sizeof(header), NULL) ||
	    memcmp(header, INFO_MAGIC, INFO_MAGIC_LEN) != 0)
		return false;
	if (header[15] & 2)
		return read_inline(e, off + INFO_HEADER, out);
	return read_pointers(e, header, out);
}

/*
 * Go through file bytes [off, off + len) in chunks that overlap by `overlap`;
 * `match` says whether it found what it wants in one chunk.
 */
static bool search(const struct elf_image *e, uint64_t off, uint64_t len,
		   size_t overlap,
		   bool (*match)(const struct elf_image *e, uint64_t off,
				 const uint8_t *p, size_t n, void *arg),
		   void *arg)
{
	uint8_t *buf;
	bool found = false;

	if (off >= e->size)
		return false;
	if (len > e->size - off)
		len = e->size - off;
	buf = mem_alloc(CHUNK);
	while (len > overlap && !found) {
		size_t n = len < CHUNK ? (size_t)len : CHUNK;

		if (elf_pread(e, off, buf, n, NULL))
			break;
		found = match(e, off, buf, n, arg);
		if (n < CHUNK)
			break;
		off += n - overlap;
		len -= n - overlap;
	}
	free(buf);
	return found;
}

static bool match_info(const struct elf_image *e, uint64_t off,
		       const uint8_t *p, size_t n, void *arg)
{
	for (size_t i = 0; i + INFO_HEADER <= n; i += INFO_ALIGN)
		if (memcmp(p + i, INFO_MAGIC, INFO_MAGIC_LEN) == 0 &&
		    read_info(e, off + i, arg))
			return true;
	return false;
}

static bool search_info(const struct elf_image *e, struct goexe *out)
{
	for (unsigned i = 0; i < e->nseg; i++) {
		const struct elf_segment *s = &e->seg[i];
		uint64_t n = s->filesz < INFO_SEARCH ? s->filesz : INFO_SEARCH;

		if (s->flags & PF_W)
			return search(e, s->off, n, INFO_HEADER, match_info,
				      out);
	}
	return false;
}

/* pcHeader: magic, two zero bytes, instruction quantum, pointer size. */
static bool pclntab_magic(const struct elf_image *e, const uint8_t *p)
{
	uint32_t magic;

	memcpy(&magic, p, sizeof(magic));
	return (magic == 0xfffffff1 || magic == 0xfffffff0 ||
		magic == 0xfffffffa || magic == 0xfffffffb) &&
	       p[4] == 0 && p[5] == 0 && (p[6] == 1 || p[6] == 4) &&
	       p[7] == e->bits / 8;
}

static bool match_pclntab(const struct elf_image *e, uint64_t off,
			  const uint8_t *p, size_t n, void *arg)
{
	(void)off;
	(void)arg;
	/* Of the eight bytes, the table's alignment; in practice 32. */
	for (size_t i = 0; i + 16 <= n; i += 8)
		if (pclntab_magic(e, p + i) && word(e, p + i + 8) > 0 &&
		    word(e, p + i + 8) < 1u << 24)
			return true;
	return false;
}

static bool has_pclntab(const struct elf_image *e)
{
	static const char *const name[] = {".gopclntab",
					   ".data.rel.ro.gopclntab"};
	uint8_t head[8];

	for (size_t i = 0; i < sizeof(name) / sizeof(name[0]); i++) {
		const struct elf_section *s = elf_section(e, name[i]);

		if (s && elf_pread(e, s->off, head, sizeof(head), NULL) == 0 &&
		    pclntab_magic(e, head))
			return true;
	}
	if (e->nsec > 0)
		return false;
	for (unsigned i = 0; i < e->nseg; i++) {
		const struct elf_segment *s = &e->seg[i];
		uint64_t n =
			s->filesz < PCLNTAB_SEARCH ? s->filesz : PCLNTAB_SEARCH;

		if (search(e, s->off, n, 16, match_pclntab, NULL))
			return true;
	}
	return false;
}

struct version_search {
	struct goexe *out;
	unsigned tries;
};

/* runtime.buildVersion: a (pointer, length) in the data at "go1.…". */
static bool match_version(const struct elf_image *e, uint64_t off,
			  const uint8_t *p, size_t n, void *arg)
{
	size_t ptr = e->bits / 8u;
	struct version_search *search = arg;
	char text[GOEXE_VERSION];

	(void)off;
	for (size_t i = 0; i + 2 * ptr <= n; i += ptr) {
		uint64_t len = word(e, p + i + ptr);
		uint64_t at = word(e, p + i);

		if (len < 5 || len >= sizeof(text) || at == 0)
			continue;
		if (search->tries++ == VERSION_TRIES)
			return true;
		if (elf_read_at(e, at, text, (size_t)len, NULL))
			continue;
		text[len] = '\0';
		if (strncmp(text, "go1.", 4) != 0 || text[4] < '1' ||
		    text[4] > '9' || strlen(text) != len)
			continue;
		text_visible(search->out->version, GOEXE_VERSION, text,
			     (size_t)len);
		return true;
	}
	return false;
}

static void search_version(const struct elf_image *e, struct goexe *out)
{
	struct version_search arg = {out, 0};

	for (unsigned i = 0; i < e->nseg; i++) {
		const struct elf_segment *s = &e->seg[i];
		uint64_t n =
			s->filesz < VERSION_SEARCH ? s->filesz : VERSION_SEARCH;

		if ((s->flags & PF_W) &&
		    search(e, s->off, n, 16, match_version, &arg))
			return;
	}
}

void goexe_identify_image(const struct elf_image *e, struct goexe *out)
{
	const struct elf_section *s = elf_section(e, ".go.buildinfo");

	*out = (struct goexe){.machine = e->machine, .bits = e->bits};
	out->stripped = elf_section(e, ".symtab") == NULL;
	if (s)
		out->is_go = read_info(e, s->off, out);
	else if (e->nsec == 0)
		out->is_go = search_info(e, out);
	if (!out->is_go)
		out->is_go = has_pclntab(e);
	if (out->is_go && out->version[0] == '\0')
		search_version(e, out);
}

int goexe_identify(int fd, struct goexe *out, struct err *err)
{
	struct elf_image e;

	*out = (struct goexe){0};
	if (elf_open(&e, fd, err))
		return -1;
	goexe_identify_image(&e, out);
	elf_close(&e);
	return 0;
}
