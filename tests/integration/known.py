#!/usr/bin/env python3
"""Where a runtime is, known of another process of the same file: only where it is right.

One session of gomem-verify reads several processes; the second of a file is to be
read by what was found in the first, and every field of every one is to equal
runtime.ReadMemStats. Then the file is another: replaced under the same path,
rewritten in the same inode with the same size and the same mtime. And children
of a known program whose variables are zero, or unmapped.
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "lib")]
from matrix import Target, build  # noqa: E402
from tap import Plan, finish  # noqa: E402

VERIFIER = os.path.join(os.environ.get("abs_top_builddir", "."), "tests", "integration", "gomem-verify")
BUILDS = (("normal", []), ("pie", ["-buildmode=pie"]), ("-s -w pie", ["-buildmode=pie", "-ldflags=-s -w"]))


class Session:
    def __init__(self):
        self.process = subprocess.Popen([VERIFIER, "session"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()

    def read(self, pid, file, times=5):
        self.process.stdin.write("%s %s %d\n" % (pid, file, times))
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, "the reading was wrong: gomem-verify ended"
        return json.loads(line)


def exact(found, known):
    assert "error" not in found, found
    assert found["compared"] >= 50 and found["equal"] == found["compared"], found
    assert found["known"] == known, "known: %s" % found


def bias(pid):
    """Where its executable is; the heap of Go before 1.26 is lower, and always at the same place."""
    name = os.readlink("/proc/%d/exe" % pid)
    with open("/proc/%d/maps" % pid) as lines:
        return next(line.split("-")[0] for line in lines if line.rstrip().endswith(name))


def second(binary, folder, pie):
    with Session() as s, Target(binary, "quiet", folder) as a, Target(binary, "quiet", folder) as b:
        exact(s.read(a.process.pid, a.file), 0)
        exact(s.read(b.process.pid, b.file), 1)
        exact(s.read(a.process.pid, a.file), 1)
        assert not pie or bias(a.process.pid) != bias(b.process.pid), "both at the same place"


def replaced(binary, other, folder):
    path = os.path.join(folder, "program")
    shutil.copy2(binary, path)
    with Session() as s, Target(path, "quiet", folder) as a:
        exact(s.read(a.process.pid, a.file), 0)
        shutil.copy2(other, path + ".new")
        os.rename(path + ".new", path)
        with Target(path, "quiet", folder) as b:
            exact(s.read(b.process.pid, b.file), 0)


def rewritten(binary, other, folder):
    """The same inode, size and mtime: ctime tells."""
    path = os.path.join(folder, "inode")
    size = max(os.path.getsize(binary), os.path.getsize(other))
    shutil.copy2(binary, path)
    os.truncate(path, size)
    os.utime(path, (0, 0))
    before = os.stat(path)
    with Session() as s:
        with Target(path, "quiet", folder) as a:
            exact(s.read(a.process.pid, a.file), 0)
        with open(path, "r+b") as out, open(other, "rb") as other_bytes:
            out.write(other_bytes.read())
            out.truncate(size)
        os.utime(path, (0, 0))
        after = os.stat(path)
        assert (before.st_ino, before.st_size, before.st_mtime_ns) == (after.st_ino, after.st_size, after.st_mtime_ns)
        with Target(path, "quiet", folder) as b:
            exact(s.read(b.process.pid, b.file), 0)


def spoilt(binary, folder):
    with Session() as s, Target(binary, "fork", folder) as t:
        same, zero, unmapped = t.said[1:]
        exact(s.read(t.process.pid, t.file), 0)
        found = s.read(same, t.file, 1)
        assert found.get("known") == 1, found
        for pid in (zero, unmapped):
            found = s.read(pid, t.file, 1)
            assert "add up" in found.get("error", ""), found
        exact(s.read(t.process.pid, t.file), 1)


def main(plan):
    go = os.environ.get("GO") or shutil.which("go")
    if not go or os.uname().machine != "x86_64":
        plan.skip("known executables", "needs a Go toolchain on amd64")
        return
    with tempfile.TemporaryDirectory() as folder:
        binary = {}
        for name, flags in BUILDS:
            binary[name] = os.path.join(folder, "target" + name.replace(" ", ""))
            build(go, "", flags, "0", binary[name])
            plan.run("%s: the second process by what the first showed" % name, second, binary[name], folder, "pie" in name)
        plan.run("another file at the same path", replaced, binary["normal"], binary["pie"], folder)
        plan.run("other contents in the same inode", rewritten, binary["normal"], binary["-s -w pie"], folder)
        for name, _ in BUILDS:
            plan.run("%s: variables that are zero, or gone" % name, spoilt, binary[name], folder)


if __name__ == "__main__":
    with Plan() as p:
        main(p)
    finish(p)
