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

#include <stdarg.h>
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
	bool brief;	       /* the rest could not be read now */
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

static uint64_t place_of(pid_t pid, enum look what)
{
	return (uint64_t)pid * LOOKS + what;
}

static bool enter(struct search *q, pid_t pid, enum look what)
{
	return guard_enter(q->work, place_of(pid, what));
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

/* By its PID; `t`: whose news they are. False: not all of them, or none. */
static bool find_facts(struct search *q, const struct proc_id *id,
		       struct target *t)
{
	bool brief = !enter(q, id->pid, LOOK_FACTS);
	struct found *f = add_found(q, t);

	f->brief = brief;
	if (facts_read(q->fs, id, brief, &f->info, &q->err))
		q->n--;
	else if (!f->info.go_version[0] && enter(q, id->pid, LOOK_MAPS))
		facts_of_library(q->fs, id, &f->info);
	return !brief;
}

static void find_library(struct search *q, struct target *t)
{
	size_t n = q->n;
	bool whole = find_facts(q, &t->proc, t);

	if (q->n == n)
		return;
	q->found[n].turned_go = whole && q->found[n].info.go_version[0];
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

/* mountinfo may be long: not at each turn. */
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

		if (!q->ask.all && is_known(q, &e->id))
			continue;
		f = add_found(q, NULL);
		f->brief = !enter(q, e->id.pid, LOOK_FACTS);
		/* It may have gone since the scan: nothing to list then. */
		if (facts_of_entry(q->fs, e, f->brief, &f->info, NULL))
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
		if (!held || (stop && atomic_load(stop)))
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
		    "%d listens on %s: e or %d@URL for its own profile, and g",
		    (int)t->proc.pid, listens, (int)t->proc.pid);
}

/* To be read again when the command line is free (has_facts). */
static void mark_brief(struct store *st, struct target *t)
{
	pthread_mutex_lock(&st->lock);
	t->facts_gen = ~t->state.info.exec_gen;
	pthread_mutex_unlock(&st->lock);
}

/* False: there is no room for it. */
static bool add_target(struct sampler *s, const struct found *f, bool opened)
{
	struct target *t = store_add(&s->store, &f->info, NULL, opened);

	if (!t)
		return false;
	if (f->brief)
		mark_brief(&s->store, t);
	target_unref(t);
	return true;
}

