/*
 * confirm.h - private to views: what acts on a process asks first.
 */
#ifndef VIEWS_CONFIRM_H
#define VIEWS_CONFIRM_H

#include <residue/views/view.h>

/* Why FORCE_GC or PROBE cannot be done to the process at hand; NULL: it can. */
const char *confirm_blocked(const struct screens *s, const struct frame *f,
			    enum action action);
/* Ask, naming the cost and the effect. */
void confirm_ask(struct screens *s, const struct frame *f, enum action action);
/* The answer, a key or a click on it: true when it was one, any other press is
 * a no. Before the question was drawn all but a plain no is dropped. */
bool confirm_press(struct screens *s, const struct frame *f,
		   const struct press *press);
/* The question, its last row in row y. */
void confirm_draw(struct screens *s, struct canvas *c, int y);

#endif
