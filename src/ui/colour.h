/* colour.h - private to ui: the colours of a theme's line. */
#ifndef UI_COLOUR_H
#define UI_COLOUR_H

#include <residue/ui/theme.h>

/* "default", "bright-red", "179", "#e0af68", or several with slashes between:
 * 0, or -1 when it is none of them. */
int colour_parse(struct colour *c, const char *text);

#endif
