/*
 * gomem_verify.c - hold readings from outside against a process's own.
 *
 *   gomem-verify quiet PID FILE N   every field equal, N times
 *   gomem-verify live PID FILE N    every counter between the process's own
 *                                   figures of before and after, N times; with
 *                                   what the Ps' caches hold, and without
 *   gomem-verify sites PID FILE     the heap profile, record by record
 *   gomem-verify session            the same as quiet for each line "PID FILE N"
 *                                   of the input, in one process, which knows
 *                                   the files of those before
 *   gomem-verify static ELF [TWIN]  places found in the code of a program that
 *                                   is not run, against its symbols or, where
 *                                   it was stripped, those of its twin
 *
 * FILE is what tests/integration/target publishes. One line of JSON says what
 * was found; the exit status is 0 when all of it is right.
 */
#include <residue/base/clock.h>
#include <residue/base/mem.h>
#include <residue/goelf/symtab.h>
#include <residue/gomem/gomem.h>

#include "gomem/propose.h"

#include <elf.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define WORDS	512
#define MODULES 16 /* places of the module's pointer that are tried */
#define WAIT_NS (10 * NS_PER_SEC)

/* As target/main.go publishes them. */
enum value {
	HEAP_ALLOC,
	TOTAL_ALLOC,
	MALLOCS,
	FREES,
	HEAP_OBJECTS,
	SYS,
	HEAP_SYS,
	HEAP_IDLE,
	HEAP_INUSE,
	HEAP_RELEASED,
	STACK_INUSE,
	STACK_SYS,
	MSPAN_INUSE,
	MSPAN_SYS,
	MCACHE_INUSE,
	MCACHE_SYS,
	BUCKHASH_SYS,
	GC_SYS,
	OTHER_SYS,
	NEXT_GC,
	LAST_GC,
	PAUSE_TOTAL,
	NUM_GC,
	NUM_FORCED,
	LAST_PAUSE,
	LAST_PAUSE_END,
	GOROUTINES,
	BY_SIZE,		  /* mallocs and frees, in turn */
	VALUES = BY_SIZE + 2 * 61 /* of runtime.MemStats.BySize */
};

static const char *const value_name[BY_SIZE + 1] = {
	"HeapAlloc",   "TotalAlloc",   "Mallocs",      "Frees",
	"HeapObjects", "Sys",	       "HeapSys",      "HeapIdle",
	"HeapInuse",   "HeapReleased", "StackInuse",   "StackSys",
	"MSpanInuse",  "MSpanSys",     "MCacheInuse",  "MCacheSys",
	"BuckHashSys", "GCSys",	       "OtherSys",     "NextGC",
	"LastGC",      "PauseTotalNs", "NumGC",	       "NumForcedGC",
	"PauseNs",     "PauseEnd",     "NumGoroutine", "BySize"};

/* Those that only grow: between before and after at any instant. */
static const enum value counters[] = {TOTAL_ALLOC, MALLOCS,	FREES,	NUM_GC,
				      NUM_FORCED,  PAUSE_TOTAL, LAST_GC};
#define COUNTERS (sizeof(counters) / sizeof(counters[0]))
#define OF_WALK	 3 /* of them: those that the caches have a part in */

struct truth {
	uint64_t begin_ns, end_ns; /* wall clock */
	uint64_t value[VALUES];
};

/* One publication, whole. */
static void take_truth(const _Atomic uint64_t *shared, struct truth *out)
{
	uint64_t before, after;

	do {
		before = atomic_load(&shared[0]);
		out->begin_ns = shared[1];
		out->end_ns = shared[2];
		for (int i = 0; i < VALUES; i++)
			out->value[i] = shared[4 + i];
		after = atomic_load(&shared[0]);
	} while (before != after || before & 1 || before == 0);
}

static void wait_truth(const _Atomic uint64_t *shared, uint64_t since,
		       struct truth *out)
{
	int64_t give_up = clock_boot_ns() + WAIT_NS;
	struct timespec ts = {0, 300000};

	for (;;) {
		take_truth(shared, out);
		if (out->begin_ns > since)
			return;
		if (clock_boot_ns() > give_up) {
			fprintf(stderr, "the target publishes nothing\n");
			exit(1);
		}
		nanosleep(&ts, NULL);
	}
}

