# The manual and what else tells people about the program.
dist_man1_MANS += man/residue.1
bashcompletiondir = $(datadir)/bash-completion/completions
dist_bashcompletion_DATA = completions/residue.bash
dist_doc_DATA = README.md NEWS docs/architecture.md docs/adding.md \
	docs/script-format.md docs/agentless.md \
	docs/adding-a-go-version.md docs/measured.md
EXTRA_DIST += man/tables.py docs/screenshots tests/docs/check.py \
	tests/docs/screenshots.py
TESTS += tests/docs/check.py

# After a change to the screens: draw the pictures anew, and look at them.
.PHONY: screenshots
screenshots: residue
	RESIDUE=$(abs_builddir)/residue \
		$(TEST_PYTHON) $(srcdir)/tests/docs/screenshots.py
