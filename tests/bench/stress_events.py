#!/usr/bin/env python3
"""GC and FreeOSMemory events from outside, against a program that does both at random.

  stress_events.py [--go 1.21 --go newest] [--hz 10 --hz 1] [--limit 300MiB --no-limit]
                   [--seeds 101-104] [--secs 180] [--jobs 6] [--scavtrace] [--out DIR [--again]]

tests/stress allocates, drops, collects and calls debug.FreeOSMemory, often with
instant reuse, and prints when. Each run is watched by one `residue -b --json`
for each rate at the same time. A cell is (Go release, rate, limit or none); its
runs are its seeds. Scored as truth/score.py does it, with its tolerance of 1 s:

  gc              by number and end: gctrace's lines are the truth
  free_os_memory  calls by what they returned, as the program's own MemStats
                  say: "large" is what truth/score.py asks for, 16 MiB and a
                  tenth of the highest RES, "all" is from 1 MiB on; a call that
                  found less may be told or not
  labelled        under a limit: calls without an event whose forced GC says
                  "at the memory limit"

With intervals of 95% (Wilson). The exit status is 1 when a figure is below what
is asked: gc 1 and 1; free_os_memory precision 0.99 and recall of large ones 0.99
(10 Hz) or 0.93 (1 Hz); under a limit precision 0.95. --again scores what DIR has;
--scavtrace runs the programs with GODEBUG=scavtrace=1, which resets the counters at each GC.
"""
import argparse
import math
import os
import re
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "truth")]
import score  # noqa: E402
import toolchains  # noqa: E402
from live import RESIDUE, together  # noqa: E402

MIB = 1 << 20
LARGE = 16 * MIB
TOLERANCE = 1.0
LABEL = "at the memory limit"
GCTRACE = re.compile(r"^gc (\d+) @([\d.]+)s .*: ([\d.+/]+) ms clock.*?( \(forced\))?$", re.M)


def wilson(right, n, z=1.96):
    """The 95% interval of a share."""
    if not n:
        return (0.0, 1.0)
    p, d = right / n, 1 + z * z / n
    mid, half = (p + z * z / (2 * n)) / d, z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / d
    return (max(0.0, mid - half), min(1.0, mid + half))


class Run:
    """One run of tests/stress: its truth, and for each rate what residue said."""

    def __init__(self, binary, seed, secs, limit, rates, folder, again, godebug):
        self.stem = os.path.join(folder, "%s-%s-%d" % (os.path.basename(binary), limit or "none", seed))
        if not again:
            self.watch(binary, seed, secs, limit, rates, godebug)
        self.read_truth()
        self.said = {hz: score.read_lines("%s.%ghz.jsonl" % (self.stem, hz)) for hz in rates}

    def watch(self, binary, seed, secs, limit, rates, godebug):
        env = {k: v for k, v in os.environ.items() if k not in ("GOGC", "GOMEMLIMIT", "GODEBUG")}
        env["GODEBUG"] = godebug
        if limit:
            env["GOMEMLIMIT"] = limit
        with open(self.stem + ".truth", "w") as out, open(self.stem + ".gctrace", "w") as err:
            stress = subprocess.Popen([binary, str(seed), str(secs)], stdout=out, stderr=err, env=env)
        watchers = []
        for hz in rates:
            with open("%s.%ghz.jsonl" % (self.stem, hz), "w") as out:
                watchers.append(subprocess.Popen(
                    [RESIDUE, "-b", "--json", "-d", "%g" % (1 / hz), str(stress.pid)],
                    stdin=subprocess.DEVNULL, stdout=out))
        stress.wait()
        for w in watchers:
            if w.wait(30) != 0:
                raise RuntimeError("residue: exit %d" % w.returncode)

    def read_truth(self):
        with open(self.stem + ".truth") as f:
            lines = [line.split() for line in f]
        self.calls = [(int(w[1]) / 1e9, int(w[2]) / 1e9, int(w[3])) for w in lines if w[0] == "fom"]
        with open(self.stem + ".gctrace") as f:
            self.gcs = {int(m.group(1)): bool(m.group(4)) for m in GCTRACE.finditer(f.read())}


