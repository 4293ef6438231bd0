#!/usr/bin/env python3
"""The committed layouts against the DWARF of the Go toolchains at hand.

One test a release and machine; releases whose toolchain is not here are
skipped. What tools/gen-layouts/run --check says, as TAP.
"""
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "lib"))
from tap import Plan, finish  # noqa: E402


def main(plan):
    run = subprocess.run([os.path.join(ROOT, "tools", "gen-layouts", "run"), "--check"], stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, text=True, timeout=900)
    if run.returncode == 77:
        plan.skip("layouts", "no Go toolchain here")
        return
    for line in run.stdout.splitlines():
        name, _, verdict = line.partition(": ")
        if verdict.startswith("no toolchain"):
            plan.skip(name, verdict)
        else:
            plan.ok(verdict == "as committed", "layout of " + name, verdict)
    plan.ok(run.returncode == 0, "every row that can be checked is as committed", run.stderr)


if __name__ == "__main__":
    with Plan() as p:
        main(p)
    finish(p)
