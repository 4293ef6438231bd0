# The manual and what else tells people about the program.
dist_man1_MANS += man/residue.1
bashcompletiondir = $(datadir)/bash-completion/completions
dist_bashcompletion_DATA = completions/residue.bash
EXTRA_DIST += man/tables.py
