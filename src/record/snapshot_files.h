/*
 * snapshot_files.h - what each file of a snapshot holds.
 *
 * Contents write to a stream and leave its error to snapshot.c, which checks
 * once, syncs and cleans up.
 */
#ifndef RESIDUE_RECORD_SNAPSHOT_FILES_H
#define RESIDUE_RECORD_SNAPSHOT_FILES_H

#include <residue/record/snapshot.h>

#include <stdio.h>

struct snapshot_content {
	const char *name;
	/* False: nothing is written, the file does not exist. */
	bool (*present)(const struct snapshot_input *in);
	void (*fill)(FILE *to, const struct snapshot_input *in);
};

#define SNAPSHOT_CONTENTS 9
extern const struct snapshot_content snapshot_contents[SNAPSHOT_CONTENTS];

/* Why content `c` is not there: a sentence for people. */
const char *snapshot_why(const struct snapshot_input *in,
			 const struct snapshot_content *c);

/* Local time with its offset, ISO 8601: "2025-11-23T12:41:40+0100". */
char *snapshot_time(char out[32], int64_t wall_ns);

void summary_fill(FILE *to, const struct snapshot_input *in);

#endif
