#!/usr/bin/env python3
"""Real executables, cut off at every byte of their headers and tables (elf_cut.c).

Go with its symbols, without, position-independent, for arm64, gofmt, and a C
program.
"""
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.dirname(HERE)
sys.path.insert(0, os.path.join(TESTS, "lib"))
from tap import Plan, Skip, finish  # noqa: E402

TOOL = os.path.join(os.environ.get("abs_top_builddir", "."), "tests", "integration", "elf-cut")
RESIDUE = os.environ.get("RESIDUE", os.path.join(os.environ.get("abs_top_builddir", "."), "residue"))
KINDS = (("with symbols", [], {}), ("stripped", ["-ldflags=-s -w"], {}),
         ("position-independent, stripped", ["-buildmode=pie", "-ldflags=-s -w"], {}),
         ("for arm64", [], {"GOARCH": "arm64"}))


def cut(path, is_go):
    r = subprocess.run([TOOL, path], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=300)
    assert r.returncode == 0, r.stdout + r.stderr[-2000:]
    assert r.stdout.endswith(", Go\n" if is_go else ", not Go\n"), r.stdout
    print("# " + r.stdout.strip())


def cut_build(folder, flags, env):
    go = os.environ.get("GO")
    if not go:
        raise Skip("no Go tool chain")
    out = os.path.join(folder, "program")
    subprocess.run([go, "build", "-buildvcs=false", "-o", out, *flags, "main.go", "fork.go"], cwd=os.path.join(HERE, "target"),
                   env={**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "", **env}, check=True, stderr=subprocess.PIPE)
    cut(out, True)


def cut_tool(_):
    go = os.environ.get("GO")
    if not go:
        raise Skip("no Go tool chain")
    root = subprocess.run([go, "env", "GOROOT"], stdout=subprocess.PIPE, check=True, text=True).stdout.strip()
    cut(os.path.join(root, "bin", "gofmt"), True)


def main():
    with Plan() as plan, tempfile.TemporaryDirectory() as folder:
        for name, flags, env in KINDS:
            plan.run("Go, " + name, cut_build, folder, flags, env)
        plan.run("gofmt", cut_tool, folder)
        plan.run("a C program", cut, RESIDUE, False)
    finish(plan)


if __name__ == "__main__":
    main()
