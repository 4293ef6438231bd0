/* profile.c - the profile decoder's entry: read, resolve, aggregate. */
#include <residue/decode/profile.h>

#include "build.h"
#include "gunzip.h"

#include <ctype.h>
#include <string.h>

#define TEXT_FORM                                                              \
	" profile in its text form (debug=1), which names no functions: "      \
	"fetch it without debug=1"
#define PROTO_OF_IT ": go tool pprof -proto makes one of it that can be read"

/* What people fetch by mistake is named, by how it begins. pprof reads the
 * texts, but passes over the names in them and shows one row, <unknown>. */
static const struct {
	const char *begins, *is;
} mistakes[] = {
	{"heap profile: ", "a heap" TEXT_FORM},
	{"goroutine profile: ", "a goroutine" TEXT_FORM},
	{"goroutineleak profile: ", "a goroutineleak" TEXT_FORM},
	{"threadcreate profile: ", "a threadcreate" TEXT_FORM},
	{"heap_v2/", "a heap profile of jemalloc, not of Go: jeprof reads it"},
	{"--- contentionz ", "a contention profile of C++ or Java" PROTO_OF_IT},
	{"--- contention:", "a block" TEXT_FORM},
	{"--- mutex:", "a mutex" TEXT_FORM},
	{"--- heapz ", "a heap profile of Java" PROTO_OF_IT},
	{"--- threadz ", "a thread profile of C++" PROTO_OF_IT},
	{"--- Thread ", "a thread profile of C++" PROTO_OF_IT},
	{"goroutine ", "stacks of goroutines in text form (debug=2): fetch "
		       "them without debug=2"},
	{"go 1.", "an execution trace (go tool trace), not a profile"},
	{"PERFILE2", "a recording of perf, not a profile: perf_to_profile "
		     "makes one of it"},
	{"<", "HTML or XML, not a profile"},
	{"{", "JSON, not a profile"},
};

/* A CPU profile of before Go 1.9, as of gperftools still: words of 4 or 8
 * bytes in either order, 0 3, then 0, or 1 of Java (profile/legacy_profile.go:
 * parseCPU). */
static bool is_binary_cpu(const char *body, size_t n)
{
	for (size_t word = 4; word <= 8 && n >= 3 * word; word += 4)
		for (size_t at = 0; at < word; at += word - 1) {
			char begins[24] = {0};

			begins[word + at] = 3;
			if (!memcmp(body, begins, 3 * word))
				return true;
			begins[2 * word + at] = 1;
			if (!memcmp(body, begins, 3 * word))
				return true;
		}
	return false;
}

/* gperftools has the form of Go's debug=1; after the @ it names itself. */
static bool is_gperftools_heap(const char *body, size_t n)
{
	static const char begins[] = "heap profile: ";
	const char *end = memchr(body, '\n', n);
	size_t line = end ? (size_t)(end - body) : n;

	return line >= sizeof(begins) - 1 &&
	       !memcmp(body, begins, sizeof(begins) - 1) &&
	       memchr(body, '@', line) && !memmem(body, line, "@ heap/", 7);
}

static const char *mistaken(const char *body, size_t n)
{
	if (is_binary_cpu(body, n))
		return "a CPU profile in the binary form of gperftools, "
		       "which Go had before 1.9" PROTO_OF_IT;
	while (n > 0 && isspace((unsigned char)*body)) {
		body++;
		n--;
	}
	if (is_gperftools_heap(body, n))
		return "a heap profile of gperftools" PROTO_OF_IT;
	for (size_t i = 0; i < sizeof(mistakes) / sizeof(*mistakes); i++) {
		size_t length = strlen(mistakes[i].begins);

		if (n >= length && !memcmp(body, mistakes[i].begins, length))
			return mistakes[i].is;
	}
	return NULL;
}

/* The same of what is in a gzip. */
static const char *mistaken_body(const void *bytes, size_t n)
{
	struct gunzip g;
	char head[256];
	size_t got;

	if (!gunzip_looks_like(bytes, n))
		return mistaken(bytes, n);
	if (gunzip_open(&g, bytes, n, NULL) < 0)
		return NULL;
	if (gunzip_read(&g, head, sizeof(head), &got, NULL) < 0)
		got = 0;
	gunzip_close(&g);
	return mistaken(head, got);
}

static int decode(struct build *b, const void *bytes, size_t n, struct err *err)
{
	uint64_t size;

	if (stream_read(bytes, n, build_field, b, &size, err) < 0)
		return -1;
	if (size == 0)
		return err_set(err, ERR_FORMAT, "empty");
	if (build_resolve(b, err) < 0 || build_prune(b, err) < 0)
		return -1;
	/* Nothing goes by index any more. */
	vec_free(&b->strings, &b->pool);
	vec_free(&b->mappings, &b->pool);
	return build_aggregate(b, err);
}

/* Hand the profile and the strings over. */
static struct profile *finish(struct build *b)
{
	struct profile *p = b->profile;
	struct profile_block *last = b->pool.strings;

	while (last->next)
		last = last->next;
	last->next = p->owned;
	p->owned = b->pool.strings;
	b->pool.strings = NULL;
	b->profile = NULL;
	for (struct profile_block *k = p->owned; k; k = k->next)
		p->memory += sizeof(*k) + k->size;
	return p;
}

int profile_decode_beside(const void *bytes, size_t n, size_t held,
			  struct profile **out, struct err *err)
{
	struct build b;
	const char *what;
	int rc;

	*out = NULL;
	if (build_init(&b, held, err) < 0)
		return -1;
	rc = decode(&b, bytes, n, err);
	if (rc == 0)
		*out = finish(&b);
	else if (err && err->code == ERR_FORMAT &&
		 (what = mistaken_body(bytes, n)))
		err_set(err, ERR_FORMAT, "%s", what);
	build_release(&b);
	return rc;
}

int profile_decode(const void *bytes, size_t n, struct profile **out,
		   struct err *err)
{
	return profile_decode_beside(bytes, n, 0, out, err);
}
