#!/usr/bin/env python3
"""Golden screens: what the program draws from a scripted stream, to the cell.

  run.py [--update] [--png DIR] [NAME...]    check (or rewrite) all cases, or those named

The cases are the table in cases.py. A case's screen of one size and mode is in
expected/NAME.WxH[.MODE].txt; with `attrs` its colours are in NAME.WxH.MODE.attrs,
a line for each run of cells that are not plain: ROW FIRST-LAST FG[/BG] ATTR...
A screen that differs fails, with a diff. $RESIDUE is the program.
"""
import argparse
import difflib
import multiprocessing
import os
import re
import sys
import tempfile
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "lib")]
from tap import Plan, finish  # noqa: E402
from tui import TUI  # noqa: E402

# Ways to run a case: what the environment has besides.
MODES = {
    "utf8": {"LC_ALL": "C.UTF-8"},
    "ascii": {"LC_ALL": "C"},
    "mono": {"LC_ALL": "C.UTF-8", "NO_COLOR": "1"},
    "eight": {"LC_ALL": "C.UTF-8", "TERM": "screen"},  # colours
    "truecolor": {"LC_ALL": "C.UTF-8", "COLORTERM": "truecolor"},
}
SIZES = ((40, 10), (80, 24), (200, 50))
PATIENCE = 20.0  # seconds for a right screen to come; sanitizers are slow
QUIET = 3.0      # seconds without output after which a screen is final
WORKERS = 4      # screens at a time; most of the time they wait


class Case:
    """One row of the table.

    command   the program and its arguments; "{residue}" and "{scripts}" are replaced
    steps     what to do, in order: "keys:<F5>q", "wait:REGEX" or "resize:WxH"
    sizes     (width, height) to run at, modes: names of MODES
    attrs     modes in which the colours are compared too
    """

    def __init__(self, name, command, steps=(), sizes=SIZES, modes=("utf8", "ascii"), attrs=()):
        self.name, self.command, self.steps = name, command, steps
        self.sizes, self.modes, self.attrs = sizes, modes, attrs

    def variants(self):
        return [(size, mode) for size in self.sizes for mode in self.modes]

    def file(self, size, mode, kind="txt"):
        return "%s.%dx%d%s.%s" % (self.name, *size, "" if mode == "utf8" else "." + mode, kind)


def shown_attributes(tui):
    return "".join("%d %d-%d %s\n" % run for run in tui.attributes())


def steps_of(case, tui):
    for step in case.steps:
        verb, _, rest = step.partition(":")
        if verb == "keys":
            tui.keys(rest)
        elif verb == "wait":
            tui.wait(rest, PATIENCE)
        elif verb == "resize":
            tui.resize(*map(int, rest.split("x")))
        else:
            raise ValueError("step " + step)
        # Escape is a key of its own only when nothing follows it at once.
        tui.settle(0.1)


def program():
    return os.path.abspath(os.environ.get("RESIDUE", "build/residue"))


def start(case, size, mode, home):
    fill = {"residue": program(),
            "scripts": os.path.join(os.path.dirname(HERE), "data", "scripts")}
    env = {"HOME": home, "XDG_CONFIG_HOME": home, "TZ": "UTC", **MODES[mode]}
    return TUI([part.format(**fill) for part in case.command], *size, env=env, cwd=home)


def diff(expected, found, name):
    return "".join(difflib.unified_diff(expected.splitlines(True), found.splitlines(True), "expected/" + name, "shown"))


def read(path):
    try:
        with open(path, encoding="utf-8") as f:
            return f.read()
    except FileNotFoundError:
        return ""


def compare(case, size, mode, folder):
    """Raise AssertionError with a diff unless the right screen comes, and stays.

    A screen is waited for, not timed; one that is wrong and quiet is given up early."""
    wanted = {kind: read(os.path.join(folder, case.file(size, mode, kind)))
              for kind in ("txt", "attrs") if kind == "txt" or mode in case.attrs}

    def found():
        seen = {"txt": tui.text() + "\n"}
        if "attrs" in wanted:
            seen["attrs"] = shown_attributes(tui)
        return seen

    with tempfile.TemporaryDirectory() as home, start(case, size, mode, home) as tui:
        steps_of(case, tui)
        end, drawn = time.monotonic() + PATIENCE, -1
        while found() != wanted and time.monotonic() < end and drawn != tui.bytes:
            drawn = tui.bytes
            tui.until(lambda: tui.bytes != drawn, QUIET)
        tui.settle(0.1)
        for kind, text in found().items():
            assert text == wanted[kind], diff(wanted[kind], text, case.file(size, mode, kind))


def update(case, size, mode, folder):
    with tempfile.TemporaryDirectory() as home, start(case, size, mode, home) as tui:
        steps_of(case, tui)
        tui.settle(0.5, PATIENCE)
        seen = {"txt": tui.text() + "\n", "attrs": shown_attributes(tui)}
        os.makedirs(folder, exist_ok=True)
        for kind in ("txt", "attrs") if mode in case.attrs else ("txt",):
            with open(os.path.join(folder, case.file(size, mode, kind)), "w", encoding="utf-8") as f:
                f.write(seen[kind])


def picture(case, size, mode, folder):
    import render
    with tempfile.TemporaryDirectory() as home, start(case, size, mode, home) as tui:
        steps_of(case, tui)
        tui.settle(0.5, PATIENCE)
        render.save(tui.screen, os.path.join(folder, case.file(size, mode, "png")))


def orphans(cases, folder):
    """Expected files that no case has any more."""
    wanted = {case.file(size, mode, kind) for case in cases for size, mode in case.variants()
              for kind in ("txt", "attrs") if kind == "txt" or mode in case.attrs}
    return sorted(set(os.listdir(folder)) - wanted) if os.path.isdir(folder) else []


def outcome(job):
    """One screen's comparison, in a process of its own: "" or what is wrong."""
    try:
        compare(*job)
    except AssertionError as error:
        return str(error) or "not as expected"
    except Exception:  # whatever else goes wrong is this screen's failure too
        return traceback.format_exc()
    return ""


def check(plan, cases, folder):
    jobs = [(case, size, mode, folder) for case in cases for size, mode in case.variants()]
    with multiprocessing.Pool(WORKERS) as pool:
        for (case, size, mode, _), why in zip(jobs, pool.imap(outcome, jobs)):
            plan.ok(not why, "%s at %dx%d, %s" % (case.name, *size, mode), why)


def main():
    from cases import CASES
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    ap.add_argument("--update", action="store_true", help="rewrite the expected screens")
    ap.add_argument("--png", metavar="DIR", help="write pictures there instead of comparing")
    ap.add_argument("names", nargs="*", metavar="NAME", help="a case, or the beginning of its name")
    a = ap.parse_args()
    cases = [c for c in CASES if not a.names or any(re.match(re.escape(n), c.name) for n in a.names)]
    folder = os.path.join(HERE, "expected")
    if not os.access(program(), os.X_OK):
        sys.exit("run.py: there is no program %s" % program())
    if a.update or a.png:
        jobs = [(case, size, mode, a.png or folder) for case in cases for size, mode in case.variants()]
        with multiprocessing.Pool(WORKERS) as pool:
            pool.starmap(picture if a.png else update, jobs)
        return
    with Plan() as plan:
        check(plan, cases, folder)
        if not a.names:
            left = orphans(CASES, folder)
            plan.ok(not left, "every expected screen has its case", "\n".join(left))
    finish(plan)


if __name__ == "__main__":
    main()
