/* layout.c - the rows, and which of them fit a program. */
#include "layout.h"

#include <residue/goelf/exe.h>

#include <elf.h>
#include <stdlib.h>
#include <string.h>

const struct layout layouts[] = {
#include "layouts.inc"
};
const size_t layouts_count = sizeof(layouts) / sizeof(layouts[0]);

const uint16_t layout_class_size[GOMEM_CLASSES] = {
	0,     8,     16,    24,    32,	   48,	  64,	 80,	96,    112,
	128,   144,   160,   176,   192,   208,	  224,	 240,	256,   288,
	320,   352,   384,   416,   448,   480,	  512,	 576,	640,   704,
	768,   896,   1024,  1152,  1280,  1408,  1536,	 1792,	2048,  2304,
	2688,  3072,  3200,  3456,  4096,  4864,  5376,	 6144,	6528,  6784,
	6912,  8192,  9472,  9728,  10240, 10880, 12288, 13568, 14336, 16384,
	18432, 19072, 20480, 21760, 24576, 27264, 28672, 32768};

static int newest_first(const void *a, const void *b)
{
	const struct layout *const *x = a, *const *y = b;

	return (*y)->minor - (*x)->minor;
}

size_t layout_choose(const char *version, uint16_t machine,
		     const struct layout *out[LAYOUTS], bool *exact)
{
	int minor = goexe_minor(version);
	size_t n = 0;

	*exact = false;
	if (minor >= 0 && minor < LAYOUT_OLDEST)
		return 0;
	for (size_t i = 0; i < layouts_count && n < LAYOUTS; i++) {
		if (layouts[i].machine != machine)
			continue;
		if (layouts[i].minor == minor) {
			out[0] = &layouts[i];
			*exact = strstr(version, "X:") == NULL;
			return 1;
		}
		out[n++] = &layouts[i];
	}
	qsort(out, n, sizeof(out[0]), newest_first);
	return n;
}