static void values_of(const struct gomem_stats *s,
		      const struct gomem_objects *o, uint64_t v[VALUES])
{
	const uint32_t last = (s->numgc + GOMEM_RING - 1) % GOMEM_RING;
	const uint64_t all[BY_SIZE] = {
		o->heap_alloc,	   o->total_alloc,     o->mallocs,
		o->frees,	   o->heap_objects,    s->sys,
		s->heap_sys,	   s->heap_idle,       s->heap_inuse,
		s->heap_released,  s->stack_inuse,     s->stack_sys,
		s->mspan_inuse,	   s->mspan_sys,       s->mcache_inuse,
		s->mcache_sys,	   s->buckhash_sys,    s->gc_sys,
		s->other_sys,	   s->next_gc,	       s->last_gc,
		s->pause_total_ns, s->numgc,	       s->numforcedgc,
		s->last_pause_ns,  s->pause_end[last], s->goroutines};

	memcpy(v, all, sizeof(all));
	for (int i = BY_SIZE; i < VALUES; i += 2) {
		v[i] = o->by_size_mallocs[(i - BY_SIZE) / 2];
		v[i + 1] = o->by_size_frees[(i - BY_SIZE) / 2];
	}
}

struct tally {
	unsigned reads, exact, compared, equal, bracketed;
	unsigned objects, walked, within; /* walks: exact, all, bracketed */
	unsigned wrong[VALUES];
	int64_t ns; /* of all reads */
	unsigned tries;
	int32_t scavtrace; /* of the last read */
};

static void compare(const struct truth *a, const struct truth *b,
		    const uint64_t v[VALUES], bool goroutines, struct tally *t)
{
	for (int i = 0; i < VALUES; i++) {
		if (a->value[i] != b->value[i])
			continue; /* not quiet in between */
		if (i == GOROUTINES && !goroutines)
			continue;
		t->compared++;
		t->equal += v[i] == a->value[i];
		t->wrong[i] += v[i] != a->value[i];
	}
}

/* The first `n` of the counters. */
static bool bracketed(const struct truth *a, const struct truth *b,
		      const uint64_t v[VALUES], size_t n, struct tally *t)
{
	bool all = true;

	for (size_t i = 0; i < n; i++) {
		enum value k = counters[i];
		bool in = v[k] >= a->value[k] && v[k] <= b->value[k];

		t->wrong[k] += !in;
		all &= in;
	}
	return all;
}

static int one_read(struct gomem *g, const _Atomic uint64_t *shared, bool live,
		    struct tally *t)
{
	struct gomem_objects o;
	struct truth before, after;
	static struct gomem_stats s;
	struct err err = ERR_INIT;
	uint64_t v[VALUES], now;

	take_truth(shared, &before);
	if (gomem_read(g, &s, &err)) {
		/* Torn by what allocates, and not shown: as bad as one that is
		 * not bracketed. */
		if (live && err.code == ERR_FORMAT) {
			t->reads++;
			return 0;
		}
		fprintf(stderr, "read: %s\n", err.msg);
		return -1;
	}
	if (gomem_objects(g, &o, &err) == 0) {
		t->objects += o.exact;
		t->walked++;
	} else if (err.code != ERR_TIMEOUT) {
		fprintf(stderr, "objects: %s\n", err.msg);
		return -1;
	}
	now = (uint64_t)(clock_boot_ns() + clock_wall_offset_ns());
	wait_truth(shared, now, &after);
	values_of(&s, &o, v);
	if (live) {
		t->within += bracketed(&before, &after, v, OF_WALK, t);
		/* The plain reading, as shown at every tick. */
		o = (struct gomem_objects){.heap_alloc = s.heap_alloc,
					   .mallocs = s.mallocs,
					   .total_alloc = s.total_alloc,
					   .frees = s.frees};
		values_of(&s, &o, v);
	}
	t->reads++;
	t->exact += s.exact;
	t->ns += s.end_ns - s.begin_ns;
	t->tries += s.tries;
	t->scavtrace = s.scavtrace;
	if (live)
		t->bracketed += bracketed(&before, &after, v, COUNTERS, t);
	else
		compare(&before, &after, v, gomem_info(g)->has_goroutines, t);
	return 0;
}

