/*
 * detect_replay.c - what the detectors and the judge would have said.
 *
 *   detect_replay HZ FILE >found.jsonl; score.py events JOURNAL found.jsonl
 *
 * FILE is a journal of tests/workload: its samples, thinned to HZ, become
 * readings of /proc and, a few ms later, of the runtime, with the PauseEnd
 * ring made from its gc lines. Or it is what an outside watcher recorded of
 * such a run, one reading a line: {"origin": "proc"|"smaps"|"runtime",
 * "begin": ns, "end": ns, "off": ns, FIELD: n, ..., "m": MemStats}, after a
 * line {"kind": "start", "t_ns": CLOCK_BOOTTIME of the process's start}; then
 * the lines of /proc are thinned and the others taken as they came. A runtime
 * line without MemStats has fields too, and "gcs": [[number, end], ...] since
 * the line before: what an agentless reader saw.
 */
#include <residue/base/mem.h>
#include <residue/detect/detect.h>
#include <residue/judge/verdict.h>

#include <jansson.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct replay {
	struct state state;
	void *detectors;
	struct judge judge;
	struct verdict verdict;
	bool judged;
	json_t *gcs;		/* of a journal: number -> end in ns */
	struct pause_ring ring; /* of agentless lines */
	double hz;
	int64_t next_ns, next_smaps_ns;
};

/* Journal keys and MemStats names of the runtime's fields. */
static const struct {
	enum field field;
	const char *journal, *memstats;
} runtime_fields[] = {
	{FIELD_HEAP_ALLOC, "heap_alloc", "HeapAlloc"},
	{FIELD_HEAP_INUSE, "heap_inuse", "HeapInuse"},
	{FIELD_HEAP_IDLE, "heap_idle", "HeapIdle"},
	{FIELD_HEAP_RELEASED, "heap_released", "HeapReleased"},
	{FIELD_HEAP_SYS, "heap_sys", "HeapSys"},
	{FIELD_STACK_INUSE, "stack_inuse", "StackInuse"},
	{FIELD_STACK_SYS, "stack_sys", "StackSys"},
	{FIELD_SYS, "sys", "Sys"},
	{FIELD_NEXT_GC, "next_gc", "NextGC"},
	{FIELD_NUM_GC, "num_gc", "NumGC"},
	{FIELD_NUM_FORCED_GC, "num_forced", "NumForcedGC"},
	{FIELD_LAST_GC, "last_gc", "LastGC"},
};

static void print(json_t *line)
{
	char *text = json_dumps(line, JSON_COMPACT);

	puts(text);
	free(text);
	json_decref(line);
}

static void print_event(void *ctx, const struct event *ev)
{
	(void)ctx;
	print(json_pack("{s:f, s:s, s:s, s:f, s:I, s:b, s:b, s:s}", "t",
			(double)ev->wall_ns / 1e9, "kind",
			event_kind_info[ev->kind].name, "source",
			event_source_name[ev->source], "confidence",
			ev->confidence, "bytes", (json_int_t)ev->bytes,
			"forced", ev->forced, "before_attach",
			ev->before_attach, "text", ev->text));
}

static void deliver(struct replay *p, struct reading *r,
		    struct pause_ring *take_ring)
{
	struct observation o = {
		.now = r,
		.state = &p->state,
		.pauses = take_ring,
		.first = !p->state.origins[r->origin].ever,
		.before = p->state.values,
		.before_end_ns = p->state.origins[r->origin].end_ns,
	};
	struct row row;

	state_reading(&p->state, r);
	detectors_observe(p->detectors, &o, print_event, NULL);
	free(take_ring);
	if (r->origin != ORIGIN_PROC ||
	    !state_compose(&p->state, r->end_ns, &row))
		return;
	struct verdict v;

	judge_step(&p->judge, &row, &v, NULL);
	if (!p->judged || v.kind != p->verdict.kind)
		print(json_pack("{s:f, s:s, s:s, s:f, s:s, s:s}", "t",
				(double)row.wall_ns / 1e9, "kind", "verdict",
				"verdict", verdict_info[v.kind].name,
				"confidence", v.confidence, "sentence",
				v.sentence, "why", v.why));
	p->verdict = v;
	p->judged = true;
}

static int64_t number(const json_t *line, const char *key)
{
	return json_integer_value(json_object_get(line, key));
}

static void set(struct values *v, enum field f, const json_t *line,
		const char *key)
{
	const json_t *n = json_object_get(line, key);

	if (json_is_integer(n))
		values_set(v, f, json_integer_value(n));
}

/* At most `hz` a second, as tests/truth/baseline.py thins. */
static bool due(struct replay *p, int64_t t_ns)
{
	if (t_ns < p->next_ns)
		return false;
	p->next_ns = t_ns + (int64_t)(0.95e9 / p->hz);
	return true;
}

static struct pause_ring *journal_ring(const struct replay *p,
				       const json_t *line)
{
	struct pause_ring *ring = mem_zalloc(1, sizeof(*ring));
	char key[24];

	ring->num_gc = (uint32_t)number(line, "num_gc");
	for (uint32_t n = ring->num_gc; n > 0 && ring->num_gc - n < PAUSE_RING;
	     n--) {
		snprintf(key, sizeof(key), "%u", n);
		ring->end_ns[pause_index(n)] = (uint64_t)number(p->gcs, key);
	}
	return ring;
}

