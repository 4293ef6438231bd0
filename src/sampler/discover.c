/* discover.c - which Go processes there are, what they are called and listen on.
 *
 * Any of them may hold who looks at it, so a search is done by a thread that is
 * left behind if one does (guard.h). It finds, into a list of its own; what was
 * found goes into the store when it is back.
 */
#include "machine.h"

#include <residue/base/clock.h>
#include <residue/base/mem.h>
#include <residue/base/text.h>
#include <residue/proc/rights.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* With each turn of the finder, however often it is woken. */
#define SCAN_NS	       (1900 * NS_PER_MS)
#define LIST_UNSEEN_NS (5 * NS_PER_SEC)
#define SOCKETS_NS     (60 * NS_PER_SEC)
#define UNKNOWN_NS     (10 * NS_PER_SEC)
/* Whether the mount of /proc hides processes changes hardly ever. */
#define HIDES_NS (60 * NS_PER_SEC)
/* An exited process stays in the list so long, for its end to be seen. */
#define KEEP_EXITED_NS (10 * NS_PER_SEC)

/* ---- the search, on its thread -------------------------------------------- */

/* What looking at a process may be held by: with its PID, a place of the guard. */
enum look { LOOK_EXE, LOOK_MAPS, LOOK_FACTS, LOOK_SOCKETS, LOOKS };

static const char *const look_name[LOOKS] = {"executable", "libraries",
					     "command line", "list of sockets"};

/* What to look for; the lists end with NULL. */
struct ask {
	bool processes, all; /* Go processes: new ones, or all of them */
	struct proc_id one;  /* the facts of this one; pid 0: of none */
	struct target **execed, **listeners; /* their facts; their sockets */
	struct target **unknown; /* have they loaded a Go library meanwhile? */
};

struct found {
	struct target *target; /* whose news these are; NULL: a new one */
	bool listens;	       /* only info.listens is */
	bool turned_go;	       /* it has loaded a Go library since */
	struct target_info info;
};

struct search {
	struct store *store;
	struct procfs *fs;
	struct guard_work *work; /* of this run */
	/* Kept from one run to the next. */
	struct go_list *list;
	struct socket_tables *sockets;
	struct ask ask; /* lists and references are its own */
	struct err err;
	size_t counts[PROC_SKIP_N];
	char hides[256];  /* what hides processes from us; "": nothing does */
	int64_t hides_ns; /* looked at again then; CLOCK_BOOTTIME */
	struct found *found;
	size_t n, room;
};

static bool enter(struct search *q, pid_t pid, enum look what)
{
	return guard_enter(q->work, (uint64_t)pid * LOOKS + what);
}

static bool enter_scan(void *ctx, pid_t pid, enum proc_look what)
{
	return enter(ctx, pid, what == PROC_LOOK_EXE ? LOOK_EXE : LOOK_MAPS);
}

static struct target **targets_copy(struct target **list)
{
	struct target **copy;
	size_t n = 0;

	while (list && list[n])
		n++;
	copy = mem_zalloc(n + 1, sizeof(*copy));
	while (n--)
		copy[n] = target_ref(list[n]);
	return copy;
}

static void targets_free(struct target **list)
{
	for (size_t i = 0; list && list[i]; i++)
		target_unref(list[i]);
	free(list);
}

static void ask_release(struct ask *a)
{
	targets_free(a->execed);
	targets_free(a->listeners);
	targets_free(a->unknown);
	*a = (struct ask){.processes = false};
}

/* Ready for the next run. */
static void search_clear(struct search *q)
{
	ask_release(&q->ask);
	q->err = (struct err)ERR_INIT;
	q->n = 0;
}

void search_free(struct search *q)
{
	if (!q)
		return;
	search_clear(q);
	go_list_free(q->list);
	socket_tables_free(q->sockets);
	free(q->found);
	free(q);
}

static void search_drop(void *state)
{
	search_free(state);
}

static struct found *add_found(struct search *q, struct target *t)
{
	if (q->n == q->room) {
		q->room = q->room ? 2 * q->room : 64;
		q->found = mem_realloc(q->found, q->room, sizeof(*q->found));
	}
	q->found[q->n] = (struct found){.target = t};
	return &q->found[q->n++];
}

/* By its PID; `t`: whose news they are. */
static void find_facts(struct search *q, const struct proc_id *id,
		       struct target *t)
{
	bool brief = !enter(q, id->pid, LOOK_FACTS);
	struct found *f = add_found(q, t);

