#!/usr/bin/env python3
"""The article's experiment: RES and pprof's total per phase, ours beside the journal's.

  article.py [--scale 20] [--dwell 12] [--workload BINARY] [--read expvar]

Five times 100 MB times the scale are allocated, dropped, collected and given
back with FreeOSMemory (20 is the article's 10 GB). Then the same with GOGC=off,
where a profile fetched early stays what it was and a late one is nearly RES.
Prints Markdown. A row is the last sample of its phase and the journal's sample
nearest to it; the exit status is 1 when RES differs by more than 1% and 4 MiB
or pprof's total by more than that and its own band of sampling noise.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "truth")]
import score  # noqa: E402
from live import RESIDUE, WORKLOAD, Workload  # noqa: E402

MIB = 1 << 20


def watch(w, read, samples=None):
    command = [RESIDUE, "-b", "--json", "-d", "1", "--read", read, "--profile-every", "2"]
    if samples:
        command += ["-n", str(samples)]
    out = subprocess.run(command + ["%d@%s" % (w.pid, w.url)], stdin=subprocess.DEVNULL,
                         stdout=subprocess.PIPE, check=True, text=True).stdout
    return [json.loads(line) for line in out.splitlines()]


def close(ours, true, more=0):
    return abs(ours - true) <= max(4 * MIB, true // 100) + more


def table(journal, lines):
    """Print the phases; True when all are right."""
    samples = [x for x in lines if x["type"] == "sample"]
    good = True
    print("| phase | RES | RES, journal | pprof | pprof, journal | heap_alloc | released |\n|---|--:|--:|--:|--:|--:|--:|")
    for name, _, begin, end in journal.phases:
        mine = [s for s in samples if begin + 1 < s["t"] < end - 0.2]
        if not mine:
            continue
        s = mine[-1]
        j = min(journal.samples, key=lambda j: abs(j["t_ns"] / 1e9 - s["t"]))
        fetched = s["t"] - s["age_ms"].get("pprof", 0) / 1e3
        p = min(journal.samples, key=lambda j: abs(j["t_ns"] / 1e9 - fetched))
        good &= close(s["rss"], j["rss"]) and close(s["pprof_inuse"], p["pprof"], s.get("pprof_error", 0))
        print("| %s | %s |" % (name, " | ".join("%.1f" % (v / MIB) for v in (
            s["rss"], j["rss"], s["pprof_inuse"], p["pprof"], s.get("heap_alloc", 0), s.get("heap_released", 0)))))
    return good


def article(a):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "journal")
        with Workload(a.workload, "article", journal=path, dwell=a.dwell, scale=a.scale, linger=1.0) as w:
            lines = watch(w, a.read)
        journal = score.Journal(path)
    print("### article, scale %g, %s, read by %s (MiB)\n" % (a.scale, journal.start["go"], a.read))
    good = table(journal, lines)
    print("\nEvents: " + ", ".join("%s %s" % (x["kind"], "(forced)" if x.get("forced") else "")
                                   for x in lines if x["type"] == "event"))
    return good


def gogc_off(a):
    """One profile early and one late, each the first of its process."""
    print("\n### GOGC=off: the first profile, early and late (MiB)\n\n| first fetch after | RES | pprof | NumGC | verdict |"
          "\n|---|--:|--:|--:|---|")
    for after in (0.3, 9.0):
        with Workload(a.workload, "gogc-off", dwell=6, linger=1.0) as w:
            time.sleep(after)
            lines = watch(w, a.read, samples=8 if after < 1 else 1)
        s = [x for x in lines if x["type"] == "sample"][-1]
        why = [x for x in lines if x["type"] == "verdict"][-1]
        print("| %.1f s | %.1f | %.1f | %d | %s: %s |" % (after, s["rss"] / MIB, s["pprof_inuse"] / MIB, s["num_gc"],
                                                        why["verdict"], why["why"]))


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--scale", type=float, default=20)
    p.add_argument("--dwell", type=float, default=12)
    p.add_argument("--workload", default=WORKLOAD)
    p.add_argument("--read", default="expvar")
    a = p.parse_args()
    good = article(a)
    gogc_off(a)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
