/* x86.h - lengths of amd64 instructions. */
#ifndef GOELF_X86_H
#define GOELF_X86_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct x86_insn {
	size_t len;   /* bytes */
	bool has_rel; /* an operand is [rip + rel] */
	int32_t rel;  /* counted from the end of the instruction */
};

/* Decode the length of one instruction in 64-bit mode. False: not one we
 * know, or it does not end within n bytes. */
bool x86_decode(const uint8_t *code, size_t n, struct x86_insn *out);

#endif
