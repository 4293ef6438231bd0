libresidue_a_SOURCES += \
	include/residue/model/doc.h src/model/doc.c \
	include/residue/model/event.h src/model/event.c \
	include/residue/model/fields.h src/model/fields.c \
	include/residue/model/frame.h src/model/frame.c \
	include/residue/model/history.h src/model/history.c src/model/block.c \
	include/residue/model/log.h src/model/log.c \
	include/residue/model/by_size.h \
	include/residue/model/pauses.h \
	include/residue/model/profile.h src/model/profile.c \
	src/model/profile_noise.h \
	include/residue/model/reading.h \
	include/residue/model/sites.h src/model/sites.c src/model/site_detail.c \
	include/residue/model/state.h src/model/state.c \
	include/residue/model/target.h src/model/target.c \
	include/residue/model/top.h src/model/top.c \
	src/model/top_edges.h src/model/top_edges.c src/model/top_text.c \
	include/residue/model/measure.h src/model/measure.c \
	include/residue/model/pattern.h src/model/pattern.c \
	src/model/re2.h src/model/re2.c \
	include/residue/model/verdict.h src/model/verdict.c \
	src/model/pyramid.h src/model/pyramid.c

UNIT_TESTS += tests/unit/test_history
tests_unit_test_history_SOURCES = tests/unit/test_history.c
UNIT_TESTS += tests/unit/test_state
tests_unit_test_state_SOURCES = tests/unit/test_state.c
UNIT_TESTS += tests/unit/test_sites
tests_unit_test_sites_SOURCES = tests/unit/test_sites.c $(DECODE_FIXTURE)
UNIT_TESTS += tests/unit/test_log
tests_unit_test_log_SOURCES = tests/unit/test_log.c
