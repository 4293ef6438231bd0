#!/bin/sh -e
# direct-terms.sh DIRECT.ti PLAIN.ti: C source of their terminals, compiled by
# tic and in the base64 form that ncurses takes from the environment
# (terminfo(5)). Without tic, infocmp or the entries they build on the table is
# empty: themes show their 256 colours then, and terminals are taken to be what
# they say.
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

terms() { # FILE.ti RGB: its rows
    tic -x -o "$dir/$2" "$1" 2>"$dir/errors" || true
    for t in xterm-256color xterm tmux-256color screen-256color; do
        if [ -f "$dir/$2/$(printf %.1s "$t")/$t" ] &&
            b64=$(TERMINFO=$dir/$2 infocmp -0 -q -Q2 -x "$t" 2>/dev/null); then
            printf '\t{"%s", %s,\n' "$t" "$2"
            echo "$b64" | fold -w 70 | sed 's/^/\t "/; s/$/"/'
            printf '\t},\n'
        fi
    done
}

echo "/* Made by src/ui/direct-terms.sh; do not edit. */"
echo '#include "ui/direct.h"'
echo
echo "const struct direct_term direct_terms[] = {"
terms "$1" true
terms "$2" false
echo "	{0}};"
