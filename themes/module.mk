# Themes: one file each, one word here.
THEMES = themes/default.theme themes/midnight.theme \
	themes/deuteranopia.theme themes/mono.theme

nobase_dist_pkgdata_DATA += $(THEMES)
EXTRA_DIST += themes/embed.sh
nodist_libresidue_a_SOURCES += src/ui/theme_files.c
CLEANFILES += src/ui/theme_files.c
src/ui/theme_files.c: $(THEMES) themes/embed.sh themes/module.mk
	$(AM_V_GEN)$(MKDIR_P) src/ui && cd $(srcdir) && \
	sh themes/embed.sh $(THEMES) >$(abs_builddir)/$@.tmp && \
	mv $(abs_builddir)/$@.tmp $(abs_builddir)/$@
