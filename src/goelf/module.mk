# Files of src/goelf, its tests and its fuzzers.
libresidue_a_SOURCES += \
	include/residue/goelf/coderef.h src/goelf/coderef.c \
	include/residue/goelf/elf.h src/goelf/elf.c \
	include/residue/goelf/exe.h src/goelf/exe.c \
	include/residue/goelf/pclntab.h src/goelf/pclntab.c \
	include/residue/goelf/symtab.h src/goelf/symtab.c \
	src/goelf/window.h src/goelf/window.c \
	src/goelf/x86.h src/goelf/x86.c

UNIT_TESTS += tests/unit/test_goelf
tests_unit_test_goelf_SOURCES = tests/unit/test_goelf.c
UNIT_TESTS += tests/unit/test_coderef
tests_unit_test_coderef_SOURCES = tests/unit/test_coderef.c
