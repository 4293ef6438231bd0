/* top_edges.h - who calls whom among the rows kept: for the inline marks. */
#ifndef RESIDUE_MODEL_TOP_EDGES_H
#define RESIDUE_MODEL_TOP_EDGES_H

#include <residue/base/err.h>
#include <residue/model/profile.h>

#include <stdbool.h>
#include <stdint.h>

/* The nodes of a selection: rows, or groups of rows. Arrays are by node. */
struct top_nodes {
	const struct profile *profile;
	unsigned type;
	size_t n;
	bool by_group;	/* node of a row is its group, else the row */
	bool *selected; /* by sample: NULL takes all of them */
	int64_t *flat, *cum;
	uint32_t *first_row; /* a row of the node */
	bool *maybe_inlined; /* any row of it is */
	bool *kept;	     /* stays in the graph */
	uint8_t *inlined;    /* enum top_inlined, made by top_edges_mark */
	bool thorough;	     /* as in struct top_options */
	bool unmarked;	     /* by which there were too many edges for it */
};

static inline uint32_t top_node_of(const struct top_nodes *t, uint32_t row)
{
	return t->by_group ? t->profile->rows[row].group : row;
}

/* Set t->inlined from the calls between kept nodes that weigh `least` or
 * more. With more of them than there is room for nothing is marked. */
int top_edges_mark(struct top_nodes *t, int64_t least,
		   struct err *err) RESIDUE_CHECK;

#endif
