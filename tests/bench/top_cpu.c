/*
 * top_cpu.c - what `top` costs beside inflating alone: `make tests/bench/
 * top_cpu`, then top_cpu FILE.pb.gz... Best of many rounds, CPU time, all in
 * this process, so that starting a program is not measured.
 */
#include <residue/decode/profile.h>
#include <residue/model/top.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <zlib.h>

#define ROUNDS	 100
#define BODY_MAX ((size_t)64 << 20)

static double cpu_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* zlib alone, as gzip, into one buffer that is large enough. */
static int inflate_alone(const struct buf *body, char *out, size_t room)
{
	z_stream z = {.next_in = (Bytef *)body->data,
		      .avail_in = (uInt)body->len,
		      .next_out = (Bytef *)out,
		      .avail_out = (uInt)room};
	int rc;

	if (inflateInit2(&z, 31) != Z_OK)
		return -1;
	rc = inflate(&z, Z_FINISH);
	inflateEnd(&z);
	return rc == Z_STREAM_END ? 0 : -1;
}

/* From the bytes received to pprof's text. */
static int top(const struct buf *body, struct err *err)
{
	struct top_options o = {0};
	struct profile *p;
	struct top *t = NULL;
	struct buf text;
	int rc;

	if (profile_decode(body->data, body->len, &p, err) < 0)
		return -1;
	o.type = p->default_type;
	buf_init(&text, BODY_MAX);
	rc = top_select(p, &o, &t, err);
	if (rc == 0)
		rc = top_text(t, &text, err);
	buf_release(&text);
	top_free(t);
	profile_free(p);
	return rc;
}

static int measure(const char *path, const struct buf *body)
{
	double alone = 1e9, all = 1e9;
	struct err err = ERR_INIT;
	size_t room = BODY_MAX;
	char *out = malloc(room);

	for (int i = 0; out && i < ROUNDS; i++) {
		double start = cpu_ms(), middle, end;
		int rc = inflate_alone(body, out, room);

		middle = cpu_ms();
		if (rc < 0 || top(body, &err) < 0) {
			fprintf(stderr, "%s: %s\n", path, err.msg);
			free(out);
			return 1;
		}
		end = cpu_ms();
		alone = middle - start < alone ? middle - start : alone;
		all = end - middle < all ? end - middle : all;
	}
	free(out);
	printf("%s: inflate %.3f ms, top %.3f ms: %.2f times\n", path, alone,
	       all, all / alone);
	return 0;
}

int main(int argc, char **argv)
{
	int rc = 0;

	for (int i = 1; i < argc; i++) {
		FILE *f = fopen(argv[i], "rb");
		struct buf body;
		char *to;

		buf_init(&body, BODY_MAX);
		to = buf_reserve(&body, BODY_MAX, NULL);
		if (!f || !to) {
			perror(argv[i]);
			return 1;
		}
		body.len = fread(to, 1, BODY_MAX, f);
		fclose(f);
		rc |= measure(argv[i], &body);
		buf_release(&body);
	}
	return rc;
}
