#!/usr/bin/env python3
"""Allocation sites read from memory are those that the endpoint serves.

The heap profile stands still between two GCs: it is fetched before and after,
and compared only when the two are the same.
"""
import glob
import json
import os
import subprocess
import sys
import tempfile
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.dirname(HERE)
sys.path[:0] = [os.path.join(TESTS, "lib"), os.path.join(TESTS, "bench")]
from live import RESIDUE, WORKLOAD, Workload  # noqa: E402
from tap import Plan, Skip, finish  # noqa: E402

TYPES = ("inuse_space", "inuse_objects", "alloc_space", "alloc_objects")
TRIES = 20
GO = os.environ.get("GO")


def residue(*args):
    return subprocess.run([RESIDUE, *map(str, args)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, timeout=60)


def top(target):
    """{sample type: {function: (flat, cum)}}"""
    tables = {}
    for kind in TYPES:
        r = residue("top", "--json", "-n", 100000, "--sample_index=" + kind, target)
        assert r.returncode == 0, r.stderr
        table = json.loads(r.stdout)
        tables[kind] = {row["name"]: (row["flat"], row["cum"]) for row in table["rows"]}
        tables[kind]["total"] = table["total"]
    return tables


def served(w, path):
    with urllib.request.urlopen(w.url + "/debug/pprof/heap", timeout=30) as answer, open(path, "wb") as f:
        f.write(answer.read())
    return top(path)


def between_gcs(w, folder, look):
    """(what the endpoint serves, what `look` sees), both as of one GC."""
    path = os.path.join(folder, "served.pb.gz")
    for _ in range(TRIES):
        before = served(w, path)
        seen = look()
        if served(w, path) == before:
            return before, seen
    raise Skip("the workload's GCs follow too fast")


def watched(function):
    with tempfile.TemporaryDirectory() as folder, Workload(WORKLOAD, "steady", dwell=60, linger=60) as w:
        function(w, folder)


def same_figures(w, folder):
    want, got = between_gcs(w, folder, lambda: top(w.pid))
    assert any("main." in name for name in want["inuse_space"]), want
    assert got == want, (got, want)


def snapshot(w, folder):
    r = residue("snapshot", "-o", folder, w.pid)
    assert r.returncode == 0, r.stderr
    found = glob.glob(os.path.join(folder, "*", "heap.pb.gz"))
    assert len(found) == 1, r.stdout
    return found.pop()


def pprof_table(path, kind):
    r = subprocess.run([GO, "tool", "pprof", "-top", "-nodecount=1000", "-sample_index=" + kind, path],
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=120)
    assert r.returncode == 0, r.stderr
    return r.stdout


def opened_by_pprof(w, folder):
    if not GO:
        raise Skip("no Go tool chain")
    path = snapshot(w, folder)
    for kind in TYPES:
        said = pprof_table(path, kind)
        ours = residue("top", "-n", 1000, "--sample_index=" + kind, path)
        assert "File: %s\n" % os.path.basename(WORKLOAD) in said and "Type: %s\n" % kind in said, said
        table = said[said.index("Showing nodes"):]
        assert ours.stdout == table, (ours.stdout, table)


def samples(*target):
    r = residue("-b", "--json", "-n", 4, "-d", 0.5, *target)
    assert r.returncode == 0, r.stderr
    every = [json.loads(line) for line in r.stdout.splitlines()]
    return [x for x in every if x["type"] == "sample" and "pprof_inuse" in x]


def the_measure(w, _):
    # Before the first GC of the program there is no heap_live to measure against.
    alone = [x for x in samples(w.pid) if x["num_gc"] > 0]
    assert alone, "no sample has a profile and a GC"
    for s in alone:
        assert s["residue_of"] == "heap_live" and s["residue"] == s["rss"] - s["heap_live"], s
        assert s["age_ms"]["pprof"] >= 0, s
    asked = samples("%d@%s" % (w.pid, w.url))
    assert asked and asked[-1]["residue_of"] == "pprof", asked
    assert asked[-1]["residue"] == asked[-1]["rss"] - asked[-1]["pprof_inuse"], asked[-1]


def switched_off():
    """A program that no longer samples: what it had is shown, and said in words to be that."""
    with Workload(WORKLOAD, "noprofile", dwell=60, linger=60) as w:
        for _ in range(TRIES):  # it switches the profiler off soon after it is ready
            r = residue("top", w.pid)
            if "MemProfileRate is 0" in r.stderr:
                break
    # Whether anything of its own was sampled before is luck: one byte in 512 KiB is looked at.
    if "MemProfileRate is 0 since its start" in r.stderr:
        assert r.returncode == 1, r.stdout
    else:
        assert "MemProfileRate is 0: the profile has only" in r.stderr and r.returncode == 0, (r.stderr, r.stdout)


def main():
    plan = Plan()
    with plan:
        if not os.access(WORKLOAD, os.X_OK):
            plan.skip("allocation sites", "the workload is not built: no Go tool chain")
            return plan
        for name, function in (("objects and bytes of each function are the endpoint's", same_figures),
                               ("go tool pprof opens a snapshot's profile and says the same", opened_by_pprof),
                               ("what residue is measured against", the_measure)):
            plan.run(name, watched, function)
        plan.run("MemProfileRate is 0", switched_off)
    return plan


if __name__ == "__main__":
    finish(main())
