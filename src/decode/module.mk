# Files of src/decode, its tests and its fuzzers.
libresidue_a_SOURCES += \
	include/residue/decode/debug1.h src/decode/debug1.c \
	include/residue/decode/expvar.h src/decode/expvar.c \
	include/residue/decode/profile.h src/decode/profile.c \
	include/residue/decode/promtext.h src/decode/promtext.c \
	src/decode/aggregate.c \
	src/decode/arena.h src/decode/arena.c \
	src/decode/build.h src/decode/build.c \
	src/decode/gunzip.h src/decode/gunzip.c \
	src/decode/idmap.h src/decode/idmap.c \
	src/decode/memstats.h src/decode/memstats.c \
	src/decode/names.h src/decode/names.c \
	src/decode/pool.h src/decode/pool.c \
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

DECODE_FIXTURE = tests/unit/decode_fixture.h tests/unit/decode_fixture.c
UNIT_TESTS += tests/unit/test_profile
tests_unit_test_profile_SOURCES = tests/unit/test_profile.c $(DECODE_FIXTURE)
UNIT_TESTS += tests/unit/test_profile_hostile
tests_unit_test_profile_hostile_SOURCES = \
	tests/unit/test_profile_hostile.c $(DECODE_FIXTURE)
UNIT_TESTS += tests/unit/test_top
tests_unit_test_top_SOURCES = tests/unit/test_top.c $(DECODE_FIXTURE)
UNIT_TESTS += tests/unit/test_top_pattern
tests_unit_test_top_pattern_SOURCES = tests/unit/test_top_pattern.c
EXTRA_DIST += tests/data/profiles tests/data/hostile
