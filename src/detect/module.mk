# Files of src/detect, its tests and its fuzzers.

# Detectors, in the order in which they see a reading: one is a file of this
# folder and a line here.
DETECTORS = \
	src/detect/gc.c \
	src/detect/growth.c \
	src/detect/returned.c \
	src/detect/falls.c

libresidue_a_SOURCES += $(DETECTORS) \
	include/residue/detect/detect.h src/detect/detect.c \
	src/detect/level.h src/detect/limit.h \
	src/detect/own.h src/detect/own.c \
	src/detect/swing.h src/detect/swing.c
nodist_libresidue_a_SOURCES += src/detect/registry.c
BUILT_SOURCES += src/detect/registry.c
CLEANFILES += src/detect/registry.c

src/detect/registry.c: src/detect/module.mk tools/gen-registry
	$(AM_V_GEN)$(MKDIR_P) $(@D)
	$(AM_V_at)$(top_srcdir)/tools/gen-registry detector \
		residue/detect/detect.h $(DETECTORS) >$@.tmp && mv $@.tmp $@

# Scores the detectors and the judge on journals: see its first lines.
check_PROGRAMS += tests/unit/detect_replay
tests_unit_detect_replay_SOURCES = tests/unit/detect_replay.c

UNIT_TESTS += tests/unit/test_detect
tests_unit_test_detect_SOURCES = tests/unit/test_detect.c \
	tests/unit/detect_feed.h
UNIT_TESTS += tests/unit/test_detect_counters
tests_unit_test_detect_counters_SOURCES = tests/unit/test_detect_counters.c \
	tests/unit/detect_feed.h
UNIT_TESTS += tests/unit/test_falls
tests_unit_test_falls_SOURCES = tests/unit/test_falls.c \
	tests/unit/detect_feed.h
UNIT_TESTS += tests/unit/test_detect_gc
tests_unit_test_detect_gc_SOURCES = tests/unit/test_detect_gc.c \
	tests/unit/detect_feed.h
UNIT_TESTS += tests/unit/test_detect_own
tests_unit_test_detect_own_SOURCES = tests/unit/test_detect_own.c \
	tests/unit/detect_feed.h