static const char *const how_name[] = {"symbol", "code", "scan"};

static int report(const struct gomem_info *i, const struct tally *t, bool live)
{
	bool ok = live ? t->bracketed * 1000ull >= t->reads * 999ull &&
				  t->within * 1000ull >= t->reads * 999ull
		       : t->equal == t->compared && t->compared > 0;

	printf("{\"version\":\"%s\",\"row\":\"%s\",\"how\":\"%s\","
	       "\"locate_ms\":%.1f,\"reads\":%u,\"exact\":%u,\"compared\":%u,"
	       "\"equal\":%u,\"bracketed\":%u,\"objects\":%u,\"walked\":%u,"
	       "\"within\":%u,\"us\":%.1f,"
	       "\"known\":%d,\"wrong\":{",
	       i->version, i->row, how_name[i->how], (double)i->locate_ns / 1e6,
	       t->reads, t->exact, t->compared, t->equal, t->bracketed,
	       t->objects, t->walked, t->within, (double)t->ns / 1e3 / t->reads,
	       i->known);
	for (int k = 0, n = 0; k < VALUES; k++)
		if (t->wrong[k])
			printf("%s\"%s\":%u", n++ ? "," : "",
			       value_name[k < BY_SIZE ? k : BY_SIZE],
			       t->wrong[k]);
	printf("},\"spans\":%d,\"goroutines\":%d,\"sites\":%d,\"scavtrace\":%d}"
	       "\n",
	       i->has_spans, i->has_goroutines, i->has_sites, t->scavtrace);
	/* Only where names are scrambled, goroutines may be missing. */
	return ok && i->has_spans &&
			       (i->has_goroutines || i->how == GOMEM_BY_SCAN)
		       ? 0
		       : 1;
}

static const _Atomic uint64_t *map_truth(const char *file)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	void *p = MAP_FAILED;

	if (fd >= 0)
		p = mmap(NULL, WORDS * 8, PROT_READ, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED) {
		perror(file);
		exit(2);
	}
	close(fd);
	return p;
}

static struct gomem *open_target(const char *pid)
{
	struct err err = ERR_INIT;
	struct gomem *g = gomem_open(atoi(pid), NULL, &err);

	if (!g) {
		fprintf(stderr, "%s: %s\n", pid, err.msg);
		exit(1);
	}
	return g;
}

static int verify_open(struct gomem *g, const char *file, int n, bool live)
{
	const _Atomic uint64_t *shared = map_truth(file);
	struct tally t = {.reads = 0};
	int status = 0;

	for (int i = 0; i < n && status == 0; i++)
		status = one_read(g, shared, live, &t);
	if (status == 0)
		status = report(gomem_info(g), &t, live);
	munmap((void *)(uintptr_t)shared, WORDS * 8);
	return status;
}

static int verify(const char *pid, const char *file, int n, bool live)
{
	struct gomem *g = open_target(pid);
	int status = verify_open(g, file, n, live);

	gomem_close(g);
	return status ? 1 : 0;
}

/* One line of output for each of input, also for what cannot be opened or is
 * not equal: the reader of the lines judges. */
static int verify_session(void)
{
	char line[4096], file[4096];
	int pid, n;

	while (fgets(line, sizeof(line), stdin) &&
	       sscanf(line, "%d %4095s %d", &pid, file, &n) == 3) {
		struct err err = ERR_INIT;
		struct gomem *g = gomem_open(pid, NULL, &err);

		if (!g)
			printf("{\"error\":\"%s\"}\n", err.msg);
		else if (verify_open(g, file, n, false) < 0)
			printf("{\"error\":\"not read\"}\n");
		gomem_close(g);
		fflush(stdout);
	}
	return 0;
}

/*
 * runtime/traceback.go, funcNamePiecesForPrint: the type arguments of a
 * generic function are cut out, since Go 1.21. A generic method of a generic
 * type (1.27) has two such pieces.
 */
