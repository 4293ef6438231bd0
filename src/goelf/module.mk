# Files of src/goelf, its tests and its fuzzers.
libresidue_a_SOURCES += \
	include/residue/goelf/elf.h src/goelf/elf.c \
	include/residue/goelf/exe.h src/goelf/exe.c

UNIT_TESTS += tests/unit/test_goelf
tests_unit_test_goelf_SOURCES = tests/unit/test_goelf.c