	if (facts_read(q->fs, id, brief, &f->info, &q->err))
		q->n--;
	else if (!f->info.go_version[0] && enter(q, id->pid, LOOK_MAPS))
		facts_of_library(q->fs, id, &f->info);
}

static void find_library(struct search *q, struct target *t)
{
	size_t n = q->n;

	find_facts(q, &t->proc, t);
	if (q->n == n)
		return;
	q->found[n].turned_go = q->found[n].info.go_version[0];
	if (!q->found[n].turned_go)
		q->n = n; /* nothing new */
}

static bool is_known(struct search *q, const struct proc_id *id)
{
	struct target *t = store_find_pid(q->store, id);

	if (t)
		target_unref(t);
	return t != NULL;
}

/* mountinfo may be long, and /etc on a disk that does not answer: it is read by
 * this thread, and not at each turn. */
static void find_hiding(struct search *q)
{
	int64_t now = clock_boot_ns();

	if (now < q->hides_ns)
		return;
	q->hides_ns = now + HIDES_NS;
	if (!rights_hides(q->fs, q->hides, sizeof(q->hides)))
		q->hides[0] = '\0';
}

static void find_processes(struct search *q)
{
	const struct proc_entry *entries;
	size_t n;

	if (!q->list)
		q->list = go_list_new(q->fs, enter_scan, q);
	if (go_list_scan(q->list, &q->err))
		return;
	entries = proc_list_entries(go_list_processes(q->list), &n);
	for (size_t i = 0; i < n; i++) {
		const struct proc_entry *e = &entries[i];
		struct found *f;
		bool brief;

		if (!q->ask.all && is_known(q, &e->id))
			continue;
		brief = !enter(q, e->id.pid, LOOK_FACTS);
		f = add_found(q, NULL);
		/* It may have gone since the scan: nothing to list then. */
		if (facts_of_entry(q->fs, e, brief, &f->info, NULL))
			q->n--;
	}
	memcpy(q->counts, proc_list_counts(go_list_processes(q->list)),
	       sizeof(q->counts));
	find_hiding(q);
}

static void find_listeners(struct search *q, struct target *t)
{
	struct found *f;
	int dir;

	if (!enter(q, t->proc.pid, LOOK_SOCKETS))
		return;
	dir = procfs_pid_open(q->fs, &t->proc, NULL);
	if (dir < 0)
		return;
	if (!q->sockets)
		q->sockets = socket_tables_new();
	f = add_found(q, t);
	f->listens = true;
	listeners_text(q->sockets, dir, f->info.listens);
	close(dir);
}

static void look(void *state, struct guard_work *work)
{
	struct search *q = state;

	q->work = work;
	for (size_t i = 0; q->ask.execed[i]; i++)
		find_facts(q, &q->ask.execed[i]->proc, q->ask.execed[i]);
	for (size_t i = 0; q->ask.unknown[i]; i++)
		find_library(q, q->ask.unknown[i]);
	q->err = (struct err)ERR_INIT; /* they may be gone */
	if (q->ask.one.pid)
		find_facts(q, &q->ask.one, NULL);
	if (q->ask.processes)
		find_processes(q);
	for (size_t i = 0; q->ask.listeners[i]; i++)
		find_listeners(q, q->ask.listeners[i]);
	if (q->sockets)
		socket_tables_forget(q->sockets);
}

/* ---- running it ----------------------------------------------------------- */

static void held_text(char *out, size_t size, uint64_t place)
{
	snprintf(out, size,
		 "process %llu: reading its %s blocks in the kernel; set aside "
		 "until it comes back",
		 (unsigned long long)place / LOOKS, look_name[place % LOOKS]);
}

/* What blocks is passed over in the next run, and so on. *kept is used and kept
 * for the run after; NULL where the program ends meanwhile (`stop`). */
static struct search *search_run(struct sampler *s, struct search **kept,
				 const struct ask *ask, const atomic_bool *stop)
{
	char text[128];
	uint64_t held;

	for (;;) {
		struct search *q = *kept;

		*kept = NULL;
		if (!q) {
			q = mem_zalloc(1, sizeof(*q));
			q->store = &s->store;
			q->fs = &s->fs;
		}
		q->ask = *ask;
		q->ask.execed = targets_copy(ask->execed);
		q->ask.listeners = targets_copy(ask->listeners);
		q->ask.unknown = targets_copy(ask->unknown);
		if (guard_run(&s->guard, look, search_drop, q, stop, &held)) {
			*kept = q;
			return q;
		}
		if (!held)
			return NULL;
		held_text(text, sizeof(text), held);
		store_toast(&s->store, true, "%s", text);
	}
}

