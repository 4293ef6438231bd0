# Commands, in the order of --help: one is a file of this folder and a line
# here.
COMMANDS = \
	src/app/cmd_watch.c \
	src/app/cmd_run.c \
	src/app/cmd_list.c \
	src/app/cmd_top.c \
	src/app/cmd_snapshot.c \
	src/app/cmd_demo.c

residue_SOURCES += $(COMMANDS) \
	src/app/main.c \
	src/app/batch.h src/app/batch.c \
	src/app/child.h src/app/child.c \
	src/app/command.h \
	src/app/config.h src/app/config.c \
	src/app/options.h src/app/options.c \
	src/app/probes.h src/app/probes.c \
	src/app/screen.h src/app/screen.c \
	src/app/targets.h src/app/targets.c \
	src/app/top_print.h src/app/top_print.c \
	src/app/signals.h src/app/signals.c \
	src/app/tui.h src/app/tui.c \
	src/app/words.h src/app/words.c
nodist_residue_SOURCES = src/app/registry.c
BUILT_SOURCES += src/app/registry.c
CLEANFILES += src/app/registry.c

src/app/registry.c: src/app/module.mk tools/gen-registry
	$(AM_V_GEN)$(MKDIR_P) $(@D)
	$(AM_V_at)$(top_srcdir)/tools/gen-registry command \
		app/command.h $(COMMANDS) >$@.tmp && mv $@.tmp $@
