# Tests that are not units of one folder, what they need, and how all of them
# run. Every test speaks TAP, so that each single check is counted.

# The Go process that the demo shows and the tests watch. Its sources are
# copied to nowhere: the go command reads them in the source tree.
WORKLOAD_FILES = \
	tests/workload/go.mod tests/workload/journal.go \
	tests/workload/main.go tests/workload/native_cgo.go \
	tests/workload/native_nocgo.go tests/workload/recorder.go \
	tests/workload/scenarios.go tests/workload/serve.go
if HAVE_GO
pkglibexec_SCRIPTS += workload
CLEANFILES += workload
workload: $(WORKLOAD_FILES)
	$(AM_V_GEN)out=$$PWD/$@ && cd $(srcdir)/tests/workload && \
		CGO_ENABLED=0 "$(GO)" build -buildvcs=false -o "$$out" .
endif

# Screen, command line and integration tests: Python programs that print TAP.
# A folder adds its own to one of these two.
SCRIPT_TESTS = tests/layers.py tests/golden/selftest.py tests/golden/run.py \
	tests/golden/extremes.py tests/golden/terminal.py \
	tests/fault/check.py
# Those that watch live processes for a while; distcheck leaves them out.
LIVE_TESTS = \
	tests/truth/selftest.py \
	tests/integration/live.py \
	tests/integration/endpoints.py \
	tests/integration/asks.py \
	tests/integration/sites.py \
	tests/integration/topcmd.py \
	tests/integration/pprof.py \
	tests/integration/goversions.py \
	tests/integration/namespaces.py \
	tests/integration/rights.py \
	tests/integration/blocked.py \
	tests/integration/held.py \
	tests/integration/odd.py \
	tests/integration/names.py \
	tests/integration/libraries.py \
	tests/integration/life.py \
	tests/integration/parts.py \
	tests/integration/crosscheck.py \
	tests/integration/servers.py
THREADED_TESTS += tests/golden/run.py tests/integration/goversions.py

# Preloaded by tests/fault to make allocations fail; never under a sanitizer,
# hence without $(SAN).
check_DATA = tests/fault/oomfail.so
CLEANFILES += tests/fault/oomfail.so
tests/fault/oomfail.so: tests/fault/oomfail.c
	$(AM_V_CC)$(MKDIR_P) tests/fault && $(CC) -std=gnu11 -D_GNU_SOURCE -O2 \
		$(WARN) $(WERROR) -fPIC -shared -o $@ $(srcdir)/tests/fault/oomfail.c

# Without LC_ALL of its own a test sees one UTF-8 locale everywhere.
AM_TESTS_ENVIRONMENT = \
	abs_top_srcdir='$(abs_top_srcdir)'; export abs_top_srcdir; \
	abs_top_builddir='$(abs_top_builddir)'; export abs_top_builddir; \
	RESIDUE='$(abs_top_builddir)/residue'; export RESIDUE; \
	WORKLOAD='$(abs_top_builddir)/workload'; export WORKLOAD; \
	OOMFAIL='$(abs_top_builddir)/tests/fault/oomfail.so'; export OOMFAIL; \
	GO='$(GO)'; export GO; CC='$(CC)'; export CC; \
	LC_ALL=C.UTF-8; export LC_ALL; \
	PYTHONDONTWRITEBYTECODE=1; export PYTHONDONTWRITEBYTECODE; \
	ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1:exitcode=99; export ASAN_OPTIONS; \
	UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1; export UBSAN_OPTIONS; \
	TSAN_OPTIONS=halt_on_error=1:exitcode=99; export TSAN_OPTIONS;
TAP_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh
LOG_DRIVER = $(TAP_DRIVER)
AM_LOG_DRIVER_FLAGS = --merge --comments
LOG_COMPILER = $(SHELL) $(top_srcdir)/tests/lib/cmocka-tap
TEST_EXTENSIONS = .py
PY_LOG_DRIVER = $(TAP_DRIVER)
AM_PY_LOG_DRIVER_FLAGS = --comments
# Nothing may hang: a unit is given five minutes (cmocka-tap), these ten.
PY_LOG_COMPILER = timeout
AM_PY_LOG_FLAGS = 600 $(TEST_PYTHON)

