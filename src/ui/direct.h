/* direct.h - private to ui: terminal descriptions that stand in for the system's,
 * with 24-bit colours (direct.ti) or without them (plain.ti). */
#ifndef UI_DIRECT_H
#define UI_DIRECT_H

#include <stdbool.h>

struct direct_term {
	const char *term; /* TERM that it stands in for; NULL ends */
	bool rgb;
	const char *terminfo; /* value of TERMINFO, "b64:..." */
};
extern const struct direct_term direct_terms[];

#endif
