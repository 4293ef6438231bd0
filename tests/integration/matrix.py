#!/usr/bin/env python3
"""Readings from outside against the process's own, on every kind of Go program.

  matrix.py              the go command at hand: normal, stripped PIE
  matrix.py --all        every release of tools/gen-layouts/versions x normal,
                         -w, -s -w, PIE, stripped PIE, cgo; 1,000 live reads
  matrix.py --table      the same, and the table of docs/agentless.md on stdout

A cell is one program, quiet (every field equal to runtime.ReadMemStats), under
three allocators (every counter between the process's own figures of before and
after), and its heap profile record by record. arm64 is built, not run: where
its variables are is compared with its symbols.
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.dirname(HERE)
ROOT = os.path.dirname(TESTS)
sys.path[:0] = [os.path.join(TESTS, d) for d in ("lib", "truth")]
from tap import Plan, Skip, finish  # noqa: E402

VARIANTS = (
    ("normal", [], "0"),
    ("-w", ["-ldflags=-w"], "0"),
    ("-s -w", ["-ldflags=-s -w"], "0"),
    ("pie", ["-buildmode=pie"], "0"),
    ("-s -w pie", ["-buildmode=pie", "-ldflags=-s -w"], "0"),
    ("cgo", ["-ldflags=-linkmode=external"], "1"),
)
QUICK = ("normal", "-s -w pie")


def releases():
    with open(os.path.join(ROOT, "tools", "gen-layouts", "versions")) as lines:
        return [line.strip() for line in lines if not line.startswith("#")]


def build(go, release, flags, cgo, out, arch="amd64"):
    """Build the target; Skip where there is no such toolchain."""
    env = dict(os.environ, GOFLAGS="", GOARCH=arch, CGO_ENABLED=cgo)
    if release:
        env["GOTOOLCHAIN"] = "go" + release
        here = subprocess.run([go, "version"], stdout=subprocess.PIPE, text=True).stdout
        if " go%s " % release in here:
            env["GOTOOLCHAIN"] = "local"
        have = subprocess.run([go, "version"], env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if have.returncode:
            raise Skip("go%s cannot be had: %s" % (release, have.stdout.strip()[:100]))
    # File by file: Go 1.19 in the module cache finds no package by its folder.
    files = ["main.go", "fork.go"] + (["withcgo.go"] if cgo == "1" else [])
    run = subprocess.run(["nice", go, "build", "-p", "2", "-buildvcs=false", "-o", out] + flags + files,
                         cwd=os.path.join(HERE, "target"), env=env,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert run.returncode == 0, run.stdout


class Target:
    """A running target that has filled its heap."""

    def __init__(self, binary, mode, folder, godebug=""):
        self.file = os.path.join(tempfile.mkdtemp(dir=folder), "truth")
        self.process = subprocess.Popen([binary, self.file, mode], stdout=subprocess.PIPE, text=True,
                                        stderr=subprocess.DEVNULL if godebug else None,
                                        env=dict(os.environ, GODEBUG=godebug))
        self.said = self.process.stdout.readline().split()
        assert self.said and self.said[0] == "ready", "the target does not start"

    def __enter__(self):
        return self

    def __exit__(self, *args):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


def verify(verifier, *args):
    run = subprocess.run([verifier] + [str(a) for a in args], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                         text=True, timeout=600)
    assert run.returncode == 0, "%s\n%s" % (run.stdout, run.stderr[-3000:])
    return json.loads(run.stdout)


def cell(verifier, binary, folder, quiet, live):
    """What the three looks at one program found; raises when one is wrong."""
    found = {}
    with Target(binary, "quiet", folder, "scavtrace=7") as t:
        found["quiet"] = verify(verifier, "quiet", t.process.pid, t.file, quiet)
        found["sites"] = verify(verifier, "sites", t.process.pid, t.file)
    with Target(binary, "live", folder) as t:
        found["live"] = verify(verifier, "live", t.process.pid, t.file, live)
    said = found["quiet"]["scavtrace"], found["live"]["scavtrace"]
    assert said == (7, 0), "scavtrace of GODEBUG: %d and %d" % said
    return found


def row(release, name, f):
    return "| %s | %s | %s, %.1f ms | %d/%d | %d/%d | %d/%d | %d/%d |" % (
        release, name, f["quiet"]["how"], f["quiet"]["locate_ms"], f["quiet"]["equal"], f["quiet"]["compared"],
        f["live"]["bracketed"], f["live"]["reads"], f["live"]["exact"], f["live"]["reads"],
        f["sites"]["same"], f["sites"]["sites"])


def check(verifier, go, release, name, flags, cgo, folder, counts, table):
    binary = os.path.join(folder, "target")
    if cgo == "1" and not shutil.which(os.environ.get("CC", "cc").split()[0]):
        raise Skip("no C compiler")
    build(go, release, flags, cgo, binary)
    found = cell(verifier, binary, folder, *counts)
    table.append(row(release or found["quiet"]["version"][2:], name, found))


def check_arm64(verifier, go, release, name, flags, folder, table):
    """Static only. A stripped program has the addresses of the one with symbols."""
    binary, twin = os.path.join(folder, "arm64"), os.path.join(folder, "arm64-twin")
    build(go, release, flags, "0", binary, "arm64")
    build(go, release, [f.replace("-s -w", "-w") for f in flags], "0", twin, "arm64")
    found = verify(verifier, "static", binary, twin)
    table.append("| %s | %s | %d | %d |" % (found["version"][2:], name, found["memstats"], found["gc"]))


def main(plan):
    verifier = os.path.join(os.environ.get("abs_top_builddir", "."), "tests", "integration", "gomem-verify")
    go = os.environ.get("GO") or shutil.which("go")
    every = "--all" in sys.argv or "--table" in sys.argv
    table, arm64 = [], []
    if not go or os.uname().machine != "x86_64":
        plan.skip("readings from outside", "needs a Go toolchain on amd64")
        return
    with tempfile.TemporaryDirectory() as folder:
        for release in releases() if every else [""]:
            for name, flags, cgo in VARIANTS:
                if every or name in QUICK:
                    plan.run("go%s %s: equal when quiet, bracketed when live, sites" % (release, name),
                             check, verifier, go, release, name, flags, cgo, folder,
                             (20, 1000) if every else (5, 40), table)
            for name, flags, cgo in VARIANTS:
                if cgo == "0" and (every or name == "normal"):
                    plan.run("go%s arm64 %s: places found in the code" % (release, name),
                             check_arm64, verifier, go, release, name, flags, folder, arm64)
    if "--table" in sys.argv:
        print("\n".join(["# " + line for line in table + arm64]))


if __name__ == "__main__":
    with Plan() as p:
        main(p)
    finish(p)
