/*
 * graph.h - figures over time, in cells.
 *
 * All graphs of a screen share a timeline: dot column i covers the times
 * [end - (columns - i) * step, + step), whatever is drawn there, so the same
 * cell column is the same moment in every panel. A graph is right-aligned: its
 * last dot is the timeline's last.
 *
 *   600M │      ⣀⣤⣿⣿⣿⣿⣿⣿⣿
 *   400M │   ⢀⣴⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿      area: what plot_* draw into
 *   200M │⣀⣴⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿
 *      0 └────g──g───────F────     plot_events, on the line below
 *         12:31:40   12:36:00      plot_times, below that
 */
#ifndef RESIDUE_UI_GRAPH_H
#define RESIDUE_UI_GRAPH_H

#include <residue/model/history.h>
#include <residue/ui/canvas.h>
#include <residue/ui/glyphs.h>

#include <stdbool.h>
#include <stdint.h>

struct timeline {
	int64_t end_ns;	 /* CLOCK_BOOTTIME, exclusive */
	int64_t step_ns; /* a dot column, > 0 */
	unsigned columns;
	int64_t wall_offset_ns;
};

/* The dot column of a moment; -1 outside. */
int timeline_column(const struct timeline *t, int64_t t_ns);
/* When dot column i begins. */
int64_t timeline_at(const struct timeline *t, int column);

struct plot {
	struct canvas *canvas;
	const struct glyphs *glyphs;
	const struct timeline *time;
	struct rect area;
	int64_t top; /* the value at the upper edge, > 0 */
	bool plain;  /* no colours: what these would tell apart is letters */
	/* Dot columns from here on rest on figures that are no longer fresh:
	 * drawn as ROLE_STALE. time->columns: none. */
	int stale_from;
};

/* One filled series; unknown columns stay empty, a known 0 is one dot high. */
void plot_fill(const struct plot *p, const struct span *spans, enum role role);
/* The same over another one: of cells with `letter` in them where plain. */
void plot_fill_over(const struct plot *p, const struct span *spans,
		    enum role role, char letter);
/* Layers on top of each other, the first at the bottom: value[layer *
 * time->columns + column], < 0 where nothing is known of that column. A cell
 * has the colour of the layer that has most of it, its letter where plain. */
void plot_stack(const struct plot *p, const int64_t *value,
		const enum role *roles, const char *letters, unsigned layers);
/* A line at the known values, behind what is filled; `letter` stands at the
 * right end of what can be seen of it. */
void plot_line(const struct plot *p, const struct span *spans, enum role role,
	       char letter);

/* The cell column of the area that shows a moment; -1 outside. */
int plot_cell(const struct plot *p, int64_t t_ns);

#endif
