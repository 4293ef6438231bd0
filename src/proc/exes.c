/* exes.c - executables by identity, with the caller's facts. */
#include "exes.h"

#include <residue/base/clock.h>
#include <residue/base/hash.h>
#include <residue/base/mem.h>

#include <stdlib.h>
#include <unistd.h>

struct key {
	uint64_t dev, ino;
	int64_t size, mtime_ns;
};

struct exe {
	struct key key; /* no padding: hashed as bytes */
	void *facts;
	unsigned references;
	UT_hash_handle hh;
};

static struct key key_of(const struct stat *st)
{
	return (struct key){
		.dev = st->st_dev,
		.ino = st->st_ino,
		.size = st->st_size,
		.mtime_ns =
			st->st_mtim.tv_sec * NS_PER_SEC + st->st_mtim.tv_nsec,
	};
}

static struct exe *add(struct exes *x, int dir, const char *name)
{
	struct stat st;
	struct key key;
	struct exe *e;
	int fd = procfs_open_regular(dir, name, &st);

	if (fd < 0)
		return NULL;
	key = key_of(&st);
	HASH_FIND(hh, x->table, &key, sizeof(key), e);
	if (!e) { /* always, unless it changed since the caller's stat */
		e = mem_zalloc(1, sizeof(*e));
		e->key = key;
		e->facts = x->hooks->classify(x->hooks->ctx, fd, name);
		HASH_ADD(hh, x->table, key, sizeof(e->key), e);
	}
	close(fd);
	return e;
}

struct exe *exes_take(struct exes *x, int dir, const char *name,
		      const struct stat *st)
{
	struct key key = key_of(st);
	struct exe *e;

	HASH_FIND(hh, x->table, &key, sizeof(key), e);
	if (!e)
		e = add(x, dir, name);
	if (e)
		e->references++;
	return e;
}

void exes_hold(struct exe *e)
{
	e->references++;
}

void exes_drop(struct exe *e)
{
	if (e)
		e->references--;
}

static void exe_free(struct exes *x, struct exe *e)
{
	if (e->facts)
		x->hooks->drop(x->hooks->ctx, e->facts);
	free(e);
}

void exes_trim(struct exes *x)
{
	struct exe *e, *next;

	if (HASH_COUNT(x->table) <= EXES_MAX)
		return;
	HASH_ITER (hh, x->table, e, next) {
		if (e->references > 0)
			continue;
		/* The table goes with its last item, the loop with it. */
		HASH_DEL(x->table, e); /* NOLINT(clang-analyzer-unix.Malloc) */
		exe_free(x, e);
	}
}

void exes_free(struct exes *x)
{
	struct exe *e = x->table, *next;

	HASH_CLEAR(hh, x->table);
	for (; e; e = next) {
		next = e->hh.next;
		exe_free(x, e);
	}
}

void *exe_facts(const struct exe *e)
{
	return e->facts;
}
