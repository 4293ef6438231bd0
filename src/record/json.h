/*
 * json.h - building JSON objects whose keys are ours.
 *
 * Adding to an object then fails for want of memory only, which ends the
 * program (mem.h), so nothing here reports errors.
 */
#ifndef RESIDUE_RECORD_JSON_H
#define RESIDUE_RECORD_JSON_H

#include <jansson.h>
#include <stdio.h>

/* Takes `value`; NULL is "no memory". */
void json_put(json_t *object, const char *key, json_t *value);
/* Made visible (text.h); nothing is added where `text` is empty. */
void json_put_text(json_t *object, const char *key, const char *text);
/* Nothing is added where v < 0: not known. */
void json_put_known(json_t *object, const char *key, json_int_t v);
/* As one line with its end; takes `object`. Reals have 16 digits: Unix
 * seconds with their microseconds, and 0.97 as 0.97. */
void json_write(json_t *object, FILE *to);

#endif
