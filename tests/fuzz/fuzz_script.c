/* fuzz_script.c - a scripted stream: a user's file. */
#include <residue/base/text.h>
#include <residue/record/script.h>

#include <stdio.h>
#include <string.h>

#include "fuzz.h"

static int use(void *ctx, struct script_item *item, struct err *err)
{
	char again[512];

	(void)ctx;
	(void)err;
	FUZZ_CHECK(item->t_ns >= 0);
	if (item->kind == SCRIPT_TARGET) {
		const char *line = item->target.info.cmdline;

		/* Text is visible: making it so again changes nothing. */
		text_visible(again, sizeof(again), line, strlen(line));
		FUZZ_CHECK(!strcmp(again, line));
	}
	if (item->kind == SCRIPT_READING)
		for (unsigned i = 0; i < READING_DOCS; i++)
			doc_unref(item->reading.docs[i]);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = ERR_INIT;
	FILE *f;

	if (size == 0)
		return 0;
	f = fmemopen((void *)data, size, "r");
	FUZZ_CHECK(f);
	if (script_read_file(f, "script", use, NULL, &err))
		FUZZ_CHECK(!strncmp(err.msg, "script:", 7));
	fclose(f);
	return 0;
}
