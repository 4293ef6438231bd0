#!/usr/bin/env python3
"""The manual's tables, made from the program's own: one place for each fact.

  tables.py           rewrite them in residue.1
  tables.py --check   say whether they are up to date (exit 1 when not)

residue.1 keeps a table between `.\\" begin NAME` and `.\\" end NAME`. Options
come from src/app/options.c, keys from include/residue/ui/keymap.h, figures,
events and verdicts from include/residue/model, parts of RES from
include/residue/judge/breakdown.h.
"""
import os
import re
import sys
import textwrap

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
MANUAL = os.path.join(TOP, "man", "residue.1")

PRESSES = {"ENTER": "Enter", "SPACE": "Space", "TAB": "Tab", "ESC": "Esc", "LEFT": "Left", "RIGHT": "Right",
           "UP": "Up", "DOWN": "Down", "PGUP": "PgUp", "PGDN": "PgDn", "HOME": "Home", "END": "End"}
UNITS = {"BYTES": "bytes", "COUNT": "count", "PERCENT": "percent", "NS": "ns", "WALL": "Unix ns"}


def source(path):
    with open(os.path.join(TOP, path), encoding="utf-8") as f:
        return f.read()


def cells(text):
    """The comma-separated cells of a table's row; strings and brackets whole."""
    return [c.strip() for c in re.findall(r'(?:"(?:\\.|[^"])*"|\'(?:\\.|[^\'])*\'|\((?:[^()]|\([^()]*\))*\)|[^,])+', text)]


def string(cell):
    """The value of a C string, or None for NULL."""
    parts = re.findall(r'"((?:\\.|[^"])*)"', cell)
    return re.sub(r"\\(.)", r"\1", "".join(parts)) if parts else None


def x_table(path):
    """Rows of the X macros of a header: [[cell, ...], ...]."""
    return [cells(row) for row in re.findall(r"^X\((.*)\)\s*\\?$", source(path), re.M)]


def roff(text):
    """Text as lines of mdoc, none of which is taken for a request."""
    lines = textwrap.wrap(text.replace("\\", "\\e"), 78)
    return "\n".join(re.sub(r"^([.'])", r"\\&\1", line) for line in lines)


def options():
    rows = re.search(r"option_info table\[\] = \{\n(.*?)\n\};", source("src/app/options.c"), re.S).group(1)
    out = [".Bl -tag -width Ds"]
    for row in re.findall(r"^\{(.*)\},$", rows, re.M):
        name, letter, _, _, arg, words = cells(row)
        name, arg = string(name).replace("-", "\\-"), string(arg)
        if letter != "0":
            head = ".It Fl %s%s , Fl \\-%s" % (letter.strip("'"), " Ar " + arg if arg else "", name)
        else:
            head = ".It Fl \\-%s" % name
        out += [head + (" Ns = Ns Ar " + arg if arg else ""), roff(string(words) + ".")]
    return out + [".El"]


def key_name(press):
    m = re.match(r"PRESS_F\((\d+)\)", press)
    if m:
        return "F" + m.group(1)
    m = re.match(r"PRESS_CTRL\('(.)'\)", press)
    if m:
        return "Ctrl-" + m.group(1).upper()
    if press.startswith("PRESS_"):
        return PRESSES[press[6:]]
    return press[1:-1].replace("\\\\", "\\")


def keys():
    places = {"IN_LIST": "list", "IN_WATCH": "watch", "IN_COMPARE": "compare", "IN_HELP": "help",
              "IN_SITES": "sites", "IN_LOG": "log", "IN_TABLES": "list, sites",
              "IN_ACTING": "list, watch, compare, sites", "IN_GRAPHS": "watch, compare", "IN_TARGETS": "list, watch, compare", "IN_ALL": "everywhere"}
    out = [".Bl -tag -width \"PgDn, Right\""]
    for row in x_table("include/residue/ui/keymap.h"):
        _, where, _, label, presses, words = row
        names = [key_name(k) for k in cells(presses[2:-1])]
        where = ", ".join(places[w.strip()] for w in where.split("|"))
        out += [".It Sy " + " , ".join(("\\e" if n == "\\" else "\\&" + n if not n.isalnum() else n) for n in names),
                roff("%s: %s (%s)." % (string(label), string(words), where))]
    return out + [".El"]


def figures():
    out = [".Bl -tag -width Ds"]
    for _, name, unit, origin, _, _, words in x_table("include/residue/model/fields.h"):
        out += [".It Cm %s Pq %s, %s" % (string(name), UNITS[unit], origin.lower()), roff(string(words) + ".")]
    return out + [".El"]


def events():
    out = [".Bl -tag -width Ds"]
    for _, name, letter, title, words in x_table("include/residue/model/event.h"):
        letter = letter.strip("'")
        out += [".It Cm %s Pq Sy \\&%s" % (string(name), letter), roff("%s: %s." % (string(title), string(words)))]
    return out + [".El"]


def verdicts():
    out = [".Bl -tag -width \"limit_thrash\" -compact"]
    for _, name, title in x_table("include/residue/model/verdict.h"):
        out += [".It Cm " + string(name), roff(string(title))]
    return out + [".El"]


def parts():
    out = [".Bl -tag -width Ds"]
    for _, name, title, words in x_table("include/residue/judge/breakdown.h"):
        out += [".It Cm %s Pq %s" % (string(name), string(title)), roff(string(words) + ".")]
    return out + [".El"]


TABLES = {"options": options, "keys": keys, "figures": figures, "parts": parts, "events": events,
          "verdicts": verdicts}


def manual():
    """(residue.1 as it is, as it should be)."""
    with open(MANUAL, encoding="utf-8") as f:
        old = new = f.read()
    for name, make in TABLES.items():
        begin, end = '.\\" begin %s\n' % name, '.\\" end %s\n' % name
        before, rest = new.split(begin)
        after = rest.split(end)[1]
        new = before + begin + "\n".join(make()) + "\n" + end + after
    return old, new


def main():
    old, new = manual()
    if sys.argv[1:] == ["--check"]:
        sys.exit(old != new)
    with open(MANUAL, "w", encoding="utf-8") as f:
        f.write(new)


if __name__ == "__main__":
    main()
