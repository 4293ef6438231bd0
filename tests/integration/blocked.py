#!/usr/bin/env python3
"""Targets whose memory or files the kernel does not give: they are set aside, nobody else waits.

A page behind userfaultfd that nobody answers holds whoever reads it; a FIFO in
a made-up /proc holds whoever opens it, as a dead disk would.
"""
import json
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.dirname(HERE)
sys.path[:0] = [os.path.join(TESTS, d) for d in ("lib", "golden", "bench")]
from live import RESIDUE, WORKLOAD, Pty, Workload  # noqa: E402
from tap import Plan, Skip, finish  # noqa: E402
from tui import TUI  # noqa: E402

# LeakSanitizer stops all threads at the end; one that the kernel holds does not stop.
os.environ["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"
PROMPT = 2.0  # seconds; a machine that is busy with other tests has time to end


class Blocked:
    """A Go process with one page of a variable of the runtime gone."""
    binary = symbols = None

    @classmethod
    def build(cls, folder):
        go = os.environ.get("GO")
        cls.binary = os.path.join(folder, "blocked")
        if not go or not shutil.which(os.environ.get("CC", "cc").split()[0]):
            raise Skip("no Go tool chain with cgo")
        subprocess.run([go, "build", "-buildvcs=false", "-o", cls.binary, "."], cwd=os.path.join(HERE, "blocked"),
                       env={**os.environ, "CGO_ENABLED": "1"}, check=True)
        table = subprocess.run([go, "tool", "nm", cls.binary], stdout=subprocess.PIPE, check=True, text=True).stdout
        cls.symbols = {m[2]: m[1] for m in re.finditer(r"^ *([0-9a-f]+) \w (runtime\.\w+)$", table, re.M)}

    def __init__(self, variable, seconds, later=0):
        self.process = subprocess.Popen([self.binary, variable[0].strip("r") + self.symbols[variable.lstrip("@-")],
                                         str(seconds), *([str(later)] if later else [])], stdout=subprocess.PIPE,
                                        stdin=subprocess.DEVNULL, text=True)
        self.pid = self.process.pid
        self.back = 0.0
        line = self.process.stdout.readline()
        if later:
            return
        if line != "ready\n":
            self.__exit__()
            raise Skip("userfaultfd(2) is not permitted")
        self.back = time.monotonic() + seconds

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


class Watch:
    """`residue -b --json` on some targets, read while it runs."""

    def __init__(self, *args):
        self.errors = tempfile.TemporaryFile(mode="w+")
        self.process = subprocess.Popen([RESIDUE, "-b", "--json", "-d", "0.5", *map(str, args)], stderr=self.errors,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        self.lines, self.rest = [], b""

    def until(self, seconds, good=None):
        """Read on; true as soon as good(line) is."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if not select.select([self.process.stdout], [], [], max(0, end - time.monotonic()))[0]:
                break
            data = os.read(self.process.stdout.fileno(), 1 << 16)
            if not data:
                break
            *whole, self.rest = (self.rest + data).split(b"\n")
            new = [json.loads(line) for line in whole]
            self.lines += new
            if good and any(map(good, new)):
                return True
        return False

    def samples(self, pid):
        return [x for x in self.lines if x["type"] == "sample" and x["pid"] == pid]

    def quit(self):
        """Seconds from Ctrl-C to the end."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGINT)
        self.until(10)
        assert self.process.wait(10) == 0, self.process.returncode
        self.process.stdout.close()
        self.errors.seek(0)
        self.said = self.errors.read()
        self.errors.close()
        return time.monotonic() - began


def page_of_the_books(workload):
    """The memory lane: the other target has its figures as ever, quitting is prompt."""
    with Blocked("runtime.memstats", 60) as b:
        w = Watch(b.pid, workload.pid)
        w.until(7)
        took = w.quit()
        held, free = w.samples(b.pid), w.samples(workload.pid)
        assert len(held) >= 9 and all(s["rss"] > 0 for s in held), "%d samples of it" % len(held)
        assert "heap_sys" not in held[-1], held[-1]
        assert len(free) >= 9, "%d samples of the other" % len(free)
        late = [s for s in free if s["t"] > free[0]["t"] + 3.5]
        fresh = [s for s in late if "heap_sys" in s and s["age_ms"]["runtime"] < 1200]
        assert late and len(fresh) >= len(late) - 1, "%d of %d are fresh" % (len(fresh), len(late))
        assert "blocks in the kernel" in w.said, "stderr says: " + w.said
        assert took < PROMPT, "%.1f s" % took


def page_comes_back(workload):
    """Set aside, and taken up again."""
    with Blocked("runtime.memstats", 4) as b:
        w = Watch(b.pid, workload.pid)
        w.until(2.5)
        assert not any("heap_sys" in s for s in w.samples(b.pid)), "it was read before"
        good = w.until(15, lambda x: x.get("pid") == b.pid and "heap_sys" in x)
        w.quit()
        assert good and time.monotonic() > b.back, "it was not read again"


def page_of_the_profile(workload):
    """The slow lane: what it reads of the other target, every 10 s, is read on."""
    with Blocked("@runtime.mbuckets", 60) as b:
        w = Watch("--read", "agentless", b.pid)
        w.until(1.5)
        other = Watch(b.pid, workload.pid)
        other.until(14)
        took = max(w.quit(), other.quit())
        assert "heap_sys" in other.samples(b.pid)[-1], other.samples(b.pid)[-1]
        last = other.samples(workload.pid)[-1]
        assert "pss" in last and last["age_ms"]["cgroup"] < 13000, last
        assert took < PROMPT, "%.1f s" % took


def listing(workload):
    """Those behind it are read, however many there are before them, and it does not wait for the end."""
    with Blocked("runtime.memstats", 60) as b, Blocked("runtime.memstats", 60) as c:
        r = subprocess.run([RESIDUE, "list", "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=50)
        rows = {x["pid"]: x for x in map(json.loads, r.stdout.splitlines())}
        for pid in (b.pid, c.pid):
            assert rows[pid]["rss"] > 0 and "heap_sys" not in rows[pid], rows[pid]
        assert "heap_sys" in rows[workload.pid], (rows[workload.pid], r.stderr)


def ends(p, began):
    """The program in a Pty ends soon, by itself."""
    while os.waitpid(p.pid, os.WNOHANG)[0] == 0:
        p.read(0.05)
        assert time.monotonic() - began < PROMPT, "q was not obeyed"
    p.pid = os.spawnlp(os.P_NOWAIT, "true", "true")  # for Pty to wait for


def screen(workload):
    """Keys are answered and q ends the TUI."""
    with Blocked("runtime.memstats", 60) as b, Pty([RESIDUE, str(b.pid)]) as p:
        p.drain_until(time.monotonic() + 2.5)
        before = p.bytes
        os.write(p.fd, b"?")
        began = time.monotonic()
        while p.bytes == before and time.monotonic() - began < 5:
            p.read(0.05)
        assert time.monotonic() - began < 0.5, "a key took %.1f s" % (time.monotonic() - began)
        began = time.monotonic()
        os.write(p.fd, b"qq")
        ends(p, began)


def proc_tree(folder, pids):
    """A /proc of copies, without the memory."""
    root = tempfile.mkdtemp(dir=folder)
    for pid in pids:
        os.mkdir(os.path.join(root, str(pid)))
        for name in ("stat", "statm", "status", "cmdline", "auxv", "maps", "smaps_rollup", "cgroup"):
            with open("/proc/%d/%s" % (pid, name), "rb") as f, open(os.path.join(root, str(pid), name), "wb") as g:
                g.write(f.read())
        os.symlink(os.readlink("/proc/%d/exe" % pid), os.path.join(root, str(pid), "exe"))
    return root


def file_that_blocks(workload, name):
    """smaps_rollup or cgroup of one; the other's are read on."""
    with tempfile.TemporaryDirectory() as folder:
        root = proc_tree(folder, [workload.pid, os.getpid()])
        path = os.path.join(root, str(os.getpid()), name)
        os.unlink(path)
        os.mkfifo(path)
        w = Watch("--proc", root, os.getpid(), workload.pid)
        good = w.until(15, lambda x: x.get("pid") == workload.pid and "pss" in x)
        took = w.quit()
        assert good, "the other's smaps_rollup was not read: %s" % w.said
        assert took < PROMPT, "%.1f s" % took


def copies(folder, workload, numbers):
    """A /proc in which one process has several numbers; the command line of the first is a FIFO that nobody writes."""
    root = proc_tree(folder, [workload.pid])
    whole = os.path.join(root, str(workload.pid))
    for number in numbers:
        shutil.copytree(whole, os.path.join(root, str(number)), symlinks=True)
    shutil.rmtree(whole)
    path = os.path.join(root, str(numbers[0]), "cmdline")
    os.unlink(path)
    os.mkfifo(path)
    return root


def discovery_blocks(workload):
    """A process whose command line cannot be read is listed without it; those behind it with all there is."""
    with tempfile.TemporaryDirectory() as folder:
        root = copies(folder, workload, [100, 101])
        r = subprocess.run([RESIDUE, "list", "--json", "--proc", root], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                           timeout=30, check=True)
        rows = {x["pid"]: x for x in map(json.loads, r.stdout.splitlines())}
        assert set(rows) == {100, 101} and all(x["rss"] > 0 and x["comm"] for x in rows.values()), rows
        assert "process 100: reading its command line blocks" in r.stderr.decode(), r.stderr
        w = Watch("--proc", root, 100, 101)
        w.until(4, lambda x: x.get("pid") == 101 and x["type"] == "sample")
        w.quit()
        assert w.samples(100) and w.samples(101), w.lines[-1:]
        # What comes while one is held is found.
        with TUI([RESIDUE, "--proc", root], 100, 30, env={"LC_ALL": "C.UTF-8"}) as tui:
            assert tui.until(lambda: re.search(r"\b100 (?s:.*)\b101 ", tui.text()), 20), tui.text()
            os.rename(copies(folder, workload, [1, 4242]) + "/4242", root + "/4242")
            assert tui.until(lambda: re.search(r"\b4242 ", tui.text()), 20), tui.text()
        with Pty([RESIDUE, "--proc", root]) as p:
            p.drain_until(time.monotonic() + 1)  # while it is held
            began = time.monotonic()
            os.write(p.fd, b"q")
            ends(p, began)


def discovery_goes_on(workload):
    """Two that hold are said once each, not at every turn; one that no longer does gets its command line."""
    with tempfile.TemporaryDirectory() as folder:
        root = copies(folder, workload, [100, 101])
        path = os.path.join(root, "100", "cmdline")
        held = os.path.join(folder, "held")
        os.rename(os.path.join(root, "101", "cmdline"), os.path.join(folder, "whole"))
        os.mkfifo(os.path.join(root, "101", "cmdline"))
        with TUI([RESIDUE, "--proc", root], 140, 40, env={"LC_ALL": "C.UTF-8"}) as tui:
            assert tui.until(lambda: re.search(r"\b100 (?s:.*)\b101 ", tui.text()), 20), tui.text()
            assert not re.search(r"workload -", tui.text()), tui.text()
            tui.until(lambda: False, 7)  # some turns of the finder
            tui.keys("L")
            assert tui.until(lambda: "newest first" in tui.text(), 5), tui.text()
            said = tui.text().count("its command line blocks")
            assert said <= 4, "said %d times:\n%s" % (said, tui.text())
            tui.keys("<Esc>")
            os.rename(path, held)
            os.rename(os.path.join(folder, "whole"), path)
            os.close(os.open(held, os.O_WRONLY | os.O_NONBLOCK))  # who waits there reads its end
            assert tui.until(lambda: re.search(r"\b100 .*workload -", tui.text()), 20), tui.text()
            assert not re.search(r"\b101 .*workload -", tui.text()), tui.text()


def more_than_fit(workload):
    """Of more Go processes than there is room for the others are counted."""
    with tempfile.TemporaryDirectory() as folder:
        whole = os.path.join(proc_tree(folder, [workload.pid]), str(workload.pid))
        root = os.path.join(folder, "root")
        os.mkdir(root)
        for number in range(1, 4100):
            os.mkdir(os.path.join(root, "%d" % number))
            for name in ("stat", "statm", "status"):
                os.link(os.path.join(whole, name), os.path.join(root, "%d" % number, name))
            os.symlink(os.readlink(os.path.join(whole, "exe")), os.path.join(root, "%d" % number, "exe"))
        r = subprocess.run([RESIDUE, "list", "--json", "--read", "expvar", "--proc", root], stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE, text=True, timeout=60)
        assert r.returncode == 0 and len(r.stdout.splitlines()) == 4096, (r.returncode, r.stderr)
        assert "3 more Go processes are not listed" in r.stderr, r.stderr


def main():
    plan = Plan()
    if not os.path.exists(WORKLOAD):
        with plan:
            plan.skip("targets that block", "there is no workload: no Go tool chain")
        finish(plan)
    with plan, tempfile.TemporaryDirectory() as folder, Workload(WORKLOAD, "steady", dwell=120) as workload:
        plan.run("smaps_rollup that blocks", file_that_blocks, workload, "smaps_rollup")
        plan.run("cgroup that blocks", file_that_blocks, workload, "cgroup")
        plan.run("a command line that blocks", discovery_blocks, workload)
        plan.run("a command line that blocks no longer", discovery_goes_on, workload)
        plan.run("more processes than fit", more_than_fit, workload)
        try:
            Blocked.build(folder)
        except Skip as why:
            plan.skip("pages that block", str(why))
            finish(plan)
        for name, test in (("a page of the runtime's books", page_of_the_books), ("a page that comes back", page_comes_back),
                           ("a page of the heap profile", page_of_the_profile), ("list", listing), ("the screen", screen)):
            plan.run(name, test, workload)
    finish(plan)


if __name__ == "__main__":
    main()
