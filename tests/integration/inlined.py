#!/usr/bin/env python3
"""Sites from memory are the endpoint's, line by line as `top` prints them.

tests/integration/inlined allocates through inlined calls, generics, closures,
methods and C, on every toolchain at hand: names, "(inline)", objects and bytes of
each function, flat and cumulative, and the callers and callees, of the profile that
the program serves and of the one that is read from its memory.
"""
import os
import shutil
import subprocess
import sys
import tempfile
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.dirname(HERE)
sys.path[:0] = [os.path.join(TESTS, d) for d in ("lib", "truth", "bench")]
import toolchains  # noqa: E402
from live import RESIDUE  # noqa: E402
from tap import Plan, Skip, finish  # noqa: E402

TYPES = ("inuse_space", "inuse_objects", "alloc_space", "alloc_objects")
KINDS = (("stripped", ["-ldflags=-s -w"], "0"), ("PIE, cgo", ["-buildmode=pie"], "1"))
TRIES = 5


def table(target, kind):
    run = subprocess.run([RESIDUE, "top", "-n", "100000", "--sample_index=" + kind, str(target)],
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60)
    assert run.returncode == 0, run.stderr
    return run.stdout[run.stdout.index("Showing nodes"):]


def tables(target):
    return {kind: table(target, kind) for kind in TYPES}


def serve(url, path):
    with urllib.request.urlopen(url + "/debug/pprof/heap", timeout=30) as answer, open(path, "wb") as out:
        out.write(answer.read())
    return tables(path)


def different(a, b):
    a, b = a.splitlines(), b.splitlines()
    return "\n".join(["- " + x for x in a if x not in b][:12] + ["+ " + x for x in b if x not in a][:12])


def compare(binary, folder):
    with subprocess.Popen([binary], stdout=subprocess.PIPE, text=True) as process:
        try:
            url = process.stdout.readline().strip()
            assert url, "it does not start"
            for _ in range(TRIES):
                before = serve(url, os.path.join(folder, "heap"))
                read = tables(process.pid)
                after = serve(url, os.path.join(folder, "heap"))
                if before == after:
                    break
            assert before == after, "GCs follow too fast"
        finally:
            process.kill()
    for kind in TYPES:
        assert read[kind] == before[kind], "%s, served and read:\n%s" % (kind, different(before[kind], read[kind]))
    assert "(inline)" in read["alloc_space"] and "main.small" in read["alloc_space"], read["alloc_space"]


def check(go, env, flags, cgo, folder):
    if cgo == "1" and not shutil.which(os.environ.get("CC", "cc").split()[0]):
        raise Skip("no C compiler")
    binary = os.path.join(folder, "inlined")
    files = ["main.go", "withcgo.go" if cgo == "1" else "plain.go"]
    run = subprocess.run([go, "build", "-p", "2", "-o", binary, *flags, *files], cwd=os.path.join(HERE, "inlined"),
                         env={**os.environ, **env, "GOFLAGS": "", "GO111MODULE": "off", "CGO_ENABLED": cgo},
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert run.returncode == 0, run.stdout
    compare(binary, folder)


def main(plan):
    found = toolchains.at_hand()
    if not found or os.uname().machine != "x86_64":
        plan.skip("sites of inlined calls", "needs a Go toolchain on amd64")
        return
    every = "--all" in sys.argv
    with tempfile.TemporaryDirectory() as folder:
        for version, go, env in found if every else [found[-1]]:
            for name, flags, cgo in KINDS if every else KINDS[:1]:
                plan.run("%s, %s" % (toolchains.name_of(version), name), check, go, env, flags, cgo, folder)


if __name__ == "__main__":
    with Plan() as p:
        main(p)
    finish(p)