static void cut_types(char *name, int minor)
{
	char *open = strchr(name, '['), *close = strrchr(name, ']');
	char *second = NULL, *first_end = close;
	char out[PCLNTAB_NAME];
	int depth = 0;

	if (!open || !close || close <= open || minor < 21)
		return;
	for (char *p = open; minor >= 27 && p < close; p++) {
		depth += (*p == '[') - (*p == ']');
		if (*p == ']' && depth == 0) {
			first_end = p;
			second = strchr(p, '[');
			break;
		}
	}
	if (second && second < close)
		snprintf(out, sizeof(out), "%.*s[...]%.*s[...]%s",
			 (int)(open - name), name,
			 (int)(second - first_end - 1), first_end + 1,
			 close + 1);
	else
		snprintf(out, sizeof(out), "%.*s[...]%s", (int)(open - name),
			 name, close + 1);
	strcpy(name, out);
}

/* ---- sites ---- */

static char *site_line(const struct gomem_sites *s, size_t i, int minor)
{
	const struct gomem_site *k = &s->site[i];
	char *line =
		mem_printf("%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64,
			   k->allocs, k->frees, k->alloc_bytes, k->free_bytes);

	for (uint32_t d = 0; d < k->depth; d++) {
		const struct gomem_frame *f =
			&s->frame[s->stacks[k->stack + d]];
		char name[PCLNTAB_NAME];
		char *more;

		/* The target's truth is what runtime.Frame says. */
		snprintf(name, sizeof(name), "%s", s->text + f->function);
		cut_types(name, minor);
		more = mem_printf("%s %s:%u", line, name, f->line);

		free(line);
		line = more;
	}
	return line;
}

static int by_text(const void *a, const void *b)
{
	char *const *x = a, *const *y = b;

	return strcmp(*x, *y);
}

static size_t read_lines(const char *file, char ***out)
{
	FILE *f = fopen(file, "re");
	char *line = NULL;
	size_t room = 0, n = 0;
	ssize_t len;

	if (!f) {
		perror(file);
		exit(2);
	}
	*out = NULL;
	while ((len = getline(&line, &room, f)) > 0) {
		line[len - 1] = '\0';
		*out = mem_realloc(*out, n + 1, sizeof(**out));
		(*out)[n++] = mem_strdup(line);
	}
	free(line);
	fclose(f);
	return n;
}

/* Both lists are sorted: how many lines of `a` are in `b`. */
static size_t common(char **a, size_t na, char **b, size_t nb)
{
	size_t i = 0, k = 0, n = 0;

	while (i < na && k < nb) {
		int c = strcmp(a[i], b[k]);

		n += c == 0;
		i += c <= 0;
		k += c >= 0;
	}
	return n;
}

static int verify_sites(const char *pid, const char *file)
{
	char *path = mem_printf("%s.sites", file), **want, **have;
	struct gomem *g = open_target(pid);
	struct err err = ERR_INIT;
	struct gomem_sites s;
	int64_t start = clock_boot_ns();
	size_t n, same;
	double ms;

	if (gomem_sites(g, &s, &err)) {
		fprintf(stderr, "sites: %s\n", err.msg);
		return 1;
	}
	ms = (double)(clock_boot_ns() - start) / 1e6;
	n = read_lines(path, &want);
	have = mem_zalloc(s.n, sizeof(*have));
	for (size_t i = 0; i < s.n; i++)
		have[i] = site_line(&s, i, goexe_minor(gomem_info(g)->row));
	qsort(want, n, sizeof(*want), by_text);
	qsort(have, s.n, sizeof(*have), by_text);
	same = common(want, n, have, s.n);
	printf("{\"how\":\"%s\",\"sites\":%zu,\"found\":%zu,\"same\":%zu,"
	       "\"rate\":%" PRId64 ",\"ms\":%.1f}\n",
	       how_name[gomem_info(g)->how], n, s.n, same, s.rate, ms);
	for (size_t i = 0; same != n && i < n; i++)
		if (common(&want[i], 1, have, s.n) == 0)
			fprintf(stderr, "missing: %s\n", want[i]);
	for (size_t i = 0; i < n; i++)
		free(want[i]);
	for (size_t i = 0; i < s.n; i++)
		free(have[i]);
	free(want);
	free(have);
	free(path);
	n = n && same == n && s.n == n;
	gomem_sites_release(&s);
	gomem_close(g);
	return n ? 0 : 1;
}

