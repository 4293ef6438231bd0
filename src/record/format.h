/*
 * format.h - what the three formats of output.h have in common.
 *
 * A format is a row of functions in a file of its own (json_out.c, csv_out.c,
 * text_out.c). Each writes one object to o->line, newline included; output.c
 * sends the line off and checks the write.
 */
#ifndef RESIDUE_RECORD_FORMAT_H
#define RESIDUE_RECORD_FORMAT_H

#include <residue/base/clock.h>
#include <residue/record/output.h>

struct output {
	const struct format *format;
	struct output_options options;
	FILE *to;
	FILE *line; /* memory stream over text[0..size) */
	char *text;
	size_t size;
	int64_t sample_ns; /* wall clock of the newest sample's line */
	unsigned samples;  /* text: lines since the header */
	bool header;	   /* CSV: it was printed */
};

struct format {
	void (*target)(struct output *o, const struct target_info *info,
		       int64_t wall_ns);
	void (*sample)(struct output *o, const struct target_info *info,
		       const struct row *row, const struct breakdown *parts);
	void (*event)(struct output *o, const struct target_info *info,
		      const struct event *ev);
	void (*verdict)(struct output *o, const struct target_info *info,
			int64_t wall_ns, const struct verdict *v);
	void (*warning)(struct output *o, const struct target_info *info,
			int64_t wall_ns, const char *text);
};

extern const struct format format_text, format_json, format_csv;

/* Origins that have an age in "age_ms": what is not read every tick. */
#define AGED_ORIGINS 4
extern const enum origin aged_origins[AGED_ORIGINS];

/* "pprof" or "heap_live": what residue is measured against; NULL when the
 * row has no residue. */
const char *residue_of(const struct values *v);

/* Wall-clock ns rounded down to ms, or to us: exact GC times need the us,
 * and a double of Unix seconds holds no more. */
static inline int64_t wall_ms(int64_t wall_ns)
{
	return wall_ns / NS_PER_MS;
}

static inline int64_t wall_us(int64_t wall_ns)
{
	return wall_ns / 1000;
}

#endif