TESTS += $(SCRIPT_TESTS) $(LIVE_TESTS)
EXTRA_DIST += $(WORKLOAD_FILES) \
	tests/integration/blocked/go.mod tests/integration/blocked/main.go \
	tests/bench/list.py \
	$(SCRIPT_TESTS) $(LIVE_TESTS) tests/integration/hostile.py tests/run-all tests/lib/cmocka-tap \
	tests/lib/tap.py tests/golden/cases.py tests/golden/tui.py \
	tests/golden/render.py tests/golden/from_journal.py \
	tests/golden/expected tests/data/scripts tests/fault/oomfail.c tests/fault/torture.py \
	tests/fault/inject.py tests/fuzz/campaign.py tests/fuzz/mutate.py tests/stress/go.mod tests/stress/main.go \
	tests/truth/README.md tests/truth/score.py tests/truth/report.py \
	tests/truth/baseline.py tests/truth/toolchains.py \
	tests/bench/live.py tests/bench/watch.py tests/bench/events.py tests/bench/stress_events.py \
	tests/bench/lateness.py tests/bench/article.py tests/bench/top.py \
	tests/bench/agentless_cost.py tests/bench/allocs/go.mod tests/bench/allocs/main.go

# What distcheck runs of the tests: all but those that watch and wait.
AM_DISTCHECK_CONFIGURE_FLAGS = --enable-werror
.PHONY: quick-tests check-threads check-valgrind check-faults
quick-tests:
	@echo $(UNIT_TESTS) $(SCRIPT_TESTS)
check-threads:
	$(MAKE) $(AM_MAKEFLAGS) check TESTS='$(THREADED_TESTS)'

# Units under memcheck, which alone sees a value that was never set. Not those
# that look at themselves in /proc, where they are valgrind then, or open a pidfd,
# which valgrind 3.19 does not know; nor the one that tries every damage there is,
# which takes an hour so.
NO_VALGRIND_TESTS = tests/unit/test_pidfd tests/unit/test_procdir \
	tests/unit/test_procdir_facts tests/unit/test_profile_hostile
check-valgrind:
	TEST_TOOL='valgrind -q --leak-check=full --show-leak-kinds=definite,indirect --error-exitcode=99 --fair-sched=yes' \
		$(MAKE) $(AM_MAKEFLAGS) check TESTS="`echo $(UNIT_TESTS) | tr ' ' '\\n' | \
			grep -vxF "$$(echo $(NO_VALGRIND_TESTS) | tr ' ' '\\n')" | tr '\\n' ' '`"

# Every allocation and every kind of system call fails in turn: half an hour.
check-faults: residue workload tests/fault/oomfail.so
	$(AM_TESTS_ENVIRONMENT) $(TEST_PYTHON) $(srcdir)/tests/fault/check.py --all

# For developers, where the tools of clang are at hand.
.PHONY: format-check tidy
format-check:
	cd $(srcdir) && find src include tests/unit tests/fuzz tests/fault \
		-name '*.[ch]' -print | xargs -r clang-format --dry-run -Werror
tidy: $(BUILT_SOURCES)
	cd $(srcdir) && find src -name '*.c' -print | \
		xargs -r -P 2 -n 1 sh -c 'clang-tidy --quiet "$$@" -- $(TIDY_FLAGS)' tidy
TIDY_FLAGS = -std=gnu11 -D_GNU_SOURCE $(DEFS) -I$(abs_top_builddir) \
	-I$(abs_top_builddir)/src -Iinclude -Isrc $(NCURSES_CFLAGS) \
	-DRESIDUE_DATADIR=\"/\" -DRESIDUE_LIBEXECDIR=\"/\"
