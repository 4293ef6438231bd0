/*
 * coderef.h - which addresses of variables does a piece of machine code use?
 *
 * In a stripped program the address of a variable is still in the code that
 * uses it: amd64 has it relative to the instruction pointer, arm64 as a page
 * (ADRP) and an offset (ADD, LDR, STR). The code is decoded in a line from
 * its start; what cannot be decoded ends the piece. The result is evidence,
 * not proof: callers accept an address only when what is there adds up.
 *
 * Sources: Intel SDM vol. 2, appendix A (opcode maps) and 2.2.1.6
 * (RIP-relative); Arm ARM DDI 0487, C4.1 (A64 encoding).
 */
#ifndef RESIDUE_GOELF_CODEREF_H
#define RESIDUE_GOELF_CODEREF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CODEREFS 1024 /* distinct addresses that are kept */

struct coderefs {
	uint64_t lo, hi; /* only addresses in [lo, hi) are kept */
	unsigned n;
	uint64_t addr[CODEREFS]; /* in order of first use */
};

/* Add what `n` bytes of code at address `addr` refer to. `machine` is
 * EM_X86_64 or EM_AARCH64; other code refers to nothing. */
void coderefs_add(struct coderefs *refs, uint16_t machine, const uint8_t *code,
		  size_t n, uint64_t addr);

bool coderefs_has(const struct coderefs *refs, uint64_t addr);

#endif
