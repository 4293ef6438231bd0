/*
 * axis.h - what stands beside and below a graph: round values, round times,
 * and the letters of events.
 */
#ifndef RESIDUE_UI_AXIS_H
#define RESIDUE_UI_AXIS_H

#include <residue/model/event.h>
#include <residue/ui/graph.h>

/* A round value at or above `max`, and the round distance of the labels, of
 * which there are as many as `rows` rows have room for. All labels are round in
 * one unit, a power of 1024: whole numbers or tenths of it, below 1024. */
int64_t scale_top(int64_t max, int rows, int64_t *tick);

/* Labels of the y axis, right-aligned in the `w` columns left of the area. */
void plot_scale(const struct plot *p, int w, int64_t tick);
/* The axis line in row y with the letters of the events, each in the cell
 * column of its time. Where two fall together the rarer kind wins. */
void plot_events(const struct plot *p, int y, const struct event *events,
		 unsigned count);
enum role event_role(enum event_kind kind);
/* Local times in row y, at round moments; "now" at the end where `live`. */
void plot_times(const struct plot *p, int y, bool live);
/* "12:36:00", with the date before it where `date`. */
char *time_text(char out[32], int64_t wall_ns, bool date);

#endif
