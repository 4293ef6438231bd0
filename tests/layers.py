#!/usr/bin/env python3
"""The layers of docs/architecture.md, enforced: who may include whom, and what.

  layers.py [TOP]     check a source tree (default: ours); TAP on stdout

Every #include of src/FOLDER and include/residue/FOLDER is looked at. A folder
may include itself and the folders named for it in LAYERS; a library of the
system that is named in LIBRARIES only where that table says.
"""
import os
import re
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from tap import Plan, finish  # noqa: E402

# Bottom to top; no folder may name one that stands after it.
LAYERS = {
    "base": "",
    "proc": "base",
    "goelf": "base",
    "gomem": "goelf proc base",
    "fetch": "base",
    "model": "base",
    "decode": "model base",
    "detect": "model base",
    "judge": "model base",
    "record": "judge decode model base",
    "source": "proc gomem goelf fetch decode record model base",
    "sampler": "source detect judge record model fetch proc base",
    "ui": "model base",
    "views": "ui judge model base",
    "app": "views ui sampler source record judge detect decode model fetch gomem goelf proc base",
}

# Headers of the libraries that we link: (pattern, what it is, folders that may).
LIBRARIES = (
    (r"(ncursesw?/)?(n?curses\w*|term|panel|menu|form)\.h", "ncurses", "ui"),
    (r"curl/.*", "libcurl", "fetch"),
    (r"protobuf-c/.*|.*\.pb-c\.h", "protobuf-c", "decode"),
    (r"jansson\.h", "jansson", "decode record app"),
    (r"pcre2\.h", "pcre2", "model"),
    (r"zlib\.h", "zlib", "decode model record"),
    (r"(libelf|gelf|elfutils/.*)\.?h?", "libelf", "goelf gomem"),
    (r"ini\.h", "inih", "ui app"),
    (r"uthash\.h", "uthash (use residue/base/hash.h)", "base"),
    (r"cmocka.*\.h", "cmocka", ""),
)

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.M)
COMMENT = re.compile(r"/\*.*?\*/", re.S)


def folders(top):
    """[(folder, path of a .c or .h file)] of the tree."""
    found = []
    for root in ("src", "include/residue"):
        for path, _, names in sorted(os.walk(os.path.join(top, root))):
            inside = os.path.relpath(path, os.path.join(top, root))
            for name in sorted(names):
                if name.endswith((".c", ".h")):
                    found.append((inside.split(os.sep)[0], os.path.join(path, name)))
    return found


def layer_of(quote, header, folder):
    """The folder of ours that an #include points into; None: a system header."""
    m = re.match(r"(?:src/)?residue/([^/]+)/", header)
    if m:
        return m.group(1)
    if quote == '"':
        first = header.split("/")[0]
        return first if "/" in header else folder
    return None


def complaints_of(top, folder, path):
    """What is wrong with one file's includes, as lines for people."""
    with open(path, encoding="utf-8") as f:
        text = COMMENT.sub(lambda m: "\n" * m.group().count("\n"), f.read())
    where = os.path.relpath(path, top)
    for m in INCLUDE.finditer(text):
        quote, header = m.groups()
        line = "%s:%d" % (where, text.count("\n", 0, m.start(1)) + 1)
        for pattern, library, may in LIBRARIES:
            if re.fullmatch(pattern, header) and folder not in may.split():
                yield "%s: %s includes <%s>: %s belongs to %s" % (line, folder, header, library, may or "tests")
        target = layer_of(quote, header, folder)
        if target in (None, folder):
            continue
        if target not in LAYERS:
            yield "%s: <%s> is in no layer" % (line, header)
        elif target not in LAYERS[folder].split():
            yield "%s: %s includes <%s>, but may only include: %s" % (
                line, folder, header, LAYERS[folder] or "nothing of ours")
        elif quote == '"':
            yield '%s: "%s" is private to %s' % (line, header, target)


def check(top):
    """{folder: [complaints]} for every folder that has files, and every layer."""
    out = {name: [] for name in LAYERS}
    for folder, path in folders(top):
        if folder not in LAYERS:
            out.setdefault(folder, []).append("%s: %s is in no layer" % (os.path.relpath(path, top), folder))
        else:
            out[folder] += complaints_of(top, folder, path)
    return out


# What must be found, and what must not: (file, its text, words of the complaint or None).
SAMPLES = (
    ("src/base/a.c", "#include <residue/model/field.h>\n", "base includes <residue/model/field.h>"),
    ("src/model/b.c", "#include <stdio.h>\n#  include <curl/curl.h>\n", "b.c:2: model includes <curl/curl.h>"),
    ("src/views/c.c", "#include <ncurses.h>\n", "ncurses belongs to ui"),
    ("src/views/d.c", '#include "../ui/secret.h"\n', "is in no layer"),
    ("src/views/e.c", '#include "ui/secret.h"\n', "is private to ui"),
    ("include/residue/ui/f.h", "#include <residue/views/view.h>\n", "ui includes <residue/views/view.h>"),
    ("src/attic/g.c", "int g;\n", "attic is in no layer"),
    ("src/detect/h.c", "#include <libelf.h>\n", "libelf belongs to goelf gomem"),
    ("src/source/i.c", '/*\n#include <curl/curl.h>\n*/\n#include <residue/fetch/fetch.h>\n#include "i.h"\n', None),
    ("src/ui/j.c", "#include <curses.h>\n#include <residue/base/err.h>\n", None),
)


def selftest(plan):
    names = list(LAYERS)
    upward = [(a, b) for a in names for b in LAYERS[a].split() if names.index(b) >= names.index(a)]
    plan.ok(not upward, "the table of layers points downwards", upward)
    for path, text, want in SAMPLES:
        with tempfile.TemporaryDirectory() as top:
            full = os.path.join(top, path)
            os.makedirs(os.path.dirname(full))
            with open(full, "w", encoding="utf-8") as f:
                f.write(text)
            said = [c for cs in check(top).values() for c in cs]
        if want is None:
            plan.ok(not said, "nothing is wrong with " + path, said)
        else:
            plan.ok(len(said) == 1 and want in said[0], "the fault in %s is found" % path, said)


def main():
    top = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    with Plan() as plan:
        selftest(plan)
        for folder, complaints in check(top).items():
            plan.ok(not complaints, "includes of %s" % folder, "\n".join(complaints))
    finish(plan)


if __name__ == "__main__":
    main()
