#!/usr/bin/env python3
"""What RES is made of sums to RES: of real processes, in every way in which it is told.

  parts.py [PID...]     those of the workload, or of processes that run already

JSON, CSV and samples.jsonl of a snapshot: to the byte, at each sample. The screen and summary.txt: as far as
the figures that stand there are rounded. Whatever a process does while it is looked at.
"""
import csv
import glob
import json
import os
import re
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.dirname(HERE)
sys.path[:0] = [os.path.join(TESTS, d) for d in ("lib", "golden", "bench")]
from live import RESIDUE, WORKLOAD  # noqa: E402
from tap import Plan, finish  # noqa: E402
from tui import TUI  # noqa: E402

PARTS = ["live_heap", "gc_headroom", "cache", "fragmentation", "stacks", "runtime", "file_backed", "lazy_free",
         "huge_pages", "non_go", "untouched"]
ORIGINS = {"proc", "smaps", "runtime", "pprof"}
# Quiet, allocating, forced GCs and FreeOSMemory, memory that is not Go's, MADV_FREE, huge pages, mapped files,
# a heap that was never touched, stacks. Their phases are so short that samples fall into all of them.
SCENARIOS = ("steady", "sawtooth", "article", "cgo-leak", "madvfree", "thp", "mmap-file", "ballast", "bigstacks")
SAMPLES = 40
UNIT = {"B": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
SIZE = re.compile(r"(?<![\w.])(-?\d+)(?:\.(\d+))?( ?)([BKMG])(?:iB)?(?!\w)")
SIZES = ((80, 24), (100, 30), (120, 36), (200, 50))


def residue(*args):
    r = subprocess.run([RESIDUE, *map(str, args)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE, text=True, timeout=120)
    assert r.returncode == 0, "exit %d: %s" % (r.returncode, r.stderr)
    return r.stdout


class Workload:
    def __init__(self, scenario):
        self.process = subprocess.Popen(
            [WORKLOAD, "-scenario", scenario, "-dwell", "400ms", "-scale", "0.3", "-repeat"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert b"ready" in self.process.stdout.readline()

    def __enter__(self):
        return self.process.pid

    def __exit__(self, *_):
        self.process.kill()
        self.process.stdout.close()
        self.process.wait()


def check_sample(s):
    """One sample of JSON; returns the names of its parts."""
    names = [p["name"] for p in s["parts"]]
    assert names == [n for n in PARTS if n in names], "order or names: %s" % names
    assert sum(p["bytes"] for p in s["parts"]) + s["unexplained"] == s["rss"], s
    for p in s["parts"]:
        assert set(p["source"].split("+")) <= ORIGINS, p
        assert p["bytes"] >= 0 or p["name"] == "untouched", p
        for origin in p["source"].split("+"):
            assert p["age_ms"] >= s["age_ms"].get(origin, 0), (p, s["age_ms"])
    return names


def in_json(pid):
    lines = [json.loads(x) for x in residue("-b", "--json", "-d", "0.1", "-n", SAMPLES, pid).splitlines()]
    samples = [x for x in lines if x["type"] == "sample"]
    assert len(samples) == SAMPLES, len(samples)
    names = [check_sample(s) for s in samples]
    # From the first reading of the runtime on, all but what smaps alone tells.
    assert any("live_heap" in n and "non_go" in n for n in names), "the Go parts were never known"


def in_csv(pid):
    rows = list(csv.DictReader(residue("-b", "--csv", "-d", "0.1", "-n", 5, pid).splitlines()))
    samples = [r for r in rows if r["type"] == "sample"]
    assert len(samples) == 5
    for r in samples:
        parts = [int(r["part_" + n]) for n in [*PARTS, "unexplained"] if r["part_" + n]]
        assert parts and sum(parts) == int(r["rss"]), r


def sizes(text):
    """[(bytes, half of the last digit that is shown)] of the sizes in a text."""
    return [(float("%s.%s" % (whole, places or 0)) * UNIT[unit], UNIT[unit] * 0.5 / 10 ** len(places or ""))
            for whole, places, _, unit in SIZE.findall(text)]


def error_of_sum(res, parts):
    """(how far the parts are from RES, how far rounding may take them)."""
    (whole, slack), rest = sizes(res)[0], sizes(parts)
    slack += sum(half for _, half in rest)
    return (abs(sum(v for v, _ in rest) - whole), slack) if len(rest) > 3 else (whole, 0)


def sums_up(res, parts, text):
    error, slack = error_of_sum(res, parts)
    assert error <= slack, text


def legend(screen):
    """(the line of RES, the lines of its parts) of a screen, or None before there are any."""
    m = re.search(r"^ RES (?P<res>\d.*)\n(?P<parts>(?: .*\n)+?)(?:\s*\n)?[╭+]", screen, re.M)
    return m and (m["res"], m["parts"]) if m and "runtime" in m["parts"] else None


def screen_sums(tui):
    """Whether the parts on the screen sum to RES; half-drawn, they may not."""
    shown = legend(tui.text())
    if not shown:
        return False
    error, slack = error_of_sum(*shown)
    return error <= slack


def on_the_screen(pid):
    """A screen that does not sum is half-drawn, and whole a moment later: few are, and none stays."""
    wrong = looks = 0
    for width, height in SIZES:
        with TUI([RESIDUE, "-d", "0.2", str(pid)], width, height, env={"LC_ALL": "C.UTF-8"}) as tui:
            tui.until(lambda: legend(tui.text()), 10)
            for _ in range(6):
                tui.until(lambda: False, 0.3)
                tui.settle(0.05)
                looks += 1
                wrong += not screen_sums(tui)
                assert tui.until(lambda: screen_sums(tui), 10), tui.text()
    assert wrong <= looks / 4, "%d of %d screens do not sum" % (wrong, looks)


def in_a_snapshot(pid):
    with tempfile.TemporaryDirectory() as folder:
        where = residue("snapshot", "-o", folder, pid).strip()
        with open(os.path.join(where, "summary.txt"), encoding="utf-8") as f:
            summary = f.read()
        m = re.search(r"^  RES .*\n((?:  .*%.*\n)+)", summary, re.M)
        assert m, summary
        parts = "\n".join(re.sub(r"^(  .{14} .{10}).*", r"\1", line) for line in m[1].splitlines())
        sums_up(m[0].splitlines()[0], parts, summary)
        with open(os.path.join(where, "samples.jsonl"), encoding="utf-8") as f:
            samples = [x for x in map(json.loads, f) if x["type"] == "sample"]
        assert samples, glob.glob(where + "/*")
        for s in samples:
            check_sample(s)


def main():
    targets = [(pid, None) for pid in sys.argv[1:]] or [(None, s) for s in SCENARIOS]
    with Plan() as plan:
        for pid, scenario in targets:
            with Workload(scenario) if scenario else open(os.devnull) as at:
                time.sleep(0.5)
                for way in (in_json, in_csv, on_the_screen, in_a_snapshot):
                    plan.run("%s: %s" % (scenario or pid, way.__name__.replace("_", " ")), way, pid or at)
    finish(plan)


if __name__ == "__main__":
    main()
