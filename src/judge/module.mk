# Files of src/judge, its tests and its fuzzers.
libresidue_a_SOURCES += \
	include/residue/judge/breakdown.h src/judge/breakdown.c \
	include/residue/judge/crosscheck.h src/judge/crosscheck.c \
	include/residue/judge/verdict.h src/judge/verdict.c \
	src/judge/verdict_text.h src/judge/verdict_text.c

UNIT_TESTS += tests/unit/test_breakdown
tests_unit_test_breakdown_SOURCES = tests/unit/test_breakdown.c

UNIT_TESTS += tests/unit/test_verdict
tests_unit_test_verdict_SOURCES = tests/unit/test_verdict.c

UNIT_TESTS += tests/unit/test_crosscheck
tests_unit_test_crosscheck_SOURCES = tests/unit/test_crosscheck.c
