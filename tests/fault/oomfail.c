/*
 * oomfail.so, to be preloaded: allocations that fail on demand.
 *
 *	OOM_AT=N	allocation number N fails (counted from 1, after the
 *			dynamic loader is done)
 *	OOM_STICKY=1	and so do all after it
 *	OOM_OWN=1	count only calls made from the main executable's code,
 *			not those of its libraries
 *	OOM_COUNT=FILE	write the number of allocations there at exit
 *
 * Not for use under a sanitizer, which brings an allocator of its own.
 */
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* glibc's own names for what we stand before. */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *p, size_t size);

static atomic_long calls;
static long fail_at;
static bool sticky, own, ready;
static uintptr_t own_first, own_last; /* the main executable's code */

/* The first object that dl_iterate_phdr names is the main executable. */
static int note_executable(struct dl_phdr_info *info, size_t size, void *arg)
{
	(void)size;
	(void)arg;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *ph = &info->dlpi_phdr[i];

		if (ph->p_type == PT_LOAD && (ph->p_flags & PF_X)) {
			own_first = info->dlpi_addr + ph->p_vaddr;
			own_last = own_first + ph->p_memsz;
		}
	}
	return 1;
}

__attribute__((constructor)) static void start(void)
{
	const char *at = getenv("OOM_AT");

	fail_at = at ? strtol(at, NULL, 10) : 0;
	sticky = getenv("OOM_STICKY") != NULL;
	own = getenv("OOM_OWN") != NULL;
	if (own)
		dl_iterate_phdr(note_executable, NULL);
	atomic_store(&calls, 0);
	ready = true;
}

__attribute__((destructor)) static void finish(void)
{
	const char *path = getenv("OOM_COUNT");
	int fd = path ? open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644) : -1;

	if (fd < 0)
		return;
	dprintf(fd, "%ld\n", atomic_load(&calls));
	close(fd);
}

/* Count a call made from that address; is it one that has to fail? */
static bool fails(const void *caller)
{
	uintptr_t from = (uintptr_t)caller;
	long n;

	if (!ready || (own && (from < own_first || from >= own_last)))
		return false;
	n = atomic_fetch_add(&calls, 1) + 1;
	if (fail_at == 0 || n < fail_at || (n > fail_at && !sticky))
		return false;
	errno = ENOMEM;
	return true;
}

void *malloc(size_t size)
{
	return fails(__builtin_return_address(0)) ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	if (fails(__builtin_return_address(0)))
		return NULL;
	return __libc_calloc(count, size);
}

void *realloc(void *p, size_t size)
{
	if (fails(__builtin_return_address(0)))
		return NULL;
	return __libc_realloc(p, size);
}
