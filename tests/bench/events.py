#!/usr/bin/env python3
"""How well residue finds events: the workload's scenarios, scored and compared.

  events.py [--go 1.19 --go newest] [--dwell 6] [--read expvar] [--out DIR] [SCENARIO...]

Each scenario runs on each Go version under `residue -b --json -H URL -d 1`, two
at a time; truth/score.py compares what was found with the journal, and
truth/baseline.py sets the bar: no cell below it, and above it wherever it is
under 0.98; gc at precision 1.0 and recall 0.99 over all. With --out the journals
and what residue said are kept. The exit status is 1 when a bar is missed.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "truth")]
import baseline  # noqa: E402
import score  # noqa: E402
import toolchains  # noqa: E402
from live import RESIDUE, Workload, together  # noqa: E402

SCENARIOS = ("article", "burst-idle", "sawtooth", "leak", "pool", "memlimit", "gogc-off", "mmap-file", "cgo-leak")
ENOUGH = 0.98  # where the baseline has this much, equal is good


class Cell:
    """One scenario on one Go version: what was true, what we and the baseline found."""

    def __init__(self, scenario, version, journal, lines):
        self.scenario, self.version = scenario, version
        self.journal = score.Journal(journal)
        self.samples = [line for line in lines if line["type"] == "sample"]
        self.read = [line["read"] for line in lines if line["type"] == "target"][-1]
        self.found = found = score.for_pid(self.journal, converted(lines))
        self.ours = score.score_events(self.journal, found, 1.0)
        self.bar = score.score_events(self.journal, baseline.detect(self.journal, 1), 1.0)

    def missed(self):
        """[words] for every figure that is not where it has to be."""
        for kind in score.KINDS:
            for i, what in ((4, "precision"), (5, "recall")):
                ours, bar = self.ours[kind][i], self.bar[kind][i]
                # Finding nothing costs recall, not precision; where nothing is true there is nothing to recall.
                if bar is None or ours is None:
                    continue
                if ours < bar or (bar < ENOUGH and ours <= bar):
                    yield "%s %s: %s %s %.3f, baseline %.3f" % (self.scenario, self.version, kind, what, ours, bar)


def converted(lines):
    """residue's output as score.py wants it."""
    out = []
    for line in lines:
        if line["type"] == "event":
            out.append({"t": line["t"], "kind": line["kind"], "pid": line["pid"]})
        elif line["type"] == "verdict":
            out.append({"t": line["t"], "kind": "verdict", "verdict": line["verdict"], "pid": line["pid"]})
    return out


def run_cell(binary, version, scenario, dwell, folder, options=("-d", "1")):
    """Watch one scenario from its start to its end; a Cell."""
    stem = os.path.join(folder, "%s-%s" % (scenario, version))
    with Workload(binary, scenario, stem + ".journal.jsonl", dwell) as w:
        with open(stem + ".residue.jsonl", "w") as out, open(stem + ".stderr", "w") as err:
            done = subprocess.run([RESIDUE, "-b", "--json", "-H", w.url, *options, str(w.pid)],
                                  stdin=subprocess.DEVNULL, stdout=out, stderr=err, timeout=60 + 40 * dwell)
    if done.returncode != 0:
        with open(stem + ".stderr") as err:
            raise RuntimeError("residue on %s, %s: exit %d: %s" % (scenario, version, done.returncode, err.read()))
    with open(stem + ".residue.jsonl") as f:
        return Cell(scenario, version, stem + ".journal.jsonl", [json.loads(line) for line in f])


def chosen(names):
    """The toolchains for names like "1.19" and "newest", each once; says which are not at hand."""
    have, out = toolchains.at_hand(), []
    for name in names:
        minor = None if name == "newest" else tuple(map(int, name.split(".")[:2]))
        t = toolchains.newest(have, minor)
        if t is None:
            print("skipped: go %s is not at hand" % name)
        elif t not in out:
            out.append(t)
    return out


def print_table(cells):
    print("%-12s %-9s %-15s %5s %5s %5s %6s  %9s %7s %9s  baseline: %9s %7s" % (
        "scenario", "go", "kind", "true", "found", "right", "repeat", "precision", "recall", "error_ms", "precision",
        "recall"))
    for c in cells:
        for kind in score.KINDS:
            n, m, right, again, p, r, e = c.ours[kind]
            if n or m:
                print("%-12s %-9s %-15s %5d %5d %5d %6d  %9s %7s %9s            %9s %7s" % (
                    c.scenario, c.version, kind, n, m, right, again, score.show(p), score.show(r),
                    score.show(e and e * 1e3, "%.1f"), score.show(c.bar[kind][4]), score.show(c.bar[kind][5])))


def print_sums(cells):
    """Totals by kind; [bars missed by the totals]."""
    missed = []
    for kind in score.KINDS:
        for name, rows in (("residue", [c.ours[kind] for c in cells]), ("baseline", [c.bar[kind] for c in cells])):
            n, m, right, again = (sum(r[i] for r in rows) for i in range(4))
            p, r = right / (m - again) if m - again else None, right / n if n else None
            print("all %-15s %-8s true %4d found %4d right %4d  precision %s recall %s" % (
                kind, name, n, m, right, score.show(p), score.show(r)))
            if kind == "gc" and name == "residue":
                missed += ["gc precision %s" % score.show(p)] if p != 1 else []
                missed += ["gc recall %s" % score.show(r)] if r is None or r < 0.99 else []
    verdicts = [s for c in cells for s in score.score_verdicts(c.journal, c.found, 3.0)]
    if verdicts:
        print("verdicts: accepted %.3f of the time, balanced %.3f (%d phases)" % (
            sum(v[3] for v in verdicts) / len(verdicts), score.balanced(verdicts), len(verdicts)))
    return missed


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    ap.add_argument("--go", action="append", help="a minor version, or newest (default: 1.19 and newest)")
    ap.add_argument("--dwell", type=float, default=6)
    ap.add_argument("--jobs", type=int, default=2)
    ap.add_argument("--read", default="agentless", help="agentless or expvar (then polled at 1 Hz)")
    ap.add_argument("--out")
    ap.add_argument("scenarios", nargs="*", default=SCENARIOS)
    a = ap.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = a.out or scratch
        os.makedirs(folder, exist_ok=True)
        built = [(toolchains.build(t, scratch), toolchains.name_of(t[0])) for t in chosen(a.go or ["1.19", "newest"])]
        cells = together([lambda b=b, v=v, s=s: run_cell(b, v, s, a.dwell, folder, ("-d", "1", "--read", a.read))
                          for s in a.scenarios for b, v in built], a.jobs)
    failed = cells.count(None)
    cells = [c for c in cells if c]
    print_table(cells)
    missed = print_sums(cells) + [m for c in cells for m in c.missed()]
    if failed:
        missed.append("%d runs that failed" % failed)
    for what in missed:
        print("MISSED: " + what)
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
