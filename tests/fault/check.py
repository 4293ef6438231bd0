#!/usr/bin/env python3
"""Out of memory and failing system calls: a bounded part of torture.py and inject.py.

Each command of the table meets a failure at up to POINTS of its allocations,
once alone and once with all later ones failing too. torture.py and inject.py
by hand do all of them.
"""
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "lib")]
from inject import inject  # noqa: E402
from tap import Plan, Skip, finish  # noqa: E402
from torture import Torture  # noqa: E402

RESIDUE = os.environ.get("RESIDUE", "build/residue")
POINTS = 40

# (name, arguments, in a terminal). In a terminal only our own allocations fail:
# ncurses 6.4 does not survive it in _nc_tiparm.
SCRIPT = os.path.join(os.path.dirname(HERE), "data", "scripts", "gogc-off.jsonl")
COMMANDS = (
    ("help", ["--help"], False),
    ("list", ["list", "--json", "--script", SCRIPT], False),
    ("batch", ["-b", "--json", "--script", SCRIPT], False),
    ("screens", ["--script", SCRIPT], True),
)

# What the tools must tell apart, proved on programs of known manners.
CAREFUL = 'int main(void) { for (int i = 0; i < 5; i++) if (!malloc(8)) return 1; return 0; }'
CRASHING = 'int main(void) { char *p = malloc(8); *(volatile char *)p = 1; return 0; }'
HEADERS = "#include <fcntl.h>\n#include <stdlib.h>\n#include <unistd.h>\n"
NO_CHECK = 'int main(int c, char **v) { char b; if (c > 1 && v[1][0] == \'-\') return 0;' \
           ' if (read(open("/dev/zero", O_RDONLY), &b, 1) != 1) abort(); return 0; }'


def compiled(source, folder):
    path = os.path.join(folder, "probe")
    subprocess.run([*os.environ.get("CC", "cc").split(), "-O0", "-x", "c", "-", "-o", path], check=True,
                   input=HEADERS + source, text=True)
    return path


def careful_passes(folder):
    t = Torture([compiled(CAREFUL, folder)])
    total, end = t.count()
    assert (total, end) == (5, "exit 0"), (total, end)
    for n in t.points(total, 0):
        t.at(n)
    assert t.ends == {"exit 1": 5} and not t.bad, t.ends


def crash_is_found(folder):
    t = Torture([compiled(CRASHING, folder)])
    t.at(1)
    assert t.bad == ["allocation 1: signal 11"], t.bad


def points_are_spread():
    assert list(Torture([]).points(100, 4)) == [1, 34, 67, 100]
    assert list(Torture([]).points(3, 4)) == [1, 2, 3]


def injected_abort_is_found(folder):
    if not shutil.which("strace"):
        raise Skip("strace is not installed")
    probe = compiled(NO_CHECK, folder)
    _, ends, bad = inject([probe], [probe, "--version"], 5, (("read", "EIO"),))
    assert len(bad) == 1 and bad[0].startswith("read EIO") and bad[0].endswith("signal 6"), (ends, bad)


def endures(arguments, tui, sticky):
    t = Torture([RESIDUE, *arguments], sticky=sticky, own=tui, tui=tui)
    total, end = t.count()
    assert end == "exit 0", "undisturbed: " + end
    assert total > 0, "no allocation was counted: is $OOMFAIL there?"
    for n in t.points(total, POINTS):
        t.at(n)
    assert not t.bad, "\n".join(t.bad)


def sanitized():
    with open(RESIDUE, "rb") as f:
        program = f.read()
    return b"__asan_init" in program or b"__tsan_init" in program


def main():
    with Plan() as plan:
        if sanitized():
            plan.skip("allocations that fail", "a sanitizer has an allocator of its own")
        else:
            with tempfile.TemporaryDirectory() as folder:
                for test in (careful_passes, crash_is_found, injected_abort_is_found):
                    plan.run(test.__name__.replace("_", " "), test, folder)
            plan.run("points are spread", points_are_spread)
            for name, arguments, tui in COMMANDS:
                for sticky in (False, True):
                    plan.run("%s without memory%s" % (name, " from then on" if sticky else ""),
                             endures, arguments, tui, sticky)
    finish(plan)


if __name__ == "__main__":
    main()
