libresidue_a_SOURCES += \
	include/residue/sampler/sampler.h src/sampler/sampler.c \
	src/sampler/budget.h src/sampler/budget.c \
	src/sampler/discover.c \
	src/sampler/feed.c \
	src/sampler/frame_fill.c \
	src/sampler/grid.h src/sampler/grid.c \
	src/sampler/guard.h src/sampler/guard.c \
	src/sampler/jobs.c \
	src/sampler/ladder.h src/sampler/ladder.c \
	src/sampler/lane.h src/sampler/lane.c \
	src/sampler/lane_read.h src/sampler/lane_read.c \
	src/sampler/machine.h \
	src/sampler/meter.h src/sampler/meter.c \
	src/sampler/net.h src/sampler/net.c \
	src/sampler/stall.h src/sampler/stall.c \
	src/sampler/store.h src/sampler/store.c \
	src/sampler/thread.h src/sampler/thread.c \
	src/sampler/watchdog.h src/sampler/watchdog.c

EXTRA_PROGRAMS += tests/bench/scan
tests_bench_scan_SOURCES = tests/bench/scan.c

UNIT_TESTS += tests/unit/test_grid
tests_unit_test_grid_SOURCES = tests/unit/test_grid.c
UNIT_TESTS += tests/unit/test_stall
tests_unit_test_stall_SOURCES = tests/unit/test_stall.c
UNIT_TESTS += tests/unit/test_guard
tests_unit_test_guard_SOURCES = tests/unit/test_guard.c
UNIT_TESTS += tests/unit/test_net
tests_unit_test_net_SOURCES = tests/unit/test_net.c

UNIT_TESTS += tests/unit/test_budget
tests_unit_test_budget_SOURCES = tests/unit/test_budget.c