/* ---- into the store ------------------------------------------------------- */

static void suggest(struct sampler *s, const struct target *t,
		    const char *listens)
{
	store_toast(&s->store, false,
		    "%d listens on %s: e, --probe or %d@URL for its profile",
		    (int)t->proc.pid, listens, (int)t->proc.pid);
}

static void take_found(struct sampler *s, const struct found *f, bool opened)
{
	if (!f->target) {
		target_unref(store_add(&s->store, &f->info, NULL, opened));
	} else if (!f->listens) {
		store_update_info(&s->store, f->target, &f->info);
		/* The lanes have given it up as no Go program. */
		if (f->turned_go)
			atomic_fetch_add(&f->target->execs, 1);
	} else if (store_set_listens(&s->store, f->target, f->info.listens) &&
		   atomic_load(&f->target->opened)) {
		suggest(s, f->target, f->info.listens);
	}
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

static void say_aside(struct sampler *s)
{
	uint64_t place[GUARD_ASIDE];
	unsigned n = guard_aside(&s->guard, place);
	char text[128];

	while (n--) {
		held_text(text, sizeof(text), place[n]);
		store_note(&s->store, (pid_t)(place[n] / LOOKS), text);
	}
}

static void say_denied(struct sampler *s, const struct search *q)
{
	const size_t *counts = q->counts;
	char text[256];

	if (q->hides[0])
		store_note(&s->store, 0, q->hides);
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

static void say_counts(struct sampler *s, const struct search *q)
{
	size_t all = 0;

	for (unsigned i = 0; i < PROC_SKIP_N; i++)
		if (i != PROC_SKIP_KERNEL)
			all += q->counts[i];
	pthread_mutex_lock(&s->store.lock);
	s->store.note_count = 0;
	pthread_mutex_unlock(&s->store.lock);
	say_denied(s, q);
	say_aside(s);
	pthread_mutex_lock(&s->store.lock);
	s->store.processes = (unsigned)all;
	pthread_mutex_unlock(&s->store.lock);
}

/* Look, and bring the store up to date. */
static int look_for(struct sampler *s, const struct ask *ask, bool opened,
		    const atomic_bool *stop, struct err *err)
{
	struct search *q = search_run(s, &s->search, ask, stop);
	int rc = 0;

	if (!q)
		return 0;
	for (size_t i = 0; i < q->n; i++)
		take_found(s, &q->found[i], opened);
	if (q->err.code != ERR_NONE) {
		rc = -1;
		if (err)
			*err = q->err;
	} else if (ask->processes) {
		say_counts(s, q);
	}
	search_clear(q);
	return rc;
}

int sampler_discover(struct sampler *s, bool opened, struct err *err)
{
	return look_for(s, &(struct ask){.processes = true}, opened, NULL, err);
}

static bool is_opened(const struct target *t)
{
	return atomic_load(&t->opened);
}

/* Is all that we know of it that it is not Go? */
static bool is_unknown(const struct target *t)
{
	return is_opened(t) && !t->state.info.go_version[0] &&
	       atomic_load(&t->memory) == MEMORY_REFUSED;
}

/* References to the live processes of which `which` is true; NULL: to all. */
static struct target **live_targets(struct store *st,
				    bool (*which)(const struct target *t))
{
	struct target **list;
	unsigned room, n = 0;

	pthread_mutex_lock(&st->lock);
	room = st->count;
	pthread_mutex_unlock(&st->lock);
	list = mem_zalloc(room + 1, sizeof(*list));
	pthread_mutex_lock(&st->lock);
	for (unsigned i = 0; i < st->count && n < room; i++) {
		struct target *t = st->targets[i];

		if (t->kind == TARGET_PROCESS &&
		    t->state.info.phase == TARGET_LIVE && (!which || which(t)))
			list[n++] = target_ref(t);
	}
	pthread_mutex_unlock(&st->lock);
	return list;
}

#define EXECED_MOST 16 /* the others in the next turn */

static struct target **execed_targets(struct store *st)
{
	struct target **list = mem_zalloc(EXECED_MOST + 1, sizeof(*list));
	unsigned n = 0;

	pthread_mutex_lock(&st->lock);
	for (unsigned i = 0; i < st->count && n < EXECED_MOST; i++) {
		struct target *t = st->targets[i];

		if (t->state.info.exec_gen == t->facts_gen)
			continue;
		t->facts_gen = t->state.info.exec_gen;
		list[n++] = target_ref(t);
	}
	pthread_mutex_unlock(&st->lock);
	return list;
}

void sampler_find_listeners(struct sampler *s)
{
	struct ask ask = {.listeners = live_targets(&s->store, NULL)};

	/* What cannot be looked at listens on nothing that we know. */
	if (look_for(s, &ask, false, NULL, NULL))
		store_toast(&s->store, true, "sockets cannot be read");
	ask_release(&ask);
}

/* A list that nobody looks at is not kept up. */
static bool list_is_due(struct sampler *s, int64_t now_ns)
{
	return s->opt.discover && now_ns >= s->next_scan_ns &&
	       (s->opt.items ||
		now_ns - atomic_load(&s->list_ns) <= LIST_UNSEEN_NS);
}

static void read_machine(struct sampler *s)
{
	int64_t total, available;

	machine_memory(&s->fs, &total, &available);
	pthread_mutex_lock(&s->store.lock);
	s->store.mem_total = total;
	s->store.mem_available = available;
	pthread_mutex_unlock(&s->store.lock);
}

void discover_turn(struct sampler *s, int64_t now_ns)
{
	struct ask ask = {.processes = list_is_due(s, now_ns),
			  .execed = execed_targets(&s->store)};
	struct err err = ERR_INIT;

	if (ask.processes) {
		s->next_scan_ns = now_ns + SCAN_NS;
		read_machine(s);
		drop_exited(s, now_ns);
	}
	if (now_ns >= s->next_sockets_ns) {
		s->next_sockets_ns = now_ns + SOCKETS_NS;
		ask.listeners = live_targets(
			&s->store, s->opt.discover ? NULL : is_opened);
	}
	if (now_ns >= s->next_unknown_ns) {
		s->next_unknown_ns = now_ns + UNKNOWN_NS;
		ask.unknown = live_targets(&s->store, is_unknown);
	}
	if ((ask.processes || ask.execed[0] || ask.listeners ||
	     (ask.unknown && ask.unknown[0])) &&
	    look_for(s, &ask, false, &s->finder.stop, &err))
		store_toast(&s->store, true, "%s", err.msg);
	ask_release(&ask);
}

int find_facts_of(struct sampler *s, pid_t pid, struct target_info *out,
		  struct err *err)
{
	const struct ask ask = {.one = {.pid = pid}};
	struct search *kept = NULL, *q = search_run(s, &kept, &ask, NULL);
	int rc = q->n ? 0 : -1;

	if (rc == 0)
		*out = q->found[0].info;
	else if (err)
		*err = q->err;
	search_free(q);
	return rc;
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

static void take_candidate(struct candidate *c, const struct target_info *info)
{
	c->pid = info->pid;
	snprintf(c->user, sizeof(c->user), "%s", info->user);
	snprintf(c->cmdline, sizeof(c->cmdline), "%.99s",
		 info->cmdline[0] ? info->cmdline : info->comm);
}

int sampler_find(struct sampler *s, const char *name,
		 struct candidate out[CANDIDATES_MAX], struct err *err)
{
	const struct ask ask = {.processes = true, .all = true};
	struct search *kept = NULL, *q = search_run(s, &kept, &ask, NULL);
	char shown[64];
	int hits = 0;

	if (q->err.code != ERR_NONE)
		hits = -1;
	for (size_t i = 0; hits >= 0 && i < q->n; i++) {
		if (!matches(&q->found[i].info, name))
			continue;
		if (hits < CANDIDATES_MAX)
			take_candidate(&out[hits], &q->found[i].info);
		hits++;
	}
	if (hits < 0 && err)
		*err = q->err;
	search_free(q);
	if (hits)
		return hits;
	text_visible(shown, sizeof(shown), name, strlen(name));
	return err_set(err, ERR_GONE,
		       "no Go process is called '%s' ('residue list' shows "
		       "them)",
		       shown);
}
