# Files of src/ui, its tests and its fuzzers.
libresidue_a_SOURCES += \
	include/residue/ui/axis.h src/ui/axis.c \
	include/residue/ui/backend.h \
	include/residue/ui/canvas.h src/ui/canvas.c \
	include/residue/ui/glyphs.h src/ui/glyphs.c \
	include/residue/ui/graph.h src/ui/graph.c \
	include/residue/ui/keymap.h src/ui/keymap.c \
	include/residue/ui/layout.h src/ui/layout.c \
	include/residue/ui/prompt.h src/ui/prompt.c \
	include/residue/ui/terminal.h src/ui/terminal.c \
	include/residue/ui/theme.h src/ui/theme.c \
	include/residue/ui/widgets.h src/ui/widgets.c \
	src/ui/colour.h src/ui/colour.c src/ui/direct.h \
	src/ui/keys.h src/ui/keys.c src/ui/signals.h src/ui/signals.c

# Descriptions of terminals, compiled in.
nodist_libresidue_a_SOURCES += src/ui/direct_terms.c
EXTRA_DIST += src/ui/direct.ti src/ui/plain.ti src/ui/direct-terms.sh
CLEANFILES += src/ui/direct_terms.c
src/ui/direct_terms.c: src/ui/direct.ti src/ui/plain.ti src/ui/direct-terms.sh
	$(AM_V_GEN)$(MKDIR_P) src/ui && \
	sh $(srcdir)/src/ui/direct-terms.sh $(srcdir)/src/ui/direct.ti \
		$(srcdir)/src/ui/plain.ti >$@.tmp && \
	mv $@.tmp $@

UNIT_TESTS += tests/unit/test_theme tests/unit/test_keymap \
	tests/unit/test_canvas tests/unit/test_graph
tests_unit_test_theme_SOURCES = tests/unit/test_theme.c
tests_unit_test_keymap_SOURCES = tests/unit/test_keymap.c
tests_unit_test_canvas_SOURCES = tests/unit/canvas_text.h \
	tests/unit/test_canvas.c
tests_unit_test_graph_SOURCES = tests/unit/canvas_text.h \
	tests/unit/test_graph.c
