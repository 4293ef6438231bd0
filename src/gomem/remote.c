/* remote.c - reading another process's memory, and why it may be refused. */
#include "remote.h"

#include <residue/base/mem.h>
#include <residue/proc/rights.h>

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#define RUN_MAX (1u << 20) /* bytes of a run that are given at once */
#define ENTRIES 512	   /* pagemap entries read at once */
/* Documentation/admin-guide/mm/pagemap.rst */
#define IN_MEMORY (1ull << 63)
#define SWAPPED	  (1ull << 62)
#define SHARED	  (1ull << 61) /* or of a file */

static int read_live(const struct remote *r, const struct remote_piece *piece,
		     unsigned n)
{
	struct iovec to[REMOTE_PIECES], from[REMOTE_PIECES];
	size_t want = 0;
	ssize_t got;

	for (unsigned i = 0; i < n; i++) {
		to[i] = (struct iovec){piece[i].to, piece[i].len};
		from[i] = (struct iovec){(void *)(uintptr_t)piece[i].addr,
					 piece[i].len};
		want += piece[i].len;
	}
	got = process_vm_readv(r->pid, to, n, from, n, 0);
	if (got < 0)
		return errno;
	return (size_t)got == want ? 0 : EFAULT;
}

static int read_file(const struct remote *r, const struct remote_piece *piece,
		     unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		size_t done = 0;

		if (piece[i].addr > INT64_MAX - piece[i].len)
			return EFAULT;
		while (done < piece[i].len) {
			ssize_t k = pread(r->mem_fd, (char *)piece[i].to + done,
					  piece[i].len - done,
					  (off_t)(piece[i].addr + done));

			if (k < 0 && errno == EINTR)
				continue;
			if (k < 0)
				return errno == EIO ? EFAULT : errno;
			if (k == 0)
				return EFAULT;
			done += (size_t)k;
		}
	}
	return 0;
}

/* A piece of a writable segment: bytes of the file, then zeros. */
static int read_image(const struct remote *r, const struct remote_piece *piece,
		      unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		uint64_t at = piece[i].addr;
		bool found = false;

		for (unsigned k = 0; k < r->image->nseg && !found; k++) {
			const struct elf_segment *s = &r->image->seg[k];
			uint64_t off = at - s->vaddr;
			size_t head;

			if (at < s->vaddr || off > s->memsz ||
			    piece[i].len > s->memsz - off)
				continue;
			head = off >= s->filesz ? 0
			       : piece[i].len > s->filesz - off
				       ? (size_t)(s->filesz - off)
				       : piece[i].len;
			memset(piece[i].to, 0, piece[i].len);
			if (head &&
			    elf_read_at(r->image, at, piece[i].to, head, NULL))
				return EIO;
			found = true;
		}
		if (!found)
			return EFAULT;
	}
	return 0;
}

void remote_live(struct remote *r, pid_t pid)
{
	*r = (struct remote){
		.read = read_live, .pid = pid, .mem_fd = -1, .pagemap_fd = -1};
	r->pagemap = mem_printf("/proc/%d/pagemap", (int)pid);
}

/* `dir` is ROOT/PID. */
static int explain_file(const char *dir, struct err *err)
{
	const char *pid = strrchr(dir, '/');
	char root[4096];

	snprintf(root, sizeof(root), "%.*s", (int)(pid - dir), dir);
	return rights_explain(root, atoi(pid + 1), false, err);
}

int remote_file(struct remote *r, const char *dir, struct err *err)
{
	char path[4096];

	*r = (struct remote){.read = read_file, .mem_fd = -1, .pagemap_fd = -1};
	if (snprintf(path, sizeof(path), "%s/mem", dir) >= (int)sizeof(path))
		return err_set(err, ERR_USAGE, "the path %.64s... is too long",
			       dir);
	r->mem_fd = open(path, O_RDONLY | O_CLOEXEC);
	if (r->mem_fd < 0 && (errno == EACCES || errno == EPERM))
		return explain_file(dir, err);
	if (r->mem_fd < 0)
		return err_sys(err, errno, "cannot open %.180s", path);
	r->pagemap = mem_printf("%s/pagemap", dir);
	return 0;
}