/* ---- static ---- */

static int rank_of(const struct candidate *c, unsigned n, uint64_t addr)
{
	for (unsigned i = 0; i < n; i++)
		if (c[i].addr == addr)
			return (int)i + 1;
	return 0;
}

/* The linker may begin a section some bytes later in the twin. */
static uint64_t moved(const struct elf_image *to, const struct elf_image *from,
		      uint64_t addr)
{
	for (unsigned i = 0; i < from->nsec; i++) {
		const struct elf_section *s = &from->sec[i];
		const struct elf_section *same;

		if (!s->addr || addr < s->addr || addr - s->addr >= s->size)
			continue;
		same = elf_section(to, from->names + s->name);
		return same ? same->addr + (addr - s->addr) : 0;
	}
	return 0;
}

/* Addresses in `image` by the symbols of the file at `path`. */
static unsigned symbols_of(const struct elf_image *image, const char *path,
			   struct symtab_want want[2])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct elf_image e;
	unsigned found;

	if (elf_open(&e, fd, NULL))
		return 0;
	found = symtab_find(&e, want, 2);
	for (unsigned i = 0; i < 2; i++)
		want[i].addr = moved(image, &e, want[i].addr);
	elf_close(&e);
	close(fd);
	return found;
}

/* Among the candidates that are tried, is the one that the symbols name? */
static int verify_static(const char *path, const char *twin)
{
	struct symtab_want want[] = {{"runtime.memstats", 0},
				     {"runtime.gcController", 0}};
	struct gomem *g = mem_zalloc(1, sizeof(*g));
	struct proposals *p = mem_zalloc(1, sizeof(*p));
	const struct layout *row[LAYOUTS];
	struct err err = ERR_INIT;
	int fd = open(path, O_RDONLY | O_CLOEXEC), memstats = 0, gc = 0;
	uint64_t at[MODULES];
	bool exact;

	g->exe_fd = g->pidfd = -1;
	if (elf_open(&g->elf, fd, &err)) {
		fprintf(stderr, "%s: %s\n", path, err.msg);
		exit(2);
	}
	goexe_identify_image(&g->elf, &g->exe);
	remote_image(&g->remote, &g->elf);
	g->pclntab = pclntab_open(&g->elf, &err);
	if (layout_choose(g->exe.version, g->elf.machine, row, &exact) == 1) {
		for (unsigned i = scan_modules(g, at, MODULES); i > 0; i--)
			if (module_at(g, row[0], at[i - 1], &g->module))
				break;
		if (propose_by_code(g, row[0], p) &&
		    symbols_of(&g->elf, twin, want) == 2) {
			memstats = rank_of(p->pairs.memstats,
					   p->pairs.nmemstats, want[0].addr);
			gc = rank_of(p->pairs.gc, p->pairs.ngc, want[1].addr);
		}
	}
	printf("{\"version\":\"%s\",\"machine\":%u,\"memstats\":%d,"
	       "\"gc\":%d}\n",
	       g->exe.version, g->elf.machine, memstats, gc);
	free(p);
	close(fd);
	gomem_close(g);
	return memstats && gc ? 0 : 1;
}

int main(int argc, char **argv)
{
	if (argc == 5 && strcmp(argv[1], "quiet") == 0)
		return verify(argv[2], argv[3], atoi(argv[4]), false);
	if (argc == 5 && strcmp(argv[1], "live") == 0)
		return verify(argv[2], argv[3], atoi(argv[4]), true);
	if (argc == 2 && strcmp(argv[1], "session") == 0)
		return verify_session();
	if (argc == 4 && strcmp(argv[1], "sites") == 0)
		return verify_sites(argv[2], argv[3]);
	if ((argc == 3 || argc == 4) && strcmp(argv[1], "static") == 0)
		return verify_static(argv[2], argv[argc - 1]);
	fprintf(stderr,
		"usage: gomem-verify quiet|live|session|sites|static ...\n");
	return 2;
}
