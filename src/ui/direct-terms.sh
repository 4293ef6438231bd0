#!/bin/sh -e
# direct-terms.sh FILE.ti: C source of its terminals, compiled by tic and in
# the base64 form that ncurses takes from the environment (terminfo(5)).
# Without tic, infocmp or the entries it builds on the table is empty, and
# themes show their 256 colours.
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
tic -x -o "$dir" "$1" 2>"$dir/errors" || true
echo "/* Made by src/ui/direct-terms.sh from $(basename "$1"); do not edit. */"
echo '#include "ui/direct.h"'
echo
echo "const struct direct_term direct_terms[] = {"
for t in xterm-256color tmux-256color screen-256color; do
    if b64=$(TERMINFO=$dir infocmp -0 -q -Q2 -x "$t" 2>/dev/null) &&
        [ -f "$dir/$(printf %.1s "$t")/$t" ]; then
        printf '\t{"%s",\n' "$t"
        echo "$b64" | fold -w 70 | sed 's/^/\t "/; s/$/"/'
        printf '\t},\n'
    fi
done
echo "	{0}};"
