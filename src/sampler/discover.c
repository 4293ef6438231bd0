/* discover.c - which Go processes there are, and what they are called. */
#include "machine.h"

#include <residue/base/clock.h>
#include <residue/base/mem.h>
#include <residue/base/text.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* With each turn of the finder, however often it is woken. */
#define SCAN_NS	       (1900 * NS_PER_MS)
#define LIST_UNSEEN_NS (5 * NS_PER_SEC)
/* An exited process stays in the list so long, for its end to be seen. */
#define KEEP_EXITED_NS (10 * NS_PER_SEC)

static void add_process(struct sampler *s, const struct proc_entry *e,
			bool opened)
{
	struct target *t = store_find_pid(&s->store, &e->id);
	struct target_info info;

	if (!t) {
		/* It may have gone since the scan: nothing to list then. */
		if (facts_of_entry(&s->fs, e, &info, NULL))
			return;
		t = store_add(&s->store, &info, NULL, opened);
	}
	if (t)
		target_unref(t);
}

static void drop_exited(struct sampler *s, int64_t now_ns)
{
	struct store *st = &s->store;
	struct target *gone[64];
	unsigned n = 0;

	pthread_mutex_lock(&st->lock);
	for (unsigned i = 0; i < st->count && n < 64; i++) {
		struct target *t = st->targets[i];

		if (t->state.info.phase == TARGET_EXITED &&
		    !atomic_load(&t->opened) &&
		    now_ns - t->state.exited_ns > KEEP_EXITED_NS)
			gone[n++] = target_ref(t);
	}
	pthread_mutex_unlock(&st->lock);
	while (n) {
		store_drop(st, gone[--n]);
		target_unref(gone[n]);
	}
}

static void say_denied(struct sampler *s, const size_t *counts)
{
	char text[160];

	pthread_mutex_lock(&s->store.lock);
	s->store.note_count = 0;
	pthread_mutex_unlock(&s->store.lock);
	/* Root is refused by something that no right of ours changes. */
	if (!counts[PROC_SKIP_DENIED] || geteuid() == 0)
		return;
	snprintf(text, sizeof(text),
		 "%zu other process%s cannot be told to be Go or not: run as "
		 "root, or: sudo setcap cap_sys_ptrace+ep $(command -v "
		 "residue)",
		 counts[PROC_SKIP_DENIED],
		 counts[PROC_SKIP_DENIED] == 1 ? "" : "es");
	store_note(&s->store, 0, text);
}

int discover(struct sampler *s, bool opened, struct err *err)
{
	const struct proc_entry *entries;
	const size_t *counts;
	size_t n, all = 0;

	if (!s->go_list)
		s->go_list = go_list_new(&s->fs);
	if (go_list_scan(s->go_list, err))
		return -1;
	entries = proc_list_entries(go_list_processes(s->go_list), &n);
	for (size_t i = 0; i < n; i++)
		add_process(s, &entries[i], opened);
	counts = proc_list_counts(go_list_processes(s->go_list));
	for (unsigned i = 0; i < PROC_SKIP_N; i++)
		if (i != PROC_SKIP_KERNEL)
			all += counts[i];
	say_denied(s, counts);
	pthread_mutex_lock(&s->store.lock);
	s->store.processes = (unsigned)all;
	pthread_mutex_unlock(&s->store.lock);
	return 0;
}

int sampler_discover(struct sampler *s, bool opened, struct err *err)
{
	return discover(s, opened, err);
}

void discover_turn(void *ctx, int64_t now_ns)
{
	struct sampler *s = ctx;
	struct err err = ERR_INIT;
	int64_t total, available;

	/* A list that nobody looks at is not kept up. */
	if (now_ns < s->next_scan_ns ||
	    (!s->opt.items &&
	     now_ns - atomic_load(&s->list_ns) > LIST_UNSEEN_NS))
		return;
	s->next_scan_ns = now_ns + SCAN_NS;
	machine_memory(&s->fs, &total, &available);
	pthread_mutex_lock(&s->store.lock);
	s->store.mem_total = total;
	s->store.mem_available = available;
	pthread_mutex_unlock(&s->store.lock);
	drop_exited(s, now_ns);
	if (discover(s, false, &err))
		store_toast(&s->store, true, "%s", err.msg);
}

/* ---- what they listen on ------------------------------------------------ */

#define SOCKETS_NS (60 * NS_PER_SEC)

/* References to the live processes, or only to the opened ones. */
static struct target **live_targets(struct store *st, bool all, unsigned *n)
{
	struct target **list;
	unsigned room;

