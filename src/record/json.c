/* json.c - JSON objects whose keys are ours. */
#include "json.h"

#include <residue/base/mem.h>
#include <residue/base/text.h>

#include <stdlib.h>
#include <string.h>

void json_put(json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new_nocheck(object, key, value))
		mem_exhausted();
}

void json_put_text(json_t *object, const char *key, const char *text)
{
	char visible[1024];

	if (!text[0])
		return;
	text_visible(visible, sizeof(visible), text, strlen(text));
	json_put(object, key, json_string(visible));
}

void json_put_known(json_t *object, const char *key, json_int_t v)
{
	if (v >= 0)
		json_put(object, key, json_integer(v));
}

void json_write(json_t *object, FILE *to)
{
	char *line = json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(16));

	if (!line)
		mem_exhausted();
	fprintf(to, "%s\n", line);
	free(line);
	json_decref(object);
}
