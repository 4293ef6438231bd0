/*
 * replay.c - run a fuzz target on every file of its corpus, once.
 *
 * The corpus of fuzz_NAME is tests/fuzz/corpus/NAME below the source tree, or
 * the folders given as arguments. Each input lies in a block of just its size,
 * so that a sanitizer sees a read past it. Prints TAP.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

#define INPUT_MAX ((size_t)1 << 20)

static int replay_file(const char *path)
{
	static uint8_t bytes[INPUT_MAX];
	FILE *f = fopen(path, "rb");
	uint8_t *input;
	size_t n;

	if (!f)
		return -1;
	n = fread(bytes, 1, sizeof(bytes), f);
	fclose(f);
	input = malloc(n ? n : 1);
	if (!input)
		return -1;
	memcpy(input, bytes, n);
	LLVMFuzzerTestOneInput(input, n);
	free(input);
	return 0;
}

/* The number of files replayed, or -1. */
static int replay_folder(const char *folder)
{
	DIR *dir = opendir(folder);
	struct dirent *d;
	char path[4096];
	int n = 0;

	if (!dir)
		return -1;
	while (n >= 0 && (d = readdir(dir))) {
		if (d->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, d->d_name);
		n = replay_file(path) < 0 ? -1 : n + 1;
	}
	closedir(dir);
	return n;
}

static void report(int number, const char *folder)
{
	int n = replay_folder(folder);

	printf("%s %d - %d inputs of %s\n", n > 0 ? "ok" : "not ok", number, n,
	       folder);
}

int main(int argc, char **argv)
{
	const char *top = getenv("abs_top_srcdir");
	const char *name = strstr(argv[0], "fuzz_");
	char folder[2048];

	for (const char *p = name; p && (p = strstr(p + 1, "fuzz_"));)
		name = p;
	printf("1..%d\n", argc > 1 ? argc - 1 : 1);
	for (int i = 1; i < argc; i++)
		report(i, argv[i]);
	if (argc == 1) {
		snprintf(folder, sizeof(folder), "%s/tests/fuzz/corpus/%s",
			 top ? top : ".", name ? name + 5 : "");
		report(1, folder);
	}
	return 0;
}
