# Files of src/record, its tests and its fuzzers.
libresidue_a_SOURCES += \
	include/residue/record/output.h src/record/output.c \
	src/record/format.h src/record/json_out.c src/record/csv_out.c \
	src/record/text_out.c src/record/json.h src/record/json.c \
	include/residue/record/script.h src/record/script.c \
	src/record/script_profile.h src/record/script_profile.c \
	include/residue/record/snapshot.h src/record/snapshot.c \
	src/record/snapshot_files.h src/record/snapshot_files.c \
	src/record/snapshot_summary.c
UNIT_TESTS += tests/unit/test_json_out tests/unit/test_csv_out \
	tests/unit/test_text_out tests/unit/test_script \
	tests/unit/test_snapshot
tests_unit_test_json_out_SOURCES = tests/unit/test_json_out.c \
	tests/unit/output_fixture.h
tests_unit_test_csv_out_SOURCES = tests/unit/test_csv_out.c \
	tests/unit/output_fixture.h
tests_unit_test_text_out_SOURCES = tests/unit/test_text_out.c \
	tests/unit/output_fixture.h
tests_unit_test_script_SOURCES = tests/unit/test_script.c
tests_unit_test_snapshot_SOURCES = tests/unit/test_snapshot.c

# The driver and its flags: src/decode/module.mk.
FUZZ_TARGETS += tests/fuzz/fuzz_script
check_PROGRAMS += tests/fuzz/fuzz_script
if !FUZZERS
TESTS += tests/fuzz/fuzz_script
endif
tests_fuzz_fuzz_script_SOURCES = tests/fuzz/fuzz_script.c $(FUZZ_DRIVER)
tests_fuzz_fuzz_script_LDFLAGS = $(FUZZER_LINK)
