# Files of src/proc, its tests and its fuzzers.
libresidue_a_SOURCES += \
	src/proc/denied.h src/proc/denied.c \
	include/residue/proc/handle.h src/proc/handle.c src/proc/statm.c \
	include/residue/proc/procfs.h src/proc/procfs.c \
	src/proc/scan.h src/proc/scan.c \
	include/residue/proc/smaps.h src/proc/smaps.c \
	include/residue/proc/stat.h src/proc/stat.c

PROC_FIXTURE = tests/unit/proc_fixture.h tests/unit/proc_fixture.c
UNIT_TESTS += tests/unit/test_pidfd
tests_unit_test_pidfd_SOURCES = tests/unit/test_pidfd.c $(PROC_FIXTURE)
UNIT_TESTS += tests/unit/test_smaps
tests_unit_test_smaps_SOURCES = tests/unit/test_smaps.c $(PROC_FIXTURE)
UNIT_TESTS += tests/unit/test_stat
tests_unit_test_stat_SOURCES = tests/unit/test_stat.c
UNIT_TESTS += tests/unit/test_statm
tests_unit_test_statm_SOURCES = tests/unit/test_statm.c
