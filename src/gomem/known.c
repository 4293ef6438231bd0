/* known.c - a bounded table of the executables whose runtime was found. */
#include "known.h"

#include <residue/base/clock.h>
#include <residue/base/hash.h>
#include <residue/base/mem.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct entry {
	struct known known;
	uint64_t used; /* when, in uses of the table */
	UT_hash_handle hh;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct entry *table;
static uint64_t uses;

struct known_key known_key(const struct stat *file, uid_t owner)
{
	return (struct known_key){
		.dev = file->st_dev,
		.ino = file->st_ino,
		.size = (uint64_t)file->st_size,
		.mtime_ns = file->st_mtim.tv_sec * NS_PER_SEC +
			    file->st_mtim.tv_nsec,
		.ctime_ns = file->st_ctim.tv_sec * NS_PER_SEC +
			    file->st_ctim.tv_nsec,
		.owner = owner,
	};
}

static struct entry *find(const struct known_key *key)
{
	struct entry *e;

	HASH_FIND(hh, table, key, sizeof(*key), e);
	return e;
}

bool known_find(const struct known_key *key, struct known *out)
{
	struct entry *e;

	pthread_mutex_lock(&lock);
	e = find(key);
	if (e) {
		*out = e->known;
		e->used = ++uses;
	}
	pthread_mutex_unlock(&lock);
	return e != NULL;
}

/* A new entry, or the one that was not used for longest. */
static struct entry *make_room(void)
{
	struct entry *oldest = table;

	if (HASH_COUNT(table) < KNOWN_MAX)
		return mem_alloc(sizeof(*oldest));
	for (struct entry *e = table; e; e = e->hh.next)
		if (e->used < oldest->used)
			oldest = e;
	HASH_DEL(table, oldest);
	return oldest;
}

void known_store(const struct known *k)
{
	struct entry *e;

	pthread_mutex_lock(&lock);
	e = find(&k->key);
	if (!e) {
		e = make_room();
		e->known.key = k->key;
		HASH_ADD(hh, table, known.key, sizeof(e->known.key), e);
	}
	e->known = *k;
	e->used = ++uses;
	pthread_mutex_unlock(&lock);
}