void remote_image(struct remote *r, const struct elf_image *image)
{
	*r = (struct remote){.read = read_image,
			     .mem_fd = -1,
			     .pagemap_fd = -1,
			     .image = image};
}

void remote_close(struct remote *r)
{
	if (r->mem_fd >= 0)
		close(r->mem_fd);
	r->mem_fd = -1;
	remote_settle(r);
	free(r->pagemap);
	r->pagemap = NULL;
}

void remote_settle(struct remote *r)
{
	if (r->pagemap_fd >= 0)
		close(r->pagemap_fd);
	r->pagemap_fd = -1;
	r->looked = true;
}

int remote_readv(struct remote *r, const struct remote_piece *piece, unsigned n)
{
	if (n > REMOTE_PIECES)
		return EINVAL;
	r->calls++;
	return r->read(r, piece, n);
}

bool remote_read(struct remote *r, uint64_t addr, void *to, size_t n)
{
	struct remote_piece piece = {addr, to, n};

	return remote_readv(r, &piece, 1) == 0;
}

bool remote_word(struct remote *r, uint64_t addr, uint64_t *out)
{
	return remote_read(r, addr, out, sizeof(*out));
}

static int open_pagemap(const struct remote *r)
{
	return r->pagemap ? open(r->pagemap, O_RDONLY | O_CLOEXEC) : -1;
}

/* Entries of the pages from number `page` on; how many were read. */
static size_t read_pagemap(int fd, uint64_t page, uint64_t entry[ENTRIES])
{
	ssize_t n = pread(fd, entry, ENTRIES * sizeof(entry[0]),
			  (off_t)(page * sizeof(entry[0])));

	return n < 0 ? 0 : (size_t)n / sizeof(entry[0]);
}

bool remote_next_run(struct remote *r, uint64_t *addr, uint64_t hi,
		     uint64_t *len)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), entry[ENTRIES];
	uint64_t start = 0, at = *addr;

	if (at >= hi)
		return false;
	if (!r->looked) {
		r->pagemap_fd = open_pagemap(r);
		r->looked = true;
	}
	if (r->pagemap_fd < 0) {
		*len = hi - at < REMOTE_PAGE - at % REMOTE_PAGE
			       ? hi - at
			       : REMOTE_PAGE - at % REMOTE_PAGE;
		return true;
	}
	while (at < hi && (!start || at - start < RUN_MAX)) {
		size_t n = read_pagemap(r->pagemap_fd, at / page, entry);

		for (size_t i = 0; i < n && at < hi; i++) {
			bool here = entry[i] & (IN_MEMORY | SWAPPED);

			if (here && !start)
				start = at;
			if (!here && start)
				goto found;
			at = at / page * page + page;
		}
		if (n == 0)
			break;
	}
	if (!start)
		return false;
found:
	*addr = start;
	*len = (at < hi ? at : hi) - start;
	return true;
}

bool remote_own_pages(const struct remote *r, uint64_t lo, uint64_t hi,
		      uint64_t *bytes)
{
	uint64_t size = (uint64_t)sysconf(_SC_PAGESIZE), entry[ENTRIES];
	uint64_t page = lo / size, end = (hi + size - 1) / size;
	int fd = open_pagemap(r);

	while (fd >= 0 && page < end) {
		size_t n = read_pagemap(fd, page, entry);

		if (n == 0)
			break;
		for (size_t i = 0; i < n && page < end; i++, page++)
			if ((entry[i] & (IN_MEMORY | SHARED)) == IN_MEMORY)
				*bytes += size;
	}
	if (fd >= 0)
		close(fd);
	return page >= end;
}

int remote_explain(const struct remote *r, int sysno, struct err *err)
{
	if (r->mem_fd < 0 && (sysno == EPERM || sysno == ENOSYS))
		return rights_explain("/proc", r->pid, true, err);
	if (sysno == EFAULT || sysno == EIO)
		return err_set(err, ERR_GONE,
			       "the memory that was read before is no longer "
			       "there: the process ended or runs another "
			       "program");
	return err_sys(err, sysno, "cannot read the memory of the process");
}
