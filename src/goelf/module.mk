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
UNIT_TESTS += tests/unit/test_pclntab
tests_unit_test_pclntab_SOURCES = tests/unit/test_pclntab.c \
	tests/unit/goelf_fixture.h tests/unit/goelf_fixture.c

# Fuzzers; FUZZ_DRIVER and FUZZER_LINK are src/decode/module.mk's.
FUZZ_GOELF = tests/fuzz/fuzz_coderef tests/fuzz/fuzz_goexe \
	tests/fuzz/fuzz_pclntab
FUZZ_TARGETS += $(FUZZ_GOELF)
check_PROGRAMS += $(FUZZ_GOELF)
if !FUZZERS
TESTS += $(FUZZ_GOELF)
endif
tests_fuzz_fuzz_coderef_SOURCES = tests/fuzz/fuzz_coderef.c $(FUZZ_DRIVER)
tests_fuzz_fuzz_coderef_LDFLAGS = $(FUZZER_LINK)
tests_fuzz_fuzz_goexe_SOURCES = tests/fuzz/fuzz_goexe.c $(FUZZ_DRIVER)
tests_fuzz_fuzz_goexe_LDFLAGS = $(FUZZER_LINK)
tests_fuzz_fuzz_pclntab_SOURCES = tests/fuzz/fuzz_pclntab.c \
	tests/unit/goelf_fixture.h tests/unit/goelf_fixture.c $(FUZZ_DRIVER)
tests_fuzz_fuzz_pclntab_LDFLAGS = $(FUZZER_LINK)

# Executables cut off everywhere.
check_PROGRAMS += tests/integration/elf-cut
tests_integration_elf_cut_SOURCES = tests/integration/elf_cut.c
TESTS += tests/integration/elfcut.py
EXTRA_DIST += tests/integration/elfcut.py
