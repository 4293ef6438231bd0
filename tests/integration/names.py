#!/usr/bin/env python3
"""Processes with hostile names: nothing of them reaches a terminal or a file raw.

Escape sequences, line breaks, invalid UTF-8, C1 controls, text that turns the
writing direction, and command lines of megabytes, as the names of executables,
as comm and as arguments.
"""
import csv
import io
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import unicodedata

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.dirname(HERE)
sys.path[:0] = [os.path.join(TESTS, "lib"), os.path.join(TESTS, "bench")]
from list import build_idle  # noqa: E402
from live import RESIDUE, Pty  # noqa: E402
from tap import Plan, finish  # noqa: E402

NAMES = (b"\x1b]0;PWNED\x07zz", b"\x1b[2J\x1b[31mred", b"a\nb\rc\td", b"\xff\xfe\xc0\xaf", "\u202ertl\u2066".encode(),
         "e\u0301\u0302\u0303\u0304".encode(), "漢字漢字".encode(), b"\xc2\x9b31mC1", b") R 1 2 (x", b"\\\",;'`$(x)",
         b"\x1bP1$r\x1b\\", b"%s%n%d", b"--json", b" ")
LONG = 4 << 20
# What a terminal acts on, or what hides or turns text.
BAD = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]")


def started(idle, folder):
    """A process for each name, and one with a command line of 4 MB."""
    processes = []
    for i, name in enumerate(NAMES):
        path = os.path.join(folder.encode(), b"%d" % i)
        os.mkdir(path)
        program = os.path.join(path, name)
        shutil.copy(idle, program)
        processes.append(subprocess.Popen([name, b"arg\x1b[5m", name * 3, b""], executable=program,
                                          stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                          stderr=subprocess.PIPE))
    hard = resource.getrlimit(resource.RLIMIT_STACK)[1]

    def more_arguments():
        resource.setrlimit(resource.RLIMIT_STACK, (hard if hard > 0 and hard < 64 << 20 else 64 << 20, hard))

    for size in (LONG, 1 << 20, 100000):  # as much as this machine takes
        try:
            processes.append(subprocess.Popen([b"long"] + [b"\x1b[41m" * 20000] * (size // 100000), executable=idle,
                                              preexec_fn=more_arguments, stdin=subprocess.DEVNULL,
                                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE))
            break
        except OSError:
            continue
    for p in processes:
        p.stderr.readline()
    return processes


def output(*args):
    r = subprocess.run([RESIDUE, *map(str, args)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE, timeout=60)
    assert r.returncode == 0, r.stderr
    for stream in (r.stdout, r.stderr):
        text = stream.decode()  # raises where it is no UTF-8
        if "--csv" in args:
            text = text.replace("\r\n", "\n")  # RFC 4180's end of a row
        bad = BAD.search(text)
        assert not bad, "%r in %r" % (bad.group(), text[max(0, bad.start() - 40):bad.start() + 40])
    return r.stdout.decode()


def list_text(pids):
    rows = output("list").splitlines()[1:]
    for pid in pids:
        assert sum(bool(re.match(r" *%d " % pid, row)) for row in rows) == 1, "%d is not one row" % pid
    assert all(re.match(r" *\d+ ", row) for row in rows), "a row begins with something else"


def list_json(pids):
    rows = [json.loads(line) for line in output("list", "--json").splitlines()]
    assert set(pids) <= {r["pid"] for r in rows}
    for r in rows:
        for value in r.values():
            assert not isinstance(value, str) or not BAD.search(value), repr(value)
            assert not isinstance(value, str) or all(unicodedata.category(c) != "Cs" for c in value), repr(value)


def batch_text(pids):
    output("-b", "-n", "1", *pids)


def batch_json(pids):
    lines = [json.loads(line) for line in output("-b", "--json", "-n", "1", *pids).splitlines()]
    assert {x["pid"] for x in lines if x["type"] == "sample"} == set(pids)


def batch_csv(pids):
    text = output("-b", "--csv", "-n", "1", *pids)
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert len(rows) == len(text.splitlines()), "a cell has a line break in it"
    assert len({len(r) for r in rows}) == 1, "rows of %s cells" % {len(r) for r in rows}


def screens(pids):
    """The list at two sizes, and one process in full: what is written is ours."""
    for width, height, args in ((200, 50, []), (80, 24, []), (120, 40, [str(pids[0])])):
        with Pty([RESIDUE, *args], width, height) as p:
            shown, end = b"", time.monotonic() + 2
            while time.monotonic() < end:
                shown += p.read(0.1)
        for raw in (b"\x1b]0;PWNED", b"\x1b[5m", b"\x1b[41m\x1b[41m", b"\x1bP1", b"\xff", b"\xc2\x9b", "\u202e".encode()):
            assert raw not in shown, "%r on the screen" % raw
        assert len(shown) > 500, "nothing was drawn"


def main():
    plan = Plan()
    if not os.environ.get("GO"):
        with plan:
            plan.skip("hostile names", "no Go tool chain")
        finish(plan)
    with plan, tempfile.TemporaryDirectory() as folder:
        processes = started(build_idle(folder), folder)
        pids = [p.pid for p in processes]
        try:
            for test in (list_text, list_json, batch_text, batch_json, batch_csv, screens):
                plan.run(test.__name__.replace("_", " "), test, pids)
        finally:
            for p in processes:
                p.kill()
                p.wait()
                p.stderr.close()
    finish(plan)


if __name__ == "__main__":
    main()
