# Files of src/judge, its tests and its fuzzers.
libresidue_a_SOURCES += \
	include/residue/judge/breakdown.h src/judge/breakdown.c

UNIT_TESTS += tests/unit/test_breakdown
tests_unit_test_breakdown_SOURCES = tests/unit/test_breakdown.c
