# Files of src/views, its tests and its fuzzers.

# Views: one is a file of this folder and a word here.
VIEWS = src/views/list.c src/views/watch.c src/views/compare.c \
	src/views/sites.c src/views/log.c src/views/help.c

libresidue_a_SOURCES += $(VIEWS) \
	include/residue/views/view.h src/views/screens.c \
	src/views/bar.c \
	src/views/columns.h src/views/columns.c \
	src/views/confirm.h src/views/confirm.c \
	src/views/event_list.h src/views/event_list.c \
	src/views/list_order.h src/views/list_order.c \
	src/views/look.h src/views/look.c \
	src/views/sort_menu.h src/views/sort_menu.c \
	src/views/panels.h src/views/panels.c \
	src/views/rates.h src/views/rates.c \
	src/views/site_detail.h src/views/site_detail.c \
	src/views/sites_table.h src/views/sites_table.c \
	src/views/timeaxis.h src/views/timeaxis.c \
	src/views/watch_header.h src/views/watch_header.c
nodist_libresidue_a_SOURCES += src/views/registry.c
CLEANFILES += src/views/registry.c
src/views/registry.c: src/views/module.mk tools/gen-registry
	$(AM_V_GEN)$(MKDIR_P) $(@D)
	$(AM_V_at)$(top_srcdir)/tools/gen-registry view \
		residue/views/view.h $(VIEWS) >$@.tmp && mv $@.tmp $@

SCREEN_FIXTURE = tests/unit/canvas_text.h tests/unit/screen_fixture.h
UNIT_TESTS += tests/unit/test_views
tests_unit_test_views_SOURCES = $(SCREEN_FIXTURE) \
	tests/unit/test_views.c tests/unit/views_fixture.h
UNIT_TESTS += tests/unit/test_dialogs
tests_unit_test_dialogs_SOURCES = $(SCREEN_FIXTURE) \
	tests/unit/test_dialogs.c tests/unit/views_fixture.h
UNIT_TESTS += tests/unit/test_sites_view
tests_unit_test_sites_view_SOURCES = $(SCREEN_FIXTURE) \
	tests/unit/test_sites_view.c $(DECODE_FIXTURE)
UNIT_TESTS += tests/unit/test_extremes
tests_unit_test_extremes_SOURCES = $(SCREEN_FIXTURE) \
	tests/unit/test_extremes.c $(DECODE_FIXTURE)
