/* direct.h - private to ui: terminal descriptions with 24-bit colours. */
#ifndef UI_DIRECT_H
#define UI_DIRECT_H

struct direct_term {
	const char *term;     /* TERM that it stands in for; NULL ends */
	const char *terminfo; /* value of TERMINFO, "b64:..." */
};
extern const struct direct_term direct_terms[];

#endif