static void journal_sample(struct replay *p, const json_t *line)
{
	int64_t t = number(line, "t_ns");
	struct reading proc = {
		.origin = ORIGIN_PROC, .begin_ns = t, .end_ns = t + 100000};
	struct reading smaps = {
		.origin = ORIGIN_SMAPS, .begin_ns = t, .end_ns = t + 1000000};
	struct reading run = {.origin = ORIGIN_RUNTIME,
			      .by = READ_EXPVAR,
			      .begin_ns = t + 1000000,
			      .end_ns = t + 5000000};

	if (!due(p, t))
		return;
	set(&proc.values, FIELD_RSS, line, "rss");
	set(&proc.values, FIELD_RSS_FILE, line, "file");
	values_set(&proc.values, FIELD_RSS_ANON,
		   number(line, "rss") - number(line, "file"));
	set(&proc.values, FIELD_SWAP, line, "swap");
	set(&proc.values, FIELD_VSIZE, line, "vsize");
	deliver(p, &proc, NULL);
	if (t >= p->next_smaps_ns) {
		p->next_smaps_ns = t + 10 * INT64_C(1000000000);
		set(&smaps.values, FIELD_LAZY_FREE, line, "lazy_free");
		set(&smaps.values, FIELD_ANON_HUGE, line, "anon_huge");
		deliver(p, &smaps, NULL);
	}
	for (size_t i = 0; i < sizeof(runtime_fields) / sizeof(*runtime_fields);
	     i++)
		set(&run.values, runtime_fields[i].field, line,
		    runtime_fields[i].journal);
	deliver(p, &run, journal_ring(p, line));
}

static struct pause_ring *memstats_ring(const json_t *m)
{
	struct pause_ring *ring = mem_zalloc(1, sizeof(*ring));
	const json_t *end = json_object_get(m, "PauseEnd");

	ring->num_gc = (uint32_t)number(m, "NumGC");
	for (size_t i = 0; i < PAUSE_RING; i++)
		ring->end_ns[i] =
			(uint64_t)json_integer_value(json_array_get(end, i));
	return ring;
}

static struct pause_ring *agentless_ring(struct replay *p, const json_t *gcs)
{
	struct pause_ring *ring = mem_alloc(sizeof(*ring));

	for (size_t i = 0; i < json_array_size(gcs); i++) {
		const json_t *gc = json_array_get(gcs, i);

		p->ring.num_gc =
			(uint32_t)json_integer_value(json_array_get(gc, 0));
		p->ring.end_ns[pause_index(p->ring.num_gc)] =
			(uint64_t)json_integer_value(json_array_get(gc, 1));
	}
	*ring = p->ring;
	return ring;
}

static void recorded(struct replay *p, const json_t *line, const char *origin)
{
	struct reading r = {.begin_ns = number(line, "begin"),
			    .end_ns = number(line, "end"),
			    .wall_offset_ns = number(line, "off")};
	const json_t *m = json_object_get(line, "m");

	if (m) {
		r.origin = ORIGIN_RUNTIME;
		r.by = READ_EXPVAR;
		for (size_t i = 0;
		     i < sizeof(runtime_fields) / sizeof(*runtime_fields); i++)
			set(&r.values, runtime_fields[i].field, m,
			    runtime_fields[i].memstats);
		deliver(p, &r, memstats_ring(m));
		return;
	}
	r.origin = !strcmp(origin, "proc")    ? ORIGIN_PROC
		   : !strcmp(origin, "smaps") ? ORIGIN_SMAPS
					      : ORIGIN_RUNTIME;
	if (r.origin == ORIGIN_PROC && !due(p, r.begin_ns))
		return;
	for (unsigned f = 0; f < FIELD_COUNT; f++)
		set(&r.values, (enum field)f, line, field_info[f].name);
	if (r.origin != ORIGIN_RUNTIME) {
		deliver(p, &r, NULL);
		return;
	}
	r.by = READ_AGENTLESS;
	deliver(p, &r, agentless_ring(p, json_object_get(line, "gcs")));
}

/* `pass` 0 only collects the GCs of a journal. */
static void replay_line(struct replay *p, const json_t *line, int pass)
{
	const char *kind = json_string_value(json_object_get(line, "kind"));
	const char *origin = json_string_value(json_object_get(line, "origin"));
	char key[24];

	if (pass == 0) {
		if (!kind || strcmp(kind, "gc") ||
		    !json_object_get(line, "end_ns"))
			return;
		snprintf(key, sizeof(key), "%lld",
			 (long long)number(line, "n"));
		json_object_set(p->gcs, key, json_object_get(line, "end_ns"));
	} else if (kind && !strcmp(kind, "start")) {
		p->state.info.starttime =
			(uint64_t)(number(line, "t_ns") /
				   (1000000000 / sysconf(_SC_CLK_TCK)));
	} else if (kind && !strcmp(kind, "sample")) {
		journal_sample(p, line);
	} else if (origin) {
		recorded(p, line, origin);
	}
}

int main(int argc, char **argv)
{
	struct target_info info = {.id = "a1", .pid = 1};
	struct replay p = {.hz = argc == 3 ? atof(argv[1]) : 0};
	char *text = NULL;
	size_t size = 0;
	json_error_t why;

	if (!(p.hz > 0)) {
		fprintf(stderr, "usage: detect_replay HZ FILE\n");
		return 2;
	}
	FILE *f = fopen(argv[2], "r");

	if (!f) {
		perror(argv[2]);
		return 1;
	}
	state_init(&p.state, &info, true);
	p.detectors = detectors_new();
	p.gcs = json_object();
	judge_init(&p.judge);
	for (int pass = 0; pass < 2; pass++) {
		rewind(f);
		while (getline(&text, &size, f) > 0) {
			json_t *line = json_loads(text, 0, &why);

			if (line) /* the last line may be cut short */
				replay_line(&p, line, pass);
			json_decref(line);
		}
	}
	free(text);
	fclose(f);
	json_decref(p.gcs);
	free(p.detectors);
	state_release(&p.state);
	return 0;
}
