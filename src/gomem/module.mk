# Files of src/gomem, its tests and its fuzzers.
libresidue_a_SOURCES += \
	include/residue/gomem/gomem.h \
	src/gomem/attach.c src/gomem/target.h \
	src/gomem/buckets.h src/gomem/buckets.c \
	src/gomem/code.c src/gomem/propose.h \
	src/gomem/debugvar.c \
	src/gomem/figures.h src/gomem/figures.c \
	src/gomem/globals.c \
	src/gomem/known.h src/gomem/known.c \
	src/gomem/layout.h src/gomem/layout.c \
	src/gomem/layout_fields.h src/gomem/layouts.inc \
	src/gomem/locate.c \
	src/gomem/objects.c src/gomem/ps.c \
	src/gomem/chunks.c src/gomem/predict.c \
	src/gomem/read.c \
	src/gomem/remote.h src/gomem/remote.c \
	src/gomem/scan.c \
	src/gomem/sites.c \
	src/gomem/symbol.c \
	src/gomem/votes.h src/gomem/votes.c

EXTRA_DIST += tools/gen-layouts/run tools/gen-layouts/versions \
	tools/gen-layouts/go.mod tools/gen-layouts/main.go \
	tools/gen-layouts/probe/go.mod tools/gen-layouts/probe/main.go

# The offsets of runtime fields, from the DWARF of every Go release that
# tools/gen-layouts/versions names. Fetches toolchains that are missing.
.PHONY: layouts
layouts:
	GO="$(GO)" $(srcdir)/tools/gen-layouts/run

UNIT_TESTS += tests/unit/test_layout
tests_unit_test_layout_SOURCES = tests/unit/test_layout.c
UNIT_TESTS += tests/unit/test_gomem
tests_unit_test_gomem_SOURCES = tests/unit/test_gomem.c

# Readings against the process's own: a small part in check, all of it (every
# release and kind of program, some 40 minutes) in check-matrix.
check_PROGRAMS += tests/integration/gomem-verify
tests_integration_gomem_verify_SOURCES = tests/integration/gomem_verify.c
TESTS += tests/integration/layouts.py tests/integration/matrix.py \
	tests/integration/known.py tests/integration/tiny.py \
	tests/integration/inlined.py tests/integration/busy.py
EXTRA_DIST += tests/integration/layouts.py tests/integration/matrix.py \
	tests/integration/busy.py \
	tests/integration/known.py tests/integration/target \
	tests/integration/tiny.py tests/integration/tiny \
	tests/integration/inlined.py tests/integration/inlined
.PHONY: check-matrix
check-matrix: tests/integration/gomem-verify
	abs_top_builddir='$(abs_top_builddir)' GO='$(GO)' CC='$(CC)' \
		$(TEST_PYTHON) $(srcdir)/tests/integration/matrix.py --all

# What a reading costs: tests/bench/agentless_cost.py.
EXTRA_PROGRAMS = tests/bench/read_cost
tests_bench_read_cost_SOURCES = tests/bench/read_cost.c
