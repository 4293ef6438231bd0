# Files of src/proc, its tests and its fuzzers.
libresidue_a_SOURCES += \
	include/residue/proc/cgroup.h src/proc/cgroup.c \
	src/proc/denied.h src/proc/denied.c \
	src/proc/exes.h src/proc/exes.c \
	include/residue/proc/facts.h src/proc/facts.c \
	include/residue/proc/handle.h src/proc/handle.c src/proc/statm.c \
	src/proc/libraries.h src/proc/libraries.c \
	include/residue/proc/list.h src/proc/list.c \
	include/residue/proc/mapped.h src/proc/mapped.c \
	src/proc/mounts.h src/proc/mounts.c \
	include/residue/proc/netns.h src/proc/netns.c \
	include/residue/proc/procfs.h src/proc/procfs.c \
	include/residue/proc/rights.h src/proc/rights.c \
	src/proc/scan.h src/proc/scan.c \
	include/residue/proc/smaps.h src/proc/smaps.c \
	include/residue/proc/sockets.h src/proc/sockets.c \
	src/proc/sockets_diag.h src/proc/sockets_diag.c \
	include/residue/proc/stat.h src/proc/stat.c

PROC_FIXTURE = tests/unit/proc_fixture.h tests/unit/proc_fixture.c
UNIT_TESTS += tests/unit/test_pidfd
tests_unit_test_pidfd_SOURCES = tests/unit/test_pidfd.c $(PROC_FIXTURE)
UNIT_TESTS += tests/unit/test_rights
tests_unit_test_rights_SOURCES = tests/unit/test_rights.c $(PROC_FIXTURE)
UNIT_TESTS += tests/unit/test_smaps
tests_unit_test_smaps_SOURCES = tests/unit/test_smaps.c $(PROC_FIXTURE)
UNIT_TESTS += tests/unit/test_stat
tests_unit_test_stat_SOURCES = tests/unit/test_stat.c
UNIT_TESTS += tests/unit/test_statm
tests_unit_test_statm_SOURCES = tests/unit/test_statm.c
UNIT_TESTS += tests/unit/test_cgroup
tests_unit_test_cgroup_SOURCES = tests/unit/test_cgroup.c $(PROC_FIXTURE)
UNIT_TESTS += tests/unit/test_netns
tests_unit_test_netns_SOURCES = tests/unit/test_netns.c $(PROC_FIXTURE)
UNIT_TESTS += tests/unit/test_procdir
tests_unit_test_procdir_SOURCES = tests/unit/test_procdir.c $(PROC_FIXTURE)
UNIT_TESTS += tests/unit/test_procdir_facts
tests_unit_test_procdir_facts_SOURCES = tests/unit/test_procdir_facts.c \
	$(PROC_FIXTURE)
UNIT_TESTS += tests/unit/test_sockets
tests_unit_test_sockets_SOURCES = tests/unit/test_sockets.c $(PROC_FIXTURE) \
	tests/unit/http_server.h tests/unit/http_server.c
EXTRA_DIST += tests/data/proc
