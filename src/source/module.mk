# Sources, those of one origin best first: one is a file of this folder and a
# line here.
SOURCES = \
	src/source/statm.c \
	src/source/smaps.c \
	src/source/cgroup.c \
	src/source/agentless.c \
	src/source/expvar.c \
	src/source/metrics.c \
	src/source/debug1.c \
	src/source/sites.c \
	src/source/pprof.c

libresidue_a_SOURCES += $(SOURCES) \
	include/residue/source/source.h \
	include/residue/source/facts.h src/source/facts.c \
	include/residue/source/listeners.h src/source/listeners.h \
	src/source/listeners.c src/source/probe.c \
	src/source/memory.h src/source/memory.c \
	src/source/netdoc.h src/source/netdoc.c
nodist_libresidue_a_SOURCES += src/source/registry.c
BUILT_SOURCES += src/source/registry.c
CLEANFILES += src/source/registry.c

src/source/registry.c: src/source/module.mk tools/gen-registry
	$(AM_V_GEN)$(MKDIR_P) $(@D)
	$(AM_V_at)$(top_srcdir)/tools/gen-registry source \
		residue/source/source.h $(SOURCES) >$@.tmp && mv $@.tmp $@

UNIT_TESTS += tests/unit/test_listeners
tests_unit_test_listeners_SOURCES = tests/unit/test_listeners.c
