# Files of src/fetch and its tests.
libresidue_a_SOURCES += \
	include/residue/fetch/backoff.h src/fetch/backoff.c \
	include/residue/fetch/fetch.h src/fetch/fetch.c \
	src/fetch/libcurl.h src/fetch/libcurl.c \
	src/fetch/transfer.h src/fetch/transfer.c src/fetch/words.c \
	include/residue/fetch/url.h src/fetch/url.c

UNIT_TESTS += tests/unit/test_fetch
tests_unit_test_fetch_SOURCES = tests/unit/test_fetch.c \
	tests/unit/http_server.h tests/unit/http_server.c
UNIT_TESTS += tests/unit/test_url
tests_unit_test_url_SOURCES = tests/unit/test_url.c
