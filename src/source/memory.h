/*
 * memory.h - what the sources that read a target's memory share.
 */
#ifndef RESIDUE_SOURCE_MEMORY_H
#define RESIDUE_SOURCE_MEMORY_H

#include <residue/gomem/gomem.h>
#include <residue/source/source.h>

/* gomem_open on the very process: gomem goes by PID and looks after each read
 * that the process it opened still lives, so that this was ours needs to be
 * seen once. ERR_GONE where the PID is another's; else as gomem_open. */
struct gomem *memory_open(const struct source_subject *s,
			  struct err *err) RESIDUE_CHECK;

#endif
