#!/usr/bin/env python3
"""`residue top` is `go tool pprof -top`, byte for byte from "Showing nodes" down.

  pprof.py [--table] [--mutants 2 [--seed 1]]

The program on every profile of tests/data against its golden; the goldens made
anew by the pprof of the Go at hand; both on profiles made of those by chance
(so many of each); and on what prometheus, caddy and nats-server (Debian's)
serve under load, every kind of profile, each sample type.
"""
import argparse
import glob
import gzip
import itertools
import os
import re
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.dirname(HERE)
sys.path[:0] = [HERE] + [os.path.join(TESTS, d) for d in ("lib", "bench", "truth", "fuzz")]
import mutate  # noqa: E402
import servers  # noqa: E402
import toolchains  # noqa: E402
from live import RESIDUE  # noqa: E402
from sites import TRIES, TYPES  # noqa: E402
from tap import Plan, Skip, finish  # noqa: E402

DATA = os.path.join(TESTS, "data", "profiles")
HOSTILE = os.path.join(TESTS, "data", "hostile")
# The goldens' Go; those from 1.21 to 1.27 say the same of them. Go 1.19's pprof counts sample types otherwise where
# a profile has one twice.
GOLDEN_GO, OLDEST = (1, 26), (1, 21)
HOW = "no Go 1.21 or newer, whose pprof is the measure: put one on the PATH"
PARTS = ([], ["-cum", "-nodecount=15"], ["-nodecount=8", r"-focus=(?i)HTTP|json|main\.\w+"], ["-cum", "-focus=runtime"])
HEAP = ("heap?gc=1", "heap", "allocs", "heap?seconds=1")  # there is something in all but the last
OTHERS = ("goroutine", "threadcreate", "block", "mutex")