class Score:
    """A cell's sums."""

    def __init__(self):
        self.gc_true = self.gc_found = self.gc_right = 0
        self.true = self.found = self.right = self.labelled = self.unlabelled = 0
        self.large = self.large_right = 0
        self.error = []
        self.misses = []

    def gcs(self, run, events):
        """By number, each once, and forced where it was."""
        found = [e for e in events if e["kind"] == "gc"]
        numbers = {e["num_gc"] for e in found}
        self.gc_true += len(run.gcs)
        self.gc_found += len(found)
        self.gc_right += len(numbers & set(run.gcs))

    def calls(self, run, events, peak):
        sizes = [size for _, _, size in run.calls if size >= MIB]
        real = [(a, b) for a, b, size in run.calls if size >= MIB]
        trivial = [(a, b) for a, b, size in run.calls if size < MIB]
        found = [e["t"] for e in events if e["kind"] == "free_os_memory"]
        pairs = sorted((score.distance(t, s), i, k) for i, s in enumerate(real)
                       for k, t in enumerate(found) if score.distance(t, s) <= TOLERANCE)
        hit, used = set(), set()
        for d, i, k in pairs:
            if i not in hit and k not in used:
                hit.add(i)
                used.add(k)
                self.error.append(d)
        spare = [t for k, t in enumerate(found) if k not in used]
        wrong = [t for t in spare if not any(score.distance(t, s) <= 0.1 for s in trivial)]
        large = [i for i, size in enumerate(sizes) if size >= max(LARGE, peak // 10)]
        self.large += len(large)
        self.large_right += len(hit & set(large))
        self.true += len(real)
        self.found += len(found) - len(spare) + len(wrong)
        self.right += len(hit)
        labels = [e["t"] for e in events if e["kind"] == "gc" and LABEL in e.get("text", "")]
        for i, s in enumerate(real):
            if i in hit:
                continue
            said = any(score.distance(t, s) <= 0.1 for t in labels)
            self.labelled += said
            self.unlabelled += not said
            self.misses.append("%s: %.3f not told%s" % (run.stem, s[1], ", labelled" if said else ""))
        self.misses += ["%s: %.3f told, no such call" % (run.stem, t) for t in wrong]

    def add(self, run, hz):
        said = [line for line in run.said[hz] if line["type"] == "event"]
        self.gcs(run, said)
        peak = max(line.get("rss", 0) for line in run.said[hz] if line["type"] == "sample")
        self.calls(run, said, peak)

    def below(self, hz, limit):
        """[words] for what is not as it has to be."""
        p, r = share(self.right, self.found), share(self.large_right, self.large)
        if self.gc_right < self.gc_true or self.gc_found > self.gc_right:
            yield "gc"
        if p < (0.95 if limit else 0.99):
            yield "precision"
        if not limit and r < (0.99 if hz >= 10 else 0.93):
            yield "recall"


def share(right, n):
    return right / n if n else 1.0


def shown(right, n):
    return "%.3f [%.3f, %.3f]" % (share(right, n), *wilson(right, n))


def numbers(text):
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    ap.add_argument("--go", action="append", help="a minor version, or newest")
    ap.add_argument("--hz", action="append", type=float)
    ap.add_argument("--limit", action="append", dest="limits", help="GOMEMLIMIT of the stress program")
    ap.add_argument("--no-limit", action="append_const", dest="limits", const="")
    ap.add_argument("--seeds", type=numbers, default=range(101, 105))
    ap.add_argument("--secs", type=int, default=180)
    ap.add_argument("--jobs", type=int, default=6)
    ap.add_argument("--scavtrace", dest="godebug", action="store_const", const="gctrace=1,scavtrace=1", default="gctrace=1")
    ap.add_argument("--out")
    ap.add_argument("--again", action="store_true")
    a = ap.parse_args()
    rates, limits, have = a.hz or [10, 1], a.limits or ["", "300MiB"], toolchains.at_hand()
    with tempfile.TemporaryDirectory() as scratch:
        folder = a.out or scratch
        os.makedirs(folder, exist_ok=True)
        tools = [toolchains.newest(have, None if g == "newest" else tuple(map(int, g.split("."))))
                 for g in a.go or ["1.21", "1.23", "newest"]]
        plan = [(t, toolchains.build(t, scratch, "stress"), limit, seed)
                for t in tools if t for limit in limits for seed in a.seeds]
        began = time.monotonic()
        runs = together([lambda b=b, s=s, m=m: Run(b, s, a.secs, m, rates, folder, a.again, a.godebug) for _, b, m, s in plan], a.jobs)
        bad = report(plan, runs, rates)
    print("%d runs of %d s in %.0f s" % (len(runs), a.secs, time.monotonic() - began))
    sys.exit(1 if bad or None in runs else 0)


def report(plan, runs, rates):
    cells, bad = {}, []
    for (tool, _, limit, _), run in zip(plan, runs):
        for hz in rates if run else []:
            cells.setdefault((tool[0], limit, hz), Score()).add(run, hz)
    print("| Go | limit | Hz | GCs | gc p/r | calls, large | precision | recall, large | recall, all | labelled | ms off |")
    print("|---|---|--:|--:|---|--:|---|---|---|--:|--:|")
    for (version, limit, hz), c in cells.items():
        print("| %s | %s | %g | %d | %.3f/%.3f | %d, %d | %s | %s | %s | %d of %d | %.1f |" % (
            toolchains.name_of(version)[2:], limit or "none", hz, c.gc_true, share(c.gc_right, c.gc_found),
            share(c.gc_right, c.gc_true), c.true, c.large, shown(c.right, c.found), shown(c.large_right, c.large),
            shown(c.right, c.true), c.labelled, c.labelled + c.unlabelled,
            1e3 * sum(c.error) / max(1, len(c.error))))
        bad += ["%s %s %g Hz: %s" % (toolchains.name_of(version), limit or "none", hz, what)
                for what in c.below(hz, limit)]
    for c in cells.values():
        for line in c.misses:
            print("# " + line)
    for line in bad:
        print("BELOW: " + line)
    return bad


if __name__ == "__main__":
    main()
