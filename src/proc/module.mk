# Files of src/proc, its tests and its fuzzers.
libresidue_a_SOURCES += \
	include/residue/proc/cgroup.h src/proc/cgroup.c \
	src/proc/denied.h src/proc/denied.c \
	src/proc/exes.h src/proc/exes.c \
	include/residue/proc/facts.h src/proc/facts.c \
	include/residue/proc/handle.h src/proc/handle.c src/proc/statm.c \
	include/residue/proc/list.h src/proc/list.c \
	src/proc/mounts.h src/proc/mounts.c \
	include/residue/proc/netns.h src/proc/netns.c \
	include/residue/proc/procfs.h src/proc/procfs.c \
	src/proc/scan.h src/proc/scan.c \
	include/residue/proc/smaps.h src/proc/smaps.c \
	include/residue/proc/sockets.h src/proc/sockets.c \
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
