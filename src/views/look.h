/*
 * look.h - private to views: how parts, verdicts and ages look everywhere.
 */
#ifndef VIEWS_LOOK_H
#define VIEWS_LOOK_H

#include <residue/judge/breakdown.h>
#include <residue/views/view.h>
#include <residue/ui/graph.h>

/* What is known of a target at the moment that is shown: now, or the row under
 * the cursor. */
struct moment {
	bool known;
	bool past;    /* not now: scrolled back, paused, or under the cursor */
	int64_t t_ns; /* CLOCK_BOOTTIME */
	int64_t wall_ns; /* the same moment, CLOCK_REALTIME */
	const struct values *v;
	int64_t age_ms[ORIGIN_COUNT]; /* -1: never delivered */
	bool stale[ORIGIN_COUNT];
	struct breakdown parts;
};

void moment_of_panel(struct moment *m, const struct screens *s,
		     const struct frame *f, const struct panel *p);
void moment_of_row(struct moment *m, const struct frame *f,
		   const struct list_row *r);

struct part_look {
	enum role role;
	char letter;
};
extern const struct part_look part_look[PART_COUNT];
/* The order of the bar, of stacks and of legends. */
extern const enum part part_order[PART_COUNT];

/* The parts as they are resident: what was never touched is taken off the
 * largest parts of Go, so that those that are left sum to RES. 0 where not
 * known. */
void resident_parts(const struct breakdown *b, int64_t out[PART_COUNT]);

enum role verdict_role(enum verdict_kind kind);
/* "memory", "expvar", "denied", "/proc", "URL": how the figures are read. */
const char *how_text(const struct target_info *info,
		     const struct origin_state *origins);
/* Whose figures how_text() names: what is as old as they are. */
enum origin how_origin(const struct target_info *info,
		       const struct origin_state *origins);
/* A size for people, or the dash where the field is not known. */
const char *size_text(const struct screens *s, const struct values *v,
		      enum field f, char out[32]);
/* " +-12%": what sampling leaves uncertain of a total; "" below 1 %, or where
 * error is -1: not known. */
const char *band_text(const struct screens *s, int64_t error, int64_t total,
		      char out[16]);
/* "0.1 s", "4 s", "never". */
const char *age_text(int64_t age_ms, char out[32]);
/* The name on top: comm, or the module's last part, or the URL. */
const char *target_name(const struct target_info *info);

/* Those of the first n graph columns that the five minutes of a brief know; the
 * others are left as they are. `pages`: brief->rss or brief->heap. */
void brief_spans(const struct brief *b, const uint32_t *pages,
		 const struct timeline *t, unsigned n, struct span *out);

/* Where a key that moves leads from *at, by `page` lines a page: between 0 and
 * `last`, or 0 where that is negative. False when the key does not move. */
bool lines_move(int *at, enum action action, int page, int last);

/* How many lines of `w` columns the text takes. */
int wrapped_rows(const char *text, int w);
/* Draw text in lines of `w` columns, broken at blanks; at most `h` lines.
 * Returns how many it took. */
int draw_wrapped(struct canvas *c, const struct glyphs *g, struct rect area,
		 struct pen p, const char *text);

/* "RES 508 MiB [bar] limit..." in row y, the legend below it in at most
 * `legend_rows` rows: parts that sum to RES, those without room as "rest". */
void draw_bar(const struct screens *s, struct canvas *c, int y,
	      const struct moment *m, int legend_rows);

/* The rows that the legend takes on a screen of `cols` columns, at most `most`. */
int legend_height(const struct screens *s, const struct moment *m, int cols,
		  int most);

/* The spans of a field in a panel: field number i of want.fields. */
const struct span *panel_spans(const struct panel *p, unsigned i,
			       unsigned columns);

#endif
