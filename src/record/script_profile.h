/* script_profile.h - the heap profile of a script's reading. */
#ifndef RECORD_SCRIPT_PROFILE_H
#define RECORD_SCRIPT_PROFILE_H

#include <residue/base/err.h>
#include <residue/model/reading.h>

#include <jansson.h>

/* {"rate": bytes, "sites": [[["FUNC FILE:LINE", ... outermost last],
 * inuse objects, inuse bytes, alloc objects, alloc bytes], ...]} to what such a
 * profile would be: figures and documents of *r, as of r->end_ns. */
int script_profile(json_t *o, struct reading *r, struct err *err) RESIDUE_CHECK;

#endif
