/* coderef.c - addresses of variables, out of machine code. */
#include <residue/goelf/coderef.h>

#include "x86.h"

#include <elf.h>
#include <string.h>

bool coderefs_has(const struct coderefs *refs, uint64_t addr)
{
	for (unsigned i = 0; i < refs->n; i++)
		if (refs->addr[i] == addr)
			return true;
	return false;
}

static void add(struct coderefs *refs, uint64_t addr)
{
	if (addr >= refs->lo && addr < refs->hi && refs->n < CODEREFS &&
	    !coderefs_has(refs, addr))
		refs->addr[refs->n++] = addr;
}

static void add_amd64(struct coderefs *refs, const uint8_t *code, size_t n,
		      uint64_t addr)
{
	struct x86_insn insn;

	for (size_t at = 0; at < n; at += insn.len) {
		if (!x86_decode(code + at, n - at, &insn))
			return;
		if (insn.has_rel)
			add(refs,
			    addr + at + insn.len + (uint64_t)(int64_t)insn.rel);
	}
}

/* ADRP: the page that a register then holds. */
static uint64_t adrp(uint32_t w, uint64_t pc)
{
	uint32_t imm = (w >> 5 & 0x7ffff) << 2 | (w >> 29 & 3);
	uint64_t pages = imm & 0x100000 ? imm | ~(uint64_t)0x1fffff : imm;

	return (pc & ~(uint64_t)0xfff) + (pages << 12);
}

static void add_arm64(struct coderefs *refs, const uint8_t *code, size_t n,
		      uint64_t addr)
{
	uint64_t reg[32] = {0}; /* 0: holds no known address */

	for (size_t at = 0; at + 4 <= n; at += 4) {
		unsigned rd, rn;
		uint64_t imm;
		uint32_t w;

		memcpy(&w, code + at, 4);
		rd = w & 31;
		rn = w >> 5 & 31;
		imm = w >> 10 & 0xfff;
		if ((w & 0x9f000000) == 0x90000000) {
			reg[rd] = adrp(w, addr + at);
		} else if ((w & 0xff800000) == 0x91000000) {
			/* ADD Xd, Xn, #imm{, LSL #12} */
			reg[rd] = reg[rn] ? reg[rn] + (w & 0x400000 ? imm << 12
								    : imm)
					  : 0;
			if (reg[rd])
				add(refs, reg[rd]);
		} else if ((w & 0x3b000000) == 0x39000000) {
			/* LDR, STR with an unsigned offset; bit 26: vector,
			 * where opc bit 1 adds 4 to the scale */
			unsigned scale = w >> 30;

			if ((w & 0x04800000) == 0x04800000)
				scale += 4;
			if (reg[rn])
				add(refs, reg[rn] + (imm << scale));
			if ((w & 0x04c00000) != 0 && !(w & 0x04000000))
				reg[rd] = 0; /* a load overwrites it */
		} else if ((w & 0xfc000000) == 0x94000000) {
			memset(reg, 0, sizeof(reg)); /* BL: registers die */
		}
	}
}

void coderefs_add(struct coderefs *refs, uint16_t machine, const uint8_t *code,
		  size_t n, uint64_t addr)
{
	if (machine == EM_X86_64)
		add_amd64(refs, code, n, addr);
	else if (machine == EM_AARCH64)
		add_arm64(refs, code, n, addr);
}
