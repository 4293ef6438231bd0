/*
 * hash.h - uthash's tables, on the memory of mem.h.
 *
 * By itself uthash ends a program that is out of memory with exit(-1): without
 * a word, and with the terminal as it is.
 */
#ifndef RESIDUE_BASE_HASH_H
#define RESIDUE_BASE_HASH_H

#include <residue/base/mem.h>

#define uthash_malloc(size) mem_alloc(size)
#include <uthash.h>

#endif