	pthread_mutex_lock(&st->lock);
	room = st->count;
	pthread_mutex_unlock(&st->lock);
	list = mem_zalloc(room + 1, sizeof(*list));
	*n = 0;
	pthread_mutex_lock(&st->lock);
	for (unsigned i = 0; i < st->count && *n < room; i++) {
		struct target *t = st->targets[i];

		if (t->kind == TARGET_PROCESS &&
		    t->state.info.phase == TARGET_LIVE &&
		    (all || atomic_load(&t->opened)))
			list[(*n)++] = target_ref(t);
	}
	pthread_mutex_unlock(&st->lock);
	return list;
}

static void suggest(struct sampler *s, const struct target *t,
		    const char *listens)
{
	store_toast(&s->store, false,
		    "%d listens on %s: e, --probe or %d@URL for its profile",
		    (int)t->proc.pid, listens, (int)t->proc.pid);
}

static void read_listeners(struct sampler *s, bool all)
{
	struct target **list;
	unsigned n;

	if (!s->sockets)
		s->sockets = socket_tables_new();
	list = live_targets(&s->store, all, &n);
	while (n) {
		struct target *t = list[--n];
		int dir = procfs_pid_open(&s->fs, &t->proc, NULL);
		char text[LISTENS_MAX];

		if (dir >= 0) {
			listeners_text(s->sockets, dir, text);
			if (store_set_listens(&s->store, t, text) &&
			    atomic_load(&t->opened))
				suggest(s, t, text);
			close(dir);
		}
		target_unref(t);
	}
	free(list);
	socket_tables_forget(s->sockets);
}

void listeners_turn(struct sampler *s, int64_t now_ns)
{
	if (now_ns < s->next_sockets_ns)
		return;
	s->next_sockets_ns = now_ns + SOCKETS_NS;
	read_listeners(s, s->opt.discover);
}

void sampler_find_listeners(struct sampler *s)
{
	read_listeners(s, true);
}

void refresh_facts(struct sampler *s)
{
	struct store *st = &s->store;
	struct target *changed[16];
	unsigned n = 0;

	pthread_mutex_lock(&st->lock);
	for (unsigned i = 0; i < st->count && n < 16; i++)
		if (st->targets[i]->state.info.exec_gen !=
		    st->targets[i]->facts_gen) {
			st->targets[i]->facts_gen =
				st->targets[i]->state.info.exec_gen;
			changed[n++] = target_ref(st->targets[i]);
		}
	pthread_mutex_unlock(&st->lock);
	while (n) {
		struct target *t = changed[--n];
		struct target_info info;
		bool is_go;

		if (facts_read(&s->fs, &t->proc, &info, &is_go, NULL) == 0)
			store_update_info(st, t, &info);
		target_unref(t);
	}
}

/* ---- by name ------------------------------------------------------------ */

static bool matches(const struct target_info *info, const char *name)
{
	const char *last = strrchr(info->module, '/');
	size_t n = strcspn(info->cmdline, " ");
	const char *program = info->cmdline + n;

	/* comm has 15 bytes: a longer name is that of the first argument. */
	while (program > info->cmdline && program[-1] != '/')
		program--;
	n -= (size_t)(program - info->cmdline);
	return !strcmp(info->comm, name) || !strcmp(info->module, name) ||
	       (last && !strcmp(last + 1, name)) ||
	       (strlen(name) == n && !strncmp(program, name, n));
}

int sampler_find(struct sampler *s, const char *name,
		 struct candidate out[CANDIDATES_MAX], struct err *err)
{
	struct go_list *list = go_list_new(&s->fs);
	const struct proc_entry *entries;
	char shown[64];
	size_t n;
	int hits = 0;

	if (go_list_scan(list, err)) {
		go_list_free(list);
		return -1;
	}
	entries = proc_list_entries(go_list_processes(list), &n);
	for (size_t i = 0; i < n; i++) {
		struct target_info info;
		struct candidate *c;

		if (facts_of_entry(&s->fs, &entries[i], &info, NULL) ||
		    !matches(&info, name))
			continue;
		if (hits++ >= CANDIDATES_MAX)
			continue;
		c = &out[hits - 1];
		c->pid = info.pid;
		snprintf(c->user, sizeof(c->user), "%s", info.user);
		snprintf(c->cmdline, sizeof(c->cmdline), "%.99s",
			 info.cmdline[0] ? info.cmdline : info.comm);
	}
	go_list_free(list);
	if (hits)
		return hits;
	text_visible(shown, sizeof(shown), name, strlen(name));
	return err_set(err, ERR_GONE,
		       "no Go process is called '%s' ('residue list' shows "
		       "them)",
		       shown);
}
