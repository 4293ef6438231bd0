#!/usr/bin/env python3
"""A program that allocates without pause, and one with a thousand Ps: the figures of its objects are always there.

They lie between what the program itself said before and after, and its counters never fall.
"""
import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.dirname(HERE)
sys.path[:0] = [os.path.join(TESTS, d) for d in ("lib", "bench")]
from live import RESIDUE  # noqa: E402
from matrix import build, verify  # noqa: E402
from tap import Plan, finish  # noqa: E402

VERIFIER = os.path.join(os.environ.get("abs_top_builddir", "."), "tests", "integration", "gomem-verify")
# Of what target/main.go publishes.
PLACE = {"heap_alloc": 0, "total_alloc": 1, "mallocs": 2, "frees": 3}
COUNTERS = ("total_alloc", "mallocs", "frees")
SAMPLES = 12


class Target:
    """A running target, and what it says of itself."""

    def __init__(self, binary, folder, mode, procs):
        self.file = os.path.join(tempfile.mkdtemp(dir=folder), "truth")
        self.process = subprocess.Popen(["nice", "-n", "10", binary, self.file, mode], stdout=subprocess.PIPE,
                                        text=True, env={**os.environ, "GOMAXPROCS": str(procs)})
        assert self.process.stdout.readline().startswith("ready"), "the target does not start"
        self.pid, self.told, self.ended = self.process.pid, [], False
        self.thread = threading.Thread(target=self.listen)
        self.thread.start()

    def listen(self):
        """(begin, end, values) of each publication, in seconds of the wall clock."""
        with open(self.file, "rb") as f:
            while not self.ended:
                time.sleep(0.005)
                words = struct.unpack("<64Q", os.pread(f.fileno(), 512, 0))
                whole = words[0] % 2 == 0 and os.pread(f.fileno(), 8, 0) == struct.pack("<Q", words[0])
                if whole and words[1] and (not self.told or self.told[-1][0] != words[1] / 1e9):
                    self.told.append((words[1] / 1e9, words[2] / 1e9, words[4:]))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.ended = True
        self.thread.join()
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


def samples(pid):
    """[(when its line had come, sample)]."""
    found = []
    with subprocess.Popen([RESIDUE, "-b", "--json", "-n", str(SAMPLES), str(pid)], stdout=subprocess.PIPE,
                          stdin=subprocess.DEVNULL) as p:
        for line in p.stdout:
            found += [(time.time(), s) for s in [json.loads(line)] if s["type"] == "sample"]
    return found


def between(target, came, sample):
    """What is not between the program's words from before it was read and from after the row's line. Of a row whose
    reading came too late for it, the reading is that of a row before."""
    read = sample["t"] - (sample["age_ms"]["runtime"] + 1) / 1e3
    before = [v for _, end, v in target.told if end <= read]
    after = [v for begin, _, v in target.told if begin >= came]
    return [(k, sample[k], before and before[-1][PLACE[k]], after and after[0][PLACE[k]]) for k in COUNTERS
            if (before and sample[k] < before[-1][PLACE[k]]) or (after and sample[k] > after[0][PLACE[k]])]


def always_there(binary, folder, mode, procs):
    with Target(binary, folder, mode, procs) as t:
        found = samples(t.pid)
        time.sleep(1)
    assert len(found) >= SAMPLES - 2, "%d samples" % len(found)
    # A thread that is put off between two entries keeps both books apart for longer than a reading waits.
    missing = [s for _, s in found if any(k not in s for k in PLACE)]
    assert len(missing) <= 1, "%d of %d have no objects: %s" % (len(missing), len(found), missing[0])
    found = [(came, s) for came, s in found if s not in missing]
    for (_, a), (_, b) in zip(found, found[1:]):
        assert all(a[k] <= b[k] for k in COUNTERS), "a counter fell: %s, %s" % (a, b)
    for came, s in found:
        assert s["heap_alloc"] <= s.get("heap_inuse", s["heap_alloc"]), s
        assert not between(t, came, s), "(figure, shown, before, after): %s" % between(t, came, s)
    assert len(t.told) > 2, "the target said nothing"


def a_thousand_ps(binary, folder):
    with Target(binary, folder, "quiet", 1100) as t:
        found = verify(VERIFIER, "quiet", t.pid, t.file, 5)
    assert found["objects"] == 5, found


def walks(binary, folder):
    with Target(binary, folder, "live", 64) as t:
        found = verify(VERIFIER, "live", t.pid, t.file, 60)
    assert found["walked"] == 60, found


def main(plan):
    go = os.environ.get("GO") or shutil.which("go")
    if not go or os.uname().machine != "x86_64":
        plan.skip("a busy allocator", "needs a Go toolchain on amd64")
        return
    with tempfile.TemporaryDirectory() as folder:
        binary = os.path.join(folder, "target")
        build(go, "", [], "0", binary)
        for mode, procs in (("busy", 2), ("busy", 64), ("live", 1000)):
            plan.run("%s, %d Ps: objects in each sample, between its own figures" % (mode, procs), always_there,
                     binary, folder, mode, procs)
        plan.run("1100 Ps: equal when quiet", a_thousand_ps, binary, folder)
        plan.run("64 Ps: walks are between its own figures", walks, binary, folder)


if __name__ == "__main__":
    with Plan() as p:
        main(p)
    finish(p)
