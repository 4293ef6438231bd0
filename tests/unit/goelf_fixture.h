/*
 * goelf_fixture.h - a small made-up program with a function table.
 *
 * Three functions, as the linker of Go 1.20 and newer lays them out:
 *
 *   text offset  name                          file, line
 *   0x00-0x40    main.first                    /src/a.go 10, 20 from 0x20
 *   0x40-0x100   runtime.mallocinit            /src/malloc.go 100
 *   0x100-0x140  main.Pair[go.shape.int].Get   /src/a.go 30; 0x110-0x120 is
 *                                              main.inlined, line 40
 */
#ifndef TESTS_UNIT_GOELF_FIXTURE_H
#define TESTS_UNIT_GOELF_FIXTURE_H

#include <stddef.h>
#include <stdint.h>

#define FIXTURE_TEXT	   0x401000
#define FIXTURE_TEXT_LEN   0x140
#define FIXTURE_TABLE_ADDR 0x402000
#define FIXTURE_GOFUNC	   0x403000

struct fixture_table {
	uint8_t bytes[1024];
	size_t len;
};

/* The function table. */
void fixture_table(struct fixture_table *t);

/* A file (memfd, the caller's) with the given bytes as the function table;
 * `named`: with a section table. Its first `len` bytes only, if not 0. */
int fixture_program(const void *table, size_t n, int named, size_t len);

#endif
