#!/usr/bin/env python3
"""A program that has hardly allocated is read right, by every toolchain at hand.

What residue prints of tests/integration/tiny must be what the program itself says
afterwards of its still untouched heap: stripped and not.
"""
import json
import os
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.dirname(HERE)
sys.path[:0] = [os.path.join(TESTS, d) for d in ("lib", "truth", "bench")]
import toolchains  # noqa: E402
from live import RESIDUE  # noqa: E402
from tap import Plan, finish  # noqa: E402

ASKING = {"gc_sys", "other_sys", "sys"}


def built(go, env, flags, out):
    subprocess.run([go, "build", "-o", out, *flags, "main.go"], check=True, cwd=os.path.join(HERE, "tiny"),
                   env={**os.environ, **env, "GO111MODULE": "off", "GOFLAGS": "", "CGO_ENABLED": "0"})


def figures(processes):
    """{pid: its newest sample}, of one run of residue."""
    done = subprocess.run([RESIDUE, "-b", "--json", "-n", "2", "-d", "1", *(str(p.pid) for p in processes)],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60)
    lines = map(json.loads, done.stdout.splitlines())
    return {line["pid"]: line for line in lines if line["type"] == "sample"}


def start(binary):
    process = subprocess.Popen([binary], stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1)
    assert process.stderr.readline() == "ready\n"
    return process


def ask(process):
    process.stdin.write("?\n")
    words = process.stderr.readline().split()
    return dict(zip(words[::2], map(int, words[1::2])))


def end(process):
    process.stdin.close()
    process.stderr.close()
    process.wait()


def compare(before, truth, after):
    assert before and after, "not read"
    # The stop of the world that asking takes makes room for the collector.
    differ = {k: (read.get(k), v) for read, of_asking in ((before, False), (after, True))
              for k, v in truth.items() if (k in ASKING) == of_asking and read.get(k) != v}
    assert len(truth) == 18 and not differ, "read, and so: %s" % differ


def main(plan):
    found = toolchains.at_hand()
    if not found or os.uname().machine != "x86_64":
        plan.skip("programs that hardly allocate", "needs a Go toolchain on amd64")
        return
    with tempfile.TemporaryDirectory() as folder:
        running = {}
        for version, go, env in found:
            for name, flags in (("with symbols", []), ("stripped", ["-ldflags=-s -w"])):
                name = "%s, %s" % (toolchains.name_of(version), name)
                binary = os.path.join(folder, name)
                built(go, env, flags, binary)
                running[name] = start(binary)
        time.sleep(0.1)  # until they wait in the system call
        before = figures(running.values())
        truth = {name: ask(process) for name, process in running.items()}
        after = figures(running.values())
        for name, process in running.items():
            plan.run(name, compare, before.get(process.pid), truth[name], after.get(process.pid))
            end(process)


if __name__ == "__main__":
    with Plan() as p:
        main(p)
    finish(p)
