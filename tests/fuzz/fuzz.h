/*
 * fuzz.h - what a fuzz target defines: libFuzzer's entry (llvm.org/docs/
 * LibFuzzer.html). With --enable-fuzzers it is linked with libFuzzer, else
 * with replay.c, which runs it on its corpus in `make check`.
 */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Stop the run: a promise of the decoder was broken. */
#define FUZZ_CHECK(condition)                                                  \
	do {                                                                   \
		if (!(condition))                                              \
			__builtin_trap();                                      \
	} while (0)

#endif
