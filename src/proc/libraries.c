/* libraries.c - wanted shared libraries, by what processes have mapped. */
#include "libraries.h"

#include <residue/base/hash.h>
#include <residue/base/mem.h>
#include <residue/proc/mapped.h>

#include <stdlib.h>

struct key {
	uint64_t dev, ino;
	uint64_t name; /* hashed: two subvolumes of btrfs share dev and ino */
};

struct library {
	struct key key;	 /* no padding: hashed as bytes */
	struct exe *exe; /* NULL: not to be read */
	UT_hash_handle hh;
};

static struct exe *exe_of(struct libraries *l, int dir, const struct mapped *m)
{
	struct key key = {m->dev, m->ino, hash_text(m->name)};
	struct library *lib;
	struct stat st;

	HASH_FIND(hh, l->table, &key, sizeof(key), lib);
	if (lib)
		return lib->exe;
	lib = mem_zalloc(1, sizeof(*lib));
	lib->key = key;
	if (mapped_stat(dir, m, &st))
		lib->exe = exes_take(l->exes, dir, m->name, &st);
	HASH_ADD(hh, l->table, key, sizeof(lib->key), lib);
	return lib->exe;
}

struct finding {
	struct libraries *l;
	int dir;
	struct exe *first, *last;
	unsigned n;
};

static bool take(void *ctx, const struct mapped *m)
{
	struct finding *f = ctx;
	struct exe *exe = exe_of(f->l, f->dir, m);

	/* Mapped in pieces with others between, it is one all the same. */
	if (!exe || !exe_facts(exe) || exe == f->first || exe == f->last)
		return true;
	f->first = f->first ? f->first : exe;
	f->last = exe;
	f->n++;
	return true;
}

int libraries_find(struct libraries *l, int dir, struct exe **out, unsigned *n)
{
	struct finding f = {.l = l, .dir = dir};

	*out = NULL;
	*n = 0;
	if (mapped_each(dir, take, &f, NULL))
		return -1;
	if (f.first)
		exes_hold(f.first);
	*out = f.first;
	*n = f.n;
	return 0;
}

void libraries_forget(struct libraries *l)
{
	struct library *lib = l->table, *next;

	HASH_CLEAR(hh, l->table);
	for (; lib; lib = next) {
		next = lib->hh.next;
		exes_drop(lib->exe);
		free(lib);
	}
}