class Pprof:
    """The pprof of a Go, built once: `go tool` would take several times the CPU for each call."""

    def __init__(self, folder):
        fit = [t for t in toolchains.at_hand() if t[0][:2] >= OLDEST]
        found = toolchains.newest(fit, GOLDEN_GO) or toolchains.newest(fit)
        if not found:
            raise Skip(HOW)
        version, go, env = found
        self.go, self.path = toolchains.name_of(version), os.path.join(folder, "pprof")
        built = subprocess.run([go, "build", "-o", self.path, "cmd/pprof"], cwd=folder, env={**os.environ, **env},
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if built.returncode:
            raise Skip("%s builds no pprof: %s" % (self.go, " ".join(built.stdout.split())))

    def top(self, path, options):
        """Its table; None where there is no such sample type."""
        r = subprocess.run([self.path, "-top", *options, path], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                           stderr=subprocess.DEVNULL, timeout=60)
        return None if r.returncode else r.stdout[r.stdout.index(b"Showing nodes"):]


def ours(target, options):
    """What `residue top` says with pprof's options, in bytes."""
    words = [o.replace("-nodecount=", "-n") if o.startswith("-nodecount") else "-" + o for o in options]
    r = subprocess.run([RESIDUE, "top", *words, str(target)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE, timeout=60)
    assert r.returncode == 0, "%s %s: %s" % (target, " ".join(words), r.stderr.decode())
    return r.stdout


def equal(target, options, want, got):
    if got != want:
        lines = itertools.zip_longest(want.splitlines(True), got.splitlines(True))
        raise AssertionError("%s %s\npprof: %r\nours:  %r" % (
            target, " ".join(options), *next((a, b) for a, b in lines if a != b)))


def same(target, options, want):
    assert want is not None, "pprof refuses %s of %s" % (" ".join(options), target)
    equal(target, options, want, ours(target, options))


# ---- the goldens ------------------------------------------------------------

def read(*path):
    with open(os.path.join(*path), "rb") as f:
        return f.read()


def parts_of(golden):
    """[(options, text)] of a golden."""
    words = re.split(rb"^\$ (.*)\n", read(golden), flags=re.M)
    assert not words[0] and len(words) > 1, golden + " has no parts"
    return [(line.decode().split(), text) for line, text in zip(words[1::2], words[2::2])]


def golden_of(profile, count):
    """The program on one profile of the folder, as its golden says; each of the types is in it."""
    folder = DATA if os.path.dirname(profile) == HOSTILE else os.path.dirname(profile)
    parts = parts_of(os.path.join(folder, os.path.basename(profile)[:-len(".pb.gz")] + ".top"))
    if folder == DATA:
        types = {o.split("=")[1] for options, _ in parts for o in options if o.startswith("-sample_index=")}
        assert types == set(TYPES) and len(parts) == 3 * len(TYPES), (types, len(parts))
    for options, text in parts:
        same(profile, options, text)
        count.append(profile)


def profiles():
    return sorted(glob.glob(os.path.join(DATA, "*.pb.gz")) + glob.glob(os.path.join(DATA, "kinds", "*.pb.gz")))


def goldens(plan, count):
    for profile in [*profiles(), os.path.join(HOSTILE, "names.pb.gz")]:
        plan.run("top %s: as its golden, each sample type" % os.path.basename(profile), golden_of, profile, count)


def relative(folder):
    return {os.path.relpath(p, folder) for p in glob.glob(os.path.join(folder, "**", "*.top"), recursive=True)}


def made_anew(plan, pprof, folder):
    made = os.path.join(folder, "goldens")
    os.mkdir(made)
    subprocess.run([os.path.join(DATA, "make-goldens.sh"), "-o", made], env={**os.environ, "PPROF": pprof.path},
                   check=True, timeout=500)
    plan.ok(relative(made) == relative(DATA), "%s makes the goldens that there are" % pprof.go,
            sorted(relative(made) ^ relative(DATA)))
    for name in sorted(relative(made) & relative(DATA)):
        plan.ok(read(made, name) == read(DATA, name), "%s makes %s as it is" % (pprof.go, name),
                "see: PPROF=... make-goldens.sh -o DIR; diff -r")
    plan.ok(read(made, "verdicts") == read(HOSTILE, "verdicts"), "%s takes and refuses what is malformed" % pprof.go,
            read(made, "verdicts").decode())


# ---- profiles made by chance ------------------------------------------------

FOCUS = ("main", "runtime", "(?i)http", r"^main\.", r"\.func1$", "json|yaml", r"[A-Z]\w+$", "server.go", r"\(\*", "none")


def some_options(r):
    return [*r.choice(([], [], *(["-sample_index=%d" % i] for i in range(4)))), *r.choice(([], [], ["-cum"])),
            *r.choice(([], ["-nodecount=%d" % r.choice((1, 2, 3, 5, 10, 30))])),
            *r.choice(([], ["-focus=" + r.choice(FOCUS)]))]


def mutants_of(profile, mutants, each, pprof, path, count):
    with gzip.open(profile) as f:
        body = f.read()
    for _ in range(each):
        with open(path, "wb") as f:
            f.write(mutants.of(body))
        for _ in range(4):
            options = some_options(mutants.random)
            want = pprof.top(path, options)
            if want is not None:
                same(path, options, want)
                count.append(path)


def made_by_chance(plan, pprof, folder, each, seed, count):
    mutants = mutate.Mutants(seed)
    for profile in profiles():
        path = os.path.join(folder, os.path.basename(profile)[:-len(".gz")])
        plan.run("%d made of %s by chance (seed %d): top is pprof's" % (each, os.path.basename(profile), seed),
                 mutants_of, profile, mutants, each, pprof, path, count)


# ---- live servers -----------------------------------------------------------

def saved(server, what, path):
    with open(path, "wb") as f:
        f.write(servers.get(server.url + "/debug/pprof/" + what))
    return path


def heap_profile(pprof, path, count):
    """Every option for each of the four types, and for the type that it is opened with."""
    for options in [[], *(["-sample_index=" + kind, *part] for kind in TYPES for part in PARTS)]:
        same(path, options, pprof.top(path, options))
        count.append(path)
    full = ours(path, ["-sample_index=alloc_space"])
    assert len(full.splitlines()) > 5 or "seconds" in path, "there is nothing in it: %r" % full


def other_profile(pprof, path, count):
    for index in range(2):
        for part in PARTS:
            options = ["-sample_index=%d" % index, *part]
            want = pprof.top(path, options)
            if want is None and index == 1:  # it has one type only
                return
            same(path, options, want)
            count.append(path)


def standing_still(server, pprof, target, path, count):
    """`residue top` of the server itself, while it serves the same profile."""
    for kind in TYPES:
        options = ["-sample_index=" + kind]
        for _ in range(TRIES):
            before = pprof.top(saved(server, "heap", path), options)
            got = ours(target, options)
            want = pprof.top(saved(server, "heap", path), options)
            if want == before:
                break
        assert want == before, "its heap profile does not stand still"
        equal(target, options, want, got)
        count.append(kind)


def watch_at_rest(kind, pprof, plan, folder, count):
    """Without a GC of its own each fetch would be of another profile, by luck: there is one, which we ask for."""
    before = os.environ.get("GOGC")
    os.environ["GOGC"] = "off"
    try:
        server = kind(folder)
    finally:
        os.environ.pop("GOGC")
        if before is not None:
            os.environ["GOGC"] = before
    with server:
        server.work()
        time.sleep(0.5)
        server.rest()
        path = saved(server, "heap?gc=1", os.path.join(folder, "quiet.pb.gz"))
        for what, target in (("URL", server.url), ("PID", server.pid)):
            plan.run("%s at rest: top %s is pprof's" % (kind.program, what),
                     standing_still, server, pprof, target, path, count)


def watch_under_load(kind, pprof, plan, folder, count):
    name = kind.program
    with kind(folder) as server:
        server.work()
        time.sleep(1)
        saves = {what: saved(server, what, os.path.join(folder, what + ".pb.gz")) for what in (*HEAP, *OTHERS)}
        server.rest()
        plan.ok(server.load_error is None, name + ": was under load", server.load_error)
    for what, path in saves.items():
        plan.run("%s under load, %s saved: top is pprof's" % (name, what),
                 heap_profile if what in HEAP else other_profile, pprof, path, count)


def live(plan, pprof, rows):
    for kind in servers.SERVERS:
        with tempfile.TemporaryDirectory() as folder:
            count = []
            try:
                if not pprof:
                    raise Skip(HOW)
                watch_under_load(kind, pprof, plan, folder, count)
                watch_at_rest(kind, pprof, plan, folder, count)
            except Skip as why:
                plan.skip(kind.program, str(why))
            rows.append((kind.program, len(count)))


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    ap.add_argument("--table", action="store_true")
    ap.add_argument("--mutants", type=int, default=2)
    ap.add_argument("--seed", type=int, default=1)
    a = ap.parse_args()
    rows, count, mutants = [], [], []
    with Plan() as plan, tempfile.TemporaryDirectory() as folder:
        try:
            pprof = Pprof(folder)
        except Skip as why:
            pprof = None
            plan.skip("goldens made anew", str(why))
        goldens(plan, count)
        rows.append(("tests/data/profiles", len(count)))
        if pprof:
            made_anew(plan, pprof, folder)
            made_by_chance(plan, pprof, folder, a.mutants, a.seed, mutants)
            rows.append(("made of those by chance", len(mutants)))
        live(plan, pprof, rows)
    if a.table:
        print("\n| profiles of | texts compared |\n|---|--:|")
        print("\n".join("| %s | %d |" % row for row in rows))
    finish(plan)


if __name__ == "__main__":
    main()
