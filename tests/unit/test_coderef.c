/* test_coderef.c - addresses out of amd64 and arm64 code. */
#include <residue/goelf/coderef.h>

#include "goelf/x86.h"

#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

struct insn {
	const char *bytes;
	size_t n;
	bool has_rel;
	int32_t rel;
};

#define INSN(s, ...)                                                           \
	{                                                                      \
		s, sizeof(s) - 1, __VA_ARGS__                                  \
	}

/* Encodings as GNU as writes them. */
static const struct insn insns[] = {
	INSN("\x90", false, 0),				/* nop */
	INSN("\x48\x8b\x05\x10\x00\x00\x00", true, 16), /* mov 16(%rip),%rax */
	INSN("\x48\xc7\x05\x01\x00\x00\x00\x02\x00\x00\x00", true,
	     1),					   /* movq $2,1(%rip) */
	INSN("\x66\x83\x3d\x04\x00\x00\x00\x05", true, 4), /* cmpw $5,.. */
	INSN("\x66\x81\x3d\x04\x00\x00\x00\x05\x00", true, 4),
	INSN("\xf0\x48\x0f\xc1\x15\xf8\xff\xff\xff", true, -8),	    /* xadd */
	INSN("\x48\xb8\x01\x02\x03\x04\x05\x06\x07\x08", false, 0), /* movabs */
	INSN("\x48\x8b\x44\x24\x08", false, 0),		/* mov 8(%rsp),%rax */
	INSN("\x8b\x04\x25\x01\x00\x00\x00", false, 0), /* mov 1,%eax */
	INSN("\xf6\x05\x09\x00\x00\x00\x01", true, 9),	/* testb $1,9(%rip) */
	INSN("\xf6\x15\x09\x00\x00\x00", true, 9),	/* notb 9(%rip) */
	INSN("\x0f\x84\x00\x01\x00\x00", false, 0),	/* je */
	INSN("\xe8\x00\x00\x00\x00", false, 0),		/* call */
	INSN("\xc5\xfe\x6f\x0d\x20\x00\x00\x00", true, 32), /* vmovdqu */
	INSN("\x66\x0f\x3a\x0f\x05\x08\x00\x00\x00\x04", true,
	     8), /* palignr $4,8(%rip) */
	INSN("\x62\xf1\xfe\x48\x6f\x05\x40\x00\x00\x00", true,
	     64), /* vmovdqu64 64(%rip),%zmm0 */
};

static void test_x86_lengths(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(insns) / sizeof(insns[0]); i++) {
		const struct insn *in = &insns[i];
		struct x86_insn out;

		assert_true(
			x86_decode((const uint8_t *)in->bytes, in->n, &out));
		assert_int_equal(out.len, in->n);
		assert_int_equal(out.has_rel, in->has_rel);
		if (in->has_rel)
			assert_int_equal(out.rel, in->rel);
		/* Cut anywhere, it is no instruction. */
		for (size_t n = 0; n < in->n; n++)
			assert_false(x86_decode((const uint8_t *)in->bytes, n,
						&out));
	}
}

static void test_amd64_refs(void **state)
{
	struct coderefs r = {.lo = 0x500000, .hi = 0x600000};
	uint8_t code[] = {0x48, 0x8b, 0x05, 0, 0,    0, 0, /* a variable */
			  0x48, 0x8b, 0x0d, 0, 0,    0, 0, /* far away */
			  0x48, 0x89, 0x05, 0, 0,    0, 0, /* the same */
			  0x06,				   /* not valid */
			  0x48, 0x8b, 0x05, 1, 0x10, 0, 0};
	int32_t rel = 0x500010 - (0x401000 + 7), far = 0x1000;
	int32_t again = 0x500010 - (0x401000 + 21);

	(void)state;
	memcpy(code + 3, &rel, 4);
	memcpy(code + 10, &far, 4);
	memcpy(code + 17, &again, 4);
	coderefs_add(&r, EM_X86_64, code, sizeof(code), 0x401000);
	assert_int_equal(r.n, 1);
	assert_int_equal(r.addr[0], 0x500010);
	assert_true(coderefs_has(&r, 0x500010));
	assert_false(coderefs_has(&r, 0x500018));
}

static void test_arm64_refs(void **state)
{
	/* adrp x27, page+0xff; add x0, x27, #8; ldr x1, [x27, #16];
	 * str w2, [x27, #20]; bl; ldr x1, [x27, #24] (x27 is not known) */
	const uint32_t code[] = {0xb00007fb, 0x91002360, 0xf9400b61,
				 0xb9001762, 0x94000000, 0xf9400f61};
	struct coderefs r = {.lo = 0x100000, .hi = 0x600000};

	(void)state;
	coderefs_add(&r, EM_AARCH64, (const uint8_t *)code, sizeof(code),
		     0x11004);
	assert_int_equal(r.n, 3);
	assert_int_equal(r.addr[0], 0x10e008);
	assert_int_equal(r.addr[1], 0x10e010);
	assert_int_equal(r.addr[2], 0x10e014);
}

static void test_other_machine(void **state)
{
	struct coderefs r = {.lo = 0, .hi = UINT64_MAX};

	(void)state;
	coderefs_add(&r, EM_386, (const uint8_t *)"\xa1\0\0\0\0", 5, 0);
	assert_int_equal(r.n, 0);
}

/* The list is bounded, whatever the code. */
static void test_many(void **state)
{
	struct coderefs r = {.lo = 0, .hi = UINT64_MAX};
	static uint8_t code[7 * (CODEREFS + 100)];

	(void)state;
	for (size_t i = 0; i < sizeof(code); i += 7)
		memcpy(code + i, "\x48\x8b\x05\x00\x10\x00\x00", 7);
	coderefs_add(&r, EM_X86_64, code, sizeof(code), 0x1000);
	assert_int_equal(r.n, CODEREFS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_x86_lengths),
		cmocka_unit_test(test_amd64_refs),
		cmocka_unit_test(test_arm64_refs),
		cmocka_unit_test(test_other_machine),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
