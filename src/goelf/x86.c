/*
 * x86.c - lengths of amd64 instructions, and their RIP-relative operand.
 *
 * A table says, for every opcode, what follows it: Intel SDM vol. 2, tables
 * A-2 (one byte) and A-3 (0F xx). Three-byte maps, VEX and EVEX have ModRM
 * always (but for VZEROUPPER) and an immediate by rule.
 */
#include "x86.h"

#include <string.h>

/*
 * What follows an opcode:
 *   .  nothing            m  ModRM               b  imm8
 *   M  ModRM, imm8        z  imm16 or imm32      Z  ModRM, imm16/32
 *   v  imm16, 32 or 64 (REX.W)                   o  8-byte offset
 *   w  imm16              e  imm16, imm8         j  imm32 (a branch)
 *   f  ModRM, imm8 if reg is 0 or 1 (F6)         F  the same, imm16/32 (F7)
 *   !  not valid in 64-bit mode, or handled before the table
 */
/* clang-format off */
static const char one_byte[] =
	/* 00 */ "mmmmbz!!mmmmbz!!"
	/* 10 */ "mmmmbz!!mmmmbz!!"
	/* 20 */ "mmmmbz!!mmmmbz!!"
	/* 30 */ "mmmmbz!!mmmmbz!!"
	/* 40 */ "!!!!!!!!!!!!!!!!"
	/* 50 */ "................"
	/* 60 */ "!!!m!!!!zZbM...."
	/* 70 */ "bbbbbbbbbbbbbbbb"
	/* 80 */ "MZ!Mmmmmmmmmmmmm"
	/* 90 */ "..........!....."
	/* a0 */ "oooo....bz......"
	/* b0 */ "bbbbbbbbvvvvvvvv"
	/* c0 */ "MMw.!!MZe.w..b!."
	/* d0 */ "mmmm!!!.mmmmmmmm"
	/* e0 */ "bbbbbbbbjj!b...."
	/* f0 */ "!.!!..fF......mm";

static const char two_bytes[] =
	/* 00 */ "mmmm!.....!.!m.M"
	/* 10 */ "mmmmmmmmmmmmmmmm"
	/* 20 */ "mmmm!!!!mmmmmmmm"
	/* 30 */ "......!.!!!!!!!!"
	/* 40 */ "mmmmmmmmmmmmmmmm"
	/* 50 */ "mmmmmmmmmmmmmmmm"
	/* 60 */ "mmmmmmmmmmmmmmmm"
	/* 70 */ "MMMMmmm.mm!!mmmm"
	/* 80 */ "jjjjjjjjjjjjjjjj"
	/* 90 */ "mmmmmmmmmmmmmmmm"
	/* a0 */ "...mMm!!...mMmmm"
	/* b0 */ "mmmmmmmmmmMmmmmm"
	/* c0 */ "mmMmMMMm........"
	/* d0 */ "mmmmmmmmmmmmmmmm"
	/* e0 */ "mmmmmmmmmmmmmmmm"
	/* f0 */ "mmmmmmmmmmmmmmmm";
/* clang-format on */

struct reader {
	const uint8_t *p;
	size_t n, at;
	bool op16, rex_w;
};

static bool next(struct reader *r, uint8_t *out)
{
	if (r->at >= r->n || r->at >= 15) /* no instruction is longer */
		return false;
	*out = r->p[r->at++];
	return true;
}

static bool is_prefix(uint8_t c)
{
	return c == 0x66 || c == 0x67 || c == 0xf0 || c == 0xf2 || c == 0xf3 ||
	       c == 0x2e || c == 0x36 || c == 0x3e || c == 0x26 || c == 0x64 ||
	       c == 0x65;
}

/* The kind of a vector instruction: `map` 1 is 0F, 2 is 0F38, 3 is 0F3A. */
static char vector_kind(unsigned map, uint8_t op)
{
	if (map == 1 && op == 0x77)
		return '.';
	if (map == 3)
		return 'M';
	if (map == 1 && ((op >= 0x70 && op <= 0x73) || op == 0xc2 ||
			 (op >= 0xc4 && op <= 0xc6)))
		return 'M';
	return map == 1 || map == 2 || map == 5 || map == 6 ? 'm' : '!';
}

/* The opcode, and what follows it. */
static char opcode(struct reader *r, uint8_t *op)
{
	unsigned skip, map = 1;
	uint8_t c, x;

	if (!next(r, &c))
		return '!';
	*op = c;
	switch (c) {
	case 0x0f:
		if (!next(r, op))
			return '!';
		if (*op != 0x38 && *op != 0x3a)
			return two_bytes[*op];
		c = *op;
		return next(r, op) ? (c == 0x3a ? 'M' : 'm') : '!';
	case 0xc5: /* VEX, 2 bytes: map 0F */
		skip = 1;
		break;
	case 0xc4: /* VEX, 3 bytes */
		skip = 2;
		break;
	case 0x62: /* EVEX */
		skip = 3;
		break;
	default:
		return one_byte[c];
	}
	for (unsigned i = 0; i < skip; i++) {
		if (!next(r, &x))
			return '!';
		if (i == 0 && c != 0xc5)
			map = x & (c == 0x62 ? 7 : 31);
	}
	return next(r, op) ? vector_kind(map, *op) : '!';
}

static unsigned immediate(const struct reader *r, char kind, unsigned reg)
{
	unsigned z = r->op16 ? 2 : 4;

	switch (kind) {
	case 'b':
	case 'M':
		return 1;
	case 'z':
	case 'Z':
		return z;
	case 'v':
		return r->rex_w ? 8 : z;
	case 'o':
		return 8;
	case 'w':
		return 2;
	case 'e':
		return 3;
	case 'j':
		return 4;
	case 'f':
		return reg < 2 ? 1 : 0;
	case 'F':
		return reg < 2 ? z : 0;
	default:
		return 0;
	}
}

/* ModRM, SIB and displacement; *reg is the middle field. */
static bool operand(struct reader *r, struct x86_insn *out, unsigned *reg)
{
	unsigned mod, rm, disp = 0;
	uint8_t m, sib;

	if (!next(r, &m))
		return false;
	mod = m >> 6;
	rm = m & 7;
	*reg = m >> 3 & 7;
	if (mod == 3)
		return true;
	if (rm == 4) {
		if (!next(r, &sib))
			return false;
		if (mod == 0 && (sib & 7) == 5)
			disp = 4;
	} else if (mod == 0 && rm == 5) {
		if (r->n - r->at < 4)
			return false;
		memcpy(&out->rel, r->p + r->at, 4);
		out->has_rel = true;
		disp = 4;
	}
	if (mod)
		disp = mod == 1 ? 1 : 4;
	r->at += disp;
	return true;
}

bool x86_decode(const uint8_t *code, size_t n, struct x86_insn *out)
{
	struct reader r = {.p = code, .n = n};
	unsigned reg = 0;
	uint8_t op;
	char kind;

	*out = (struct x86_insn){0};
	while (r.at < n && is_prefix(code[r.at])) {
		r.op16 |= code[r.at] == 0x66;
		if (++r.at > 14)
			return false;
	}
	if (r.at < n && (code[r.at] & 0xf0) == 0x40)
		r.rex_w = code[r.at++] >> 3 & 1;
	kind = opcode(&r, &op);
	if (kind == '!')
		return false;
	if (strchr("mMZfF", kind) && !operand(&r, out, &reg))
		return false;
	r.at += immediate(&r, kind, reg);
	out->len = r.at;
	return r.at <= n && r.at <= 15;
}