static bool take_found(struct sampler *s, const struct found *f, bool opened)
{
	if (!f->target) {
		return add_target(s, f, opened);
	} else if (!f->listens) {
		store_update_info(&s->store, f->target, &f->info);
		if (f->brief)
			mark_brief(&s->store, f->target);
		/* The lanes have given it up as no Go program. */
		if (f->turned_go)
			atomic_fetch_add(&f->target->execs, 1);
	} else if (store_set_listens(&s->store, f->target, f->info.listens) &&
		   atomic_load(&f->target->opened)) {
		suggest(s, f->target, f->info.listens);
	}
	return true;
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

/* What is to be said at the list's foot. */
struct notes {
	struct list_note list[FRAME_NOTES];
	unsigned n;
};

static RESIDUE_PRINTF(3, 4) void add_note(struct notes *notes, pid_t pid,
					  const char *fmt, ...)
{
	struct list_note *n = &notes->list[notes->n];
	va_list ap;

	if (notes->n == FRAME_NOTES)
		return;
	notes->n++;
	n->pid = pid;
	va_start(ap, fmt);
	vsnprintf(n->text, sizeof(n->text), fmt, ap);
	va_end(ap);
}

static void note_denied(struct notes *notes, const struct search *q)
{
	size_t n = q->counts[PROC_SKIP_DENIED];

	if (q->hides[0])
		add_note(notes, 0, "%s", q->hides);
	/* Root is refused by something that no right of ours changes. */
	if (n && geteuid() != 0)
		add_note(notes, 0,
			 "%zu other process%s cannot be told to be Go or not: "
			 "run as root, or: sudo setcap cap_sys_ptrace+ep "
			 "$(command -v residue)",
			 n, n == 1 ? "" : "es");
}

/* Those that hold, by name as far as there is room. */
static void note_aside(struct sampler *s, struct notes *notes)
{
	unsigned room = FRAME_NOTES - notes->n;
	uint64_t place[FRAME_NOTES];
	unsigned n = guard_aside(&s->guard, place, room);
	unsigned named = n <= room ? n : room - 1;
	char text[128];

	for (unsigned i = 0; i < named; i++) {
		held_text(text, sizeof(text), place[i]);
		add_note(notes, (pid_t)(place[i] / LOOKS), "%s", text);
	}
	if (named < n)
		add_note(notes, 0,
			 "%u more processes are set aside: they hold whoever "
			 "looks at them",
			 n - named);
}

/* Said already at the last turn? A number that it begins with may be another. */
static bool is_said(const struct store *st, const struct list_note *n)
{
	static const char digits[] = "0123456789";
	const char *rest = n->text + strspn(n->text, digits);

	for (unsigned i = 0; i < st->note_count; i++) {
		const char *old = st->notes[i].text;

		if (n->pid == st->notes[i].pid &&
		    strcmp(rest, old + strspn(old, digits)) == 0)
			return true;
	}
	return false;
}

/* In place of those of the last turn. What is new goes into the log. */
static void put_notes(struct store *st, const struct notes *notes)
{
	int64_t wall_ns = clock_boot_ns() + clock_wall_offset_ns();

	pthread_mutex_lock(&st->lock);
	for (unsigned i = 0; i < notes->n; i++)
		if (!is_said(st, &notes->list[i]))
			log_add(&st->log, wall_ns,
				&(struct target_info){
					.pid = notes->list[i].pid},
				false, notes->list[i].text);
	memcpy(st->notes, notes->list, sizeof(st->notes));
	st->note_count = notes->n;
	pthread_mutex_unlock(&st->lock);
}

static void say_counts(struct sampler *s, const struct search *q,
		       unsigned unlisted)
{
	struct notes notes = {.n = 0};
	size_t all = 0;

	for (unsigned i = 0; i < PROC_SKIP_N; i++)
		if (i != PROC_SKIP_KERNEL)
			all += q->counts[i];
	if (unlisted)
		add_note(&notes, 0,
			 "%u more Go processes are not listed: there is room "
			 "for %d",
			 unlisted, STORE_TARGETS);
	note_denied(&notes, q);
	note_aside(s, &notes);
	put_notes(&s->store, &notes);
	pthread_mutex_lock(&s->store.lock);
	s->store.processes = (unsigned)all;
	pthread_mutex_unlock(&s->store.lock);
}

/* Look, and bring the store up to date. */
static int look_for(struct sampler *s, const struct ask *ask, bool opened,
		    const atomic_bool *stop, struct err *err)
{
	struct search *q = search_run(s, &s->search, ask, stop);
	unsigned unlisted = 0;
	int rc = 0;

	if (!q)
		return 0;
	for (size_t i = 0; i < q->n; i++)
		unlisted += !take_found(s, &q->found[i], opened);
	if (q->err.code != ERR_NONE) {
		rc = -1;
		if (err)
			*err = q->err;
	} else if (ask->processes) {
		say_counts(s, q, unlisted);
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

/* Are the facts of this target as whole as they can be? Those that were read
 * while its command line held are read again when it is free: until then
 * facts_gen says that no facts are of this generation. */
static bool has_facts(struct target *t, const uint64_t *aside, unsigned n)
{
	const struct target_info *info = &t->state.info;
	uint64_t place = place_of(info->pid, LOOK_FACTS);
	bool held = false;

	for (unsigned i = 0; i < n && !held; i++)
		held = aside[i] == place;
	if (held && t->facts_gen == info->exec_gen && !info->cmdline[0])
		t->facts_gen = ~info->exec_gen;
	return t->facts_gen == info->exec_gen ||
	       (held && t->facts_gen == ~info->exec_gen);
}

/* Targets that have called exec, or whose facts could not be read before. */
static struct target **execed_targets(struct sampler *s)
{
	struct target **list = mem_zalloc(EXECED_MOST + 1, sizeof(*list));
	struct store *st = &s->store;
	uint64_t aside[GUARD_ASIDE];
	unsigned n = 0, held = guard_aside(&s->guard, aside, GUARD_ASIDE);

	pthread_mutex_lock(&st->lock);
	for (unsigned i = 0; i < st->count && n < EXECED_MOST; i++) {
		struct target *t = st->targets[i];

		if (has_facts(t, aside, held))
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
			  .execed = execed_targets(s)};
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
