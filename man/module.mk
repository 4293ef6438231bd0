# The manual and what else tells people about the program.
dist_man1_MANS += man/residue.1
bashcompletiondir = $(datadir)/bash-completion/completions
dist_bashcompletion_DATA = completions/residue.bash
dist_doc_DATA = README.md NEWS docs/architecture.md docs/adding.md \
	docs/script-format.md
EXTRA_DIST += man/tables.py docs/screenshots tests/docs/check.py
TESTS += tests/docs/check.py
