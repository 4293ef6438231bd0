# Files of src/decode, its tests and its fuzzers.
libresidue_a_SOURCES += \
	include/residue/decode/debug1.h src/decode/debug1.c \
	include/residue/decode/encode.h src/decode/encode.c \
	include/residue/decode/expvar.h src/decode/expvar.c \
	include/residue/decode/profile.h src/decode/profile.c \
	include/residue/decode/profile_reading.h \
	src/decode/profile_reading.c \
	include/residue/decode/promtext.h src/decode/promtext.c \
	src/decode/aggregate.c \
	src/decode/arena.h src/decode/arena.c \
	src/decode/build.h src/decode/build.c \
	src/decode/gunzip.h src/decode/gunzip.c \
	src/decode/idmap.h src/decode/idmap.c \
	src/decode/memstats.h src/decode/memstats.c \
	src/decode/names.h src/decode/names.c \
	src/decode/pool.h src/decode/pool.c \
	src/decode/prune.c \
	src/decode/resolve.c \
	src/decode/stream.h src/decode/stream.c

# protobuf-c's code is made at build time.
nodist_libresidue_a_SOURCES += \
	src/decode/profile.pb-c.c src/decode/profile.pb-c.h
BUILT_SOURCES += src/decode/profile.pb-c.c src/decode/profile.pb-c.h
CLEANFILES += src/decode/profile.pb-c.c src/decode/profile.pb-c.h
EXTRA_DIST += src/decode/profile.proto

src/decode/profile.pb-c.c: $(srcdir)/src/decode/profile.proto
	$(AM_V_GEN)$(MKDIR_P) src/decode && $(PROTOC_C) \
		--proto_path=$(srcdir)/src/decode --c_out=src/decode $<
src/decode/profile.pb-c.h: src/decode/profile.pb-c.c
	@test -f $@ || { rm -f $< && $(MAKE) $(AM_MAKEFLAGS) $<; }
src/decode/build.$(OBJEXT): src/decode/profile.pb-c.h
src/decode/encode.$(OBJEXT): src/decode/profile.pb-c.h

DECODE_FIXTURE = tests/unit/decode_fixture.h tests/unit/decode_fixture.c
UNIT_TESTS += tests/unit/test_debug1
tests_unit_test_debug1_SOURCES = tests/unit/test_debug1.c $(DECODE_FIXTURE)
UNIT_TESTS += tests/unit/test_encode
tests_unit_test_encode_SOURCES = tests/unit/test_encode.c $(DECODE_FIXTURE)
UNIT_TESTS += tests/unit/test_expvar
tests_unit_test_expvar_SOURCES = tests/unit/test_expvar.c $(DECODE_FIXTURE)
UNIT_TESTS += tests/unit/test_profile
tests_unit_test_profile_SOURCES = tests/unit/test_profile.c $(DECODE_FIXTURE)
UNIT_TESTS += tests/unit/test_profile_hostile
tests_unit_test_profile_hostile_SOURCES = \
	tests/unit/test_profile_hostile.c $(DECODE_FIXTURE)
UNIT_TESTS += tests/unit/test_promtext
tests_unit_test_promtext_SOURCES = tests/unit/test_promtext.c $(DECODE_FIXTURE)
UNIT_TESTS += tests/unit/test_top
tests_unit_test_top_SOURCES = tests/unit/test_top.c $(DECODE_FIXTURE)
UNIT_TESTS += tests/unit/test_top_pattern
tests_unit_test_top_pattern_SOURCES = tests/unit/test_top_pattern.c \
	$(DECODE_FIXTURE)
EXTRA_DIST += tests/data/profiles tests/data/hostile tests/data/re2

# Fuzzers: with --enable-fuzzers libFuzzer programs, else the corpus replayed.
FUZZ_DECODE = \
	tests/fuzz/fuzz_debug1 tests/fuzz/fuzz_expvar \
	tests/fuzz/fuzz_profile tests/fuzz/fuzz_profile_gz \
	tests/fuzz/fuzz_promtext
if FUZZERS
FUZZ_DRIVER = tests/fuzz/fuzz.h
FUZZER_LINK = $(AM_LDFLAGS) -fsanitize=fuzzer
else
FUZZ_DRIVER = tests/fuzz/fuzz.h tests/fuzz/replay.c
FUZZER_LINK = $(AM_LDFLAGS)
TESTS += $(FUZZ_DECODE)
endif
FUZZ_TARGETS += $(FUZZ_DECODE)
check_PROGRAMS += $(FUZZ_DECODE)
FUZZ_PROFILE = tests/fuzz/use_profile.h tests/fuzz/use_profile.c
tests_fuzz_fuzz_debug1_SOURCES = tests/fuzz/fuzz_debug1.c $(FUZZ_DRIVER)
tests_fuzz_fuzz_debug1_LDFLAGS = $(FUZZER_LINK)
tests_fuzz_fuzz_expvar_SOURCES = tests/fuzz/fuzz_expvar.c $(FUZZ_DRIVER)
tests_fuzz_fuzz_expvar_LDFLAGS = $(FUZZER_LINK)
tests_fuzz_fuzz_profile_SOURCES = \
	tests/fuzz/fuzz_profile.c $(FUZZ_PROFILE) $(FUZZ_DRIVER)
tests_fuzz_fuzz_profile_LDFLAGS = $(FUZZER_LINK)
tests_fuzz_fuzz_profile_gz_SOURCES = \
	tests/fuzz/fuzz_profile_gz.c $(FUZZ_PROFILE) $(FUZZ_DRIVER)
tests_fuzz_fuzz_profile_gz_LDFLAGS = $(FUZZER_LINK)
tests_fuzz_fuzz_promtext_SOURCES = tests/fuzz/fuzz_promtext.c $(FUZZ_DRIVER)
tests_fuzz_fuzz_promtext_LDFLAGS = $(FUZZER_LINK)
EXTRA_DIST += tests/fuzz/corpus

# Made by name only.
EXTRA_PROGRAMS += tests/bench/top_cpu
tests_bench_top_cpu_SOURCES = tests/bench/top_cpu.c
